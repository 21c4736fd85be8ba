"""Temporary credentials and who they stand for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from iamlab.cloud.sessions import SessionKind, access_key_id, account_of_key, issue
from iamlab.cloud.state import LabState

ACCOUNTS = ["000000000000", "000000000001", "123456789012", "123456789013", "999999999999"]


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize(("prefix", "length"), [("AKIA", 20), ("ASIA", 20), ("AIDA", 21), ("AROA", 21)])
def test_an_id_carries_its_account(account: str, prefix: str, length: int) -> None:
    for seed in range(20):
        made = access_key_id(Random(seed), prefix, account, length)
        assert made.startswith(prefix)
        assert len(made) == length
        assert account_of_key(made) == account


# The published example of an id without an account, and things that aren't ids.
@pytest.mark.parametrize("text", ["", "AKIA", "AKIAIOSFODNN7EXAMPLE", "AKIA0000000000000000", "nonsense!"])
def test_an_id_that_nobody_made_belongs_to_nobody(text: str) -> None:
    assert account_of_key(text) is None


def new_session(state: LabState, minutes: int = 15) -> str:
    made = issue(
        state,
        SessionKind.TOKEN,
        "123456789012",
        timedelta(minutes=minutes),
        issuer_id="123456789012",
        name="",
    )
    return made.access_key_id


def test_a_session_ends_by_the_labs_clock() -> None:
    state = LabState()
    session = state.sessions[new_session(state)]
    assert not session.expired(state.clock.now())
    state.clock.advance(minutes=14)
    assert not session.expired(state.clock.now())
    state.clock.advance(minutes=1)
    assert session.expired(state.clock.now())


def test_a_session_shows_no_secret() -> None:
    state = LabState()
    session = state.sessions[new_session(state)]
    for text in (repr(session), str(session), repr(state)):
        assert session.secret_access_key not in text
        assert session.session_token not in text


def test_sessions_do_not_pile_up_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from iamlab.cloud import sessions

    monkeypatch.setattr(sessions, "_KEEP", 20)
    state = LabState()
    first = new_session(state)
    state.clock.advance(minutes=1)
    later = [new_session(state) for _ in range(40)]
    assert len(state.sessions) <= 20
    assert first not in state.sessions
    assert later[-1] in state.sessions
