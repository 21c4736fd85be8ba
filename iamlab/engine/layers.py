"""The layers of a decision and the possible outcomes, with the words AWS uses for them.

One table (`LAYERS`) holds what is fixed about each layer: its title, how AWS's messages name it, whether a denial's
message carries the policy's ARN, and which shape its statements have. The other modules look things up here.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from iamlab.policy.statement import Usage

__all__ = ["FLOW", "LAYERS", "Layer", "LayerFacts", "Outcome"]


class Outcome(StrEnum):
    """What a decision can come to."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


class Layer(StrEnum):
    """What can decide a request: seven kinds of policies, and the rules that stand above policies."""

    SCP = "scp"
    RCP = "rcp"
    VPCE = "vpce"
    RESOURCE = "resource"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    ROOT = "root"
    """The root user's own authority in its account, or one of its limits."""
    ALWAYS = "always"
    """Calls that no policy governs, such as sts:GetCallerIdentity."""
    CREDENTIALS = "credentials"
    """Calls that a kind of temporary credentials can never make."""


class LayerFacts(NamedTuple):
    """What is fixed about a layer of policies.

    Attributes:
        title: heading in traces and pictures.
        short: the same in a word or two, for pictures.
        implicit: AWS's words after `because no` in an implicit denial.
        explicit: AWS's words after `explicit deny in` in an explicit denial.
        names_arn: whether an explicit denial's message names the policy's ARN.
        usage: the shape of its statements.
        bit: its bit in the mask of layers that apply to a request.
    """

    title: str
    short: str
    implicit: str
    explicit: str
    names_arn: bool
    usage: Usage
    bit: int


LAYERS: Final = {
    Layer.SCP: LayerFacts(
        "Service control policies",
        "SCPs",
        "service control policy",
        "a service control policy",
        True,
        Usage.IDENTITY,
        1,
    ),
    Layer.RCP: LayerFacts(
        "Resource control policies",
        "RCPs",
        "resource control policy",
        "a resource control policy",
        True,
        Usage.RCP,
        2,
    ),
    Layer.VPCE: LayerFacts(
        "VPC endpoint policy",
        "VPC endpoint",
        "VPC endpoint policy",
        "a VPC endpoint policy",
        False,
        Usage.RESOURCE,
        4,
    ),
    Layer.RESOURCE: LayerFacts(
        "Resource-based policy",
        "Resource",
        "resource-based policy",
        "a resource-based policy",
        False,
        Usage.RESOURCE,
        8,
    ),
    Layer.IDENTITY: LayerFacts(
        "Identity-based policies",
        "Identity",
        "identity-based policy",
        "an identity-based policy",
        True,
        Usage.IDENTITY,
        16,
    ),
    Layer.BOUNDARY: LayerFacts(
        "Permissions boundary",
        "Boundary",
        "permissions boundary",
        "a permissions boundary",
        True,
        Usage.IDENTITY,
        32,
    ),
    Layer.SESSION: LayerFacts(
        "Session policy", "Session", "session policy", "a session policy", True, Usage.IDENTITY, 64
    ),
}

# The order in which a request passes the layers when nothing denies it explicitly.
FLOW: Final = (
    Layer.RCP,
    Layer.SCP,
    Layer.VPCE,
    Layer.RESOURCE,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
)
