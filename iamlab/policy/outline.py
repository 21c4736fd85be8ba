"""The outline of a statement: its elements in order, and the answers of each to a request.

Comes in: a compiled statement and where it is used. Goes out: an `Outline`, made once per statement. Asking all
elements must come to what the statement's compiled `hit` says; the tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlab.policy.conditions import Test
from iamlab.policy.facts import Facts, Strength
from iamlab.policy.statement import Statement, Usage

__all__ = ["Answer", "Outline", "outline_of"]

Answer = bool | None
"""Whether an element is met; None when it can't be evaluated."""

Element = tuple[str, "Statement | Test", str | None]
"""An element's name, what answers for it, and why it can't be evaluated, if so."""

_UNKNOWN_CANONICAL = "a canonical user id is listed, and the request doesn't tell the caller's"


class Outline:
    """The elements of one statement.

    Attributes:
        elements: in the order of the answers: what can't be read, principal, action, resource, conditions.
    """

    __slots__ = ("_asks_principals", "_head", "_resources", "_statement", "_tests", "elements")

    def __init__(self, statement: Statement, usage: Usage) -> None:
        self._statement = statement
        odd = list(_odd_elements(statement, usage))
        self._asks_principals = statement.principals is not None and not any(
            element.endswith("Principal") for element, _, _ in odd
        )
        head: list[Answer] = [None] * len(odd)
        elements: list[Element] = list(odd)
        principals, actions, resources = statement.principals, statement.actions, statement.resources
        if principals is not None and self._asks_principals:
            doubt = _UNKNOWN_CANONICAL if principals.undecidable and statement.denies else None
            elements.append(("NotPrincipal" if principals.negated else "Principal", statement, doubt))
        self._head = head
        if actions is not None:
            elements.append(("NotAction" if actions.negated else "Action", statement, actions.broken))
        if resources is not None:
            elements.append(("NotResource" if resources.negated else "Resource", statement, resources.broken))
        elements.extend(("Condition", test, test.broken) for test in statement.tests)
        self.elements = tuple(elements)
        self._resources = None if resources is None or resources.broken else resources.match
        self._tests = tuple(None if test.broken else test.holds for test in statement.tests)

    def answers(self, facts: Facts, bounded: bool) -> list[Answer]:
        """Ask every element.

        Args:
            facts: a request whose action the statement concerns.
            bounded: whether the caller carries a permissions boundary.
        """
        statement = self._statement
        found = self._head.copy()
        if self._asks_principals:
            found.append(self._principal(facts, bounded))
        actions = statement.actions
        if actions is not None:
            found.append(None if actions.broken else True)
        values = facts.values
        if self._resources is not None:
            found.append(self._resources(facts.resource, values))
        elif statement.resources is not None:
            found.append(None)
        for holds in self._tests:
            found.append(None if holds is None else holds(values))
        return found

    def _principal(self, facts: Facts, bounded: bool) -> Answer:
        principals = self._statement.principals
        assert principals is not None
        if principals.strength(facts, bounded) > Strength.NONE:
            return True
        return None if principals.undecidable and self._statement.denies else False


def _odd_elements(statement: Statement, usage: Usage) -> Iterator[Element]:
    """Elements that can't be read as a whole, and elements out of place."""
    for element, why in statement.broken:
        if element == "Condition":
            readable = bool(statement.tests)
        elif element.endswith("Action"):
            readable = statement.actions is not None and statement.actions.broken is not None
        elif element.endswith("Resource"):
            readable = statement.resources is not None and statement.resources.broken is not None
        else:
            readable = False
        if not readable:
            yield element, statement, why
    problem = statement.usage_problem(usage)
    if problem is not None:
        yield problem[0], statement, problem[1]


def outline_of(statement: Statement, usage: Usage) -> Outline:
    """The outline of a statement; made once."""
    found = statement.outlines.get(usage)
    if found is None:
        found = statement.outlines[usage] = Outline(statement, usage)
    assert isinstance(found, Outline)
    return found
