"""`Policy`: one policy document, compiled once.

Comes in: JSON text, bytes, or plain data. Goes out: an immutable value that knows its text with the place of every
element, its compiled statements, and what is wrong with it. A policy never raises on its content: what can't be
evaluated fails closed and is reported.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from iamlab.policy.problems import Path, Problem, Problems, repeated_keys
from iamlab.policy.statement import Statement, Usage, compile_statement
from iamlab.policy.text import copied, dump, load

if TYPE_CHECKING:
    from iamlab.policy.findings import Finding, LineIndex, Span
    from iamlab.policy.places import JsonSyntaxError, Node

__all__ = ["Policy"]

_VERSIONS: Final = ("2008-10-17", "2012-10-17")
_TOP: Final = ("Version", "Id", "Statement")
_REMEMBERED_ACTIONS: Final = 512

Candidates = tuple[tuple[Statement, ...], tuple[Statement, ...]]
"""The Denies and the Allows of a policy that concern one action."""


class Policy:
    """A policy document.

    Args:
        source: JSON text (or UTF-8 bytes), a mapping, a list of statements, or another `Policy`.
        name: what to call it in explanations; its ARN's last part when absent.
        arn: its ARN; AWS names it in the message of an explicit denial.

    Attributes:
        name, arn: as given.
        statements: the compiled statements in text order.
        complaint: why the document as a whole can't be read, or None.
    """

    __slots__ = (
        "_candidates",
        "_document",
        "_lines",
        "_problems",
        "_root",
        "_text",
        "arn",
        "complaint",
        "name",
        "statements",
    )

    name: str | None
    arn: str | None
    statements: tuple[Statement, ...]
    complaint: str | None

    def __init__(
        self,
        source: str | bytes | Mapping[str, Any] | Sequence[Any] | Policy,
        name: str | None = None,
        arn: str | None = None,
    ) -> None:
        if isinstance(source, Policy):
            name, arn = name or source.name, arn or source.arn
            source = source.text
        self.arn = arn
        self.name = name if name is not None or arn is None else arn.rpartition("/")[2]
        self.complaint = None
        self._problems = Problems()
        self._candidates: dict[tuple[Usage, str], Candidates] = {}
        self._root: Node | None = None
        self._lines: LineIndex | None = None
        self._text: str | None = None
        self._document: Any = None
        if isinstance(source, bytes | bytearray):
            source = bytes(source).decode("utf-8", "replace")
        if isinstance(source, str):
            self._text = source
            self._read(source)
        else:
            try:
                self._document = copied({"Statement": source} if isinstance(source, list | tuple) else source)
            except ValueError as error:
                self._text = ""
                self.complaint = self._problems.note("JSON_SYNTAX_ERROR", str(error), ())
        self.statements = self._compile()

    def _read(self, text: str) -> None:
        try:
            self._document = load(text)
        except (ValueError, RecursionError):
            self._document = None
            complaint = _tree(text)
            if isinstance(complaint, ValueError):
                self.complaint = self._problems.note("JSON_SYNTAX_ERROR", complaint.message, ())
            else:
                self.complaint = self._problems.note(
                    "JSON_SYNTAX_ERROR", "a number here is too long to be read", ()
                )

    def _compile(self) -> tuple[Statement, ...]:
        document, problems = self._document, self._problems
        if self.complaint is None and not isinstance(document, Mapping):
            message = "a policy document is a JSON object with `Version` and `Statement`"
            self.complaint = problems.note("JSON_SYNTAX_ERROR", message, ())
        if self.complaint is not None:
            return (self._unreadable(0),)
        hiding = repeated_keys(document, (), problems)
        for key in document:
            if key not in _TOP:
                message = f"`{key}` is no element of a policy: there are `Version`, `Id` and `Statement`"
                hiding = problems.note("INVALID_POLICY_ELEMENT", message, (key,), at_key=True)
        self.complaint = hiding
        version = document.get("Version")
        if "Version" in document and version not in _VERSIONS:
            message = f"`Version` is `2012-10-17` or `2008-10-17`, not `{version}`"
            self.complaint = problems.note("INVALID_VERSION", message, ("Version",))
        statements = self._compile_statements(document, version == "2012-10-17")
        # Behind an unknown or repeated element may stand a Deny that nobody can read.
        return (*statements, self._unreadable(len(statements))) if hiding else statements

    def _compile_statements(self, document: Mapping[str, Any], version_2012: bool) -> tuple[Statement, ...]:
        if "Statement" not in document:
            self._problems.note("MISSING_STATEMENT", "the policy has no `Statement`", ())
            return ()
        source = document["Statement"]
        single = not isinstance(source, list)
        statements = []
        for index, item in enumerate([source] if single else source):
            path: Path = ("Statement",) if single else ("Statement", index)
            statement = compile_statement(self, item, index, path, version_2012, self._problems)
            if self.complaint:
                statement.broken.append(("Policy", self.complaint))
            statements.append(statement)
        return tuple(statements)

    def _unreadable(self, index: int) -> Statement:
        """Stands for what can't be read in a document: nobody can show that it doesn't deny."""
        statement = Statement(self, index, ())
        statement.broken.append(("Policy", self.complaint or ""))
        return statement

    @property
    def text(self) -> str:
        """The policy's text; data is written out with an indent of four."""
        if self._text is None:
            self._text = dump(self._document)
        return self._text

    @property
    def document(self) -> Any:
        """The policy as plain data, or None when its text is not JSON. A fresh copy."""
        return None if self._document is None else copied(self._document)

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with the grammar."""
        return not self.errors()

    def errors(self, kind: str | None = None) -> tuple[Finding, ...]:
        """The grammar errors with their places.

        Args:
            kind: `identity`, `resource`, `trust`, `boundary`, `session`, `scp`, `rcp` or `vpce` adds the rules of that
                type of policy; None checks only what holds for all.

        Returns:
            Findings in text order, all of severity ERROR.
        """
        from iamlab.policy.findings import (
            Finding,
            Severity,
        )  # here and below, since deciding needs none of it
        from iamlab.policy.grammar import grammar_problems

        problems = [*self._problems, *grammar_problems(self, self._document, kind)]
        findings = [
            Finding(problem.code, Severity.ERROR, problem.message, self._place(problem), problem.path)
            for problem in problems
        ]
        unique = {(finding.code, finding.path, finding.message): finding for finding in findings}
        return tuple(sorted(unique.values(), key=lambda finding: finding.span.start if finding.span else -1))

    def findings(self, kind: str = "identity", *, resource_type: str | None = None) -> tuple[Finding, ...]:
        """What AWS's policy validation reports: errors, security warnings, warnings and suggestions.

        Args:
            kind: `identity`, `resource`, `trust`, `scp`, `rcp`, `boundary`, `session` or `vpce`.
            resource_type: for `resource`, the CloudFormation type of the resource that the policy hangs on
                (`AWS::S3::Bucket`), which switches on the checks of that type.

        Returns:
            Findings in text order. Text that is not JSON is mended as far as possible, so that what stands in it is
            checked too.

        Raises:
            ValueError: there is no such kind.
        """
        from iamlab.policy.validation import (
            findings,
        )  # the checks are of no use to the engine, and load later

        return findings(self, kind, resource_type)

    def _place(self, problem: Problem) -> Span | None:
        if problem.code == "JSON_SYNTAX_ERROR" and not problem.path:
            complaint = _tree(self.text)
            if isinstance(complaint, ValueError):
                return complaint.span
        return self.span(problem.path, problem.at_key)

    def span(self, path: Path, at_key: bool = False) -> Span | None:
        """Where an element stands in the text.

        Args:
            path: the way to it from the root; a last step that doesn't exist is left out.
            at_key: the element's key rather than its value.

        Returns:
            The span, or None when the text is not JSON.
        """
        if self._lines is None:
            from iamlab.policy.findings import LineIndex

            self._lines = LineIndex(self.text)
            tree = _tree(self.text)
            self._root = None if isinstance(tree, ValueError) else tree
        node, key = self._root, None
        if node is None:
            return None
        for step in path:
            found = node.get(step)
            if found is None:
                break
            key, node = found
        target = key if at_key and key is not None else node
        return self._lines.span(target.start, target.end)

    def candidates(self, usage: Usage, action: str) -> Candidates:
        """The statements that concern an action (in lower case), Denies first. Remembered for recent actions."""
        found = self._candidates.get((usage, action))
        if found is None:
            concerned = [statement for statement in self.statements if statement.concerns(action)]
            found = (
                tuple(statement for statement in concerned if statement.denies),
                tuple(statement for statement in concerned if not statement.denies),
            )
            if len(self._candidates) >= _REMEMBERED_ACTIONS:
                self._candidates.clear()
            self._candidates[usage, action] = found
        return found

    def services(self) -> frozenset[str] | None:
        """The service prefixes that the policy speaks of; None when it may speak of any."""
        prefixes: set[str] = set()
        for statement in self.statements:
            if statement.actions is None or statement.actions.broken or statement.actions.services is None:
                return None
            prefixes |= statement.actions.services
        return frozenset(prefixes)

    def __repr__(self) -> str:
        label = f" {self.name!r}" if self.name else ""
        return f"<Policy{label}: {len(self.statements)} statement{'s' * (len(self.statements) != 1)}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Policy):
            return NotImplemented
        return (self.text, self.name, self.arn) == (other.text, other.name, other.arn)

    def __hash__(self) -> int:
        return hash((self.text, self.name, self.arn))


def _tree(text: str) -> Node | JsonSyntaxError:
    """The text's nodes with their places, or what is wrong with it. Deciding alone never needs either."""
    from iamlab.policy.places import JsonSyntaxError, parse

    try:
        return parse(text)
    except JsonSyntaxError as error:
        return error
