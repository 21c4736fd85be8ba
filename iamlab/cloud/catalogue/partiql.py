"""Reading as much of a PartiQL statement as authorisation needs.

Kind of statement, table, index, partition keys, attributes. The grammar is DynamoDB's subset of PartiQL:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.catalogue.expressions import plain
from iamlab.cloud.catalogue.table import words

_TOKEN = re.compile(
    r"""
    \s+
    | (?P<other>--|/\*|[`;])
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_][\w.-]*?(?=[^\w-]|$))
    | (?P<operator><>|!=|<=|>=|[=<>])
    | (?P<mark>.)
    """,
    re.X | re.S,
)
_KEYWORDS = frozenset(
    words(
        "SELECT FROM WHERE INSERT INTO VALUE UPDATE DELETE SET REMOVE ADD AND OR NOT IN IS MISSING NULL "
        "BETWEEN ORDER BY ASC DESC RETURNING ALL OLD NEW MODIFIED EXISTS TRUE FALSE"
    )
)


_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# verb → what may follow the table; '' is the end
_GOES_ON = {
    "SELECT": ("", "WHERE", "ORDER"),
    "INSERT": ("VALUE",),
    "UPDATE": ("SET", "REMOVE"),
    "DELETE": ("WHERE",),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What one PartiQL statement does."""

    verb: str
    """`Select`, `Insert`, `Update` or `Delete`."""
    table: str
    index: str | None
    tokens: tuple[tuple[str, str], ...]
    returning: str = "NONE"

    @property
    def action(self) -> str:
        return f"dynamodb:PartiQL{self.verb}"

    def leading_keys(self, hash_key: str, parameters: list[Any]) -> list[str] | None:
        """Partition key values that the statement is confined to; None where it isn't: a full scan."""
        if self.verb == "Insert":
            return self._inserted(hash_key, parameters)
        where = self._after("WHERE")
        if where is None or any(kind == "word" and text.upper() == "OR" for kind, text in where):
            return None
        numbered = self._with_parameters(where, parameters)
        for position, (kind, text) in enumerate(numbered):
            if _name(kind, text) != hash_key or position + 1 >= len(numbered):
                continue
            operator = numbered[position + 1][1].upper()
            if operator == "=" and position + 2 < len(numbered):
                value = _literal(*numbered[position + 2])
                return [value] if value is not None else None
            if operator == "IN":
                values = []
                for item in numbered[position + 2 :]:
                    if item[1] in "])":
                        break
                    value = _literal(*item)
                    if value is not None:
                        values.append(value)
                return values or None
        return None

    def attributes(self) -> list[str] | None:
        """Attribute names in the statement, sorted; None for `SELECT *`, which names none of what it reads."""
        if self.verb == "Select" and len(self.tokens) > 1 and self.tokens[1][1] == "*":
            return None
        names: set[str] = set()
        tokens = self.tokens
        for position, (kind, text) in enumerate(tokens):
            before = tokens[position - 1][1].upper() if position else ""
            after = tokens[position + 1][1] if position + 1 < len(tokens) else ""
            if self.verb == "Insert":
                if kind == "string" and after == ":":
                    names.add(text[1:-1].replace("''", "'"))
                continue
            name = _name(kind, text)
            if name is None or before in ("FROM", "UPDATE", ".") or after == "(":
                continue
            if kind == "word" and text.upper() in _KEYWORDS:
                continue
            names.add(name.split(".", 1)[0] if kind == "word" else name)
        return sorted(names)

    def _inserted(self, hash_key: str, parameters: list[Any]) -> list[str] | None:
        numbered = self._with_parameters(list(self.tokens), parameters)
        for position, (kind, text) in enumerate(numbered[:-2]):
            if kind == "string" and text[1:-1] == hash_key and numbered[position + 1][1] == ":":
                value = _literal(*numbered[position + 2])
                return [value] if value is not None else None
        return None

    def _after(self, keyword: str) -> list[tuple[str, str]] | None:
        for position, (kind, text) in enumerate(self.tokens):
            if kind == "word" and text.upper() == keyword:
                return list(self.tokens[position + 1 :])
        return None

    def _with_parameters(self, part: list[tuple[str, str]], parameters: list[Any]) -> list[tuple[str, str]]:
        """The tokens with every `?` replaced by the value that is passed for it."""
        skipped = sum(text == "?" for _, text in self.tokens) - sum(text == "?" for _, text in part)
        values = iter(parameters[skipped:])
        found = []
        for kind, text in part:
            if text == "?":
                value = plain(next(values, None))
                found.append(("number", value) if value is not None else (kind, text))
            else:
                found.append((kind, text))
        return found


def parse(text: str) -> Statement | None:
    """One statement; None for what DynamoDB would refuse as no PartiQL at all."""
    tokens = tuple((m.lastgroup, m.group()) for m in _TOKEN.finditer(text) if m.lastgroup)
    if len(tokens) > 3 and tokens[0][1].upper() == "EXISTS" and tokens[1][1] == "(":
        tokens = tokens[2:-1]  # the condition check of a transaction
    words = [t.upper() if kind == "word" else "" for kind, t in tokens]
    if not words:
        return None
    verb = words[0]
    if verb in ("SELECT", "DELETE"):
        position = words.index("FROM") + 1 if "FROM" in words else 0
    elif verb == "INSERT":
        position = words.index("INTO") + 1 if "INTO" in words else 0
    else:
        position = 1 if verb == "UPDATE" else 0
    if not position or position >= len(tokens):
        return None
    table = _name(*tokens[position])
    if not table or any(kind == "other" for kind, _ in tokens):
        return None
    index = None
    if position + 2 < len(tokens) and tokens[position + 1][1] == ".":
        index = _name(*tokens[position + 2])
    after = position + (1 if index is None else 3)
    next_word = (words[after] or "?") if after < len(words) else ""
    if len([word for word in words if word in _VERBS]) > 1 or next_word not in _GOES_ON[verb]:
        return None  # of one table a statement, without joins and other statements in it
    returning = "NONE"
    if "RETURNING" in words:
        rest = words[words.index("RETURNING") + 1 :]
        returning = {"ALL": "ALL", "MODIFIED": "UPDATED"}.get(rest[0], "") if rest else ""
        returning = f"{returning}_{rest[1]}" if returning and len(rest) > 1 else "NONE"
    return Statement(verb.capitalize(), table, index, tokens, returning)


def _name(kind: str, text: str) -> str | None:
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    return text if kind == "word" else None


def _literal(kind: str, text: str) -> str | None:
    if kind == "string":
        return text[1:-1].replace("''", "'")
    return text if kind == "number" else None
