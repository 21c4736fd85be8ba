"""What Lambda answers about a run, in its words: payload, kind of error, and the log's tail.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass

from iamlab.cloud.functions.worker import Outcome
from iamlab.cloud.moto_seam.functions import Function

LARGEST_ANSWER = 6 * 1024 * 1024
_TAIL = 4_096


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the caller."""

    payload: bytes
    error: str | None
    log: str

    @property
    def tail(self) -> str:
        """The last four kilobytes of the log, in base 64."""
        return base64.b64encode(self.log.encode()[-_TAIL:]).decode()


def answer(outcome: Outcome, function: Function, request_id: str) -> Answer:
    """The answer to one invocation."""
    payload, error = outcome.payload, outcome.error
    if payload is None:
        payload, error = json.dumps(_without_answer(outcome, function, request_id)), "Unhandled"
    elif len(payload.encode()) > LARGEST_ANSWER:
        said = {
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
        payload, error = json.dumps(said), "Unhandled"
    return Answer(payload.encode(), error, _log(outcome, function, request_id))


def _without_answer(outcome: Outcome, function: Function, request_id: str) -> dict[str, str]:
    start = f"RequestId: {request_id} Error: "
    if outcome.exit_code is None:
        message = f"{start}Task timed out after {function.timeout:.2f} seconds"
        return {"errorType": "Sandbox.Timedout", "errorMessage": message}
    if outcome.exit_code == 0:
        message = f"{start}Runtime exited without providing a reason"
    elif outcome.exit_code > 0:
        message = f"{start}Runtime exited with error: exit status {outcome.exit_code}"
    else:
        message = f"{start}Runtime exited with error: signal {-outcome.exit_code}"
    return {"errorType": "Runtime.ExitError", "errorMessage": message}


def _log(outcome: Outcome, function: Function, request_id: str) -> str:
    spent = outcome.seconds * 1000
    written = outcome.log if not outcome.log or outcome.log.endswith("\n") else outcome.log + "\n"
    return (
        f"START RequestId: {request_id} Version: {function.version}\n{written}END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {spent:.2f} ms\tBilled Duration: {math.ceil(spent)} ms\t"
        f"Memory Size: {function.memory} MB\n"
    )
