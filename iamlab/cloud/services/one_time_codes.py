"""One-time codes: what is shown by whoever has the seed, and how long it counts.

In: a `Device` with its seed, codes, and the lab's time. Out: whether AWS would take them. A code is good for its step
of thirty seconds and one to either side, on the device's own clock as AWS has come to know it, and only once: a step
that was used, and every one before it, is used up. Two codes of neighbouring steps prove a device whose clock is
further off, and tell how far.

https://datatracker.ietf.org/doc/html/rfc6238 (5.2 one use, 6 drifting clocks)
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_sync.html
"""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

from iamlab.cloud.moto_seam.mfa import Device

STEP = 30
"""Seconds that a code lasts."""
TOLERANCE = 1
"""Steps to either side in which a single code is taken."""
SEARCH = 240
"""Steps to either side in which two codes in a row are looked for: two hours."""


def accepts(device: Device, code: str, now: datetime) -> bool:
    """Take a single code, if it is right and fresh; then it is used up, and the device's clock is known again."""
    present = step_at(now)
    expected = present + device.drift
    for step in range(expected - TOLERANCE, expected + TOLERANCE + 1):
        if step > device.last_step and _is_code(device, step, code):
            device.drift, device.last_step = step - present, step
            return True
    return False


def accepts_pair(device: Device, first: str, second: str, now: datetime) -> bool:
    """Take two codes in a row, however far the device's clock is off (within `SEARCH`), and remember how far."""
    present = step_at(now)
    # From the middle outwards: the nearest pair is the one that was meant.
    for step in sorted(range(present - SEARCH, present + SEARCH), key=lambda step: abs(step - present)):
        if step <= device.last_step or not _is_code(device, step, first):
            continue
        if _is_code(device, step + 1, second):
            # Whoever types two codes waits for the second, or has both from an app that was asked ahead of time.
            device.drift = max(step - present, min(0, step + 1 - present))
            device.last_step = step + 1
            return True
    return False


def step_at(when: datetime) -> int:
    """The number of the thirty seconds in which `when` lies."""
    return int(when.timestamp()) // STEP


def _is_code(device: Device, step: int, code: str) -> bool:
    return hmac.compare_digest(pyotp.HOTP(device.base32_string_seed).at(step), code)
