"""What AWS's service reference says of a request: the shape of its resource, and which keys its context can hold.

Comes in: the number of a known action. Goes out: patterns for the resources it can be asked for, and whether a
condition key can or must be present. Where the reference leaves a placeholder, any text of its kind counts: an account
has twelve characters, names like a bucket's hold no slash, others may.

See https://docs.aws.amazon.com/service-authorization/latest/reference/ and for the keys that every request carries
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from iamlab.analysis.strings import Glob, Place, glob, glob_of
from iamlab.analysis.universe import Universe
from iamlab.policy.glob import ANY, STAR

__all__ = ["ALONE", "ALWAYS_PRESENT", "can_hold", "resource_shapes"]

ALWAYS_PRESENT: Final = frozenset(
    ("aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:requestedregion", "aws:useragent")
)
"""Keys that AWS documents as being in every request."""

ALONE: Final[Glob] = glob_of((("*", False),))
"""The resource of an action without resource types."""

_PLACEHOLDER: Final = re.compile(r"\$\{([^}]*)\}")
_WITHOUT_SLASH: Final = frozenset(
    ("BucketName", "TableName", "QueueName", "TopicName", "FunctionName", "ClusterName", "DBInstanceName")
)
_ANYTHING_GOES: Final = ("Object", "Path", "Key")
_COLON: Final = frozenset(":")
_COLON_SLASH: Final = frozenset(":/")
_NOTHING: Final[frozenset[str]] = frozenset()
_CLAIM: Final = re.compile(r"[^:]*[./][^:]*:.+")


@lru_cache(8192)
def _shape(template: str) -> Glob:
    if template == "*":
        return ALONE
    places: list[Place] = []
    at = 0
    for match in _PLACEHOLDER.finditer(template):
        places.extend(_literal(template[at : match.start()]))
        at = match.end()
        name = match[1]
        if name == "Account":
            places.extend([(ANY, _COLON_SLASH)] * 12)
            continue
        refused = _COLON
        if name in ("Partition", "Region") or name in _WITHOUT_SLASH or name.endswith("Id"):
            refused = _COLON_SLASH
        elif any(word in name for word in _ANYTHING_GOES):
            refused = _NOTHING
        places += [(ANY, refused), (STAR, refused)]
    places.extend(_literal(template[at:]))
    return glob(tuple(places))


def _literal(text: str) -> tuple[Place, ...]:
    # Some of the reference's ARNs hold a star where anything may stand.
    return tuple((STAR if char == "*" else char, _NOTHING) for char in text)


def resource_shapes(universe: Universe, number: int, partition: str = "") -> tuple[Glob, ...]:
    """Patterns of the resources that an action can be asked for, in any partition or in one."""
    named = partition or "${Partition}"
    return tuple(_shape(template.replace("${Partition}", named)) for template in universe.templates(number))


def can_hold(universe: Universe, number: int, key: str) -> bool:
    """Whether the context of a request for the action can hold a key (in lower case).

    Global keys can always be there, those of services where the reference lists them. Claims of OIDC providers, which
    are named like hosts, the reference lists for some that many share; any provider can be asked for any claim, and
    its sessions keep some of them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    if key.startswith("aws:") or _CLAIM.fullmatch(key):
        return True
    listed = universe.keys(number)
    return key in listed or any(
        key.startswith(name[: min(name.find(mark) for mark in "$<" if mark in name)])
        for name in listed
        if "$" in name or "<" in name
    )
