"""Errors of SQS, which went from the query protocol to JSON: each has the code of before and a name of today.

Clients show the code, which a header carries, and beside it the name, which the body has. Refusals that aren't
modelled have a name of the framework beneath the service.

In: an error's reply. Out: the same in SQS's form.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#trait-aws-protocols-awsquerycompatible
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Reply = tuple[int, dict[str, Any], str | bytes]
"""Status, headers, body: what moto's handlers return."""

_HEADER, _TYPE_HEADER = "x-amzn-query-error", "x-amzn-errortype"
_FRAMEWORK = "com.amazon.coral.service"
# code of the query protocol -> the framework's name
_NAMES: Mapping[str, str] = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidAction": "UnknownOperationException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "InvalidParameterCombination": "InvalidParameterCombinationException",
    "InvalidParameterValue": "InvalidParameterValueException",
    "MalformedInput": "SerializationException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "MissingParameter": "MissingRequiredParameterException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}
_STATUS: Mapping[str, int] = {"ReceiptHandleIsInvalid": 404}


def named(reply: Reply, service: str, protocol: str) -> Reply:
    """An error with both of its names, and its message once; any other reply as it is.

    Args:
        service: boto3's name.
    """
    status, headers, body = reply
    code = next((str(value) for name, value in headers.items() if name.lower() == _HEADER), "").split(";")[0]
    if service != "sqs" or protocol != "json" or not code:
        return reply
    content = json.loads(body)
    name = f"{_FRAMEWORK}#{_NAMES[code]}" if code in _NAMES else content.get("__type", code)
    said = content.get("message", content.get("Message", ""))
    kept = {header: value for header, value in headers.items() if header.lower() != _TYPE_HEADER}
    return _STATUS.get(code, status), kept, json.dumps({"__type": name, "message": said})
