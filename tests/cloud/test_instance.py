"""A program on an EC2 instance finds the instance profile's role by its SDK's own chain.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.utils import InstanceMetadataFetcher

from iamlab.cloud.instance import Instance
from iamlab.cloud.lab import Lab
from iamlab.cloud.workload import WorkloadError

CREDENTIALS = "/latest/meta-data/iam/security-credentials/"
TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def make_profile(service: str = "ec2.amazonaws.com") -> None:
    iam = boto3.client("iam")
    trust = document(Principal={"Service": service}, Action="sts:AssumeRole")
    iam.create_role(RoleName="Web", AssumeRolePolicyDocument=trust)
    only_here = {
        "ArnLike": {"ec2:SourceInstanceArn": "arn:aws:ec2:us-east-1:123456789012:instance/i-*"},
        "NumericEquals": {"ec2:RoleDelivery": "2.0"},
    }
    policy = document(Action="s3:ListAllMyBuckets", Resource="*", Condition=only_here)
    iam.put_role_policy(RoleName="Web", PolicyName="list", PolicyDocument=policy)
    iam.create_instance_profile(InstanceProfileName="WebProfile")
    iam.add_role_to_instance_profile(InstanceProfileName="WebProfile", RoleName="Web")


@pytest.fixture
def instance(iam_lab: Lab) -> Iterator[Instance]:
    make_profile()
    with iam_lab.instance("WebProfile") as made:
        yield made


def ask(instance: Instance, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(instance.endpoint + path, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def token_of(instance: Instance, seconds: str = "60") -> str:
    return ask(instance, "/latest/api/token", "PUT", **{TTL: seconds})[1]


def test_boto3_is_the_role_and_its_calls_carry_the_instance(instance: Instance) -> None:
    session = instance.session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.method == "iam-role"
    arn = session.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/Web/{instance.instance_id}"
    session.client("s3").list_buckets()
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("iam").list_users()


def test_the_variable_for_other_programs_leads_there(instance: Instance) -> None:
    environ = instance.environ
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} & set(environ)
    config = {"ec2_metadata_service_endpoint": environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"]}
    found = InstanceMetadataFetcher(env=environ, config=config).retrieve_iam_role_credentials()
    assert found["role_name"] == "Web"


@pytest.mark.parametrize("headers", [{}, {TOKEN: "guessed"}], ids=["none", "wrong"])
def test_without_a_good_token_nothing_is_told(instance: Instance, headers: dict[str, str]) -> None:
    assert ask(instance, CREDENTIALS, **headers) == (401, "")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 400), ({TTL: "0"}, 400), ({TTL: "21601"}, 400), ({TTL: "60", "X-Forwarded-For": "192.0.2.1"}, 403)],
    ids=["no lifetime", "too short", "too long", "through a proxy"],
)
def test_tokens_are_refused(instance: Instance, headers: dict[str, str], status: int) -> None:
    assert ask(instance, "/latest/api/token", "PUT", **headers)[0] == status


def test_a_page_of_the_web_gets_no_token(instance: Instance) -> None:
    """A browser that a page's own host name leads to loopback sends that name."""
    assert ask(instance, "/latest/api/token", "PUT", **{TTL: "60", "Host": "rebound.example.org"})[0] == 403
    assert ask(instance, "/latest/api/token", "PUT", **{TTL: "60", "Host": "localhost:80"})[0] == 200


def test_a_token_ends_by_the_labs_clock(iam_lab: Lab, instance: Instance) -> None:
    token = token_of(instance)
    assert ask(instance, CREDENTIALS, **{TOKEN: token}) == (200, "Web")
    assert ask(instance, CREDENTIALS + "Other", **{TOKEN: token})[0] == 404
    iam_lab.clock.advance(seconds=61)
    assert ask(instance, CREDENTIALS, **{TOKEN: token})[0] == 401


def test_credentials_are_renewed(iam_lab: Lab, instance: Instance) -> None:
    client = instance.session().client("s3")
    for _ in range(3):
        client.list_buckets()
        iam_lab.clock.advance(hours=5, minutes=50)
    client.list_buckets()


def test_a_role_that_does_not_trust_ec2_is_told_in_the_metadata(iam_lab: Lab) -> None:
    make_profile("lambda.amazonaws.com")
    with iam_lab.instance("WebProfile") as instance:
        status, text = ask(instance, CREDENTIALS + "Web", **{TOKEN: token_of(instance)})
        assert (status, json.loads(text)["Code"]) == (200, "AssumeRoleUnauthorizedAccess")
        assert instance.session().get_credentials() is None


def test_a_profile_must_exist_and_hold_a_role(iam_lab: Lab) -> None:
    with pytest.raises(WorkloadError, match="there is no instance profile `Ghost`"):
        iam_lab.instance("Ghost")
    boto3.client("iam").create_instance_profile(InstanceProfileName="Empty")
    with pytest.raises(WorkloadError, match="`Empty` has no role"):
        iam_lab.instance("Empty")
