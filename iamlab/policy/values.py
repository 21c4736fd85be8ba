"""The typed values that conditions compare: numbers, instants, truth values, bytes, addresses.

Comes in: text from a policy or from a request. Goes out: a comparable Python value, or None when the text isn't one.
The readers are strict, since text that only looks like a value must not decide anything; they are cached, because
requests repeat the same few values.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
RFC 4648 (base64), RFC 4632 and RFC 4291 (addresses), https://www.w3.org/TR/NOTE-datetime (dates).
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["Network", "address", "binary", "instant", "network", "number", "truth"]

_CACHE: Final = 4096
_LONGEST: Final = 512  # longer text is no value of any of these types, and must not fill the caches

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_EPOCH = re.compile(r"-?[0-9]{5,18}")
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_MONTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

Network = tuple[int, int, int]
"""IP version, address bits above the mask, width of the rest."""


@lru_cache(_CACHE)
def number(text: str) -> int | Decimal | None:
    """An integer or decimal; scientific notation is none."""
    if len(text) > _LONGEST or not _DECIMAL.fullmatch(text):
        return None
    if "." not in text:
        return int(text)
    from decimal import Decimal  # here, since few policies compare decimals and the import takes its time

    return Decimal(text)


@lru_cache(_CACHE)
def truth(text: str) -> bool | None:
    """`true` or `false`, in any case."""
    return {"true": True, "false": False}.get(text.lower()) if len(text) <= 5 else None


@lru_cache(_CACHE)
def instant(text: str) -> tuple[int, str] | None:
    """Seconds since 1970 and the fraction's digits, from an ISO 8601 date or from epoch seconds.

    Four digits are a year, more are epoch seconds. A time without a zone is taken as UTC: the documentation is silent.
    """
    if len(text) > _LONGEST:
        return None
    if _EPOCH.fullmatch(text):
        return int(text), ""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    days = _days(int(year), int(month or 1), int(day or 1))
    if days is None:
        return None
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    offset = 0
    if zone and zone != "Z":
        if int(zone[1:3]) > 23 or int(zone[4:6]) > 59:
            return None
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * (-60 if zone[0] == "-" else 60)
    return days * 86400 + hours * 3600 + minutes * 60 + seconds - offset, (fraction or "").rstrip("0")


def _days(year: int, month: int, day: int) -> int | None:
    """Days from 1970 to a date of the Gregorian calendar; None when there is no such date."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= _MONTHS[month - 1] + (leap and month == 2):
        return None
    before = year - 1
    years = before * 365 + before // 4 - before // 100 + before // 400
    return years + sum(_MONTHS[: month - 1]) + (leap and month > 2) + day - 719163


@lru_cache(_CACHE)
def binary(text: str) -> bytes | None:
    """The bytes behind base64 text."""
    try:
        return a2b_base64(text.encode("ascii"), strict_mode=True)
    except (Base64Error, ValueError):
        return None


@lru_cache(_CACHE)
def address(text: str) -> tuple[int, int] | None:
    """IP version and number of one address."""
    if len(text) > _LONGEST:
        return None
    if _IPV4.fullmatch(text):
        a, b, c, d = text.split(".")
        return 4, int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)
    if ":" not in text or "%" in text:
        return None
    from ipaddress import AddressValueError, IPv6Address  # here, since few policies hold IPv6 addresses

    try:
        return 6, int(IPv6Address(text))
    except AddressValueError:
        return None


@lru_cache(_CACHE)
def network(text: str) -> Network | None:
    """A CIDR range or a single address; bits beyond the mask are ignored, no prefix means that one host."""
    host, slash, prefix = text.partition("/")
    parsed = address(host)
    if parsed is None or (slash and not re.fullmatch(r"[0-9]{1,3}", prefix)):
        return None
    version, bits = parsed
    width = 32 if version == 4 else 128
    length = int(prefix) if slash else width
    if length > width:
        return None
    return version, bits >> (width - length), width - length
