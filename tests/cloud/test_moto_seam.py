"""What the lab leans on inside of moto and botocore. An upgrade that moves any of it breaks here, and says where."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import boto3
import botocore.credentials
import moto
import moto.backend_index
import moto.core.utils
import pytest
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.compat import get_current_datetime
from moto import backends
from moto.core import authorization, responses
from moto.core.request import normalize_request
from moto.iam.models import iam_backends

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam import dispatch, mfa, organizations, silence, time, wsgi
from iamlab.cloud.moto_seam.requests import from_prepared


def test_the_seam_is_written_for_this_moto() -> None:
    assert moto.__version__.startswith("5.2.")


# ------------------------------------------------------------------ dispatch
URLS = [
    "https://iam.amazonaws.com/",
    "https://sts.us-east-1.amazonaws.com/",
    "https://sts.amazonaws.com/?Action=GetCallerIdentity",
    "https://dynamodb.eu-west-1.amazonaws.com/",
    "https://streams.dynamodb.us-east-1.amazonaws.com/",
    "https://123456789012.ddb.us-east-1.amazonaws.com/",
    "https://s3.amazonaws.com/",
    "https://s3.eu-west-1.amazonaws.com/bucket/a/b",
    "https://my.bucket.s3.amazonaws.com/a%20b?versioning",
    "https://bucket.s3.us-east-1.amazonaws.com/",
    "https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/accesspoint",
    "https://ec2.us-east-1.amazonaws.com/",
    "https://sqs.us-east-1.amazonaws.com/123456789012/queue",
    "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/",
    "https://monitoring.us-east-1.amazonaws.com/",
    "https://ec2.cn-north-1.amazonaws.com.cn/",
    "https://organizations.us-east-1.amazonaws.com/",
    "https://route53.amazonaws.com/2013-04-01/hostedzone",
]


def _as_moto_does(url: str) -> tuple[str, Any] | None:
    """moto's own search, written down: first service whose pattern fits, first handler whose pattern fits."""
    clean = moto.core.utils.get_equivalent_url_in_aws_domain(url.split("?")[0])[0].geturl()
    for package, pattern in moto.backend_index.backend_url_patterns:
        if pattern.match(clean):
            backend = object.__new__(backends.get_backend(package).backend)
            for expression, handler in backend.urls.items():
                if re.match(expression, clean):
                    return package, handler
    return None


@pytest.mark.parametrize("url", URLS)
def test_the_handler_found_is_the_one_that_moto_would_find(url: str) -> None:
    endpoint = dispatch.find(url)
    assert endpoint is not None
    assert (endpoint.package, endpoint.handler) == _as_moto_does(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "https://detective.us-east-1.amazonaws.com/graphs",
        "https://s3-outposts.us-east-1.amazonaws.com/S3Outposts/ListEndpoints",
        "http://motoapi.amazonaws.com/moto-api/reset",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.org/iam.amazonaws.com/",
    ],
)
def test_what_is_not_an_aws_api_of_moto_has_no_handler(url: str) -> None:
    assert dispatch.find(url) is None


# service -> moto package that answers when only the credential scope is known
OVER_HTTP = {
    "iam": "iam",
    "sts": "sts",
    "s3": "s3",
    "dynamodb": "dynamodb",
    "ec2": "ec2",
    "monitoring": "cloudwatch",
    "lambda": "awslambda",
    "events": "events",
    "elasticloadbalancing": "elb",
    "budgets": "budgets",
    "mobiletargeting": "pinpoint",
}


@pytest.mark.parametrize("scope", list(OVER_HTTP))
def test_over_http_the_credential_scope_leads_to_the_service(scope: str) -> None:
    path = {"lambda": "/2015-03-31/functions/", "mobiletargeting": "/v1/apps"}.get(scope, "/")
    request = wsgi.ServerRequest.from_values(
        path=path,
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential=A/20260105/us-east-1/{scope}/aws4_request, x"
        },
    )
    endpoint = wsgi.endpoint_of(request)
    assert endpoint is not None
    assert endpoint.package in (OVER_HTTP[scope], "elbv2" if scope == "elasticloadbalancing" else "")


# ------------------------------------------------------------------ requests
REQUESTS = [
    ("GET", "https://s3.amazonaws.com/bucket/a%20b%2Bc/%C3%A9?prefix=a%2Fb&empty=", {}, None),
    (
        "PUT",
        "https://bucket.s3.amazonaws.com/k",
        {"x-amz-meta-my_key": b"v", "Content-Type": b"text/plain"},
        b"body",
    ),
    (
        "PUT",
        "https://bucket.s3.amazonaws.com//a//b/",
        {"Content-Length": b"4", "Expect": b"100-continue"},
        "text",
    ),
    ("PUT", "https://bucket.s3.amazonaws.com/k", {"Transfer-Encoding": "chunked"}, BytesIO(b"stream")),
    (
        "POST",
        "http://iam.amazonaws.com:8080/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=A&B=%20",
    ),
    (
        "POST",
        "https://dynamodb.us-east-1.amazonaws.com",
        {"X-Amz-Target": b"DynamoDB.X", "Content-Type": "a/j"},
        b"{}",
    ),
    ("HEAD", "https://bucket.s3.amazonaws.com/", {"Host": "bucket.s3.amazonaws.com"}, b""),
]
SAME = (
    "REQUEST_METHOD",
    "PATH_INFO",
    "QUERY_STRING",
    "SERVER_NAME",
    "SERVER_PORT",
    "HTTP_HOST",
    "CONTENT_LENGTH",
    "wsgi.url_scheme",
    "moto.preserved_header_names",
)


def _prepared(method: str, url: str, headers: dict[str, Any], body: Any) -> AWSPreparedRequest:
    if isinstance(body, BytesIO):
        body = BytesIO(body.getvalue())
    return AWSPreparedRequest(method, url, HeadersDict(headers), body, False)


@pytest.mark.parametrize(("method", "url", "headers", "body"), REQUESTS, ids=[case[1] for case in REQUESTS])
def test_our_requests_read_like_motos(method: str, url: str, headers: dict[str, Any], body: Any) -> None:
    ours = from_prepared(_prepared(method, url, headers, body))
    theirs = normalize_request(_prepared(method, url, headers, body))
    if "//" in url.partition("://")[2]:  # moto's way loses what a path with two slashes begins with
        theirs.environ["PATH_INFO"] = "//a//b/"
    theirs.environ["PATH_INFO"] = theirs.environ["PATH_INFO"] or "/"
    for name in SAME:
        assert ours.environ.get(name) == theirs.environ.get(name), name
    assert sorted(ours.headers) == sorted(theirs.headers)
    assert dict(ours.form) == dict(theirs.form)
    assert ours.get_data() == theirs.get_data()


def test_the_path_stays_as_it_was_signed() -> None:
    request = from_prepared(_prepared("GET", "https://s3.amazonaws.com/b/a%2Fb%20%7E~//c?x=%2F", {}, None))
    assert request.raw_path == "/b/a%2Fb%20%7E~//c"
    assert request.environ["QUERY_STRING"] == "x=%2F"


# ------------------------------------------------------------------ silence
def test_motos_own_enforcers_are_still_where_they_are_silenced() -> None:
    from moto.kms import responses as kms
    from moto.s3 import models
    from moto.s3 import responses as s3

    places: list[tuple[Any, str]] = [
        (authorization.ActionAuthenticatorMixin, "_authenticate_and_authorize_action"),
        (responses, "method_names_from_class"),
        (models.FakeBucket, "get_permission"),
        (s3.S3Response, "_invalid_headers"),
        (kms, "validate_policy"),
    ]
    before = [getattr(place, name) for place, name in places]
    silencer = silence.Silencer()
    silencer.start()
    silencer.service("s3")
    silencer.service("kms")
    assert all(getattr(place, name) is not old for (place, name), old in zip(places, before, strict=True))
    silencer.stop()
    assert [getattr(place, name) for place, name in places] == before


# ------------------------------------------------------------------ time
def test_moto_and_the_credential_chain_follow_the_labs_clock_and_signers_their_own() -> None:
    lab_time, signing = datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    undo = time.install(lambda: lab_time, lambda: signing)
    try:
        from moto.iam.models import utcnow  # bound by name, long before

        assert utcnow() == lab_time.replace(tzinfo=None)
        assert botocore.credentials._local_now() == lab_time
        assert get_current_datetime() == signing.replace(tzinfo=None)
        assert botocore.auth.time.time() == signing.timestamp()
    finally:
        undo()
    assert abs(utcnow() - datetime.now(UTC).replace(tzinfo=None)).total_seconds() < 5
    assert abs(botocore.credentials._local_now() - datetime.now(UTC)).total_seconds() < 5
    assert abs(get_current_datetime() - datetime.now(UTC).replace(tzinfo=None)).total_seconds() < 5


def test_dates_of_resources_are_the_labs(lab: Lab) -> None:
    lab.clock.set(datetime(2040, 6, 1, tzinfo=UTC))
    user = boto3.client("iam").create_user(UserName="ana")["User"]
    assert user["CreateDate"].year == 2040
    boto3.client("s3").create_bucket(Bucket="a-bucket")
    assert boto3.client("s3").list_buckets()["Buckets"][0]["CreationDate"].year == 2040
    secret = boto3.client("secretsmanager").create_secret(Name="s", SecretString="x")["ARN"]
    assert boto3.client("secretsmanager").describe_secret(SecretId=secret)["CreatedDate"].year == 2040


def test_dates_of_queues_are_whole_seconds(lab: Lab) -> None:
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="line")["QueueUrl"]
    shown = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["CreatedTimestamp", "LastModifiedTimestamp"]
    )
    assert all(re.fullmatch(r"\d{10}", date) for date in shown["Attributes"].values())


def test_whoever_waits_for_a_standing_clock_is_not_left_waiting(lab: Lab) -> None:
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    before = lab.clock.now()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    assert 20 <= (lab.clock.now() - before).total_seconds() < 25


def test_under_a_running_clock_a_message_ends_the_wait() -> None:
    with Lab():
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        sender = threading.Timer(0.2, lambda: sqs.send_message(QueueUrl=queue, MessageBody="here"))
        sender.start()
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        sender.join()
    assert [message["Body"] for message in messages] == ["here"]


def test_modules_get_their_own_clocks_back() -> None:
    import datetime as real

    from moto.s3 import models

    with Lab():
        boto3.client("s3").list_buckets()
        assert models.datetime is not real
        assert isinstance(real.datetime(2026, 1, 1), models.datetime.datetime)
    assert models.datetime is real


def test_motos_own_server_would_find_the_gate_behind_every_path(lab: Lab) -> None:
    from moto.iam.models import iam_backends

    handler = next(iter(iam_backends[lab.account_id]["aws"].url_paths.values()))
    request = normalize_request(
        _prepared("POST", "https://iam.amazonaws.com/", {}, b"Action=ListUsers&Version=2010-05-08")
    )
    request.environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
    status, _, body = handler(request, request.raw_url, request.headers)
    assert status == 403
    assert "MissingAuthenticationToken" in body


# ------------------------------------------------------------------ second factors, organisations
def test_devices_hang_where_moto_counts_them(lab: Lab) -> None:
    user = iam_backends["123456789012"]["aws"].create_user("us-east-1", "ana")
    backend = iam_backends["123456789012"]["aws"]
    assert (backend.virtual_mfa_devices, user.mfa_devices, backend.account_aliases) == ({}, {}, [])
    device = mfa.Device("arn:aws:iam::123456789012:mfa/ana", "ABCD")
    mfa.add_virtual_device("123456789012", device)
    mfa.assign("123456789012", user, device, datetime(2026, 1, 5, tzinfo=UTC))
    assert backend.account_summary._mfa_devices == backend.account_summary._mfa_devices_in_use == 1


def test_an_organisation_keeps_whom_it_trusts(lab: Lab) -> None:
    client = boto3.client("organizations")
    client.create_organization(FeatureSet="ALL")
    client.create_account(Email="m@example.com", AccountName="m")
    member = client.list_accounts()["Accounts"][-1]["Id"]
    client.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    client.register_delegated_administrator(AccountId=member, ServicePrincipal="iam.amazonaws.com")
    known = organizations.organization(member)
    assert known is not None
    assert (known.management, known.all_features) == ("123456789012", True)
    assert known.members == {"123456789012", member}
    assert known.trusted == {"iam.amazonaws.com"}
    assert known.delegated == {member: {"iam.amazonaws.com"}}
