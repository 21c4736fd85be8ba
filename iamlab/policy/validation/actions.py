"""Actions: services and actions that don't exist, wildcards in a service's name.

See https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from iamlab.policy.glob import glob, tokens_of
from iamlab.policy.reference import Action, Service, reference
from iamlab.policy.validation.near import near
from iamlab.policy.validation.patterns import has_wildcard
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import Entry

__all__ = ["CHECKS", "actions_matching", "named_action"]

# API operations that another action decides; people look for the action under the operation's name.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_OPERATIONS: Final = {
    "s3:copyobject": "s3:PutObject",
    "s3:completemultipartupload": "s3:PutObject",
    "s3:createmultipartupload": "s3:PutObject",
    "s3:deleteobjects": "s3:DeleteObject",
    "s3:getbucketaccelerateconfiguration": "s3:GetAccelerateConfiguration",
    "s3:getbucketencryption": "s3:GetEncryptionConfiguration",
    "s3:getbucketlifecycle": "s3:GetLifecycleConfiguration",
    "s3:getbucketlifecycleconfiguration": "s3:GetLifecycleConfiguration",
    "s3:getbucketreplication": "s3:GetReplicationConfiguration",
    "s3:getpublicaccessblock": "s3:GetBucketPublicAccessBlock",
    "s3:headbucket": "s3:ListBucket",
    "s3:headobject": "s3:GetObject",
    "s3:listbuckets": "s3:ListAllMyBuckets",
    "s3:listmultipartuploads": "s3:ListBucketMultipartUploads",
    "s3:listobjects": "s3:ListBucket",
    "s3:listobjectsv2": "s3:ListBucket",
    "s3:listobjectversions": "s3:ListBucketVersions",
    "s3:listparts": "s3:ListMultipartUploadParts",
    "s3:putbucketencryption": "s3:PutEncryptionConfiguration",
    "s3:putbucketlifecycle": "s3:PutLifecycleConfiguration",
    "s3:putbucketlifecycleconfiguration": "s3:PutLifecycleConfiguration",
    "s3:putpublicaccessblock": "s3:PutBucketPublicAccessBlock",
    "s3:uploadpart": "s3:PutObject",
    "lambda:invoke": "lambda:InvokeFunction",
    "apigateway:invoke": "execute-api:Invoke",
}


# Where an action is looked for that the service named doesn't have (`iam:AssumeRole`).
_WELL_KNOWN: Final = (
    "sts",
    "iam",
    "ec2",
    "s3",
    "lambda",
    "dynamodb",
    "kms",
    "sqs",
    "sns",
    "logs",
    "cloudwatch",
)


def named_action(text: str) -> Action | None:
    """The action that a text without wildcards names."""
    return None if has_wildcard(text) else reference().action(text)


@lru_cache(maxsize=2048)
def actions_matching(text: str) -> tuple[Action, ...]:
    """The known actions that an entry of `Action` stands for; none when its service part holds a wildcard."""
    prefix, colon, name = text.partition(":")
    service = reference().service(prefix)
    if not colon or service is None:
        return ()
    if not has_wildcard(name):
        action = service.action(name)
        return (action,) if action else ()
    fits = glob(tokens_of(name.lower()))
    found = (service.action(known) for known in service.action_names if fits(known.lower()))
    return tuple(action for action in found if action is not None)


def _check_names(report: Report) -> None:
    for statement in report.view.statements:
        for entry in statement.action.entries if statement.action else ():
            _check_entry(report, entry)


def _check_entry(report: Report, entry: Entry) -> None:
    text = entry.text
    prefix, colon, name = text.partition(":")
    if not colon or not prefix or not name or " " in text or "${" in text:
        return  # no action at all: the grammar says so
    if has_wildcard(prefix):
        message = f"`{prefix}` stands for every service of such a name: write each service out"
        report.at("WILDCARD_IN_SERVICE_NAME", message, entry)
        return
    service = reference().service(prefix)
    if service is None:
        meant = _near_service(prefix, name)
        _say(
            report,
            "INVALID_SERVICE_IN_ACTION",
            f"there is no service `{prefix}`",
            entry,
            meant and f"{meant}:{name}",
        )
    elif not _known(service, name):
        meant = _OPERATIONS.get(text.lower()) or _near_action(service, name)
        what = "no action of the service fits" if has_wildcard(name) else "there is no action"
        _say(report, "INVALID_ACTION", f"{what} `{text}`", entry, meant)


def _known(service: Service, name: str) -> bool:
    if not has_wildcard(name):
        return service.level(name) is not None
    fits = glob(tokens_of(name.lower()))
    return any(fits(known.lower()) for known in service.action_names)


def _say(report: Report, code: str, message: str, entry: Entry, meant: str | None) -> None:
    if meant is None:
        report.at(code, message, entry)  # it may be newer than the reference: nothing to be done unasked
        return
    report.at(code, f"{message}: did you mean `{meant}`?", entry, report.replace(entry.node, meant))


@lru_cache(maxsize=512)
def _near_service(prefix: str, name: str) -> str | None:
    """The service meant; among equals one that has the action."""
    services = reference().services
    having = [known for known, service in services.items() if _known(service, name)]
    begun = [
        known for known in having if known.startswith(prefix.lower()) or prefix.lower().startswith(known)
    ]
    return near(prefix, having, shortest=2) or next(iter(begun), None) or near(prefix, services)


@lru_cache(maxsize=512)
def _near_action(service: Service, name: str) -> str | None:
    """The action meant: a near miss here, or the very name in a service that everybody uses."""
    meant = near(name, service.action_names)
    if meant:
        return f"{service.prefix}:{meant}"
    if has_wildcard(name):
        return None
    elsewhere = (reference().action(f"{prefix}:{name}") for prefix in _WELL_KNOWN)
    return next((str(action) for action in elsewhere if action is not None), None)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check_names,)
