"""Events as CloudTrail writes them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.event_names import error_name
from iamlab.cloud.trail import HIDDEN, clean

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}},
    }
)


def test_a_users_call_becomes_a_record(lab: Lab) -> None:
    boto3.client("iam").create_user(UserName="ana", Path="/team/")
    record = lab.trail[-1].record()
    assert record["eventName"] == "CreateUser"
    assert record["eventSource"] == "iam.amazonaws.com"
    assert record["eventTime"] == "2026-01-05T09:00:01Z"
    assert record["awsRegion"] == "us-east-1"
    assert record["requestParameters"] == {"userName": "ana", "path": "/team/"}
    assert record["userIdentity"]["type"] == "IAMUser"
    assert record["userIdentity"]["userName"] == "Administrator"
    assert record["userIdentity"]["accessKeyId"].startswith("AKIA")
    assert record["readOnly"] is False
    assert record["managementEvent"] is True
    assert "errorCode" not in record
    json.dumps(record)


def test_a_role_session_names_its_issuer(lab: Lab) -> None:
    boto3.client("iam").create_role(RoleName="R", AssumeRolePolicyDocument=TRUST)
    credentials = boto3.client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/R", RoleSessionName="app"
    )
    assert lab.trail[-1].record()["responseElements"]["credentials"]["sessionToken"] == HIDDEN
    lab.session(credentials).client("sts").get_caller_identity()
    identity = lab.trail[-1].record()["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"] == "arn:aws:sts::123456789012:assumed-role/R/app"
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == "arn:aws:iam::123456789012:role/R"
    assert lab.trail[-1].who == "R/app"


def test_credentials_are_handed_out_by_reads_that_tell_what_they_gave(lab: Lab) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"""
    role = "arn:aws:iam::123456789012:role/R"
    boto3.client("iam").create_role(RoleName="R", AssumeRolePolicyDocument=TRUST)
    given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="app")["Credentials"]
    record = lab.trail[-1].record()
    assert (record["readOnly"], record["eventCategory"]) == (True, "Management")
    assert record["resources"] == [{"accountId": "123456789012", "type": "AWS::IAM::Role", "ARN": role}]
    told = record["responseElements"]["credentials"]
    assert set(told) == {"accessKeyId", "sessionToken", "expiration"}
    assert told["accessKeyId"] == given["AccessKeyId"]
    assert record["tlsDetails"] == {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": "sts.us-east-1.amazonaws.com",
    }


def test_keys_that_are_used_are_named_and_what_they_hide_is_not(lab: Lab) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/ct-encrypt.html"""
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"for": "test"})
    record = lab.trail[-1].record()
    assert record["requestParameters"] == {"keyId": key["KeyId"], "encryptionContext": {"for": "test"}}
    assert record["resources"] == [{"accountId": "123456789012", "type": "AWS::KMS::Key", "ARN": key["Arn"]}]


# code that the client gets, and the record's
ERRORS = [
    ("iam.amazonaws.com", "NoSuchEntity", "NoSuchEntityException"),
    ("iam.amazonaws.com", "ValidationError", "ValidationException"),
    ("iam.amazonaws.com", "AccessDenied", "AccessDenied"),
    ("sts.amazonaws.com", "MalformedPolicyDocument", "MalformedPolicyDocumentException"),
    ("sts.amazonaws.com", "RegionDisabledException", "RegionDisabledException"),
    ("ec2.amazonaws.com", "UnauthorizedOperation", "Client.UnauthorizedOperation"),
    ("s3.amazonaws.com", "NoSuchBucket", "NoSuchBucket"),
]


@pytest.mark.parametrize(("source", "code", "recorded"), ERRORS)
def test_records_have_names_of_their_own_for_errors(source: str, code: str, recorded: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"""
    assert error_name(source, code) == recorded


def test_root_is_called_root(lab: Lab) -> None:
    lab.root_session().client("sts").get_caller_identity()
    assert lab.trail[-1].record()["userIdentity"]["type"] == "Root"
    assert lab.trail[-1].who == "root"


def test_a_denied_call_carries_code_and_words(lab: Lab, make_user: Callable[..., boto3.Session]) -> None:
    with pytest.raises(ClientError) as denied:
        make_user("ana").client("dynamodb").list_tables()
    record = lab.trail[-1].record()
    assert record["errorCode"] == "AccessDeniedException"
    assert record["errorMessage"] == denied.value.response["Error"]["Message"]


def test_an_error_of_the_service_is_noted_too(lab: Lab) -> None:
    with pytest.raises(ClientError):
        boto3.client("s3").get_object(Bucket="no-such-bucket", Key="k")
    assert lab.trail[-1].error_code == "NoSuchBucket"
    with pytest.raises(ClientError):
        boto3.client("dynamodb").describe_table(TableName="ghost")
    assert lab.trail[-1].error_code == "ResourceNotFoundException"


def test_a_failed_authentication_leaves_no_event(lab: Lab) -> None:
    with pytest.raises(ClientError):
        lab.session({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}).client(
            "iam"
        ).list_users()
    assert len(lab.trail) == 0


def test_secrets_and_bytes_never_enter_an_event() -> None:
    assert clean(
        {
            "UserName": "ana",
            "Password": "hunter2",
            "Nested": [{"SecretString": "s", "Code": b"123"}],
            "Long": "x" * 2000,
        }
    ) == {
        "UserName": "ana",
        "Password": HIDDEN,
        "Nested": [{"Code": "<3 bytes>"}],
        "Long": "x" * 1000 + "…",
    }


def test_new_keys_are_hidden_in_the_trail(lab: Lab) -> None:
    boto3.client("iam").create_user(UserName="ana")
    secret = boto3.client("iam").create_access_key(UserName="ana")["AccessKey"]["SecretAccessKey"]
    assert secret not in json.dumps(lab.trail.records())


def test_secrets_of_parameters_and_grants_stay_out_of_the_trail(lab: Lab) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html"""
    boto3.client("ssm").put_parameter(Name="/pin", Value="1234", Type="SecureString")
    assert lab.trail[-1].parameters["Value"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    administrator = boto3.client("sts").get_caller_identity()["Arn"]
    made = kms.create_grant(KeyId=key, GranteePrincipal=administrator, Operations=["Decrypt"])
    assert lab.trail[-1].record()["responseElements"] == {"grantId": made["GrantId"]}
    kms.retire_grant(GrantToken=made["GrantToken"])
    assert made["GrantToken"] not in str(lab.trail.records())
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert lab.trail[-1].read_only, "using a key changes nothing"


def test_calls_on_objects_and_items_are_data_events(lab: Lab) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_object(Bucket="a-bucket", Key="k", Body=b"x")
    assert [event.record()["eventCategory"] for event in lab.trail] == ["Management", "Data"]


def test_the_trail_filters_by_caller_name_source_and_outcome(
    lab: Lab, make_user: Callable[..., boto3.Session]
) -> None:
    ana = make_user("ana")
    with pytest.raises(ClientError):
        ana.client("iam").list_users()
    ana.client("sts").get_caller_identity()
    assert [event.name for event in lab.trail.filter(who="ana")] == ["ListUsers", "GetCallerIdentity"]
    assert [event.name for event in lab.trail.filter(who="ana", errors=True)] == ["ListUsers"]
    assert [event.name for event in lab.trail.filter(source="sts")] == ["GetCallerIdentity"]
    assert [event.who for event in lab.trail.filter(name="CreateUser")] == ["Administrator"]


def test_the_trail_shows_itself_as_text_and_as_an_escaped_table(lab: Lab) -> None:
    boto3.client("sts").get_caller_identity()
    assert repr(lab.trail).split() == ["09:00:01", "Administrator", "sts:GetCallerIdentity", "ok"]
    lab.trail[-1].error_code = "<script>"
    html = lab.trail._repr_mimebundle_()["text/html"]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    lab.reset()
    assert repr(lab.trail) == "no events"


def test_a_keys_last_use_is_known(lab: Lab, make_user: Callable[..., boto3.Session]) -> None:
    ana = make_user("ana")
    key = ana.get_credentials().access_key
    iam = boto3.client("iam")
    assert iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    with pytest.raises(ClientError):
        ana.client("dynamodb", region_name="eu-west-1").list_tables()
    used = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("dynamodb", "eu-west-1")
