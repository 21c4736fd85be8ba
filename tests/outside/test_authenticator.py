"""The authenticator app shows the codes of RFC 6238, and nothing else of what it knows."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from iamlab.outside.authenticator import Authenticator

# The test vectors of https://datatracker.ietf.org/doc/html/rfc6238#appendix-B, cut to the six digits AWS uses.
SEED = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
]


class Phone:
    """A clock that shows what it is set to."""

    def __init__(self, seconds: int = 59) -> None:
        self.time = datetime.fromtimestamp(seconds, UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    app = Authenticator(Phone(seconds))
    app.add(SEED)
    assert app.code() == code


def test_a_code_changes_every_thirty_seconds_by_the_given_clock() -> None:
    phone = Phone(30)
    app = Authenticator(phone)
    app.add(SEED)
    first = app.code()
    phone.time += timedelta(seconds=29)
    assert app.code() == first
    phone.time += timedelta(seconds=1)
    assert app.code() != first


def test_two_codes_are_those_of_neighbouring_steps() -> None:
    phone = Phone()
    app = Authenticator(phone)
    app.add(SEED)
    first, second = app.two_codes()
    assert first == app.code()
    phone.time += timedelta(seconds=30)
    assert second == app.code()


def test_the_address_of_a_qr_code_brings_its_label() -> None:
    app = Authenticator(Phone())
    assert app.add(f"otpauth://totp/ana@123456789012?secret={SEED}&issuer=AWS") == "ana@123456789012"
    assert app.code("ana@123456789012") == "287082"


def test_seeds_are_read_as_people_copy_them() -> None:
    app = Authenticator(Phone())
    app.add(" ".join(SEED[i : i + 4].lower() for i in range(0, len(SEED), 4)), "typed")
    app.add(SEED.encode(), "bytes")
    assert app.code("typed") == app.code("bytes") == "287082"


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("hello, world!", "letters A to Z"),
        ("", "letters A to Z"),
        (f"otpauth://hotp/x?secret={SEED}", "not `hotp`"),
        (f"otpauth://totp/x?secret={SEED}&digits=8", "digits 6 only"),
        (f"otpauth://totp/x?secret={SEED}&algorithm=SHA256", "algorithm SHA1 only"),
    ],
)
def test_what_is_no_seed_is_refused(secret: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Authenticator(Phone()).add(secret)


def test_with_several_entries_one_must_say_which() -> None:
    app = Authenticator(Phone())
    app.add(SEED, "one")
    app.add(SEED, "two")
    with pytest.raises(KeyError, match="which entry"):
        app.code()
    with pytest.raises(KeyError, match="no entry `three`"):
        app.code("three")
    app.remove("one")
    assert app.labels == ("two",)
    assert app.code() == "287082"


def test_it_shows_codes_but_no_seed_and_escapes_labels() -> None:
    app = Authenticator(Phone())
    app.add(SEED, "<b>ana</b>")
    shown = app._repr_mimebundle_()
    assert "287 082" in shown["text/html"]
    assert "1 s left" in shown["text/plain"]
    assert "&lt;b&gt;ana" in shown["text/html"]
    assert SEED not in "".join(shown.values()) + repr(app) + repr(list(app._entries.values()))
