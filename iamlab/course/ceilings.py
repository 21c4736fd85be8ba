"""What no answer may allow, proven over every request: the demands that `iamlab.analysis` decides.

Trying calls shows that an answer allows too much only if one thinks of the right call. `AtMost` looks at all calls of
a user or role, `LetsInAtMost` at all callers of a role or bucket, `NoWayUp` at all ways to become an administrator.
Where the analysis can't decide, nothing is held against the learner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from iamlab.analysis import escalations
from iamlab.analysis.bound_keys import caller_fence, mfa_fence, presence_fence
from iamlab.analysis.difference import Difference, find_difference
from iamlab.analysis.doors import let_in_beyond
from iamlab.course.demand import Ask, Shortfall
from iamlab.course.documents import ACCOUNT
from iamlab.engine import Layer, PolicySet, Request, decide
from iamlab.policy import Policy

if TYPE_CHECKING:
    from iamlab.course.bench import Bench
    from iamlab.engine import Decision

Document = Mapping[str, Any]

NOTHING: Final[Document] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
"""The ceiling of those who may do nothing."""

_OWN_ARN: Final = re.compile(rf"arn:aws:([^:]*):([^:]*):{ACCOUNT}:")
_ASSUMING: Final = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]


@dataclass(frozen=True, slots=True)
class AtMost:
    """Of all calls that AWS knows, what applies to a caller may allow none beyond a ceiling.

    Its identity policies count together with its boundary and the organisation's policies. Resources of other
    accounts don't: they are out of reach without the other account's consent, so an ARN with `*` in place of the
    account loses nothing.
    """

    ask: Ask
    """Any call of the caller; its policies are looked at, not the call."""
    most: Document | Callable[[Bench], Document]
    """A policy that allows all that may be allowed."""
    otherwise: str
    mistake: str = "allows more than was asked"
    everybody: bool = False
    """The policy is meant for whoever gets it: it must keep to the ceiling for callers of any name and tags."""

    def beyond(self, bench: Bench) -> Difference:
        """What the caller may do beyond the ceiling."""
        asked = bench.ask(self.ask)
        own = _own(asked.policies)
        text = json.dumps([policy.document for policy in own])
        keys = {key: value for key, value in asked.request.context.items() if isinstance(value, str)}
        bonds = presence_fence if self.everybody else caller_fence
        fence = [*mfa_fence(text), *bonds(text, keys)]
        if fence:
            own.append(Policy({"Version": "2012-10-17", "Statement": fence}))
        around = _around(asked)
        most = self.most(bench) if callable(self.most) else self.most
        mine, ceiling = PolicySet(identity=own, **around), PolicySet(identity=[_anywhere(most)], **around)
        return find_difference(mine, ceiling, "known", partition="aws")

    def shortfall(self, bench: Bench) -> Shortfall | None:
        request = self.beyond(bench).request
        if request is None:
            return None
        asked = bench.ask(self.ask)
        mine = PolicySet(identity=_own(asked.policies), **_around(asked))
        text = f"{self.otherwise} Your policy also lets them {described(request)}."
        return Shortfall(text, self.mistake, decide(request, mine))


@dataclass(frozen=True, slots=True)
class LetsInAtMost:
    """Of all callers there could be, the policy of a role or bucket may let in none beyond a ceiling.

    Callers of other accounts, services and anonymous ones are among them. What their own policies allow doesn't
    count: they are taken to allow everything.
    """

    piece: str
    """`role/App` for its trust policy, `bucket/photos` for its bucket policy."""
    most: Document
    """A policy of the same kind that lets in all who may be let in."""
    otherwise: str
    mistake: str = "lets in more than was asked"

    def beyond(self, bench: Bench) -> Difference:
        """Who gets in beyond the ceiling."""
        scene = bench.scene
        names = {f"user/{user.name}" for user in scene.users} | {f"role/{role.name}" for role in scene.roles}
        known = [one for one in bench.lab.snapshot().principals if str(one) in names]
        return let_in_beyond(self._policy(bench), _with_tags(self.most), ACCOUNT, known)

    def shortfall(self, bench: Bench) -> Shortfall | None:
        request = self.beyond(bench).request
        if request is None:
            return None
        text = f"{self.otherwise} Your policy also lets in {caller(request)}: {described(request)}."
        return Shortfall(text, self.mistake, decide(request, PolicySet(resource=self._policy(bench))))

    def _policy(self, bench: Bench) -> Policy:
        state = bench.look(self.piece) or {}
        # A bucket without a policy lets nobody in.
        return Policy(state.get("trust") or state.get("resource") or NOTHING, name=f"policy of {self.piece}")


@dataclass(frozen=True, slots=True)
class NoWayUp:
    """Over all known methods: nobody can become an administrator starting at a user or role."""

    who: str
    mistake: str = "another way up"

    def shortfall(self, bench: Bench) -> Shortfall | None:
        if not escalations(bench.lab.snapshot()).paths(self.who, to_administrator=True):
            return None
        return Shortfall(
            f"The way of the incident is closed, but `{self.who}` has **another** way to an administrator. "
            "`escalations(lab.snapshot())` shows it.",
            self.mistake,
        )


PROVEN: Final = (AtMost, LetsInAtMost, NoWayUp)
"""The demands that hold for every possible request."""


def described(request: Request) -> str:
    """A request in words, in Markdown: what, on what, and under which circumstances."""
    text = f"`{request.action}` on `{request.resource}`"
    keys = [f"`{key}` is `{value}`" for key, value in sorted(request.context.items())]
    return f"{text}, when {' and '.join(keys)}" if keys else text


def caller(request: Request) -> str:
    """Who makes a request, in words, in Markdown."""
    if not request.account:
        return (
            "**anybody**, without credentials"
            if request.principal_type == "Anonymous"
            else f"`{request.caller}`"
        )
    elsewhere = "" if request.account == ACCOUNT else f" of another account ({request.account})"
    return f"`{request.issuer or request.caller}`{elsewhere}"


def _own(policies: PolicySet) -> list[Policy]:
    return [member.policy for member in policies.layer(Layer.IDENTITY)]


def _around(asked: Decision) -> dict[str, Any]:
    """The layers that limit what a caller's identity policies give. SCPs leave a management account alone."""
    policies = asked.policies
    bound = "management_account" not in asked.request.flags
    levels: list[list[Policy]] = [[] for _ in range(policies.levels(Layer.SCP) if bound else 0)]
    for member in policies.layer(Layer.SCP) if bound else ():
        levels[member.level or 0].append(member.policy)
    return {"boundary": [member.policy for member in policies.layer(Layer.BOUNDARY)], "scps": levels}


def _with_tags(document: Document) -> Policy:
    """A ceiling over a door: those who may assume a role may name tags and a source identity with it."""
    statements = [
        {**one, "Action": _ASSUMING} if one["Action"] == "sts:AssumeRole" else one
        for one in document["Statement"]
    ]
    return Policy({**document, "Statement": statements})


def _anywhere(document: Document) -> Policy:
    """A ceiling that allows on the same names in every account what it allows on the account's own."""
    statements = document["Statement"]
    widened = [
        {**one, "Resource": json.loads(_OWN_ARN.sub(r"arn:aws:\1:\2:*:", json.dumps(one["Resource"])))}
        if one["Effect"] == "Allow"
        else one
        for one in statements
    ]
    return Policy({**document, "Statement": widened})
