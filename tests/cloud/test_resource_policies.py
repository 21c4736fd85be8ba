"""Finding the policy of a resource and the account that owns it, in moto's state.

Pinned to the supported versions of moto: a change of its internals shows here.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from iamlab.cloud.resource_policies import owner_of, policy_of

R = "us-east-1:123456789012"
Client = Callable[[str], Any]


def _document(resource: str, principal: Any = None) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "One",
                "Effect": "Allow",
                "Principal": principal or {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "*",
                "Resource": resource,
            }
        ],
    }


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.Session(region_name="us-east-1").client


def _bucket(client: Client) -> tuple[str, dict[str, Any]]:
    s3, document = client("s3"), _document("arn:aws:s3:::reports/*")
    s3.create_bucket(Bucket="reports")
    s3.put_bucket_policy(Bucket="reports", Policy=json.dumps(document))
    return "arn:aws:s3:::reports/a/b", document


def _queue(client: Client) -> tuple[str, dict[str, Any]]:
    sqs, arn = client("sqs"), f"arn:aws:sqs:{R}:q"
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_document(arn))})
    return arn, _document(arn)


def _topic(client: Client) -> tuple[str, dict[str, Any]]:
    sns = client("sns")
    arn = sns.create_topic(Name="t")["TopicArn"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(_document(arn)))
    return arn, _document(arn)


def _key(client: Client) -> tuple[str, dict[str, Any]]:
    made = client("kms").create_key(Policy=json.dumps(_document("*")))
    return made["KeyMetadata"]["Arn"], _document("*")


def _secret(client: Client) -> tuple[str, dict[str, Any]]:
    secrets = client("secretsmanager")
    arn = secrets.create_secret(Name="s", SecretString="x")["ARN"]
    secrets.put_resource_policy(SecretId="s", ResourcePolicy=json.dumps(_document("*")))
    return arn, _document("*")


def _table(client: Client) -> tuple[str, dict[str, Any]]:
    dynamodb, arn = client("dynamodb"), f"arn:aws:dynamodb:{R}:table/games"
    dynamodb.create_table(
        TableName="games",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps(_document(arn)))
    return f"{arn}/index/by-x", _document(arn)


def _repository(client: Client) -> tuple[str, dict[str, Any]]:
    ecr, document = client("ecr"), _document("*")
    document["Statement"][0]["Action"] = "ecr:BatchGetImage"
    ecr.create_repository(repositoryName="team/app")
    ecr.set_repository_policy(repositoryName="team/app", policyText=json.dumps(document))
    return f"arn:aws:ecr:{R}:repository/team/app", document


def _role(client: Client) -> tuple[str, dict[str, Any]]:
    document = _document("*")
    del document["Statement"][0]["Resource"]
    document["Statement"][0]["Action"] = "sts:AssumeRole"
    made = client("iam").create_role(
        RoleName="app", Path="/svc/", AssumeRolePolicyDocument=json.dumps(document)
    )
    return made["Role"]["Arn"], document


@pytest.mark.parametrize(
    "make", [_bucket, _queue, _topic, _key, _secret, _table, _repository, _role], ids=lambda f: f.__name__[1:]
)
def test_a_resources_own_policy_is_found(
    make: Callable[[Client], tuple[str, dict[str, Any]]], client: Client
) -> None:
    arn, document = make(client)
    policy = policy_of(arn)
    assert policy is not None
    assert json.loads(policy.text) == document


def test_a_functions_permissions_are_its_policy(client: Client) -> None:
    role, _ = _role(client)
    client("iam").update_assume_role_policy(
        RoleName="app",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )
    functions, arn = client("lambda"), f"arn:aws:lambda:{R}:function:f"
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=role,
        Handler="x.y",
        Code={"ZipFile": _zip()},
    )
    assert policy_of(arn) is None
    functions.add_permission(
        FunctionName="f", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    for name, principal in (
        ("user", "arn:aws:iam::123456789012:user/bob"),
        ("account", "111122223333"),
        ("all", "*"),
    ):
        functions.add_permission(
            FunctionName="f", StatementId=name, Action="lambda:InvokeFunction", Principal=principal
        )
    policy = policy_of(arn)
    assert policy is not None
    statements = json.loads(policy.text)["Statement"]
    assert {statement["Sid"]: statement["Principal"] for statement in statements} == {
        "s3": {"Service": "s3.amazonaws.com"},
        "user": {"AWS": "arn:aws:iam::123456789012:user/bob"},
        "account": {"AWS": "111122223333"},
        "all": "*",
    }
    assert {statement["Resource"] for statement in statements} == {arn}


def _zip() -> bytes:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.py", "def y(event, context): return 1")
    return buffer.getvalue()


def test_an_event_buss_permissions_are_its_policy(client: Client) -> None:
    events = client("events")
    events.create_event_bus(Name="b")
    assert policy_of(f"arn:aws:events:{R}:event-bus/b") is None
    events.put_permission(
        EventBusName="b", Action="events:PutEvents", Principal="111122223333", StatementId="One"
    )
    policy = policy_of(f"arn:aws:events:{R}:event-bus/b")
    assert policy is not None
    assert json.loads(policy.text)["Statement"][0]["Sid"] == "One"


@pytest.mark.parametrize(
    "arn",
    [
        "*",
        "policy path /",
        "arn:aws:s3:::nobody/x",
        f"arn:aws:sqs:{R}:none",
        f"arn:aws:kms:{R}:key/none",
        f"arn:aws:dynamodb:{R}:table/none",
        "arn:aws:iam::123456789012:role/none",
        "arn:aws:iam::123456789012:user/bob",
        "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
        "arn:aws:s3:us-east-1:123456789012:accesspoint/ap",
    ],
)
def test_what_has_no_policy_gives_none(arn: str, client: Client) -> None:
    assert policy_of(arn) is None


def test_the_same_text_is_parsed_once_and_a_new_one_anew(client: Client) -> None:
    arn, _ = _bucket(client)
    first = policy_of(arn)
    assert policy_of(arn) is first
    changed = _document("arn:aws:s3:::reports")
    client("s3").put_bucket_policy(Bucket="reports", Policy=json.dumps(changed))
    second = policy_of(arn)
    assert second is not None
    assert json.loads(second.text) == changed


def test_looking_creates_nothing(client: Client) -> None:
    from moto.dynamodb.models import dynamodb_backends
    from moto.s3.models import s3_backends

    for account in ("444455556666", "777788889999"):
        policy_of(f"arn:aws:dynamodb:us-east-1:{account}:table/x")
        policy_of(f"arn:aws:iam::{account}:role/x")
    policy_of("arn:aws:s3:::nobody/x")
    assert "444455556666" not in dict.keys(dynamodb_backends)
    assert "444455556666" not in dict.keys(s3_backends)


def test_looking_imports_no_service() -> None:
    """moto's EC2 alone costs more than a second."""
    program = (
        "import sys; from iamlab.cloud.resource_policies import policy_of\n"
        "from iamlab.cloud.moto_seam.instances import tags\n"
        "from iamlab.cloud.moto_seam.resources import resource_tags\n"
        "before = set(sys.modules)\n"
        "for service in ('sqs', 'sns', 'kms', 'lambda', 'secretsmanager', 'ecr', 'events', 'ec2'):\n"
        "    arn = f'arn:aws:{service}:us-east-1:123456789012:x/y'\n"
        "    assert policy_of(arn) is None and resource_tags(arn) == {}\n"
        "assert tags('123456789012', 'us-east-1', 'i-1') == {}\n"
        "added = {m for m in set(sys.modules) - before if m.startswith('moto.')}\n"
        "assert not added, added\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("arn", "owner"),
    [
        ("arn:aws:sqs:us-east-1:111122223333:q", "111122223333"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "123456789012"),
        ("arn:aws:ec2:us-east-1::image/ami-1", "123456789012"),
        ("arn:aws:s3:::nobody/x", "123456789012"),
        ("arn:aws:s3:us-east-1:111122223333:accesspoint/ap", "111122223333"),
        ("*", "123456789012"),
    ],
)
def test_the_owner_is_in_the_arn_or_else_the_caller(arn: str, owner: str) -> None:
    assert owner_of(arn, "123456789012") == owner


def test_a_bucket_belongs_to_the_account_that_made_it(client: Client) -> None:
    _bucket(client)
    assert owner_of("arn:aws:s3:::reports/x", "999900001111") == "123456789012"
