"""The grammar's errors under the codes that validation gives them, with near misses and fixes.

Comes in: `Policy.errors(kind)`. Goes out: the same in the report, where the type of policy or the operator asks for a
more exact code (`RCP_SYNTAX_ERROR_NOTACTION`, `TYPE_MISMATCH_NUMBER`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from iamlab.policy.findings import Finding, Fix
from iamlab.policy.operators import OPERATORS, spell
from iamlab.policy.places import Node
from iamlab.policy.problems import Path
from iamlab.policy.validation.codes import CODES
from iamlab.policy.validation.keys import Standing, look_up
from iamlab.policy.validation.near import near
from iamlab.policy.validation.report import Report

if TYPE_CHECKING:
    from iamlab.policy.document import Policy

__all__ = ["check"]

_ELEMENTS: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_TOP: Final = ("Version", "Id", "Statement")
_PRINCIPAL_KINDS: Final = ("AWS", "Service", "Federated", "CanonicalUser")
_OPERATOR_NAMES: Final = (
    *OPERATORS,
    *(f"{name}IfExists" for name in OPERATORS if name != "Null"),
)
_LIKE_TYPES: Final = {
    "a number": "TYPE_MISMATCH_NUMBER",
    "a date": "TYPE_MISMATCH_DATE",
    "`true` or `false`": "TYPE_MISMATCH_BOOLEAN",
    "base64 text": "TYPE_MISMATCH_STRING",
    "an IP address or CIDR range": "TYPE_MISMATCH_IP_RANGE",
}

# (kind of policy, code, element) → code; the empty element is any.
_CODES: Final = {
    ("scp", "UNSUPPORTED_PRINCIPAL", ""): "SCP_SYNTAX_ERROR_PRINCIPAL",
    ("trust", "INVALID_POLICY_ELEMENT", "NotPrincipal"): "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
    ("trust", "INVALID_POLICY_ELEMENT", "Resource"): "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
    ("trust", "INVALID_POLICY_ELEMENT", "NotResource"): "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
    ("rcp", "INVALID_POLICY_ELEMENT", "NotAction"): "RCP_SYNTAX_ERROR_NOTACTION",
    ("rcp", "INVALID_POLICY_ELEMENT", "NotPrincipal"): "RCP_SYNTAX_ERROR_PRINCIPAL",
}


# Codes that a check of validation reports with a better place or a fix.
_ELSEWHERE: Final = frozenset(("RCP_SYNTAX_ERROR_ACTION", "UNSUPPORTED_SID", "UNIQUE_SIDS_REQUIRED"))


def check(policy: Policy, report: Report) -> None:
    """Put the grammar's errors into the report."""
    trouble = {
        finding.path for finding in policy.errors(report.kind) if finding.code == "INVALID_POLICY_ELEMENT"
    }
    for finding in policy.errors(report.kind):
        code = _code(finding, report)
        if (
            code is None
            or code in _ELSEWHERE
            or (code == "MISSING_PRINCIPAL" and (*finding.path, "NotPrincipal") in trouble)
        ):
            continue
        key, node = _find(report.view.root, finding.path)
        fix = _FIXES.get(code)
        mend, hint = fix(report, finding.path, key, node) if fix else (None, "")
        message = finding.message
        if hint and "did you mean" not in message:
            message += f": did you mean `{hint}`?"
        row = CODES[code]
        report.findings.append(
            replace(
                finding,
                code=code,
                severity=row.severity,
                message=message,
                why=row.why,
                fix=mend,
                learn_more=row.learn_more,
            )
        )


def _code(finding: Finding, report: Report) -> str | None:
    """The code that validation gives it; None when another check says it better."""
    code, path = finding.code, finding.path
    last = path[-1] if path and isinstance(path[-1], str) else ""
    code = _CODES.get((report.kind, code, last), _CODES.get((report.kind, code, ""), code))
    if code == "MISSING_ARN_FIELD" and not _text(report, path).startswith("arn:"):
        return "INVALID_ARN_PREFIX"
    if code in ("TYPE_MISMATCH", "TYPE_MISMATCH_BOOLEAN") and "Condition" in path:
        spelled = spell(str(path[path.index("Condition") + 1]))
        return _LIKE_TYPES.get(spelled.operator.type, code) if spelled else code
    if code == "INVALID_CONDITION_KEY_FORMAT" and look_up(str(path[-1])).standing is Standing.NO_TAG:
        return "MISSING_TAG_KEY_IN_CONDITION"
    if code in ("INVALID_PRINCIPAL_FORMAT", "UNSUPPORTED_WILDCARD_IN_PRINCIPAL", "INVALID_ACTION"):
        if "${" in _text(report, path):
            return None  # `variables` reports it
        if report.kind == "trust" and code == "INVALID_PRINCIPAL_FORMAT" and "Federated" in path:
            return "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"
    return code if code in CODES else "INVALID_POLICY_ELEMENT"


def _text(report: Report, path: Path) -> str:
    _, node = _find(report.view.root, path)
    return node.value if node is not None and node.kind == "string" else ""


def _find(root: Node, path: Path) -> tuple[Node | None, Node | None]:
    key, node = None, root
    for step in path:
        found = node.get(step)
        if found is None:
            return None, None
        key, node = found
    return key, node


# ------------------------------------------------------------------ fixes
_Mended = tuple[Fix | None, str]


def _effect(report: Report, path: Path, key: Node | None, node: Node | None) -> _Mended:
    if node is None or node.kind != "string":
        return None, ""
    meant = near(node.value.strip(), ("Allow", "Deny"))
    return (report.replace(node, meant), meant) if meant else (None, "")


def _version(report: Report, path: Path, key: Node | None, node: Node | None) -> _Mended:
    if node is None:
        return None, ""
    return report.fix("replace by `2012-10-17`", (node.start, node.end, '"2012-10-17"')), ""


def _element(report: Report, path: Path, key: Node | None, node: Node | None) -> _Mended:
    """A misspelt element; an element that isn't there yet is renamed, anything else only named."""
    if key is None:
        return None, ""
    _, container = _find(report.view.root, path[:-1])
    if container is None or container.kind != "object":
        return None, ""
    meant = near(key.value, _ELEMENTS if len(path) > 1 else _TOP)
    if meant is None or meant == key.value:
        return report.drop_member(container, key), ""
    if container.get(meant):
        return None, ""
    return report.replace(key, meant), meant


def _operator(report: Report, path: Path, key: Node | None, node: Node | None) -> _Mended:
    if key is None:
        return None, ""
    quantifier, colon, base = key.value.rpartition(":")
    meant = near(base, _OPERATOR_NAMES)
    known = near(quantifier, ("ForAllValues", "ForAnyValue")) if colon else ""
    if meant is None or known is None:
        return None, ""
    whole = f"{known}{colon}{meant}"
    _, container = _find(report.view.root, path[:-1])
    if container is None or container.get(whole):
        return None, whole
    return report.replace(key, whole), whole


def _principal_kind(report: Report, path: Path, key: Node | None, node: Node | None) -> _Mended:
    meant = near(key.value, _PRINCIPAL_KINDS) if key is not None else None
    _, container = _find(report.view.root, path[:-1])
    if meant is None or key is None or container is None or container.get(meant):
        return None, meant or ""
    return report.replace(key, meant), meant


def _remove(report: Report, path: Path, key: Node | None, node: Node | None) -> _Mended:
    _, container = _find(report.view.root, path[:-1])
    if key is None or container is None or container.kind != "object":
        return None, ""
    return report.drop_member(container, key), ""


def _everybody(report: Report, path: Path, key: Node | None, node: Node | None) -> _Mended:
    if key is None or node is None or key.value != "Principal":
        return None, ""
    return report.fix('replace by `"*"`', (node.start, node.end, '"*"')), ""


_FIXES: Final[dict[str, Callable[[Report, Path, Node | None, Node | None], _Mended]]] = {
    "INVALID_EFFECT": _effect,
    "INVALID_VERSION": _version,
    "INVALID_POLICY_ELEMENT": _element,
    "INVALID_CONDITION_OPERATOR": _operator,
    "INVALID_PRINCIPAL_KEY": _principal_kind,
    "NULL_WITH_IF_EXISTS": lambda report, path, key, node: (
        (report.replace(key, key.value.removesuffix("IfExists")), "") if key is not None else (None, "")
    ),
    "RCP_SYNTAX_ERROR_PRINCIPAL": _everybody,
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE": _remove,
    "SCP_SYNTAX_ERROR_PRINCIPAL": _remove,
    "UNSUPPORTED_PRINCIPAL": _remove,
}
