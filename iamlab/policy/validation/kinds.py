"""What kind of policy a document looks like, whatever it is checked as."""

from __future__ import annotations

from typing import Final

from iamlab.policy.places import JsonSyntaxError, parse
from iamlab.policy.validation.repair import repair
from iamlab.policy.validation.report import IDENTITY_KINDS, RESOURCE_KINDS
from iamlab.policy.validation.view import PolicyView

__all__ = ["better_kind"]

_TRUST_PREFIXES: Final = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")


def better_kind(text: str, kind: str) -> str | None:
    """The kind that a document looks like, if it looks like another than it is taken for.

    Args:
        text: the document.
        kind: what it is taken for.

    Returns:
        `identity`, `resource` or `trust`; None when it may well be what it is taken for.
    """
    view = _read(text)
    if view is None or not view.statements:
        return None
    named = [statement for statement in view.statements if statement.principal is not None]
    if not named:
        return "identity" if kind == "trust" or kind in RESOURCE_KINDS or kind == "rcp" else None
    actions = [entry.text.lower() for s in named for entry in (s.action.entries if s.action else ())]
    trust = bool(actions) and all(action.startswith(_TRUST_PREFIXES) for action in actions)
    if trust and kind != "trust" and not any(statement.resource for statement in named):
        return "trust"
    if not trust and (kind in IDENTITY_KINDS or kind in ("scp", "trust")):
        return "resource"
    return None


def _read(text: str) -> PolicyView | None:
    try:
        return PolicyView(text, parse(text))
    except JsonSyntaxError:
        mended = repair(text)
        return PolicyView(mended.text, mended.root) if mended else None
