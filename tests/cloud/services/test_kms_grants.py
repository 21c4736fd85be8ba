"""Grants on KMS keys, from their creation to their end.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

MakeUser = Callable[..., boto3.Session]
Refusal = Callable[..., tuple[str, int, str]]
ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/"
CONTEXT = {"app": "pay", "stage": "prod"}


@pytest.fixture
def kms(lab: Lab) -> Any:
    return boto3.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture
def ana(lab: Lab, make_user: MakeUser) -> Any:
    return make_user("ana").client("kms")


def sealed(kms: Any, key: str, **context: str) -> dict[str, Any]:
    """The parameters to decrypt a secret with."""
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=context)["CiphertextBlob"]
    return {"CiphertextBlob": blob, "EncryptionContext": context}


def allowed(call: Callable[..., Any], **params: Any) -> bool:
    try:
        call(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


# ---------------------------------------------------------------- what a grant gives


def test_a_grant_gives_its_operations_to_its_grantee_and_nothing_else(
    lab: Lab, kms: Any, key: str, ana: Any
) -> None:
    secret = sealed(kms, key)
    assert not allowed(ana.decrypt, **secret)
    made = kms.create_grant(
        KeyId=key, GranteePrincipal=f"{USER}ana", Operations=["Decrypt", "DescribeKey"], Name="reader"
    )
    assert ana.decrypt(**secret)["Plaintext"] == b"secret"
    why = lab.why()
    assert why is not None
    assert f"the grant {made['GrantId']} (reader) matches" in why.explain()
    assert allowed(ana.describe_key, KeyId=key)
    assert not allowed(ana.encrypt, KeyId=key, Plaintext=b"x")


CONSTRAINTS: list[tuple[str, dict[str, str], dict[str, str], bool]] = [
    ("EncryptionContextEquals", CONTEXT, CONTEXT, True),
    ("EncryptionContextEquals", CONTEXT, CONTEXT | {"more": "x"}, False),
    ("EncryptionContextEquals", CONTEXT, {"app": "pay"}, False),
    ("EncryptionContextEquals", {"App": "pay"}, {"app": "pay"}, True),
    ("EncryptionContextSubset", {"app": "pay"}, CONTEXT, True),
    ("EncryptionContextSubset", {"app": "pay"}, {"app": "pay"}, True),
    ("EncryptionContextSubset", {"app": "pay"}, {"app": "Pay"}, False),
    ("EncryptionContextSubset", {"app": "pay"}, {"stage": "prod"}, False),
    ("EncryptionContextSubset", {"app": "pay"}, {}, False),
    ("EncryptionContextSubset", {"app": "${aws:username}"}, {"app": "ana"}, False),
    ("EncryptionContextSubset", {"app": "*"}, {"app": "pay"}, False),
]


@pytest.mark.parametrize(("kind", "wanted", "given", "matches"), CONSTRAINTS)
def test_a_constraint_on_the_encryption_context(
    kms: Any, key: str, ana: Any, kind: str, wanted: dict[str, str], given: dict[str, str], matches: bool
) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html"""
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=f"{USER}ana",
        Operations=["GenerateDataKey", "DescribeKey"],
        Constraints={kind: wanted},
    )
    assert allowed(ana.generate_data_key, KeyId=key, KeySpec="AES_256", EncryptionContext=given) is matches
    assert allowed(ana.describe_key, KeyId=key), "the constraint doesn't apply to operations without context"


def test_whoever_hands_a_grant_on_gives_no_more_than_it_has(
    kms: Any, key: str, ana: Any, make_user: MakeUser
) -> None:
    make_user("zoe")
    within = {"EncryptionContextSubset": {"app": "pay"}}
    kms.create_grant(
        KeyId=key, GranteePrincipal=f"{USER}ana", Operations=["CreateGrant", "Decrypt"], Constraints=within
    )

    def hands_on(**params: Any) -> bool:
        return allowed(ana.create_grant, KeyId=key, GranteePrincipal=f"{USER}zoe", **params)

    assert hands_on(Operations=["Decrypt"], Constraints=within)
    assert hands_on(Operations=["Decrypt"], Constraints={"EncryptionContextEquals": CONTEXT})
    assert not hands_on(Operations=["Encrypt"], Constraints=within)
    assert not hands_on(Operations=["Decrypt"])
    assert not hands_on(Operations=["Decrypt"], Constraints={"EncryptionContextSubset": {"stage": "prod"}})


def test_a_grantee_in_another_account_needs_no_policy_there(lab: Lab, kms: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html"""
    member = _member(lab)
    member.client("iam").create_user(UserName="bob")
    bob = lab.session(member.client("iam").create_access_key(UserName="bob"))
    account = member.client("sts").get_caller_identity()["Account"]
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    outside = bob.client("kms")
    with pytest.raises(ClientError) as refused:
        outside.encrypt(KeyId=arn, Plaintext=b"x")
    assert refused.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{account}:user/bob is not authorized to perform: kms:Encrypt on resource: {arn} because "
        "the resource does not exist in this Region, no resource-based policies allow access, or a resource-based "
        "policy explicitly denies access"
    )
    kms.create_grant(
        KeyId=arn,
        GranteePrincipal=f"arn:aws:iam::{account}:user/bob",
        RetiringPrincipal=f"arn:aws:iam::{account}:user/bob",
        Operations=["Encrypt"],
    )
    sealed_there = outside.encrypt(KeyId=arn, Plaintext=b"x")
    assert sealed_there["KeyId"] == arn
    with pytest.raises(ClientError) as refused:
        outside.decrypt(CiphertextBlob=sealed_there["CiphertextBlob"])
    assert refused.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{account}:user/bob is not authorized to perform: kms:Decrypt on the resource associated "
        "with this ciphertext because the resource does not exist in this Region, no resource-based policies allow "
        "access, or a resource-based policy explicitly denies access"
    )
    kms.create_grant(KeyId=arn, GranteePrincipal=f"arn:aws:iam::{account}:user/bob", Operations=["Decrypt"])
    assert outside.decrypt(CiphertextBlob=sealed_there["CiphertextBlob"])["Plaintext"] == b"x"
    [listed] = member.client("kms").list_retirable_grants(
        RetiringPrincipal=f"arn:aws:iam::{account}:user/bob"
    )["Grants"]
    assert (listed["KeyId"], listed["IssuingAccount"]) == (arn, f"arn:aws:iam::{ACCOUNT}:root")
    outside.retire_grant(KeyId=arn, GrantId=listed["GrantId"])
    assert not allowed(outside.encrypt, KeyId=arn, Plaintext=b"x")


def _member(lab: Lab) -> boto3.Session:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="Work", Email="work@example.com")
    member = organizations.list_accounts()["Accounts"][-1]["Id"]
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    return lab.session(boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="admin"))


def test_a_grant_follows_its_grantee_and_ends_with_it(
    lab: Lab, kms: Any, key: str, make_user: MakeUser
) -> None:
    iam = boto3.client("iam")
    make_user("eve")
    role = f"arn:aws:iam::{ACCOUNT}:role/Reader"
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=document)["Role"]

    def session() -> Any:
        return lab.session(boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="session")).client(
            "kms"
        )

    secret = sealed(kms, key)
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt"])
    kms.create_grant(KeyId=key, GranteePrincipal=f"{USER}eve", Operations=["Decrypt"])
    assert allowed(session().decrypt, **secret)
    iam.delete_role(RoleName="Reader")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=document)
    iam.update_user(UserName="eve", NewUserName="adam")
    assert [grant["GranteePrincipal"] for grant in kms.list_grants(KeyId=key)["Grants"]] == [
        made["RoleId"],
        f"{USER}adam",
    ]
    assert not allowed(session().decrypt, **secret), "a new role of the old name is somebody else"


def test_copies_of_a_multi_region_key_have_grants_of_their_own(kms: Any, ana: Any) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html"""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    there = boto3.client("kms", "eu-west-1")
    made = there.create_grant(KeyId=key, GranteePrincipal=f"{USER}ana", Operations=["Encrypt"])
    assert not allowed(ana.encrypt, KeyId=key, Plaintext=b"x")
    assert kms.list_grants(KeyId=key)["Grants"] == []
    there.revoke_grant(KeyId=key, GrantId=made["GrantId"])
    assert there.list_grants(KeyId=key)["Grants"] == []


# ---------------------------------------------------------------- how a grant comes and goes


def test_a_grant_is_told_with_all_that_was_given(lab: Lab, kms: Any, key: str, ana: Any) -> None:
    facts = {
        "Name": "reader",
        "GranteePrincipal": f"{USER}ana",
        "RetiringPrincipal": f"arn:aws:iam::{ACCOUNT}:root",
        "Operations": ["Decrypt", "RetireGrant"],
        "Constraints": {"EncryptionContextEquals": CONTEXT},
    }
    made = kms.create_grant(KeyId=key, **facts)
    assert len(made["GrantId"]) == 64
    answer = kms.list_grants(KeyId=key)
    [listed] = answer["Grants"]
    assert answer["Truncated"] is False
    assert abs(listed.pop("CreationDate") - lab.clock.now()).total_seconds() < 60
    assert listed == facts | {
        "KeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}",
        "GrantId": made["GrantId"],
        "IssuingAccount": f"arn:aws:iam::{ACCOUNT}:root",
    }


def test_the_same_call_with_a_name_makes_one_grant_and_another_token(kms: Any, key: str, ana: Any) -> None:
    params = {"KeyId": key, "GranteePrincipal": f"{USER}ana", "Operations": ["Decrypt"]}
    first, second = (kms.create_grant(**params, Name="one") for _ in range(2))
    assert first["GrantId"] == second["GrantId"]
    assert first["GrantToken"] != second["GrantToken"]
    assert kms.create_grant(**params, Name="two")["GrantId"] != first["GrantId"]
    assert kms.create_grant(**params)["GrantId"] != kms.create_grant(**params)["GrantId"]
    kms.retire_grant(GrantToken=first["GrantToken"])
    assert first["GrantId"] not in [grant["GrantId"] for grant in kms.list_grants(KeyId=key)["Grants"]]


def test_grants_are_listed_in_pages_and_by_grantee(kms: Any, key: str, make_user: MakeUser) -> None:
    make_user("ana")
    make_user("zoe")
    ids = [
        kms.create_grant(KeyId=key, GranteePrincipal=f"{USER}{name}", Operations=["Decrypt"])["GrantId"]
        for name in ("ana", "zoe", "ana")
    ]
    pages = [[g["GrantId"] for g in page["Grants"]] for page in kms.get_paginator("list_grants").paginate(
        KeyId=key, PaginationConfig={"PageSize": 2})]  # fmt: skip
    assert pages == [ids[:2], ids[2:]]
    zoe = kms.list_grants(KeyId=key, GranteePrincipal=f"{USER}zoe")["Grants"]
    assert [grant["GrantId"] for grant in zoe] == [ids[1]]
    one = kms.list_grants(KeyId=key, GrantId=ids[2])["Grants"]
    assert [grant["GrantId"] for grant in one] == [ids[2]]


KMS_ALL = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
RETIRING: list[tuple[str, dict[str, Any], list[dict[str, Any]], bool]] = [
    ("the retiring principal", {"RetiringPrincipal": f"{USER}ana"}, [], True),
    ("the grantee", {"GranteePrincipal": f"{USER}ana"}, [], False),
    (
        "the grantee, allowed to",
        {"GranteePrincipal": f"{USER}ana", "Operations": ["Decrypt", "RetireGrant"]},
        [],
        True,
    ),
    ("anybody else", {}, [], False),
    ("a user of the key's account with the permission", {}, [KMS_ALL], True),
    (
        "the retiring principal who is denied",
        {"RetiringPrincipal": f"{USER}ana"},
        [{**KMS_ALL, "Effect": "Deny"}],
        False,
    ),
]


@pytest.mark.parametrize(("who", "facts", "statements", "may"), RETIRING, ids=[row[0] for row in RETIRING])
def test_the_grant_says_who_may_retire_it(
    kms: Any,
    key: str,
    make_user: MakeUser,
    who: str,
    facts: dict[str, Any],
    statements: list[dict[str, Any]],
    may: bool,
) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html"""
    make_user("zoe")
    ana = make_user("ana", *statements).client("kms")
    params = {"KeyId": key, "GranteePrincipal": f"{USER}zoe", "Operations": ["Decrypt"], **facts}
    token = kms.create_grant(**params)["GrantToken"]
    assert allowed(ana.retire_grant, GrantToken=token) is may
    assert len(kms.list_grants(KeyId=key)["Grants"]) == (0 if may else 1)


def test_the_keys_policy_has_no_say_in_retiring_but_in_revoking(kms: Any, key: str, ana: Any) -> None:
    made = kms.create_grant(KeyId=key, GranteePrincipal=f"{USER}ana", Operations=["Decrypt"])
    me = {"Effect": "Allow", "Principal": {"AWS": f"{USER}ana"}, "Action": "kms:*", "Resource": "*"}
    root = {**me, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    kms.put_key_policy(
        KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [me, root]})
    )
    assert not allowed(ana.retire_grant, GrantToken=made["GrantToken"])
    assert allowed(ana.revoke_grant, KeyId=key, GrantId=made["GrantId"])


# ---------------------------------------------------------------- refusals

GRANT = {"GranteePrincipal": f"{USER}ana", "Operations": ["Decrypt"]}
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("nobody", {"GranteePrincipal": f"{USER}nobody"}, "InvalidArnException", "valid principal"),
    (
        "a group",
        {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:group/g"},
        "InvalidArnException",
        "valid principal",
    ),
    (
        "a service as principal",
        {"GranteePrincipal": "rds.amazonaws.com"},
        "InvalidArnException",
        "valid principal",
    ),
    (
        "an unknown retiring principal",
        {"RetiringPrincipal": "hello"},
        "InvalidArnException",
        "valid principal",
    ),
    (
        "CreateGrant alone",
        {"Operations": ["CreateGrant"]},
        "ValidationException",
        "only the CreateGrant operation",
    ),
    (
        "an operation of other keys",
        {"Operations": ["Decrypt", "Sign"]},
        "ValidationException",
        "[Sign] are not supported",
    ),
    (
        "two constraints",
        {"Constraints": {"EncryptionContextEquals": {"a": "b"}, "EncryptionContextSubset": {"a": "b"}}},
        "ValidationException",
        "not both",
    ),
    (
        "nine pairs",
        {"Constraints": {"EncryptionContextEquals": {str(n): "b" for n in range(9)}}},
        "ValidationException",
        "up to 8 pairs",
    ),
    (
        "a long value",
        {"Constraints": {"EncryptionContextEquals": {"a": "b" * 385}}},
        "ValidationException",
        "384",
    ),
    ("an alias", {"KeyId": "alias/mine"}, "NotFoundException", "Invalid keyId 'alias/mine'"),
    (
        "a service without its resource",
        {"GranteePrincipal": None, "GranteeServicePrincipal": "a.amazonaws.com"},
        "ValidationException",
        "SourceArn",
    ),
    ("only a question", {"DryRun": True}, "DryRunOperationException", "would have succeeded"),
]


@pytest.mark.parametrize(("what", "params", "code", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_grants_that_kms_refuses(
    kms: Any, key: str, ana: Any, refusal: Refusal, what: str, params: dict[str, Any], code: str, words: str
) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    asked = {name: value for name, value in {"KeyId": key, **GRANT, **params}.items() if value is not None}
    found, status, message = refusal(kms.create_grant, **asked)
    assert (found, status) == (code, 400)
    assert words in message
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_context_means_nothing_to_an_asymmetric_key(kms: Any, ana: Any, refusal: Refusal) -> None:
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    params = {"KeyId": key, "GranteePrincipal": f"{USER}ana"}
    kms.create_grant(**params, Operations=["Sign", "GetPublicKey"])
    within = {"EncryptionContextSubset": {"a": "b"}}
    assert (
        refusal(kms.create_grant, **params, Operations=["Sign"], Constraints=within)[0]
        == "ValidationException"
    )
    assert refusal(kms.create_grant, **params, Operations=["Decrypt"])[0] == "ValidationException"


def test_retirable_grants_of_another_account_are_not_told(kms: Any, refusal: Refusal) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html"""
    other = "arn:aws:iam::222222222222:root"
    assert refusal(kms.list_retirable_grants, RetiringPrincipal=other)[0] == "AccessDeniedException"


UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("retire_grant", {"GrantToken": "x"}, "InvalidGrantTokenException"),
    ("retire_grant", {}, "ValidationException"),
    ("retire_grant", {"KeyId": "", "GrantId": "0" * 64}, "NotFoundException"),
    ("revoke_grant", {"KeyId": "", "GrantId": "0" * 64}, "NotFoundException"),
    ("list_grants", {"KeyId": "", "Marker": "x"}, "InvalidMarkerException"),
]


@pytest.mark.parametrize(("call", "params", "code"), UNKNOWN)
def test_what_is_not_there(
    kms: Any, key: str, refusal: Refusal, call: str, params: dict[str, Any], code: str
) -> None:
    asked = params | ({"KeyId": key} if "KeyId" in params else {})
    assert refusal(getattr(kms, call), **asked)[:2] == (code, 400)
