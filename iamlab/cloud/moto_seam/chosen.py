"""moto runs the operation that the gate has decided about, in its region, and reads what the gate has read.

moto reads a request once more, and finds things where no client put them: an operation in the query of the URL or in
any text of a JSON body that has `&Action=` in it, a region in the name of the client, a parameter of the path in the
body, in a form or among the headers. It splits the source of a copy as a URL, so that `//a/b/c` is of bucket `b`.

In: moto's request. Out: what its handlers shall take from it. Pinned to moto by `tests/cloud/test_chosen.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import quote

from moto.core.model import OperationModel
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model

_CHOSEN = "iamlab.operation"
_REGION = "iamlab.region"
_PLACES = "iamlab.places"
_COPY_SOURCE = "HTTP_X_AMZ_COPY_SOURCE"
_LABEL = re.compile(r"\{([^{}+]+)(\+?)\}")
_BY_NAME = ("ec2", "json", "query")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

_read = BaseResponse._get_action
_find = BaseResponse._get_param


def choose(request: Any, operation: str, protocol: str) -> None:
    """Let a handler run this operation, whatever the request says.

    Args:
        protocol: of REST's, method and path alone say what is asked for.
    """
    request.environ[_CHOSEN] = operation if protocol in _BY_NAME else ""


def chosen(handler: Any) -> str:
    """The operation that one of moto's handlers is to run; stands in for `BaseResponse._get_action`."""
    request = handler.normalized_request
    name = request.environ.get(_CHOSEN)
    if name is None:  # a request that moto made itself
        return str(_read(handler))
    found: str = name or handler._get_action_from_method_and_request_uri(request)
    return found


def in_region(original: Callable[..., str]) -> Callable[..., str]:
    """The region that was decided on; stands around `get_region_from_url`, which takes it from the URL or a header."""

    def region(handler: Any, request: Any, full_url: str) -> str:
        return request.environ.get(_REGION) or original(handler, request, full_url)

    return region


def of_no_header(fields: Mapping[Any, Any]) -> dict[str, Any]:
    """The fields of a query or form; stands in for `_decode_dict`, which passes on headers as fields.

    Fields come as lists, headers as texts.
    """
    return {str(name): value for name, value in fields.items() if isinstance(value, list)}


def parameter(handler: Any, name: str, if_none: Any = None) -> Any:
    """A parameter, from where the model of its operation says; stands in for `BaseResponse._get_param`.

    moto looks for each in a form, then in the body, then in the path.
    """
    places = handler.normalized_request.environ.get(_PLACES)
    place = places.get(name) if places is not None and not handler.automated_parameter_parsing else None
    if place == "uri" and name in handler.uri_match:
        return handler.uri_match[name]
    if place in ("querystring", "header", "headers"):
        given = handler.querystring.get(name)
        return given[0] if given else if_none
    return _find(handler, name, if_none)


def of_the_body(parser: Any, body: Any) -> Any:
    """The fields of a JSON body, but for those that the path, the query or a header has to say.

    Stands in for `RestJSONParser._initial_body_parse`, which lets the body outdo them.
    """
    fields = parser._parse_body_as_json(body)
    shape = parser.operation_model.input_shape
    if not isinstance(fields, dict) or "payload" in shape.serialization:
        return fields
    places = _places(parser.operation_model.service_model.service_name, parser.operation_model.name)
    return {name: value for name, value in fields.items() if name not in places}


def restated(request: Any, operation: OperationModel, params: Mapping[str, Any], region: str) -> Any:
    """A request of one of the REST protocols as a client would send it that asks for these parameters.

    Its path is spelled as clients spell it, for moto's handlers cut it up once more. Of the other protocols and of S3,
    the request as it is.

    Args:
        request: as it came; its body can be read.
        operation: what was decided on, with the parameters `params` and in `region`.
    """
    environ = request.environ
    environ[_REGION] = region
    service = operation.service_model
    if service.service_name == "s3" or environ.get(_CHOSEN) != "":
        return request
    plain, sent = _path(operation, params)
    query = environ.get("QUERY_STRING", "")
    kept = {
        **environ,
        _PLACES: _places(service.service_name, operation.name),
        "PATH_INFO": plain,
        "RAW_URI": sent + (f"?{query}" if query else ""),
        "REQUEST_URI": sent + (f"?{query}" if query else ""),
        "wsgi.input": BytesIO(environ["wsgi.input"].getvalue()),
    }
    return type(request)(kept)


def is_form(request: Any) -> bool:
    """Whether moto would take parameters from a form in the body."""
    return (request.mimetype or "") in _FORMS


def _path(operation: OperationModel, params: Mapping[str, Any]) -> tuple[str, str]:
    """The path of an operation's URL as WSGI wants it, and as it is sent."""
    template = operation.http["requestUri"].partition("?")[0]
    members = operation.input_shape.members if operation.input_shape is not None else {}
    values = {
        member.serialization.get("name", name): str(params.get(name, ""))
        for name, member in members.items()
        if member.serialization.get("location") == "uri"
    }

    # In one pass: a value that looks like another label stays what it is.
    def filled(spelled: Callable[[str, str], str]) -> str:
        return _LABEL.sub(lambda label: spelled(values.get(label[1], label[0]), label[2]), template)

    plain = filled(lambda value, _: value.encode().decode("latin-1"))
    return plain, filled(lambda value, greedy: quote(value, safe="-._~/" if greedy else "-._~"))


@lru_cache(maxsize=4096)
def _places(service: str, operation: str) -> Mapping[str, str]:
    """Where in a request each parameter stands, by its name in the model and on the wire; of the body's, nothing."""
    shape = get_service_model(service).operation_model(operation).input_shape
    members = shape.members if shape is not None else {}
    return {
        known: member.serialization["location"]
        for name, member in members.items()
        if "location" in member.serialization
        for known in (name, member.serialization.get("name", name))
    }


def copy_from(request: Any, bucket: str, key: str, version: str | None) -> None:
    """Let a copy read this object."""
    source = quote(f"{bucket}/object/{key}" if bucket.startswith("arn:") else f"{bucket}/{key}")
    request.environ[_COPY_SOURCE] = f"{source}?versionId={quote(version)}" if version else source
