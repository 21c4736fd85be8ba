"""Policies that moto keeps statement by statement: those of EventBridge's buses and of Lambda's functions.

In: a bus or function of moto's. Out: its statements as JSON has them. Pinned to moto by
`tests/cloud/services/test_permissions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources

Statement = dict[str, Any]


# ---------------------------------------------------------------- EventBridge
def bus(account: str, region: str, name: str) -> Any | None:
    """An event bus; every account has the one named `default`."""
    from moto.events.models import events_backends

    return events_backends[account][region].event_buses.get(name)


def put_event(account: str, region: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Send one event to a bus of an account; the answer tells of it."""
    from moto.events.exceptions import ResourceNotFoundException
    from moto.events.models import events_backends

    try:
        told: list[dict[str, Any]] = events_backends[account][region].put_events([entry])
    except ResourceNotFoundException as error:
        raise AwsError("ResourceNotFoundException", str(error.message)) from error
    return told


def of_bus(found: Any) -> list[Statement]:
    """A bus's statements, in order."""
    return [statement.describe() for statement in found._statements.values()]


def set_of_bus(found: Any, statements: Iterable[Statement]) -> None:
    """Give a bus these statements in place of its own."""
    kept = _verbatim()
    # moto looks for statements by `Sid`; those without one get a name that no `Sid` has.
    found._statements = {
        statement.get("Sid") or f"#{number}": kept(statement) for number, statement in enumerate(statements)
    }


@cache
def _verbatim() -> type[Any]:
    from moto.events.models import EventBusPolicyStatement

    class Verbatim(EventBusPolicyStatement):  # type: ignore[misc]  # moto carries no types
        """A statement just as it was put: without a `Sid`, or with elements that moto doesn't know."""

        def __init__(self, document: Statement) -> None:
            self.document = document
            super().__init__(
                document.get("Sid", ""),
                document.get("Principal", {}),
                document.get("Action", ""),
                document.get("Resource", ""),
                document.get("Effect", "Allow"),
                document.get("Condition"),
            )

        def describe(self) -> Statement:
            return self.document

    return Verbatim


# ---------------------------------------------------------------- Lambda
def function(account: str, region: str, name: str) -> Any | None:
    """The record of a function that holds its policy, whatever the version that is meant."""
    return resources.lambda_function(account, region, f"function:{name}")


def has_qualifier(account: str, region: str, found: Any, qualifier: str) -> bool:
    """Whether a function has a version or alias of that name."""
    store = resources.backend("lambda", account, region)
    if store is None:
        return False
    versions = store._lambdas._functions[found.function_name]["versions"]
    return qualifier in {str(version.version) for version in versions} or any(
        alias.name == qualifier for alias in store._lambdas.list_aliases(found.function_name)
    )


def of_function(found: Any) -> list[Statement]:
    """A function's statements, those of its versions and aliases among them; the list that moto keeps."""
    statements: list[Statement] = found.policy.statements
    return statements


def revision(found: Any) -> str:
    """The id of the policy's present state."""
    return str(found.policy.revision)


def set_of_function(found: Any, statements: Iterable[Statement], revision: str | None = None) -> None:
    """Give a function these statements in place of its own.

    Args:
        revision: the id of the new state; None leaves the old one.
    """
    found.policy.statements = list(statements)
    if revision is not None:
        found.policy.revision = revision


# ---------------------------------------------------------------- SQS and SNS
def of_policy(found: Any) -> list[Statement]:
    """The statements of a queue's or topic's policy, which may be a single one."""
    stated = found._policy_json.get("Statement") or []
    return list(stated) if isinstance(stated, list) else [stated]


def set_of_policy(found: Any, statements: Iterable[Statement], version: str | None = None) -> None:
    """Give a queue or topic these statements; the rest of its policy stays.

    Args:
        version: the policy's, where it is to have another.
    """
    rest = {**found._policy_json, **({"Version": version} if version else {})}
    found._policy_json = {**rest, "Statement": list(statements)}
