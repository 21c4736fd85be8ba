"""OIDC issuers that many companies share, and the claims by which a trust policy has to tell them apart.

Anybody can get a token of GitHub's issuer. IAM refuses to save a trust policy that would let them all in: each
statement for such an issuer has to test a claim that names the tenant, with a value that isn't wildcards alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_CLAIMS: Mapping[str, str] = {
    "agent.buildkite.com": "sub",
    "api.pulumi.com/oidc": "aud",
    "app.terraform.io": "sub",
    "gitlab.com": "sub",
    "oidc-configuration.audit-log.githubusercontent.com": "sub",
    "oidc.codefresh.io": "sub",
    "oidc.vercel.com": "aud",
    "proidc.upbound.io": "sub",
    "sandboxes.cloud": "aud",
    "scalr.io": "sub",
    "studio.datachain.ai/api": "sub",
    "token.actions.githubusercontent.com": "sub",
    "tokens.cloud.shisho.dev": "sub",
}
"""Issuer without scheme → the claim that has to be tested."""


def untested_claim(statement: Mapping[str, Any]) -> str | None:
    """The condition key that a statement of a trust policy has to test and doesn't; None if all is well."""
    if statement.get("Effect") != "Allow":
        return None
    for issuer in _issuers(statement.get("Principal")):
        claim = _CLAIMS.get(issuer)
        if claim is not None and not _tests(statement.get("Condition"), f"{issuer}:{claim}"):
            return f"{issuer}:{claim}"
    return None


def _issuers(principal: Any) -> Iterator[str]:
    federated = principal.get("Federated") if isinstance(principal, dict) else None
    for arn in federated if isinstance(federated, list) else [federated]:
        if isinstance(arn, str) and ":oidc-provider/" in arn:
            yield arn.split(":oidc-provider/", 1)[1]


def _tests(condition: Any, key: str) -> bool:
    """The condition holds for some values of the key alone, and not for a token without it."""
    for operator, keys in condition.items() if isinstance(condition, dict) else ():
        name = operator.rpartition(":")[2].lower()
        if operator.lower().startswith("forallvalues:") or name not in _POSITIVE:
            continue
        for found, values in keys.items() if isinstance(keys, dict) else ():
            wanted = values if isinstance(values, list) else [values]
            if found.lower() == key.lower() and wanted and all(str(value).strip("*?") for value in wanted):
                return True
    return False


_POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike"})
