"""The gate as a client sees it: what is denied, in whose words, and what gets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam.identities import user_by_name

MakeUser = Callable[..., boto3.Session]
ANA = "arn:aws:iam::123456789012:user/ana"


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


# service, method, parameters, status, code, message
DENIALS: list[tuple[str, str, dict[str, Any], int, str, str]] = [
    (
        "iam",
        "get_user",
        {"UserName": "bob"},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: iam:GetUser on resource: user bob "
        "because no identity-based policy allows the iam:GetUser action",
    ),
    (
        "sts",
        "assume_role",
        {"RoleArn": "arn:aws:iam::123456789012:role/R", "RoleSessionName": "app"},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/R",
    ),
    (
        "dynamodb",
        "get_item",
        {"TableName": "T", "Key": {"id": {"S": "1"}}},
        400,
        "AccessDeniedException",
        f"User: {ANA} is not authorized to perform: dynamodb:GetItem on resource: "
        "arn:aws:dynamodb:us-east-1:123456789012:table/T because no identity-based policy allows the "
        "dynamodb:GetItem action",
    ),
    (
        "s3",
        "get_object",
        {"Bucket": "a-bucket", "Key": "k"},
        403,
        "AccessDenied",
        f'User: {ANA} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::a-bucket/k" because '
        "no identity-based policy allows the s3:GetObject action",
    ),
    (
        "ec2",
        "describe_instances",
        {},
        403,
        "UnauthorizedOperation",
        f"You are not authorized to perform this operation. User: {ANA} is not authorized to perform: "
        "ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action",
    ),
    (
        "sns",
        "list_topics",
        {},
        403,
        "AuthorizationError",
        f"User: {ANA} is not authorized to perform: SNS:ListTopics on resource: "
        "arn:aws:sns:us-east-1:123456789012:* because no identity-based policy allows the SNS:ListTopics action",
    ),
    (
        "s3",
        "list_buckets",
        {},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows "
        "the s3:ListAllMyBuckets action",
    ),
    (
        "dynamodb",
        "list_tables",
        {},
        400,
        "AccessDeniedException",
        f"User: {ANA} is not authorized to perform: dynamodb:ListTables on resource: "
        "arn:aws:dynamodb:us-east-1:123456789012:table/* because no identity-based policy allows the "
        "dynamodb:ListTables action",
    ),
    (
        "sts",
        "decode_authorization_message",
        {"EncodedMessage": "x"},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: sts:DecodeAuthorizationMessage because no identity-based "
        "policy allows the sts:DecodeAuthorizationMessage action",
    ),
    (
        "secretsmanager",
        "list_secrets",
        {},
        400,
        "AccessDeniedException",
        f"User: {ANA} is not authorized to perform: secretsmanager:ListSecrets because no identity-based policy "
        "allows the secretsmanager:ListSecrets action",
    ),
    # called as the caller calls it
    (
        "secretsmanager",
        "get_secret_value",
        {"SecretId": "shop/pin"},
        400,
        "AccessDeniedException",
        f"User: {ANA} is not authorized to perform: secretsmanager:GetSecretValue on resource: shop/pin because no "
        "identity-based policy allows the secretsmanager:GetSecretValue action",
    ),
    (
        "sns",
        "publish",
        {"PhoneNumber": "+12065550100", "Message": "hello"},
        403,
        "AuthorizationError",
        f"User: {ANA} is not authorized to perform: SNS:Publish on resource: +12065550100 because no "
        "identity-based policy allows the SNS:Publish action",
    ),
    (
        "iam",
        "create_role",
        {"RoleName": "R", "Path": "/p/", "AssumeRolePolicyDocument": "{}"},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: iam:CreateRole on resource: "
        "arn:aws:iam::123456789012:role/p/R because no identity-based policy allows the iam:CreateRole action",
    ),
    *(
        (
            "iam",
            method,
            params,
            403,
            "AccessDenied",
            f"User: {ANA} is not authorized to perform: iam:{action} on resource: {resource} because no "
            f"identity-based policy allows the iam:{action} action",
        )
        for method, action, params, resource in (
            ("list_users", "ListUsers", {}, "arn:aws:iam::123456789012:user/"),
            ("list_policies", "ListPolicies", {}, "policy path /"),
            ("get_role", "GetRole", {"RoleName": "R"}, "role R"),
            ("get_group", "GetGroup", {"GroupName": "G"}, "group G"),
            ("list_access_keys", "ListAccessKeys", {}, "user ana"),
            ("create_policy", "CreatePolicy", {"PolicyName": "P", "PolicyDocument": "{}"}, "policy P"),
            (
                "get_policy",
                "GetPolicy",
                {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
                "policy arn:aws:iam::aws:policy/ReadOnlyAccess",
            ),
            (
                "get_instance_profile",
                "GetInstanceProfile",
                {"InstanceProfileName": "I"},
                "instance profile I",
            ),
            ("get_account_summary", "GetAccountSummary", {}, "*"),
        )
    ),
    (
        "sqs",
        "list_queues",
        {},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: sqs:listqueues on resource: "
        "arn:aws:sqs:us-east-1:123456789012: because no identity-based policy allows the sqs:listqueues action",
    ),
    *(
        (
            service,
            method,
            params,
            400,
            "AccessDeniedException",
            f"User: {ANA} is not authorized to perform: {action}{place} because no identity-based policy allows the "
            f"{action} action",
        )
        for service, method, params, action, place in (
            (
                "logs",
                "describe_log_groups",
                {},
                "logs:DescribeLogGroups",
                " on resource: arn:aws:logs:us-east-1:123456789012:log-group::log-stream:",
            ),
            (
                "stepfunctions",
                "list_state_machines",
                {},
                "states:ListStateMachines",
                " on resource: arn:aws:states:us-east-1:123456789012:stateMachine:*",
            ),
            (
                "ssm",
                "get_parameters_by_path",
                {"Path": "/shop/db/"},
                "ssm:GetParametersByPath",
                " on resource: arn:aws:ssm:us-east-1:123456789012:parameter/shop/db/",
            ),
        )
    ),
    (
        "cloudwatch",
        "list_metrics",
        {},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: cloudwatch:ListMetrics because no identity-based policy allows "
        "the cloudwatch:ListMetrics action",
    ),
    (
        "kms",
        "list_keys",
        {},
        400,
        "AccessDeniedException",
        f"User: {ANA} is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy "
        "allows the kms:ListKeys action",
    ),
    (
        "lambda",
        "list_functions",
        {},
        403,
        "AccessDeniedException",
        f"User: {ANA} is not authorized to perform: lambda:ListFunctions on resource: * because no identity-based "
        "policy allows the lambda:ListFunctions action",
    ),
    (
        "route53",
        "list_hosted_zones",
        {},
        403,
        "AccessDenied",
        f"User: {ANA} is not authorized to perform: route53:ListHostedZones because no "
        "identity-based policy allows the route53:ListHostedZones action",
    ),
]


@pytest.mark.parametrize(
    ("service", "method", "parameters", "status", "code", "message"),
    DENIALS,
    ids=[f"{case[0]}-{case[1]}" for case in DENIALS],
)
def test_a_user_without_policies_is_denied_in_the_services_own_words(
    lab: Lab,
    make_user: MakeUser,
    service: str,
    method: str,
    parameters: dict[str, Any],
    status: int,
    code: str,
    message: str,
) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}
    boto3.client("iam").create_role(
        RoleName="R", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )
    boto3.client("s3").create_bucket(Bucket="a-bucket")
    with pytest.raises(ClientError) as denied:
        getattr(make_user("ana").client(service), method)(**parameters)
    response = denied.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"] == message
    assert lab.why(denied.value) is lab.why()


def test_a_policy_opens_exactly_what_it_names(make_user: MakeUser) -> None:
    s3 = boto3.client("s3")
    for bucket in ("open-bucket", "shut-bucket"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    ana = make_user("ana", allow("s3:GetObject", "arn:aws:s3:::open-bucket/*")).client("s3")
    assert ana.get_object(Bucket="open-bucket", Key="k")["Body"].read() == b"text"
    for call in (
        lambda: ana.get_object(Bucket="shut-bucket", Key="k"),
        lambda: ana.put_object(Bucket="open-bucket", Key="k", Body=b"other"),
        lambda: ana.list_objects_v2(Bucket="open-bucket"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()
    assert s3.get_object(Bucket="open-bucket", Key="k")["Body"].read() == b"text"


def test_an_explicit_deny_wins_and_is_said(make_user: MakeUser) -> None:
    deny = {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        make_user("ana", allow("iam:*"), deny).client("iam").list_users()


def test_every_check_of_a_call_has_to_pass(make_user: MakeUser) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="source-bucket")
    s3.create_bucket(Bucket="target-bucket")
    s3.put_object(Bucket="source-bucket", Key="k", Body=b"x")
    ana = make_user("ana", allow("s3:PutObject", "arn:aws:s3:::target-bucket/*")).client("s3")
    with pytest.raises(ClientError, match='s3:GetObject on resource: "arn:aws:s3:::source-bucket/k"'):
        ana.copy_object(Bucket="target-bucket", Key="k", CopySource="source-bucket/k")
    assert "Contents" not in s3.list_objects_v2(Bucket="target-bucket")


def test_ec2_hides_the_circumstances_in_a_message_that_sts_decodes(make_user: MakeUser) -> None:
    with pytest.raises(ClientError) as denied:
        make_user("ana").client("ec2").terminate_instances(InstanceIds=["i-0123456789abcdef0"])
    message = denied.value.response["Error"]["Message"]
    assert "ec2:TerminateInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/i-0" in message
    token = message.partition("Encoded authorization failure message: ")[2]
    decoded = boto3.client("sts").decode_authorization_message(EncodedMessage=token)["DecodedMessage"]
    assert json.loads(decoded)["context"]["action"] == "ec2:TerminateInstances"
    assert json.loads(decoded)["allowed"] is False


def test_head_denials_have_no_body(lab: Lab, make_user: MakeUser) -> None:
    boto3.client("s3").create_bucket(Bucket="a-bucket")
    with pytest.raises(ClientError) as denied:
        make_user("ana").client("s3").head_bucket(Bucket="a-bucket")
    assert denied.value.response["Error"] == {"Code": "403", "Message": "Forbidden"}
    decision = lab.why(denied.value)
    assert decision is not None
    assert decision.request.action == "s3:ListBucket"


def test_a_bucket_that_is_not_there_is_missed_before_a_permission_is(lab: Lab, make_user: MakeUser) -> None:
    anonymous = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    for s3 in (make_user("ana").client("s3"), anonymous):
        for call in (s3.list_objects_v2, s3.get_bucket_policy, partial(s3.get_object, Key="k")):
            with pytest.raises(ClientError) as missed:
                call(Bucket="no-such-bucket")
            assert missed.value.response["Error"] == {
                "Code": "NoSuchBucket",
                "Message": "The specified bucket does not exist",
                "BucketName": "no-such-bucket",
            }
            assert missed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
        with pytest.raises(ClientError, match=r"\(404\).*: Not Found"):
            s3.head_bucket(Bucket="no-such-bucket")
    with pytest.raises(ClientError, match="s3:CreateBucket"):
        make_user("bob").client("s3").create_bucket(Bucket="no-such-bucket")


def test_a_request_that_is_no_operation_is_refused(lab: Lab) -> None:
    client = boto3.client("dynamodb")
    client.meta.events.register(
        "before-call", lambda params, **_: params["headers"].update({"X-Amz-Target": "No.Such"})
    )
    with pytest.raises(ClientError, match="UnknownOperationException"):
        client.list_tables()


def test_an_operation_that_moto_lacks_is_a_plain_error_and_no_denial(lab: Lab) -> None:
    with pytest.raises(ClientError) as error:
        boto3.client("dynamodb").list_imports()
    assert error.value.response["Error"]["Code"] == "NotImplemented"
    assert "dynamodb:ListImports" in error.value.response["Error"]["Message"]


def test_a_request_cannot_choose_its_account(lab: Lab, make_user: MakeUser) -> None:
    lab.root_session("222222222222").client("secretsmanager").create_secret(Name="s", SecretString="theirs")
    client = make_user("ana", allow("*")).client("secretsmanager")
    client.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", "222222222222")
    )
    assert client.list_secrets()["SecretList"] == []


def test_motos_own_administration_is_shut(lab: Lab) -> None:
    boto3.client("iam").create_user(UserName="ana")
    for url in (
        "http://motoapi.amazonaws.com/moto-api/reset",
        "https://motoapi.amazonaws.com/moto-api/data.json",
    ):
        assert requests.post(url).status_code == 501
    assert len(boto3.client("iam").list_users()["Users"]) == 2


def test_a_resource_policy_lets_another_account_in(lab: Lab, make_user: MakeUser) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html"""
    root = lab.root_session("222222222222")
    owner, kms = root.client("secretsmanager"), root.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    arn = owner.create_secret(Name="shared", SecretString="theirs", KmsKeyId=key)["ARN"]
    may = allow("secretsmanager:GetSecretValue", arn), allow("kms:Decrypt", key)
    ana = make_user("ana", *may).client("secretsmanager")
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        ana.get_secret_value(SecretId=arn)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ANA},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    owner.put_resource_policy(
        SecretId=arn, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    with pytest.raises(ClientError, match="Access to KMS is not allowed"):
        ana.get_secret_value(SecretId=arn)
    kms.create_grant(KeyId=key, GranteePrincipal=ANA, Operations=["Decrypt"])
    assert ana.get_secret_value(SecretId=arn)["SecretString"] == "theirs"


def test_a_bucket_policy_decides_with_its_conditions_and_moto_does_not_meddle(
    lab: Lab, make_user: MakeUser
) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_object(Bucket="a-bucket", Key="k", Body=b"text")
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::a-bucket/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(
        Bucket="a-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": insecure})
    )
    assert s3.get_object(Bucket="a-bucket", Key="k")["Body"].read() == b"text"
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        boto3.client("s3", use_ssl=False).get_object(Bucket="a-bucket", Key="k")


def test_kms_key_policies_are_decided_by_the_gate_alone(make_user: MakeUser) -> None:
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"text"
    with pytest.raises(ClientError, match="kms:Encrypt"):
        make_user("ana").client("kms").encrypt(KeyId=key, Plaintext=b"text")


def test_gzip_bodies_are_read(make_user: MakeUser) -> None:
    config = Config(request_min_compression_size_bytes=1)
    data = [{"MetricName": "m", "Value": 1.0}] * 50
    boto3.client("cloudwatch", config=config).put_metric_data(Namespace="N", MetricData=data)
    assert boto3.client("cloudwatch").list_metrics()["Metrics"][0]["Namespace"] == "N"
    with pytest.raises(ClientError, match="cloudwatch:PutMetricData"):
        make_user("ana").client("cloudwatch", config=config).put_metric_data(Namespace="N", MetricData=data)


@pytest.mark.parametrize("body", [b"", b"small", b"x" * 9_000_000], ids=["empty", "small", "multipart size"])
def test_uploads_arrive_whole(lab: Lab, tmp_path: Any, body: bytes) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="a-bucket")
    file = tmp_path / "file"
    file.write_bytes(body)
    s3.upload_file(str(file), "a-bucket", "by upload")
    with file.open("rb") as stream:
        s3.put_object(Bucket="a-bucket", Key="by stream", Body=stream, ChecksumAlgorithm="SHA256")
    for key in ("by upload", "by stream"):
        assert s3.get_object(Bucket="a-bucket", Key=key)["Body"].read() == body


def test_dry_runs_of_ec2_tell_whether_one_may(make_user: MakeUser) -> None:
    with pytest.raises(ClientError, match="DryRunOperation"):
        make_user("ana", allow("ec2:*")).client("ec2").describe_instances(DryRun=True)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        make_user("bob").client("ec2").describe_instances(DryRun=True)


def test_a_broken_policy_grants_nothing(make_user: MakeUser, lab: Lab) -> None:
    ana = make_user("ana")
    record = user_by_name(lab.account_id, "ana")
    assert record is not None
    # Put in past every check of the API: the statement lacks its Resource.
    record.policies["broken"] = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*"}}'
    with pytest.raises(ClientError, match="AccessDenied"):
        ana.client("iam").list_users()


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [
        ("cloudtrail", "get_trail", {}),
        ("events", "put_permission", {"Action": 5}),
        ("kms", "create_key", {"Tags": [{"TagKey": "aws:x", "TagValue": ""}, {}]}),
    ],
    ids=["missing", "of-another-type", "half-given"],
)
def test_what_no_client_would_send_is_answered_with_an_error(
    lab: Lab, service: str, method: str, parameters: dict[str, Any]
) -> None:
    unchecked = boto3.client(service, config=Config(parameter_validation=False))
    with pytest.raises(ClientError):
        getattr(unchecked, method)(**parameters)
