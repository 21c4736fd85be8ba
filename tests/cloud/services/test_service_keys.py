"""Parameters, secrets, queues and topics under a KMS key: whoever uses them needs permissions on the key, too.

https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

MakeUser = Callable[..., boto3.Session]
Refusal = Callable[..., tuple[str, int, str]]
ACCOUNT = "123456789012"
BUT_KEYS = {"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"}


def may(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [f"kms:{name}" for name in actions], "Resource": "*", **more}


class Store:
    """One of everything that can be encrypted, under one key; with `own=False` under the services' own keys."""

    def __init__(self, *, own: bool = True) -> None:
        self.key = str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])
        named = {"KeyId": self.key} if own else {}
        boto3.client("ssm").put_parameter(Name="/app/password", Value="v", Type="SecureString", **named)
        named = {"KmsKeyId": self.key} if own else {}
        self.secret = boto3.client("secretsmanager").create_secret(Name="pin", SecretString="v", **named)[
            "ARN"
        ]
        key = {"KmsMasterKeyId": self.key if own else "alias/aws/sqs"}
        self.queue = boto3.client("sqs").create_queue(QueueName="jobs", Attributes=key)["QueueUrl"]
        key = {"KmsMasterKeyId": self.key if own else "alias/aws/sns"}
        self.topic = boto3.client("sns").create_topic(Name="news", Attributes=key)["TopicArn"]

    def calls(self, own: bool = True) -> dict[str, tuple[str, str, dict[str, Any]]]:
        named = {"KeyId": self.key} if own else {}
        parameter = {"Name": "/app/other", "Value": "v", "Type": "SecureString", "Overwrite": True, **named}
        wanted = {"Name": "/app/password", "WithDecryption": True}
        pin = {"Name": "new", "SecretString": "v", **({"KmsKeyId": self.key} if own else {})}
        return {
            "put a parameter": ("ssm", "put_parameter", parameter),
            "get it": ("ssm", "get_parameter", wanted),
            "get several": ("ssm", "get_parameters", {"Names": ["/app/password"], "WithDecryption": True}),
            "get all below": ("ssm", "get_parameters_by_path", {"Path": "/app", "WithDecryption": True}),
            "get its history": ("ssm", "get_parameter_history", wanted),
            "create a secret": ("secretsmanager", "create_secret", pin),
            "read it": ("secretsmanager", "get_secret_value", {"SecretId": self.secret}),
            "write it": ("secretsmanager", "put_secret_value", {"SecretId": "pin", "SecretString": "w"}),
            "update it": ("secretsmanager", "update_secret", {"SecretId": "pin", "SecretString": "w"}),
            "send": ("sqs", "send_message", {"QueueUrl": self.queue, "MessageBody": "m"}),
            "receive": ("sqs", "receive_message", {"QueueUrl": self.queue}),
            "publish": ("sns", "publish", {"TopicArn": self.topic, "Message": "m"}),
        }


def goes(session: boto3.Session, service: str, call: str, params: dict[str, Any]) -> bool:
    try:
        getattr(session.client(service), call)(**params)
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        return False
    return True


def test_each_call_has_its_permissions_on_the_key(lab: Lab, make_user: MakeUser) -> None:
    """Each as its service's page says; all the other calls are denied."""
    store = Store()
    read, write = frozenset({"Decrypt"}), frozenset({"GenerateDataKey", "Decrypt"})
    needs = {
        "put a parameter": frozenset({"Encrypt"}),
        **dict.fromkeys(("get it", "get several", "get all below", "get its history"), read),
        **dict.fromkeys(("read it", "receive"), read),
        **dict.fromkeys(("create a secret", "write it", "update it", "send", "publish"), write),
    }
    assert set(needs) == set(store.calls())
    for number, given in enumerate(({"Encrypt"}, {"Decrypt"}, {"GenerateDataKey"})):
        session = make_user(f"user{number}", BUT_KEYS, may(*given))
        found = {name for name, call in store.calls().items() if goes(session, *call)}
        assert found == {name for name, wanted in needs.items() if wanted <= given}, given
    both = make_user("both", BUT_KEYS, may("GenerateDataKey", "Decrypt", "Encrypt"))
    assert all(goes(both, *call) for call in store.calls().values())


def test_the_services_own_keys_are_for_everybody_of_the_account(lab: Lab, make_user: MakeUser) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk"""
    ana = make_user("ana", BUT_KEYS)
    calls = Store(own=False).calls(own=False)
    assert {name for name, call in calls.items() if not goes(ana, *call)} == set()


CONTEXTS: dict[str, tuple[str, str]] = {
    "get it": ("PARAMETER_ARN", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app/password"),
    "put a parameter": ("PARAMETER_ARN", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app/other"),
    "create a secret": ("SecretARN", "RequestToValidateKeyAccess"),
    "read it": ("SecretARN", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:pin-*"),
    "receive": ("aws:sqs:arn", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"),
    "publish": ("aws:sns:topicArn", f"arn:aws:sns:us-east-1:{ACCOUNT}:news"),
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_the_key_sees_the_service_and_what_is_encrypted(lab: Lab, make_user: MakeUser, name: str) -> None:
    store = Store()
    call = store.calls()[name]
    key, value = CONTEXTS[name]
    through = {"kms:ViaService": f"{call[0]}.us-east-1.amazonaws.com"}
    actions = ("Encrypt", "Decrypt", "GenerateDataKey")

    def holds(who: str, value: str, through: dict[str, str]) -> bool:
        condition = {"StringLike": {f"kms:EncryptionContext:{key}": value}, "StringEquals": through}
        return goes(make_user(who, BUT_KEYS, may(*actions, Condition=condition)), *call)

    assert holds("right", value, through)
    assert not holds("elsewhere", value, {"kms:ViaService": "s3.us-east-1.amazonaws.com"})
    assert not holds("other", "other", through)


def test_each_service_has_its_own_words_for_the_denial(
    lab: Lab, make_user: MakeUser, refusal: Refusal
) -> None:
    store = Store()
    ana = make_user("ana", BUT_KEYS)

    def told(name: str) -> tuple[str, int, str]:
        service, call, params = store.calls()[name]
        return refusal(getattr(ana.client(service), call), **params)

    who = f"User: arn:aws:iam::{ACCOUNT}:user/ana is not authorized to perform: "
    code, status, message = told("get it")
    assert (code, status) == ("AccessDeniedException", 400)
    assert message.startswith(
        f"{who}kms:Decrypt on resource: {store.key} because no identity-based policy allows the kms:Decrypt action "
        "(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: "
    )
    assert told("read it") == ("AccessDeniedException", 400, "Access to KMS is not allowed")
    code, status, message = told("send")
    assert (code, status) == ("KMS.AccessDeniedException", 400)
    assert message.startswith(f"{who}kms:GenerateDataKey on resource: {store.key} because")
    code, status, message = told("receive")
    assert (
        code,
        message.startswith(f"{who}kms:Decrypt on the resource associated with this ciphertext"),
    ) == (
        "KMS.AccessDeniedException",
        True,
    )
    assert told("publish")[:2] == ("KMSAccessDenied", 400)
    why = lab.why()
    assert why is not None
    assert (why.request.action, why.request.resource) == ("kms:GenerateDataKey", store.key)


DISABLED = {
    "get it": "InvalidKeyId",
    "put a parameter": "InvalidKeyId",
    "read it": "DecryptionFailure",
    "write it": "EncryptionFailure",
    "send": "KMS.DisabledException",
    "publish": "KMSDisabled",
}


def test_a_disabled_key_is_told_in_the_services_own_words(lab: Lab, refusal: Refusal) -> None:
    store = Store()
    boto3.client("kms").disable_key(KeyId=store.key)
    calls = {name: store.calls()[name] for name in DISABLED}
    assert {
        name: refusal(getattr(boto3.client(service), call), **params)[0]
        for name, (service, call, params) in calls.items()
    } == DISABLED


def test_a_key_that_is_not_there(lab: Lab, refusal: Refusal) -> None:
    ssm = boto3.client("ssm")
    put = {"Name": "/p", "Value": "v", "Type": "SecureString", "KeyId": "alias/none"}
    code, status, message = refusal(ssm.put_parameter, **put)
    assert (code, status) == ("InvalidKeyId", 400)
    assert message == f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/none is not found."


def test_plain_values_take_no_key(lab: Lab, make_user: MakeUser) -> None:
    ana = make_user("ana", BUT_KEYS)
    ssm = ana.client("ssm")
    ssm.put_parameter(Name="/plain", Value="v", Type="String")
    assert ssm.get_parameter(Name="/plain", WithDecryption=True)["Parameter"]["Value"] == "v"


def test_a_parameter_that_is_read_without_decryption_is_ciphertext(lab: Lab) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html, WithDecryption"""
    ssm = boto3.client("ssm")
    for value in ("hunter2", "hunter3"):
        ssm.put_parameter(Name="/password", Value=value, Type="SecureString", Overwrite=True)
        sealed = ssm.get_parameter(Name="/password")["Parameter"]["Value"]
        assert sealed.startswith("AQICAHg")
        assert "hunter" not in sealed
        assert ssm.get_parameter(Name="/password", WithDecryption=True)["Parameter"]["Value"] == value
    assert ssm.get_parameter(Name="/password:1", WithDecryption=True)["Parameter"]["Value"] == "hunter2"
