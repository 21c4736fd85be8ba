"""Where the checks put what they find, and how they write fixes.

A check is a function of a statement (or of the whole policy) and a `Report`. It names a code, a message, a place and,
where a safe one exists, a fix; severity, reason and address come from the table of codes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from iamlab.policy.findings import Finding, Fix, LineIndex
from iamlab.policy.places import Node
from iamlab.policy.problems import Path
from iamlab.policy.validation.codes import CODES
from iamlab.policy.validation.view import Entry, PolicyView

__all__ = ["IDENTITY_KINDS", "RESOURCE_KINDS", "Edit", "Report"]

IDENTITY_KINDS: Final = frozenset(("identity", "boundary", "session"))
"""Kinds that AWS validates as identity policies."""

RESOURCE_KINDS: Final = frozenset(("resource", "vpce"))
"""Kinds that AWS validates as resource policies, role trust policies apart."""

Edit = tuple[int, int, str]
"""From offset, to offset, what takes its place."""


class Report:
    """What has been found so far.

    Attributes:
        view: the policy.
        kind: the kind of policy that it is checked as.
        resource_type: the type of the resource that it hangs on, or None.
        findings: what has been found, in the order of the checks.
    """

    def __init__(self, view: PolicyView, kind: str, resource_type: str | None) -> None:
        self.view = view
        self.kind = kind
        self.resource_type = resource_type
        self.findings: list[Finding] = []
        self.lines = LineIndex(view.text)

    def add(
        self, code: str, message: str, node: Node | tuple[int, int], path: Path, fix: Fix | None = None
    ) -> None:
        """Note a finding at a node, or at a stretch of the text."""
        start, end = node if isinstance(node, tuple) else (node.start, node.end)
        row = CODES[code]
        span = self.lines.span(start, end)
        self.findings.append(Finding(code, row.severity, message, span, path, row.why, fix, row.learn_more))

    def at(self, code: str, message: str, entry: Entry, fix: Fix | None = None) -> None:
        """Note a finding at an entry."""
        self.add(code, message, entry.node, entry.path, fix)

    # ------------------------------------------------------------------ fixes
    def fix(self, title: str, *edits: Edit) -> Fix:
        """A fix from offsets."""
        return Fix(title, tuple((self.lines.span(start, end), text) for start, end, text in edits))

    def replace(self, node: Node, text: str) -> Fix:
        """Put another string in a string's place (a key's, too)."""
        return self.fix(f"replace by `{text}`", (node.start, node.end, json.dumps(text, ensure_ascii=False)))

    def drop_entry(self, entry: Entry) -> Fix | None:
        """Take an entry out of its list; None when nothing would be left."""
        edit = removal([(node.start, node.end) for node in entry.nodes], entry.index)
        return self.fix(f"remove `{entry.text}`", edit) if edit else None

    def drop_member(self, container: Node, key: Node) -> Fix | None:
        """Take a member out of an object; None when nothing would be left."""
        members = [(name.start, value.end) for name, value in container.value]
        index = next(index for index, (name, _) in enumerate(container.value) if name is key)
        edit = removal(members, index)
        return self.fix(f"remove `{key.value}`", edit) if edit else None


def removal(members: Sequence[tuple[int, int]], index: int) -> Edit | None:
    """The edit that takes one of several members out, its comma included."""
    if len(members) < 2:
        return None
    if index:
        return members[index - 1][1], members[index][1], ""
    return members[0][0], members[1][0], ""
