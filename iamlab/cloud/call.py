"""One API call on its way through the gate.

The gate's first two steps (`resolve`, `authenticate`) turn an HTTP request into a `Call`; every later
step, the operation catalogue, the collection of policies, our own operations and the trail, reads it and
nothing else of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.core.model import OperationModel
    from moto.core.request import Request

    from iamlab.cloud.callers import Caller
    from iamlab.cloud.errors import AwsError

NOTHING_REFUSED: Mapping[int, AwsError] = MappingProxyType({})


class AuthKind(StrEnum):
    """How a request carried its credentials.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
    """

    HEADER = "REST-HEADER"
    QUERY = "REST-QUERY-STRING"
    POST = "POST"
    ANONYMOUS = "anonymous"


@dataclass(slots=True, eq=False)
class Call:
    """An authenticated (or knowingly anonymous) call of one AWS operation."""

    service: str
    """boto3's name of the service, `s3`, `elbv2`, `lambda`."""
    operation: str
    """The operation as the API reference writes it, `ListObjectsV2`."""
    params: dict[str, Any]
    """The operation's input as boto3 takes it. A streaming body (an S3 object's bytes) is not in here."""
    protocol: str
    """Wire protocol of this request: `json`, `rest-json`, `rest-xml`, `query`, `ec2`."""
    region: str
    account: str
    """Account of the caller; of an anonymous caller the lab's own."""
    caller: Caller
    request: Request
    body: bytes = field(repr=False)
    source_ip: str
    user_agent: str
    secure: bool
    """The request came, as far as the caller can tell, over TLS (`aws:SecureTransport`)."""
    auth: AuthKind
    now: datetime
    """The lab's time at which the call arrived (aware, UTC)."""
    model: OperationModel = field(repr=False)
    """botocore's model of the operation, through moto's facade."""
    request_id: str = ""
    access_key: str | None = None
    signing_service: str = ""
    """The service in the credential scope; '' when anonymous."""
    signed_at: datetime | None = None
    """The lab's time at which the request was signed; differs from `now` for presigned URLs."""
    owner: str | None = None
    """The account whose resource the call is about; None before its checks are known."""
    proven: dict[str, Any] = field(default_factory=dict)
    """Condition keys that follow from what the request brought along to be verified, a one-time code for one."""
    refused: Mapping[int, AwsError] = field(default_factory=lambda: NOTHING_REFUSED)
    """Parts of a batch that the caller may not do, by position; the operation leaves them out and reports them."""

    @property
    def name(self) -> str:
        """`service:Operation`, for messages and logs; *not* the IAM action, which the catalogue knows."""
        return f"{self.service}:{self.operation}"
