"""Real AWS stays out of reach.

Only loopback passes. What moto knows goes to the gate; what it doesn't know, about one boto3 service in ten, is
answered here with an error in the service's own wire format instead of leaving the process.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest

from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import operations
from iamlab.cloud.moto_seam.operations import Reply

CODE = "NotImplemented"
STATUS = 501  # SDKs don't try again on this one

# Domains that belong to AWS; `requests` to any other host are the learner's own business.
_AWS_DOMAINS = (
    r"amazonaws\.com(\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn|on\.aws|"
    r"aws\.dev|aws\.amazon\.com|awsapps\.com|cloudfront\.net|c2s\.ic\.gov|sc2s\.sgov\.gov|"
    r"cloud\.adc-e\.uk|csp\.hci\.ic\.gov"
)
AWS_URL = re.compile(rf"https?://([^/@]+\.)?({_AWS_DOMAINS})(:\d+)?(/|$)", re.IGNORECASE)
METADATA_URL = re.compile(r"https?://(169\.254\.\d+\.\d+|\[fd00:ec2::[0-9a-f]+\])(:\d+)?(/|$)", re.IGNORECASE)


def is_loopback(url: str) -> bool:
    """True for `localhost` and loopback addresses."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    if not (host[:1].isdigit() or ":" in host):
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def no_proxy(original: Callable[..., str | None]) -> Callable[..., str | None]:
    """Around botocore's choice of a proxy: what goes to loopback goes there itself."""

    def choose(settings: Any, url: str) -> str | None:
        return None if is_loopback(url) else original(settings, url)

    return choose


def no_address(original: Callable[..., Any]) -> Callable[..., Any]:
    """Around `socket.getaddrinfo`: AWS has no address, for whoever asks for it past boto3 and `requests`.

    Other libraries (`urllib`, `httpx`, `aiohttp`) would take a presigned URL for a real one.
    """

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
        url = f"https://[{name}]/" if ":" in name else f"https://{name.rstrip('.')}/"
        if AWS_URL.match(url) or METADATA_URL.match(url):
            raise socket.gaierror(
                socket.EAI_NONAME, f"the lab keeps {name} out of reach: use boto3 or requests, or lab.serve()"
            )
        return original(host, *args, **kwargs)

    return look_up


def refuse(request: AWSPreparedRequest, event_name: str = "") -> Reply:
    """The answer to a request that nothing in the lab can handle.

    Args:
        event_name: botocore's `before-send.<service>.<Operation>`, where it is known.
    """
    host = urlsplit(request.url).hostname or request.url
    service = event_name.split(".")[1] if event_name.count(".") >= 2 else ""
    operation = event_name.split(".")[2] if service else ""
    what = f"{service}:{operation}" if service else host
    error = AwsError(
        CODE,
        f"The lab's AWS does not implement {what}; the request to {host} was not sent.",
        STATUS,
    )
    head = request.method == "HEAD"
    if service and "smithy-protocol" not in request.headers:
        try:
            return _shaped(error, service, operation, request, head)
        except Exception:
            # A service that botocore's loader doesn't know: the plain form below still names code and message.
            pass
    if "smithy-protocol" in request.headers:
        return _cbor(error)
    body = request.body if isinstance(request.body, bytes) else b""
    return _plain(error, query=b"Action=" in body, head=head)


def not_implemented(what: str, *, query: bool, head: bool) -> Reply:
    """The answer to a request for something that the lab hasn't got, where no client's model is at hand."""
    return _plain(AwsError(CODE, f"The lab's AWS does not implement {what}.", STATUS), query=query, head=head)


def _shaped(error: AwsError, service: str, operation: str, request: AWSPreparedRequest, head: bool) -> Reply:
    content_type: Any = request.headers.get("Content-Type")
    if isinstance(content_type, bytes):
        content_type = content_type.decode("latin-1")
    name = operations.service_named(service)
    protocol = operations.protocol_of(name, content_type)
    return operations.error_reply(error, name, protocol, None, "iamlab", head=head)


def _plain(error: AwsError, *, query: bool, head: bool) -> Reply:
    headers = {"x-amzn-ErrorType": error.code, "x-amzn-RequestId": "iamlab"}
    if head:
        return error.status, headers, ""
    if query:
        return (
            error.status,
            headers | {"Content-Type": "text/xml"},
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>iamlab</RequestId></ErrorResponse>",
        )
    return (
        error.status,
        headers | {"Content-Type": "application/json"},
        json.dumps({"__type": error.code, "message": error.message}),
    )


def _cbor(error: AwsError) -> Reply:
    """The error in the binary protocol that moto can't write.

    https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
    """
    members = {"__type": error.code, "message": error.message}
    body = bytes([0xA0 | len(members)]) + b"".join(
        _cbor_text(text) for member in members.items() for text in member
    )
    headers = {
        "smithy-protocol": "rpc-v2-cbor",
        "Content-Type": "application/cbor",
        "x-amzn-RequestId": "iamlab",
    }
    return error.status, headers, body


def _cbor_text(text: str) -> bytes:
    """A text string with a two-byte length (RFC 8949, major type 3)."""
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data


def cover_requests() -> None:
    """Let `requests` ask the lab for every AWS host, not only for those that moto has patterns for."""
    from moto.core.custom_responses_mock import CallbackResponse
    from moto.core.models import RESPONSES_METHODS, botocore_stubber, responses_mock

    for method in RESPONSES_METHODS:
        for pattern in (AWS_URL, METADATA_URL):
            responses_mock.add(
                CallbackResponse(
                    method=method, url=pattern, callback=botocore_stubber.process_prepared_request
                )
            )
