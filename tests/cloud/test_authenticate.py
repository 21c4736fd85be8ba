"""Whose signature is believed, and what the others are told.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import botocore.auth
import botocore.session
import pytest
import requests
from botocore import UNSIGNED
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

MakeUser = Callable[..., boto3.Session]
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
V4 = Config(signature_version="s3v4")

SERVICES: dict[str, Callable[[boto3.Session], Any]] = {
    "sts": lambda session: session.client("sts").get_caller_identity(),
    "iam": lambda session: session.client("iam").list_users(),
    "dynamodb": lambda session: session.client("dynamodb").list_tables(),
    "s3": lambda session: session.client("s3").list_buckets(),
    "ec2": lambda session: session.client("ec2").describe_instances(),
    "lambda": lambda session: session.client("lambda").list_functions(),
}

# failure -> service -> (code, status)
REFUSALS: dict[str, dict[str, tuple[str, int]]] = {
    "unknown key": {
        "sts": ("InvalidClientTokenId", 403),
        "iam": ("InvalidClientTokenId", 403),
        "dynamodb": ("UnrecognizedClientException", 400),
        "s3": ("InvalidAccessKeyId", 403),
        "ec2": ("AuthFailure", 401),
        "lambda": ("UnrecognizedClientException", 403),
    },
    "wrong secret": {
        "sts": ("SignatureDoesNotMatch", 403),
        "iam": ("SignatureDoesNotMatch", 403),
        "dynamodb": ("InvalidSignatureException", 400),
        "s3": ("SignatureDoesNotMatch", 403),
        "ec2": ("AuthFailure", 401),
        "lambda": ("InvalidSignatureException", 403),
    },
    "expired session": {
        "sts": ("ExpiredToken", 403),
        "iam": ("ExpiredToken", 403),
        "dynamodb": ("ExpiredTokenException", 400),
        "s3": ("ExpiredToken", 400),
        "ec2": ("RequestExpired", 400),
        "lambda": ("ExpiredTokenException", 403),
    },
}
# What is wrong with the key itself looks like a key that nobody knows.
REFUSALS |= dict.fromkeys(("inactive key", "deleted key", "token left out"), REFUSALS["unknown key"])


@pytest.fixture
def holders(lab: Lab, make_user: MakeUser) -> dict[str, boto3.Session]:
    """A session for each thing that can be wrong."""
    iam, sts = boto3.client("iam"), boto3.client("sts")
    good = make_user("ana", EVERYTHING).get_credentials()
    inactive, deleted = make_user("ben", EVERYTHING), make_user("eve", EVERYTHING)
    iam.update_access_key(
        UserName="ben", AccessKeyId=inactive.get_credentials().access_key, Status="Inactive"
    )
    iam.delete_access_key(UserName="eve", AccessKeyId=deleted.get_credentials().access_key)
    session = sts.get_session_token(DurationSeconds=900)["Credentials"]
    lab.clock.advance(minutes=16)
    fresh = sts.get_session_token(DurationSeconds=900)["Credentials"]
    return {
        "unknown key": lab.session({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}),
        "wrong secret": lab.session(
            {"AccessKeyId": good.access_key, "SecretAccessKey": good.secret_key[::-1]}
        ),
        "inactive key": inactive,
        "deleted key": deleted,
        "expired session": lab.session(session),
        "token left out": lab.session({**fresh, "SessionToken": None}),
        "token of another": lab.session({**fresh, "SessionToken": session["SessionToken"]}),
    }


@pytest.mark.parametrize("what", list(REFUSALS))
def test_each_service_refuses_bad_credentials_with_its_own_code(
    what: str, holders: dict[str, boto3.Session]
) -> None:
    found = {}
    for service, call in SERVICES.items():
        with pytest.raises(ClientError) as refused:
            call(holders[what])
        response = refused.value.response
        found[service] = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
    assert found == REFUSALS[what]


# what is wrong -> what S3 tells beside code and words
# https://docs.aws.amazon.com/AmazonS3/latest/developerguide/RESTAuthentication.html#RESTAuthenticationDebugging
SIGNATURE = {
    "StringToSign",
    "StringToSignBytes",
    "SignatureProvided",
    "CanonicalRequest",
    "CanonicalRequestBytes",
}
S3_TELLS: dict[str, set[str]] = {
    "unknown key": {"AWSAccessKeyId"},
    "inactive key": {"AWSAccessKeyId"},
    "wrong secret": {"AWSAccessKeyId"} | SIGNATURE,
    "expired session": {"Token-0"},
    "token left out": {"AWSAccessKeyId"},
    "token of another": {"Token-0"},
}


def test_s3_tells_what_it_means(holders: dict[str, boto3.Session]) -> None:
    told = {}
    for what in S3_TELLS:
        session = holders[what]
        with pytest.raises(ClientError) as refused:
            session.client("s3").list_buckets()
        error = refused.value.response["Error"]
        told[what] = set(error) - {"Code", "Message"}
        keys = session.get_credentials()
        assert error.get("AWSAccessKeyId", keys.access_key) == keys.access_key
        assert error.get("Token-0", keys.token) == keys.token
        for text in ("StringToSign", "CanonicalRequest"):
            assert error.get(text, "").encode().hex(" ") == error.get(f"{text}Bytes", "")
    assert told == S3_TELLS


def test_another_sessions_token_does_not_fit(lab: Lab) -> None:
    sts = boto3.client("sts")
    one, two = (sts.get_session_token()["Credentials"] for _ in range(2))
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        lab.session({**one, "SessionToken": two["SessionToken"]}).client("sts").get_caller_identity()


def test_a_session_works_until_the_labs_clock_says_otherwise(lab: Lab) -> None:
    session = lab.session(boto3.client("sts").get_session_token(DurationSeconds=900)).client("sts")
    assert session.get_caller_identity()["Account"] == lab.account_id
    lab.clock.advance(minutes=14)
    assert session.get_caller_identity()["Account"] == lab.account_id
    lab.clock.advance(minutes=1)
    with pytest.raises(ClientError, match="ExpiredToken"):
        session.get_caller_identity()


@pytest.mark.parametrize("days", [1, 4000])
def test_signing_goes_on_however_far_the_clock_was_moved(lab: Lab, days: int) -> None:
    lab.clock.advance(days=days)
    assert boto3.client("sts").get_caller_identity()["Account"] == lab.account_id


# service, minutes of the client's clock, code or None
SKEWS = [
    ("sts", 4, None),
    ("sts", 6, "SignatureDoesNotMatch"),
    ("sts", -6, "SignatureDoesNotMatch"),
    ("dynamodb", -6, "InvalidSignatureException"),
    ("s3", -14, None),
    ("s3", -16, "RequestTimeTooSkewed"),
    ("s3", 16, "RequestTimeTooSkewed"),
]


@pytest.mark.parametrize(("service", "minutes", "code"), SKEWS)
def test_a_client_whose_clock_is_wrong_is_refused(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, service: str, minutes: int, code: str | None
) -> None:
    right = botocore.auth.get_current_datetime

    def wrong(remove_tzinfo: bool = True) -> datetime:
        return right(remove_tzinfo) + timedelta(minutes=minutes)

    session = boto3.Session()
    monkeypatch.setattr(botocore.auth, "get_current_datetime", wrong)
    if code is None:
        SERVICES[service](session)
    else:
        with pytest.raises(ClientError, match=code) as refused:
            SERVICES[service](session)
        if service == "s3":
            told = refused.value.response["Error"]
            assert told["MaxAllowedSkewMilliseconds"] == "900000"
            sent, arrived = (told["RequestTime"], told["ServerTime"].replace("-", "").replace(":", ""))
            assert (sent < arrived) == (minutes < 0)


def _signed(
    url: str, method: str = "GET", data: str = "", headers: dict[str, str] | None = None
) -> AWSRequest:
    credentials = boto3.Session().get_credentials()
    request = AWSRequest(method, url, data=data, headers=headers or {})
    SigV4Auth(credentials, "iam", "us-east-1").add_auth(request)
    return request


WHO_AM_I = "Action=GetCallerIdentity&Version=2011-06-15"
LIST_USERS = "Action=ListUsers&Version=2010-05-08"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
IAM = "https://iam.amazonaws.com/"


def _post(request: AWSRequest, **changes: str) -> requests.Response:
    body = changes.pop("body", request.data if isinstance(request.data, str) else request.data.decode())
    return requests.post(request.url, data=body, headers={**dict(request.headers.items()), **changes})


def test_any_client_that_signs_rightly_is_let_in(lab: Lab) -> None:
    assert _post(_signed(IAM, "POST", LIST_USERS, FORM)).status_code == 200


def test_what_was_signed_cannot_be_changed_on_the_way(lab: Lab) -> None:
    request = _signed(IAM, "POST", LIST_USERS, FORM)
    for changed in (
        _post(request, body=LIST_USERS.replace("ListUsers", "ListRoles")),
        _post(request, **{"Content-Type": "application/x-www-form-urlencoded; charset=latin-1"}),
        requests.post(IAM + "?PathPrefix=/a/", data=LIST_USERS, headers=dict(request.headers.items())),
    ):
        assert changed.status_code == 403
        assert "<Code>SignatureDoesNotMatch</Code>" in changed.text


def test_a_signature_counts_for_one_service(lab: Lab) -> None:
    request = _signed("https://sts.us-east-1.amazonaws.com/", "POST", WHO_AM_I, FORM)
    refused = _post(request)
    assert refused.status_code == 403
    words = "<Message>Credential should be scoped to correct service: 'sts'. </Message>"
    assert f"<Code>SignatureDoesNotMatch</Code>{words}" in refused.text
    refused = requests.get(
        "https://s3.us-east-1.amazonaws.com/",
        headers=dict(_signed("https://s3.us-east-1.amazonaws.com/").headers.items()),
    )
    assert refused.status_code == 400
    assert 'incorrect service "iam". This endpoint belongs to "s3".' in html.unescape(refused.text)


# header, code
BROKEN = [
    ("AWS4-HMAC-SHA256", "IncompleteSignature"),
    ("AWS4-HMAC-SHA256 Credential=AKIA/20260105/us-east-1/iam/aws4_request", "IncompleteSignature"),
    ("AWS4-HMAC-SHA256 Credential=AKIA/us-east-1, SignedHeaders=host, Signature=aa", "IncompleteSignature"),
    ("Bearer abc", "IncompleteSignature"),
    ("AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=aa", "IncompleteSignature"),
]


@pytest.mark.parametrize(("header", "code"), BROKEN)
def test_a_broken_authorization_header_is_named(lab: Lab, header: str, code: str) -> None:
    reply = requests.post(
        IAM, data=LIST_USERS, headers={**FORM, "Authorization": header, "X-Amz-Date": "20260105T090000Z"}
    )
    assert reply.status_code == 400
    assert f"<Code>{code}</Code>" in reply.text


S3_BROKEN = [
    ("AWS4-HMAC-SHA256 Credential=AKIA/20260105/us-east-1/s3/aws4_request", "requires three components"),
    (
        "AWS4-HMAC-SHA256 Credential=AK/IA/20260105/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=a",
        "mal-formed",
    ),
]


@pytest.mark.parametrize(("header", "words"), S3_BROKEN, ids=["incomplete", "one slash too many"])
def test_s3_says_what_is_malformed(lab: Lab, header: str, words: str) -> None:
    headers = {"Authorization": header, "X-Amz-Date": "20260105T090000Z"}
    reply = requests.get("https://s3.us-east-1.amazonaws.com/", headers=headers)
    assert reply.status_code == 400
    assert (
        "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; "
        in reply.text
    )
    assert words in reply.text


def test_without_any_signature_most_services_want_one(lab: Lab) -> None:
    reply = requests.post(IAM, data=LIST_USERS, headers=FORM)
    assert reply.status_code == 403
    assert "<Code>MissingAuthenticationToken</Code>" in reply.text
    for service in ("dynamodb", "lambda", "ec2"):
        client = boto3.client(service, config=Config(signature_version=UNSIGNED))
        method = {"dynamodb": "list_tables", "lambda": "list_functions", "ec2": "describe_instances"}[service]
        with pytest.raises(ClientError):
            getattr(client, method)()


# ------------------------------------------------------------------ S3: presigned and anonymous
@pytest.fixture
def bucket(lab: Lab) -> Iterator[str]:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_object(Bucket="a-bucket", Key="a b+é/c.txt", Body=b"text")
    return "a-bucket"


def _url(config: Config | None, operation: str = "get_object", key: str = "a b+é/c.txt", **more: Any) -> str:
    client = boto3.client("s3", config=config)
    return str(client.generate_presigned_url(operation, Params={"Bucket": "a-bucket", "Key": key, **more}))


@pytest.mark.parametrize("config", [None, V4], ids=["version 2, boto3's default here", "version 4"])
def test_a_presigned_url_works_untouched_and_for_an_hour(
    lab: Lab, bucket: str, config: Config | None
) -> None:
    url = _url(config)
    assert requests.get(url).content == b"text"
    assert requests.get(url.replace("c.txt", "d.txt")).status_code == 403
    assert requests.put(url, data=b"other").status_code == 403
    lab.clock.advance(minutes=59)
    assert requests.get(url).content == b"text"
    lab.clock.advance(minutes=1)
    expired = requests.get(url)
    assert expired.status_code == 403
    assert "<Message>Request has expired</Message>" in expired.text
    assert ("<X-Amz-Expires>3600</X-Amz-Expires>" in expired.text) == (config is V4)
    end, now = (re.findall(f"<{name}>(.+)</{name}>", expired.text)[0] for name in ("Expires", "ServerTime"))
    assert end <= now
    assert requests.get(_url(config)).content == b"text"


@pytest.mark.parametrize("config", [None, V4], ids=["version 2", "version 4"])
def test_a_presigned_upload_arrives(bucket: str, config: Config | None) -> None:
    assert requests.put(_url(config, "put_object", "new"), data=b"uploaded").status_code == 200
    assert boto3.client("s3").get_object(Bucket=bucket, Key="new")["Body"].read() == b"uploaded"


def test_a_presigned_url_can_do_no_more_than_its_maker(bucket: str, make_user: MakeUser) -> None:
    client = make_user("ana").client("s3")
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+é/c.txt"})
    reply = requests.get(url)
    assert reply.status_code == 403
    assert "s3:GetObject" in reply.text


def test_a_presigned_url_of_a_session_carries_its_token(lab: Lab, bucket: str) -> None:
    session = lab.session(boto3.client("sts").get_session_token())
    for config in (None, V4):
        client = session.client("s3", config=config)
        url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+é/c.txt"})
        assert requests.get(url).content == b"text"


def test_a_presigned_url_lives_a_week_at_most(bucket: str) -> None:
    url = _url(V4).replace("X-Amz-Expires=3600", "X-Amz-Expires=604801")
    assert "AuthorizationQueryParametersError" in requests.get(url).text


def test_other_services_take_presigned_urls_too(lab: Lab) -> None:
    request = AWSRequest(
        "GET", "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    )
    SigV4QueryAuth(boto3.Session().get_credentials(), "sts", "us-east-1", expires=60).add_auth(request)
    assert "user/Administrator" in requests.get(request.url).text


def test_strangers_see_what_the_bucket_policy_shows_them(bucket: str) -> None:
    anonymous = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    with pytest.raises(ClientError, match=r"AccessDenied.*Access Denied"):
        anonymous.get_object(Bucket=bucket, Key="a b+é/c.txt")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::a-bucket/*",
    }
    boto3.client("s3").delete_public_access_block(Bucket=bucket)
    boto3.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    assert anonymous.get_object(Bucket=bucket, Key="a b+é/c.txt")["Body"].read() == b"text"
    with pytest.raises(ClientError, match="AccessDenied"):
        anonymous.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_a_body_other_than_the_signed_one_is_refused_by_s3(bucket: str) -> None:
    request = AWSRequest("PUT", "https://a-bucket.s3.us-east-1.amazonaws.com/k", data=b"mine")
    S3SigV4Auth(boto3.Session().get_credentials(), "s3", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    changed = requests.put(request.url, data=b"other", headers=headers)
    assert changed.status_code == 400
    assert "<Code>XAmzContentSHA256Mismatch</Code>" in changed.text
    assert requests.put(request.url, data=b"mine", headers=headers).status_code == 200
