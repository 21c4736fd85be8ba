"""moto's own errors, mended to what AWS sends: the message once, by the name that the service gives it, and the status.

moto writes some messages twice (`message` and `Message`), some under the other name, and gives some errors of JSON
services the status that they would have over REST. Clients show all of that.

In: the reply of one of moto's handlers. Out: the same, or an error as the service's model has it.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.core.model import OperationModel

from iamlab.cloud.moto_seam.operations import Reply
from iamlab.cloud.moto_seam.query_errors import named

_TWICE = re.compile(r"(<Message>([^<]*)</Message>)<message>\2</message>")
_NAMES = ("message", "Message")
# Errors whose code says it all.
_WORDLESS = frozenset({("ssm", "ParameterNotFound")})
_OF_MOTO = frozenset({"server", "status", "x-amzn-requestid"})
_ERROR_TYPE = "x-amzn-errortype"


def mended(reply: Reply, service: str, protocol: str, model: OperationModel) -> Reply:
    """A reply whose error, if it is one, has AWS's form.

    Args:
        service: boto3's name; S3's errors are its own.
    """
    status, headers, body = reply
    if service == "lambda" and status < 300 and not _tells_status(model):
        return int(model.http.get("responseCode", status)), headers, body
    if status < 400 or service in ("s3", "s3control") or not body:
        return reply
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if "json" not in protocol:
        return status, headers, _TWICE.sub(r"\1", text)
    try:
        content = json.loads(text)
    except ValueError:
        return reply
    if not isinstance(content, dict):
        return reply
    if service == "sqs":
        return named(reply, service, protocol)
    shape = model.service_model.shape_for_error_code(_code(content, headers))
    if shape is None:
        return reply
    said = next((content[name] for name in _NAMES if name in content), None)
    rest = {name: value for name, value in content.items() if name not in _NAMES}
    if (service, _code(content, headers)) in _WORDLESS:
        said = None
    if said:  # AWS leaves an empty one out
        rest[next((name for name in _NAMES if name in shape.members), "message")] = said
    if service == "lambda" and "Type" in shape.members:
        rest.setdefault("Type", "User")
    return _status(shape, protocol, status), headers, json.dumps(rest)


def identified(reply: Reply, request_id: str, protocol: str, model: OperationModel) -> Reply:
    """A JSON reply of moto's under the request's own id, which is the one in the trail, and with AWS's content type."""
    if "json" not in protocol:
        return reply
    status, headers, body = reply
    kept = {name: value for name, value in headers.items() if name.lower() not in _OF_MOTO}
    kept["x-amzn-RequestId"] = request_id
    if protocol == "json":
        kept = {name: value for name, value in kept.items() if name.lower() != "content-type"}
        kept["Content-Type"] = (
            f"application/x-amz-json-{model.service_model.metadata.get('jsonVersion', '1.0')}"
        )
    return status, kept, body


def _tells_status(model: OperationModel) -> bool:
    """Whether an operation's result has the HTTP status among its members."""
    members = model.output_shape.members.values() if model.output_shape is not None else ()
    return any(member.serialization.get("location") == "statusCode" for member in members)


def _code(content: dict[str, Any], headers: dict[str, Any]) -> str:
    """The name of an error's shape."""
    header = next((value for name, value in headers.items() if name.lower() == _ERROR_TYPE), "")
    return str(content.get("__type") or header).rpartition("#")[2].split(":")[0]


def _status(shape: Any, protocol: str, told: int) -> int:
    """What the model says; where it says nothing, JSON services answer 400 to all faults of the client."""
    of_model = shape.metadata.get("error", {}).get("httpStatusCode")
    return int(of_model or (400 if protocol == "json" and told < 500 else told))
