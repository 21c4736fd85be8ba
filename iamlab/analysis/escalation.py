"""`escalations`: who in an account can become whom, or more, and by which calls.

Comes in: an `Account`. Goes out: an `Escalations` graph. Its nodes are principals as they are, and principals as
somebody could make them (`user/ana with any permissions`); its edges are the methods of `escalation_methods` and
`escalation_services`, each with the calls that walk it. Every permission on the way is decided by the engine with
boundaries, SCPs, conditions and Denies; an edge that changes policies is there only if it gains something.

An administrator, allowed every action on any resource, needs no escalation: no edges start there.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html and the table's pages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iamlab.analysis.escalation_methods import ASSUMING, BECOMING, CHANGING, Method
from iamlab.analysis.escalation_services import PASSING
from iamlab.analysis.gains import everything, gain
from iamlab.analysis.postures import Posture, changes
from iamlab.analysis.snapshot import Account, Principal
from iamlab.engine import PolicySet, Request, decide
from iamlab.policy import Policy

__all__ = ["Call", "Edge", "Escalations", "Path", "escalations"]

_MOST_POSTURES: Final = 4  # per principal, on average: beyond, the search stops and says so


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a path.

    Attributes:
        service, operation, parameters: as boto3 takes them; what only the real place knows stands in `<…>`.
        takes: the part of the response with the credentials that the following calls are made with, or None.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    takes: str | None = None

    @property
    def method(self) -> str:
        """The name of boto3's method, `create_access_key`."""
        text = "".join(f"_{char.lower()}" if char.isupper() else char for char in self.operation)
        return text.lstrip("_").replace("_m_f_a_", "_mfa_")

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.service}.{self.method}({given})"


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a posture to another."""

    source: Posture
    target: Posture
    methods: tuple[Method, ...]
    calls: tuple[Call, ...]

    @property
    def name(self) -> str:
        """The methods' names."""
        return ", then ".join(method.name for method in self.methods)

    @property
    def presumes(self) -> str:
        """What has to exist beside; '' for nothing."""
        return "; ".join(dict.fromkeys(method.presumes for method in self.methods if method.presumes))

    @property
    def replayable(self) -> bool:
        """Whether the lab can run the calls."""
        return all(method.replayable for method in self.methods)


@dataclass(frozen=True, slots=True)
class Path:
    """A way from a principal as it is to one that may more.

    Attributes:
        gained: a request that the end is allowed and the start is not, as the end makes it.
    """

    edges: tuple[Edge, ...]
    gained: Request

    @property
    def start(self) -> Posture:
        return self.edges[0].source

    @property
    def end(self) -> Posture:
        return self.edges[-1].target

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls in order; after one that `takes` credentials the next are made with those."""
        return tuple(call for edge in self.edges for call in edge.calls)

    @property
    def replayable(self) -> bool:
        return all(edge.replayable for edge in self.edges)

    def __str__(self) -> str:
        lines = [f"{self.start.label} → {' → '.join(edge.target.label for edge in self.edges)}"]
        lines += [f"  {call}" for call in self.calls]
        lines += [f"  presumes {edge.presumes}" for edge in self.edges if edge.presumes]
        return "\n".join([*lines, f"  gains {self.gained.action} on {self.gained.resource}"])


@dataclass(frozen=True)
class Escalations:
    """The graph.

    Attributes:
        account: the account.
        edges: all edges, in the order found.
        administrators: postures that are allowed everything.
        complete: False where the search was stopped; then there may be more.
        context: what all requests carried beside the keys of their caller.
    """

    account: Account
    edges: tuple[Edge, ...]
    administrators: frozenset[Posture]
    complete: bool
    context: Mapping[str, Any]
    _sets: Mapping[Posture, PolicySet] = field(repr=False)

    def edges_from(self, who: str) -> tuple[Edge, ...]:
        """The edges that start at a principal as it is (`user/ana`, or an ARN)."""
        principal = self.account.principal(who)
        return tuple(e for e in self.edges if e.source.arn == principal.arn and not e.source.changes)

    def paths(self, who: str | None = None, *, to_administrator: bool = False) -> tuple[Path, ...]:
        """The shortest path to everything that a principal can become and that may more than itself.

        Args:
            who: only from this principal; from all but administrators when absent.
            to_administrator: only the first path to an administrator from each.
        """
        starts = [self.account.principal(who)] if who is not None else self.account.principals
        following: dict[Posture, list[Edge]] = {}
        for edge in self.edges:
            following.setdefault(edge.source, []).append(edge)
        found: list[Path] = []
        for principal in starts:
            start = next((p for p in self._sets if p.arn == principal.arn and not p.changes), None)
            if start is None or start in self.administrators:
                continue
            for edges in _shortest(start, following):
                end = edges[-1].target
                if to_administrator and end not in self.administrators:
                    continue
                gained = gain(self.account, start, self._sets[start], end, self._sets[end], self.context)
                if gained is not None:
                    found.append(Path(edges, gained))
                    if to_administrator:
                        break
        return tuple(found)

    def to_text(self) -> str:
        """The graph in words."""
        from iamlab.analysis.render_escalations import escalations_text

        return escalations_text(self)

    def to_svg(self) -> str:
        """The graph as a picture."""
        from iamlab.analysis.render_escalations import escalations_svg

        return escalations_svg(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from iamlab.analysis.render_escalations import escalations_html

        return {"text/plain": self.to_text(), "text/html": escalations_html(self)}

    def __repr__(self) -> str:
        return f"<Escalations: {len(self.edges)} edges, {len(self.administrators)} administrators>"


def escalations(account: Account, context: Mapping[str, Any] | None = None) -> Escalations:
    """Who can become whom, or more.

    Args:
        account: the account.
        context: condition keys that all requests carry beside those of their caller, such as
            `{"aws:MultiFactorAuthPresent": True}`; without it nobody has MFA.
    """
    return _Search(account, dict(context or {})).run()


def _shortest(start: Posture, following: Mapping[Posture, list[Edge]]) -> Iterator[tuple[Edge, ...]]:
    """Shortest ways from a posture to every other, nearest first."""
    queue: deque[tuple[Edge, ...]] = deque([()])
    seen = {start}
    while queue:
        way = queue.popleft()
        if way:
            yield way
        for edge in following.get(way[-1].target if way else start, ()):
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append((*way, edge))


class _Search:
    """Breadth-first over postures."""

    def __init__(self, account: Account, context: dict[str, Any]) -> None:
        self._account = account
        self._context = context
        self._sets: dict[Posture, PolicySet] = {}
        self._edges: dict[tuple[Posture, Posture, str], Edge] = {}
        self._administrators: set[Posture] = set()
        self._bases: dict[str, Posture] = {}
        self._gains: dict[tuple[Posture, Posture], bool] = {}
        self._trusting: dict[str, frozenset[str]] = {}
        self._queue: deque[Posture] = deque()

    def run(self) -> Escalations:
        for principal in self._account.principals:
            posture = Posture.of(self._account, principal)
            self._bases[principal.arn] = posture
            self._meet(posture)
        limit = max(64, _MOST_POSTURES * len(self._bases))
        while self._queue and len(self._sets) <= limit:
            posture = self._queue.popleft()
            if posture not in self._administrators:
                self._change(posture, posture, (), ())
                self._become_others(posture)
        return Escalations(
            self._account,
            tuple(self._edges.values()),
            frozenset(self._administrators),
            not self._queue,
            self._context,
            self._sets,
        )

    def _meet(self, posture: Posture) -> None:
        if posture not in self._sets:
            self._sets[posture] = self._policies(posture)
            if everything(self._account, posture, self._sets[posture], self._context):
                self._administrators.add(posture)
            self._queue.append(posture)

    def _policies(self, posture: Posture, resource: Policy | None = None) -> PolicySet:
        return self._account.policy_set(posture.principal, resource)

    def _add(
        self, source: Posture, target: Posture, methods: tuple[Method, ...], calls: tuple[Call, ...]
    ) -> None:
        self._meet(target)
        edge = Edge(source, target, methods, calls)
        self._edges.setdefault((source, target, edge.name), edge)

    def _change(
        self, actor: Posture, victim: Posture, methods: tuple[Method, ...], calls: tuple[Call, ...]
    ) -> None:
        """Edges to what the actor can make of a principal: of itself, or of one whose place it can take after."""
        if victim in self._administrators:
            return
        for method in CHANGING:
            if method.on != victim.principal.kind or not self._worth_asking(actor, method):
                continue
            for fields, changed in changes(method, victim, self._account):
                made = self._walk(actor, victim.principal, method, fields)
                if made is not None and self._gains_anything(victim, changed):
                    self._add(actor, changed, (method, *methods), (*made, *calls))
                    if method.change not in ("join", "leave", "delete", "detach", "version"):
                        break

    def _gains_anything(self, before: Posture, after: Posture) -> bool:
        found = self._gains.get((before, after))
        if found is None:
            sets = [self._sets.get(p) or self._policies(p) for p in (before, after)]
            found = gain(self._account, before, sets[0], after, sets[1], self._context) is not None
            self._gains[before, after] = found
        return found

    def _become_others(self, actor: Posture) -> None:
        worth = [method for method in (*BECOMING, *PASSING) if self._worth_asking(actor, method)]
        for victim in self._bases.values():
            principal = victim.principal
            if principal.arn == actor.arn or principal.service_linked:
                continue
            first = None
            for method in worth:
                if method.on != principal.kind:
                    continue
                if method is ASSUMING and not self._trusts_somebody(principal):
                    continue
                if method.service is not None and principal.arn not in self._trusted_by(method.service):
                    continue
                calls = self._walk(actor, principal, method, {})
                if calls is not None:
                    self._add(actor, victim, (method,), calls)
                    first = first or (method, calls)
            if first is not None:
                self._change(actor, victim, (first[0],), first[1])

    @staticmethod
    def _trusts_somebody(role: Principal) -> bool:
        """Whether the trust policy speaks of anybody but services and identity providers."""
        named = (
            [s.principals for s in role.trust.statements if s.principals] if role.trust is not None else []
        )
        return any(
            who.anyone
            or who.negated
            or any(not text.startswith(("Service ", "Federated ")) for text in who.texts)
            for who in named
        )

    def _worth_asking(self, actor: Posture, method: Method) -> bool:
        """Whether any statement allows the actor each of the actions at all."""
        plan = self._sets[actor].plan
        for step in method.steps:
            for need in step.needs:
                # A trust policy that names a user grants by itself.
                if need.action != "sts:AssumeRole" and not plan(need.action.lower()).identity:
                    return False
        return True

    def _trusted_by(self, service: str) -> frozenset[str]:
        """The roles whose trust policy lets a service assume them."""
        found = self._trusting.get(service)
        if found is None:
            context = {"aws:SourceAccount": self._account.id, "aws:PrincipalIsAWSService": True}
            found = self._trusting[service] = frozenset(
                role.arn
                for role in self._account.roles
                if decide(
                    Request("sts:AssumeRole", role.arn, service, context=context),
                    PolicySet(resource=role.trust),
                ).allowed
            )
        return found

    def _walk(
        self, actor: Posture, victim: Principal, method: Method, fields: Mapping[str, str]
    ) -> tuple[Call, ...] | None:
        """The calls of a method, if the actor is allowed all of them."""
        trust = victim.trust
        values = {
            "arn": victim.arn,
            "name": victim.name,
            "account": self._account.id,
            "boundary": victim.boundary.arn or "" if victim.boundary is not None else "",
            "trust": _trusting(actor.arn),
            "password": "<a password>",
            **fields,
        }
        calls = []
        for step in method.steps:
            service, _, operation = step.operation.partition(".")
            for need in step.needs:
                context = {key: text for key, value in need.context if (text := _filled(value, values))}
                resource = _filled(need.resource, values)
                if not self._allowed(actor, need.action, resource, context, trust):
                    return None
            if operation == "UpdateAssumeRolePolicy":
                trust = Policy(values["trust"], name=f"trust policy of {victim.name}")
            parameters = {name: _filled(value, values) for name, value in step.parameters.items()}
            calls.append(Call(service, operation, parameters, step.takes))
        return tuple(calls)

    def _allowed(
        self, actor: Posture, action: str, resource: str, context: Mapping[str, Any], trust: Policy | None
    ) -> bool:
        request = self._account.request(actor.principal, action, resource, {**self._context, **context})
        policies = self._sets[actor]
        if action == "sts:AssumeRole":
            policies = self._policies(actor, trust)
        return decide(request, policies).allowed


def _trusting(arn: str) -> str:
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "'
        + arn
        + '"}, "Action": "sts:AssumeRole"}]}'
    )


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """A text with its braces filled in; other values as they are."""
    if isinstance(value, str) and "{" in value:
        for name, text in values.items():
            value = value.replace(f"{{{name}}}", text)
    return value
