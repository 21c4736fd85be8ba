"""Errors as AWS sends them: code, message and HTTP status, by service and wire protocol.

`AwsError` is raised by any part of the cloud, our own operations included; the gate writes it in the
request's wire format. `failure` looks up which code and status a service uses for a refusal; the words are
given once, here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class AwsError(Exception):
    """An error that goes to the client in its wire format.

    Args:
        code: AWS's error code, `NoSuchEntity`.
        message: AWS's words.
        status: HTTP status.
        members: further members of the error's structure, `{"BucketName": …}`.
    """

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class Failure(StrEnum):
    """Why a request is refused before its operation runs."""

    DENIED = "denied"
    NO_CREDENTIALS = "no credentials"
    UNKNOWN_KEY = "unknown key"
    BAD_TOKEN = "bad session token"
    BAD_SIGNATURE = "bad signature"
    INCOMPLETE = "incomplete signature"
    EXPIRED_TOKEN = "expired session"
    SKEWED = "clock skew"
    EXPIRED_URL = "expired presigned URL"
    UNKNOWN_OPERATION = "unknown operation"


_JSON, _REST_JSON, _QUERY, _EC2, _REST_XML, _S3 = "json", "rest-json", "query", "ec2", "rest-xml", "s3"

# failure -> protocol (or `s3`, whose errors have their own names) -> (code, status)
_CODES: dict[Failure, dict[str, tuple[str, int]]] = {
    Failure.DENIED: {
        _JSON: ("AccessDeniedException", 400),
        _REST_JSON: ("AccessDeniedException", 403),
        _QUERY: ("AccessDenied", 403),
        _REST_XML: ("AccessDenied", 403),
        _EC2: ("UnauthorizedOperation", 403),
    },
    Failure.NO_CREDENTIALS: {
        _JSON: ("MissingAuthenticationTokenException", 400),
        _REST_JSON: ("MissingAuthenticationTokenException", 403),
        _QUERY: ("MissingAuthenticationToken", 403),
        _REST_XML: ("MissingAuthenticationToken", 403),
        _EC2: ("MissingParameter", 400),
        _S3: ("AccessDenied", 403),
    },
    Failure.UNKNOWN_KEY: {
        _JSON: ("UnrecognizedClientException", 400),
        _REST_JSON: ("UnrecognizedClientException", 403),
        _QUERY: ("InvalidClientTokenId", 403),
        _REST_XML: ("InvalidClientTokenId", 403),
        _EC2: ("AuthFailure", 401),
        _S3: ("InvalidAccessKeyId", 403),
    },
    Failure.BAD_TOKEN: {
        _JSON: ("UnrecognizedClientException", 400),
        _REST_JSON: ("UnrecognizedClientException", 403),
        _QUERY: ("InvalidClientTokenId", 403),
        _REST_XML: ("InvalidClientTokenId", 403),
        _EC2: ("AuthFailure", 401),
        _S3: ("InvalidToken", 400),
    },
    Failure.BAD_SIGNATURE: {
        _JSON: ("InvalidSignatureException", 400),
        _REST_JSON: ("InvalidSignatureException", 403),
        _QUERY: ("SignatureDoesNotMatch", 403),
        _REST_XML: ("SignatureDoesNotMatch", 403),
        _EC2: ("AuthFailure", 401),
        _S3: ("SignatureDoesNotMatch", 403),
    },
    Failure.INCOMPLETE: {
        _JSON: ("IncompleteSignatureException", 400),
        _REST_JSON: ("IncompleteSignatureException", 403),
        _QUERY: ("IncompleteSignature", 400),
        _REST_XML: ("IncompleteSignature", 400),
        _EC2: ("AuthFailure", 401),
        _S3: ("AuthorizationHeaderMalformed", 400),
    },
    Failure.EXPIRED_TOKEN: {
        _JSON: ("ExpiredTokenException", 400),
        _REST_JSON: ("ExpiredTokenException", 403),
        _QUERY: ("ExpiredToken", 403),
        _REST_XML: ("ExpiredToken", 403),
        _EC2: ("RequestExpired", 400),
        _S3: ("ExpiredToken", 400),
    },
    Failure.SKEWED: {
        _JSON: ("InvalidSignatureException", 400),
        _REST_JSON: ("InvalidSignatureException", 403),
        _QUERY: ("SignatureDoesNotMatch", 403),
        _REST_XML: ("SignatureDoesNotMatch", 403),
        _EC2: ("RequestExpired", 400),
        _S3: ("RequestTimeTooSkewed", 403),
    },
    Failure.EXPIRED_URL: {
        _JSON: ("InvalidSignatureException", 400),
        _REST_JSON: ("InvalidSignatureException", 403),
        _QUERY: ("SignatureDoesNotMatch", 403),
        _REST_XML: ("SignatureDoesNotMatch", 403),
        _EC2: ("RequestExpired", 400),
        _S3: ("AccessDenied", 403),
    },
    Failure.UNKNOWN_OPERATION: {
        _JSON: ("UnknownOperationException", 400),
        _REST_JSON: ("UnknownOperationException", 404),
        _QUERY: ("InvalidAction", 400),
        _REST_XML: ("InvalidAction", 400),
        _EC2: ("InvalidAction", 400),
        _S3: ("MethodNotAllowed", 405),
    },
}

# Services whose code or status differs from the rest of their protocol.
_SERVICE_CODES: dict[tuple[Failure, str], tuple[str, int]] = {
    (Failure.DENIED, "sns"): ("AuthorizationError", 403),
    (Failure.DENIED, "elbv2"): ("AccessDenied", 403),
}

# Services that kept the codes of their query protocol when they turned to JSON.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
# https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
_QUERY_CODED = frozenset({"cloudwatch", "sqs"})

_UNABLE = "AWS was not able to validate the provided access credentials"
_NO_MATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)

# failure -> family (`` = all others) -> words
_WORDS: dict[Failure, dict[str, str]] = {
    Failure.DENIED: {"": "Access Denied", _S3: "Access Denied"},
    Failure.NO_CREDENTIALS: {
        "": "Request is missing Authentication Token",
        _JSON: "Missing Authentication Token",
        _REST_JSON: "Missing Authentication Token",
        _EC2: "The request must contain the parameter AWSAccessKeyId",
        _S3: "Access Denied",
    },
    Failure.UNKNOWN_KEY: {
        "": "The security token included in the request is invalid.",
        _EC2: _UNABLE,
        _S3: "The AWS Access Key Id you provided does not exist in our records.",
    },
    Failure.BAD_TOKEN: {
        "": "The security token included in the request is invalid.",
        _EC2: _UNABLE,
        _S3: "The provided token is malformed or otherwise invalid.",
    },
    Failure.BAD_SIGNATURE: {
        "": _NO_MATCH,
        _EC2: _UNABLE,
        _S3: "The request signature we calculated does not match the signature you provided. Check your key "
        "and signing method.",
    },
    Failure.INCOMPLETE: {"": "The request signature does not conform to AWS standards.", _EC2: _UNABLE},
    Failure.EXPIRED_TOKEN: {
        "": "The security token included in the request is expired",
        _EC2: "Request has expired.",
        _S3: "The provided token has expired.",
    },
    Failure.SKEWED: {
        "": "Signature not yet current or expired",
        _EC2: "Request has expired.",
        _S3: "The difference between the request time and the current time is too large.",
    },
    Failure.EXPIRED_URL: {"": "Signature expired", _EC2: "Request has expired.", _S3: "Request has expired"},
    Failure.UNKNOWN_OPERATION: {
        "": "The action or operation requested is invalid. Verify that the action is typed correctly.",
        _S3: "The specified method is not allowed against this resource.",
    },
}

# Services whose words differ from the rest of their protocol.
_SERVICE_WORDS: dict[tuple[Failure, str], str] = {
    (Failure.NO_CREDENTIALS, "dynamodb"): "Request is missing Authentication Token",
}

# Refusals of which EC2 tells no details.
_TOLD_BRIEFLY = frozenset({Failure.BAD_SIGNATURE, Failure.INCOMPLETE, Failure.SKEWED, Failure.EXPIRED_URL})


def failure(kind: Failure, service: str, protocol: str, message: str = "") -> AwsError:
    """The error that `service` sends for a refusal of this kind.

    Args:
        kind: why the request is refused.
        service: boto3's name of the service.
        protocol: the wire protocol of the request.
        message: words that replace the usual ones.
    """
    if service in _QUERY_CODED:
        protocol = _QUERY
    family = _S3 if service in ("s3", "s3control") else protocol
    codes = _CODES[kind]
    code, status = _SERVICE_CODES.get((kind, service)) or codes.get(family) or codes[protocol]
    words = _WORDS[kind]
    if family == _EC2 and kind in _TOLD_BRIEFLY:
        message = ""
    usual = _SERVICE_WORDS.get((kind, service)) or words.get(family) or words[""]
    return AwsError(code, message or usual, status)
