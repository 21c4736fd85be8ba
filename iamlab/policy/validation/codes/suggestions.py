"""Suggestions: what has no effect, or could be said more clearly."""

from __future__ import annotations

from typing import Final

from iamlab.policy.findings import Severity
from iamlab.policy.validation.codes.code import Code

__all__ = ["ROWS"]

_NOTHING = "A list without entries matches nothing: the statement neither allows nor denies."
_TAGS = "Where a service doesn't put the tag into the request's context, the Allow doesn't apply."
_REDUNDANT = "What is said twice must be changed twice: whoever tightens one of them leaves the other open."

_TABLE: Final = (
    (
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "an Allow of all but some actions rests on a tag that not every service hands over",
        _TAGS,
    ),
    (
        "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "an Allow rests on a tag that the service doesn't hand over",
        _TAGS,
    ),
    (
        "CONFIRM_AUDIENCE_CLAIM_TYPE",
        "a set operator with an audience claim",
        "A token's audience may be one value or a list: set operators are for lists, and `ForAllValues` is also true "
        "when the claim is absent.",
    ),
    ("EMPTY_ARRAY_ACTION", "no actions", _NOTHING),
    (
        "EMPTY_ARRAY_CONDITION",
        "a condition key without values",
        "Nothing equals none of no values: it never matches.",
    ),
    (
        "EMPTY_ARRAY_CONDITION_FORALLVALUES",
        "`ForAllValues` without values",
        "It matches only requests without the key; `Null` with `true` says so plainly.",
    ),
    (
        "EMPTY_ARRAY_CONDITION_FORANYVALUE",
        "`ForAnyValue` without values",
        "No value can be among none: it never matches.",
    ),
    (
        "EMPTY_ARRAY_CONDITION_IFEXISTS",
        "`IfExists` without values",
        "It matches only requests without the key; `Null` with `true` says so plainly.",
    ),
    ("EMPTY_ARRAY_PRINCIPAL", "no principals", _NOTHING),
    ("EMPTY_ARRAY_RESOURCE", "no resources", _NOTHING),
    (
        "EMPTY_OBJECT_CONDITION",
        "an empty condition",
        "An empty block restricts nothing, though it looks as if it did.",
    ),
    ("EMPTY_OBJECT_PRINCIPAL", "an empty principal", _NOTHING),
    ("EMPTY_SID_VALUE", "an empty Sid", "An empty name tells nobody which statement is meant."),
    (
        "IMPROVE_IP_RANGE",
        "an address with bits beyond its mask",
        "AWS ignores those bits: the range is another than it looks.",
    ),
    (
        "IRRELEVANT_CONDITION_KEY_IN_POLICY",
        "a condition key that says nothing in this resource's policy",
        "The policy hangs on one resource, so its own account is always the same: the test belongs into the policies "
        "of those who call.",
    ),
    (
        "NULL_WITH_QUALIFIER",
        "`Null` with a set operator",
        "`ForAllValues:Null` is always true and `ForAnyValue:Null` always false, whatever the request.",
    ),
    (
        "PRIVATE_IP_ADDRESS_SUBSET",
        "private addresses among those of `aws:SourceIp`",
        "`aws:SourceIp` holds the public address that AWS sees; for private ones there is `aws:VpcSourceIp`.",
    ),
    (
        "PRIVATE_NOT_IP_ADDRESS_SUBSET",
        "private addresses among those that `aws:SourceIp` must not be",
        "`aws:SourceIp` holds the public address that AWS sees; for private ones there is `aws:VpcSourceIp`.",
    ),
    (
        "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
        "a service principal is held back by a key that proves nothing",
        "Callers choose that value themselves. `aws:SourceArn` and `aws:SourceAccount` are filled in by AWS.",
    ),
    ("REDUNDANT_ACTION", "an action that another entry covers", _REDUNDANT),
    ("REDUNDANT_CONDITION_VALUE_NUM", "several bounds where one decides", _REDUNDANT),
    ("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", "a session beside its own role", _REDUNDANT),
    ("REDUNDANT_RESOURCE", "a resource that another entry covers", _REDUNDANT),
    ("REDUNDANT_STATEMENT", "two statements say the same", _REDUNDANT),
    (
        "WILDCARD_IN_SERVICE_NAME",
        "a wildcard in a service's name",
        "It reaches every service of such a name, those of tomorrow included.",
    ),
)

ROWS: Final = tuple(Code(name, Severity.SUGGESTION, what, why) for name, what, why in _TABLE)
