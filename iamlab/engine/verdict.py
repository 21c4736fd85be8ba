"""The evaluation logic: from a request's route and the statements that concern it to outcome and deciding layer.

Comes in: a `Route` and a `PolicySet`. Goes out: an `Outcome` and the `Layer` that decided. This is the one place
where the layers are joined; matching belongs to `iamlab.policy`, telling to `trace` and `explain`.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html (the
order, and how strongly a resource's policy grants), …_evaluation-logic-cross-account.html, and for the two policies
that must allow by themselves id_roles_update-role-trust-policy.html and KMS's key-policy-default.html. KMS's grants
let a principal of another account in without a policy there: see KMS's policy-evaluation.html.
"""

from __future__ import annotations

from iamlab.engine.layers import LAYERS, Layer, Outcome
from iamlab.engine.policy_set import Plan, PolicySet, Rule
from iamlab.engine.route import Route
from iamlab.policy.facts import CallerKind, Strength

__all__ = ["judge"]

Verdict = tuple[Outcome, Layer]

_SCP = LAYERS[Layer.SCP].bit
_RCP = LAYERS[Layer.RCP].bit
_BOUNDARY = LAYERS[Layer.BOUNDARY].bit

_NO_IDENTITY = (Outcome.IMPLICITLY_DENIED, Layer.IDENTITY)
_NO_BOUNDARY = (Outcome.IMPLICITLY_DENIED, Layer.BOUNDARY)
_NO_SESSION = (Outcome.IMPLICITLY_DENIED, Layer.SESSION)
_NO_RESOURCE = (Outcome.IMPLICITLY_DENIED, Layer.RESOURCE)
_BY_IDENTITY = (Outcome.ALLOWED, Layer.IDENTITY)
_BY_RESOURCE = (Outcome.ALLOWED, Layer.RESOURCE)
_BY_ROOT = (Outcome.ALLOWED, Layer.ROOT)


def judge(route: Route, policies: PolicySet) -> Verdict:
    """Decide.

    Returns:
        The outcome, and the layer that a denial names or that an Allow comes from.
    """
    if route.fixed is not None:
        return route.fixed[0], route.fixed[1]
    plan = policies.plan(route.action)
    mask = route.mask
    for bit, hit, _, member in plan.denies:
        if mask & bit and hit(route):
            return Outcome.EXPLICITLY_DENIED, member.layer
    if plan.rcps is not None and mask & _RCP:
        for level in plan.rcps:
            if not _allows(level, route):
                return Outcome.IMPLICITLY_DENIED, Layer.RCP
    if plan.scps is not None and mask & _SCP:
        for level in plan.scps:
            if not _allows(level, route):
                return Outcome.IMPLICITLY_DENIED, Layer.SCP
    if policies.through_endpoint and not _allows(plan.vpce, route):
        return Outcome.IMPLICITLY_DENIED, Layer.VPCE
    grant = granted(plan, route, policies.bounded) if plan.resource else Strength.NONE
    if route.kind >= CallerKind.SERVICE:
        return _BY_RESOURCE if grant else _NO_RESOURCE
    if route.kind == CallerKind.ROOT:
        return _judge_root(route, policies, plan, grant)
    return _judge_identity(route, policies, plan, grant)


def _judge_root(route: Route, policies: PolicySet, plan: Plan, grant: Strength) -> Verdict:
    needs_grant = not route.same_account or route.gate
    if needs_grant and not grant:
        return _NO_RESOURCE
    # Only an AssumeRoot session of root has a session policy: its task policy.
    if policies.in_session and not _allows(plan.session, route):
        return _NO_SESSION
    return _BY_RESOURCE if needs_grant else _BY_ROOT


def _judge_identity(route: Route, policies: PolicySet, plan: Plan, grant: Strength) -> Verdict:
    # What needs no Allow of the caller's own account.
    enough = grant if route.same_account else granted_alone(plan, route, policies.bounded)
    if enough == Strength.DIRECT:
        return _BY_RESOURCE
    if route.gate and not grant:
        return _NO_RESOURCE
    by_entity = enough == Strength.ENTITY
    identity = _allows(plan.identity, route)
    if not identity and not by_entity:
        return _NO_IDENTITY
    if policies.bounded and route.mask & _BOUNDARY and not _allows(plan.boundary, route):
        return _NO_BOUNDARY
    if policies.in_session:
        if not _allows(plan.session, route):
            return _NO_SESSION
    elif route.kind == CallerKind.FEDERATED_USER:
        return _NO_SESSION  # without a session policy such a session has no permissions of its own
    if not route.same_account and not grant and not route.caller_side_only:
        return _NO_RESOURCE
    return _BY_IDENTITY if identity else _BY_RESOURCE


def _allows(rules: list[Rule], route: Route) -> bool:
    for rule in rules:  # noqa: SIM110 (any() with a generator costs twice as much)
        if rule[0](route):
            return True
    return False


def granted(plan: Plan, route: Route, bounded: bool) -> Strength:
    """The strongest grant of the resource's policy; across partitions there is none."""
    return _strongest(plan.resource, route, bounded)


def granted_alone(plan: Plan, route: Route, bounded: bool) -> Strength:
    """The strongest of a KMS key's grants, which across accounts count by themselves."""
    return _strongest(plan.grants, route, bounded) if plan.grants else Strength.NONE


def _strongest(rules: list[Rule], route: Route, bounded: bool) -> Strength:
    best = Strength.NONE
    if route.foreign:
        return best
    for hit, statement, _ in rules:
        if hit(route):
            strength = statement.strength(route, bounded)
            if strength > best:
                best = strength
    return best
