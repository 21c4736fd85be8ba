"""A trail: its settings, whether it logs, and how its last delivery went.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.cloud.moto_seam import resources

if TYPE_CHECKING:
    from iamlab.cloud.trail import Event

PER_REGION = 5
"""https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html"""

EVERYTHING: tuple[Mapping[str, Any], ...] = (
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    },
)
"""The selectors of a trail that nobody has given any: all management events, no data events."""


@dataclass(slots=True, eq=False)
class LogTrail:
    """One trail, in its home Region."""

    name: str
    account: str
    region: str
    bucket: str
    prefix: str | None = None
    topic: str | None = None
    """ARN of the topic that hears of new files."""
    key: str | None = None
    """ARN of the KMS key that encrypts the files."""
    global_events: bool = True
    multi_region: bool = False
    validation: bool = False
    recursive: bool | None = None
    """None: nobody has said."""
    tags: dict[str, str] = field(default_factory=dict)
    event_selectors: tuple[Mapping[str, Any], ...] = EVERYTHING
    advanced_selectors: tuple[Mapping[str, Any], ...] = ()
    """Once set, they replace the event selectors."""
    insights: tuple[Mapping[str, Any], ...] = ()
    started: datetime | None = None
    stopped: datetime | None = None
    delivered: datetime | None = None
    attempted: datetime | None = None
    error: str | None = None
    """S3's code of the last delivery's failure."""
    notified: datetime | None = None
    notification_error: str | None = None
    pending: list[Event] = field(default_factory=list)
    """Events that wait for the next delivery."""
    retry_at: datetime | None = None
    """After a failed delivery: not before then."""

    @property
    def arn(self) -> str:
        """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html"""
        partition = resources.partition_of(self.region)
        return f"arn:{partition}:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    @property
    def logging(self) -> bool:
        """Whether it records at this moment."""
        return self.started is not None and self.stopped is None

    def seen_in(self, region: str) -> bool:
        """True in its home Region, and everywhere if it is a trail for all Regions."""
        return self.multi_region or self.region == region

    def records(self, when: datetime) -> bool:
        """Whether it was logging at a moment; starting and stopping it are its first and its last event."""
        return (
            self.started is not None
            and self.started <= when
            and (self.stopped is None or when <= self.stopped)
        )

    def folder(self, region: str) -> str:
        """Where the files of a Region's events go.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
        """
        start = f"{self.prefix}/" if self.prefix else ""
        return f"{start}AWSLogs/{self.account}/CloudTrail/{region}"

    def settings(self) -> dict[str, Any]:
        """What CreateTrail and UpdateTrail answer."""
        made: dict[str, Any] = {"Name": self.name, "S3BucketName": self.bucket}
        if self.prefix:
            made["S3KeyPrefix"] = self.prefix
        if self.topic:
            made |= {"SnsTopicName": self.topic.rpartition(":")[2], "SnsTopicARN": self.topic}
        made |= {
            "IncludeGlobalServiceEvents": self.global_events,
            "IsMultiRegionTrail": self.multi_region,
            "TrailARN": self.arn,
            "LogFileValidationEnabled": self.validation,
        }
        if self.key:
            made["KmsKeyId"] = self.key
        made["IsOrganizationTrail"] = False
        if self.recursive is not None:
            made["RecursiveLogging"] = self.recursive
        return made

    def description(self) -> dict[str, Any]:
        """What GetTrail and DescribeTrails answer."""
        custom = bool(self.advanced_selectors) or self.event_selectors != EVERYTHING
        return self.settings() | {
            "HomeRegion": self.region,
            "HasCustomEventSelectors": custom,
            "HasInsightSelectors": bool(self.insights),
        }
