"""Making the trace of a decision.

Comes in: a request's route, the policies, and the layer that decided. Goes out: a `Trace`. The same compiled matchers
are asked that decided; here they are all asked, where the decision stops at the first answer.
"""

from __future__ import annotations

from iamlab.engine.layers import FLOW, LAYERS, Layer, Outcome
from iamlab.engine.policy_set import PolicySet
from iamlab.engine.reasons import RESOURCE_NOTES
from iamlab.engine.route import Route
from iamlab.engine.trace import LayerTrace, PolicyTrace, StatementTrace, Trace
from iamlab.engine.verdict import granted, granted_alone
from iamlab.policy.facts import Strength
from iamlab.policy.outline import outline_of
from iamlab.policy.statement import Statement, Usage

__all__ = ["make_trace"]


class _Active:
    """What is known of a layer while its statements are compared."""

    __slots__ = ("allowing", "denied", "policies")

    def __init__(self, policies: list[PolicyTrace]) -> None:
        self.policies = policies
        self.denied = False
        self.allowing: set[int | None] = set()


def make_trace(route: Route, policies: PolicySet, decider: Layer) -> Trace:
    """Trace a decision.

    Args:
        route: the request's route.
        policies: the policies.
        decider: the layer that decided.
    """
    idle = _idle(policies)
    fixed = route.fixed
    if fixed is not None:
        return Trace(tuple(LayerTrace(layer, False, None, fixed[2], idle[layer].policies) for layer in FLOW))
    active: dict[Layer, _Active] = {}
    bounded = policies.bounded
    mask = route.mask
    for member, statements in policies.plan(route.action).members:
        layer = member.layer
        facts = LAYERS[layer]
        if mask & facts.bit:
            found = active.get(layer)
            if found is None:
                found = active[layer] = _Active(list(idle[layer].policies))
            usage = facts.usage
            rows = []
            for statement in statements:
                outline = outline_of(statement, usage)
                answers = outline.answers(route, bounded)
                matched = False not in answers and (statement.denies or None not in answers)
                rows.append(StatementTrace(statement, outline, matched, answers, route))
                if matched:
                    if statement.denies:
                        found.denied = True
                    else:
                        found.allowing.add(member.level)
            position, resting = member.shown
            found.policies[position] = PolicyTrace(member, resting, tuple(rows))
    layers = []
    for layer, quiet in idle.items():
        found = active.get(layer)
        if found is None and quiet.outcome is None and layer is not decider and mask & LAYERS[layer].bit:
            layers.append(quiet)
        else:
            layers.append(_layer_trace(layer, route, policies, found, quiet))
    return Trace(tuple(layers))


def _idle(policies: PolicySet) -> dict[Layer, LayerTrace]:
    """The layers as they look when they don't concern the action; made once per set."""
    idle: dict[Layer, LayerTrace] | None = policies.shown
    if idle is None:
        lists: dict[Layer, list[PolicyTrace]] = {layer: [] for layer in FLOW}
        for member in policies.members:
            usage = LAYERS[member.layer].usage
            resting = tuple(_resting(statement, usage) for statement in member.policy.statements)
            member.shown = (len(lists[member.layer]), resting)
            lists[member.layer].append(PolicyTrace(member, resting))
        idle = {}
        for layer, found in lists.items():
            present = bool(found) or (layer in (Layer.SCP, Layer.RCP) and policies.levels(layer) > 0)
            outcome = Outcome.IMPLICITLY_DENIED if present else None
            idle[layer] = LayerTrace(layer, present, outcome, "", tuple(found))
        policies.shown = idle
    return idle


def _resting(statement: Statement, usage: Usage) -> StatementTrace:
    """A statement that doesn't list the action; made once per statement."""
    found = statement.shown.get(usage)
    if found is None:
        found = statement.shown[usage] = StatementTrace(
            statement, outline_of(statement, usage), False, None, None
        )
    assert isinstance(found, StatementTrace)
    return found


def _layer_trace(
    layer: Layer,
    route: Route,
    policies: PolicySet,
    active: _Active | None,
    idle: LayerTrace,
) -> LayerTrace:
    shown = idle.policies if active is None else tuple(active.policies)
    if not route.mask & LAYERS[layer].bit:
        note = route.notes[layer] if shown or layer not in (Layer.SCP, Layer.RCP) else ""
        return LayerTrace(layer, False, None, note, shown)
    if idle.outcome is None:
        # A layer without a policy decides where an Allow of it is needed.
        return LayerTrace(layer, True, Outcome.IMPLICITLY_DENIED, "there is no such policy", shown)
    if active is not None and active.denied:
        return LayerTrace(layer, True, Outcome.EXPLICITLY_DENIED, "", shown)
    allowing: set[int | None] = set() if active is None else active.allowing
    outcome, note = Outcome.ALLOWED if allowing else Outcome.IMPLICITLY_DENIED, ""
    if layer in (Layer.SCP, Layer.RCP):
        levels = policies.levels(layer)
        missing = [level for level in range(levels) if level not in allowing]
        if missing:
            outcome = Outcome.IMPLICITLY_DENIED
            note = (
                f"no policy at level {missing[0] + 1} of {levels} (counted from the root) allows the action"
            )
    elif layer == Layer.RESOURCE:
        outcome, note = _resource_note(route, policies, outcome)
    return LayerTrace(layer, True, outcome, note, shown)


def _resource_note(route: Route, policies: PolicySet, outcome: Outcome) -> tuple[Outcome, str]:
    if route.foreign:
        return Outcome.IMPLICITLY_DENIED, "partitions of AWS don't trust each other"
    plan = policies.plan(route.action)
    strength = granted(plan, route, policies.bounded)
    where = "same" if route.same_account else "cross" if route.account is not None else "alone"
    alone = Strength.NONE if route.same_account else granted_alone(plan, route, policies.bounded)
    if alone > Strength.ACCOUNT:
        strength, where = alone, "grant"
    return outcome, RESOURCE_NOTES.get((strength, where), "")
