"""One value of a condition key for every way in which the tests on it can turn out.

Comes in: the tests on one key and, where policy variables stand in them, the values already chosen for other keys.
Goes out: states of the key (absent, one value, several values), nicest first. For text the values come from the
tests' own patterns (every combination that some text matches), for numbers and dates from the points where a
comparison changes and those between them, for addresses from the ends of the ranges. Which tests a state meets is
then asked of the tests themselves.

A key that is only compared as a number, date, truth value or address is taken to hold a well-formed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, Decimal
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Final

from iamlab.analysis.strings import FRESH, Budget, Glob, glob_of, minterms
from iamlab.policy import values as typed
from iamlab.policy.conditions import Test
from iamlab.policy.glob import Token, arn_marks
from iamlab.policy.variables import Values, fill

__all__ = ["State", "glob_of_value", "states_of"]

State = str | tuple[str, ...] | None
"""A key's value, its values, or its absence."""

_FAMILIES: Final = {"Numeric": "number", "Date": "date", "Bool": "truth", "IpAddress": "address"}
_SOMEWHERE: Final = {4: "198.51.100.7", 6: "2001:db8::7"}
_EXACT: Final = Context(prec=1100)  # longer numbers are none, see `iamlab.policy.values`


def glob_of_value(operator: str, tokens: Sequence[Token]) -> Glob | None:
    """The texts that a value of a text operator stands for; None when there are none.

    Args:
        operator: its name without prefix and suffix.
        tokens: the policy's value, variables put in.
    """
    if operator.startswith("Arn"):
        marks = arn_marks(tokens)
        return None if marks is None else glob_of(tuple(marks))
    return glob_of(tuple((token, False) for token in tokens), fold=operator.endswith("IgnoreCase"))


def _family(operator: str) -> str:
    name = operator.removeprefix("Not")
    for prefix, family in _FAMILIES.items():
        if name.startswith(prefix):
            return family
    return "null" if operator == "Null" else "text"


def states_of(
    tests: Sequence[Test],
    values: Values,
    extra: Iterable[Glob],
    may_be_absent: bool,
    budget: Budget,
    fresh: str = FRESH,
) -> Iterator[State]:
    """The states of a key that tell its tests apart.

    Args:
        tests: the tests on the key.
        values: what other keys hold, for variables in the tests.
        extra: further patterns that the value can line up with, when it stands in variables itself.
        may_be_absent: whether the key can be absent.
        budget: pays for the search.
        fresh: characters to prefer for what no test names.
    """
    if may_be_absent:
        yield None
    singles = list(_single_values(tests, values, extra, budget, fresh))
    yield from singles
    quantified = sum(1 for test in tests if test.spelled is not None and test.spelled.quantifier)
    if quantified:
        classes: dict[tuple[bool, ...], str] = {}
        for value in singles:
            tell = (*(_meets(test, value, values) for test in tests), bool(value))
            classes.setdefault(tell, value)
        several = list(classes.values())
        # One value for each quantified test is enough to turn it; plain tests tell a list of one from the value alone.
        least = 1 if quantified < len(tests) else 2
        for size in range(1, min(len(several), quantified) + 1):
            for group in combinations(several, size):
                budget.spend(1, "the values of a multivalued key")
                if size >= least:
                    yield group
                # An empty text among others is a value of its own; alone it counts as none.
                yield ("", *group)
    typed_only = any(_family(_operator(test)) not in ("text", "null") for test in tests) and not any(
        _family(_operator(test)) == "text" for test in tests
    )
    if may_be_absent and not typed_only:
        yield ""  # to `Null` and to variables like an absent key, to comparisons a text


def _operator(test: Test) -> str:
    assert test.spelled is not None  # else the test is broken, and has no part in a rule
    return test.spelled.operator.name


def _meets(test: Test, value: str, values: Values) -> bool:
    """Whether a test holds for one value."""
    return test.holds({**values, test.lookup: value})


def _single_values(
    tests: Sequence[Test], values: Values, extra: Iterable[Glob], budget: Budget, fresh: str
) -> Iterator[str]:
    globs: dict[Glob, None] = dict.fromkeys(extra)
    texts = bool(globs)
    literals: dict[str, set[str]] = {"number": set(), "date": set(), "truth": set(), "address": set()}
    for test in tests:
        operator = _operator(test)
        family = _family(operator)
        if family == "null":
            continue
        if family != "text":
            literals[family].update(test.values)
            continue
        texts = True
        for parts in test.parts():
            tokens = fill(parts, values)
            glob = None if tokens is None else glob_of_value(operator, tokens)
            if glob is not None:
                globs[glob] = None
    if literals["truth"]:
        yield from ("true", "false")
    yield from _numbers(literals["number"])
    yield from _instants(literals["date"])
    if literals["address"]:
        yield from _addresses(literals["address"])
    if texts:
        yield from _texts(tuple(globs), budget, fresh)
    elif not any(literals.values()):
        yield fresh[0]


def _texts(globs: tuple[Glob, ...], budget: Budget, fresh: str) -> Iterable[str]:
    if all(glob.literal is not None for glob in globs):
        return _literal_texts([glob.literal for glob in globs if glob.literal], fresh[0])
    return _minterms(globs, budget, fresh)


def _literal_texts(texts: list[str], fresh: str) -> list[str]:
    """Without wildcards: each text, and one that is none of them."""
    other = fresh
    while other in texts:
        other += fresh
    return [*texts, other]


def _minterms(globs: tuple[Glob, ...], budget: Budget, fresh: str) -> tuple[str, ...]:
    found, cost = _counted_minterms(globs, fresh, min(budget.left, 200_000))
    budget.spend(cost, "the patterns of a condition key")
    return found


@lru_cache(1024)
def _counted_minterms(globs: tuple[Glob, ...], fresh: str, limit: int) -> tuple[tuple[str, ...], int]:
    purse = Budget(limit)
    found = tuple(minterms(globs, purse, "the patterns of a condition key", fresh))
    return found, limit - purse.left


def _numbers(texts: Iterable[str]) -> Iterator[str]:
    points = sorted({value for text in texts if (value := typed.number(text)) is not None})
    for index, point in enumerate(points):
        yield _plain(point)
        if index == 0:
            yield _plain(point - 1)
        after = points[index + 1] if index + 1 < len(points) else None
        yield _plain(point + 1 if after is None or after > point + 1 else _middle(point, after))


def _middle(low: int | Decimal, high: int | Decimal) -> Decimal:
    return _EXACT.divide(_EXACT.add(Decimal(low), Decimal(high)), Decimal(2))


def _plain(value: int | Decimal) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _instants(texts: Iterable[str]) -> Iterator[str]:
    points = sorted({value for text in texts if (value := typed.instant(text)) is not None})
    for index, (seconds, fraction) in enumerate(points):
        yield _date(seconds, fraction)
        if index == 0:
            yield _date(seconds - 86_400, "")
        after = points[index + 1] if index + 1 < len(points) else None
        if after is None or after > (seconds + 86_400, ""):
            yield _date(seconds + 86_400, "")
        else:
            # Between two moments lies the first of them with more digits behind its fraction.
            between = (seconds, f"{fraction}{'0' * (len(after[1]) + 1)}1")
            yield _date(*((seconds + 1, "") if (seconds + 1, "") < after else between))


def _date(seconds: int, fraction: str) -> str:
    days, rest = divmod(seconds, 86_400)
    year, month, day = _civil(days)
    if not 1 <= year <= 9999:
        return str(seconds)
    tail = f".{fraction}" if fraction else ""
    return f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}{tail}Z"


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970, in the Gregorian calendar."""
    days += 719_468
    era, of_era = divmod(days, 146_097)
    years = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return years + era * 400 + (month <= 2), month, day


def _addresses(texts: Iterable[str]) -> Iterator[str]:
    from ipaddress import IPv4Address, IPv6Address  # here, since few policies hold addresses

    ranges = [found for text in texts if (found := typed.network(text)) is not None]
    for version, width, make in ((4, 32, IPv4Address), (6, 128, IPv6Address)):
        ends = {0, 1 << width}
        for of_version, bits, rest in ranges:
            if of_version == version:
                ends |= {bits << rest, (bits + 1) << rest}
        somewhere = typed.address(_SOMEWHERE[version])
        assert somewhere is not None
        edges = sorted(ends)
        for low, high in pairwise(edges):
            inside = somewhere[1] if low <= somewhere[1] < high else low + 1 if low + 1 < high else low
            yield str(make(inside))
