"""`who_can`: every principal that may do one thing, by which statement, and by way of which roles.

Comes in: an `Account`, an action and a resource. Goes out: a `WhoCan` with one `Access` for each principal that can:
those who can as they are, with the engine's decision; those who can once they have assumed a role or several, with the
roles; the root user; and those from elsewhere whom the resource's policy lets in.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
…_evaluation-logic-cross-account.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from iamlab.analysis.snapshot import SESSION_NAME, Account, Principal
from iamlab.engine import Decision, PolicySet, Request, decide
from iamlab.policy import Policy

__all__ = ["Access", "WhoCan", "who_can"]

_ALL: Final = Policy(
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)
_ACCOUNT: Final = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Access:
    """One who can.

    Attributes:
        who: `user/ana`, `role/App`, `root`, or as the resource's policy names somebody from elsewhere.
        decision: the engine's decision on the request itself; of somebody who has to assume roles, as the last role.
        roles: the roles to assume on the way, in order; empty for those who can as they are.
        outside: somebody from elsewhere; whether their own account lets them is not known here, and taken for granted.
    """

    who: str
    decision: Decision
    roles: tuple[Principal, ...] = ()
    outside: bool = False

    @property
    def through(self) -> str:
        """The statements that allow it, as `layer: policy, statement`."""
        said = []
        for ref in self.decision.statements:
            if ref.policy is _ALL:
                continue
            label = ref.sid or f"statement {ref.statement_index + 1}"
            said.append(f"{ref.layer}: {ref.policy.name or f'policy {ref.policy_index + 1}'}, {label}")
        return "; ".join(said) or str(self.decision.layer)

    def __str__(self) -> str:
        way = "".join(f" → {role}" for role in self.roles)
        kind = " (if its own account lets it)" if self.outside else ""
        return f"{self.who}{way}{kind}: {self.through}"


@dataclass(frozen=True, slots=True)
class WhoCan:
    """All who can.

    Attributes:
        account: the account.
        action, resource: what was asked.
        accesses: themselves first, then by roles, then those from elsewhere.
    """

    account: Account
    action: str
    resource: str
    accesses: tuple[Access, ...]

    def __iter__(self) -> Iterator[Access]:
        return iter(self.accesses)

    def __len__(self) -> int:
        return len(self.accesses)

    def __contains__(self, who: object) -> bool:
        return any(access.who == who for access in self.accesses)

    def to_text(self) -> str:
        """One line for each."""
        return "\n".join([self._headline(), *(f"  {access}" for access in self.accesses)])

    def to_html(self) -> str:
        """A table."""
        rows = "".join(
            "<tr style='background:transparent'>"
            + "".join(
                f"<td style='text-align:left;padding:2px 12px 2px 0'>{escape(cell)}</td>"
                for cell in (
                    access.who + (" (from elsewhere)" if access.outside else ""),
                    "".join(f"→ {role} " for role in access.roles) or "itself",
                    access.through,
                )
            )
            + "</tr>"
            for access in self.accesses
        )
        head = "".join(
            f"<th style='text-align:left;padding:2px 12px 2px 0'>{title}</th>"
            for title in ("Who", "As", "Through")
        )
        return (
            f'<div class="iamlab-who-can"><div style="font-weight:600">{escape(self._headline())}</div>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _headline(self) -> str:
        count = len(self.accesses) or "nobody"
        return f"{self.action} on {self.resource}: {count} can"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}


def who_can(
    account: Account, action: str, resource: str = "*", context: Mapping[str, Any] | None = None
) -> WhoCan:
    """Every principal that can.

    Args:
        account: the account that owns the resource.
        action: `service:Name`.
        resource: its ARN, or `*` for an action without resources.
        context: condition keys that the requests carry beside those of their caller.
    """
    themselves: dict[str, Access] = {}
    for principal in account.principals:
        decision = account.decide(principal, action, resource, context)
        if decision.allowed:
            themselves[principal.arn] = Access(str(principal), decision)
    found = [*_root(account, action, resource, context), *themselves.values()]
    found += _by_roles(account, themselves, context)
    found += _outside(account, action, resource, context)
    return WhoCan(account, action, resource, tuple(found))


def _by_roles(
    account: Account, themselves: Mapping[str, Access], context: Mapping[str, Any] | None
) -> Iterator[Access]:
    """Backwards from the roles that can: who assumes them, and who assumes those."""
    reached = {arn: (access.decision, ()) for arn, access in themselves.items()}
    ways: dict[str, tuple[Decision, tuple[Principal, ...]]] = dict(reached)
    targets = [role for role in account.roles if role.arn in ways]
    asked = {**(context or {}), "sts:RoleSessionName": SESSION_NAME}
    while targets:
        following = []
        for principal in account.principals:
            if principal.arn in ways:
                continue
            for role in targets:
                if account.decide(principal, "sts:AssumeRole", role.arn, asked).allowed:
                    decision, roles = ways[role.arn]
                    way = ways[principal.arn] = (decision, (role, *roles))
                    yield Access(str(principal), *way)
                    if principal.kind == "role":
                        following.append(principal)
                    break
        targets = following


def _root(
    account: Account, action: str, resource: str, context: Mapping[str, Any] | None
) -> Iterator[Access]:
    flags = ("management_account", "resource_management_account") if account.management else ()
    arn = f"arn:aws:iam::{account.id}:root"
    own = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": account.id, "aws:PrincipalType": "Account"}
    request = Request(action, resource, arn, flags=flags, context={**own, **(context or {})})
    policies = PolicySet(
        resource=account.resource_policy(resource),
        scps=account.scps,
        rcps=account.rcps,
        grants=account.grants.get(resource, ()),
    )
    decision = decide(request, policies)
    if decision.allowed:
        yield Access("root", decision)


def _outside(
    account: Account, action: str, resource: str, context: Mapping[str, Any] | None
) -> Iterator[Access]:
    """Those whom the resource's policy or a grant names and who are not of the account."""
    policy, grants = account.resource_policy(resource), account.grants.get(resource, ())
    named = dict.fromkeys(
        text
        for found in (*(() if policy is None else (policy,)), *grants)
        for statement in found.statements
        if not statement.denies and statement.principals is not None
        for text in statement.principals.texts
    )
    for text in named:
        caller = _caller(account, text)
        if caller is None:
            continue
        policies = PolicySet(identity=(_ALL,), resource=policy, rcps=account.rcps, grants=grants)
        try:
            request = Request(
                action,
                resource,
                caller,
                resource_account=account.id,
                context=_keys(caller) | dict(context or {}),
            )
        except ValueError:
            continue  # what the policy names is nobody who could call
        decision = decide(request, policies)
        if decision.allowed:
            yield Access("anyone" if text == "*" else text, decision, outside=True)


def _caller(account: Account, text: str) -> str | None:
    """The caller to ask for somebody named in a policy; None for those of the account itself."""
    kind, _, name = text.rpartition(" ")
    if text == "*":
        return "anonymous"
    if kind == "CanonicalUser":
        return None
    if _ACCOUNT.fullmatch(name):
        name = f"arn:aws:iam::{name}:root"
    if name.startswith("arn:") and f":{account.id}:" in name and not kind:
        return None
    return name


def _keys(caller: str) -> dict[str, Any]:
    parts = caller.split(":")
    keys: dict[str, Any] = {"aws:SecureTransport": True}
    if len(parts) > 5 and parts[2] == "iam":
        keys |= {"aws:PrincipalArn": caller, "aws:PrincipalAccount": parts[4]}
    return keys
