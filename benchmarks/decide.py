"""What a decision costs: 200 requests against 5 policies of 10 conditioned statements.

    python benchmarks/decide.py [--rounds 20] [--peer FOLDER] [--million] [--json]

Medians in microseconds, all measured in the same run, against (a) a scan of all 50 statements' actions and resources
with compiled regular expressions, which doesn't even look at conditions, and (b) where node and FOLDER (with
`npm install @cloud-copilot/iam-simulate` done in it) are there, that package.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from iamlab.engine import PolicySet, Request, decide
from iamlab.policy import Policy

HERE = Path(__file__).parent
WORKLOAD = json.loads((HERE / "decide-workload.json").read_text(encoding="utf-8"))

AIMS = {
    "decision / scan": 0.35,
    "trace / decision": 6.0,
    "import, ms": 60.0,
    "500 policies / 5 policies": 1.5,
    "memory grown, MB": 1.0,
}


def requests() -> list[Request]:
    """The workload's requests."""
    return [
        Request(
            row["action"],
            row["resource"],
            WORKLOAD["principal"],
            account=WORKLOAD["account"],
            context=row["context"],
        )
        for row in WORKLOAD["requests"]
    ]


def regular_expressions() -> list[tuple[list[re.Pattern[str]], list[re.Pattern[str]]]]:
    """The baseline: actions and resources of every statement as compiled regular expressions."""

    def compiled(values: Any, flags: int = 0) -> list[re.Pattern[str]]:
        items = values if isinstance(values, list) else [values]
        return [re.compile("".join(map(translated, item)) + r"\Z", re.DOTALL | flags) for item in items]

    def translated(char: str) -> str:
        return {"*": ".*", "?": "."}.get(char, re.escape(char))

    return [
        (compiled(statement["Action"], re.IGNORECASE), compiled(statement["Resource"]))
        for policy in WORKLOAD["policies"]
        for statement in policy["Statement"]
    ]


def scan(statements: list[tuple[list[re.Pattern[str]], list[re.Pattern[str]]]], request: Request) -> int:
    """How many statements list the action and cover the resource."""
    found = 0
    for actions, resources in statements:
        if any(action.match(request.action) for action in actions) and any(
            covers.match(request.resource) for covers in resources
        ):
            found += 1
    return found


def walk(request: Request, policies: PolicySet) -> int:
    """Read every answer of a trace."""
    return sum(
        part.matched is True
        for layer in decide(request, policies).trace.layers
        for policy in layer.policies
        for statement in policy.statements
        for part in statement.parts
    )


def median_of(measured: dict[str, Callable[[Request], object]], rounds: int) -> dict[str, float]:
    """Medians of several ways to treat the same requests, taken in turn so that disturbances hit all alike."""
    times: dict[str, list[int]] = {name: [] for name in measured}
    asked = requests()
    clock = time.perf_counter_ns
    for _ in range(rounds):
        for name, call in measured.items():
            into = times[name]
            for request in asked:
                begun = clock()
                call(request)
                into.append(clock() - begun)
    return {name: statistics.median(found) / 1000 for name, found in times.items()}


def cold_compile(rounds: int, source: Callable[[dict[str, Any]], Any]) -> float:
    """Five policies from their source to the first decision, in microseconds."""
    first = requests()[0]
    found = []
    for number in range(rounds):
        # A resource of its own in each round: equal patterns are remembered, and cold shall be cold.
        text = (
            json.dumps(WORKLOAD["policies"])
            .replace("bucket-", f"bucket-{number}-")
            .replace("queue-", f"q{number}-")
        )
        sources = [source(document) for document in json.loads(text)]
        begun = time.perf_counter_ns()
        decide(first, PolicySet(identity=sources))
        found.append(time.perf_counter_ns() - begun)
    return statistics.median(found) / 1000


def import_time() -> float:
    """Milliseconds of `import iamlab.engine` in a fresh interpreter; the best of several, as disk and load vary."""
    code = (
        "import time; a = time.perf_counter(); import iamlab.engine; print((time.perf_counter() - a) * 1000)"
    )
    return min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(7)
    )


def many_policies(count: int) -> PolicySet:
    """The workload's policies among others that speak of other actions."""
    other = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ec2:Nothing*", "Resource": "*"}] * 10,
    }
    return PolicySet(identity=[*WORKLOAD["policies"], *[Policy(other) for _ in range(count - 5)]])


def memory_growth(decisions: int) -> float:
    """How many MB the process grows over many decisions, after a warm-up."""
    policies, asked = PolicySet(identity=WORKLOAD["policies"]), requests()

    def run(count: int) -> None:
        for number in range(count):
            request = asked[number % 200]
            decide(
                request.replace(resource=f"{request.resource}-{number}", context=request.context), policies
            )

    run(min(decisions, 20_000))
    before = _memory()
    run(decisions)
    return _memory() - before


def _memory() -> float:
    """The most memory that the process has held, in MB; not a number where the system doesn't tell."""
    gc.collect()
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 * 1024 if sys.platform == "darwin" else 1024
    )


def peer(folder: str) -> float:
    """The peer's median, in microseconds; its outcomes must be ours."""
    done = subprocess.run(
        ["node", str(HERE / "decide_peer.mjs"), str(HERE / "decide-workload.json")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    policies = PolicySet(identity=WORKLOAD["policies"])
    ours = [str(decide(request, policies).outcome) for request in requests()]
    differing = sum(mine != theirs for mine, theirs in zip(ours, answer["outcomes"], strict=True))
    print(f"the peer decides {differing} of {len(ours)} requests differently", file=sys.stderr)
    return float(answer["median"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--peer", metavar="FOLDER")
    parser.add_argument(
        "--million", action="store_true", help="watch memory over a million decisions, not 50,000"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    policies, many, statements = (
        PolicySet(identity=WORKLOAD["policies"]),
        many_policies(500),
        regular_expressions(),
    )
    figures = median_of(
        {
            "scan": lambda request: scan(statements, request),
            "decision": lambda request: decide(request, policies),
            "decision among 500 policies": lambda request: decide(request, many),
            "decision with trace": lambda request: decide(request, policies).trace,
            "decision with trace, every part read": lambda request: walk(request, policies),
        },
        options.rounds,
    )
    figures["cold: 5 policies from data"] = cold_compile(options.rounds, lambda document: document)
    figures["cold: 5 policies from text"] = cold_compile(
        options.rounds, lambda document: json.dumps(document, indent=4)
    )
    figures["import, ms"] = import_time()
    figures["memory grown, MB"] = memory_growth(1_000_000 if options.million else 50_000)
    figures["decision / scan"] = figures["decision"] / figures["scan"]
    figures["trace / decision"] = figures["decision with trace"] / figures["decision"]
    figures["500 policies / 5 policies"] = figures["decision among 500 policies"] / figures["decision"]
    if options.peer:
        figures["peer"] = peer(options.peer)
        figures["peer / decision"] = figures["peer"] / figures["decision"]
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        aim = f"   (aim: at most {AIMS[name]})" if name in AIMS else ""
        print(f"{name:40}{figure:12.2f}{aim}")


if __name__ == "__main__":
    main()
