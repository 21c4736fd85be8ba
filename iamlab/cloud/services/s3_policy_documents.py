"""Bucket policies as S3 reads them: what it refuses, and in which words.

S3 names one fault, the first in its own order; so do the rules below.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (MalformedPolicy)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import guard
from iamlab.cloud.services.policy_documents import named_principals
from iamlab.cloud.services.policy_frames import effect_fault, frame_fault, unknown_field
from iamlab.cloud.services.resource_documents import Statement, ghost, statements_of, texts
from iamlab.cloud.state import LabState
from iamlab.policy.reference import reference
from iamlab.policy.statement import ELEMENTS

LARGEST = 20_480
"""Bytes of a bucket policy. https://docs.aws.amazon.com/general/latest/gr/s3.html"""

_REQUIRED = (
    ("Effect", "Effect"),
    ("Principal", "NotPrincipal"),
    ("Action", "NotAction"),
    ("Resource", "NotResource"),
)
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
_ORIGIN_ACCESS = re.compile(r"arn:aws[a-z-]*:iam::cloudfront:user/CloudFront Origin Access Identity \w+")
# Whose keys a bucket policy may ask for: those of all services, S3's own, and those that a caller's session carries.
_KEY = re.compile(r"(?:aws|s3|sts|saml|cognito-identity\.amazonaws\.com|ec2|lambda):.+", re.IGNORECASE)

Rule = Callable[[Statement, str], AwsError | None]
"""A statement and the bucket's name in, S3's complaint or None out."""


@guard("s3", "PutBucketPolicy")
def bucket_policy_is_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html

    Raises:
        AwsError: `MalformedPolicy`, 400.
    """
    text = call.params.get("Policy") or ""
    text = text.decode() if isinstance(text, bytes) else str(text)
    if not text.lstrip().startswith("{"):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    policy = parsed(text)
    if policy.document is None:
        raise _malformed("This policy contains invalid Json")
    if len(text.encode()) > LARGEST:
        raise _malformed("Policy exceeds the maximum allowed document size.")
    for complaint in _complaints(policy.document, str(call.params["Bucket"])):
        if complaint is not None:
            raise complaint
    for error in policy.errors("resource"):
        if error.code == "INVALID_PRINCIPAL_FORMAT":
            continue  # CloudFront's users have an account without digits
        if error.code == "INVALID_CONDITION_OPERATOR":
            raise _malformed(f"Invalid Condition type : {error.path[-1]}")
        raise _malformed("Invalid policy syntax.")


def _complaints(document: Any, bucket: str) -> Iterator[AwsError | None]:
    yield _said(frame_fault(document))
    for statement in statements_of(document):
        if not isinstance(statement, dict):
            yield _malformed("Invalid policy syntax.")
            return
        for rule in _RULES:
            yield rule(statement, bucket)


def _said(message: str | None) -> AwsError | None:
    return _malformed(message) if message else None


def _elements(statement: Statement, bucket: str) -> AwsError | None:
    return _said(unknown_field(statement, ELEMENTS))


def _required(statement: Statement, bucket: str) -> AwsError | None:
    for field, instead in _REQUIRED:
        if field not in statement and instead not in statement:
            return _malformed(f"Missing required field {field}")
    return None


def _effect(statement: Statement, bucket: str) -> AwsError | None:
    return _said(effect_fault(statement))


def _principal(statement: Statement, bucket: str) -> AwsError | None:
    for element in ("Principal", "NotPrincipal"):
        if element in statement and not list(named_principals(statement[element])):
            return _malformed(f"Missing required field {element} cannot be empty!")
    nobody = ghost(statement)
    if nobody is None or _ORIGIN_ACCESS.fullmatch(nobody[1]):
        return None
    kind, name = nobody
    return _malformed("Invalid principal in policy", Detail=f'"{kind}" : "{name}"')


def _action(statement: Statement, bucket: str) -> AwsError | None:
    for action in (*texts(statement, "Action"), *texts(statement, "NotAction")):
        if not _matching(action):
            return _malformed("Policy has invalid action")
    return None


def _resource(statement: Statement, bucket: str) -> AwsError | None:
    for resource in (*texts(statement, "Resource"), *texts(statement, "NotResource")):
        parts = resource.split(":", 5)
        named = (
            parts[5].split("/", 1)[0] if len(parts) == 6 and parts[0] == "arn" and parts[2] == "s3" else ""
        )
        # a variable may stand for anything
        if parts[3:5] != ["", ""] or not (fnmatchcase(bucket, named) or "$" in named):
            return _malformed("Policy has invalid resource")
    return None


def _scope(statement: Statement, bucket: str) -> AwsError | None:
    """Every action needs a resource of a kind that it works on: a bucket, or objects."""
    kinds = {"object" if "/" in resource else "bucket" for resource in texts(statement, "Resource")}
    if not kinds or any(
        resource.endswith("*") and "/" not in resource for resource in texts(statement, "Resource")
    ):
        return None
    for action in texts(statement, "Action"):
        if not any(_kinds(name) & kinds for name in _matching(action)):
            return _malformed("Action does not apply to any resource(s) in statement")
    return None


def _condition_key(statement: Statement, bucket: str) -> AwsError | None:
    conditions = statement.get("Condition")
    for keys in conditions.values() if isinstance(conditions, dict) else ():
        for key in keys if isinstance(keys, dict) else ():
            if not _KEY.fullmatch(key) or (key.lower().startswith("s3:") and not _is_s3_key(key)):
                return _malformed("Policy has an invalid condition key")
    return None


def _condition_scope(statement: Statement, bucket: str) -> AwsError | None:
    """A key of S3's actions has to be one of every action that is named, and of some that a pattern stands for."""
    conditions = statement.get("Condition")
    keys = (
        [key for operands in conditions.values() for key in operands] if isinstance(conditions, dict) else []
    )
    for key in keys:
        if not any(_has_key(name, key) for name in _matching("*")):
            continue  # global keys, and those that tell of the access point
        for action in texts(statement, "Action"):
            if not any(_has_key(name, key) for name in _matching(action)):
                return _malformed(
                    "Conditions do not apply to combination of actions and resources in statement"
                )
    return None


@cache
def _has_key(name: str, key: str) -> bool:
    action = reference().action(f"s3:{name}")
    assert action is not None, "names come from the reference"
    return any(_is(key, known) for known in action.condition_keys)


@cache
def _matching(pattern: str) -> tuple[str, ...]:
    """The names of S3's actions that a pattern stands for."""
    vendor, colon, name = pattern.lower().partition(":")
    known = reference().service("s3")
    assert known is not None, "the reference knows S3"
    if pattern == "*":
        return known.action_names
    if vendor != "s3" or not colon:
        return ()
    return tuple(action for action in known.action_names if fnmatchcase(action.lower(), name))


@cache
def _kinds(name: str) -> frozenset[str]:
    action = reference().action(f"s3:{name}")
    assert action is not None, "names come from the reference"
    return frozenset(resource.name for resource in action.resources)


@cache
def _s3_keys() -> tuple[str, ...]:
    known = reference().service("s3")
    assert known is not None, "the reference knows S3"
    return tuple(key.lower() for key in known.condition_keys)


def _is_s3_key(key: str) -> bool:
    """Keys may end in something of one's own (`s3:ExistingObjectTag/<key>`)."""
    return any(_is(key, known) for known in _s3_keys())


def _is(key: str, known: str) -> bool:
    start, own, _ = known.lower().replace("$", "<").partition("<")
    return key.lower().startswith(start) if own else key.lower() == start


def _malformed(message: str, **members: str) -> AwsError:
    return AwsError("MalformedPolicy", message, 400, **members)


_RULES: tuple[Rule, ...] = (
    _elements,
    _required,
    _effect,
    _principal,
    _action,
    _resource,
    _scope,
    _condition_key,
    _condition_scope,
)
