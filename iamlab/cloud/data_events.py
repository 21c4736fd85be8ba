"""Data events: calls on what a resource holds, which CloudTrail logs only for trails that ask for it.

In: a service, an operation and its parameters. Out: whether that is a data event, and about which resources.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from iamlab.cloud.moto_seam import resources

S3_OBJECT, TABLE, FUNCTION = "AWS::S3::Object", "AWS::DynamoDB::Table", "AWS::Lambda::Function"
QUEUE, TOPIC = "AWS::SQS::Queue", "AWS::SNS::Topic"

Resource = tuple[str, str]
"""Type and ARN."""

_DATA = {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    "s3": re.compile(
        r".*(Objects?|ObjectsV2|ObjectVersions|ObjectTagging|ObjectAcl|MultipartUpload|UploadPart|UploadPartCopy|Parts)$"
        r"|HeadBucket$"
    ),
    "dynamodb": re.compile(r"(Batch|Transact|Execute)|(Get|Put|Update|Delete)Item|Query|Scan"),
    "lambda": re.compile(r"Invoke"),
    "sqs": re.compile(r".*Message(Batch)?$|ReceiveMessage|ChangeMessageVisibility"),
    "sns": re.compile(r"Publish"),
}


def is_data_event(service: str, operation: str) -> bool:
    """Whether CloudTrail counts an operation among the data events."""
    pattern = _DATA.get(service)
    return pattern is not None and pattern.match(operation) is not None


def resources_of(
    source: str, parameters: Mapping[str, Any], region: str, account: str
) -> tuple[Resource, ...]:
    """The resources of a data event; of another service's none.

    Args:
        source: `s3.amazonaws.com`.
        parameters: the request's, as the trail keeps them.
    """
    finder = _FINDERS.get(source.partition(".")[0])
    if finder is None:
        return ()
    start = f"arn:{resources.partition_of(region)}"
    return tuple(dict.fromkeys(finder(parameters, start, f"{region}:{account}")))


def _s3(parameters: Mapping[str, Any], start: str, place: str) -> Iterator[Resource]:
    bucket = str(parameters.get("Bucket", ""))
    if bucket and not bucket.startswith("arn:"):
        yield S3_OBJECT, f"{start}:s3:::{bucket}/{parameters.get('Key') or ''}"


def _dynamodb(parameters: Mapping[str, Any], start: str, place: str) -> Iterator[Resource]:
    names = [parameters.get("TableName"), *(parameters.get("RequestItems") or ())]
    for item in parameters.get("TransactItems") or ():
        names += [part.get("TableName") for part in item.values() if isinstance(part, Mapping)]
    for name in names:
        if isinstance(name, str):
            yield TABLE, name if name.startswith("arn:") else f"{start}:dynamodb:{place}:table/{name}"


def _lambda(parameters: Mapping[str, Any], start: str, place: str) -> Iterator[Resource]:
    name = str(parameters.get("FunctionName", ""))
    if name:
        bare = name.rpartition("function:")[2].partition(":")[0]
        full = ":".join(name.split(":")[:7]) if name.startswith("arn:") else ""
        yield FUNCTION, full or f"{start}:lambda:{place}:function:{bare}"


def _sqs(parameters: Mapping[str, Any], start: str, place: str) -> Iterator[Resource]:
    url = str(parameters.get("QueueUrl", ""))
    if url:
        region = place.partition(":")[0]
        owner, _, name = url.rpartition("/")
        yield QUEUE, f"{start}:sqs:{region}:{owner.rpartition('/')[2]}:{name}"


def _sns(parameters: Mapping[str, Any], start: str, place: str) -> Iterator[Resource]:
    arn = parameters.get("TopicArn") or parameters.get("TargetArn")
    if arn:
        yield TOPIC, str(arn)


_FINDERS: Mapping[str, Callable[[Mapping[str, Any], str, str], Iterator[Resource]]] = {
    "s3": _s3,
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "sqs": _sqs,
    "sns": _sns,
}
