"""Condition blocks: each operator-and-key pair becomes one `Test`, a compiled question to a request's context.

Comes in: the `Condition` element. Goes out: tests whose `holds(values)` is the fast answer and whose `look(values)`
tells the same answer with its reason; both stand on the same predicate. A test that can't be evaluated (unknown
operator, malformed key or value) carries `broken`, and has no answer.

Rules: tests are ANDed; values of one key are ORed, under a negated operator NORed; an absent key makes a positive
    operator false, a negated one true, IfExists true.
See
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iamlab.policy.glob import Predicate, Token, tokens_of
from iamlab.policy.operators import NULL, Operator, Spelled, predicate_of, spell
from iamlab.policy.problems import Path, Problems, repeated_keys
from iamlab.policy.text import listed, scalar_text
from iamlab.policy.variables import Part, Values, VariableError, fill, has_variables, keys_of, template

if TYPE_CHECKING:
    from iamlab.policy.statement import Statement

__all__ = ["Test", "compile_conditions"]

Holds = Callable[[Values], bool]

# prefix:name; the prefix of an OIDC provider is host and path, a tag key may hold spaces.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*:[^${}*?]+")


class Test:
    """One operator with one condition key.

    Attributes:
        operator: the operator as written, prefix and suffix included.
        key: the condition key as written.
        values: the policy's values as text.
        path: where it stands.
        broken: why it can't be evaluated, or None.
        holds: the compiled answer for a context; meaningless when `broken`.
        spelled: the operator's row with quantifier and suffix, or None when it is unknown.
        lookup: the key in lower case, as contexts hold it.
        statement: the statement that it belongs to.
        variables: the keys that its values' variables ask for, as written.
    """

    __slots__ = (
        "_fill",
        "_parts",
        "broken",
        "holds",
        "key",
        "lookup",
        "operator",
        "path",
        "spelled",
        "statement",
        "values",
        "variables",
    )

    def __init__(self, operator: str, key: str, values: tuple[str, ...], path: Path) -> None:
        self.operator = operator
        self.key = key
        self.lookup = key.lower()
        self.values = values
        self.path = path
        self.broken: str | None = None
        self.variables: tuple[str, ...] = ()
        self.spelled: Spelled | None = None
        self.statement: Statement | None = None
        self.holds: Holds = lambda values: False
        self._fill: Callable[[Values], list[str | None]] | None = None
        self._parts: tuple[str | tuple[Part, ...], ...] = ()

    def resolved(self, context: Values) -> tuple[str | None, ...]:
        """The policy's values with this request's variables put in; None where a variable has no value."""
        return tuple(self._fill(context)) if self._fill else self.values

    @property
    def templated(self) -> bool:
        """Whether any value holds a variable, or one of the escapes `${*}`, `${?}`, `${$}`."""
        return bool(self._parts)

    def parts(self) -> tuple[tuple[Part, ...], ...]:
        """The policy's values as patterns, variables included, in the order of the text. For readable tests only."""
        wildcards = self.spelled is not None and self.spelled.operator.wildcards
        return tuple(
            part if isinstance(part, tuple) else tuple(tokens_of(part)) if wildcards else (part,)
            for part in self._parts or self.values
        )


def compile_conditions(
    block: Any, path: Path, version_2012: bool, problems: Problems
) -> tuple[Test, ...] | None:
    """Compile a `Condition` element.

    Args:
        block: its value.
        path: where it stands.
        version_2012: whether variables are switched on.
        problems: takes notes.

    Returns:
        The tests in the order of the text; None when the block as a whole can't be read.
    """
    if not isinstance(block, Mapping):
        problems.note("DATA_TYPE_MISMATCH", "`Condition` must be an object of operators", path)
        return None
    if repeated_keys(block, path, problems):
        return None
    tests: list[Test] = []
    for operator, keys in block.items():
        spelled = spell(operator)
        where = (*path, operator)
        complaint = None
        if spelled is None:
            complaint = problems.note(*_unknown(operator), where, at_key=True)
        if not isinstance(keys, Mapping):
            problems.note("DATA_TYPE_MISMATCH", f"`{operator}` must hold an object of condition keys", where)
            return None
        if repeated_keys(keys, where, problems):
            return None
        spellings: dict[str, Test] = {}
        for key, value in keys.items():
            test = _compile_test(operator, spelled, key, value, (*where, key), version_2012, problems)
            test.broken = test.broken or complaint
            earlier = spellings.setdefault(key.lower(), test)
            if earlier is not test:
                message = f"`{key}` and `{earlier.key}` are the same key, since keys ignore case: merge them"
                note = problems.note("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", message, test.path, at_key=True)
                earlier.broken = test.broken = note
            tests.append(test)
    return tuple(tests)


def _unknown(operator: str) -> tuple[str, str]:
    if operator.rpartition(":")[2] == "NullIfExists":
        return "NULL_WITH_IF_EXISTS", "`Null` asks whether the key exists: it can't take `IfExists`"
    return "INVALID_CONDITION_OPERATOR", f"`{operator}` is no condition operator (the case of letters counts)"


def _compile_test(
    operator: str,
    spelled: Spelled | None,
    key: str,
    value: Any,
    path: Path,
    version_2012: bool,
    problems: Problems,
) -> Test:
    texts: list[str] = []
    complaint: str | None = None
    for index, item in listed(value):
        text = scalar_text(item)
        if text is None:
            place = path if index is None else (*path, index)
            message = "a condition value is a string, a number or a boolean"
            complaint = problems.note("DATA_TYPE_MISMATCH", message, place)
        else:
            texts.append(text)
    test = Test(operator, key, tuple(texts), path)
    if not _KEY.fullmatch(key) or key.endswith("/"):
        message = f"`{key}` is no condition key: write `service:name`"
        if "${" in key:
            message = f"`{key}` holds a variable: condition keys can't"
        complaint = problems.note("INVALID_CONDITION_KEY_FORMAT", message, path, at_key=True)
    test.broken = complaint
    if spelled is None or complaint:
        return test
    test.spelled = spelled
    places = [path if index is None else (*path, index) for index, _ in listed(value)]
    if spelled.operator is NULL:
        _compile_null(test, spelled, places, problems)
    else:
        _compile_comparison(test, spelled, places, version_2012, problems)
    return test


def _compile_null(test: Test, spelled: Spelled, places: Sequence[Path], problems: Problems) -> None:
    for text, place in zip(test.values, places, strict=True):
        if text.lower() not in ("true", "false"):
            message = f"`Null` takes `true` or `false`, not `{text}`"
            test.broken = problems.note("TYPE_MISMATCH_BOOLEAN", message, place)
    wanted = frozenset(text.lower() == "true" for text in test.values)
    key = test.lookup
    if spelled.quantifier:
        # AWS documents both as constants, whatever the context holds.
        test.holds = (lambda values: True) if spelled.quantifier == "ForAllValues" else (lambda values: False)
    else:
        test.holds = lambda values: (not values.get(key)) in wanted


def _compile_comparison(
    test: Test, spelled: Spelled, places: Sequence[Path], version_2012: bool, problems: Problems
) -> None:
    row = spelled.operator
    fixed: list[Predicate] = []
    exact: set[str] = set()
    templates: list[tuple[Part, ...]] = []
    fillers: list[str | tuple[Part, ...]] = []
    for text, place in zip(test.values, places, strict=True):
        if version_2012 and row.variables and has_variables(text):
            try:
                parts = template(text, row.wildcards)
            except VariableError as error:
                test.broken = problems.note(error.code, str(error), place)
                continue
            templates.append(parts)
            fillers.append(parts)
            continue
        fillers.append(text)
        predicate = predicate_of(row.name, text)
        if predicate is None:
            code = "INVALID_VARIABLE_FOR_OPERATOR" if has_variables(text) else "TYPE_MISMATCH"
            message = f"`{row.name}` compares with {row.type}, and `{text}` is none"
            test.broken = problems.note(code, message, place)
        elif row.exact:
            exact.add(text)
        else:
            fixed.append(predicate)
    if templates:
        test.variables = tuple(key for parts in templates for key in keys_of(parts))
        test._parts = tuple(fillers)
        test._fill = lambda values: [
            filler if isinstance(filler, str) else _shown(fill(filler, values)) for filler in fillers
        ]
    matcher = _with_templates(row, exact, fixed, templates) if templates else None
    test.holds = _quantified(spelled, test.lookup, _any_of(row, exact, fixed), matcher)


def _shown(tokens: list[Token] | None) -> str | None:
    if tokens is None:
        return None
    return "".join(token if isinstance(token, str) else "*" if token == -1 else "?" for token in tokens)


def _any_of(row: Operator, exact: set[str], fixed: list[Predicate]) -> Predicate:
    if row.exact:
        return frozenset(exact).__contains__
    if len(fixed) == 1:
        return fixed[0]
    predicates = tuple(fixed)

    def match(text: str) -> bool:
        for predicate in predicates:  # noqa: SIM110 (any() with a generator costs twice as much)
            if predicate(text):
                return True
        return False

    return match


def _with_templates(
    row: Operator, exact: set[str], fixed: list[Predicate], templates: list[tuple[Part, ...]]
) -> Callable[[Values], Predicate]:
    """The predicate of a request: the fixed values, and the templates with its variables put in."""

    def bind(values: Values) -> Predicate:
        bound = list(fixed)
        for parts in templates:
            tokens = fill(parts, values)
            predicate = None if tokens is None else row.read(tokens)
            if predicate is not None:
                bound.append(predicate)
        return lambda text: text in exact or any(predicate(text) for predicate in bound)

    return bind


def _quantified(
    spelled: Spelled, key: str, static: Predicate, bind: Callable[[Values], Predicate] | None
) -> Holds:
    negated = spelled.operator.negated
    if spelled.quantifier:
        return _over_set(spelled.quantifier == "ForAllValues", spelled.if_exists, key, static, bind, negated)
    absent = negated or spelled.if_exists
    if bind is not None:

        def holds_bound(values: Values) -> bool:
            value = values.get(key)
            if value is None:
                return absent
            # A multivalued key under a plain operator matches nothing: it needs ForAllValues or ForAnyValue.
            return negated if value.__class__ is tuple else bind(values)(value) is not negated  # type: ignore[arg-type]  # no tuple here

        return holds_bound

    def holds(values: Values) -> bool:
        value = values.get(key)
        if value is None:
            return absent
        return negated if value.__class__ is tuple else static(value) is not negated  # type: ignore[arg-type]  # no tuple here

    return holds


def _over_set(
    every: bool,
    if_exists: bool,
    key: str,
    static: Predicate,
    bind: Callable[[Values], Predicate] | None,
    negated: bool,
) -> Holds:
    """ForAllValues and ForAnyValue: the operator, negation included, is asked of each request value."""

    def holds(values: Values) -> bool:
        value = values.get(key)
        if not value:  # absent, or a single empty value: AWS treats that as no value at all
            return every or (if_exists and value is None)
        members = value if isinstance(value, tuple) else (value,)
        match = static if bind is None else bind(values)
        if every:
            return all(match(member) is not negated for member in members) or not any(members)
        return any(match(member) is not negated for member in members) and any(map(bool, members))

    return holds
