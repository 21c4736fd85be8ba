"""What one running lab knows, beside the resources that live in moto's backends.

Every step of the gate and each of our own operations gets the `LabState`; nothing in the cloud keeps a
global.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from iamlab.cloud.clock import Clock

if TYPE_CHECKING:
    from iamlab.cloud.delivery.recorder import Recorder
    from iamlab.cloud.sessions import Session
    from iamlab.cloud.trail import Event
    from iamlab.engine import Decision

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
DEFAULT_SOURCE_IP = "203.0.113.10"
"""`aws:SourceIp` of calls: an address set aside for documentation (RFC 5737), as if from a desk somewhere."""
KEEP = 10_000
"""How many calls the lab remembers."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One call's verdict, kept for `lab.why()`."""

    request_id: str
    service: str
    operation: str
    decision: Decision
    """The check that denied; of an allowed call the first one."""
    decisions: tuple[Decision, ...]
    """Every check that was made, in order; the last one is the one that denied, if any did."""


@dataclass(slots=True)
class RootKey:
    """An access key of an account's root user. AWS lets an account have two."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    account: str
    status: str = "Active"
    created: datetime | None = None
    last_used: tuple[datetime, str, str] | None = None
    """When, for which service and in which region."""


@dataclass(slots=True)
class LabState:
    """The state of one lab; thread-safe where the gate touches it."""

    account_id: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    clock: Clock = field(default_factory=Clock)
    random: Random = field(default_factory=Random)
    """Every id, key and secret of the lab is drawn from here, so that a seed makes them reproducible."""
    sessions: dict[str, Session] = field(default_factory=dict)
    """Temporary credentials by access key id; `sessions.py` writes it."""
    root_keys: dict[str, RootKey] = field(default_factory=dict)
    """Root users' access keys by access key id."""
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEEP))
    """What happened, oldest first; read through `lab.trail`."""
    decisions: deque[Decided] = field(default_factory=lambda: deque(maxlen=KEEP))
    refusal: tuple[str, str] | None = None
    """Request id and error code of the latest call, if the gate refused it: by a policy or, as likely, before any."""
    encoded_messages: dict[str, str] = field(default_factory=dict)
    """EC2's encoded authorization messages → the JSON that DecodeAuthorizationMessage returns."""
    recorder: Recorder | None = None
    """Collects events for the accounts' trails; None while there are none."""
    source_ip: str = DEFAULT_SOURCE_IP
    """The address that calls come from, as policies see it."""
    stores: dict[str, Any] = field(default_factory=dict)
    """State of our own operations, by service: `state.stores.setdefault("iam", …)`."""
    closers: list[Callable[[], None]] = field(default_factory=list)
    """Ends what our own operations have started beside them: processes, for one."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def close(self) -> None:
        """End what runs beside the lab."""
        while self.closers:
            self.closers.pop()()

    def start_over(self, clock: Clock) -> None:
        """Forget everything, in place: the gate and our own operations hold on to this object."""
        self.close()
        with self.lock:
            self.clock = clock
            for kept in (self.sessions, self.root_keys, self.events, self.decisions):
                kept.clear()
            self.encoded_messages.clear()
            self.stores.clear()
            self.recorder = self.refusal = None
            self.source_ip = DEFAULT_SOURCE_IP
