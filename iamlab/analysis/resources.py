"""The resource, last: the shortest one for which the first set allows and the second doesn't.

Comes in: the statements that can still match once action, caller and context are fixed, and both sides. Goes out: a
resource, or None when there is none. Each pattern of the first set's Allows is searched by itself, together with the
patterns that can match along with it; a pattern for which the sets can't differ whatever else matches is left out
first, and a search is cut where the outcome is settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from iamlab.analysis.rules import ClassRule, Side
from iamlab.analysis.strings import Budget, Bundle, Glob, glob_of, overlap, walk
from iamlab.policy.glob import STAR, resource_marks
from iamlab.policy.matching import Resources
from iamlab.policy.variables import Part, Values, fill

__all__ = ["Shape", "find_resource"]

_WHERE = "the resources"
_ALL = glob_of(((STAR, False),))


class Shape(NamedTuple):
    """What else the resource must be.

    Attributes:
        inside: patterns of which it matches one; None for any resource.
        must: patterns that it matches all.
        outside: patterns that it doesn't match.
    """

    inside: tuple[Glob, ...] | None = None
    must: tuple[Glob, ...] = ()
    outside: tuple[Glob, ...] = ()


class _Scope:
    """A statement's resources as numbers of patterns; `never` when a variable without value makes it match nothing."""

    __slots__ = ("bit", "covered", "negated", "never")

    def __init__(self, rule: ClassRule, values: Values, patterns: dict[Glob, int]) -> None:
        self.bit = rule.bit
        resources = rule.resources
        self.negated = resources is not None and resources.negated
        self.never = False
        self.covered: list[int] = []
        if resources is None:
            self.covered.append(patterns.setdefault(_ALL, len(patterns)))
            return
        for glob in _globs(resources, values) if _tied(resources) else _fixed_globs(resources):
            if glob is None:
                self.never = self.never or self.negated
            else:
                self.covered.append(patterns.setdefault(glob, len(patterns)))


def _globs(resources: Resources, values: Values) -> list[Glob | None]:
    """The entries with the context's values put in; None for one whose variable has no value."""
    filled = (fill(parts, values) for parts in _parts(resources))
    return [None if tokens is None else glob_of(tuple(resource_marks(tokens))) for tokens in filled]


@lru_cache(4096)
def _parts(resources: Resources) -> tuple[tuple[Part, ...], ...]:
    return resources.parts()


@lru_cache(4096)
def _tied(resources: Resources) -> bool:
    return bool(resources.variables())


@lru_cache(4096)
def _fixed_globs(resources: Resources) -> list[Glob | None]:
    return _globs(resources, {})


def find_resource(
    first: Side, second: Side, rules: Sequence[ClassRule], values: Values, shape: Shape, budget: Budget
) -> str | None:
    """A resource that the first set allows and the second doesn't.

    Args:
        first, second: the sets.
        rules: the statements that can still match: everything but their resources holds.
        values: the context.
        shape: what else the resource must be.
        budget: pays for the search.
    """
    budget.spend(2 * len(rules), _WHERE)
    patterns: dict[Glob, int] = {}
    scopes = [_Scope(rule, values, patterns) for rule in rules]
    scopes = [scope for scope in scopes if not scope.never]
    allows = 0
    for rule in rules:
        if not rule.denies:
            allows |= rule.bit
    globs = list(patterns)
    search = _Search(first, second, scopes, allows, globs, shape, budget)
    if first.allows(0):
        return search.among(_ALL)  # the root user needs no Allow
    picks: dict[int, None] = {}
    for scope in scopes:
        if scope.bit & allows:
            if scope.negated:
                return search.among(_ALL)
            picks.update(dict.fromkeys(scope.covered))
    for pick in picks:
        found = search.among(globs[pick])
        if found is not None:
            return found
    return None


class _Search:
    """The search for one class of requests."""

    def __init__(
        self,
        first: Side,
        second: Side,
        scopes: list[_Scope],
        allows: int,
        globs: list[Glob],
        shape: Shape,
        budget: Budget,
    ) -> None:
        self.first, self.second = first, second
        self.scopes, self.allows = scopes, allows
        self.globs, self.shape, self.budget = globs, shape, budget

    def among(self, base: Glob) -> str | None:
        """Search the resources that match one pattern."""
        near = [index for index, glob in enumerate(self.globs) if glob == base or overlap(base, glob)]
        sure = {
            index for index in near if self.globs[index] == base or _plainly_covers(self.globs[index], base)
        }
        if self._settled(set(near) - sure, sure):
            return None
        # A pattern that covers the whole search tells nothing in it.
        loose = [index for index in near if index not in sure]
        inside = self.shape.inside
        targets: Sequence[Glob | None] = (None,)
        if inside is not None:
            targets = [glob for glob in inside if overlap(base, glob)]
        for target in targets:
            found = self._walk(base, target, loose, sure)
            if found is not None:
                return found
        return None

    def _settled(self, loose: set[int], sure: set[int]) -> bool:
        """Whether the sets can't differ, however the patterns that don't cover the whole search turn out."""
        true = open_ = 0
        for scope in self.scopes:
            state = self._truth(scope, loose, sure)
            if state is None:
                open_ |= scope.bit
            elif state:
                true |= scope.bit
        return self._same_everywhere(true, open_, 8)

    def _same_everywhere(self, true: int, open_: int, depth: int) -> bool:
        if not self._may_differ(true, open_):
            return True
        if not open_ or not depth:
            return False
        bit = open_ & -open_
        rest = open_ & ~bit
        return self._same_everywhere(true | bit, rest, depth - 1) and self._same_everywhere(
            true, rest, depth - 1
        )

    def _may_differ(self, true: int, open_: int) -> bool:
        """Whether the first set may allow and the second may not, while some statements are open."""
        if self.first.within(self.second, true | open_):
            return False
        return self.first.allows(true | (open_ & self.allows)) and not self.second.allows(
            true | (open_ & ~self.allows)
        )

    @staticmethod
    def _truth(scope: _Scope, loose: set[int], sure: set[int]) -> bool | None:
        undecided = False
        for index in scope.covered:
            if index in sure:
                return not scope.negated
            undecided = undecided or index in loose
        return None if undecided else scope.negated

    def _walk(self, base: Glob, target: Glob | None, loose: list[int], sure: set[int]) -> str | None:
        globs = [base, *(self.globs[index] for index in loose), *self.shape.outside]
        needed = [*self.shape.must, *(() if target is None else (target,))]
        self.budget.spend(4 * (len(globs) + len(needed)), _WHERE)
        bundle = Bundle([*globs, *needed])
        must = [bundle.accepts[0], *bundle.accepts[len(globs) :]]
        alive = [bundle.regions[0], *bundle.regions[len(globs) :]]
        first_outside = 1 + len(loose)
        outside = range(first_outside, first_outside + len(self.shape.outside))
        banned = sum(bundle.accepts[index] for index in outside)
        banned_for_good = banned & bundle.final
        place = {index: at for at, index in enumerate(loose, start=1)}
        known: list[tuple[int, bool]] = []  # statements settled from the start
        asked: list[tuple[int, bool, int, int, int]] = []
        for scope in self.scopes:
            state = self._truth(scope, set(loose), sure)
            if state is not None:
                known.append((scope.bit, state))
                continue
            accepts = regions = 0
            for index in scope.covered:
                if index in place:
                    accepts |= bundle.accepts[place[index]]
                    regions |= bundle.regions[place[index]]
            asked.append((scope.bit, scope.negated, accepts, accepts & bundle.final, regions))
        true_from_start = sum(bit for bit, state in known if state)
        verdicts: dict[tuple[int, int], bool] = {}
        states: dict[int, bool] = {}

        def keep(state: int) -> bool:
            if state & banned_for_good:
                return False
            for region in alive:
                if not state & region:
                    return False
            true, open_ = true_from_start, 0
            for bit, negated, _, final, regions in asked:
                if state & final:
                    if not negated:
                        true |= bit
                elif not state & regions:
                    if negated:
                        true |= bit
                else:
                    open_ |= bit
            verdict = verdicts.get((true, open_))
            if verdict is None:
                verdict = verdicts[true, open_] = self._may_differ(true, open_)
            return verdict

        def found(state: int) -> bool:
            for accept in must:
                if not state & accept:
                    return False
            if state & banned:
                return False
            true = true_from_start
            for bit, negated, accepts, _, _ in asked:
                if bool(state & accepts) is not negated:
                    true |= bit
            verdict = states.get(true)
            if verdict is None:
                verdict = states[true] = self.first.allows(true) and not self.second.allows(true)
            return verdict

        return walk(bundle, keep, found, self.budget, _WHERE)


def _plainly_covers(cover: Glob, base: Glob) -> bool:
    """A cheap reason why one pattern covers another: it is the same with stars at its end for the other's rest."""
    places = cover.places
    if not places or places[-1] != _ALL.places[0]:
        return False
    return base.places[: len(places) - 1] == places[:-1]
