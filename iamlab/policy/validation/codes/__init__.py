"""The issue codes: their severities, what each says, and why it matters. Data, and one lookup.

The names and severities are those of AWS's policy validation, so that what is learnt here can be looked up there;
codes of our own (`ours`) cover mistakes for which AWS has no check. `docs/findings.md` is this table for reading.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from typing import Final

from iamlab.policy.validation.codes import errors, suggestions, warnings
from iamlab.policy.validation.codes.code import Code, Omitted

__all__ = ["CODES", "OMITTED", "Code", "Omitted"]

CODES: Final[dict[str, Code]] = {
    code.name: code for code in (*errors.ROWS, *warnings.SECURITY, *warnings.ROWS, *suggestions.ROWS)
}

OMITTED: Final = (
    Omitted(
        "SCP_SYNTAX_ERROR_ACTION_WILDCARD",
        "since September 2025 Organizations takes `*` and `?` anywhere in the actions of a service control policy; "
        "AWS's page of checks still lists the older rule",
    ),
    *(
        Omitted(
            name,
            "withdrawn by AWS with the fuller policy language for service control policies (September 2025)",
        )
        for name in (
            "SCP_SYNTAX_ERROR_ALLOW_CONDITION",
            "SCP_SYNTAX_ERROR_ALLOW_NOTACTION",
            "SCP_SYNTAX_ERROR_ALLOW_RESOURCE",
            "SCP_SYNTAX_ERROR_NOTRESOURCE",
        )
    ),
)
"""Codes of AWS that are never reported here, with the reason."""
