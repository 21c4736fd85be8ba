"""What IAM says first about a role's trust policy, and S3 about a bucket's policy: both read them with one parser.

In: a document or a statement of it. Out: the complaint in AWS's words, or None.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

_TOP = ("Version", "Id", "Statement")
_VERSIONS = ("2008-10-17", "2012-10-17")


def frame_fault(document: dict[str, Any]) -> str | None:
    """What is wrong with a document around its statements."""
    unknown = unknown_field(document, _TOP)
    if unknown:
        return unknown
    if "Statement" not in document:
        return "Missing required field Statement"
    if document["Statement"] in ([], None):
        return "Could not parse the policy: Statement is empty!"
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        return "The policy must contain a valid version string"
    return None


def unknown_field(found: dict[str, Any], known: Collection[str]) -> str | None:
    """The first field of a document or statement that the language doesn't have."""
    return next((f"Unknown field {name}" for name in found if name not in known), None)


def effect_fault(statement: dict[str, Any]) -> str | None:
    """An effect that is none."""
    effect = statement["Effect"]
    return None if effect in ("Allow", "Deny") else f"Invalid effect: {effect}"
