"""The lab's clock under moto's and botocore's feet.

moto's modules import `utcnow` by name, and botocore binds `_local_now` as a default argument: replacing the names
would come too late for most. So the functions stay and their code is exchanged.

With it, dates that moto writes (CreateDate, LastModified …) follow the lab's clock, and an SDK's own credential
chain in this process refreshes temporary credentials when the lab's clock says that they expire. Signatures keep
real time, rounded up to the second after a jump of the clock (see `iamlab.cloud.clock`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from types import FunctionType
from typing import Any

from botocore import auth, compat, credentials
from moto.core import utils

_NAME = "_iamlab_now"


def _naive_now() -> Any:
    return _iamlab_now().replace(tzinfo=None)  # type: ignore[name-defined]  # noqa: F821


def _aware_now() -> Any:
    return _iamlab_now()  # type: ignore[name-defined]  # noqa: F821


def _signing_now(remove_tzinfo: bool = True) -> Any:
    now = _iamlab_now()  # type: ignore[name-defined]  # noqa: F821
    return now.replace(tzinfo=None) if remove_tzinfo else now


class _SigningTime:
    """Stands for the module `time` in `botocore.auth`, whose Version 2 signer asks `time.time()`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def time(self) -> float:
        return self._now().timestamp()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def install(now: Callable[[], datetime], signing_now: Callable[[], datetime]) -> Callable[[], None]:
    """Put the lab's clock in.

    Args:
        now: the lab's time (aware, UTC), for moto and for botocore's credentials.
        signing_now: the time by which botocore signs.

    Returns:
        The function that undoes it.
    """
    undo = [
        _exchange(utils.utcnow, _naive_now, now),
        _exchange(vars(credentials)["_local_now"], _aware_now, now),
        _exchange(vars(compat)["get_current_datetime"], _signing_now, signing_now),
    ]
    vars(auth)["time"] = _SigningTime(signing_now)
    undo.append(lambda: vars(auth).update(time=time))

    def restore() -> None:
        for step in undo:
            step()

    return restore


def _exchange(function: FunctionType, replacement: Any, now: Callable[[], datetime]) -> Callable[[], None]:
    original = function.__code__
    function.__globals__[_NAME] = now
    function.__code__ = replacement.__code__

    def undo() -> None:
        function.__code__ = original
        function.__globals__.pop(_NAME, None)

    return undo
