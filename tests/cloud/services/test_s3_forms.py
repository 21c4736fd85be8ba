"""Uploads by a browser's form, held against the policy that was signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import hmac
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from iamlab.cloud import Lab


@pytest.fixture
def s3(lab: Lab) -> Any:
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    client.create_bucket(Bucket="box")
    return client


def _post(form: Any, data: bytes = b"text", **changes: str) -> tuple[int, str, str]:
    answer = requests.post(form["url"], data=form["fields"] | changes, files={"file": ("a.txt", data)})

    def said(name: str) -> str:
        return answer.text.partition(f"<{name}>")[2].partition(f"</{name}>")[0].replace("&quot;", '"')

    return answer.status_code, said("Code"), said("Message")


FINE = (204, "", "")


def _against(why: str) -> tuple[int, str, str]:
    return 403, "AccessDenied", f"Invalid according to Policy: {why}"


def test_a_form_works_until_its_policy_ends(lab: Lab, s3: Any) -> None:
    form = s3.generate_presigned_post("box", "a", ExpiresIn=600)
    assert _post(form) == FINE
    lab.clock.advance(minutes=11)
    assert _post(form) == _against("Policy expired.")


def test_a_form_of_version_2_ends_as_well(lab: Lab, s3: Any) -> None:
    old = boto3.client("s3", config=Config(signature_version="s3"))
    form = old.generate_presigned_post("box", "a")
    assert _post(form) == FINE
    lab.clock.advance(minutes=61)
    assert _post(form) == _against("Policy expired.")


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("no json", "Invalid JSON."),
        ('{"conditions": []}', "Policy missing expiration."),
        ('{"expiration": "2100-01-01T00:00:00Z"}', "Policy missing conditions."),
    ],
)
def test_what_is_no_policy_is_refused(policy: str, why: str, lab: Lab, s3: Any) -> None:
    key = boto3.client("iam").create_access_key()["AccessKey"]
    encoded = base64.b64encode(policy.encode()).decode()
    signature = hmac.digest(key["SecretAccessKey"].encode(), encoded.encode(), "sha1")
    form = {
        "url": "https://box.s3.amazonaws.com/",
        "fields": {
            "key": "a",
            "AWSAccessKeyId": key["AccessKeyId"],
            "policy": encoded,
            "signature": base64.b64encode(signature).decode(),
        },
    }
    assert _post(form) == (400, "InvalidPolicyDocument", f"Invalid Policy: {why}")


def test_a_field_keeps_to_its_condition(s3: Any) -> None:
    form = s3.generate_presigned_post("box", "a")
    assert _post(form, key="b") == _against('Policy Condition failed: ["eq", "$key", "a"]')


def test_a_field_may_start_as_its_condition_says(s3: Any) -> None:
    conditions: list[Any] = [["starts-with", "$Content-Type", "text/"]]
    form = s3.generate_presigned_post("box", "ana/${filename}", Conditions=conditions)
    assert _post(form, **{"Content-Type": "text/plain"}) == FINE
    assert _post(form, **{"Content-Type": "image/png"}) == _against(
        'Policy Condition failed: ["starts-with", "$content-type", "text/"]'
    )


def test_a_field_that_no_condition_covers_is_one_too_many(s3: Any) -> None:
    form = s3.generate_presigned_post("box", "a")
    assert _post(form, **{"x-amz-storage-class": "GLACIER"}) == _against(
        "Extra input fields: x-amz-storage-class"
    )
    assert _post(form, **{"x-ignore-me": "1"}) == FINE


def test_the_size_keeps_to_its_range(s3: Any) -> None:
    form = s3.generate_presigned_post("box", "a", Conditions=[["content-length-range", 2, 4]])
    assert _post(form) == FINE
    assert _post(form, b"too long")[:2] == (400, "EntityTooLarge")
    assert _post(form, b"x")[:2] == (400, "EntityTooSmall")
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"text"


def test_a_field_is_given_once(s3: Any) -> None:
    form = s3.generate_presigned_post("box", "a")
    assert _post(form, Key="a")[:2] == (400, "InvalidArgument")
