"""`Request`: who wants to do what to which resource, under which circumstances.

Comes in: the caller's ARN (or service name, provider, nothing for anonymous), action, resource and the complete
context. Goes out: a frozen value with everything that follows from the ARNs filled in, and, once asked for, its
`facts` for the matchers. The context stays as given; nothing is ever added to it.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from iamlab.policy.arn import Arn, parse_arn
from iamlab.policy.facts import CallerKind

__all__ = ["FLAGS", "TYPES", "Request"]

TYPES: Final = {
    "User": CallerKind.USER,
    "AssumedRole": CallerKind.SESSION,
    "FederatedUser": CallerKind.FEDERATED_USER,
    "Account": CallerKind.ROOT,
    "AWSService": CallerKind.SERVICE,
    "Federated": CallerKind.IDENTITY_PROVIDER,
    "Anonymous": CallerKind.ANONYMOUS,
}
"""The values of `principal_type`."""

FLAGS: Final = (
    "management_account",  # the caller's account manages its organisation
    "resource_management_account",  # the resource's account manages its organisation
    "service_linked_role",  # the caller is a session of a service-linked role
    "get_session_token",  # the credentials come from GetSessionToken
    "console",  # the session signed in to the console
)
"""What a request may carry beyond its ARNs; flags that aren't known are ignored."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_SERVICE_NAME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_WEB_PROVIDERS = (
    "cognito-identity.amazonaws.com",
    "www.amazon.com",
    "graph.facebook.com",
    "accounts.google.com",
)
_NO_CONTEXT: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One request for one decision.

    Args:
        action: `service:Name`.
        resource: the ARN, or `*` for an action without resources.
        principal: the caller's ARN as CloudTrail shows it (a session's is its session ARN; a role ARN means some
            session of the role), a service name, a provider ARN; None, `anonymous` or `*` for an anonymous caller.
        principal_type: one of `TYPES`; derived from the ARN when absent or unknown.
        account: the caller's account; derived when absent.
        issuer: the role ARN behind a session, the user ARN behind a federated user; derived where the ARN tells.
        flags: see `FLAGS`.
        resource_account: owner of the resource; the ARN's account, or else the caller's, when absent.
        context: the complete request context. A list is a multivalued key.
        wildcard_only_action: the action has no resource types: only `"*"` grants it.

    Raises:
        ValueError: action or principal can't be read as what they should be.
    """

    action: str
    resource: str = "*"
    principal: str | None = None
    principal_type: str | None = field(default=None, kw_only=True)
    account: str | None = field(default=None, kw_only=True)
    issuer: str | None = field(default=None, kw_only=True)
    flags: tuple[str, ...] = field(default=(), kw_only=True)
    resource_account: str | None = field(default=None, kw_only=True)
    context: Mapping[str, Any] = field(default_factory=lambda: _NO_CONTEXT, kw_only=True)
    wildcard_only_action: bool = field(default=False, kw_only=True)
    issuer_has_path: bool = field(default=True, init=False, repr=False)
    _facts: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        service, _, name = self.action.partition(":")
        if not service or not name:
            raise ValueError(f"`{self.action}` is no action: write `service:Name`")
        principal = self.principal
        if principal is None or principal in ("anonymous", "*", ""):
            put(self, "principal", None)
            arn = None
        else:
            arn = parse_arn(principal)
        kind = self.principal_type if self.principal_type in TYPES else self._derived_type(arn)
        put(self, "principal_type", kind)
        if kind in ("Anonymous", "AWSService", "Federated"):
            put(self, "account", None)
        elif self.account is None and arn is not None:
            put(self, "account", arn.account or None)
        flags = tuple(self.flags)
        if kind == "AssumedRole":
            self._derive_issuer(arn)
            if (
                self.issuer
                and ":role/aws-service-role/" in self.issuer
                and "service_linked_role" not in flags
            ):
                flags = (*flags, "service_linked_role")
        put(self, "flags", flags)
        if self.resource_account is None:
            owner = parse_arn(self.resource)
            if owner is not None and _ACCOUNT.fullmatch(owner.account):
                put(self, "resource_account", owner.account)
            else:
                put(self, "resource_account", self.account)

    def _derived_type(self, arn: Arn | None) -> str:
        principal = self.principal
        if principal is None:
            return "Anonymous"
        if arn is None:
            if principal in _WEB_PROVIDERS and "with" in self.action.lower():
                return "Federated"
            if _SERVICE_NAME.fullmatch(principal):
                return "Federated" if principal in _WEB_PROVIDERS[1:] else "AWSService"
            raise ValueError(
                f"`{principal}` is no caller: give an ARN, a service's name, or nothing for anonymous"
            )
        kind = arn.resource.partition("/")[0]
        types = {
            ("iam", "user"): "User",
            ("iam", "role"): "AssumedRole",
            ("sts", "assumed-role"): "AssumedRole",
            ("sts", "federated-user"): "FederatedUser",
            ("iam", "root"): "Account",
            ("iam", "saml-provider"): "Federated",
            ("iam", "oidc-provider"): "Federated",
        }
        found = types.get((arn.service, kind))
        if found is None:
            raise ValueError(
                f"`{principal}` is no caller: only users, roles and their sessions, and root call"
            )
        return found

    def _derive_issuer(self, arn: Arn | None) -> None:
        if self.issuer is not None or arn is None:
            return
        if arn.service == "iam":
            object.__setattr__(self, "issuer", self.principal)
            return
        name = arn.resource.split("/")[1] if arn.resource.count("/") else ""
        # A session ARN has no path: the role may have one, which stays unknown.
        object.__setattr__(self, "issuer", f"arn:{arn.partition}:iam::{arn.account}:role/{name}")
        object.__setattr__(self, "issuer_has_path", False)

    @property
    def caller(self) -> str:
        """The caller as AWS's messages write it."""
        return self.principal or "anonymous"

    def _key(self) -> tuple[Any, ...]:
        return (
            self.action,
            self.resource,
            self.principal,
            self.principal_type,
            self.account,
            self.issuer,
            self.flags,
            self.resource_account,
            self.wildcard_only_action,
            repr(sorted(self.context.items(), key=lambda item: item[0])),
        )

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Request) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Request:
        """Read the `request` object of the case format.

        Raises:
            ValueError: a field is missing or has the wrong type.
        """
        action = _string(data, "action")
        if action is None:
            raise ValueError("request.action is missing")
        context = data.get("context")
        if context is not None and not isinstance(context, Mapping):
            raise ValueError("request.context must be an object")
        flags = data.get("flags") or ()
        if not isinstance(flags, Iterable) or not all(isinstance(flag, str) for flag in flags):
            raise ValueError("request.flags must be a list of strings")
        return cls(
            action,
            _string(data, "resource") or "*",
            _string(data, "principal"),
            principal_type=_string(data, "principal_type"),
            account=_string(data, "account"),
            issuer=_string(data, "issuer"),
            flags=(flags,) if isinstance(flags, str) else tuple(flags),
            resource_account=_string(data, "resource_account"),
            context=context or {},
            wildcard_only_action=bool(data.get("wildcard_only_action")),
        )

    def to_json(self) -> dict[str, Any]:
        """The request in the case format."""
        return {
            "principal": self.principal,
            "principal_type": self.principal_type,
            "account": self.account,
            "issuer": self.issuer,
            "flags": list(self.flags),
            "action": self.action,
            "resource": self.resource,
            "resource_account": self.resource_account,
            "wildcard_only_action": self.wildcard_only_action,
            "context": dict(self.context),
        }


def _string(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"request.{key} must be a string, not `{value!r}`")
    return value
