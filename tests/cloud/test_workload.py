"""An application finds its role's credentials by its SDK's own chain.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud.lab import Lab
from iamlab.cloud.workload import Workload, WorkloadError

APP = """
import boto3, sys
print(boto3.client("sts").get_caller_identity()["Arn"])
print([bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]])
print(sys.argv[1:], sys.stdin.read())
try:
    boto3.client("iam").list_users()
except Exception as error:
    print(type(error).__name__)
"""


def trust(service: str, **condition: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(name: str = "App", policy: str | None = None) -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy or trust("ecs-tasks.amazonaws.com"))
    allow = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    iam.put_role_policy(
        RoleName=name,
        PolicyName="list",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )


@pytest.fixture
def app(iam_lab: Lab) -> Iterator[Workload]:
    make_role()
    with iam_lab.workload(role="App") as workload:
        yield workload


def fetch(workload: Workload, token: str | None, path: str = "") -> dict[str, Any]:
    request = urllib.request.Request(workload.container["AWS_CONTAINER_CREDENTIALS_FULL_URI"] + path)
    if token is not None:
        request.add_header("Authorization", token)
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def test_boto3_in_this_process_is_the_role(iam_lab: Lab, app: Workload) -> None:
    session = app.session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.method == "container-role"
    arn = session.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/App/{app.task_id}"
    session.client("s3").list_buckets()
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("iam").list_users()


@pytest.mark.slow
def test_a_program_of_its_own_is_the_role(iam_lab: Lab, app: Workload, tmp_path: Path) -> None:
    boto3.client("s3").create_bucket(Bucket="shelf")
    program = tmp_path / "app.py"
    program.write_text(APP, encoding="utf-8")
    done = app.run(program, "one", "two", input="hello")
    assert done.returncode == 0, done.stderr
    arn, buckets, arguments, refused = done.stdout.splitlines()
    assert arn == f"arn:aws:sts::123456789012:assumed-role/App/{app.task_id}"
    assert buckets == "['shelf']"
    assert arguments == "['one', 'two'] hello"
    assert refused == "ClientError"


def test_the_program_gets_no_key_from_here(iam_lab: Lab, app: Workload) -> None:
    environ = app.environ
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} & set(
        environ
    )
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in environ.values()
    assert environ.get("PATH") == os.environ.get("PATH")


def test_a_program_that_is_not_there_is_said_to_be(app: Workload) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no program `nowhere\.py`"):
        app.run("nowhere.py")


def test_credentials_are_renewed_before_they_expire(iam_lab: Lab, app: Workload) -> None:
    client = app.session().client("s3")
    client.list_buckets()
    first = app.credentials
    iam_lab.clock.advance(hours=5, minutes=20)
    assert app.credentials is first
    iam_lab.clock.advance(minutes=30)
    client.list_buckets()
    assert app.credentials is not first
    assert app.credentials.issuer_id == first.issuer_id
    iam_lab.clock.advance(hours=12)
    client.list_buckets()


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_the_endpoint_asks_for_its_token(app: Workload, token: str | None) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(app, token)
    assert refused.value.code == 401
    refused.value.close()


def test_another_path_has_nothing(app: Workload) -> None:
    token = app.container["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    assert fetch(app, token)["RoleArn"] == "arn:aws:iam::123456789012:role/App"
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(app, token, "/more")
    assert refused.value.code == 404
    refused.value.close()


UNTRUSTING = [
    trust("ec2.amazonaws.com"),
    trust("ecs-tasks.amazonaws.com", StringEquals={"aws:SourceAccount": "210987654321"}),
    json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
]


@pytest.mark.parametrize("policy", UNTRUSTING)
def test_a_role_that_does_not_trust_the_service_is_not_given(iam_lab: Lab, policy: str) -> None:
    make_role("Other", policy)
    with pytest.raises(WorkloadError, match="ECS was unable to assume the role") as refused:
        iam_lab.workload(role="Other")
    assert refused.value.decision is not None
    assert not refused.value.decision.allowed
    assert iam_lab.why() is refused.value.decision
    latest = list(iam_lab.trail)[-1].record()
    assert latest["eventName"] == "AssumeRole"
    assert latest["errorCode"] == "AccessDenied"


def test_the_trail_shows_the_service_at_work(iam_lab: Lab, app: Workload) -> None:
    record = list(iam_lab.trail)[-1].record()
    assert record["eventName"] == "AssumeRole"
    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "ecs-tasks.amazonaws.com"}
    assert app.credentials.secret_access_key not in json.dumps(record)


def test_the_source_account_is_told(iam_lab: Lab) -> None:
    make_role(
        "Careful",
        trust(
            "ecs-tasks.amazonaws.com",
            StringEquals={"aws:SourceAccount": "123456789012"},
            ArnLike={"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
        ),
    )
    with iam_lab.workload(role="arn:aws:iam::123456789012:role/Careful") as workload:
        workload.session().client("s3").list_buckets()


def test_a_ghost_role_is_named(iam_lab: Lab) -> None:
    with pytest.raises(WorkloadError, match="there is no role `Ghost`"):
        iam_lab.workload(role="Ghost")


def test_a_stopped_workload_answers_nobody(iam_lab: Lab, app: Workload) -> None:
    token = app.container["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    app.stop()
    app.stop()
    with pytest.raises(urllib.error.URLError):
        fetch(app, token)
