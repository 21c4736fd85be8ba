"""One row of the table of issue codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from iamlab.policy.findings import Severity

__all__ = ["Code", "Omitted"]

_PAGE: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
_ANCHOR_KINDS: Final = {
    Severity.ERROR: "error",
    Severity.SECURITY_WARNING: "security-warning",
    Severity.WARNING: "general-warning",
    Severity.SUGGESTION: "suggestion",
}


@dataclass(frozen=True, slots=True)
class Code:
    """An issue code.

    Attributes:
        name: as AWS writes it.
        severity: the finding type.
        what: what it says, in a few words.
        why: why it matters.
        page: for a code of our own the AWS page behind it; empty for AWS's codes.
    """

    name: str
    severity: Severity
    what: str
    why: str
    page: str = ""

    @property
    def ours(self) -> bool:
        """Whether AWS has no such check."""
        return bool(self.page)

    @property
    def learn_more(self) -> str:
        """Address of the page that explains it."""
        if self.page:
            return self.page
        anchor = self.name.lower().replace("_", "-")
        return f"{_PAGE}#access-analyzer-reference-policy-checks-{_ANCHOR_KINDS[self.severity]}-{anchor}"


@dataclass(frozen=True, slots=True)
class Omitted:
    """A code of AWS that is not reported, and why."""

    name: str
    reason: str
