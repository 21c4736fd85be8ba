"""The verdict: a request and the policies that apply go in, a decision that explains itself comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision, StatementRef, decide
from iamlab.engine.layers import Layer, Outcome
from iamlab.engine.policy_set import PolicySet
from iamlab.engine.request import Request

if TYPE_CHECKING:
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

_TRACES = ("LayerTrace", "PartTrace", "PolicyTrace", "StatementTrace", "Trace")


def __getattr__(name: str) -> object:
    # Deciding doesn't need the trace; whoever names its classes does.
    if name in _TRACES:
        from iamlab.engine import trace

        return getattr(trace, name)
    raise AttributeError(f"module 'iamlab.engine' has no attribute {name!r}")
