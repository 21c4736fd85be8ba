"""The `Principal` and `NotPrincipal` elements.

Comes in: the element. Goes out: a `Principals` that says how strongly it names a caller. There are no wildcards
inside a principal, only `"*"` as a whole; naming an account speaks of the account, not of its users.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and …_notprincipal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamlab.policy.arn import parse_arn
from iamlab.policy.facts import CallerKind, Facts, Strength
from iamlab.policy.problems import Path, Problems, repeated_keys
from iamlab.policy.text import listed

__all__ = ["Principals", "compile_principals"]

_ACCOUNT = re.compile(r"[0-9]{12}")
# AWS keeps entities by unique id, and shows the id of one that has been deleted; it names nobody any more.
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA|GPA)[A-Z0-9]{12,124}")
_ENTITY = re.compile(
    r"arn:[a-z-]+:(?:iam::[0-9]{12}:(?:user|role)/[^*?\s]+|sts::[0-9]{12}:(?:assumed-role/[^*?/\s]+|federated-user)/[^*?\s]+)"
)
_SERVICE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PROVIDER_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*?]+")
_KEYS = ("AWS", "Service", "Federated", "CanonicalUser")


class Principals:
    """Compiled principals of one statement.

    Attributes:
        anyone: `"*"` stands there.
        negated: it is `NotPrincipal`.
        empty: nobody is listed.
        texts: the principals as written, with their kind (`AWS arn:…`).
        broken: why it can't be evaluated, or None.
    """

    __slots__ = (
        "_accounts",
        "_arns",
        "_canonical",
        "_federated",
        "_pathless",
        "_services",
        "anyone",
        "broken",
        "empty",
        "negated",
        "path",
        "texts",
    )

    def __init__(self, negated: bool, path: Path) -> None:
        self.negated = negated
        self.path = path
        self.anyone = False
        self.empty = True
        self.broken: str | None = None
        self.texts: list[str] = []
        self._accounts: set[tuple[str, str]] = set()
        self._arns: set[str] = set()
        self._pathless: set[str] = set()
        self._services: set[str] = set()
        self._federated: set[str] = set()
        self._canonical = False

    def _names_account(self, facts: Facts) -> bool:
        account = facts.account
        return account is not None and (
            ("", account) in self._accounts or (facts.partition, account) in self._accounts
        )

    def _names_issuer(self, facts: Facts) -> bool:
        if facts.issuer is None:
            return False
        # A role's name is unique in its account whatever its path, so a session ARN without more still tells the role.
        return facts.issuer in self._arns or (not facts.issuer_has_path and facts.issuer in self._pathless)

    def named(self, facts: Facts) -> Strength:
        """How the list names the caller, `NotPrincipal` or not."""
        if self.anyone:
            return Strength.DIRECT
        kind = facts.kind
        if kind == CallerKind.SERVICE:
            return Strength.DIRECT if facts.principal in self._services else Strength.NONE
        if kind == CallerKind.IDENTITY_PROVIDER:
            return Strength.DIRECT if facts.principal in self._federated else Strength.NONE
        if kind == CallerKind.ANONYMOUS:
            return Strength.NONE
        if kind == CallerKind.ROOT:
            return Strength.DIRECT if self._names_account(facts) else Strength.NONE
        if facts.principal in self._arns:
            # A role ARN as caller stands for some session of the role: the entity is named, not the session.
            return Strength.ENTITY if facts.principal == facts.issuer else Strength.DIRECT
        if self._names_issuer(facts):
            return Strength.ENTITY
        return Strength.ACCOUNT if self._names_account(facts) else Strength.NONE

    def spares(self, facts: Facts, bounded: bool) -> bool:
        """Whether `NotPrincipal` leaves the caller out: account, entity and session must all be listed.

        A caller with a permissions boundary is never left out.
        """
        if self.anyone:
            return True
        if facts.account is None:
            return self.named(facts) > Strength.NONE
        if bounded or not self._names_account(facts):
            return False
        if facts.kind == CallerKind.ROOT:
            return True
        if facts.principal not in self._arns or facts.principal == facts.issuer:
            return False  # of "some session of the role" nobody can say that its session is listed
        return facts.kind == CallerKind.USER or self._names_issuer(facts)

    def strength(self, facts: Facts, bounded: bool) -> Strength:
        """How strongly the statement speaks of the caller; NONE when it doesn't.

        Args:
            facts: the request.
            bounded: whether the caller carries a permissions boundary.
        """
        if self.empty:
            return Strength.NONE
        if self.negated:
            return Strength.NONE if self.spares(facts, bounded) else Strength.DIRECT
        return self.named(facts)

    @property
    def undecidable(self) -> bool:
        """Whether somebody is named by canonical user id, which a request doesn't carry."""
        return self._canonical

    def _add(self, kind: str, text: str) -> bool:
        """Take one principal in; False when it is malformed."""
        self.empty = False
        self.texts.append(text if kind == "AWS" else f"{kind} {text}")
        if kind == "AWS":
            return self._add_aws(text)
        if kind == "Service":
            self._services.add(text)
            return _SERVICE.fullmatch(text) is not None
        if kind == "Federated":
            self._federated.add(text)
            return bool(_PROVIDER_ARN.fullmatch(text)) or (
                "*" not in text and "." in text and ":" not in text
            )
        self._canonical = True
        return bool(text) and "*" not in text

    def _add_aws(self, text: str) -> bool:
        if text == "*":
            self.anyone = True
        elif _ACCOUNT.fullmatch(text):
            self._accounts.add(("", text))
        elif _ENTITY.fullmatch(text):
            self._arns.add(text)
            head, marker, tail = text.partition(":role/")
            if marker:
                self._pathless.add(head + marker + tail.rpartition("/")[2])
        elif not _UNIQUE_ID.fullmatch(text):
            arn = parse_arn(text)
            if (
                arn is None
                or arn.service != "iam"
                or arn.resource != "root"
                or not _ACCOUNT.fullmatch(arn.account)
            ):
                return False
            self._accounts.add((arn.partition, arn.account))
        return True


def compile_principals(value: Any, path: Path, problems: Problems) -> Principals:
    """Compile `Principal` or `NotPrincipal` (the path's last step tells which)."""
    principals = Principals(path[-1] == "NotPrincipal", path)
    if value == "*":
        principals._add("AWS", "*")
    elif not isinstance(value, Mapping):
        message = '`Principal` is `"*"` or an object such as `{"AWS": "arn:…"}`'
        principals.broken = problems.note("INVALID_PRINCIPAL_FORMAT", message, path)
    else:
        principals.broken = repeated_keys(value, path, problems)
        for kind, items in value.items():
            if kind not in _KEYS:
                message = f"`{kind}` is no kind of principal: use {', '.join(f'`{key}`' for key in _KEYS)}"
                principals.broken = problems.note(
                    "INVALID_PRINCIPAL_KEY", message, (*path, kind), at_key=True
                )
                continue
            for index, item in listed(items):
                if not isinstance(item, str) or not principals._add(kind, item):
                    place = (*path, kind) if index is None else (*path, kind, index)
                    principals.broken = problems.note(*_complaint(kind, item), place)
    return principals


def _complaint(kind: str, item: Any) -> tuple[str, str]:
    if isinstance(item, str) and ("*" in item or "?" in item):
        hint = 'use `"*"` with a condition on `aws:PrincipalArn`'
        return (
            "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
            f"a principal can't hold wildcards, and `{item}` does: {hint}",
        )
    return "INVALID_PRINCIPAL_FORMAT", f"`{item}` names no principal of kind `{kind}`"
