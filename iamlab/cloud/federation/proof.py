"""What a verified assertion or token says.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iamlab.cloud.errors import AwsError

_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The claims of an identity provider, verified."""

    trust_keys: Mapping[str, Any]
    """Condition keys of the trust policy's decision."""
    session_keys: Mapping[str, Any]
    """Those of them that the session's later requests still have."""
    parameters: Mapping[str, Any]
    """What the claims say in place of AssumeRole's parameters: `RoleSessionName`, `Tags`, `SourceIdentity` …"""
    identity: Mapping[str, Any]
    """CloudTrail's `userIdentity` of the call."""
    answer: Mapping[str, Any]
    """Members of the response that tell what was verified."""
    provider: str | None = None
    """`aws:FederatedProvider`: OIDC only."""
    longest: int | None = field(default=None)
    """Seconds after which the provider's own session ends, and AWS's with it."""


def rejected(words: str) -> AwsError:
    """The error for a claim that isn't what it should be."""
    return AwsError("InvalidIdentityToken", words)


def source_identity(value: str) -> str:
    """Hold a claimed source identity against AWS's form.

    Raises:
        AwsError: `InvalidIdentityToken`.
    """
    if not _NAME.fullmatch(value) or value.lower().startswith("aws:"):
        raise rejected('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return value


def session_name(value: str) -> str:
    """Hold a claimed role session name against AWS's form.

    Raises:
        AwsError: `InvalidIdentityToken`.
    """
    if not _NAME.fullmatch(value):
        raise rejected("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return value


_TAG_KEY = re.compile(r"[\w\s.:/=+\-@]{1,128}")
_TAG_VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")
_MOST_TAGS = 50


def session_tags(tags: Mapping[str, Sequence[str]], transitive: Sequence[str]) -> dict[str, Any]:
    """Claimed session tags, as AssumeRole's parameters `Tags` and `TransitiveTagKeys`.

    Raises:
        AwsError: `InvalidIdentityToken`; a tag has two values, or can't be a tag.
    """
    made = []
    for key, values in tags.items():
        value = values[0] if len(values) == 1 else None
        reserved = key.lower().startswith("aws:")
        if value is None or reserved or not _TAG_KEY.fullmatch(key) or not _TAG_VALUE.fullmatch(value):
            raise rejected(f"Session tag {key} is invalid")
        made.append({"Key": key, "Value": value})
    if len(made) > _MOST_TAGS:
        raise rejected(f"The number of session tags exceeds the limit: {_MOST_TAGS}")
    found: dict[str, Any] = {}
    if made:
        found["Tags"] = made
    if transitive:
        found["TransitiveTagKeys"] = list(transitive)
    return found
