"""Condition keys against the actions of their statement: does AWS evaluate this key for that action?

AWS looks at actions that are named in full, and so do we; keys of all services (`aws:…`) and claims of identity
providers are not judged.
See https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from iamlab.policy.reference import Action, reference
from iamlab.policy.validation.actions import named_action
from iamlab.policy.validation.keys import GLOBAL_KEYS, Standing, look_up, stem
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import StatementView, TestView

__all__ = ["CHECKS", "supports"]


@lru_cache(maxsize=4096)
def keys_of(action: Action) -> frozenset[str]:
    """The condition keys that AWS lists for an action or for the resources that it works on, as stems."""
    service = reference().service(action.service)
    assert service is not None
    names = set(action.condition_keys)
    for resource in action.resources:
        names.update(resource.condition_keys)
        resource_type = service.resource_types.get(resource.name)
        if resource_type is not None:
            names.update(resource_type.condition_keys)
    return frozenset(stem(name) for name in names)


def supports(action: Action, key: str) -> bool:
    """Whether AWS lists the key, given by its stem, for the action."""
    return key in keys_of(action)


def _check(report: Report) -> None:
    for statement in report.view.statements:
        for test in statement.tests:
            if report.kind != "trust" and test.spelled is not None and not test.spelled.if_exists:
                _check_test(report, statement, test)


def _check_test(report: Report, statement: StatementView, test: TestView) -> None:
    facts = look_up(test.key)
    if facts.standing is not Standing.KNOWN or test.lookup in GLOBAL_KEYS or test.lookup.startswith("aws:"):
        return
    element = statement.elements.get("Action")
    entries = element.entries if element else ()
    without = [
        entry
        for entry in entries
        if (action := named_action(entry.text)) and not supports(action, facts.stem)
    ]
    if without:
        names = ", ".join(f"`{entry.text}`" for entry in without[:5]) + (" …" if len(without) > 5 else "")
        message = (
            f"AWS doesn't evaluate `{test.key}` for {names}: move the action to a statement without that key"
        )
        report.add("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", message, test.key_node, test.path)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
