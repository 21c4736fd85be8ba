"""What an answer for every request costs: comparisons, both directions, measured in one run.

    python benchmarks/analysis.py [--managed N] [--pairs N] [--json]

Three corpora: hard pairs (`corpora/hard_pairs.py`, whose relations are checked on the way), every AWS managed policy
that moto carries against itself with one change, in both universes, and generated pairs, which the solver cvc5 is asked
as well (it needs the test dependencies, and is left out without them).
"""

from __future__ import annotations

import argparse
import copy
import importlib
import json
import statistics
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from iamlab.analysis import compare
from iamlab.analysis.universe import universe
from iamlab.policy import Policy

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

AIMS = {
    "hard pairs, median ms": 3.0,
    "hard pairs, worst ms": 500.0,
    "managed policies, any, median ms": 2.0,
    "managed policies, any, p99 ms": 100.0,
    "managed policies, any, undecided": 0.0,
    "managed policies, known, median ms": 2.0,
    "managed policies, known, p99 ms": 100.0,
    "managed policies, known, undecided": 0.0,
    "comparison / cvc5": 0.2,
}
CHANGES = (
    "an action dropped",
    "an action widened",
    "a condition dropped",
    "a resource widened",
    "an MFA Deny added",
)
MFA = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}


def timed(first: dict[str, Any], second: dict[str, Any], within: Any = "any") -> tuple[float, str]:
    """Milliseconds and relation; the policies are compiled beforehand, and nothing of them is remembered."""
    one, other = Policy(first), Policy(second)
    start = time.perf_counter()
    relation = str(compare(one, other, within).relation)
    return (time.perf_counter() - start) * 1000, relation


def hard_pairs() -> dict[str, float]:
    """The corpus of hard pairs.

    Raises:
        AssertionError: a relation is wrong.
    """
    from corpora.hard_pairs import pairs

    took = []
    for name, (first, second, relation) in pairs().items():
        milliseconds, found = timed(first, second)
        assert found == relation, f"{name}: {found}, and should be {relation}"
        took.append(milliseconds)
    return {
        "hard pairs": len(took),
        "hard pairs, median ms": statistics.median(took),
        "hard pairs, worst ms": max(took),
    }


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def changed(document: dict[str, Any], random: Random) -> dict[str, Any]:
    """The policy with one change of a random kind that it can take."""
    kinds = list(CHANGES)
    random.shuffle(kinds)
    for kind in kinds:
        found = _changed(copy.deepcopy(document), kind, random)
        if found is not None:
            return found
    raise AssertionError("every policy can take a Deny")


def _changed(document: dict[str, Any], kind: str, random: Random) -> dict[str, Any] | None:
    statements = document["Statement"] = listed(document["Statement"])
    if kind == "an MFA Deny added":
        statements.append(MFA)
        return document
    fitting = {
        "an action dropped": lambda one: len(listed(one.get("Action", []))) > 1,
        "an action widened": lambda one: any(":" in str(text) for text in listed(one.get("Action", []))),
        "a condition dropped": lambda one: one.get("Condition"),
        "a resource widened": lambda one: one.get("Resource", "*") != "*",
    }[kind]
    candidates = [one for one in statements if fitting(one)]
    if not candidates:
        return None
    statement = random.choice(candidates)
    if kind == "a condition dropped":
        del statement["Condition"]
        return document
    element = "Resource" if kind == "a resource widened" else "Action"
    texts = statement[element] = listed(statement[element])
    at = random.randrange(len(texts))
    if kind == "an action dropped":
        del texts[at]
    elif kind == "an action widened":
        service, _, name = texts[at].partition(":")
        texts[at] = f"{service}:{name[:3].rstrip('*')}*"
    elif "/" in texts[at]:
        texts[at] = texts[at].rsplit("/", 1)[0] + "/*"
    else:
        texts[at] = ":".join(texts[at].split(":")[:5]) + ":*"
    return document


def managed(most: int) -> dict[str, float]:
    """AWS's managed policies, each against itself with one change."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    documents = {name: entry["Document"] for name, entry in json.loads(aws_managed_policies_data).items()}
    random = Random(7)
    cases = [(document, changed(document, random)) for document in list(documents.values())[:most]]
    figures: dict[str, float] = {"managed policies": len(cases)}
    universe()
    for within in ("any", "known"):
        found = [timed(first, second, within) for first, second in cases]
        took = sorted(milliseconds for milliseconds, _ in found)
        label = f"managed policies, {within}"
        figures |= {
            f"{label}, median ms": statistics.median(took),
            f"{label}, p99 ms": took[int(len(took) * 0.99)],
            f"{label}, worst ms": took[-1],
            f"{label}, undecided": sum(relation == "undecided" for _, relation in found),
        }
    return figures


def against_cvc5(count: int) -> dict[str, float]:
    """Generated pairs, asked here and of the solver; empty where the solver isn't installed."""
    checks = types.ModuleType("checks")
    checks.__path__ = [str(HERE.parent / "tests" / "analysis")]
    sys.modules["checks"] = checks
    generated = importlib.import_module("checks.generated")
    try:
        oracle = importlib.import_module("checks.oracle")
    except ImportError:
        return {}
    ours, theirs, silent = [], [], 0
    for seed in range(count):
        first, second = generated.pair(seed)
        ours.append(timed(first, second)[0])
        start = time.perf_counter()
        answers = [oracle.differs(first, second, 5000), oracle.differs(second, first, 5000)]
        theirs.append((time.perf_counter() - start) * 1000)
        silent += None in answers
    return {
        "generated pairs": count,
        "comparison, median ms": statistics.median(ours),
        "cvc5, median ms": statistics.median(theirs),
        "cvc5, no answer in 5 s": silent,
        "comparison / cvc5": statistics.median(ours) / statistics.median(theirs),
    }


def lines(figures: dict[str, float]) -> Iterator[str]:
    for name, value in figures.items():
        aim = AIMS.get(name)
        note = "" if aim is None else f"   aim: at most {aim:g}{'' if value <= aim else '   MISSED'}"
        yield f"{name:40}{value:10.2f}{note}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--managed", type=int, default=10_000, metavar="N", help="only the first N managed policies"
    )
    parser.add_argument("--pairs", type=int, default=60, metavar="N", help="generated pairs for the solver")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args()
    compare({"Version": "2012-10-17", "Statement": []}, {"Version": "2012-10-17", "Statement": []})
    universe()
    figures = hard_pairs() | managed(options.managed) | against_cvc5(options.pairs)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(lines(figures)))
    return int(any(figures.get(name, 0) > aim for name, aim in AIMS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
