"""Execution environments: which processes run a function, under which session of its role.

An environment takes one event at a time and stays warm for the next. Another event at the same time gets one of its
own. Lambda assumes the role for each of them, and the role's trust policy decides.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
https://docs.aws.amazon.com/lambda/latest/dg/lambda-permissions.html
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from iamlab.cloud.errors import AwsError
from iamlab.cloud.functions.worker import Outcome, Worker
from iamlab.cloud.moto_seam.functions import Function
from iamlab.cloud.service_calls import assume_for_service
from iamlab.cloud.sessions import Session
from iamlab.cloud.state import LabState

SERVICE = "lambda.amazonaws.com"
CONCURRENT = 10
"""How many environments run at once: what Lambda gives a new account."""

LIFETIME = timedelta(hours=12)
_FRESH = timedelta(minutes=15)  # an environment whose session ends sooner gets no further event
_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(slots=True, eq=False)
class _Environment:
    function: Function
    session: Session
    stream: str
    worker: Worker


@dataclass(frozen=True, slots=True)
class Run:
    """One event's run, and under whom and where it ran."""

    outcome: Outcome
    session: Session
    stream: str
    """The log stream of its environment."""


class Environments:
    """All environments of a lab.

    Args:
        state: the lab's state.
        served: makes the variables of a program that talks to the served lab, for a session's credentials.
    """

    def __init__(self, state: LabState, served: Callable[[Mapping[str, Any]], Mapping[str, str]]) -> None:
        self._state = state
        self._served = served
        self._lock = threading.Lock()
        self._warm: list[_Environment] = []
        self._busy: set[_Environment] = set()
        self._stopped = False

    def run(self, function: Function, request: Mapping[str, Any]) -> Run:
        """Run a function once.

        Args:
            request: as `runner` reads it.

        Raises:
            AwsError: Lambda can't assume the role, or too many run already.
        """
        environment = self._take(function, str(request["id"]))
        try:
            outcome = environment.worker.run(request, function.timeout)
            return Run(outcome, environment.session, environment.stream)
        finally:
            with self._lock:
                self._busy.discard(environment)
                keep = environment.worker.alive and not self._stopped
                if keep:
                    self._warm.append(environment)
            if not keep:
                environment.worker.stop()

    def stop(self) -> None:
        """End all processes."""
        with self._lock:
            self._stopped = True
            ended = [*self._warm, *self._busy]
            self._warm.clear()
        for environment in ended:
            environment.worker.stop()

    # -------------------------------------------------------------- cold and warm
    def _take(self, function: Function, request_id: str) -> _Environment:
        with self._lock:
            found = next((one for one in self._warm if self._fits(one, function)), None)
            stale = [
                one
                for one in self._warm
                if one.function.arn == function.arn and not self._fits(one, function)
            ]
            self._warm = [one for one in self._warm if one is not found and one not in stale]
            if found is not None:
                self._busy.add(found)
            elif len(self._busy) >= CONCURRENT:
                raise AwsError(
                    "TooManyRequestsException",
                    "Rate Exceeded.",
                    429,
                    Reason="ConcurrentInvocationLimitExceeded",
                    Type="User",
                )
        for one in stale:
            one.worker.stop()
        if found is not None:
            return found
        session = self._assume(function, request_id)
        now = self._state.clock.now()
        stream = f"{now:%Y/%m/%d}/[{function.version}]{self._state.random.getrandbits(128):032x}"
        worker = Worker(function, self._environ(function, session, stream))
        made = _Environment(function, session, stream, worker)
        with self._lock:
            self._busy.add(made)
        return made

    def _fits(self, environment: _Environment, function: Function) -> bool:
        return (
            environment.function == function
            and environment.worker.alive
            and environment.session.expires - self._state.clock.now() > _FRESH
            and self._state.sessions.get(environment.session.access_key_id) is environment.session
        )

    def _assume(self, function: Function, request_id: str) -> Session:
        try:
            return assume_for_service(
                self._state,
                SERVICE,
                function.role,
                function.name,
                LIFETIME,
                function.unqualified_arn,
                {"lambda:SourceFunctionArn": function.unqualified_arn},
                on_behalf_of=request_id,
            )
        except AwsError as error:
            raise AwsError(
                "AccessDeniedException",
                "The role defined for the function cannot be assumed by Lambda.",
                403,
                Type="User",
            ) from error

    def _environ(self, function: Function, session: Session, stream: str) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
        return {
            **kept,
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **function.variables,
            **self._served(session.credentials()),
            "TZ": ":UTC",
            "_HANDLER": function.handler,
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        }


RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Variables that a function's own settings can't be.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""
