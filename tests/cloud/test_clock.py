"""The lab's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from iamlab.cloud.clock import SEEDED_START, Clock, real_now


def test_a_clock_without_a_start_follows_real_time() -> None:
    assert abs(Clock().now() - real_now()) < timedelta(seconds=1)


def test_a_clock_with_a_start_stands_still_but_for_calls() -> None:
    clock = Clock(SEEDED_START)
    assert clock.now() == clock.now() == SEEDED_START
    assert clock.tick() == SEEDED_START + timedelta(seconds=1)


@pytest.mark.parametrize("start", [None, SEEDED_START], ids=["running", "standing"])
def test_advance_adds_what_it_is_given(start: datetime | None) -> None:
    clock = Clock(start)
    before = clock.now()
    after = clock.advance(days=1, hours=2, minutes=3, seconds=4)
    assert abs(after - before - timedelta(days=1, hours=2, minutes=3, seconds=4)) < timedelta(seconds=1)
    assert abs(clock.now() - after) < timedelta(seconds=1)


def test_set_moves_to_an_instant_and_takes_naive_ones_as_utc() -> None:
    clock = Clock(SEEDED_START)
    assert clock.set(datetime(2027, 1, 1)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_time_never_goes_back() -> None:
    clock = Clock(SEEDED_START)
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(hours=-1)
    with pytest.raises(ValueError, match="only moves forward"):
        clock.set(SEEDED_START - timedelta(days=1))


@pytest.mark.parametrize("start", [None, SEEDED_START], ids=["running", "standing"])
def test_what_was_signed_before_a_jump_is_older_by_the_jump(start: datetime | None) -> None:
    clock = Clock(start)
    signed = clock.signing_now().replace(microsecond=0)
    clock.advance(hours=2)
    assert clock.now() - clock.at_real(signed) >= timedelta(hours=2)


@pytest.mark.parametrize("start", [None, SEEDED_START], ids=["running", "standing"])
def test_what_is_signed_right_after_a_jump_is_fresh(start: datetime | None) -> None:
    clock = Clock(start)
    for _ in range(3):  # several jumps within one real second
        clock.advance(hours=2)
    signed = clock.signing_now().replace(microsecond=0)
    assert abs(clock.now() - clock.at_real(signed)) < timedelta(seconds=2)


def test_an_expiry_can_be_told_to_programs_with_a_clock_of_their_own() -> None:
    clock = Clock(SEEDED_START)
    expiry = clock.now() + timedelta(hours=1)
    assert abs(clock.to_real(expiry) - real_now() - timedelta(hours=1)) < timedelta(seconds=1)
