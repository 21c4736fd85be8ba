"""The pytest fixture ``iam_lab``: a lab of its own for each test that asks for it.

A test that fails over a denied call is reported with what IAM decided about it, layer by layer, so that a permission
missing from an application's role reads as such. Registered through the entry point ``pytest11``; loads nothing of the
lab before a test uses it. docs/testing.md has a worked example.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab
    from iamlab.engine import Decision

SECTION = "What IAM decided"
"""The title of the part of a failing test's report."""

_LAB = pytest.StashKey["Lab"]()


@pytest.fixture
def iam_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A started, empty lab in which IAM is enforced; stopped after the test."""
    from iamlab.cloud.lab import Lab

    with Lab() as lab:
        request.node.stash[_LAB] = lab
        yield lab


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the decision to the report of a test that a denied call made fail."""
    report = yield
    lab = item.stash.get(_LAB, None)
    if report.failed and lab is not None and call.excinfo is not None:
        decision = _denied(lab, call.excinfo.value)
        if decision is not None:
            report.sections.append((SECTION, decision.to_text()))
    return report


def _denied(lab: Lab, error: BaseException) -> Decision | None:
    """The denial behind a test's error, or, of an application that reports none, the latest one."""
    from iamlab.cloud.lab import LabError

    cause: Any = error
    while cause is not None:
        if hasattr(cause, "response"):
            try:
                decision = lab.why(cause)
            except LabError:
                return None  # the call failed for another reason than its caller's policies
            return decision if decision is not None and not decision.allowed else None
        cause = cause.__cause__ or cause.__context__
    denied = [decision for decision in lab.decisions() if not decision.allowed]
    return denied[-1] if denied else None
