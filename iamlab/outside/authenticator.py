"""An authenticator app: it knows seeds, looks at its clock, and shows six digits.

In: a seed in base 32, or the `otpauth:` address of a QR code. Out: codes for a person to type. The app speaks to
nobody: whether its codes count is for the other side to say, and depends on both clocks.

https://datatracker.ietf.org/doc/html/rfc6238
https://github.com/google/google-authenticator/wiki/Key-Uri-Format
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp

STEP = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the app."""

    label: str
    seed: str = field(repr=False)

    def code(self, at: datetime) -> str:
        """The six digits that this entry shows at a moment."""
        return pyotp.TOTP(self.seed, interval=STEP).at(at)


class Authenticator:
    """An authenticator app on somebody's phone.

    Args:
        clock: what the phone takes for the time; `lab.clock.now` for a phone that lives in the lab's time. A phone
            whose clock is wrong has a `clock` that says so.
    """

    __slots__ = ("_clock", "_entries")

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._entries: dict[str, Entry] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The entries, in the order in which they were added."""
        return tuple(self._entries)

    def add(self, secret: str | bytes, label: str | None = None) -> str:
        """Type in a seed, or take what a QR code says. Another seed under the same label replaces the first.

        Args:
            secret: `CreateVirtualMFADevice`'s `Base32StringSeed`, or an `otpauth://totp/…` address.
            label: the entry's name; by default the one in the address.

        Returns:
            The label.

        Raises:
            ValueError: this is neither a seed nor such an address, or asks for codes of another kind.
        """
        text = secret.decode("ascii") if isinstance(secret, bytes) else secret
        seed, named = _from_address(text) if text.lower().startswith("otpauth:") else (text, None)
        entry = Entry(label or named or f"account {len(self._entries) + 1}", _seed(seed))
        self._entries[entry.label] = entry
        return entry.label

    def remove(self, label: str) -> None:
        """Delete an entry.

        Raises:
            KeyError: there is none of that name.
        """
        del self._entries[self._entry(label).label]

    def code(self, label: str | None = None, *, at: datetime | None = None) -> str:
        """The code that an entry shows.

        Args:
            label: which entry; may be left out while there is but one.
            at: another moment than now.

        Raises:
            KeyError: there is no such entry, or more than one to choose from.
        """
        return self._entry(label).code(at or self._clock())

    def two_codes(self, label: str | None = None) -> tuple[str, str]:
        """The code that an entry shows now and the one that follows it: what enabling a device asks for."""
        now = self._clock()
        return self.code(label, at=now), self.code(label, at=now + timedelta(seconds=STEP))

    def _entry(self, label: str | None) -> Entry:
        if label is None and len(self._entries) == 1:
            return next(iter(self._entries.values()))
        if label in self._entries:
            return self._entries[label]
        known = ", ".join(f"`{name}`" for name in self._entries) or "none"
        asked = f"has no entry `{label}`" if label is not None else "needs to know which entry is meant"
        raise KeyError(f"the app {asked}; its entries: {known}")

    # -------------------------------------------------------------- how it shows itself
    def __repr__(self) -> str:
        return f"<authenticator app with {len(self._entries)} entries>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        now = self._clock()
        left = STEP - int(now.timestamp()) % STEP
        rows = [(entry.label, _spaced(entry.code(now))) for entry in self._entries.values()]
        lines = [f"{code}  {label}" for label, code in rows] or ["no entries yet"]
        # The bar runs on by itself for as long as the shown codes last.
        bar = (
            f'<div style="height:3px;background:currentColor;width:0;opacity:.6;'
            f'animation:iamlab-code {left}s linear"></div>'
            f"<style>@keyframes iamlab-code{{from{{width:{100 * left // STEP}%}}to{{width:0}}}}</style>"
        )
        cards = "".join(
            f'<div style="padding:.4em 0"><div style="font:600 1.6em ui-monospace,monospace;letter-spacing:.08em">'
            f'{code}</div><div style="opacity:.75">{escape(label)}</div></div>'
            for label, code in rows
        )
        html = (
            '<div style="border:1px solid currentColor;border-radius:12px;padding:.6em 1em;max-width:20em">'
            f"<div>Authenticator · {left} s left</div>{cards or '<div>no entries yet</div>'}{bar if rows else ''}</div>"
        )
        return {"text/plain": "\n".join([f"Authenticator · {left} s left", *lines]), "text/html": html}


def _from_address(text: str) -> tuple[str, str]:
    """(seed, label) of an `otpauth:` address."""
    parts = urlsplit(text)
    query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
    if parts.netloc.lower() != "totp":
        raise ValueError(f"this app shows codes that change with time (`totp`), not `{parts.netloc}`")
    for name, usual in (("digits", "6"), ("period", str(STEP)), ("algorithm", "SHA1")):
        if query.get(name, usual).upper() != usual:
            raise ValueError(f"this app knows {name} {usual} only, not `{query[name]}`")
    return query.get("secret", ""), unquote(parts.path.lstrip("/"))


def _seed(text: str) -> str:
    seed = text.replace(" ", "").replace("-", "").rstrip("=").upper()
    try:
        raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
    except binascii.Error:
        raw = b""
    if not raw:
        raise ValueError("a seed is written in the letters A to Z and the digits 2 to 7")
    return seed


def _spaced(code: str) -> str:
    return f"{code[:3]} {code[3:]}"
