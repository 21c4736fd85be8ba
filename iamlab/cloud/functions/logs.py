"""A function's log, written to CloudWatch Logs as the role: its policies decide whether there is one.

In: the text of a run and the session that it ran under. Out: nothing; what the role may not do is left undone, and the
function runs all the same.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from iamlab.cloud.callers import Caller, find_caller
from iamlab.cloud.moto_seam import logs
from iamlab.cloud.moto_seam.functions import Function
from iamlab.cloud.ruling import rule
from iamlab.cloud.service_calls import service_call
from iamlab.cloud.sessions import Session
from iamlab.cloud.state import LabState


def write(state: LabState, function: Function, session: Session, stream: str, text: str) -> None:
    """Put a run's log where it belongs, as far as the role lets.

    Args:
        session: of the role, as the run had it.
        stream: the log stream of the run's execution environment.
    """
    caller = find_caller(session.access_key_id, state)
    if caller is None:  # the role is gone
        return
    now = state.clock.now()
    place = (function.account, function.region)
    group = f"/aws/lambda/{function.name}"
    named = {"logGroupName": group, "logStreamName": stream}
    with state.lock:
        if not logs.group_exists(*place, group):
            if not _may(state, caller, function, now, "CreateLogGroup", {"logGroupName": group}):
                return
            logs.create_group(*place, group, now)
        if not logs.stream_exists(*place, group, stream):
            if not _may(state, caller, function, now, "CreateLogStream", named):
                return
            logs.create_stream(*place, group, stream, now)
        if _may(state, caller, function, now, "PutLogEvents", named | {"logEvents": []}):
            logs.put(*place, group, stream, text.splitlines(keepends=True), now)


def _may(
    state: LabState, caller: Caller, function: Function, now: datetime, operation: str, params: dict[str, Any]
) -> bool:
    call = service_call(state, caller, "logs", operation, now, **params)
    call.account, call.region = function.account, function.region
    return rule(call, state).denied is None
