"""Which code and status each service uses for a refusal.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

import pytest

from iamlab.cloud.errors import Failure, failure

CASES = [
    (Failure.DENIED, "iam", "query", "AccessDenied", 403),
    (Failure.DENIED, "sts", "query", "AccessDenied", 403),
    (Failure.DENIED, "s3", "rest-xml", "AccessDenied", 403),
    (Failure.DENIED, "ec2", "ec2", "UnauthorizedOperation", 403),
    (Failure.DENIED, "dynamodb", "json", "AccessDeniedException", 400),
    (Failure.DENIED, "sqs", "json", "AccessDenied", 403),
    (Failure.DENIED, "sqs", "query", "AccessDenied", 403),
    (Failure.DENIED, "sns", "query", "AuthorizationError", 403),
    (Failure.DENIED, "lambda", "rest-json", "AccessDeniedException", 403),
    (Failure.UNKNOWN_KEY, "sts", "query", "InvalidClientTokenId", 403),
    (Failure.UNKNOWN_KEY, "dynamodb", "json", "UnrecognizedClientException", 400),
    (Failure.UNKNOWN_KEY, "sqs", "json", "InvalidClientTokenId", 403),
    (Failure.EXPIRED_TOKEN, "sqs", "json", "ExpiredToken", 403),
    (Failure.UNKNOWN_KEY, "s3", "rest-xml", "InvalidAccessKeyId", 403),
    (Failure.UNKNOWN_KEY, "ec2", "ec2", "AuthFailure", 401),
    (Failure.BAD_SIGNATURE, "iam", "query", "SignatureDoesNotMatch", 403),
    (Failure.BAD_SIGNATURE, "dynamodb", "json", "InvalidSignatureException", 400),
    (Failure.EXPIRED_TOKEN, "sts", "query", "ExpiredToken", 403),
    (Failure.EXPIRED_TOKEN, "s3", "rest-xml", "ExpiredToken", 400),
    (Failure.EXPIRED_TOKEN, "dynamodb", "json", "ExpiredTokenException", 400),
    (Failure.EXPIRED_TOKEN, "ec2", "ec2", "RequestExpired", 400),
    (Failure.SKEWED, "s3", "rest-xml", "RequestTimeTooSkewed", 403),
    (Failure.EXPIRED_TOKEN, "cloudwatch", "json", "ExpiredToken", 403),
    (Failure.DENIED, "cloudwatch", "json", "AccessDenied", 403),
    (Failure.NO_CREDENTIALS, "iam", "query", "MissingAuthenticationToken", 403),
]


@pytest.mark.parametrize(("kind", "service", "protocol", "code", "status"), CASES)
def test_each_service_has_its_own_code(
    kind: Failure, service: str, protocol: str, code: str, status: int
) -> None:
    error = failure(kind, service, protocol)
    assert (error.code, error.status) == (code, status)
    assert error.message


@pytest.mark.parametrize("kind", list(Failure))
@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "rest-xml", "ec2"])
def test_every_failure_has_an_error_in_every_protocol(kind: Failure, protocol: str) -> None:
    error = failure(kind, "anything", protocol)
    assert 400 <= error.status < 500
    assert error.message


@pytest.mark.parametrize("kind", [Failure.BAD_SIGNATURE, Failure.INCOMPLETE])
def test_ec2_tells_no_details_of_a_signature(kind: Failure) -> None:
    error = failure(kind, "ec2", "ec2", "Credential must have exactly 5 slash-delimited elements")
    assert error.message == "AWS was not able to validate the provided access credentials"
