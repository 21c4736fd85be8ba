"""The error at which a learner's cell stopped, in words that say what to do.

In: the exception, from IPython's record of the cell that ran last. Out: one sentence or two in the markup of
`prose`. A check adds them to its feedback, since what comes after the error in the cell was not done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

_LONGEST = 300


def latest_stumble() -> str:
    """Words about the error of the notebook cell that ran last; '' if it had none, or where no notebook runs."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    result = getattr(shell, "last_execution_result", None)
    error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
    return "" if error is None else explain(error)


def explain(error: BaseException) -> str:
    """What went wrong in a cell, and what helps."""
    text = "The cell that you ran last stopped at an error, so what comes after that line was not done."
    for kind, words in _EXPLAINED:
        if isinstance(error, kind):
            return f"{text} {words(error)}"
    return f"{text} Python says: {_code(f'{type(error).__name__}: {error}')}."


def _code(text: str) -> str:
    """Foreign words as code: on one line, not too long, and without marks of their own."""
    line = " ".join(text.replace("`", "'").split())
    return f"`{line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}`"


def _of_name(error: BaseException) -> str:
    return (
        f"The name {_code(str(getattr(error, 'name', None) or error))} is not known. Either it is spelled "
        "differently elsewhere, or the cell that makes it has not run: run the cells from the top of the notebook."
    )


def _of_syntax(error: BaseException) -> str:
    line = getattr(error, "lineno", None)
    place = f" in line {line}" if line else ""
    return (
        f"Python cannot read it{place}: {_code(getattr(error, 'msg', None) or str(error))}. Look there, and at the "
        "end of the line before, for a missing bracket, quote or comma."
    )


def _of_parameters(error: BaseException) -> str:
    told = str(error).removeprefix("Parameter validation failed:")
    return f"boto3 did not send the call, because its parameters are not right: {_code(told)}."


def _of_credentials(error: BaseException) -> str:
    return "No lab is running. Run the cells from the top of the notebook."


def _of_aws(error: BaseException) -> str:
    assert isinstance(error, ClientError)
    told = error.response.get("Error", {})
    advice = _ADVICE.get(str(told.get("Code")), "")
    return f"AWS refused the call: {_code(str(told.get('Message') or error))}." + (advice and f" {advice}")


_EXPLAINED: Final[tuple[tuple[type[BaseException], Callable[[BaseException], str]], ...]] = (
    (NameError, _of_name),
    (SyntaxError, _of_syntax),
    (ParamValidationError, _of_parameters),
    (NoCredentialsError, _of_credentials),
    (ClientError, _of_aws),
    (BotoCoreError, lambda error: f"boto3 says: {_code(str(error))}."),
)
"""Kind of error → its words; the first that fits."""

_ADVICE: Final[dict[str, str]] = {
    "NoSuchEntity": "Is the name spelled as in the task? Create it first, or `ex.reset()` brings the beginning back.",
    "EntityAlreadyExists": "It was made before, perhaps by an earlier run of your cell. Change what is there, or "
    "`ex.reset()` and run your cell again.",
    "DeleteConflict": "Something still hangs on it: take that away first.",
    "MalformedPolicyDocument": "The policy is JSON, but not a policy: look at the names of its elements.",
    "AccessDenied": "Was the right caller used? `lab.why()` shows who was denied, and by what.",
    "AccessDeniedException": "Was the right caller used? `lab.why()` shows who was denied, and by what.",
    "UnauthorizedOperation": "Was the right caller used? `lab.why()` shows who was denied, and by what.",
}
"""AWS's error code → what helps."""
