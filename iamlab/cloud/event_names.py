"""Where CloudTrail's records use other words than the API: names of events, sources and parameters.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Lambda's events carry the date and version of the API that they came by.
_LAMBDA = {
    "20150331": (
        "CreateAlias",
        "CreateEventSourceMapping",
        "CreateFunction",
        "DeleteEventSourceMapping",
        "DeleteFunction",
        "ListFunctions",
        "PublishVersion",
    ),
    "20150331v2": (
        "AddPermission",
        "GetFunction",
        "GetFunctionConfiguration",
        "GetPolicy",
        "RemovePermission",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
    ),
}
_EVENTS = {
    ("s3", "ListObjectsV2"): "ListObjects",
    **{("lambda", name): name + version for version, names in _LAMBDA.items() for name in names},
}
_SOURCES = {
    "cloudwatch": "monitoring",
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "stepfunctions": "states",
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
_EXCEPTIONS = frozenset({"iam.amazonaws.com", "sts.amazonaws.com"})
_PLAIN = frozenset({"AccessDenied", "InternalFailure", "NotImplemented"})
_NAMES = {
    "NotSupportedService": "ServiceNotSupportedException",
    "ReportExpired": "CredentialReportExpiredException",
    "ReportInProgress": "CredentialReportNotReadyException",
    "ReportNotPresent": "CredentialReportNotPresentException",
    "ValidationError": "ValidationException",
}
_PARAMETERS = {"s3": {"Bucket": "BucketName"}}
# A function's code and variables never enter a record.
_WITHHELD = {"lambda": frozenset({"Code", "ZipFile", "Environment"})}


def event_name(service: str, operation: str) -> str:
    """What a record calls an operation.

    Args:
        service: boto3's name of it.
    """
    return _EVENTS.get((service, operation), operation)


def operation_of(source: str, name: str) -> str:
    """The operation that a record's name of an event means.

    Args:
        source: `lambda.amazonaws.com`.
    """
    if source == "lambda.amazonaws.com":
        return name.partition("2015")[0]
    return name


def event_source(service: str, endpoint_prefix: str) -> str:
    """What a record calls a service."""
    return f"{_SOURCES.get(service, endpoint_prefix)}.amazonaws.com"


def recorded(source: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A request's parameters, or an answer's members, under a record's names."""
    names = _PARAMETERS.get(source.partition(".")[0], {})
    return {names.get(name, name): value for name, value in parameters.items()}


def error_name(source: str, code: str) -> str:
    """What a record calls an error: EC2's side of it before the code, IAM's and STS's by the name of the exception.

    Args:
        source: `iam.amazonaws.com`.
        code: as clients get it, `NoSuchEntity`.
    """
    if source == "ec2.amazonaws.com":
        return f"Client.{code}"
    if source not in _EXCEPTIONS or code in _PLAIN or code.endswith("Exception"):
        return code
    return _NAMES.get(code, f"{code}Exception")


def withhold(service: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """A request's parameters without what CloudTrail never writes down.

    Args:
        service: boto3's name of it.
    """
    withheld = _WITHHELD.get(service)
    if withheld is None:
        return parameters
    return {name: {} if name in withheld else value for name, value in parameters.items()}
