"""What enforcement costs: the same calls against bare moto and against the lab, in the same run.

    python benchmarks/gate.py [--calls 400] [--json]

Each round makes one call to either side, in turn, so that whatever else the machine does hits both alike. Two
processes hold the two sides (moto's state is global); a round's cost is measured inside each.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

OPERATIONS = ("dynamodb.get_item", "s3.get_object", "sts.get_caller_identity", "iam.get_user")
BATCH = 10
AIM = 1.10


def calls() -> dict[str, Callable[[], object]]:
    """The measured calls, with what they need in place. Runs in whichever AWS the process has."""
    import boto3

    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    s3 = boto3.client("s3", region_name="us-east-1")
    sts = boto3.client("sts", region_name="us-east-1")
    iam = boto3.client("iam", region_name="us-east-1")
    dynamodb.create_table(
        TableName="T",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="T", Item={"id": {"S": "1"}, "text": {"S": "x" * 100}})
    s3.create_bucket(Bucket="benchmark")
    s3.put_object(Bucket="benchmark", Key="key", Body=b"x" * 1000)
    iam.create_user(UserName="ana")
    return {
        "dynamodb.get_item": lambda: dynamodb.get_item(TableName="T", Key={"id": {"S": "1"}}),
        "s3.get_object": lambda: s3.get_object(Bucket="benchmark", Key="key")["Body"].read(),
        "sts.get_caller_identity": sts.get_caller_identity,
        "iam.get_user": lambda: iam.get_user(UserName="ana"),
    }


def side(name: str) -> None:
    """One side: reads an operation's name per line, answers with the seconds of a batch of calls."""
    if name == "lab":
        from iamlab.cloud import Lab

        Lab.start()
    else:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        from moto import mock_aws

        mock_aws().start()
    made = calls()
    for call in made.values():
        for _ in range(20):
            call()
    gc.collect()
    print("ready", flush=True)
    for line in sys.stdin:
        call = made[line.strip()]
        start = time.perf_counter()
        for _ in range(BATCH):
            call()
        print((time.perf_counter() - start) / BATCH, flush=True)


def measure(count: int) -> dict[str, dict[str, float]]:
    """Medians in milliseconds and the ratio, by operation."""
    sides = {
        name: subprocess.Popen(
            [sys.executable, __file__, "--side", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("moto", "lab")
    }
    try:
        for process in sides.values():
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
        times: dict[tuple[str, str], list[float]] = {}
        for turn in range(max(count // BATCH, 1)):
            for operation in OPERATIONS:
                order = list(sides) if turn % 2 else list(reversed(sides))
                for name in order:
                    process = sides[name]
                    assert process.stdin is not None
                    assert process.stdout is not None
                    process.stdin.write(operation + "\n")
                    process.stdin.flush()
                    times.setdefault((name, operation), []).append(float(process.stdout.readline()))
    finally:
        for process in sides.values():
            process.kill()
            process.wait()
    result = {}
    for operation in OPERATIONS:
        moto = statistics.median(times["moto", operation])
        lab = statistics.median(times["lab", operation])
        result[operation] = {"moto_ms": moto * 1000, "lab_ms": lab * 1000, "ratio": lab / moto}
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=400, help="calls per operation and side")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=("moto", "lab"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side(options.side)
        return 0
    result = measure(options.calls)
    if options.json:
        print(json.dumps(result))
        return 0
    print(f"{'operation':<26}{'moto ms':>9}{'lab ms':>9}{'ratio':>8}   (aim: <= {AIM})")
    for operation, row in result.items():
        print(f"{operation:<26}{row['moto_ms']:>9.2f}{row['lab_ms']:>9.2f}{row['ratio']:>8.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
