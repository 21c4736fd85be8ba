"""Grammar rules that depend on the type of policy: which elements must, may and must not stand there.

Comes in: a document and the type it is meant for. Goes out: problems. What makes a statement impossible to evaluate
whatever its type is noted by the compiler already; here is the table of AWS's policy types.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and the pages of each type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from iamlab.policy.problems import Path, Problems
from iamlab.policy.statement import Statement

if TYPE_CHECKING:
    from iamlab.policy.document import Policy

__all__ = ["RULES", "grammar_problems"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What one type of policy demands of its statements.

    Attributes:
        title: its name for people.
        principal: True when required, False when forbidden.
        resource: True when required, None when optional, False when forbidden.
        forbidden: elements that may not stand in a statement, beside those that `principal` and `resource` rule out.
        sids: whether Sids hold letters and digits only and are unique.
    """

    title: str
    principal: bool
    resource: bool | None
    forbidden: tuple[str, ...] = ()
    sids: bool = True


_IDENTITY = Rules("an identity-based policy", False, True)

RULES: Final[Mapping[str, Rules]] = {
    "identity": _IDENTITY,
    "boundary": Rules("a permissions boundary", False, True),
    "session": Rules("a session policy", False, True),
    "resource": Rules("a resource-based policy", True, None, sids=False),
    "vpce": Rules("a VPC endpoint policy", True, None, sids=False),
    "trust": Rules("a role trust policy", True, False, ("NotPrincipal",)),
    "scp": Rules("a service control policy", False, True),
    "rcp": Rules("a resource control policy", True, True, ("NotPrincipal", "NotAction")),
}


def grammar_problems(policy: Policy, document: Any, kind: str | None) -> Problems:
    """Check a document against the rules of a type of policy.

    Args:
        policy: the compiled policy.
        document: its data.
        kind: a key of `RULES`, or None for what holds for all types.

    Raises:
        ValueError: there is no such type.
    """
    problems = Problems()
    if not isinstance(document, Mapping):
        return problems
    if "Id" in document and not isinstance(document["Id"], str):
        problems.note("DATA_TYPE_MISMATCH", "`Id` is a string", ("Id",))
    if kind is None:
        return problems
    rules = RULES.get(kind)
    if rules is None:
        raise ValueError(f"`{kind}` is no type of policy: use one of {', '.join(RULES)}")
    if rules.sids and not rules.principal and "Id" in document:
        problems.note("INVALID_POLICY_ELEMENT", f"{rules.title} has no `Id`", ("Id",), at_key=True)
    if kind == "rcp" and document.get("Version") != "2012-10-17":
        problems.note("INVALID_VERSION", f"{rules.title} needs `Version` `2012-10-17`", ("Version",))
    statements = [
        (statement, _source(document, statement.path)) for statement in policy.statements if statement.path
    ]
    for statement, source in statements:
        if isinstance(source, Mapping):
            _check_statement(kind, rules, statement, source, problems)
    if rules.sids:
        _check_sids(rules, policy.statements, problems)
    return problems


def _source(document: Mapping[str, Any], path: Path) -> Any:
    value: Any = document
    for step in path:
        value = value[step]
    return value


def _check_statement(
    kind: str, rules: Rules, statement: Statement, source: Mapping[str, Any], problems: Problems
) -> None:
    path = statement.path
    names = [name for name in ("Principal", "NotPrincipal") if name in source]
    if rules.principal and not names:
        problems.note("MISSING_PRINCIPAL", f"{rules.title} must say whom it speaks of: add `Principal`", path)
    if not rules.principal:
        for name in names:
            problems.note(
                "UNSUPPORTED_PRINCIPAL", f"{rules.title} can't hold `{name}`", (*path, name), at_key=True
            )
    targets = [name for name in ("Resource", "NotResource") if name in source]
    if rules.resource is True and not targets:
        problems.note("MISSING_RESOURCE", "the statement has neither `Resource` nor `NotResource`", path)
    for name in (*rules.forbidden, *(targets if rules.resource is False else ())):
        if name in source:
            message = f"{rules.title} can't hold `{name}`"
            problems.note("INVALID_POLICY_ELEMENT", message, (*path, name), at_key=True)
    if kind == "rcp":
        _check_rcp(statement, source, problems)


def _check_rcp(statement: Statement, source: Mapping[str, Any], problems: Problems) -> None:
    path = statement.path
    if statement.effect != "Deny":
        message = "a resource control policy of one's own holds only `Deny` statements"
        problems.note("RCP_SYNTAX_ERROR_ALLOW", message, (*path, "Effect"))
    if "Principal" in source and source["Principal"] != "*":
        message = 'the `Principal` of a resource control policy is `"*"`'
        problems.note("RCP_SYNTAX_ERROR_PRINCIPAL", message, (*path, "Principal"))
    for text in statement.actions.texts if statement.actions else ():
        if text == "*" or "*" in text[:-1] or "?" in text:
            message = f"`{text}`: in a resource control policy `*` may only end an action's name"
            problems.note("RCP_SYNTAX_ERROR_ACTION", message, (*path, "Action"))


def _check_sids(rules: Rules, statements: Iterable[Statement], problems: Problems) -> None:
    seen: set[str] = set()
    for statement in statements:
        sid = statement.sid
        if sid is None:
            continue
        if not (sid.isascii() and (sid.isalnum() or not sid)):
            message = f"the Sid `{sid}` may hold only letters A–Z, a–z and digits"
            problems.note("UNSUPPORTED_SID", message, (*statement.path, "Sid"))
        if sid in seen:
            message = f"the Sid `{sid}` stands twice: each must be unique in {rules.title}"
            problems.note("UNIQUE_SIDS_REQUIRED", message, (*statement.path, "Sid"))
        seen.add(sid)
