"""What KMS answers about aliases, lists, key policies, rotation, and keys used for what they aren't for.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

Refusal = Callable[..., tuple[str, int, str]]
HERE = "arn:aws:kms:us-east-1:123456789012:"


@pytest.fixture
def kms(lab: Lab) -> Any:
    return boto3.client("kms", region_name="us-east-1")


@pytest.fixture
def key(kms: Any) -> Any:
    return kms.create_key()["KeyMetadata"]


# ------------------------------------------------------------------ aliases and lists
@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        (
            "one",
            "ValidationException",
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ),
        ("alias/a:b", "ValidationException", "alias/a:b contains invalid characters for an alias"),
        ("alias/aws/own", "NotAuthorizedException", ""),
    ],
)
def test_names_that_no_alias_may_have(
    kms: Any, key: Any, refusal: Refusal, name: str, code: str, message: str
) -> None:
    # botocore puts the code where a message is missing
    found = refusal(kms.create_alias, AliasName=name, TargetKeyId=key["KeyId"])
    assert found == (code, 400, message)


def test_an_alias_has_dates(lab: Lab, kms: Any, key: Any) -> None:
    made = lab.clock.now()
    kms.create_alias(AliasName="alias/one", TargetKeyId=key["KeyId"])
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    lab.clock.advance(days=1)
    kms.update_alias(AliasName="alias/one", TargetKeyId=other)
    assert kms.list_aliases(KeyId=key["Arn"])["Aliases"] == []
    (alias,) = kms.list_aliases(KeyId=other)["Aliases"]
    created, updated = alias.pop("CreationDate"), alias.pop("LastUpdatedDate")
    assert alias == {"AliasName": "alias/one", "AliasArn": f"{HERE}alias/one", "TargetKeyId": other}
    assert (created - made).days == 0
    assert (updated - created).days == 1


def test_aliases_of_aws_are_listed_before_they_have_keys(kms: Any, key: Any) -> None:
    kms.create_alias(AliasName="alias/one", TargetKeyId=key["KeyId"])
    listed = {alias["AliasName"]: alias for alias in kms.list_aliases()["Aliases"]}
    assert list(listed) == sorted(listed)
    assert listed["alias/aws/ebs"] == {"AliasName": "alias/aws/ebs", "AliasArn": f"{HERE}alias/aws/ebs"}


def test_lists_come_in_parts(kms: Any, refusal: Refusal) -> None:
    made = sorted(kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(3))
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))
    assert [[key["KeyId"] for key in page["Keys"]] for page in pages] == [made[:2], made[2:]]
    assert [page["Truncated"] for page in pages] == [True, False]
    assert "NextMarker" not in pages[-1]
    assert refusal(kms.list_keys, Marker="x")[0] == "InvalidMarkerException"
    kms.tag_resource(KeyId=made[0], Tags=[{"TagKey": name, "TagValue": ""} for name in "ba"])
    assert kms.list_resource_tags(KeyId=made[0], Limit=1)["Tags"] == [{"TagKey": "a", "TagValue": ""}]


def test_a_key_policy_comes_back_laid_out(kms: Any, key: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html"""
    text = kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
    assert text == (
        '{\n  "Version" : "2012-10-17",\n  "Id" : "key-default-1",\n  "Statement" : [ {\n'
        '    "Sid" : "Enable IAM User Permissions",\n    "Effect" : "Allow",\n    "Principal" : {\n'
        '      "AWS" : "arn:aws:iam::123456789012:root"\n    },\n    "Action" : "kms:*",\n    "Resource" : "*"\n'
        "  } ]\n}"
    )
    policy = json.loads(text)
    policy["Statement"][0]["Action"] = ["kms:*", "kms:Get*"]
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    assert '"Action" : [ "kms:*", "kms:Get*" ],' in kms.get_key_policy(KeyId=key["KeyId"])["Policy"]


def test_a_grant_without_a_name_has_an_empty_one(kms: Any, key: Any, make_user: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/grant-view.html"""
    make_user("ana")
    kms.create_grant(
        KeyId=key["KeyId"], GranteePrincipal="arn:aws:iam::123456789012:user/ana", Operations=["Decrypt"]
    )
    assert kms.list_grants(KeyId=key["KeyId"])["Grants"][0]["Name"] == ""


# ------------------------------------------------------------------ keys for this and for that
@pytest.mark.parametrize(
    ("spec", "usage", "member", "algorithms"),
    [
        ("HMAC_256", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_256"]),
        ("ECC_NIST_P256", "KEY_AGREEMENT", "KeyAgreementAlgorithms", ["ECDH"]),
        ("ECC_NIST_P384", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_384"]),
        ("RSA_2048", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
    ],
)
def test_a_key_tells_what_it_can(kms: Any, spec: str, usage: str, member: str, algorithms: list[str]) -> None:
    made = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    assert {name: made[name] for name in made if "Algorithms" in name} == {member: algorithms}
    assert "CurrentKeyMaterialId" not in made


def test_a_key_without_material_waits_for_it(kms: Any, refusal: Refusal) -> None:
    made = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
    assert (made["KeyState"], made["Enabled"]) == ("PendingImport", False)
    assert refusal(kms.encrypt, KeyId=made["KeyId"], Plaintext=b"x") == (
        "KMSInvalidStateException",
        400,
        f"{made['Arn']} is pending import.",
    )


def test_keys_are_used_for_what_they_are_for(kms: Any, key: Any, refusal: Refusal) -> None:
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    wrong = ("InvalidKeyUsageException", 400)
    assert refusal(kms.encrypt, KeyId=signing["KeyId"], Plaintext=b"x") == (
        *wrong,
        f"{signing['Arn']} key usage is SIGN_VERIFY which is not valid for Encrypt.",
    )
    sign = {"KeyId": signing["KeyId"], "Message": b"x"}
    assert refusal(kms.sign, **sign, SigningAlgorithm="ECDSA_SHA_256") == (
        *wrong,
        "Algorithm ECDSA_SHA_256 and key spec RSA_2048 are incompatible.",
    )
    sign["SigningAlgorithm"] = "RSASSA_PSS_SHA_256"
    signature = kms.sign(**sign)["Signature"]
    assert kms.verify(**sign, Signature=signature)["SignatureValid"] is True
    assert refusal(kms.verify, **sign, Signature=b"x")[0] == "KMSInvalidSignatureException"
    assert kms.get_public_key(KeyId=signing["KeyId"])["KeyId"] == signing["Arn"]
    assert refusal(kms.get_public_key, KeyId=key["KeyId"])[0] == "UnsupportedOperationException"
    assert refusal(kms.enable_key_rotation, KeyId=signing["KeyId"])[0] == "UnsupportedOperationException"
    assert refusal(kms.create_key, KeyUsage="SIGN_VERIFY")[0] == "ValidationException"
    assert refusal(kms.create_key, KeySpec="RSA_2048")[0] == "ValidationException"


def test_what_was_encrypted_tells_its_key(kms: Any, key: Any, refusal: Refusal) -> None:
    sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"a": "b"})
    assert (sealed["KeyId"], sealed["EncryptionAlgorithm"]) == (key["Arn"], "SYMMETRIC_DEFAULT")
    blob = {"CiphertextBlob": sealed["CiphertextBlob"]}
    opened = kms.decrypt(**blob, EncryptionContext={"a": "b"})
    assert opened["KeyMaterialId"] == key["CurrentKeyMaterialId"]
    assert refusal(kms.decrypt, **blob)[0] == "InvalidCiphertextException"
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    assert refusal(kms.decrypt, **blob, KeyId=other, EncryptionContext={"a": "b"}) == (
        "IncorrectKeyException",
        400,
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )


def test_errors_without_words_have_no_message(kms: Any) -> None:
    with pytest.raises(ClientError) as caught:
        kms.decrypt(CiphertextBlob=b"x" * 64)
    assert "message" not in caught.value.response


def test_rotation_tells_when_it_is_due(lab: Lab, kms: Any, key: Any) -> None:
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=100)
    status = kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert (status["KeyId"], status["RotationPeriodInDays"]) == (key["Arn"], 100)
    assert round((status["NextRotationDate"] - lab.clock.now()).total_seconds() / 86_400) == 100
    lab.clock.advance(days=101)
    status = kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert round((status["NextRotationDate"] - lab.clock.now()).total_seconds() / 86_400) == 99


def test_re_encrypting_from_one_account_into_another(lab: Lab, kms: Any, key: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html, "Cross-account use: Yes\""""
    other = "111122223333"
    theirs = lab.root_session(other).client("kms", region_name="us-east-1")
    target = theirs.create_key()["KeyMetadata"]
    policy = json.loads(theirs.get_key_policy(KeyId=target["KeyId"])["Policy"])
    policy["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "kms:*", "Resource": "*"}
    )
    theirs.put_key_policy(KeyId=target["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    moved = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=target["Arn"])
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key["Arn"], target["Arn"])
    assert moved["DestinationKeyMaterialId"] == target["CurrentKeyMaterialId"]
    assert theirs.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"x"


def test_what_no_key_policy_can_give_to_another_account(
    lab: Lab, kms: Any, key: Any, refusal: Refusal
) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html"""
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])
    policy["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    theirs = lab.root_session("111122223333").client("kms", region_name="us-east-1")
    assert theirs.describe_key(KeyId=key["Arn"])["KeyMetadata"]["KeyId"] == key["KeyId"]
    assert theirs.encrypt(KeyId=key["Arn"], Plaintext=b"x")["KeyId"] == key["Arn"]
    for method in ("disable_key", "get_key_policy", "list_resource_tags", "schedule_key_deletion"):
        assert refusal(getattr(theirs, method), KeyId=key["Arn"])[0] == "AccessDeniedException"
    assert (
        refusal(theirs.create_alias, AliasName="alias/a", TargetKeyId=key["Arn"])[0]
        == "AccessDeniedException"
    )


def test_tokens_that_no_grant_has_given(kms: Any, key: Any, make_user: Any, refusal: Refusal) -> None:
    make_user("ana")
    grant = kms.create_grant(
        KeyId=key["KeyId"], GranteePrincipal="arn:aws:iam::123456789012:user/ana", Operations=["Decrypt"]
    )
    assert refusal(kms.describe_key, KeyId=key["KeyId"], GrantTokens=["x"])[0] == "InvalidGrantTokenException"
    kms.describe_key(KeyId=key["KeyId"], GrantTokens=[grant["GrantToken"]])
    kms.retire_grant(GrantToken=grant["GrantToken"])
    kms.describe_key(KeyId=key["KeyId"], GrantTokens=[grant["GrantToken"]])
