"""Every documented case comes out as the documentation says.

`decisions.jsonl` holds one case a line, each with the page its outcome comes from. Cases with basis `stated` or
`derived` must agree. Where AWS's pages contradict each other or are silent, the engine's own choice is written down
in `CHOICES`.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from iamlab.engine import Decision, Outcome
from iamlab.engine.cases import decide_case, run_cases

FILE = Path(__file__).with_name("decisions.jsonl")
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
SETTLED = [case for case in CASES if case["basis"] in ("stated", "derived")]

# id: (outcome, why)
CHOICES = {
    "C18": (Outcome.IMPLICITLY_DENIED, "text put in for a variable is data: its `*` is no wildcard"),
    "I15": (
        Outcome.ALLOWED,
        "the general rule: a policy naming the user directly isn't limited by a boundary",
    ),
}


@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case["id"])
def test_a_documented_case_agrees(case: dict[str, Any]) -> None:
    assert decide_case(case).outcome == case["expected"], case["note"]


def test_every_open_case_has_a_written_choice() -> None:
    assert {case["id"] for case in CASES if case["basis"] not in ("stated", "derived")} == set(CHOICES)


@pytest.mark.parametrize("name", CHOICES)
def test_an_open_case_follows_the_written_choice(name: str) -> None:
    case = next(case for case in CASES if case["id"] == name)
    assert decide_case(case).outcome == CHOICES[name][0], CHOICES[name][1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_trace_comes_to_what_the_decision_says(case: dict[str, Any]) -> None:
    decision = decide_case(case)
    assert_trace_agrees(decision)


def assert_trace_agrees(decision: Decision) -> None:
    """Deciding and explaining must be one computation: the trace's matches are the decision's statements."""
    matched = {
        (layer.layer, policy.level, policy.index, statement.index)
        for layer, policy, statement in decision.trace.statements()
        if statement.matched and (decision.outcome != Outcome.EXPLICITLY_DENIED or statement.effect == "Deny")
    }
    referred = {(ref.layer, ref.level, ref.policy_index, ref.statement_index) for ref in decision.statements}
    assert matched == referred
    denying = [layer.layer for layer in decision.trace.layers if layer.outcome == Outcome.EXPLICITLY_DENIED]
    assert (decision.outcome == Outcome.EXPLICITLY_DENIED) == bool(denying)
    if decision.outcome == Outcome.EXPLICITLY_DENIED:
        assert decision.layer in denying
    if decision.outcome == Outcome.IMPLICITLY_DENIED:
        decider = decision.trace.layer(decision.layer)
        assert decider is None or decider.outcome == Outcome.IMPLICITLY_DENIED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_decision_can_be_shown(case: dict[str, Any]) -> None:
    decision = decide_case(case)
    assert decision.explain()
    assert decision.to_svg().startswith("<svg")
    assert decision.to_svg() in decision.to_html()
    assert bool(decision.message) is not decision.allowed


def test_a_run_counts_agreement_and_differences() -> None:
    out, err = io.StringIO(), io.StringIO()
    code = run_cases(FILE.read_text(encoding="utf-8").splitlines(), out, err)
    assert err.getvalue() == f"{len(CASES) - 1} agree, 1 differ\n"
    assert code == 1
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == [case["id"] for case in CASES]
