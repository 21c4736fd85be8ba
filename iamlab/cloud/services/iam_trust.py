"""A role's trust policy as IAM shows it when it is asked later.

CreateRole gives back the text that it was sent. IAM keeps the policy in a form of its own, however, and writes it anew
for whoever reads the role: without white space, its elements in one order, a list of one as its only member. The lab
keeps the author's text, whose lines its explanations name, and puts it into this form when it is shown.

In: a trust policy's text. Out: the same policy in IAM's form.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
https://github.com/aws/aws-cli/issues/6584
"""

from __future__ import annotations

import json
from typing import Any

_POLICY = ("Version", "Id", "Statement")
_STATEMENT = ("Sid", "Effect", "Principal", "Action", "Condition")


def as_shown(text: str) -> str:
    """A trust policy in the form in which GetRole, and all that show existing roles, give it."""
    document = json.loads(text)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    document["Statement"] = [_ordered(_short(statement), _STATEMENT) for statement in listed]
    return json.dumps(_ordered(document, _POLICY), separators=(",", ":"), ensure_ascii=False)


def _short(value: Any) -> Any:
    """Lists of one give way to their members, at any depth."""
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _ordered(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values} | values
