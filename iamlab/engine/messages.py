"""The words AWS sends with a denial.

Comes in: a decision. Goes out: `User: … is not authorized to perform: … on resource: …` with the reason by denying
layer. An explicit denial names the policy's ARN where AWS does: for callers of the same account or organisation, and
not for resource-based, trust and endpoint policies.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iamlab.engine.layers import LAYERS, Layer, Outcome
from iamlab.engine.route import WHOLE_MESSAGES

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

__all__ = ["message_of"]

_TRUST: Final = ("role trust policy", "the role trust policy")


def message_of(decision: Decision) -> str:
    """AWS's message for a denied request; '' for an allowed one."""
    if decision.allowed:
        return ""
    request, layer, route = decision.request, decision.layer, decision.route
    if route.fixed is not None and route.fixed[2] in WHOLE_MESSAGES:
        return route.fixed[2]
    frame = f"User: {request.caller} is not authorized to perform: {request.action} on resource: {request.resource}"
    facts = LAYERS.get(layer)
    if facts is None:
        return frame
    implicit, explicit = (facts.implicit, facts.explicit)
    if layer == Layer.RESOURCE and route.trust:
        implicit, explicit = _TRUST
    if decision.outcome == Outcome.IMPLICITLY_DENIED:
        return f"{frame} because no {implicit} allows the {request.action} action"
    statement = next((found for found in decision.statements if found.layer == layer), None)
    arn = statement.policy.arn if statement is not None and facts.names_arn else None
    named = f": {arn}" if arn and _insiders(decision) else ""
    return f"{frame} with an explicit deny in {explicit}{named}"


def _insiders(decision: Decision) -> bool:
    """Whether caller and resource share an account or an organisation."""
    if decision.route.same_account:
        return True
    values = decision.route.values
    organisation = values.get("aws:principalorgid")
    return organisation is not None and organisation == values.get("aws:resourceorgid")
