"""What each service answers to parameters that its model doesn't allow: which breaches it looks for, code and words.

AWS holds a request against its service's model before it asks any policy. Most services then speak one way
(`1 validation error detected: …`, `ValidationException`); the table has those that don't. Of services whose own checks
the lab doesn't know, only a parameter that must be there is asked for.

In: a call. Out: nothing, or the error that names what is wrong.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, "ValidationError"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services.validation import NULL, Breach, breaches, constraint_error

Answer = Callable[[Call, Sequence[Breach]], AwsError]


@dataclass(frozen=True, slots=True)
class Rules:
    """How one service takes parameters."""

    answer: Answer
    whole: bool = True
    """Look for breaches of every constraint; if not, only for what is missing."""


def validate(call: Call) -> None:
    """Hold a call's parameters against its service's model.

    Raises:
        AwsError: a parameter is too long, too short, missing, or not of the right form.
    """
    shape = call.model.input_shape
    rules = _RULES.get(call.service) or _BY_PROTOCOL.get(call.protocol)
    if shape is None or rules is None:
        return
    found = [breach for breach in breaches(shape, call.params) if rules.whole or breach.value == NULL]
    if found:
        raise rules.answer(call, found)


# ---------------------------------------------------------------- ways to answer
def _with(code: str) -> Answer:
    """The common words under this code."""

    def answer(call: Call, found: Sequence[Breach]) -> AwsError:
        return constraint_error(*found, code=code)

    return answer


def _with_fields(call: Call, found: Sequence[Breach]) -> AwsError:
    """The same once more for each field.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidationException.html
    """
    error = constraint_error(*found, code="ValidationException")
    fields = [{"name": breach.path, "message": breach.constraint} for breach in found]
    error.members = {"reason": "fieldValidationFailed", "fieldList": fields}
    return error


# IAM words a bad name, path or text in its own way, after it has held all parameters against the model's other limits.
_NAMES = {
    "groupName",
    "instanceProfileName",
    "newGroupName",
    "newUserName",
    "policyName",
    "roleName",
    "serverCertificateName",
    "userName",
    "virtualMFADeviceName",
}
_TEXTS = {
    "assumeRolePolicyDocument",
    "certificateBody",
    "certificateChain",
    "marker",
    "newPassword",
    "oldPassword",
    "password",
    "policyDocument",
    "privateKey",
}
_IAM_WORDS = {
    "text": "It must contain only printable ASCII characters.",
    "name": "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    "path": "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    "prefix": "It must begin with the / character and contain only alphanumeric characters and/or / characters.",
}
_FORM = "regular expression"


def _as_iam_tells(call: Call, found: Sequence[Breach]) -> AwsError:
    """Breaches without the values; a name, path or text of another form is told alone, if nothing else is wrong."""
    forms = [_iam_words(breach.path) if _FORM in breach.constraint else None for breach in found]
    others = [breach for breach, words in zip(found, forms, strict=True) if words is None]
    if not others:
        return AwsError("ValidationError", f"The specified value for {found[0].path} is invalid. {forms[0]}")
    return constraint_error(
        *(breach._replace(value=breach.value if breach.value == NULL else "") for breach in others)
    )


def _iam_words(path: str) -> str | None:
    if path in _NAMES:
        return _IAM_WORDS["name"]
    if path in _TEXTS:
        return _IAM_WORDS["text"]
    if path == "pathPrefix":
        return _IAM_WORDS["prefix"]
    return _IAM_WORDS["path"] if path in ("path", "newPath") else None


def _as_ecr_tells(call: Call, found: Sequence[Breach]) -> AwsError:
    """The first breach alone: `Invalid parameter at 'x' failed to satisfy constraint: 'must …'`."""
    path, _, constraint = found[0]
    if not constraint.startswith("Member must satisfy constraint"):
        constraint = constraint.removeprefix("Member ")
    before, pattern, form = constraint.partition(f"{_FORM} pattern: ")
    if pattern and before == "must satisfy ":
        constraint = f"{before}{_FORM} '{form}'"
    return AwsError(
        "InvalidParameterException",
        f"Invalid parameter at '{path}' failed to satisfy constraint: '{constraint}'",
    )


def _missing(code: str, words: str) -> Answer:
    """Services that name the first parameter that is missing, as it is called on the wire."""

    def answer(call: Call, found: Sequence[Breach]) -> AwsError:
        path = found[0].path
        return AwsError(code, words.format(path[0].upper() + path[1:]))

    return answer


_CONTAINS = "The request must contain the parameter {}."
_PROVIDED = "The parameter {} must be provided and must not be blank."

_WHOLE = Rules(_with("ValidationException"))
_RULES: Mapping[str, Rules] = {
    "accessanalyzer": Rules(_with_fields),
    "iam": Rules(_as_iam_tells),
    "sts": Rules(_with("ValidationError")),
    **dict.fromkeys(("dynamodb", "events", "kms", "lambda", "secretsmanager", "ssm"), _WHOLE),
    "logs": Rules(_with("InvalidParameterException")),
    "ecr": Rules(_as_ecr_tells),
    "ec2": Rules(_missing("MissingParameter", _CONTAINS.rstrip(".")), whole=False),
    "sqs": Rules(_missing("MissingParameter", _CONTAINS), whole=False),
    **dict.fromkeys(
        ("docdb", "neptune", "rds"), Rules(_missing("InvalidParameterValue", _PROVIDED), whole=False)
    ),
    **dict.fromkeys(("cognito-idp", "ecs", "eks"), Rules(_with("InvalidParameterException"), whole=False)),
    "athena": Rules(_with("InvalidRequestException"), whole=False),
    "apigateway": Rules(_with("BadRequestException"), whole=False),
}
# All others by their protocol. S3 and its like have checks of their own.
_BY_PROTOCOL: Mapping[str, Rules] = {
    "json": Rules(_with("ValidationException"), whole=False),
    "rest-json": Rules(_with("ValidationException"), whole=False),
    "query": Rules(_with("ValidationError"), whole=False),
}
