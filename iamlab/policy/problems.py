"""How compiling a policy reports what can't be evaluated.

A compiler never raises on a policy's content: it notes a `Problem` at the element's path and marks the element as one
that can't be evaluated. The engine then fails closed (an Allow with such an element grants nothing, a Deny counts it
as met), and `Policy.errors()` turns the same notes into findings with places. One list, two readers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from iamlab.policy.text import DuplicateKeys

__all__ = ["Path", "Problem", "Problems", "repeated_keys"]

Path = tuple[str | int, ...]
"""The way to an element from the document's root, e.g. `("Statement", 0, "Action", 1)`."""


class Problem(NamedTuple):
    """One thing that is wrong at one place.

    Attributes:
        code: issue code of AWS's policy validation.
        message: what is wrong and what to do.
        path: the element.
        at_key: whether the element's key is meant rather than its value.
        fatal: whether the element can't be evaluated because of it.
    """

    code: str
    message: str
    path: Path
    at_key: bool = False
    fatal: bool = True


class Problems(list[Problem]):
    """The notes of one compilation."""

    def note(self, code: str, message: str, path: Path, at_key: bool = False, fatal: bool = True) -> str:
        """Add a problem; returns its message, to be kept with the element."""
        self.append(Problem(code, message, path, at_key, fatal))
        return message


def repeated_keys(value: Any, path: Path, problems: Problems) -> str | None:
    """Note the keys that stand twice in an object: which of the two counts, nobody can say."""
    complaint = None
    if isinstance(value, DuplicateKeys):
        for key in value.repeated:
            message = f"the key `{key}` stands more than once in this object: merge or rename"
            complaint = problems.note("JSON_SYNTAX_ERROR", message, (*path, key), at_key=True)
    return complaint
