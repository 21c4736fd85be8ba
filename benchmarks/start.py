"""What a start costs: `Lab.start()` and the first call, against bare `mock_aws` and the same call.

    python benchmarks/start.py [--runs 7] [--json]

Each run is a fresh process, the two sides in turn; the first call is `sts.get_caller_identity`, and for `iam` it is
`iam.create_user`, of a client made after the start. Imports of boto3 and moto count on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys

AIM = 1.2

_FIRST_CALL = {
    "sts": "boto3.client('sts', region_name='us-east-1').get_caller_identity()",
    "iam": "boto3.client('iam', region_name='us-east-1').create_user(UserName='ana')",
}
_START = {
    "moto": "from moto import mock_aws; mock_aws().start()",
    "lab": "from iamlab.cloud import Lab; Lab.start()",
}
_PROGRAM = """
import time; began = time.perf_counter()
{start}
started = time.perf_counter()
import boto3; {call}
print(started - began, time.perf_counter() - began)
"""


def measure(runs: int) -> dict[str, dict[str, float]]:
    """Medians in milliseconds by first call."""
    environ = os.environ | {"AWS_EC2_METADATA_DISABLED": "true"}
    # Without it this tree would be compiled in every run, while the installed packages of the other side are not.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    result: dict[str, dict[str, float]] = {}
    for call, code in _FIRST_CALL.items():
        times: dict[str, list[tuple[float, float]]] = {"moto": [], "lab": []}
        for turn in range(runs + 1):
            for name in ("moto", "lab") if turn % 2 else ("lab", "moto"):
                program = _PROGRAM.format(start=_START[name], call=code)
                done = subprocess.run(
                    [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
                )
                start, total = map(float, done.stdout.split())
                if turn:  # the first turn warms the file cache
                    times[name].append((start, total))
        row = {}
        for name, pairs in times.items():
            row[f"{name}_start_ms"] = statistics.median(pair[0] for pair in pairs) * 1000
            row[f"{name}_ms"] = statistics.median(pair[1] for pair in pairs) * 1000
        row["ratio"] = row["lab_ms"] / row["moto_ms"]
        result[call] = row
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.runs)
    if options.json:
        print(json.dumps(result))
        return 0
    print(f"{'first call':<12}{'moto ms':>9}{'lab ms':>9}{'ratio':>8}   (aim: <= {AIM})")
    for call, row in result.items():
        print(f"{call:<12}{row['moto_ms']:>9.0f}{row['lab_ms']:>9.0f}{row['ratio']:>8.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
