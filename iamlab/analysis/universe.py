"""The known actions as one index: each action a number, each set of actions the bits of one integer.

Comes in: action patterns as policies write them. Goes out: bitsets, on which union, intersection and difference are
one machine operation for all of AWS's 22,000 actions, and the way back from bits to names, access levels, ARN
templates and condition keys.

It stands on the packaged service reference (:mod:`iamlab.policy.reference`), adds no data of its own, and reads the
details of a service only when somebody asks for them. Numbers are those of one version of the reference: keep names,
never numbers.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from iamlab.policy.glob import pattern as glob_pattern
from iamlab.policy.matching import Actions
from iamlab.policy.reference import AccessLevel, Action, Reference, reference

__all__ = ["Universe", "ones", "universe"]

_REMEMBERED: Final = 8192
_LONG_LIST: Final = 16
_BEYOND: Final = "\U0010ffff"  # sorts behind every text with the same beginning


class Universe:
    """All known actions in a fixed order: by service prefix, then by name.

    Attributes:
        names: the actions as AWS writes them (``s3:GetObject``); the position is the action's number.
        lower: the same in lower case.
        all: the bitset of all actions.
        ranges: service prefix → first number and the one behind the last.
        levels: access level → its actions, as a bitset.
    """

    __slots__ = (
        "_actions",
        "_bits",
        "_keys",
        "_numbers",
        "_reference",
        "_shapes",
        "_templates",
        "all",
        "levels",
        "lower",
        "names",
        "ranges",
    )

    def __init__(self, source: Reference) -> None:
        names: list[str] = []
        ranges: dict[str, tuple[int, int]] = {}
        levels = {level: bytearray() for level in AccessLevel}
        # With the colon, since `s3-outposts:` comes before `s3:`: the whole list is sorted for the search by halves.
        for prefix in sorted(source.services, key=lambda prefix: f"{prefix}:"):
            service = source.services[prefix]
            start = len(names)
            listed = sorted(zip(service.action_names, service.levels, strict=True), key=_name_in_lower_case)
            names += [f"{prefix}:{name}" for name, _ in listed]
            ranges[prefix] = (start, len(names))
            for level, digits in levels.items():
                digits += bytes(49 if found is level else 48 for _, found in listed)
        self._reference = source
        self.names: tuple[str, ...] = tuple(names)
        self.lower: tuple[str, ...] = tuple(map(str.lower, names))
        self.all: int = (1 << len(names)) - 1
        self.ranges: Mapping[str, tuple[int, int]] = MappingProxyType(ranges)
        # Digit i of the text belongs to action i, and a number's lowest digit stands last.
        self.levels: Mapping[AccessLevel, int] = MappingProxyType(
            {level: int(digits[::-1].decode(), 2) for level, digits in levels.items()}
        )
        self._numbers = dict(zip(self.lower, range(len(names)), strict=True))
        self._bits: dict[str, int] = {}
        self._actions: dict[int, Action] = {}
        self._templates: dict[int, tuple[str, ...]] = {}
        self._shapes: dict[tuple[str, ...], int] | None = None
        self._keys: dict[int, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"<Universe of {len(self.names)} actions, reference {self._reference.version}>"

    def number(self, action: str) -> int | None:
        """The number of the action ``service:Name`` (any case), None where the reference has none."""
        return self._numbers.get(action.lower())

    def bits(self, pattern: str) -> int:
        """The known actions that one entry of an ``Action`` element covers.

        See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
        """
        pattern = pattern.lower()
        found = self._bits.get(pattern)
        if found is None:
            if len(self._bits) >= _REMEMBERED:
                self._bits.clear()
            found = self._bits[pattern] = self._work_out(pattern)
        return found

    def covered(self, actions: Actions | None) -> int:
        """The known actions that a compiled ``Action`` or ``NotAction`` covers; none where it can't be read."""
        if actions is None or actions.broken or not actions.texts:
            return 0
        bits = 0
        if len(actions.texts) < _LONG_LIST:
            for text in actions.texts:
                bits |= self.bits(text)
        else:
            bits = self._listed(actions.texts)
        return self.all & ~bits if actions.negated else bits

    def _listed(self, texts: list[str]) -> int:
        """What a long list covers: marked in one row of digits, rather than added up integer by integer."""
        digits, bits = bytearray(b"0") * len(self.names), 0
        for text in texts:
            span = self._span(text.lower())
            if span is None:
                bits |= self.bits(text)
            else:
                digits[span[0] : span[1]] = b"1" * (span[1] - span[0])
        return bits | int(digits[::-1].decode(), 2)

    def _span(self, pattern: str) -> tuple[int, int] | None:
        """The numbers that an exact action, or one with a star at its end, stands for; None for other patterns."""
        head = pattern[:-1] if pattern.endswith("*") else pattern
        if "*" in head or "?" in head:
            return None
        if head is pattern:
            number = self._numbers.get(pattern)
            return (0, 0) if number is None else (number, number + 1)
        return bisect_left(self.lower, head), bisect_left(self.lower, head + _BEYOND)

    def named(self, bits: int) -> tuple[str, ...]:
        """The names of a bitset's actions, in the order of the universe."""
        return tuple(self.names[number] for number in ones(bits))

    def level(self, number: int) -> AccessLevel:
        """The access level of an action."""
        return next(level for level, bits in self.levels.items() if bits >> number & 1)

    def action(self, number: int) -> Action:
        """Everything that the reference knows of an action."""
        found = self._actions.get(number)
        if found is None:
            read = self._reference.action(self.names[number])
            assert read is not None
            found = self._actions[number] = read
        return found

    def templates(self, number: int) -> tuple[str, ...]:
        """The shapes of the resources an action can be asked for: ARNs with placeholders, or ``*``.

        ``*`` stands for an action without resource types. Of several types a request names one or the other.
        """
        found = self._templates.get(number)
        if found is None:
            action = self.action(number)
            service = self._reference.services[action.service]
            types = [service.resource_types[use.name] for use in action.resources]
            arns = dict.fromkeys(type_.arn for type_ in types if type_.arn)
            found = self._templates[number] = tuple(arns) or ("*",)
        return found

    def shapes(self) -> Mapping[tuple[str, ...], int]:
        """All actions by the shapes of their resources, as bitsets. Reads every service's details on first use."""
        if self._shapes is None:
            groups: dict[tuple[str, ...], list[int]] = {}
            for number in range(len(self.names)):
                groups.setdefault(self.templates(number), []).append(number)
            self._shapes = {
                shapes: sum(1 << number for number in numbers) for shapes, numbers in groups.items()
            }
        return self._shapes

    def keys(self, number: int) -> frozenset[str]:
        """The condition keys (lower case, placeholders kept) that the reference lists for an action.

        Those of its resource types are among them. Global keys that hold for every request are listed only where AWS's
        page of the service names them.
        """
        found = self._keys.get(number)
        if found is None:
            action = self.action(number)
            service = self._reference.services[action.service]
            keys = set(action.condition_keys)
            for use in action.resources:
                keys.update(use.condition_keys, service.resource_types[use.name].condition_keys)
            found = self._keys[number] = frozenset(key.lower() for key in keys)
        return found

    def _work_out(self, pattern: str) -> int:
        if pattern and not pattern.strip("*"):
            return self.all
        span = self._span(pattern)
        if span is not None:
            return ((1 << (span[1] - span[0])) - 1) << span[0]
        prefix = pattern[: min(at for at in map(pattern.find, "*?") if at >= 0)]
        first, behind = bisect_left(self.lower, prefix), bisect_left(self.lower, prefix + _BEYOND)
        matches = glob_pattern(pattern)
        digits = "".join("1" if matches(name) else "0" for name in self.lower[first:behind])
        return int(digits[::-1] or "0", 2) << first


def _name_in_lower_case(entry: tuple[str, AccessLevel]) -> str:
    return entry[0].lower()


def ones(bits: int) -> Iterator[int]:
    """The positions of a bitset's ones, lowest first."""
    digits = bin(bits)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


@lru_cache(maxsize=1)
def universe() -> Universe:
    """The universe of the packaged reference, made once."""
    return Universe(reference())
