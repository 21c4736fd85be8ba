"""From an access key id to a principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""

from __future__ import annotations

import json

import boto3
import pytest

from iamlab.cloud.callers import (
    ANONYMOUS,
    Caller,
    find_caller,
    find_credential,
    merged_tags,
    service_principal,
)
from iamlab.cloud.lab import Lab

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "123456789012"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
)
ACCOUNT = "123456789012"


def caller_of(lab: Lab, session: boto3.Session) -> Caller:
    credentials = session.get_credentials()
    assert credentials is not None
    found = find_caller(credentials.access_key, lab.state)
    assert found is not None
    return found


def ada(lab: Lab) -> boto3.Session:
    iam = boto3.client("iam")
    iam.create_user(UserName="ada", Path="/team/", Tags=[{"Key": "team", "Value": "red"}])
    return lab.session(iam.create_access_key(UserName="ada"))


def reader(lab: Lab) -> boto3.Session:
    boto3.client("iam").create_role(
        RoleName="Reader",
        Path="/team/",
        AssumeRolePolicyDocument=TRUST,
        Tags=[{"Key": "Team", "Value": "blue"}, {"Key": "cost", "Value": "7"}],
    )
    return lab.session(
        boto3.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/team/Reader",
            RoleSessionName="shift-1",
            Tags=[{"Key": "team", "Value": "red"}],
        )
    )


def test_an_iam_user(iam_lab: Lab) -> None:
    caller = caller_of(iam_lab, ada(iam_lab))
    assert (caller.type, caller.username, caller.account) == ("User", "ada", ACCOUNT)
    assert caller.arn == caller.principal_arn == caller.entity_arn == f"arn:aws:iam::{ACCOUNT}:user/team/ada"
    assert str(caller.user_id).startswith("AIDA")
    assert caller.issuer is None
    assert caller.tags == {"team": "red"}


def test_a_role_session_is_named_without_the_roles_path_and_counts_as_the_role(iam_lab: Lab) -> None:
    caller = caller_of(iam_lab, reader(iam_lab))
    role = f"arn:aws:iam::{ACCOUNT}:role/team/Reader"
    assert caller.type == "AssumedRole"
    assert caller.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/shift-1"
    assert caller.principal_arn == caller.issuer == caller.entity_arn == role
    assert str(caller.user_id).startswith("AROA")
    assert str(caller.user_id).endswith(":shift-1")
    assert caller.username is None
    assert caller.tags == {"cost": "7", "team": "red"}


def test_a_federated_user(iam_lab: Lab) -> None:
    session = iam_lab.session(boto3.client("sts").get_federation_token(Name="guest"))
    caller = caller_of(iam_lab, session)
    assert caller.type == "FederatedUser"
    assert caller.arn == caller.principal_arn == f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
    assert caller.user_id == f"{ACCOUNT}:guest"
    assert caller.issuer == f"arn:aws:iam::{ACCOUNT}:user/Administrator"
    assert caller.username is None


@pytest.mark.parametrize("temporary", [False, True])
def test_the_root_user(iam_lab: Lab, temporary: bool) -> None:
    session = iam_lab.root_session()
    if temporary:
        session = iam_lab.session(session.client("sts").get_session_token())
    caller = caller_of(iam_lab, session)
    assert (caller.type, caller.user_id) == ("Account", ACCOUNT)
    assert caller.arn == caller.principal_arn == f"arn:aws:iam::{ACCOUNT}:root"
    assert caller.record is None


def test_services_and_strangers_have_no_account(iam_lab: Lab) -> None:
    ecs = service_principal("ecs-tasks.amazonaws.com")
    for caller, kind in ((ecs, "AWSService"), (ANONYMOUS, "Anonymous")):
        assert (caller.type, caller.account, caller.principal_arn) == (kind, None, None)


def test_keys_are_known_while_their_holder_is(iam_lab: Lab) -> None:
    iam = boto3.client("iam")
    session = ada(iam_lab)
    key = session.get_credentials().access_key  # type: ignore[union-attr]
    found = find_credential(key, iam_lab.state)
    assert found is not None
    assert found.active
    iam.update_access_key(UserName="ada", AccessKeyId=key, Status="Inactive")
    found = find_credential(key, iam_lab.state)
    assert found is not None
    assert not found.active
    iam.delete_access_key(UserName="ada", AccessKeyId=key)
    assert find_credential(key, iam_lab.state) is None
    assert find_credential("AKIAIOSFODNN7EXAMPLE", iam_lab.state) is None


def test_a_key_follows_its_user_through_a_change_of_name(iam_lab: Lab) -> None:
    session = ada(iam_lab)
    boto3.client("iam").update_user(UserName="ada", NewUserName="lovelace", NewPath="/")
    caller = caller_of(iam_lab, session)
    assert caller.arn == f"arn:aws:iam::{ACCOUNT}:user/lovelace"
    assert caller.tags == {"team": "red"}


def test_a_session_ends_with_its_role_and_stays_ended_when_the_role_comes_back(iam_lab: Lab) -> None:
    session = reader(iam_lab)
    key = session.get_credentials().access_key  # type: ignore[union-attr]
    iam = boto3.client("iam")
    iam.delete_role(RoleName="Reader")
    assert find_credential(key, iam_lab.state) is None
    iam.create_role(RoleName="Reader", Path="/team/", AssumeRolePolicyDocument=TRUST)
    assert find_credential(key, iam_lab.state) is None


def test_no_secret_shows(iam_lab: Lab) -> None:
    session = reader(iam_lab)
    credentials = session.get_credentials()
    assert credentials is not None
    for key in (credentials.access_key, boto3.Session().get_credentials().access_key):  # type: ignore[union-attr]
        found = find_credential(key, iam_lab.state)
        assert found is not None
        shown = repr(found) + repr(find_caller(key, iam_lab.state))
        assert found.secret not in shown
        assert found.token is None or found.token not in shown


def test_tags_of_a_session_replace_those_of_the_role_whatever_their_case() -> None:
    assert merged_tags({"Team": "blue", "cost": "7"}, {"team": "red"}) == {"cost": "7", "team": "red"}
    assert merged_tags({"Team": "blue"}, {}) == {"Team": "blue"}
