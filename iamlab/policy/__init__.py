"""The language: policy documents read with their places, compiled once, and matched against the facts of a request."""

from iamlab.policy.document import Policy
from iamlab.policy.findings import Finding, Severity, Span

__all__ = ["Finding", "Policy", "Severity", "Span"]
