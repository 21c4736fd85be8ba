"""The actions that two policy sets can tell apart.

Comes in: two sets. Goes out: one action for every combination of statements that some action meets, but only where
the sets differ at all: a statement that stands in both alike adds nothing. Any string `service:Name` counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator
from typing import Final

from iamlab.analysis.callers import speaks_of_principals
from iamlab.analysis.rules import StatementKey, statement_key
from iamlab.analysis.strings import FRESH, Budget, Glob, glob_of, minterms, overlap
from iamlab.engine import Layer, PolicySet
from iamlab.engine.layers import LAYERS
from iamlab.engine.organizations import rcp_reaches
from iamlab.policy.glob import tokens_of

__all__ = ["differing", "representatives", "special_actions"]

_GATES: Final = (
    "kms:*",
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
    "sts:setcontext",
    "sts:getfederationtoken",
    "sts:*",
    "iam:*",
)
_FIXED: Final = ("sts:getcalleridentity", "sts:getsessiontoken", "sts:assumerole", "sts:assumeroot")
_EVERYTHING: Final = "*"
_BEYOND: Final = "\U0010ffff"  # sorts behind every text with the same beginning


def special_actions(one: PolicySet, other: PolicySet, services: Iterable[str]) -> list[str]:
    """Patterns of actions that the engine itself treats apart, as far as the sets can show it.

    Args:
        one, other: the sets.
        services: prefixes of the services that there are.
    """
    found: list[str] = list(_FIXED)
    sets = (one, other)
    if any(map(speaks_of_principals, sets)):
        found.extend(_GATES)
    if any(policies.levels(Layer.RCP) for policies in sets):
        found.extend(f"{service}:*" for service in services if rcp_reaches(f"{service}:x", "x"))
        found.append("kms:retiregrant")
    return found


def _built(policies: PolicySet) -> Hashable:
    return (
        policies.bounded,
        policies.in_session,
        policies.through_endpoint,
        policies.levels(Layer.SCP),
        policies.levels(Layer.RCP),
    )


Spoken = dict[tuple[StatementKey, Layer, int | None], tuple[set[str], set[frozenset[str]]]]


def _spoken(policies: PolicySet) -> Spoken:
    """The action patterns under which each statement stands, apart from its actions, in its place."""
    found: Spoken = {}
    for member in policies.members:
        usage = LAYERS[member.layer].usage
        for statement in member.policy.statements:
            key = statement_key(statement, usage, policies.bounded)
            if key is None:
                continue
            place = (key, member.layer, member.level)
            positive, negative = found.setdefault(place, (set(), set()))
            actions = statement.actions
            if actions is None or actions.broken:
                positive.add(_EVERYTHING)
            elif actions.negated:
                if actions.texts:
                    negative.add(frozenset(text.lower() for text in actions.texts))
            else:
                positive.update(text.lower() for text in actions.texts)
    return found


def differing(first: PolicySet, second: PolicySet) -> list[str]:
    """Patterns that cover every action for which the first set can allow anything that the second doesn't.

    Elsewhere each Allow of the first stands in the second too, and each Deny of the second in the first.
    """
    if _built(first) != _built(second) or bool(first.layer(Layer.RESOURCE)) != bool(
        second.layer(Layer.RESOURCE)
    ):
        return [_EVERYTHING]
    mine, theirs = _spoken(first), _spoken(second)
    found: set[str] = set()
    nothing: tuple[set[str], set[frozenset[str]]] = (set(), set())
    for place in mine.keys() | theirs.keys():
        more, less = mine.get(place, nothing), theirs.get(place, nothing)
        if place[0].denies:
            more, less = less, more
        if more[1] - less[1]:
            return [_EVERYTHING]
        found |= more[0] - less[0]
    return (_allowed(first, second) or sorted(found)) if _EVERYTHING in found else sorted(found)


def _allowed(first: PolicySet, second: PolicySet) -> list[str]:
    """Patterns that cover all that the first set can allow at all, where they are a plain list; else empty."""
    identity = first.layer(Layer.IDENTITY)
    if not identity or speaks_of_principals(first) or speaks_of_principals(second):
        return []
    found: set[str] = set()
    for member in identity:
        for statement in member.policy.statements:
            if statement.denies or statement.actions is None or statement.broken:
                continue
            if statement.actions.negated:
                return []
            found.update(text.lower() for text in statement.actions.texts)
    return sorted(found)


def all_patterns(*sets: PolicySet) -> list[str]:
    """Every action pattern of the sets, in lower case."""
    return sorted(
        {
            text.lower()
            for policies in sets
            for member in policies.members
            for statement in member.policy.statements
            if statement.actions is not None and not statement.actions.broken
            for text in statement.actions.texts
        }
    )


def _glob(pattern: str) -> Glob:
    return glob_of(tuple((token, False) for token in tokens_of(pattern)))


def _simple(pattern: str) -> bool:
    """Whether the only wildcard is a star at the end."""
    return "?" not in pattern and "*" not in pattern[:-1]


def _meet(one: str, other: str) -> bool:
    """Whether two patterns share an action."""
    if not _simple(one) or not _simple(other):
        return overlap(_glob(one), _glob(other))
    if one.endswith("*"):
        if other.startswith(one[:-1]):
            return True
        return other.endswith("*") and one.startswith(other[:-1])
    return one.startswith(other[:-1]) if other.endswith("*") else one == other


def representatives(one: PolicySet, other: PolicySet, special: list[str], budget: Budget) -> Iterator[str]:
    """Actions, in lower case, of which one stands for each class; several may stand for the same."""
    patterns = [*all_patterns(one, other), *special]
    for region in differing(one, other):
        if "*" not in region and "?" not in region:
            if _wellformed(region):
                yield region
            continue
        near = [text for text in patterns if text != region and _meet(region, text)]
        if _simple(region) and all(map(_simple, near)):
            yield from _nested(region, near)
        else:
            globs = [_glob(region), _glob("?*:?*"), *map(_glob, near)]
            for action in minterms(globs, budget, "the actions"):
                if _wellformed(action):
                    yield action


def _wellformed(action: str) -> bool:
    service, _, name = action.partition(":")
    return bool(service and name)


def _nested(region: str, near: list[str]) -> Iterator[str]:
    """Of patterns that contain each other or have nothing in common: a string in each that is in none inside of it."""
    base = region[:-1]
    inside = [text for text in near if text.rstrip("*").startswith(base)]
    prefixes = [base, *(text[:-1] for text in inside if text.endswith("*"))]
    near = sorted(near)
    for prefix in dict.fromkeys(prefixes):
        following: set[str] = set()
        at = bisect_right(near, prefix)
        while at < len(near) and near[at].startswith(prefix):
            following.add(near[at][len(prefix)])
            # On to the first pattern that goes on otherwise.
            at = bisect_right(near, near[at][: len(prefix) + 1] + _BEYOND, at)
        if prefix.startswith(":"):
            continue
        fresh = next((char for char in FRESH if char not in following and char == char.lower()), "\u4e00")
        if ":" in prefix:
            yield prefix + fresh
        else:
            yield f"{prefix}{fresh}:{fresh}"
    for text in inside:
        if not text.endswith("*") and _wellformed(text):
            yield text
