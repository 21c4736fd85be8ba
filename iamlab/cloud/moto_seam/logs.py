"""CloudWatch Logs as services write to it, in moto's tables: nobody is asked.

Pinned to moto by `tests/cloud/services/test_lambda_functions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any


def group_exists(account: str, region: str, group: str) -> bool:
    """Whether there is a log group of this name."""
    return group in _store(account, region).groups


def stream_exists(account: str, region: str, group: str, stream: str) -> bool:
    """Whether a log group has a stream of this name."""
    found = _store(account, region).groups.get(group)
    return found is not None and stream in found.streams


def create_group(account: str, region: str, group: str, now: datetime) -> None:
    """Make a log group."""
    _store(account, region).create_log_group(group, {}).creation_time = now.replace(tzinfo=None)


def create_stream(account: str, region: str, group: str, stream: str, now: datetime) -> None:
    """Make a stream in a log group that is there."""
    found = _store(account, region).groups[group]
    found.create_log_stream(stream)
    found.streams[stream].creation_time = now.replace(tzinfo=None)


def put(account: str, region: str, group: str, stream: str, lines: Iterable[str], now: datetime) -> None:
    """Write lines to a stream that is there."""
    moment = int(now.timestamp() * 1000)
    events = [{"timestamp": moment, "message": line} for line in lines]
    _store(account, region).groups[group].put_log_events(stream, events)


def _store(account: str, region: str) -> Any:
    from moto.logs.models import logs_backends  # at first need

    return logs_backends[account][region]
