"""The context: condition key by condition key, until only the resource is left to choose.

Comes in: one class of requests (caller, action) as two sides over bits of statements. Goes out: a context and a
resource for which the first side allows and the second doesn't, or None. A state of a key makes statements fall out;
the search goes on with the rest, stops where the sides have become the same or the outcome is settled, and remembers
where it has been. Keys that stand in policy variables are fixed first, with the spots where their values matter.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

from iamlab.analysis.resources import Shape, find_resource
from iamlab.analysis.rules import ClassRule, Side, test_key
from iamlab.analysis.strings import FRESH, Budget, Glob, glob_of
from iamlab.analysis.values import State, states_of
from iamlab.analysis.variables import RESOURCE, filled, keys_in, pieces
from iamlab.policy.conditions import Test
from iamlab.policy.variables import Part

__all__ = ["Found", "Presence", "find_context"]

Context = dict[str, str | tuple[str, ...]]
Presence = Callable[[str], tuple[bool, bool]]
"""Of a condition key in lower case: whether it may be absent, and whether it may be present."""


class Found(NamedTuple):
    """A resource and a context, the keys spelled as the policies spell them."""

    resource: str
    context: dict[str, object]


def find_context(
    first: Side, second: Side, rules: Iterable[ClassRule], shape: Shape, presence: Presence, budget: Budget
) -> Found | None:
    """A context and a resource that the first side allows and the second doesn't.

    Args:
        first, second: the sides.
        rules: their statements.
        shape: what the resource must be.
        presence: which keys may be absent or present.
        budget: pays for the search.
    """
    search = _Search(first, second, tuple(rules), shape, presence, budget)
    if not search.tied:
        return search.run({})
    # With policy variables the values nearest at hand mostly suffice for a difference; only then come all of them.
    found = search.run({})
    if found is not None:
        return found
    extra = {key: pieces(key, search.patterns, budget) for key in search.tied}
    return search.run(extra)


class _Key(NamedTuple):
    """A condition key with its tests, and the statements that stand on each of them."""

    name: str
    tests: tuple[tuple[Test, int], ...]
    templated: bool


class _Search:
    def __init__(
        self,
        first: Side,
        second: Side,
        rules: tuple[ClassRule, ...],
        shape: Shape,
        presence: Presence,
        budget: Budget,
    ) -> None:
        self.first, self.second, self.rules = first, second, rules
        self.shape, self.presence, self.budget = shape, presence, budget
        self.allows = sum(rule.bit for rule in rules if not rule.denies)
        self.all = sum(rule.bit for rule in rules)
        self.spelling: dict[str, str] = {}
        self.patterns = self._patterns()
        self.tied = keys_in(self.patterns) if self.patterns else {}
        self.users = self._users() if self.tied else {}
        self.order = self._order()
        self.sure = self._sure()
        self.extra: dict[str, tuple[Glob, ...]] = {}
        self.fixed_states: dict[str, list[State]] = {}
        self.seen: set[Hashable] = set()

    def _patterns(self) -> dict[str, list[tuple[Part, ...]]]:
        """All patterns by what they are compared with, if any of them holds a variable."""
        templated = any(test.templated for rule in self.rules for test in rule.tests) or any(
            rule.resources is not None and rule.resources.variables() for rule in self.rules
        )
        if not templated:
            return {}
        patterns: dict[str, dict[tuple[Part, ...], None]] = {}
        for rule in self.rules:
            if rule.resources is not None:
                patterns.setdefault(RESOURCE, {}).update(dict.fromkeys(rule.resources.parts()))
            for test in rule.tests:
                if test.spelled is not None and test.spelled.operator.variables:
                    patterns.setdefault(test.lookup, {}).update(dict.fromkeys(test.parts()))
        return {name: list(group) for name, group in patterns.items()}

    def _order(self) -> list[_Key]:
        tests: dict[str, dict[Hashable, tuple[Test, int]]] = {}
        for rule in self.rules:
            for test in rule.tests:
                group = tests.setdefault(test.lookup, {})
                _, bits = group.get(test_key(test), (test, 0))
                group[test_key(test)] = (test, bits | rule.bit)
                self.spelling.setdefault(test.lookup, test.key)
        for key, name in self.tied.items():
            tests.setdefault(key, {})
            self.spelling.setdefault(key, name)
        keys = [
            _Key(name, tuple(group.values()), any(test.templated for test, _ in group.values()))
            for name, group in tests.items()
        ]
        # What can only be absent makes statements fall out at once. Of the keys in variables, those with tests of their
        # own come first: one that is free can still line up with the value of one that isn't.
        return sorted(
            keys,
            key=lambda key: (
                self.presence(key.name)[1],
                key.name not in self.tied,
                key.templated,
                -len(key.tests) if key.name in self.tied else len(key.tests),
                key.name,
            ),
        )

    def _users(self) -> dict[str, int]:
        """For each key that stands in variables: the statements in which it does."""
        users = dict.fromkeys(self.tied, 0)
        for rule in self.rules:
            names = [] if rule.resources is None else list(rule.resources.variables())
            for test in rule.tests:
                names += test.variables
            for name in names:
                users[name.lower()] |= rule.bit
        return users

    def _sure(self) -> list[int]:
        """For each step of the order: the statements that by then match whatever else, should they still be alive."""
        places = {key.name: index for index, key in enumerate(self.order)}
        sure = [0] * (len(self.order) + 1)
        for rule in self.rules:
            if rule.resources is None:
                last = max((places[test.lookup] + 1 for test in rule.tests), default=0)
                for index in range(last, len(sure)):
                    sure[index] |= rule.bit
        return sure

    def run(self, extra: dict[str, tuple[Glob, ...]]) -> Found | None:
        self.extra = extra
        self.fixed_states.clear()
        self.seen.clear()
        return self._descend(0, self.all, {})

    def _hopeless(self, index: int, alive: int) -> bool:
        if self.first.within(self.second, alive):
            return True
        sure = self.sure[index] & alive
        if not self.first.allows((alive & self.allows) | (sure & ~self.allows)):
            return True
        return self.second.allows((sure & self.allows) | (alive & ~self.allows))

    def _descend(self, index: int, alive: int, values: Context) -> Found | None:
        self.budget.spend(4, "the condition keys")
        if self._hopeless(index, alive):
            return None
        while index < len(self.order):
            key = self.order[index]
            if self.users.get(key.name, 0) & alive or any(bits & alive for _, bits in key.tests):
                return self._branch(index, key, alive, values)
            index += 1
        rules = [rule for rule in self.rules if rule.bit & alive]
        resource = find_resource(self.first, self.second, rules, values, self.shape, self.budget)
        if resource is None:
            return None
        return Found(
            resource,
            {
                self.spelling[name]: list(value) if isinstance(value, tuple) else value
                for name, value in values.items()
            },
        )

    def _branch(self, index: int, key: _Key, alive: int, values: Context) -> Found | None:
        tied = key.name in self.tied
        tests = [(test, bits) for test, bits in key.tests if bits & alive]
        tried: set[Hashable] = set()
        for state in self._states(key, values):
            after = values if state is None else {**values, key.name: state}
            left = alive
            for test, bits in tests:
                if bits & left and not test.holds(after):
                    left &= ~bits
            turn: Hashable = (left, state) if tied else left
            if turn in tried:
                continue
            tried.add(turn)
            place = (index, left, tuple(after.get(name) for name in self.tied))
            if place in self.seen:
                continue
            self.seen.add(place)
            found = self._descend(index + 1, left, after)
            if found is not None:
                return found
        return None

    def _states(self, key: _Key, values: Context) -> list[State]:
        fixed = self.fixed_states.get(key.name)
        if fixed is not None:
            return fixed
        may_be_absent, may_be_present = self.presence(key.name)
        if not may_be_present:
            states: list[State] = [None]
        else:
            tests = [test for test, _ in key.tests]
            extra = list(self.extra.get(key.name, ()))
            if key.name in self.extra and any(values.get(name) for name in (*self.patterns, *self.tied)):
                extra += pieces(key.name, filled(self.patterns, values), self.budget)
            fresh = FRESH
            if key.name in self.tied:
                # Different keys get different fresh values, and each also the values chosen before.
                turn = list(self.tied).index(key.name)
                fresh = FRESH[turn % len(FRESH) :] + FRESH[: turn % len(FRESH)]
                extra += [
                    glob_of(((value, False),))
                    for name in self.tied
                    if isinstance(value := values.get(name), str) and value
                ]
            states = list(states_of(tests, values, extra, may_be_absent, self.budget, fresh))
        if not key.templated and key.name not in self.tied:
            self.fixed_states[key.name] = states
        return states
