"""The lab's clock under moto's and botocore's feet.

moto's modules import `utcnow` by name, and botocore binds `_local_now` as a default argument: replacing the names
would come too late for most. So the functions stay and their code is exchanged.

Some modules ask `datetime.now()` or `time.time()` instead. They get stand-ins for these two names, service by
service, when a service is first called (`follow`). Where a handler waits for time to pass, a clock that stands moves on
by as much instead.

With all this, dates that moto writes (CreateDate, LastModified …) follow the lab's clock, and an SDK's own credential
chain in this process refreshes temporary credentials when the lab's clock says that they expire. Signatures keep
real time, rounded up to the second after a jump of the clock (see `iamlab.cloud.clock`).
"""

from __future__ import annotations

import datetime as datetime_module
import sys
import time
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, Protocol

from botocore import auth, compat, credentials
from moto.core import utils

_NAME = "_iamlab_now"
_iamlab_now: Callable[[], datetime]
"""No value here: `install` puts one into the modules whose globals the functions below run with."""


# These two and `_signing_now` run with the globals of moto's and botocore's modules, where `_iamlab_now` is put.
def _naive_now() -> Any:
    return _iamlab_now().replace(tzinfo=None)  # noqa: F821 (a global of moto's module)


def _aware_now() -> Any:
    return _iamlab_now()  # noqa: F821 (a global of moto's module)


class _StandIn:
    """Stands for a module, with a few names of its own."""

    def __init__(self, module: ModuleType, **names: Any) -> None:
        self.__dict__.update(names)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class _Clock(Protocol):
    def now(self) -> datetime: ...
    def wait(self, seconds: float) -> bool: ...


# package -> module, class and method in which a handler waits for the seconds it is given
_WAITING = {"sqs": ("moto.sqs.models", "Queue", "wait_for_messages")}


def follow(package: str, clock: Callable[[], _Clock]) -> list[Callable[[], None]]:
    """Let the modules of one of moto's packages ask the lab's clock where they would ask the computer's.

    Args:
        clock: tells the clock of the moment; a reset brings another one.

    Returns:
        What undoes it.
    """

    def now() -> datetime:
        return clock().now()

    lab_datetime = _datetime_of(now)
    stand_ins: dict[int, Any] = {
        id(datetime_module): _StandIn(datetime_module, datetime=lab_datetime),
        id(datetime): lab_datetime,
        id(time): _StandIn(time, time=lambda: now().timestamp()),
        id(time.time): lambda: now().timestamp(),
    }
    undo: list[Callable[[], None]] = []
    prefix = f"moto.{package}."
    for name, module in list(sys.modules.items()):
        if name.startswith(prefix):
            names = vars(module)
            for key in ("datetime", "dt", "time"):
                stand_in = stand_ins.get(id(names.get(key)))
                if stand_in is not None:
                    undo.append(_Put(names, key, names[key]))
                    names[key] = stand_in
    if package in _WAITING:
        undo.append(_let_time_pass(*_WAITING[package], clock))
    return undo


def _let_time_pass(module: str, owner: str, method: str, clock: Callable[[], _Clock]) -> Callable[[], None]:
    target = getattr(import_module(module), owner)
    original = getattr(target, method)

    def wait(self: Any, seconds: float) -> None:
        if not clock().wait(seconds):
            original(self, seconds)

    setattr(target, method, wait)
    return lambda: setattr(target, method, original)


class _Put:
    """Puts a name back."""

    def __init__(self, names: dict[str, Any], key: str, value: Any) -> None:
        self._names, self._key, self._value = names, key, value

    def __call__(self) -> None:
        self._names[self._key] = self._value


def _datetime_of(now: Callable[[], datetime]) -> type:
    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, datetime)

    class LabDatetime(datetime, metaclass=Meta):
        """`datetime` whose `now` is the lab's; what it makes are plain datetimes."""

        def __new__(cls, *arguments: Any, **named: Any) -> Any:
            return datetime(*arguments, **named)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now().astimezone(tz) if tz is not None else now().astimezone().replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> Any:
            return now().replace(tzinfo=None)

    return LabDatetime


def _signing_now(remove_tzinfo: bool = True) -> Any:
    now = _iamlab_now()  # noqa: F821 (a global of botocore's module)
    return now.replace(tzinfo=None) if remove_tzinfo else now


def install(now: Callable[[], datetime], signing_now: Callable[[], datetime]) -> Callable[[], None]:
    """Put the lab's clock in.

    Args:
        now: the lab's time (aware, UTC), for moto's handlers and botocore's credentials.
        signing_now: the time by which botocore signs.

    Returns:
        The function that undoes it.
    """
    undo = [
        _exchange(utils.utcnow, _naive_now, now),
        _exchange(vars(credentials)["_local_now"], _aware_now, now),
        _exchange(vars(compat)["get_current_datetime"], _signing_now, signing_now),
    ]
    # The Version 2 signer asks `time.time()`.
    vars(auth)["time"] = _StandIn(time, time=lambda: signing_now().timestamp())
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
