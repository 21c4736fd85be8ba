"""An independent answer to "what does the first policy allow that the second doesn't?": the SMT solver cvc5.

A translation of identity policies into formulas over strings and numbers, written from AWS's documentation and sharing
nothing with the package: not its parser, not its matchers. It knows what `generated` draws.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from fractions import Fraction
from functools import reduce
from typing import Any

import cvc5.pythonic as smt
from cvc5 import Kind

Formula = Any
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SEVERAL = 3  # values of a multivalued key


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def conj(parts: list[Formula]) -> Formula:
    return smt.And(*parts) if len(parts) > 1 else parts[0] if parts else smt.BoolVal(True)


def disj(parts: list[Formula]) -> Formula:
    return smt.Or(*parts) if len(parts) > 1 else parts[0] if parts else smt.BoolVal(False)


_TERMS = smt.main_ctx()
ANY_CHAR = smt.ReRef(_TERMS.tm.mkRegexpAllchar(), _TERMS)
NO_COLON = smt.ReRef(_TERMS.tm.mkTerm(Kind.REGEXP_DIFF, ANY_CHAR.ast, smt.Re(":").ast), _TERMS)


def regex(pieces: list[tuple[str, bool]]) -> Formula:
    """Pieces of literal text and wildcards (with whether they stop at colons) as a regular expression."""
    parts = []
    for text, confined in pieces:
        char = NO_COLON if confined else ANY_CHAR
        parts.append(smt.Star(char) if text == "*" else char if text == "?" else smt.Re(text[1:]))
    if not parts:
        return smt.Re("")
    return reduce(smt.Concat, parts)


def split(text: str) -> list[str]:
    """Text as literals (marked with `=`) and wildcards."""
    return [part if part in ("*", "?") else "=" + part for part in re.split(r"([*?])", text) if part]


def plain_regex(text: str) -> Formula:
    return regex([(part, False) for part in split(text)])


def resource_regex(text: str) -> Formula:
    if not text.strip("*"):
        return regex([("*", False)])
    pieces: list[tuple[str, bool]] = []
    for index, segment in enumerate(text.split(":", 5)):
        if index:
            pieces.append(("=:", False))
        parts = split(segment)
        for place, part in enumerate(parts):
            ends = part == "*" and place == len(parts) - 1
            pieces.append((part, index < 5 and not part.startswith("=") and not ends))
    return regex(pieces)


def arn_regex(text: str) -> Formula:
    if not text.strip("*"):
        return regex([("*", False)])
    pieces: list[tuple[str, bool]] = []
    for index, segment in enumerate(text.split(":", 5)):
        if index:
            pieces.append(("=:", False))
        pieces += [(part, index < 5 and not part.startswith("=")) for part in split(segment)]
    return regex(pieces)


class Space:
    """The unknowns of a request."""

    def __init__(self) -> None:
        self.action, self.resource = smt.String("action"), smt.String("resource")
        self.keys: dict[str, Any] = {}
        self.rules: list[Formula] = [
            smt.InRe(
                self.action, regex([("?", False), ("*", False), ("=:", False), ("?", False), ("*", False)])
            )
        ]
        self.rules.append(smt.Length(self.resource) > 0)

    def key(self, name: str) -> Any:
        name = name.lower()
        if name not in self.keys:
            self.keys[name] = KINDS.get(name, Text)(name, self)
        return self.keys[name]


class Text:
    """A key with one text, or absent."""

    def __init__(self, name: str, space: Space) -> None:
        self.present = smt.Bool(f"{name} present")
        self.value = smt.String(name)


class Several(Text):
    """A key with up to three texts; a count of one with `listed` unset is a single value."""

    def __init__(self, name: str, space: Space) -> None:
        super().__init__(name, space)
        self.tuple = smt.Bool(f"{name} tuple")
        self.members = [(smt.Bool(f"{name} has {i}"), smt.String(f"{name} {i}")) for i in range(_SEVERAL)]
        space.rules.append(smt.Implies(self.tuple, disj([has for has, _ in self.members])))


class Truth:
    def __init__(self, name: str, space: Space) -> None:
        self.present, self.value = smt.Bool(f"{name} present"), smt.Bool(name)


class Number:
    def __init__(self, name: str, space: Space) -> None:
        self.present, self.value = smt.Bool(f"{name} present"), smt.Real(name)


class Address:
    def __init__(self, name: str, space: Space) -> None:
        self.present, self.value = smt.Bool(f"{name} present"), smt.Int(name)
        self.six = smt.Bool(f"{name} six")
        space.rules += [self.value >= 0, self.value < 2**128, smt.Or(self.six, self.value < 2**32)]


KINDS: dict[str, Any] = {
    "aws:tags": Several,
    "s3:max-keys": Number,
    "aws:currenttime": Number,
    "aws:sourceip": Address,
    "aws:multifactorauthpresent": Truth,
}


def instant(text: str) -> Fraction:
    if re.fullmatch(r"\d{5,}", text):
        return Fraction(text)
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return Fraction(int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()))


class Filled:
    """A pattern with variables: pieces of text, values of keys and stars, matched from left to right."""

    def __init__(self, text: str, wildcards: bool, space: Space) -> None:
        self.runs: list[list[Any]] = [[]]
        self.defined: list[Formula] = []
        at = 0
        for match in _VARIABLE.finditer(text):
            self._literal(text[at : match.start()], wildcards)
            at = match.end()
            name, _, default = match[1].partition(",")
            if name in "*?$":
                self.runs[-1].append(smt.StringVal(name))
                continue
            key = space.key(name)
            usable = smt.And(key.present, smt.Length(key.value) > 0)
            if isinstance(key, Several):
                usable = smt.And(usable, smt.Not(key.tuple))
            if default:
                fallback = smt.StringVal(default.strip().strip("'"))
                self.runs[-1].append(smt.If(usable, key.value, fallback))
            else:
                self.defined.append(usable)
                self.runs[-1].append(key.value)
        self._literal(text[at:], wildcards)

    def _literal(self, text: str, wildcards: bool) -> None:
        for part in split(text) if wildcards else ["=" + text] if text else []:
            if part == "*":
                self.runs.append([])
            else:
                assert part != "?", "the generator draws no `?` beside variables"
                self.runs[-1].append(smt.StringVal(part[1:]))

    def matches(self, text: Formula) -> Formula:
        runs = [_joined(run) for run in self.runs]
        if len(runs) == 1:
            return conj([*self.defined, text == runs[0]])
        parts = [*self.defined, smt.PrefixOf(runs[0], text), smt.SuffixOf(runs[-1], text)]
        at = smt.Length(runs[0])
        for run in runs[1:-1]:
            found = smt.IndexOf(text, run, at)
            parts.append(found >= 0)
            at = found + smt.Length(run)
        parts.append(smt.Length(text) >= at + smt.Length(runs[-1]))
        return conj(parts)


def _joined(run: list[Any]) -> Formula:
    return reduce(smt.Concat, run) if run else smt.StringVal("")


def text_matches(operator: str, pattern: str, value: Formula, variables: bool, space: Space) -> Formula:
    if operator.startswith("Arn"):
        if not pattern.strip("*"):
            return smt.BoolVal(True)
        anything = [("=arn", False)] + [("=:", False), ("*", True)] * 4 + [("=:", False), ("*", False)]
        return smt.And(smt.InRe(value, arn_regex(pattern)), smt.InRe(value, regex(anything)))
    if variables and "${" in pattern:
        if operator.endswith("IgnoreCase"):
            lowered = Filled(pattern, False, space)
            return conj([*lowered.defined, _fold(value) == _fold(_joined(lowered.runs[0]))])
        return Filled(pattern, operator.endswith("Like"), space).matches(value)
    if operator.endswith("Like"):
        return smt.InRe(value, plain_regex(pattern))
    if operator.endswith("IgnoreCase"):
        return _fold(value) == smt.StringVal(pattern.lower())
    return value == smt.StringVal(pattern)


def _fold(text: Formula) -> Formula:
    context = text.ctx
    return smt.StringRef(context.tm.mkTerm(Kind.STRING_TO_LOWER, text.ast), context)


_COMPARE = {
    "Equals": lambda a, b: a == b,
    "NotEquals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}


def value_matches(
    operator: str, pattern: str, key: Any, value: Formula, variables: bool, space: Space
) -> Formula:
    """Whether one value meets the operator without its negation."""
    if operator == "Bool":
        return key.value == (pattern == "true")
    if operator.startswith("Numeric"):
        return _COMPARE[operator[7:]](value, smt.RealVal(str(Fraction(pattern))))
    if operator.startswith("Date"):
        return _COMPARE[operator[4:]](value, smt.RealVal(str(instant(pattern))))
    if "IpAddress" in operator:
        network = ipaddress.ip_network(pattern)
        low, high = int(network.network_address), int(network.broadcast_address)
        return smt.And(key.six == (network.version == 6), value >= low, value <= high)
    return text_matches(operator.replace("Not", ""), pattern, value, variables, space)


def condition(spelled: str, name: str, values: list[str], variables: bool, space: Space) -> Formula:
    key = space.key(name)
    empty = smt.Length(key.value) == 0 if isinstance(key, Text) else smt.BoolVal(False)
    if spelled == "Null":
        return disj([smt.Not(key.present) if value == "true" else key.present for value in values])
    quantifier, _, rest = spelled.rpartition(":")
    operator = rest.removesuffix("IfExists")
    if_exists = rest != operator
    negated = "Not" in operator

    def meets(value: Formula) -> Formula:
        hit = disj([value_matches(operator, pattern, key, value, variables, space) for pattern in values])
        return smt.Not(hit) if negated else hit

    several = isinstance(key, Several)
    if not quantifier:
        single = meets(key.value)
        if several:
            single = smt.If(key.tuple, smt.BoolVal(negated), single)
        return smt.If(key.present, single, smt.BoolVal(negated or if_exists))
    if not several:
        one = smt.And(key.present, smt.Not(empty))
        if quantifier == "ForAllValues":
            return smt.Implies(one, meets(key.value))
        return disj([smt.And(one, meets(key.value)), smt.And(smt.Not(key.present), smt.BoolVal(if_exists))])
    filled = disj([smt.And(has, smt.Length(value) > 0) for has, value in key.members])
    if quantifier == "ForAllValues":
        every = conj([smt.Implies(has, meets(value)) for has, value in key.members])
        of_several = smt.Or(every, smt.Not(filled))
        of_one = smt.Or(empty, meets(key.value))
        return smt.Or(smt.Not(key.present), smt.If(key.tuple, of_several, of_one))
    some = smt.And(filled, disj([smt.And(has, meets(value)) for has, value in key.members]))
    of_one = smt.And(smt.Not(empty), meets(key.value))
    return smt.If(key.present, smt.If(key.tuple, some, of_one), smt.BoolVal(if_exists))


def statement(source: dict[str, Any], variables: bool, space: Space) -> Formula:
    parts: list[Formula] = []
    negated = "NotAction" in source
    actions = [
        smt.InRe(space.action, plain_regex(text.lower()))
        for text in listed(source["NotAction" if negated else "Action"])
    ]
    parts.append(smt.Not(disj(actions)) if negated else disj(actions))
    negated = "NotResource" in source
    resources: list[Formula] = []
    for text in listed(source["NotResource" if negated else "Resource"]):
        if variables and "${" in text:
            filled = Filled(text, True, space)
            resources.append(filled.matches(space.resource))
            if negated:
                parts.extend(filled.defined)
        else:
            resources.append(smt.InRe(space.resource, resource_regex(text)))
    parts.append(smt.Not(disj(resources)) if negated else disj(resources))
    for operator, keys in source.get("Condition", {}).items():
        for name, values in keys.items():
            parts.append(condition(operator, name, [str(v) for v in listed(values)], variables, space))
    return conj(parts)


def allows(document: dict[str, Any], space: Space) -> Formula:
    variables = document.get("Version") == "2012-10-17"
    found = {
        effect: [
            statement(one, variables, space)
            for one in listed(document["Statement"])
            if one["Effect"] == effect
        ]
        for effect in ("Allow", "Deny")
    }
    return smt.And(disj(found["Allow"]), smt.Not(disj(found["Deny"])))


def differs(first: dict[str, Any], second: dict[str, Any], milliseconds: int = 5000) -> bool | None:
    """Whether the first allows anything that the second doesn't; None when the solver can't tell in time."""
    space = Space()
    question = smt.And(allows(first, space), smt.Not(allows(second, space)))
    solver = smt.Solver()
    solver.setOption("tlimit-per", milliseconds)
    solver.setOption("strings-exp", True)
    for rule in space.rules:
        solver.add(rule)
    solver.add(question)
    answer = str(solver.check())
    return {"sat": True, "unsat": False}.get(answer)
