"""Policies of resources as their services read them before they keep them, and as they show them.

The grammar is `iamlab.policy`'s, and who exists is known to `policy_documents`. Here stands what those services have in
common that tell little about a fault: the first of three kinds of it. S3, which says more, has rules of its own.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from enum import Enum, auto
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue import checks
from iamlab.cloud.collect import parsed
from iamlab.cloud.context import call_context
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.ruling import ask
from iamlab.cloud.services.policy_documents import named_principals, principal_exists
from iamlab.cloud.state import LabState

Statement = dict[str, Any]

_CANONICAL = re.compile(r"[0-9a-f]{64,}")


class Fault(Enum):
    """What is wrong with a resource's policy."""

    SYNTAX = auto()
    PRINCIPAL = auto()
    """It names somebody who doesn't exist."""
    SCOPE = auto()
    """It speaks of actions of another service."""


def statements_of(document: Any) -> list[Any]:
    """The statements of a policy's document, a single one included."""
    found = document.get("Statement") if isinstance(document, dict) else None
    return found if isinstance(found, list) else [found] if found is not None else []


def texts(statement: Statement, element: str) -> list[str]:
    """The strings of an element that is a string or a list."""
    value = statement.get(element)
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def ghost(statement: Statement) -> tuple[str, str] | None:
    """The first principal of a statement who doesn't exist, with its kind."""
    for element in ("Principal", "NotPrincipal"):
        for kind, name in named_principals(statement.get(element)):
            if kind == "CanonicalUser" and _CANONICAL.fullmatch(name):
                continue
            if not principal_exists(kind, name):
                return kind, name
    return None


def fault(text: str, vendor: str) -> Fault | None:
    """What is wrong with a policy that a service is given to keep.

    Args:
        vendor: the prefix of the service's actions.
    """
    policy = parsed(text)
    found = statements_of(policy.document)
    if not found or any(not isinstance(statement, dict) for statement in found):
        return Fault.SYNTAX
    principals = [ghost(statement) for statement in found]
    errors = policy.errors("resource")
    if any(error.code != "INVALID_PRINCIPAL_FORMAT" for error in errors):
        return Fault.SYNTAX
    if any(principals) or errors:
        return Fault.PRINCIPAL
    actions = [
        action for statement in found for name in ("Action", "NotAction") for action in texts(statement, name)
    ]
    scoped = all(action == "*" or action.partition(":")[0].lower() == vendor for action in actions)
    return None if scoped else Fault.SCOPE


def laid_out(text: str) -> str:
    """A policy as some services write it, whatever it was like: members of objects line by line, lists along the line.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html
    """
    return _laid_out(json.loads(text), "")


def _laid_out(value: Any, margin: str) -> str:
    if isinstance(value, dict):
        inner = margin + "  "
        members = [f"{inner}{json.dumps(name)} : {_laid_out(item, inner)}" for name, item in value.items()]
        return "{\n" + ",\n".join(members) + f"\n{margin}}}" if members else "{ }"
    if isinstance(value, list):
        return f"[ {', '.join(_laid_out(item, margin) for item in value)} ]" if value else "[ ]"
    return json.dumps(value, ensure_ascii=False)


def could_do_again(call: Call, state: LabState, text: str) -> bool:
    """Whether the caller could make this very call once more under the policy that it brings."""
    check = checks(call, state)[0]
    return ask(call, replace(check, resource_policy=parsed(text)), state, call_context(call)).allowed


# ---------------------------------------------------------------- how a policy is shown
_ACCOUNT = re.compile(r"\d{12}")
_VALUES = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
_TOP = ("Version", "Id", "Statement")
_ORDER = ("Sid", "Effect", *_PRINCIPALS, *_VALUES, "Condition")
_FIRST_VERSION = "2008-10-17"


def as_shown(text: str, region: str) -> str:
    """A policy as S3, SQS and SNS show it: these services keep what it says, not how it was written.

    It has no white space, its elements in the usual order, a version, and a list of statements; a list of one value is
    that value, values of conditions are strings, and an account that is named by its number has its ARN.

    Args:
        text: the policy as it was put.
        region: where the service is, which tells the partition.
    """
    document = parsed(text).document
    if not isinstance(document, dict):
        return text
    root = f"arn:{resources.partition_of(region)}:iam::{{}}:root"
    shown = {
        **({} if "Version" in document else {"Version": _FIRST_VERSION}),
        **document,
        "Statement": [
            _statement_as_shown(statement, root) if isinstance(statement, dict) else statement
            for statement in statements_of(document)
        ],
    }
    return json.dumps(_ordered(shown, _TOP), separators=(",", ":"), ensure_ascii=False)


def _statement_as_shown(statement: Statement, root: str) -> Statement:
    shown = dict(statement)
    for element in _VALUES:
        if element in shown:
            shown[element] = _alone(shown[element])
    for element in _PRINCIPALS:
        if isinstance(shown.get(element), dict):
            shown[element] = {
                kind: _alone(_named(names, root) if kind == "AWS" else names)
                for kind, names in shown[element].items()
            }
    conditions = shown.get("Condition")
    if isinstance(conditions, dict):
        shown["Condition"] = {
            operator: {key: _alone(_texts(values)) for key, values in keys.items()}
            if isinstance(keys, dict)
            else keys
            for operator, keys in conditions.items()
        }
    return _ordered(shown, _ORDER)


def _ordered(found: Statement, order: tuple[str, ...]) -> Statement:
    return {name: found[name] for name in order if name in found} | found


def _alone(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else values


def _named(names: Any, root: str) -> list[Any]:
    listed = names if isinstance(names, list) else [names]
    return [root.format(name) if _ACCOUNT.fullmatch(str(name)) else name for name in listed]


def _texts(values: Any) -> list[Any]:
    listed = values if isinstance(values, list) else [values]
    return [
        str(value).lower()
        if isinstance(value, bool)
        else str(value)
        if isinstance(value, (int, float))
        else value
        for value in listed
    ]
