"""Tags on everything in IAM that takes them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud.lab import Lab
from iamlab.cloud.moto_seam import identities

ACCOUNT = "123456789012"
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    }
)
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/Mine"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/login.example.com"
DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/phone"


@cache
def iam() -> Any:
    """The administrator's client; parameters are left for the lab to check."""
    return boto3.client("iam", config=Config(parameter_validation=False))


def make_user() -> dict[str, str]:
    iam().create_user(UserName="ada")
    return {"UserName": "ada"}


def make_role() -> dict[str, str]:
    iam().create_role(RoleName="Reader", AssumeRolePolicyDocument=TRUST)
    return {"RoleName": "Reader"}


def make_policy() -> dict[str, str]:
    iam().create_policy(PolicyName="Mine", PolicyDocument=DOCUMENT)
    return {"PolicyArn": POLICY}


def make_profile() -> dict[str, str]:
    iam().create_instance_profile(InstanceProfileName="Box")
    return {"InstanceProfileName": "Box"}


def make_device() -> dict[str, str]:
    iam().create_virtual_mfa_device(VirtualMFADeviceName="phone")
    return {"SerialNumber": DEVICE}


def make_oidc_provider() -> dict[str, str]:
    iam().create_open_id_connect_provider(Url="https://login.example.com", ThumbprintList=["a" * 40])
    return {"OpenIDConnectProviderArn": OIDC}


KINDS: list[tuple[str, Any]] = [
    ("user", make_user),
    ("role", make_role),
    ("policy", make_policy),
    ("instance_profile", make_profile),
    ("mfa_device", make_device),
    ("open_id_connect_provider", make_oidc_provider),
]
NAMES = [kind for kind, _ in KINDS]


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


@pytest.mark.parametrize(("kind", "make"), KINDS, ids=NAMES)
def test_tags_come_and_go(lab: Lab, kind: str, make: Any) -> None:
    which, client = make(), iam()

    def shown(**page: Any) -> Any:
        return getattr(client, f"list_{kind}_tags")(**which, **page)

    assert (shown()["Tags"], shown()["IsTruncated"]) == ([], False)
    add, remove = getattr(client, f"tag_{kind}"), getattr(client, f"untag_{kind}")
    add(**which, Tags=tags(Team="red", Cost="", Stage="dev"))
    add(**which, Tags=tags(Team="blue"))
    # sorted by key
    assert shown()["Tags"] == tags(Cost="", Stage="dev", Team="blue")
    first = shown(MaxItems=2)
    assert (first["Tags"], first["IsTruncated"]) == (tags(Cost="", Stage="dev"), True)
    assert shown(Marker=first["Marker"])["Tags"] == tags(Team="blue")
    remove(**which, TagKeys=["Cost", "nothing"])
    assert shown()["Tags"] == tags(Stage="dev", Team="blue")


@pytest.mark.parametrize(("kind", "make"), KINDS, ids=NAMES)
def test_keys_of_users_and_roles_are_the_same_whatever_their_case(lab: Lab, kind: str, make: Any) -> None:
    which, client = make(), iam()
    getattr(client, f"tag_{kind}")(**which, Tags=tags(Team="red"))
    getattr(client, f"tag_{kind}")(**which, Tags=tags(team="blue"))
    shown = getattr(client, f"list_{kind}_tags")(**which)["Tags"]
    getattr(client, f"untag_{kind}")(**which, TagKeys=["TEAM"])
    left = getattr(client, f"list_{kind}_tags")(**which)["Tags"]
    if kind in ("user", "role"):
        assert (shown, left) == (tags(team="blue"), [])
    else:
        assert shown == left == tags(Team="red", team="blue")


@pytest.mark.parametrize(("kind", "make"), KINDS, ids=NAMES)
def test_tags_have_rules(lab: Lab, kind: str, make: Any) -> None:
    which, client = make(), iam()

    def refused(**params: Any) -> tuple[str, int, str]:
        with pytest.raises(ClientError) as caught:
            getattr(client, f"tag_{kind}")(**which, **params)
        error = caught.value.response
        return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]

    twice = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    assert refused(Tags=[*tags(a="1"), *tags(a="2")]) == ("InvalidInput", 400, twice)
    system = "System tags cannot be added/updated by requester."
    assert refused(Tags=[{"Key": "aws:x", "Value": "1"}]) == ("InvalidInput", 400, system)
    assert refused(Tags=[{"Key": "a" * 129, "Value": "1"}])[0] == "ValidationError"
    getattr(client, f"tag_{kind}")(**which, Tags=tags(**{f"k{number}": "v" for number in range(50)}))
    assert refused(Tags=tags(one_more="v"))[:2] == ("LimitExceeded", 409)
    assert len(getattr(client, f"list_{kind}_tags")(**which, MaxItems=100)["Tags"]) == 50


def test_tags_are_shown_in_the_order_of_their_keys_whoever_shows_them(lab: Lab) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html"""
    client = iam()
    unsorted, in_order = tags(b="1", a="2"), tags(a="2", b="1")
    made = [
        client.create_user(UserName="ada", Tags=unsorted)["User"],
        client.create_role(RoleName="Reader", AssumeRolePolicyDocument=TRUST, Tags=unsorted)["Role"],
        client.create_policy(PolicyName="Mine", PolicyDocument=DOCUMENT, Tags=unsorted)["Policy"],
        client.create_instance_profile(InstanceProfileName="Box", Tags=unsorted)["InstanceProfile"],
    ]
    client.tag_user(UserName="ada", Tags=tags(A="0"))  # the same key in other letters
    shown = [
        client.get_role(RoleName="Reader")["Role"],
        client.get_policy(PolicyArn=POLICY)["Policy"],
        client.get_instance_profile(InstanceProfileName="Box")["InstanceProfile"],
    ]
    assert [one["Tags"] for one in (*made, *shown)] == [in_order] * 7
    assert client.get_user(UserName="ada")["User"]["Tags"] == tags(A="0", b="1")


GHOSTS: list[tuple[str, dict[str, str], str]] = [
    ("user", {"UserName": "x"}, "The user with name x cannot be found."),
    ("role", {"RoleName": "x"}, "The role with name x cannot be found."),
    ("policy", {"PolicyArn": POLICY}, f"Policy {POLICY} was not found."),
    ("instance_profile", {"InstanceProfileName": "x"}, "Instance Profile x cannot be found."),
    ("mfa_device", {"SerialNumber": DEVICE}, f"VirtualMFADevice with serial number {DEVICE} doesn't exist."),
    (
        "open_id_connect_provider",
        {"OpenIDConnectProviderArn": OIDC},
        f"OpenIDConnect Provider not found for arn {OIDC}",
    ),
    (
        "server_certificate",
        {"ServerCertificateName": "x"},
        "The Server Certificate with name x cannot be found.",
    ),
]


@pytest.mark.parametrize(("kind", "which", "message"), GHOSTS, ids=[kind for kind, *_ in GHOSTS])
def test_what_is_not_there_has_no_tags(lab: Lab, kind: str, which: dict[str, str], message: str) -> None:
    client = iam()
    for operation, params in (
        (f"list_{kind}_tags", {}),
        (f"tag_{kind}", {"Tags": tags(a="b")}),
        (f"untag_{kind}", {"TagKeys": ["a"]}),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(**which, **params)
        assert caught.value.response["Error"] == {
            "Type": "Sender",
            "Code": "NoSuchEntity",
            "Message": message,
        }


def test_records_that_moto_gives_no_tags_keep_theirs() -> None:
    class Record:
        pass

    record: Any = Record()
    assert identities.tags_of(ACCOUNT, record) == {}
    identities.set_tags(ACCOUNT, record, {"a": "b"})
    assert identities.tags_of(ACCOUNT, record) == {"a": "b"}
