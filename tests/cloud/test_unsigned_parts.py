"""Whoever holds a signed URL or form can't make more of it than what was signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import boto3
import pytest
import requests
from botocore.config import Config

from iamlab.cloud import Lab


def signed(version: str, operation: str, **params: str) -> str:
    client = boto3.client("s3", config=Config(signature_version=version))
    return str(client.generate_presigned_url(operation, {"Bucket": "mine", **params}))


@pytest.fixture
def bucket(lab: Lab) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="shut", Body=b"shut")


HEADERS = [
    ("x-amz-copy-source", "mine/shut"),
    ("X-Amz-Tagging", "team=red"),
    ("x-amz-acl", "public-read"),
    ("x-amz-meta-owner", "me"),
]


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize(("name", "value"), HEADERS, ids=[name for name, _ in HEADERS])
def test_no_header_of_amazons_can_be_added(bucket: None, version: str, name: str, value: str) -> None:
    url = signed(version, "put_object", Key="up")
    refused = requests.put(url, headers={name: value}, timeout=10)
    assert refused.status_code == 403
    # what S3 says where the signature itself doesn't cover headers
    if version == "s3v4":
        assert "There were headers present in the request which were not signed" in refused.text
        assert f"<HeadersNotSigned>{name.lower()}</HeadersNotSigned>" in refused.text
    assert requests.put(url, data=b"up", timeout=10).status_code == 200


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("added", ["policyStatus", "encryption", "ownershipControls", "publicAccessBlock"])
def test_no_parameter_can_make_it_another_operation(bucket: None, version: str, added: str) -> None:
    url = signed(version, "list_objects_v2")
    assert requests.get(f"{url}&{added}", timeout=10).status_code == 403
    assert requests.get(url, timeout=10).status_code == 200


def test_a_plus_is_not_made_of_a_signed_space(bucket: None) -> None:
    url = signed("s3v4", "list_objects_v2", Prefix="a+b")
    assert requests.get(url.replace("a%2Bb", "a+b"), timeout=10).status_code == 403


@pytest.mark.parametrize("expires", ["\u00b2", "-1", "9" * 20])
@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_an_end_that_is_no_number_is_refused(bucket: None, version: str, expires: str) -> None:
    url = signed(version, "get_object", Key="shut").replace("Expires=", f"Expires={expires}")
    assert requests.get(url, timeout=10).status_code in (400, 403)


def test_a_form_for_an_upload_is_for_nothing_else(bucket: None) -> None:
    form = boto3.client("s3").generate_presigned_post("mine", "up")
    fields = [*form["fields"].items(), ("file", "up")]
    body = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    for path in ("/up?uploads", "/up?restore", "?delete"):
        refused = requests.post(
            form["url"] + path,
            data=f"{body}--B--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=B"},
            timeout=10,
        )
        assert refused.status_code in (400, 403)
    assert (
        requests.post(form["url"], data=form["fields"], files={"file": b"up"}, timeout=10).status_code == 204
    )
