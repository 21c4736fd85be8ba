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
from iamlab.cloud.services.validation import MISSING, Breach, breaches, constraint_error

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
    found = [breach for breach in breaches(shape, call.params) if rules.whole or MISSING in breach.constraint]
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


# IAM shows no values at all, and words the form of its older parameters in its own way, after it has held all of them
# against the model's other limits.
_CODES = ("authenticationCode1", "authenticationCode2")
_IAM_FORMS: dict[str, tuple[str, ...]] = {
    "It must contain only alphanumeric characters and/or the following: +=,.@_-": (
        "groupName",
        "instanceProfileName",
        "newGroupName",
        "newUserName",
        "policyName",
        "roleName",
        "serverCertificateName",
        "userName",
        "virtualMFADeviceName",
    ),
    "It must contain only printable ASCII characters.": (
        "assumeRolePolicyDocument",
        "certificateBody",
        "certificateChain",
        "marker",
        "newPassword",
        "oldPassword",
        "password",
        "policyDocument",
        "privateKey",
    ),
    "It must contain only alphanumeric characters.": ("accessKeyId", "certificateId"),
    "It must be a six-digit decimal number.": _CODES,
    "It must begin and end with / and contain only alphanumeric characters and/or / characters.": (
        "path",
        "newPath",
    ),
    "It must begin with the / character and contain only alphanumeric characters and/or / characters.": (
        "pathPrefix",
    ),
}
_IAM_WORDS = {path: words for words, paths in _IAM_FORMS.items() for path in paths}
_FORM = "regular expression"
_SET = "Member must satisfy enum value set"


def _as_iam_tells(call: Call, found: Sequence[Breach]) -> AwsError:
    """Breaches without values and sets; a parameter of another form is told alone, if nothing else is wrong."""
    others = [breach for breach in found if not _is_form(breach)]
    if not others:
        path = found[0].path
        return AwsError("ValidationError", f"The specified value for {path} is invalid. {_IAM_WORDS[path]}")
    return constraint_error(
        *((path, "", _SET if constraint.startswith(_SET) else constraint) for path, _, constraint in others)
    )


def _is_form(breach: Breach) -> bool:
    """Whether IAM tells of this breach in its own words; a code of another length isn't six digits either."""
    if breach.path in _CODES:
        return breach.constraint != MISSING
    return _FORM in breach.constraint and breach.path in _IAM_WORDS


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
        return AwsError(code, words.format(_on_the_wire(call, found[0].path)))

    return answer


def _on_the_wire(call: Call, path: str) -> str:
    """A parameter's name in the request, which differs from the model's in EC2 alone."""
    name = path[0].upper() + path[1:]
    shape = call.model.input_shape
    member = shape.members.get(name) if shape is not None and call.protocol == "ec2" else None
    if member is None:
        return name
    wire = str(member.serialization.get("queryName") or member.serialization.get("name", name))
    return wire[0].upper() + wire[1:]


# What fails -> (reason, words); Organizations tells the first of these that it finds.
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html, "InvalidInputException"
_INVALID_INPUTS = {
    MISSING: ("INPUT_REQUIRED", "You must include a value for all required parameters."),
    _FORM: ("INVALID_PATTERN", "You provided a value that does not match the required pattern."),
    _SET: ("INVALID_ENUM", "You specified an invalid value."),
    "length less": ("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed."),
    "length greater": (
        "MIN_LENGTH_EXCEEDED",
        "You provided a string parameter that is shorter than allowed.",
    ),
    "value less": (
        "MAX_VALUE_EXCEEDED",
        "You provided a numeric parameter that has a larger value than allowed.",
    ),
    "value greater": (
        "MIN_VALUE_EXCEEDED",
        "You provided a numeric parameter that has a smaller value than allowed.",
    ),
}
_OTHER_LIST = (
    "INVALID_LIST_MEMBER",
    "You provided a list to a parameter that contains at least one invalid value.",
)


def _as_organizations_tells(call: Call, found: Sequence[Breach]) -> AwsError:
    """One reason, and no word of which parameter it is."""
    told = (
        why for sign, why in _INVALID_INPUTS.items() if any(sign in breach.constraint for breach in found)
    )
    reason, words = next(told, _OTHER_LIST)
    return AwsError("InvalidInputException", words, Reason=reason)


_CONTAINS = "The request must contain the parameter {}."
_PROVIDED = "The parameter {} must be provided and must not be blank."

_WHOLE = Rules(_with("ValidationException"))
_RULES: Mapping[str, Rules] = {
    "accessanalyzer": Rules(_with_fields),
    "iam": Rules(_as_iam_tells),
    "organizations": Rules(_as_organizations_tells),
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
    "route53": Rules(_with("InvalidInput"), whole=False),
    "apigateway": Rules(_with("BadRequestException"), whole=False),
}
# All others by their protocol. S3 and its like have checks of their own.
_BY_PROTOCOL: Mapping[str, Rules] = {
    "json": Rules(_with("ValidationException"), whole=False),
    "rest-json": Rules(_with("ValidationException"), whole=False),
    "query": Rules(_with("ValidationError"), whole=False),
}
