"""A key that is missing, disabled or about to be deleted.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from iamlab.cloud import Lab

Refusal = Callable[..., tuple[str, int, str]]
ACCOUNT = "123456789012"
NOBODY = "1234abcd-12ab-34cd-56ef-1234567890ab"
HERE = f"arn:aws:kms:us-east-1:{ACCOUNT}:"


@pytest.fixture
def kms(lab: Lab) -> Any:
    return boto3.client("kms")


MISSING = [
    (NOBODY, f"Key '{HERE}key/{NOBODY}' does not exist"),
    (f"{HERE}key/{NOBODY}", f"Key '{HERE}key/{NOBODY}' does not exist"),
    (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{NOBODY}", "Invalid arn eu-west-1"),
    ("alias/none", f"Alias {HERE}alias/none is not found."),
    ("hello", "Invalid keyId 'hello'"),
]


@pytest.mark.parametrize(("name", "words"), MISSING, ids=[row[0] for row in MISSING])
def test_a_name_that_leads_nowhere(kms: Any, refusal: Refusal, name: str, words: str) -> None:
    assert refusal(kms.encrypt, KeyId=name, Plaintext=b"x") == ("NotFoundException", 400, words)


def test_a_missing_key_is_told_to_those_who_may_nothing_as_well(
    kms: Any, make_user: Callable[..., boto3.Session], refusal: Refusal
) -> None:
    assert refusal(make_user("ana").client("kms").describe_key, KeyId=NOBODY)[0] == "NotFoundException"


def test_what_no_key_has_encrypted(kms: Any, refusal: Refusal) -> None:
    assert refusal(kms.decrypt, CiphertextBlob=b"x" * 64)[0] == "InvalidCiphertextException"


def test_a_disabled_key_does_nothing_but_be_looked_at(kms: Any, refusal: Refusal) -> None:
    key = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key["KeyId"])
    disabled = ("DisabledException", 400, f"{key['Arn']} is disabled.")
    assert refusal(kms.decrypt, CiphertextBlob=blob) == disabled
    assert refusal(kms.generate_data_key, KeyId=key["KeyId"], KeySpec="AES_256") == disabled
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_that_waits_for_its_deletion(kms: Any, refusal: Refusal) -> None:
    key = kms.create_key()["KeyMetadata"]
    assert refusal(kms.cancel_key_deletion, KeyId=key["KeyId"]) == (
        "KMSInvalidStateException",
        400,
        f"{key['Arn']} is not pending deletion.",
    )
    kms.schedule_key_deletion(KeyId=key["KeyId"])
    pending = ("KMSInvalidStateException", 400, f"{key['Arn']} is pending deletion.")
    assert refusal(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x") == pending
    assert refusal(kms.enable_key, KeyId=key["KeyId"]) == pending
    kms.cancel_key_deletion(KeyId=key["KeyId"])


def test_a_key_is_switched_and_doomed_by_its_arn_as_by_its_id(lab: Lab, kms: Any, refusal: Refusal) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""
    arn = kms.create_key()["KeyMetadata"]["Arn"]

    def state() -> str:
        return str(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"])

    kms.disable_key(KeyId=arn)
    assert state() == "Disabled"
    kms.enable_key(KeyId=arn)
    assert state() == "Enabled"
    answer = kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert (answer["KeyId"], answer["KeyState"], answer["PendingWindowInDays"]) == (arn, "PendingDeletion", 7)
    assert round((answer["DeletionDate"] - lab.clock.now()).total_seconds() / 86_400) == 7
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["DeletionDate"] == answer["DeletionDate"]
    assert kms.cancel_key_deletion(KeyId=arn)["KeyId"] == arn
    assert state() == "Disabled"
    assert refusal(kms.schedule_key_deletion, KeyId=arn, PendingWindowInDays=31)[0] == "ValidationException"


def test_an_alias_needs_a_key(kms: Any, refusal: Refusal) -> None:
    assert refusal(kms.create_alias, AliasName="alias/a", TargetKeyId=NOBODY)[0] == "NotFoundException"


def test_copies_of_a_multi_region_key_open_what_one_of_them_sealed(kms: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html"""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    assert re.fullmatch("mrk-[0-9a-f]{32}", key)
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for region in ("us-east-1", "eu-west-1"):
        opened = boto3.client("kms", region).decrypt(CiphertextBlob=sealed)
        assert opened["Plaintext"] == b"x"
        assert f":{region}:" in opened["KeyId"]


def test_a_dry_run_is_decided_and_goes_no_further(
    kms: Any, make_user: Callable[..., boto3.Session], refusal: Refusal
) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html"""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)[0] == "DryRunOperationException"
    ana = make_user("ana").client("kms")
    assert refusal(ana.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)[0] == "AccessDeniedException"


def test_a_key_is_shown_as_what_it_is(lab: Lab) -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    made = kms.create_key(Description="for letters")["KeyMetadata"]
    assert kms.describe_key(KeyId=made["Arn"])["KeyMetadata"] == made
    assert re.fullmatch("[0-9a-f]{64}", made.pop("CurrentKeyMaterialId"))
    assert made | {"KeyId": "", "Arn": "", "CreationDate": ""} == {
        "AWSAccountId": "123456789012",
        "KeyId": "",
        "Arn": "",
        "CreationDate": "",
        "Enabled": True,
        "Description": "for letters",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    signs = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    assert "EncryptionAlgorithms" not in signs
    assert "RSASSA_PSS_SHA_256" in signs["SigningAlgorithms"]
