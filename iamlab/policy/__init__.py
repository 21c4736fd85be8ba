"""The language: policy documents read with their places, compiled once, and matched against the facts of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.policy.findings import Finding, Severity, Span

__all__ = ["Finding", "Policy", "Severity", "Span"]


def __getattr__(name: str) -> object:
    # Deciding needs no findings; whoever names their classes does.
    if name in ("Finding", "Severity", "Span"):
        from iamlab.policy import findings

        return getattr(findings, name)
    raise AttributeError(f"module 'iamlab.policy' has no attribute {name!r}")
