"""Which claims of OIDC tokens are condition keys, and for how long.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

from collections.abc import Mapping

EVERYWHERE = ("amr", "aud", "azp", "sub")
"""Claims of every provider's tokens."""

LASTING = frozenset({"amr", "aud", "id", "sub"})
"""Keys that the session's later requests still have."""

_GITHUB = """
actor actor_id base_ref enterprise enterprise_id environment event_name head_ref job_workflow_ref job_workflow_sha ref
ref_protected ref_type repository repository_id repository_owner repository_owner_id repository_visibility
run_attempt run_id run_number runner_environment sha workflow workflow_ref workflow_sha
"""

PROVIDER_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "accounts.google.com": ("email", "id"),
    "token.actions.githubusercontent.com": tuple(_GITHUB.split()),
}
"""Further claims, of the providers whose tokens STS knows in detail."""

BUILT_IN: Mapping[str, str] = {
    "accounts.google.com": "accounts.google.com",
    "https://accounts.google.com": "accounts.google.com",
    "https://cognito-identity.amazonaws.com": "cognito-identity.amazonaws.com",
}
"""Issuers that AWS knows without an IAM provider → the principal that trust policies name."""
