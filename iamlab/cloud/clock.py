"""The lab's clock: what time it is in this AWS.

Without a seed the lab's time is real time plus whatever `advance` added. With a seed it starts at one
fixed instant and moves one second per API call, so that ids, dates and expiries are the same in every run
of a notebook.

Requests are signed by SDKs with *real* time, whatever the lab's clock says. `at_real` translates: it
remembers every jump of the clock and says what the lab's clock showed at a real moment. A presigned URL made
before `advance(hours=2)` is therefore two hours older after it, while the next boto3 call is still fresh.
Signatures are dated in whole seconds, so each jump is given a whole second of its own: `signing_now`, the time by
which SDKs in this process sign, runs ahead of real time by a moment after a jump.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

SEEDED_START = datetime(2026, 1, 5, 9, 0, 0, tzinfo=UTC)
"""Where the clock of a seeded lab starts: a Monday morning."""

TICK = timedelta(seconds=1)
"""How far a seeded lab's clock moves per API call."""

_MARKS = 20_000  # how many movements are remembered; older URLs count from the oldest of them


def real_now() -> datetime:
    """The computer's time, aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """The lab's time, which only ever moves forward.

    Args:
        start: the fixed instant at which the clock starts and then stands; None follows real time.
    """

    __slots__ = ("_jumped", "_lock", "_marks", "_running")

    def __init__(self, start: datetime | None = None) -> None:
        self._lock = threading.Lock()
        real = real_now()
        self._running = start is None
        self._jumped = real
        # INVARIANT: (real, lab) pairs, both ascending; the last one rules from its real moment on.
        self._marks: list[tuple[datetime, datetime]] = [(real, _aware(start) if start else real)]

    @property
    def running(self) -> bool:
        """True if the clock follows real time, False if it only moves with calls and `advance`."""
        return self._running

    def now(self) -> datetime:
        """The lab's time (aware, UTC)."""
        real, lab = self._marks[-1]
        return lab + max(real_now() - real, timedelta()) if self._running else lab

    def wait(self, seconds: float) -> bool:
        """Somebody waits for time to pass (an SQS long poll). A standing clock moves on at once.

        Returns:
            False if the clock runs by itself and the waiting has to be done.
        """
        if self._running:
            return False
        with self._lock:
            self._mark(self._marks[-1][1] + timedelta(seconds=seconds))
        return True

    def signing_now(self) -> datetime:
        """Real time as SDKs of this process sign with it: never before the second of the latest jump."""
        return max(real_now(), self._jumped)

    def advance(
        self,
        delta: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> datetime:
        """Move the clock forward and return the new time.

        Raises:
            ValueError: the step is negative: credentials that expired can't come back to life.
        """
        step = (delta or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta():
            raise ValueError(f"the lab's clock only moves forward, not by `{step}`")
        with self._lock:
            return self._jump(self.now() + step)

    def set(self, when: datetime) -> datetime:
        """Move the clock forward to `when` (a naive datetime is taken as UTC) and return it.

        Raises:
            ValueError: `when` lies before the lab's present.
        """
        when = _aware(when)
        with self._lock:
            if when < self.now():
                raise ValueError(
                    f"the lab's clock only moves forward: `{when:%Y-%m-%dT%H:%M:%SZ}` lies before now"
                )
            return self._jump(when)

    def tick(self) -> datetime:
        """One API call has arrived: a standing clock moves by `TICK`. Returns the call's time."""
        if self._running:
            return self.now()
        with self._lock:
            return self._mark(self._marks[-1][1] + TICK)

    def at_real(self, real: datetime) -> datetime:
        """What the lab's clock showed at a real moment, extrapolated beyond start and present."""
        marks = self._marks
        index = max(bisect_right(marks, real, key=lambda mark: mark[0]) - 1, 0)
        real_mark, lab_mark = marks[index]
        if self._running or real < real_mark:
            return lab_mark + (real - real_mark)
        return lab_mark + max(real - self.signing_now(), timedelta())

    def to_real(self, lab: datetime) -> datetime:
        """The real moment at which the lab's clock would show `lab`, if it ran from now on.

        For programs outside of the lab that compare an expiry with their own clock.
        """
        return real_now() + (_aware(lab) - self.now())

    def _mark(self, lab: datetime) -> datetime:
        if len(self._marks) >= _MARKS:
            del self._marks[: _MARKS // 2]
        self._marks.append((max(real_now(), self._marks[-1][0]), lab))
        return lab

    def _jump(self, lab: datetime) -> datetime:
        """A movement that a signature's date, with its whole seconds, must fall before or after."""
        now = self.signing_now()
        self._jumped = now.replace(microsecond=0) + timedelta(seconds=1)
        self._mark(lab)
        self._marks[-1] = (self._jumped, lab)
        return lab

    def __repr__(self) -> str:
        return f"<lab clock {self.now():%Y-%m-%dT%H:%M:%SZ}>"


def _aware(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
