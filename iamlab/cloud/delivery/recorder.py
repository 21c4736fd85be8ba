"""Collects events for trails and delivers them as log files, about every five minutes of the lab's clock.

The lab has no background work: the next call that arrives after a five-minute mark, whatever it is, finds the files
delivered that were due at the mark. While an account has no trails, there is no recorder, and calls pay nothing.

What can't be delivered waits and is tried again at the next mark, for 30 days.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import gzip
import json
import logging
import string
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from iamlab.cloud.delivery.destinations import notify, write
from iamlab.cloud.delivery.model import LogTrail
from iamlab.cloud.delivery.selectors import wants
from iamlab.cloud.state import LabState
from iamlab.cloud.trail import Event

EVERY = timedelta(minutes=5)
KEPT = timedelta(days=30)
"""How long CloudTrail tries to deliver to a bucket that doesn't let it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-troubleshooting.html
"""

_log = logging.getLogger(__name__)
_START = datetime(2000, 1, 1, tzinfo=UTC)
_UNIQUE = string.ascii_letters + string.digits


class Recorder:
    """All trails of a lab.

    Args:
        state: the lab's state.
    """

    def __init__(self, state: LabState) -> None:
        self._state = state
        self.trails: dict[str, LogTrail] = {}
        """By ARN, in the order of their making."""
        self._due: datetime | None = None

    def note(self, event: Event) -> None:
        """An event has come to its end: keep it for the trails that want it."""
        with self._state.lock:
            for trail in self.trails.values():
                if wants(trail, event):
                    trail.pending.append(event)
                    self._wake(max(_mark(event.time), trail.retry_at or _START))

    def catch_up(self, now: datetime) -> None:
        """Deliver all that is due by now."""
        if self._due is None or now < self._due:
            return
        with self._state.lock:
            self._due = None
            for trail in list(self.trails.values()):
                self.deliver(trail, now)

    def deliver(self, trail: LogTrail, now: datetime, *, all_of_it: bool = False) -> None:
        """Write what a trail has collected up to the last mark that has passed.

        Args:
            all_of_it: what isn't due yet, too.
        """
        earliest = trail.retry_at or _START
        waiting: dict[tuple[datetime, str], list[Event]] = {}
        later: list[Event] = []
        for event in trail.pending:
            due = max(_mark(event.time), earliest)
            if all_of_it or due <= now:
                waiting.setdefault((due, event.region), []).append(event)
            elif now - event.time <= KEPT:
                later.append(event)
        trail.pending = later
        for due, region in sorted(waiting):
            self._file(trail, due, region, waiting[due, region], now)
        for event in trail.pending:
            self._wake(max(_mark(event.time), trail.retry_at or _START))

    def _file(self, trail: LogTrail, due: datetime, region: str, events: list[Event], now: datetime) -> None:
        unique = "".join(self._state.random.choices(_UNIQUE, k=16))
        name = f"{trail.account}_CloudTrail_{region}_{due:%Y%m%dT%H%MZ}_{unique}.json.gz"
        key = f"{trail.folder(region)}/{due:%Y/%m/%d}/{name}"
        trail.attempted = due
        try:
            trail.error = write(trail, key, log_file(events), self._state, now)
        except Exception:
            # Somebody else's call only happens to be the first after the mark: it must not fail for this.
            _log.info("delivery to %s failed", trail.bucket, exc_info=True)
            trail.error = "InternalError"
        if trail.error is not None:
            trail.retry_at = _mark(now)
            trail.pending += [event for event in events if now - event.time <= KEPT]
            return
        trail.delivered, trail.retry_at = due, None
        if trail.topic is not None:
            trail.notification_error = notify(trail, [key], self._state, now)
            if trail.notification_error is None:
                trail.notified = due

    def _wake(self, when: datetime) -> None:
        if self._due is None or when < self._due:
            self._due = when


def recorder_of(state: LabState) -> Recorder:
    """The lab's recorder, made at first need."""
    with state.lock:
        if state.recorder is None:
            state.recorder = Recorder(state)
        found = state.recorder
    assert isinstance(found, Recorder)
    return found


def trails_of(state: LabState) -> Iterable[LogTrail]:
    """All trails of all accounts, oldest first."""
    return list(state.recorder.trails.values()) if isinstance(state.recorder, Recorder) else []


def log_file(events: Iterable[Event]) -> bytes:
    """A log file's bytes; the same events give the same bytes."""
    text = json.dumps({"Records": [event.record() for event in events]}, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def _mark(when: datetime) -> datetime:
    """The next five-minute mark."""
    return when - (when - _START) % EVERY + EVERY
