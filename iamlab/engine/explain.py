"""A decision in plain words for a beginner.

Comes in: a decision. Goes out: a few sentences: what happened, which layer, statement and condition decided, and what
would have to change for the opposite, where that can be known. The sentences are templates here, the facts come out
of the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from iamlab.engine.layers import LAYERS, Layer, Outcome
from iamlab.engine.reasons import reversal_of
from iamlab.engine.trace import LayerTrace, PartTrace, PolicyTrace, StatementTrace
from iamlab.engine.verdict import granted
from iamlab.policy.facts import CallerKind

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

__all__ = ["explanation_of", "verdict_words"]

Miss = tuple[PolicyTrace, StatementTrace, list[PartTrace]]
"""An Allow that lists the action and fails on the parts given."""

_VERDICTS: Final = {
    Outcome.ALLOWED: "Allowed",
    Outcome.IMPLICITLY_DENIED: "Denied, because nothing allows it",
    Outcome.EXPLICITLY_DENIED: "Denied by an explicit Deny",
}

_SILENT: Final = {
    Layer.SCP: (
        "The organisation's service control policies don't allow this action in the account. "
        "An SCP grants nothing, but every level from the root down to the account must hold an Allow before any other "
        "policy counts."
    ),
    Layer.RCP: "The organisation's resource control policies don't allow this action on the account's resources.",
    Layer.VPCE: "The call goes through a VPC endpoint, and the endpoint's policy doesn't allow the action.",
    Layer.IDENTITY: (
        "No policy attached to the caller allows this action on this resource. "
        "In AWS everything is denied until some statement allows it."
    ),
    Layer.BOUNDARY: (
        "The caller's own policies would allow this, but its permissions boundary doesn't. "
        "A boundary is a ceiling: it grants nothing, and what it leaves out can't be used."
    ),
    Layer.SESSION: (
        "The session policy that was passed when these credentials were made doesn't allow the action. "
        "A session can never do more than its session policy allows."
    ),
}
"""What it means that a layer doesn't allow."""

_LIMITS: Final = {
    "cross": "allows it. But the resource belongs to another account, and then the caller's own side must allow it too",
    "ACCOUNT": "names the caller's account: that leaves it to the account's own policies to let somebody in",
    "ENTITY": "names the user or role behind the session: a boundary or a session policy still limits that",
}
"""Why a grant of the resource's policy isn't enough by itself."""

_UNARMED_SESSION: Final = (
    "These credentials come from GetFederationToken without a session policy. Such a session has no permissions of its "
    "own: only a resource's policy that names the session can let it in."
)

_REMEDIES: Final = {
    Layer.SCP: "an SCP that allows `{action}` at every level",
    Layer.RCP: "`RCPFullAWSAccess` at every level, which AWS itself keeps attached",
    Layer.VPCE: "an Allow for `{action}` in the endpoint's policy",
    Layer.RESOURCE: "a statement in the resource's policy that allows `{action}` to `{caller}`",
    Layer.IDENTITY: "a statement in one of the caller's policies that allows `{action}` on `{resource}`",
    Layer.BOUNDARY: "an Allow for `{action}` on `{resource}` in the permissions boundary",
    Layer.SESSION: "an Allow for `{action}` on `{resource}` in the session policy",
}


def verdict_words(decision: Decision) -> str:
    """The verdict in a few words."""
    return _VERDICTS[decision.outcome]


def explanation_of(decision: Decision) -> str:
    """The explanation, one thought a line."""
    fixed = decision.route.fixed
    if fixed is not None:
        return "\n".join(_decided_beforehand(decision, fixed[2]))
    tell = {
        Outcome.ALLOWED: _allowed,
        Outcome.EXPLICITLY_DENIED: _explicitly_denied,
        Outcome.IMPLICITLY_DENIED: _implicitly_denied,
    }[decision.outcome]
    return "\n".join(tell(decision))


def _decided_beforehand(decision: Decision, reason: str) -> Iterator[str]:
    action = decision.request.action
    yield (
        f"`{action}` is always allowed."
        if decision.allowed
        else f"`{action}` can't be called by this caller."
    )
    yield f"{_capital(reason.rstrip('.'))}. No policy was consulted, and none could change it."


def _allowed(decision: Decision) -> Iterator[str]:
    action, caller = decision.request.action, decision.request.caller
    layer = decision.trace.layer(decision.layer)
    found = _decisive(layer, decision) if layer is not None else None
    if layer is None or found is None:
        yield (
            f"`{caller}` is the account's root user. It may do everything in its own account, unless a policy of the "
            "organisation or a Deny in the resource's policy stops it, and none does."
        )
    else:
        note = f"; {layer.note}" if layer.note else ""
        yield f"`{action}` is allowed: {_placed(*found, layer, decision)} matches{note}."
    if decision.route.trust and decision.layer == Layer.RESOURCE:
        yield from _contested(decision)
    passed = [
        _title(other)
        for other in decision.trace.layers
        if other.outcome == Outcome.ALLOWED and other is not layer
    ]
    if passed:
        yield f"Asked as well, and allowing it: {_series(passed)}."
    yield "No statement denies it. One that does, anywhere, would win: a Deny always beats an Allow."


def _contested(decision: Decision) -> Iterator[str]:
    """Where AWS's own pages disagree, the learner is told (id_roles_update-role-trust-policy)."""
    boundary = decision.trace.layer(Layer.BOUNDARY)
    if boundary is not None and boundary.outcome == Outcome.IMPLICITLY_DENIED:
        yield (
            "The permissions boundary doesn't allow the action. AWS's page on trust policies says that it must; its "
            "evaluation logic says that a policy naming the caller directly isn't limited by a boundary. This follows "
            "the evaluation logic."
        )


def _explicitly_denied(decision: Decision) -> Iterator[str]:
    layer = decision.trace.layer(decision.layer)
    assert layer is not None
    policy, statement = next(_matching(layer, "Deny"))
    yield f"{_capital(_named(policy, statement))} in {_policy_of(layer.layer, decision)} denies this explicitly."
    if statement.broken:
        yield f"It can't be evaluated ({statement.broken[0]}), and a Deny that can't be read counts as met."
    yield "An explicit Deny always wins, whatever other policies allow."
    conditions = [part for part in statement.parts if part.operator and part.matched]
    if conditions:
        yield f"Its conditions are met: {_series([part.reason for part in conditions], '; ')}."
        yield f"It would let the request pass if {_series([reversal_of(part) for part in conditions], ' or ')}."
    else:
        yield "Only without that statement could the request pass, and then some policy must allow it."
    others = sum(ref.layer != layer.layer for ref in decision.statements)
    if others:
        yield f"{others} more Deny statement{'s match' if others > 1 else ' matches'} in other layers."


def _implicitly_denied(decision: Decision) -> Iterator[str]:
    layer = decision.trace.layer(decision.layer)
    assert layer is not None
    if layer.layer == Layer.RESOURCE:
        yield _ungranted(decision)
    elif layer.layer == Layer.SESSION and not decision.policies.in_session:
        yield _UNARMED_SESSION
        yield "What would help: pass a session policy that allows the action to GetFederationToken."
        return
    else:
        yield _SILENT[layer.layer]
    if layer.layer in (Layer.SCP, Layer.RCP) and layer.note:
        yield f"Here {layer.note}."
    yield from _not_enough(decision, layer)
    misses = sorted((*_near_misses(layer), *_missed_grants(decision, layer)), key=lambda miss: len(miss[2]))
    for policy, statement, failed in misses[:2]:
        why = _series([part.reason for part in failed], "; ")
        yield f"{_capital(_named(policy, statement))} lists the action, but doesn't match: {why}."
    if misses:
        failed = misses[0][2]
        if all(part.operator and not part.broken for part in failed):
            yield f"It would match if {_series([reversal_of(part) for part in failed], ' and ')}."
    yield from _remedies(decision, layer)


def _not_enough(decision: Decision, layer: LayerTrace) -> Iterator[str]:
    """Why an Allow of the resource's policy doesn't help where a layer of the caller's side is silent."""
    resource = decision.trace.layer(Layer.RESOURCE)
    behind = layer.layer in (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)
    if behind and resource is not None and resource.outcome == Outcome.ALLOWED and not decision.route.foreign:
        yield f"{_capital(_policy_of(Layer.RESOURCE, decision))} {_LIMITS[_worth(decision)]}."


def _worth(decision: Decision) -> str:
    if not decision.route.same_account:
        return "cross"
    return granted(
        decision.policies.plan(decision.route.action), decision.route, decision.policies.bounded
    ).name


def _remedies(decision: Decision, layer: LayerTrace) -> Iterator[str]:
    if decision.route.foreign:
        return
    request = decision.request
    remedy = _REMEDIES[layer.layer].format(
        action=request.action, resource=request.resource, caller=request.caller
    )
    yield f"What would help: {remedy}."
    behind = decision.trace.layers[decision.trace.layers.index(layer) + 1 :]
    blocking = [
        _title(other)
        for other in behind
        if other.outcome == Outcome.IMPLICITLY_DENIED
        and (other.layer != Layer.RESOURCE or decision.route.gate)
    ]
    if blocking:
        yield f"That alone isn't enough: as things stand, {_series(blocking)} would not allow it either."
    direct = layer.layer in (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION) and decision.route.same_account
    if direct and not decision.route.gate and decision.route.kind != CallerKind.ROOT:
        yield "Or, where the resource can have a policy of its own: an Allow there that names exactly this caller."


def _ungranted(decision: Decision) -> str:
    route = decision.route
    if route.foreign:
        return (
            "Caller and resource are in different partitions of AWS, and partitions don't trust each other."
        )
    if route.trust:
        return (
            "The role's trust policy doesn't let this caller in. A role can only be assumed by those whom its trust "
            "policy allows; the caller's own policies are never enough, not even an administrator's."
        )
    if route.gate:
        return (
            "Neither the key's policy nor a grant allows this. For KMS keys the key policy decides: policies of users "
            "and roles count only where it hands the decision to the account."
        )
    if route.kind >= CallerKind.SERVICE:
        return "This caller has no policies of its own: only the resource's policy could allow it, and it doesn't."
    return (
        "Caller and resource belong to different accounts. Then both sides must allow, the caller's account and the "
        "resource's policy, and the resource's side doesn't."
    )


def _near_misses(layer: LayerTrace) -> Iterator[Miss]:
    for policy in layer.policies:
        for statement in policy.statements:
            if statement.compared and not statement.matched and statement.effect == "Allow":
                failed = [part for part in statement.parts if part.broken or part.matched is False]
                if failed:
                    yield policy, statement, failed


def _decisive(layer: LayerTrace, decision: Decision) -> tuple[PolicyTrace, StatementTrace] | None:
    """The Allow that a permission comes from: of the resource's side the one that speaks most plainly of the caller."""
    allows = list(_matching(layer, "Allow"))
    if layer.layer != Layer.RESOURCE or len(allows) < 2:
        return allows[0] if allows else None
    route, bounded = decision.route, decision.policies.bounded
    if not route.same_account:
        allows = [found for found in allows if found[0].member.grant] or allows
    return max(allows, key=lambda found: found[1].statement.strength(route, bounded))


def _placed(policy: PolicyTrace, statement: StatementTrace, layer: LayerTrace, decision: Decision) -> str:
    """A statement and where it stands; a grant has but one, and is its own place."""
    if policy.member.grant:
        return f"the {policy.name or 'grant'}"
    return f"{_named(policy, statement)} in {_policy_of(layer.layer, decision)}"


def _matching(layer: LayerTrace, effect: str) -> Iterator[tuple[PolicyTrace, StatementTrace]]:
    return ((policy, statement) for policy, statement in layer.matched() if statement.effect == effect)


def _missed_grants(decision: Decision, layer: LayerTrace) -> Iterator[Miss]:
    """Grants to this caller that fail on their constraints alone, where its own policies don't allow."""
    resource = decision.trace.layer(Layer.RESOURCE)
    if layer.layer == Layer.IDENTITY and resource is not None:
        for policy, statement, failed in _near_misses(resource):
            if policy.member.grant and all(part.operator for part in failed):
                yield policy, statement, failed


def _named(policy: PolicyTrace, statement: StatementTrace) -> str:
    sid = f"the statement `{statement.sid}`" if statement.sid else f"statement {statement.index + 1}"
    name = f" of `{policy.name}`" if policy.name else ""
    span = statement.span
    return f"{sid}{name}{f' (line {span.line})' if span else ''}"


def _policy_of(layer: Layer, decision: Decision) -> str:
    if layer == Layer.RESOURCE:
        return "the role's trust policy" if decision.route.trust else "the resource's policy"
    return LAYERS[layer].explicit


def _title(layer: LayerTrace) -> str:
    title = layer.title if layer.layer == Layer.VPCE else f"{layer.title[0].lower()}{layer.title[1:]}"
    return f"the {title}"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _series(items: Iterable[str], joint: str = ", ", last: str = " and ") -> str:
    """`a, b and c`; with a joint that isn't a comma, the joint throughout."""
    texts = list(items)
    if joint != ", " or len(texts) < 2:
        return joint.join(texts)
    return f"{joint.join(texts[:-1])}{last}{texts[-1]}"
