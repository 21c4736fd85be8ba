"""moto runs what was decided on: no request says one thing to the gate and another to moto's handlers.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import boto3
import pytest
import requests
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from moto.core.request import Request
from moto.core.utils import get_service_model
from werkzeug.test import EnvironBuilder

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam.chosen import choose, restated

MakeUser = Callable[..., boto3.Session]
SQS = "https://sqs.us-east-1.amazonaws.com"
ACCOUNT = "123456789012"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}


def allow(action: str, *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": list(resources) or "*"}


def send(
    session: boto3.Session,
    service: str,
    url: str,
    body: str | bytes,
    headers: dict[str, str],
    method: str = "",
) -> int:
    """The status of a request that no client would make, signed with a session's key."""
    put, sign = ("PUT", S3SigV4Auth) if service == "s3" else ("POST", SigV4Auth)
    method = method or put
    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    sign(session.get_credentials(), service, "us-east-1").add_auth(request)
    return int(
        requests.request(method, url, data=body, headers=dict(request.headers), timeout=10).status_code
    )


def test_text_in_a_body_is_no_operation(lab: Lab, make_user: MakeUser) -> None:
    url = boto3.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
    ana = make_user("ana", allow("sqs:SendMessage"), allow("kms:ListKeys"))
    ana.client("sqs").send_message(QueueUrl=url, MessageBody="&Action=DeleteQueue&")
    with pytest.raises(ClientError, match="Invalid marker"):
        ana.client("kms").list_keys(Marker="&Action=CreateKey&")
    assert boto3.client("sqs").list_queues()["QueueUrls"] == [url]
    assert not boto3.client("kms").list_keys()["Keys"]


def test_text_in_a_body_is_no_parameter(lab: Lab, make_user: MakeUser) -> None:
    admin = boto3.client("secretsmanager")
    arns = [admin.create_secret(Name=name, SecretString="old")["ARN"] for name in ("mine", "theirs")]
    ana = make_user("ana", allow("secretsmanager:*", arns[0]), allow("kms:*")).client("secretsmanager")
    ana.put_secret_value(SecretId="mine", SecretString="&SecretId=theirs&")
    assert admin.get_secret_value(SecretId="theirs")["SecretString"] == "old"


@pytest.mark.parametrize(
    ("url", "body", "headers"),
    [
        ("{0}/shut", "Action=SendMessage&MessageBody=x&Version=2012-11-05", FORM),
        ("{0}/shut", json.dumps({"MessageBody": "x"}), JSON),
        (
            f"{SQS}/?Action=ListQueues",
            "Action=SendMessage&MessageBody=x&Version=2012-11-05&QueueUrl={0}/shut",
            FORM,
        ),
        (f"{SQS}/?QueueUrl={{0}}/shut", json.dumps({"MessageBody": "x"}), JSON),
    ],
    ids=["by-path", "by-path-in-json", "two-actions", "by-url-in-json"],
)
def test_a_queue_is_the_one_decided_on_however_it_is_named(
    lab: Lab, make_user: MakeUser, url: str, body: str, headers: dict[str, str]
) -> None:
    shut = boto3.client("sqs").create_queue(QueueName="shut")["QueueUrl"]
    place = shut.rpartition("/")[0]
    denied = allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:shut") | {"Effect": "Deny"}
    ana = make_user("ana", allow("sqs:*"), denied)
    assert send(ana, "sqs", url.format(place), body.replace("{0}", place), headers) >= 400
    assert "Messages" not in boto3.client("sqs").receive_message(QueueUrl=shut)


@pytest.mark.parametrize("url", ["mine-x/shut", "https://mine-x/shut", "mine-x://shut"])
def test_a_queue_is_what_stands_last_in_its_url(lab: Lab, make_user: MakeUser, url: str) -> None:
    shut = boto3.client("sqs").create_queue(QueueName="shut")["QueueUrl"]
    ana = make_user("ana", allow("sqs:*", f"arn:aws:sqs:us-east-1:{ACCOUNT}:mine-*"))
    call = f"Action=SendMessage&Version=2012-11-05&MessageBody=x&QueueUrl={url}"
    assert send(ana, "sqs", SQS, call, FORM) >= 400
    assert "Messages" not in boto3.client("sqs").receive_message(QueueUrl=shut)


def test_what_should_be_an_arn_and_is_none_may_be_anything(lab: Lab, make_user: MakeUser) -> None:
    kinesis = boto3.client("kinesis")
    for name in ("mine", "theirs"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    ana = make_user("ana", allow("kinesis:*", f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/mine*"))
    body = json.dumps({"StreamName": "mine", "StreamARN": "mine-x/theirs"})
    headers = JSON | {"X-Amz-Target": "Kinesis_20131202.DeleteStream"}
    assert send(ana, "kinesis", "https://kinesis.us-east-1.amazonaws.com/", body, headers) >= 400
    assert kinesis.list_streams()["StreamNames"] == ["mine", "theirs"]


@pytest.mark.parametrize("source", ["//mine/theirs/key", "mine/shut#x", "mine/shut;x", "mine/shut?x=1"])
def test_a_copy_reads_what_was_decided_on(lab: Lab, make_user: MakeUser, source: str) -> None:
    s3 = boto3.client("s3")
    for bucket, key in (("mine", "theirs/key"), ("mine", "shut"), ("theirs", "key")):
        if "/" in key or bucket == "theirs":
            s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=key, Body=f"{bucket} {key}".encode())
    denied = allow("s3:GetObject", "arn:aws:s3:::mine/shut") | {"Effect": "Deny"}
    ana = make_user("ana", allow("s3:*", "arn:aws:s3:::mine", "arn:aws:s3:::mine/*"), denied)
    send(ana, "s3", "https://s3.amazonaws.com/mine/copy", "", {"x-amz-copy-source": source})
    copies = [item["Key"] for item in s3.list_objects_v2(Bucket="mine")["Contents"] if item["Key"] == "copy"]
    read = [s3.get_object(Bucket="mine", Key=key)["Body"].read() for key in copies]
    assert read == ([b"mine theirs/key"] if source.startswith("//") else [])


def test_an_access_point_is_no_way_around_its_bucket(lab: Lab, make_user: MakeUser) -> None:
    s3, control = boto3.client("s3"), boto3.client("s3control")
    s3.create_bucket(Bucket="shut")
    s3.put_object(Bucket="shut", Key="key", Body=b"shut")
    control.create_access_point(AccountId=ACCOUNT, Name="point", Bucket="shut")
    shut = allow("s3:*", "arn:aws:s3:::shut", "arn:aws:s3:::shut/*") | {"Effect": "Deny"}
    ana = make_user("ana", allow("s3:*"), shut)
    point = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/point"
    with pytest.raises(ClientError, match="NotImplemented"):
        ana.client("s3").get_object(Bucket=point, Key="key")
    key = ana.get_credentials()
    server = lab.serve()
    host = f"point-{ACCOUNT}.s3-accesspoint.localhost:{server.port}"
    request = AWSRequest(method="GET", url=f"http://{host}/key")
    S3SigV4Auth(key, "s3", "us-east-1").add_auth(request)
    headers = dict(request.headers) | {"Host": host}
    assert b"shut" not in requests.get(f"{server.url}/key", headers=headers, timeout=10).content


@pytest.mark.parametrize("source", ["mine", "mine/"])
def test_a_copy_of_no_object_is_refused(lab: Lab, source: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="mine")
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.copy_object(Bucket="mine", Key="copy", CopySource=source)


def test_a_call_runs_in_the_region_that_was_decided_on(lab: Lab, make_user: MakeUser) -> None:
    there = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    ana = make_user("ana", allow("sqs:*"), allow("sqs:*") | {"Effect": "Deny", "Condition": there})
    call = "Action=CreateQueue&Version=2012-11-05&QueueName=there"
    # the URL names no region, the client's name another one than the signature
    assert (
        send(ana, "sqs", "https://sqs.amazonaws.com/", call, FORM | {"User-Agent": "region/eu-west-1"}) < 400
    )
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
    assert send(ana, "sqs", "https://sqs.eu-west-1.amazonaws.com/", call, FORM) == 403
    assert "QueueUrls" not in boto3.client("sqs", "eu-west-1").list_queues()
    assert len(boto3.client("sqs").list_queues()["QueueUrls"]) == 1


def test_a_bucket_is_asked_for_in_its_own_region(lab: Lab, make_user: MakeUser) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3", "eu-west-1").create_bucket(Bucket="there", CreateBucketConfiguration=place)
    there = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    ana = make_user("ana", allow("s3:*"), allow("s3:*") | {"Effect": "Deny", "Condition": there})
    for region in ("us-east-1", "eu-west-1"):
        with pytest.raises(ClientError, match="AccessDenied"):
            ana.client("s3", region).list_objects_v2(Bucket="there")


def test_a_header_is_no_parameter(lab: Lab, make_user: MakeUser) -> None:
    ssm = boto3.client("ssm")
    for name in ("t", "mine"):
        ssm.put_parameter(Name=name, Value="old", Type="String")
    ana = make_user("ana", allow("ssm:*", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/mine"))
    headers = JSON | {"X-Amz-Target": "AmazonSSM.DeleteParameter", "Name": "t"}
    send(ana, "ssm", "https://ssm.us-east-1.amazonaws.com/", json.dumps({"Name": "mine"}), headers)
    assert [one["Name"] for one in ssm.describe_parameters()["Parameters"]] == ["t"]


PART = 'Content-Disposition: form-data; name="thingName"'
BODIES = {
    "form": (f"--B\r\n{PART}\r\n\r\ntheirs\r\n--B--\r\n", "multipart/form-data; boundary=B"),
    "odd-form": ("thingName=theirs", "Application/X-WWW-Form-URLEncoded"),
    "json": (json.dumps({"thingName": "theirs"}), "application/json"),
}


@pytest.mark.parametrize("kind", list(BODIES))
def test_what_the_path_names_the_body_does_not_name_anew(lab: Lab, make_user: MakeUser, kind: str) -> None:
    iot = boto3.client("iot")
    for name in ("mine", "theirs"):
        iot.create_thing(thingName=name)
    ana = make_user("ana", allow("iot:*", f"arn:aws:iot:us-east-1:{ACCOUNT}:thing/mine"))
    body, content = BODIES[kind]
    url = "https://iot.us-east-1.amazonaws.com/things/mine"
    send(ana, "iot", url, body, {"Content-Type": content}, "DELETE")
    assert "theirs" in [thing["thingName"] for thing in iot.list_things()["things"]]


@pytest.mark.parametrize("path", ["//things/mine", "/things/mine/", "/things/%6dine", "/things/x/../mine"])
def test_a_path_means_the_same_however_it_is_spelled(lab: Lab, make_user: MakeUser, path: str) -> None:
    iot = boto3.client("iot")
    for name in ("mine", "theirs"):
        iot.create_thing(thingName=name)
    ana = make_user("ana", allow("iot:*", f"arn:aws:iot:us-east-1:{ACCOUNT}:thing/mine"))
    send(ana, "iot", f"https://iot.us-east-1.amazonaws.com{path}", "", {}, "DELETE")
    assert "theirs" in [thing["thingName"] for thing in iot.list_things()["things"]]


# operation of iot or pinpoint, its parameters, the path that moto finds, the path on the wire
PATHS = [
    (
        ("iot", "GetPolicyVersion", {"policyName": "{policyVersionId}", "policyVersionId": "1"}),
        "/policies/{policyVersionId}/version/1",
        "/policies/%7BpolicyVersionId%7D/version/1",
    ),
    (
        ("iot", "GetPolicyVersion", {"policyName": "a/b?c", "policyVersionId": "1"}),
        "/policies/a/b?c/version/1",
        "/policies/a%2Fb%3Fc/version/1",
    ),
    (("pinpoint", "GetApp", {"ApplicationId": "shop"}), "/v1/apps/shop", "/v1/apps/shop"),
]


@pytest.mark.parametrize(("call", "plain", "sent"), PATHS, ids=["label", "marks", "dashes"])
def test_a_path_is_filled_with_what_was_decided_on(
    call: tuple[str, str, dict[str, Any]], plain: str, sent: str
) -> None:
    service, name, params = call
    environ = EnvironBuilder(method="GET", path="/as/it/came", data=b"").get_environ()
    environ["wsgi.input"] = BytesIO()
    request = Request(environ)
    choose(request, "", "rest-json")
    made = restated(request, get_service_model(service).operation_model(name), params, "us-east-1")
    assert (made.environ["PATH_INFO"], made.environ["RAW_URI"]) == (plain, sent)
