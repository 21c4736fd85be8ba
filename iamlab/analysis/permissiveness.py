"""`reach`: how far policies go, of all the actions that AWS knows, as a permissiveness meter.

Comes in: identity policies, or a whole `PolicySet`. Goes out: a `Reach` with two counts by access level. *On paper*
an action is allowed that an Allow names and no unconditional Deny takes away, in every layer that has a say. *Usable*
it is if some well-typed request for it is allowed, which the engine decides. The two differ where a policy names an
action together with resources it is never asked for, or with a key its requests never carry: `s3:ListBucket` on
`arn:aws:s3:::reports/*` is on paper only.

Usable is a search: each action it counts has a request that the engine allows; where the statements have more
combinations of values than it tries, the action is counted as `unsure`.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from iamlab.analysis.universe import Universe, universe
from iamlab.analysis.usable import Search
from iamlab.engine import Layer, PolicySet, Request
from iamlab.engine.policy_set import Document, Member
from iamlab.policy.reference import AccessLevel
from iamlab.policy.statement import Statement

__all__ = ["Reach", "paper", "reach"]


@dataclass(frozen=True)
class Reach:
    """What policies reach.

    Attributes:
        policies: the policies.
        on_paper: the actions allowed on paper, as bits of the universe.
        universe: the known actions.
    """

    policies: PolicySet
    on_paper: int
    universe: Universe = field(repr=False)

    @cached_property
    def _search(self) -> Search:
        search = Search(self.universe, self.policies)
        search.run(self.on_paper)
        return search

    @property
    def usable(self) -> int:
        """The actions for which some well-typed request is allowed, as bits of the universe."""
        return self._search.usable

    @property
    def unsure(self) -> int:
        """The actions for which no request was found and not all combinations were tried."""
        return self._search.unsure

    @property
    def witnesses(self) -> Mapping[str, Request]:
        """Allowed requests, one for each class of usable actions, by action."""
        return self._search.witnesses

    def actions(self, level: AccessLevel | None = None, *, on_paper: bool = False) -> tuple[str, ...]:
        """The usable actions (or those on paper) by name.

        Args:
            level: only those of one access level.
            on_paper: the paper count's actions.
        """
        bits = self.on_paper if on_paper else self.usable
        return self.universe.named(bits if level is None else bits & self.universe.levels[level])

    def counts(self) -> dict[AccessLevel, tuple[int, int, int]]:
        """For each access level the numbers of usable actions, of those on paper, and of all known ones."""
        return {
            level: ((self.usable & bits).bit_count(), (self.on_paper & bits).bit_count(), bits.bit_count())
            for level, bits in self.universe.levels.items()
        }

    def to_text(self) -> str:
        """The meter as plain text."""
        from iamlab.analysis.render_reach import reach_text

        return reach_text(self)

    def to_html(self) -> str:
        """The meter as an HTML fragment."""
        from iamlab.analysis.render_reach import reach_html

        return reach_html(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}

    def __repr__(self) -> str:
        return f"<Reach: {self.on_paper.bit_count()} of {len(self.universe)} known actions on paper>"


def reach(policies: PolicySet | Document | Iterable[Document]) -> Reach:
    """How far policies reach.

    Args:
        policies: a `PolicySet`; or one identity policy or several, as documents or `Policy`.
    """
    if not isinstance(policies, PolicySet):
        policies = PolicySet(identity=policies)
    known = universe()
    return Reach(policies, paper(policies, known), known)


def paper(policies: PolicySet, known: Universe) -> int:
    """The actions that are allowed on paper, as bits: Allows of every layer, less unconditional Denies of any."""
    granted: dict[tuple[Layer, int | None], int] = {}
    denied = 0
    for member in policies.members:
        place = (member.layer, member.level)
        granted.setdefault(place, 0)
        for statement in member.policy.statements:
            if statement.denies:
                denied |= _denied(statement, known)
            elif not statement.broken:
                granted[place] |= known.covered(statement.actions)
    # A resource's policy grants beside the identity policies; everything else only limits.
    bits = granted.pop((Layer.IDENTITY, None), 0) | granted.pop((Layer.RESOURCE, None), 0)
    for limit in granted.values():
        bits &= limit
    for layer in (Layer.SCP, Layer.RCP):
        levels = {member.level for member in _of(policies, layer)}
        if len(levels) < policies.levels(layer):
            return 0  # a level with nothing attached allows nothing
    return bits & ~denied


def _of(policies: PolicySet, layer: Layer) -> tuple[Member, ...]:
    return policies.layer(layer)


def _denied(statement: Statement, known: Universe) -> int:
    """What a Deny takes away whatever the request; elements that can't be read count as met."""
    resources = statement.resources
    everything = resources is None or resources.broken or (resources.everything and not resources.negated)
    conditional = any(test.broken is None for test in statement.tests)
    speaks_of_all = statement.principals is None or (
        statement.principals.anyone and not statement.principals.negated
    )
    if not everything or conditional or not speaks_of_all:
        return 0
    actions = statement.actions
    return known.all if actions is None or actions.broken else known.covered(actions)
