"""Role trust policies: who may become the role, with which action, and what identity providers must prove.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iamlab.policy.validation.patterns import covers, has_wildcard
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import Entry, StatementView

__all__ = ["CHECKS"]

_GITHUB: Final = "token.actions.githubusercontent.com"
_DOMAINS: Final = frozenset(
    ("cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com")
)
_ANYBODY, _SAML, _OIDC, _OTHER = "anybody", "a SAML provider", "an OIDC provider", "other"

# Action → the kind of principal that can use it.
_ACTIONS: Final = {
    "sts:assumerole": _OTHER,
    "sts:assumerolewithsaml": _SAML,
    "sts:assumerolewithwebidentity": _OIDC,
}
_SPELLED: Final = {
    _OTHER: "sts:AssumeRole",
    _SAML: "sts:AssumeRoleWithSAML",
    _OIDC: "sts:AssumeRoleWithWebIdentity",
}

# Condition keys that are only filled in with another action.
_NEEDED: Final = {
    "aws:requesttag/": "sts:TagSession",
    "aws:tagkeys": "sts:TagSession",
    "sts:transitivetagkeys": "sts:TagSession",
    "sts:sourceidentity": "sts:SetSourceIdentity",
}
_ROLES_ANYWHERE: Final = "rolesanywhere.amazonaws.com"
_ROLES_ANYWHERE_ACTIONS: Final = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def _check(report: Report) -> None:
    if report.kind != "trust":
        return
    for statement in report.view.statements:
        if statement.principal is not None and statement.principal.negated:
            continue
        _check_sessions(report, statement)
        _check_pairing(report, statement)
        if statement.allows:
            _check_everybody(report, statement)
            _check_needed(report, statement)
            _check_roles_anywhere(report, statement)
            _check_oidc(report, statement)


def _kind(entry: Entry) -> str:
    if entry.kind != "Federated":
        return _ANYBODY if entry.text == "*" else _OTHER
    return _SAML if ":saml-provider/" in entry.text else _OIDC


def _actions(statement: StatementView) -> tuple[Entry, ...]:
    element = statement.elements.get("Action")
    return element.entries if element else ()


def _holds(statement: StatementView, action: str) -> bool:
    return any(covers(entry.text.lower(), action.lower()) for entry in _actions(statement))


def _check_everybody(report: Report, statement: StatementView) -> None:
    for entry in statement.principals:
        if entry.kind == "AWS" and entry.text == "*":
            message = "the role trusts everybody: name the principals"
            report.at("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", message, entry)


def _check_pairing(report: Report, statement: StatementView) -> None:
    """Actions that none of the principals can use."""
    kinds = {_kind(entry) for entry in statement.principals}
    if not kinds or _ANYBODY in kinds:
        return
    for entry in _actions(statement):
        wanted = _ACTIONS.get(entry.text.lower())
        if wanted is None or wanted in kinds:
            continue
        names = ", ".join(f"`{principal.text}`" for principal in statement.principals[:3])
        meant = _SPELLED[next(iter(kinds))] if len(kinds) == 1 else ""
        message = f"`{entry.text}` can't be used by {names}" + (f": use `{meant}`" if meant else "")
        there = not meant or any(other.text.lower() == meant.lower() for other in _actions(statement))
        fix = report.drop_entry(entry) if there else report.replace(entry.node, meant)
        report.at("MISMATCHED_ACTION_FOR_PRINCIPAL", message, entry, fix)


def _check_needed(report: Report, statement: StatementView) -> None:
    if "Action" not in statement.elements:
        return
    for test in statement.tests:
        name = test.lookup.partition("/")[0] + "/" * ("/" in test.lookup)
        needed = _NEEDED.get(name)
        if needed and not _holds(statement, needed):
            message = f"`{test.key}` is only there when the caller may `{needed}`: add the action"
            element = statement.elements["Action"]
            fix = None
            if element.entries:
                last = element.entries[-1].node
                single = element.node.kind == "string"
                text = report.view.text[last.start : last.end]
                edit = (last.start, last.end, f'[{text}, "{needed}"]' if single else f'{text}, "{needed}"')
                fix = report.fix(f"add `{needed}`", edit)
            report.add("MISSING_ACTION_FOR_CONDITION_KEY", message, test.key_node, test.path, fix)


def _check_roles_anywhere(report: Report, statement: StatementView) -> None:
    entry = next(
        (
            entry
            for entry in statement.principals
            if entry.kind == "Service" and entry.text == _ROLES_ANYWHERE
        ),
        None,
    )
    element = statement.elements.get("Action")
    if entry is None or element is None:
        return
    missing = [action for action in _ROLES_ANYWHERE_ACTIONS if not _holds(statement, action)]
    if missing:
        names = ", ".join(f"`{action}`" for action in missing)
        message = f"IAM Roles Anywhere needs {names} too"
        listed = ", ".join(f'"{action}"' for action in _ROLES_ANYWHERE_ACTIONS)
        fix = report.fix("list the three actions", (element.node.start, element.node.end, f"[{listed}]"))
        report.add("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", message, element.node, element.path, fix)


def _check_sessions(report: Report, statement: StatementView) -> None:
    """Sessions whose own role is named beside them."""
    roles = {}
    for entry in statement.principals:
        head, marker, tail = entry.text.partition(":role/")
        if entry.kind == "AWS" and marker:
            roles[head.rpartition(":")[2], tail.rpartition("/")[2]] = entry.text
    for entry in statement.principals:
        head, marker, tail = entry.text.partition(":assumed-role/")
        role = roles.get((head.rpartition(":")[2], tail.partition("/")[0])) if marker else None
        if role:
            message = f"`{entry.text}` is a session of `{role}`, which is trusted already"
            report.at("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", message, entry, report.drop_entry(entry))


def _check_oidc(report: Report, statement: StatementView) -> None:
    if not _holds(statement, "sts:AssumeRoleWithWebIdentity"):
        return
    for entry in statement.principals:
        if _kind(entry) != _OIDC:
            continue
        provider = entry.text.partition(":oidc-provider/")[2] or entry.text
        if ":" in provider and provider not in _DOMAINS:
            continue
        keys = {key for key in statement.condition_keys if key.startswith(f"{provider.lower()}:")}
        if not keys:
            claims = f"`{provider}:aud` and `{provider}:sub`"
            message = f"everybody with a token of `{provider}` can assume the role: test {claims}"
            report.at("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", message, entry)
        if provider.lower() == _GITHUB:
            _check_github(report, statement, entry)


def _check_github(report: Report, statement: StatementView, entry: Entry) -> None:
    subject = f"{_GITHUB}:sub"
    tests = [test for test in statement.tests if test.lookup == subject]
    if not tests:
        message = f"every workflow on GitHub can assume the role: test `{subject}` (`repo:owner/name:ref:…`)"
        report.at("MISSING_GITHUB_REPO_CONDITION_KEY", message, entry)
    for test in tests:
        for value in test.values:
            if has_wildcard(value.text) and test.spelled is not None and test.spelled.operator.wildcards:
                message = f"`{value.text}` leaves open which repository and branch may come: write both out"
                report.at("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", message, value)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
