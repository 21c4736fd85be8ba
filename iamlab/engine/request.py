"""`Request`: who wants to do what to which resource, under which circumstances.

Comes in: the caller's ARN (or service name, provider, nothing for anonymous), action, resource and the complete
context. Goes out: a frozen value with everything that follows from the ARNs filled in, and, once asked for, its
`facts` for the matchers. The context stays as given; nothing is ever added to it.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from iamlab.policy.arn import Arn, parse_arn
from iamlab.policy.facts import CallerKind, context_values

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
    "policies_alone",  # as the simulator asks: what needs no policy, or a resource's own beside it, isn't known of
)
"""What a request may carry beyond its ARNs; flags that aren't known are ignored."""

_SERVICE_NAME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_WEB_PROVIDERS = (
    "cognito-identity.amazonaws.com",
    "www.amazon.com",
    "graph.facebook.com",
    "accounts.google.com",
)
_ARN_TYPES: Final = {
    ("iam", "user"): "User",
    ("iam", "role"): "AssumedRole",
    ("sts", "assumed-role"): "AssumedRole",
    ("sts", "federated-user"): "FederatedUser",
    ("iam", "root"): "Account",
    ("iam", "saml-provider"): "Federated",
    ("iam", "oidc-provider"): "Federated",
}
_WITHOUT_ACCOUNT: Final = ("Anonymous", "AWSService", "Federated")
_ARGUMENTS: Final = (
    "action",
    "resource",
    "principal",
    "principal_type",
    "account",
    "issuer",
    "flags",
    "resource_account",
    "context",
    "wildcard_only_action",
)
_NO_CONTEXT: Mapping[str, Any] = MappingProxyType({})


class Request:
    """One request for one decision. Immutable.

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
        ValueError: action, principal or context can't be read as what they should be.
    """

    __slots__ = (
        "_route",
        "_values",
        "account",
        "action",
        "context",
        "flags",
        "issuer",
        "issuer_has_path",
        "principal",
        "principal_type",
        "resource",
        "resource_account",
        "wildcard_only_action",
    )

    action: str
    resource: str
    principal: str | None
    principal_type: str
    account: str | None
    issuer: str | None
    issuer_has_path: bool
    flags: tuple[str, ...]
    resource_account: str | None
    context: Mapping[str, Any]
    wildcard_only_action: bool
    _route: Any
    _values: dict[str, str | tuple[str, ...]]

    def __init__(
        self,
        action: str,
        resource: str = "*",
        principal: str | None = None,
        *,
        principal_type: str | None = None,
        account: str | None = None,
        issuer: str | None = None,
        flags: Iterable[str] = (),
        resource_account: str | None = None,
        context: Mapping[str, Any] | None = None,
        wildcard_only_action: bool = False,
    ) -> None:
        service, _, name = action.partition(":")
        if not service or not name:
            raise ValueError(f"`{action}` is no action: write `service:Name`")
        arn = None
        if principal in ("anonymous", "*", ""):
            principal = None
        elif principal is not None:
            arn = parse_arn(principal)
        kind = principal_type if principal_type in TYPES else _derived_type(principal, arn, action)
        if kind in _WITHOUT_ACCOUNT:
            account = None
        elif account is None and arn is not None:
            account = arn.account or None
        issuer_has_path = True
        flags = tuple(flags)
        if kind == "AssumedRole":
            if issuer is None and arn is not None:
                issuer, issuer_has_path = _derived_issuer(principal, arn)
            if issuer and ":role/aws-service-role/" in issuer and "service_linked_role" not in flags:
                flags = (*flags, "service_linked_role")
        if resource_account is None:
            owner = parse_arn(resource)
            owned = owner is not None and len(owner.account) == 12 and owner.account.isdigit()
            resource_account = owner.account if owner is not None and owned else account
        put = super().__setattr__
        put("action", action)
        put("resource", resource)
        put("principal", principal)
        put("principal_type", kind)
        put("account", account)
        put("issuer", issuer)
        put("issuer_has_path", issuer_has_path)
        put("flags", flags)
        put("resource_account", resource_account)
        # A copy, since what is decided must not change with the caller's dictionary.
        put("context", MappingProxyType(dict(context)) if context else _NO_CONTEXT)
        put("wildcard_only_action", wildcard_only_action)
        put("_values", context_values(self.context))
        put("_route", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Request can't be changed: make another with `.replace({name}=…)`")

    def replace(self, **changes: Any) -> Request:
        """A request that differs in the arguments given. What was derived is derived anew where its source changes."""
        given: dict[str, Any] = {name: getattr(self, name) for name in _ARGUMENTS}
        if "principal" in changes:
            given |= {"principal_type": None, "account": None, "issuer": None, "flags": ()}
            if self.resource_account == self.account:
                given["resource_account"] = None
        elif not self.issuer_has_path:
            given["issuer"] = None
        if "resource" in changes:
            given["resource_account"] = None
        return Request(**(given | changes))

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
            repr(sorted(self.context.items())),
        )

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Request) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"<Request {self.action} on {self.resource} by {self.caller}>"

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
            flags=(flags,) if isinstance(flags, str) else flags,
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
            "issuer": self.issuer if self.issuer_has_path else None,
            "flags": list(self.flags),
            "action": self.action,
            "resource": self.resource,
            "resource_account": self.resource_account,
            "wildcard_only_action": self.wildcard_only_action,
            "context": dict(self.context),
        }


def _derived_type(principal: str | None, arn: Arn | None, action: str) -> str:
    """What sort of caller an ARN or name stands for."""
    if principal is None:
        return "Anonymous"
    if arn is None:
        if principal in _WEB_PROVIDERS and "with" in action.lower():
            return "Federated"
        if _SERVICE_NAME.fullmatch(principal):
            return "Federated" if principal in _WEB_PROVIDERS[1:] else "AWSService"
        raise ValueError(
            f"`{principal}` is no caller: give an ARN, a service's name, or nothing for anonymous"
        )
    found = _ARN_TYPES.get((arn.service, arn.resource.partition("/")[0]))
    if found is None:
        raise ValueError(f"`{principal}` is no caller: only users, roles and their sessions, and root call")
    return found


def _derived_issuer(principal: str | None, arn: Arn) -> tuple[str | None, bool]:
    """The role behind a session's ARN, and whether that is its complete ARN."""
    if arn.service == "iam":
        return principal, True
    name = arn.resource.split("/")[1] if "/" in arn.resource else ""
    # A session ARN has no path: the role may have one, which stays unknown.
    return f"arn:{arn.partition}:iam::{arn.account}:role/{name}", False


def _string(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"request.{key} must be a string, not `{value!r}`")
    return value
