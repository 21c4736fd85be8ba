"""Wire formats: a request's operation and parameters, and results and errors as bytes.

moto routes, parses and serialises by botocore's service models; the lab uses the same machinery before moto's
handlers do, so that authorisation sees exactly what the handler will see.
"""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.session
from botocore.utils import EVENT_ALIASES
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import (
    AttributePickerContext,
    DefaultAttributePicker,
    SerializationContext,
    XFormedAttributePicker,
    get_serializer_class,
)
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import buckets, forms
from iamlab.cloud.moto_seam.chosen import choose, is_form
from iamlab.cloud.moto_seam.json_types import misfit
from iamlab.cloud.moto_seam.query_errors import Reply as Reply
from iamlab.cloud.moto_seam.query_errors import named

# An upload by a browser's form, which is moto's own operation: to policies it is a PutObject.
_POST_OBJECT = "PostObject"
_UNZIPPED = "iamlab.unzipped"
_QUEUE = "QueueUrl"
# Services whose operations are those of one version of their API, which each request names.
_OF_ONE_VERSION = frozenset({"iam", "sts"})
_ELB_VERSIONS = {"2012-06-01": "elb", "2015-12-01": "elbv2"}


class UnknownOperationError(Exception):
    """No operation of the service answers this request."""


class BadInputError(Exception):
    """The operation is known, its parameters can't be read."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks for."""

    service: str
    model: OperationModel
    protocol: str
    params: dict[str, Any]


def take_body(request: Request) -> bytes:
    """The body's bytes as sent, with the request as unread as before."""
    environ = request.environ
    stream = environ["wsgi.input"]
    body: bytes = stream.getvalue() if isinstance(stream, BytesIO) else stream.read()
    environ["wsgi.input"] = BytesIO(body)
    return body


def virtual_bucket(request: Request) -> str | None:
    """The S3 bucket that the host names (`bucket.s3.amazonaws.com`), None if it is in the path."""
    from moto.s3.responses import S3Response

    return buckets.in_host(request.url) if S3Response.subdomain_based_buckets(request) else None


def s3_resource(request: Request) -> str:
    """What a request to S3 is about, as its errors call it."""
    path = [part for part in request.path.strip("/").split("/", 1) if part]
    parts = ([virtual_bucket(request)] if virtual_bucket(request) else []) + path
    return ("SERVICE", "BUCKET", "OBJECT")[min(len(parts), 2)]


def operation_of(service: str, request: Request, body: bytes) -> Operation:
    """Which operation a request means, with its parameters.

    Args:
        service: boto3's name; '' for a host that several services share.

    Raises:
        UnknownOperationError, BadInputError
    """
    if not service:
        version = parse_qs(body.decode("latin-1")).get("Version", [""])[0] or request.args.get("Version", "")
        service = _ELB_VERSIONS.get(version, "elbv2")
    plain = body
    if request.headers.get("Content-Encoding") == "gzip" and service != "s3":
        plain = _unzip(request, body)
    try:
        model: ServiceModel = get_service_model(service)
        operation, uri = get_service_router(service).match(request)
        protocol = determine_request_protocol(model, request.content_type)
    except (NotFound, NotImplementedError) as error:
        raise UnknownOperationError(service) from error
    if service in _OF_ONE_VERSION and request.values.get("Version") != model.api_version:
        raise UnknownOperationError(service)
    if service != "s3":
        if protocol not in ("query", "ec2") and is_form(request):
            raise BadInputError(f"{operation.name} takes no form")
        if request.args:
            _check_url(request, operation, protocol)
    # A streaming body (an object's bytes) is never a parameter that a decision could need.
    readable = b"" if operation.input_shape is not None and operation.has_streaming_input else plain
    if readable and "json" in protocol:
        _check_types(service, operation, readable)
    try:
        params = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": readable,
                "url_path": request.path,
                "url_params": uri,
            }
        )
    except RequestParserError as error:
        raise BadInputError(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInputError from error  # Python's words are nobody's business
    params = dict(params or {})
    choose(request, operation.name, protocol)
    if service == "sqs" and _QUEUE not in params and _has(operation, _QUEUE):
        params[_QUEUE] = request.raw_url.partition("?")[0]  # where moto looks for the queue then
    if service == "s3" and operation.name == _POST_OBJECT:
        operation = model.operation_model("PutObject")
        params = forms.upload(request, virtual_bucket(request) or request.path.strip("/").split("/")[0])
    return Operation(service, operation, protocol, params)


def _check_url(request: Request, operation: OperationModel, protocol: str) -> None:
    """moto's handlers prefer some parameters of the URL to those of the body, and the other way round."""
    if protocol in ("query", "ec2"):
        wrong = request.args.keys() & request.form.keys()
    else:
        members = operation.input_shape.members if operation.input_shape is not None else {}
        where = {name: (member.serialization, name) for name, member in members.items()}
        ours = {row.get("name", name) for row, name in where.values() if row.get("location") == "querystring"}
        others = {one for row, name in where.values() for one in (name, row.get("name", name))}
        wrong = request.args.keys() & (others - ours)
    if wrong:
        raise BadInputError(f"{min(wrong)} does not belong into the URL")


def _check_types(service: str, operation: OperationModel, body: bytes) -> None:
    shape = operation.input_shape
    if shape is None:
        return
    payload = shape.serialization.get("payload")
    if payload is not None:
        shape = shape.members[payload]
        if shape.type_name in ("blob", "string"):
            return
    wrong = misfit(service, shape, body)
    if wrong:
        raise BadInputError(wrong)


def _has(operation: OperationModel, parameter: str) -> bool:
    return operation.input_shape is not None and parameter in operation.input_shape.members


@cache
def subresources(service: str) -> frozenset[str]:
    """The query parameters that tell a service's operations apart: `?acl`, `?policy`."""
    model = get_service_model(service)
    uris = (model.operation_model(name).http["requestUri"] for name in model.operation_names)
    return frozenset(part.partition("=")[0] for uri in uris for part in uri.partition("?")[2].split("&")) - {
        ""
    }


def knows(service: str, request: Request) -> bool:
    """True if an operation of the service answers this request."""
    try:
        get_service_router(service).match(request)
    except (NotFound, NotImplementedError):
        return False
    return True


def unknown_action(request: Request, protocol: str) -> str:
    """What services of the query protocol say to an action that they don't know; '' where nothing names one."""
    action, version = (request.values.get(name, "") for name in ("Action", "Version"))
    if not action:
        return ""
    if protocol == "ec2":
        return f"The action {action} is not valid for this web service."
    return f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}"


def _unzip(request: Request, body: bytes) -> bytes:
    """SDKs compress large bodies of some services; from here on the request reads uncompressed."""
    try:
        plain = gzip.decompress(body)
    except (OSError, EOFError) as error:
        raise BadInputError("the body isn't gzip") from error
    # The headers are signed: they stay until the signature has been checked (`forget_compression`).
    request.environ["wsgi.input"] = BytesIO(plain)
    request.environ["wsgi.input_terminated"] = request.environ[_UNZIPPED] = True
    return plain


def forget_compression(request: Request) -> None:
    """Hide from moto that an already unzipped body came compressed."""
    if _UNZIPPED in request.environ:
        request.environ.pop("HTTP_CONTENT_ENCODING", None)


def protocol_of(service: str, content_type: str | None = None) -> str:
    """The protocol a service answers in when no operation could be made out."""
    model = get_service_model(service)
    try:
        return str(determine_request_protocol(model, content_type))
    except NotImplementedError:
        return str(model.protocol)


@lru_cache(maxsize=1)
def _services_by_id() -> dict[str, str]:
    available = botocore.session.get_session().get_available_services()
    names = {name.replace("-", ""): name for name in available}
    # Where service ids and names differ (`simpledb`, `sdb`), botocore keeps a table for its own events.
    aliases = {event.replace("-", ""): name for name, event in EVENT_ALIASES.items() if name in available}
    return aliases | names


def service_named(hyphenated: str) -> str:
    """boto3's name of the service that botocore's events call `access-analyzer`, after its service id."""
    names = _services_by_id()
    return names.get(hyphenated.replace("-", ""), hyphenated)


@cache
def _nameless(service: str) -> OperationModel:
    return OperationModel({}, get_service_model(service))


_XML = ("query", "ec2", "rest-xml")


class _WithoutMessage(DefaultAttributePicker):  # type: ignore[misc]  # moto carries no types
    """Finds an error's members except `message`: in XML an error carries its `Message`, and that once."""

    def __call__(self, context: AttributePickerContext) -> Any:
        return None if context.key == "message" else super().__call__(context)


def error_reply(
    error: AwsError, service: str, protocol: str, model: OperationModel | None, request_id: str, *, head: bool
) -> Reply:
    """An error in the format of a service and protocol; the answer to HEAD has no body."""
    model = model or _nameless(service)
    with warnings.catch_warnings():
        # Refusals are common errors, absent from most service models; moto warns of such codes.
        warnings.simplefilter("ignore")
        serializer = get_serializer_class(service, protocol)(
            operation_model=model,
            context=SerializationContext(request_id=request_id),
            value_picker=_WithoutMessage() if protocol in _XML else None,
        )
        reply = serializer.serialize(_with_members(error))
    headers = dict(reply["headers"])
    headers.update(_request_id_headers(service, request_id))
    body = _with_details(reply["body"], error) if service == "s3" else reply["body"]
    if not error.message and protocol in _XML:
        body = _text(body).replace("<Message/>", "", 1)  # AWS leaves it out
    elif not error.message and "json" in protocol:
        content = json.loads(_text(body))
        body = json.dumps({name: value for name, value in content.items() if name.lower() != "message"})
    status, headers, body = named((error.status, headers, body), service, protocol)
    return status, headers, "" if head else body


def _with_details(body: str | bytes, error: AwsError) -> str:
    """S3's errors say what they are about (`BucketName`); the model knows few of them, so the serialiser drops them."""
    text = _text(body)
    told = "".join(
        f"<{name}>{escape(str(value))}</{name}>"
        for name, value in error.members.items()
        if f"<{name}>" not in text
    )
    return text.replace("</Message>", f"</Message>{told}", 1)


def _text(body: str | bytes) -> str:
    return body.decode() if isinstance(body, bytes) else body


def result_reply(
    result: Mapping[str, Any] | None, service: str, protocol: str, model: OperationModel, request_id: str
) -> Reply:
    """The result of one of our own operations in the request's wire format."""
    serializer = get_serializer_class(service, protocol)(
        operation_model=model,
        context=SerializationContext(request_id=request_id),
        value_picker=XFormedAttributePicker(),
    )
    reply = serializer.serialize(_whole_seconds(result) if service in _WHOLE_SECONDS else result)
    headers = dict(reply["headers"])
    headers.update(_request_id_headers(service, request_id))
    return _status(result, model) or reply["status_code"], headers, reply["body"]


def _status(result: Mapping[str, Any] | None, model: OperationModel) -> int | None:
    """The HTTP status where it is a member of the result, which moto's serialiser leaves aside."""
    members = model.output_shape.members if result and model.output_shape is not None else {}
    for name, shape in members.items():
        if shape.serialization.get("location") == "statusCode" and result and name in result:
            return int(result[name])
    return None


# Services whose answers know no fractions of a second.
_WHOLE_SECONDS = frozenset({"iam", "sts"})


def _whole_seconds(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if isinstance(value, Mapping):
        return {name: _whole_seconds(item) for name, item in value.items()}
    return [_whole_seconds(item) for item in value] if isinstance(value, list) else value


def _request_id_headers(service: str, request_id: str) -> dict[str, str]:
    if service in ("s3", "s3control"):
        return {"x-amz-request-id": request_id, "x-amz-id-2": buckets.HOST_ID}
    return {"x-amzn-RequestId": request_id}


def _with_members(error: AwsError) -> AwsError:
    """The serialiser reads an error's members as attributes."""
    for name, value in error.members.items():
        setattr(error, name, value)
    return error


def operation_named(service: str, operation: str) -> OperationModel:
    """The model of an operation, for calls that no request makes.

    Raises:
        botocore.exceptions.UnknownServiceError, botocore.model.OperationNotFoundError
    """
    model: OperationModel = get_service_model(service).operation_model(operation)
    return model
