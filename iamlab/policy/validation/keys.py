"""Condition keys: which exist, what type of value they hold, and whether they hold several.

Comes in: a key as written in a policy. Goes out: a `KeyFacts`. Global keys stand in the table here; those of services
come from the service reference, those of identity providers too where it lists them.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from iamlab.policy.reference import ConditionKey, reference

__all__ = [
    "GLOBAL_KEYS",
    "SENSITIVE_KEYS",
    "TAG_KEYS",
    "GlobalKey",
    "KeyFacts",
    "Standing",
    "look_up",
    "stem",
]


@dataclass(frozen=True, slots=True)
class GlobalKey:
    """One global condition key.

    Attributes:
        name: as AWS writes it; a tag key's variable part is left out.
        type: `String`, `ARN`, `Bool`, `Date`, `Numeric` or `IPAddress`.
        multivalued: whether a request may carry several values.
        sensitive: whether AWS makes the values up, so that a wildcard or variable in one has no good use.
    """

    name: str
    type: str
    multivalued: bool = False
    sensitive: bool = False


def _rows(
    type_: str, names: str, multivalued: bool = False, sensitive: bool = False
) -> tuple[GlobalKey, ...]:
    return tuple(GlobalKey(name, type_, multivalued, sensitive) for name in names.split())


GLOBAL_KEYS: Final[dict[str, GlobalKey]] = {
    key.name.lower(): key
    for key in (
        *_rows(
            "ARN", "aws:PrincipalArn aws:SourceArn aws:SourceVpcArn aws:ChatbotSourceArn aws:SignInSessionArn"
        ),
        *_rows("ARN", "lambda:SourceFunctionArn ssm:SourceInstanceArn ec2:SourceInstanceArn"),
        *_rows("ARN", "codebuild:BuildArn codebuild:ProjectArn"),
        *_rows(
            "String",
            "aws:PrincipalAccount aws:PrincipalOrgID aws:ResourceAccount aws:ResourceOrgID aws:SourceAccount "
            "aws:SourceOrgID aws:SourceVpc aws:SourceVpce aws:VpceAccount aws:VpceOrgID",
            sensitive=True,
        ),
        *_rows(
            "String",
            "aws:PrincipalServiceName aws:PrincipalType aws:userid aws:username aws:FederatedProvider "
            "aws:Ec2InstanceSourceVpc aws:SourceIdentity aws:CalledViaFirst aws:CalledViaLast aws:CalledViaAWSMCP "
            "aws:referer aws:RequestedRegion aws:UserAgent aws:SourceOwner aws:ViaCustomerDomain "
            "glue:RoleAssumedBy glue:CredentialIssuingService identitystore:UserId",
        ),
        *_rows("String", "aws:PrincipalTag/ aws:ResourceTag/ aws:RequestTag/"),
        *_rows(
            "String",
            "aws:CalledVia aws:TagKeys aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths "
            "aws:SourceOrgPaths aws:VpceOrgPaths",
            multivalued=True,
        ),
        *_rows(
            "Bool",
            "aws:PrincipalIsAWSService aws:AssumedRoot aws:MultiFactorAuthPresent aws:SecureTransport "
            "aws:ViaAWSService aws:ViaAWSMCPService aws:IsMcpServiceAction",
        ),
        *_rows("Date", "aws:CurrentTime aws:EpochTime aws:TokenIssueTime"),
        *_rows("Numeric", "aws:MultiFactorAuthAge ec2:RoleDelivery"),
        *_rows("IPAddress", "aws:SourceIp aws:VpcSourceIp aws:Ec2InstanceSourcePrivateIPv4"),
    )
}

SENSITIVE_KEYS: Final = frozenset(name for name, key in GLOBAL_KEYS.items() if key.sensitive)

TAG_KEYS: Final = ("aws:principaltag", "aws:resourcetag", "aws:requesttag")


# How AWS's pages write the variable part of a key.
_PLACEHOLDER = re.compile(r"\$\{|<|(?<=/)(?:tag-?key|key)\b")


class Standing(Enum):
    """What is known of a condition key."""

    KNOWN = "known"
    CLAIM = "a claim of an identity provider"
    NO_TAG = "lacks its tag key"
    NO_GLOBAL = "no such global key"
    NO_SERVICE = "no such service"
    NO_KEY = "no such key of the service"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of one condition key.

    Attributes:
        standing: whether it exists.
        name: as AWS writes it; as the policy does where AWS's spelling isn't known.
        type: as in `GlobalKey`; empty where it isn't known.
        multivalued: None where it isn't known.
    """

    standing: Standing
    name: str
    type: str = ""
    multivalued: bool | None = None

    @property
    def stem(self) -> str:
        """The name in small letters, up to its variable part."""
        return stem(self.name)


def stem(name: str) -> str:
    """The name of a key as AWS's pages write it, in small letters and up to its variable part."""
    placeholder = _PLACEHOLDER.search(name.lower())
    return (name[: placeholder.start()] if placeholder else name).lower()


def _from_reference(key: ConditionKey) -> KeyFacts:
    type_ = key.type.removeprefix("ArrayOf")
    return KeyFacts(Standing.KNOWN, key.name, type_, key.multivalued if type_ else None)


@lru_cache(maxsize=4096)
def look_up(key: str) -> KeyFacts:
    """What is known of a condition key, in any case, with its tag key where it has one."""
    lower = key.lower()
    prefix, _, _ = lower.partition(":")
    head, slash, tag = lower.partition("/")
    known = GLOBAL_KEYS.get(lower) or (GLOBAL_KEYS.get(head + slash) if slash and tag else None)
    if known is not None and not lower.endswith("/"):
        return KeyFacts(Standing.KNOWN, known.name, known.type, known.multivalued)
    if head in TAG_KEYS:
        return KeyFacts(Standing.NO_TAG, key)
    if prefix == "aws":
        listed = _listed_globals().get(lower)
        return _from_reference(listed) if listed else KeyFacts(Standing.NO_GLOBAL, key)
    if "." in prefix or "/" in prefix or prefix in reference().claim_prefixes:
        return _claim(key)
    service = reference().service(prefix)
    if service is None:
        return KeyFacts(Standing.NO_SERVICE, key)
    listed = service.condition_keys.get(lower)
    if listed is not None:
        return _from_reference(listed)
    for name, candidate in service.condition_keys.items():
        start = stem(name)
        if start == name:
            continue
        if lower.startswith(start) and len(lower) > len(start):
            return _from_reference(candidate)
        if lower in (start, start.rstrip("/:")):
            return KeyFacts(Standing.NO_TAG, key)
    return KeyFacts(Standing.NO_KEY, key)


@lru_cache(maxsize=1)
def _listed_globals() -> dict[str, ConditionKey]:
    return {
        name: key
        for service in reference().services.values()
        for name, key in service.condition_keys.items()
        if name.startswith("aws:")
    }


_MULTIVALUED_CLAIMS: Final = frozenset(("amr",))


def _claim(key: str) -> KeyFacts:
    sts = reference().service("sts")
    listed = sts.condition_keys.get(key.lower()) if sts else None
    if listed is not None:
        facts = _from_reference(listed)
        return KeyFacts(Standing.CLAIM, facts.name, facts.type, facts.multivalued)
    claim = key.lower().rpartition(":")[2]
    return KeyFacts(Standing.CLAIM, key, "String", True if claim in _MULTIVALUED_CLAIMS else None)
