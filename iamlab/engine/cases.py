"""Cases in JSON Lines: one decision a line, read, decided and answered.

Comes in: lines of the case format (`request`, `identity`, `boundary`, `session`, `vpce`, `resource_policy`, `scps`,
`rcps`, and optionally `expected`). Goes out: a line of JSON each, and a tally of agreement at the end. A case that
can't be read is answered with its error, and the run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from iamlab.engine.decision import Decision, decide
from iamlab.engine.policy_set import PolicySet
from iamlab.engine.request import Request
from iamlab.policy import Policy
from iamlab.policy.places import parse
from iamlab.policy.text import load

__all__ = ["decide_case", "policies_of", "run_cases"]


def decide_case(case: Mapping[str, Any]) -> Decision:
    """Decide one case.

    Raises:
        ValueError: the case can't be read.
    """
    request = case.get("request")
    if not isinstance(request, Mapping):
        raise ValueError("the case has no `request` object")
    return decide(Request.from_json(request), policies_of(case))


def policies_of(case: Mapping[str, Any]) -> PolicySet:
    """The policies of a case.

    Raises:
        ValueError: a field has the wrong shape.
    """
    resource = case.get("resource_policy")
    return PolicySet(
        identity=_documents(case, "identity"),
        boundary=_documents(case, "boundary"),
        session=_documents(case, "session"),
        vpce=_documents(case, "vpce"),
        resource=None if resource is None else _document(resource, "resource_policy"),
        scps=_levels(case, "scps"),
        rcps=_levels(case, "rcps"),
    )


def _document(value: Any, place: str) -> Policy:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place} must be a policy document, not `{json.dumps(value, default=str)[:60]}`")
    return Policy(value)


def _documents(case: Mapping[str, Any], field: str) -> list[Policy]:
    value = case.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        return [_document(value, field)]
    return [_document(item, f"{field}[{index}]") for index, item in enumerate(value)]


def _levels(case: Mapping[str, Any], field: str) -> list[list[Policy]]:
    value = case.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(level, list) for level in value):
        raise ValueError(f"{field} must be a list of levels, each a list of documents")
    return [
        [_document(item, f"{field}[{number}][{index}]") for index, item in enumerate(level)]
        for number, level in enumerate(value)
    ]


def run_cases(lines: Iterable[str], out: TextIO, err: TextIO, explain: bool = False) -> int:
    """Decide every case of a file.

    Args:
        lines: the file's lines; empty ones are passed over.
        out: takes one line of JSON for each case, and with `explain` the decision in words before it.
        err: takes the tally, where cases say what they expect.
        explain: also print each decision's trace and explanation.

    Returns:
        1 when a case differs from what it expects, else 0.
    """
    agree = differ = 0
    for line in lines:
        if not line.strip():
            continue
        name: Any = None
        expected: Any = None
        try:
            case = _read(line)
            if not isinstance(case, Mapping):
                raise ValueError("a case is a JSON object")
            name, expected = case.get("id"), case.get("expected")
            decision = decide_case(case)
        except (ValueError, RecursionError) as error:
            out.write(json.dumps({"id": name, "error": str(error)}) + "\n")
            differ += expected is not None
            continue
        if explain:
            out.write(decision.to_text() + "\n")
        out.write(json.dumps(_answer(name, decision)) + "\n")
        if expected is not None:
            agree += expected == decision.outcome
            differ += expected != decision.outcome
    if agree or differ:
        err.write(f"{agree} agree, {differ} differ\n")
    return 1 if differ else 0


def _read(line: str) -> Any:
    try:
        return load(line)
    except (ValueError, RecursionError):
        parse(line)  # says what is wrong and where
        raise


def _answer(name: Any, decision: Decision) -> dict[str, Any]:
    return {
        "id": name,
        "decision": str(decision.outcome),
        "layer": str(decision.layer),
        "message": decision.message,
        "statements": [statement.to_json() for statement in decision.statements],
    }
