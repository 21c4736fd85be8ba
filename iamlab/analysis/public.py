"""Is a bucket's policy public? S3's own definition, by which it answers GetBucketPolicyStatus and blocks public access.

A policy is taken for public until it shows that it isn't: each Allow has to be for somebody or something fixed, a
principal or the value of a key that ties the request to a place. A value with a wildcard or a variable isn't fixed.
What can't be decided stays public.

Comes in: a `Policy`. Goes out: the statements that make it public.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from iamlab.analysis.spaces import Space, allows
from iamlab.policy import Policy

__all__ = ["public_statements"]

_OPEN = re.compile(r"[*?]|\$\{")
_ACCESS_POINTS = re.compile(r"arn:[a-z-]+:s3:[a-z0-9-]+:\d{12}:accesspoint/[^${]+")
# The widest ranges that still count as fixed, by IP version.
_NARROWEST = {4: 8, 6: 32}


def _plain(value: str) -> bool:
    return _OPEN.search(value) is None


def _addresses(value: str) -> bool:
    """A range that isn't most of the internet."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _NARROWEST[network.version]


def _access_points(value: str) -> bool:
    """The name of the access point may have wildcards, its account may not."""
    return _ACCESS_POINTS.fullmatch(value) is not None


# Key (in lower case) -> whether a value of it is fixed.
_KEYS: Mapping[str, Callable[[str], bool]] = {
    "aws:principalaccount": _plain,
    "aws:principalarn": _plain,
    "aws:principalorgid": _plain,
    "aws:sourceaccount": _plain,
    "aws:sourcearn": _plain,
    "aws:sourceip": _addresses,
    "aws:sourceowner": _plain,
    "aws:sourcevpc": _plain,
    "aws:sourcevpce": _plain,
    "aws:userid": _plain,
    "s3:dataaccesspointaccount": _plain,
    "s3:dataaccesspointarn": _access_points,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _plain,
}
_EQUAL = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)


def public_statements(policy: Policy) -> tuple[int, ...]:
    """The positions of the statements that make a policy public; none if it is not public.

    Args:
        policy: a bucket's policy. One that can't be read allows nothing and is not public.
    """
    open_ones = tuple(
        index
        for index, statement in enumerate(_statements(policy))
        if statement.get("Effect") == "Allow"
        and ("Principal" in statement or "NotPrincipal" in statement)  # else it lets nobody in
        and not _fixed_principal(statement)
        and not _fixed_place(statement)
    )
    return () if open_ones and _closed_by_denies(policy, open_ones) else open_ones


def _statements(policy: Policy) -> list[Mapping[str, Any]]:
    document = policy.document
    listed = document.get("Statement") if isinstance(document, Mapping) else None
    listed = listed if isinstance(listed, list) else [listed]
    return [statement if isinstance(statement, Mapping) else {} for statement in listed]


def _fixed_principal(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return False
    return all(
        _plain(name) and (kind != "Federated" or name.startswith("arn:"))
        for kind, names in principal.items()
        for name in _texts(names)
    )


def _fixed_place(statement: Mapping[str, Any]) -> bool:
    """One condition that only fixed values of a key meet is enough, since all conditions must be met."""
    return any(
        all(map(_KEYS[key], values))
        for operator, key, values in _tests(statement)
        if operator in _EQUAL and values
    )


def _tests(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Operators and keys in lower case, of the keys that can tie a request to something fixed."""
    condition = statement.get("Condition")
    for operator, keys in condition.items() if isinstance(condition, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            if key.lower() in _KEYS:
                yield operator.lower().removeprefix("foranyvalue:"), key.lower(), _texts(values)


def _texts(values: Any) -> list[str]:
    return [str(value) for value in (values if isinstance(values, list) else [values])]


# ---------------------------------------------------------------- Denies
def _closed_by_denies(policy: Policy, open_ones: tuple[int, ...]) -> bool:
    """Whether Denies leave nothing of the open statements but what comes from somewhere fixed."""
    statements = _statements(policy)
    denies = [statement for statement in statements if statement.get("Effect") == "Deny"]
    if not denies:
        return False
    document = dict(policy.document or {})
    document["Statement"] = [*(dict(statements[index]) for index in open_ones), *map(dict, denies)]
    try:
        return allows(Policy(document), Space(condition=_elsewhere(denies))).allowed is False
    except ValueError:
        return False


def _elsewhere(denies: list[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Conditions that every request meets which has none of the fixed values that the Denies speak of."""
    found: dict[str, dict[str, list[str]]] = {}
    for statement in denies:
        for _, key, values in _tests(statement):
            operator = "NotIpAddress" if key == "aws:sourceip" else "StringNotLike"
            fixed = [value for value in values if _KEYS[key](value)]
            if fixed:
                found.setdefault(operator, {}).setdefault(key, []).extend(fixed)
    return found
