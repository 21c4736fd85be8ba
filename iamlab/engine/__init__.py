"""The verdict: a request and the policies that apply go in, a decision that explains itself comes out."""

from iamlab.engine.decision import Decision, StatementRef, decide
from iamlab.engine.layers import Layer, Outcome
from iamlab.engine.policy_set import PolicySet
from iamlab.engine.request import Request
from iamlab.engine.trace import LayerTrace, PartTrace, PolicyTrace, StatementTrace, Trace

__all__ = [
    "Decision",
    "Layer",
    "LayerTrace",
    "Outcome",
    "PartTrace",
    "PolicySet",
    "PolicyTrace",
    "Request",
    "StatementRef",
    "StatementTrace",
    "Trace",
    "decide",
]
