"""Policies that a simulation leaves out: what would hold if they weren't there.

In: the `PolicyExclusionList` of SimulatePrincipalPolicy. Out: which of a principal's policies it means. An entry that
fits nothing is ignored; one that can't be read is refused.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.errors import AwsError

_FORMS = ("PolicyType", "PolicyArn", "InlinePolicyIdentifier")
_ARN = re.compile(r"(?P<account>arn:[a-z-]+:iam::(?:aws|\d{12}):)policy/(?P<name>\S+)")
_OF_AWS = re.compile(r"arn:[^:]*:iam::aws:")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The policies to leave out."""

    types: frozenset[str] = frozenset()
    arns: tuple[re.Pattern[str], ...] = ()
    inline: tuple[tuple[str, str, re.Pattern[str]], ...] = ()
    """Policy's name, kind of its holder, holder's name."""

    def managed_policy(self, arn: str) -> bool:
        """Whether a managed policy is left out."""
        kind = "aws-managed" if _OF_AWS.match(arn) else "user-managed"
        return kind in self.types or any(wanted.fullmatch(arn) for wanted in self.arns)

    def inline_policy(self, name: str, kind: str, holder: str) -> bool:
        """Whether an inline policy of this user, group or role is left out."""
        return "inline" in self.types or any(
            (name, kind) == (wanted, of_kind) and of.fullmatch(holder) for wanted, of_kind, of in self.inline
        )


def exclusions(entries: Sequence[Mapping[str, Any]]) -> Exclusions:
    """The exclusions that a call's entries ask for.

    Raises:
        AwsError: `InvalidInput`, an entry is none.
    """
    types: set[str] = set()
    arns: list[re.Pattern[str]] = []
    inline: list[tuple[str, str, re.Pattern[str]]] = []
    for entry in entries:
        form, value = _only(entry)
        if form == "PolicyType":
            types.add(value)
        elif form == "PolicyArn":
            found = _ARN.fullmatch(value)
            if found is None:
                raise _invalid(value)
            arns.append(re.compile(re.escape(found["account"]) + "policy/" + _pattern(found["name"])))
        else:
            name, kind, holder = (
                value[field] for field in ("PolicyName", "AttachmentType", "AttachmentName")
            )
            inline.append((name, kind, re.compile(_pattern(holder))))
    return Exclusions(frozenset(types), tuple(arns), tuple(inline))


def _only(entry: Mapping[str, Any]) -> tuple[str, Any]:
    """The one form in which an entry names policies."""
    given = [(form, entry[form]) for form in _FORMS if entry.get(form) is not None]
    if len(given) != 1:
        raise AwsError("InvalidInput", f"A policy identifier must have exactly one of {', '.join(_FORMS)}.")
    return given[0]


def _pattern(text: str) -> str:
    """Text with wildcards as a regular expression: one `*` at most, and any number of `?`."""
    if text.count("*") > 1:
        raise _invalid(text)
    return "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in text)


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidInput", f"Invalid policy identifier: {text}")
