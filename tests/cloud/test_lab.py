"""The lab's life: what it takes over, what it gives back, what stays the same from run to run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab, LabError

LEARNERS = {
    "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_PROFILE": "production",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ENDPOINT_URL": "https://aws.example.org",
    "AWS_ENDPOINT_URL_IAM": "https://iam.example.org",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/creds",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/tmp/token",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/real",
    "MOTO_ACCOUNT_ID": "999999999999",
}


def test_plain_boto3_is_the_administrator_of_the_labs_account(lab: Lab) -> None:
    identity = boto3.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/Administrator"
    assert identity["UserId"].startswith("AIDA")
    assert [user["UserName"] for user in boto3.client("iam").list_users()["Users"]] == ["Administrator"]
    attached = boto3.client("iam").list_attached_user_policies(UserName="Administrator")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]


def test_another_account_can_be_chosen() -> None:
    with Lab(account="111122223333") as lab:
        assert lab.account_id == boto3.client("sts").get_caller_identity()["Account"] == "111122223333"


@pytest.mark.parametrize("account", ["1", "12345678901x", "1234567890123", ""])
def test_an_account_id_has_twelve_digits(account: str) -> None:
    with pytest.raises(ValueError, match="twelve digits"):
        Lab(account=account)


def test_start_returns_the_running_lab() -> None:
    first = Lab.start(seed=1)
    try:
        assert Lab.start(seed=1) is first
        assert Lab.current() is first
        with pytest.raises(LabError, match="stop it first"):
            Lab.start(seed=2)
        with pytest.raises(LabError, match="already running"), Lab():
            pass
    finally:
        first.stop()
    assert Lab.current() is None
    first.stop()  # once more does no harm


def test_the_learners_settings_are_set_aside_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LEARNERS.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with Lab():
        assert not set(LEARNERS.values()) & {
            value for name, value in os.environ.items() if name.startswith(("AWS_", "MOTO_"))
        }
        assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert boto3.client("iam").meta.endpoint_url == "https://iam.amazonaws.com"
        assert boto3.Session().region_name == "us-east-1"
    assert dict(os.environ) == before


def test_the_learners_files_are_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".aws"
    folder.mkdir()
    for name in ("credentials", "config"):
        (folder / name).write_text(
            "[default]\naws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real\nregion = eu-west-1\n"
        )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with Lab():
        session = boto3.Session()
        assert session.available_profiles == []
        assert session.region_name == "us-east-1"
        assert session.get_credentials().access_key != "AKIAREALREALREALREAL"


def _story(seed: int | None) -> list[Any]:
    """What a short lesson shows: ids, keys, dates, sessions, errors."""
    with Lab(seed=seed) as lab:
        iam = boto3.client("iam")
        trust = (
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",'
            '"Principal":{"AWS":"123456789012"}}}'
        )
        user = iam.create_user(UserName="ana")["User"]
        key = iam.create_access_key(UserName="ana")["AccessKey"]
        role = iam.create_role(RoleName="R", AssumeRolePolicyDocument=trust)["Role"]
        session = boto3.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="app")["Credentials"]
        table = boto3.client("dynamodb").create_table(
            TableName="T",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]
        with pytest.raises(ClientError) as denied:
            lab.session(key).client("s3").list_buckets()
        return [
            user,
            key,
            role,
            session,
            table,
            denied.value.response["ResponseMetadata"]["RequestId"],
            repr(lab.trail),
        ]


def test_a_seed_makes_ids_keys_dates_and_sessions_the_same_in_every_run() -> None:
    assert _story(7) == _story(7)


def test_without_a_seed_every_lab_is_different() -> None:
    first, second = _story(None), _story(None)
    assert first[1]["SecretAccessKey"] != second[1]["SecretAccessKey"]


def test_reset_empties_the_account_and_keeps_the_administrator(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ana")
    key = iam.create_access_key(UserName="ana")
    boto3.client("s3").create_bucket(Bucket="a-bucket")
    lab.reset()
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["Administrator"]
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert [event.name for event in lab.trail] == ["ListUsers", "ListBuckets"]
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        lab.session(key).client("sts").get_caller_identity()


def test_a_client_made_before_the_lab_starts_finds_the_lab_too() -> None:
    early = boto3.client(
        "iam", aws_access_key_id="AKIAREALREALREALREAL", aws_secret_access_key="real", region_name="us-east-1"
    )
    with Lab(), pytest.raises(ClientError, match="InvalidClientTokenId"):
        early.list_users()


def test_root_may_do_everything_without_any_policy(lab: Lab) -> None:
    root = lab.root_session()
    assert root.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    assert root.client("iam").create_user(UserName="ana")["User"]["UserName"] == "ana"
    other = lab.root_session("222222222222")
    assert other.client("sts").get_caller_identity()["Account"] == "222222222222"
    assert other.client("iam").list_users()["Users"] == []


def test_why_tells_the_latest_decision_and_that_of_an_error(
    lab: Lab, make_user: Callable[..., boto3.Session]
) -> None:
    ana = make_user("ana")
    with pytest.raises(ClientError) as denied:
        ana.client("dynamodb").list_tables()
    decision = lab.why()
    assert decision is not None
    assert not decision.allowed
    assert decision.request.action == "dynamodb:ListTables"
    boto3.client("s3").list_buckets()
    latest = lab.why()
    assert latest is not None
    assert latest.allowed
    assert lab.why(denied.value) is decision


def test_why_says_when_no_policy_was_asked(lab: Lab) -> None:
    with pytest.raises(ClientError) as error:
        boto3.client("iam").get_user(UserName="ghost")
    decision = lab.why(error.value)
    assert decision is not None
    assert decision.allowed  # IAM let it pass; the user isn't there
    stranger = lab.session({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"})
    with pytest.raises(ClientError) as refused:
        stranger.client("iam").list_users()
    for asked in (refused.value, None):  # never the decision about some call before
        with pytest.raises(LabError, match="InvalidClientTokenId"):
            lab.why(asked)


def test_the_lab_always_shows_whether_it_enforces() -> None:
    lab = Lab(seed=7)
    assert "not enforced" in repr(lab)
    assert "not enforced" in lab._repr_mimebundle_()["text/html"]
    with lab:
        assert lab.enforcing
        assert (
            repr(lab) == "iamlab: IAM is enforced · account 123456789012 · us-east-1 · 2026-01-05 09:00 UTC"
        )
        assert "<b>IAM is enforced</b>" in lab._repr_mimebundle_()["text/html"]
    assert not lab.enforcing


def test_a_stopped_lab_says_what_to_do() -> None:
    lab = Lab()
    for call in (lab.reset, lab.serve, lab.root_session):
        with pytest.raises(LabError, match=r"Lab\.start\(\)"):
            call()


def test_moto_works_as_before_once_the_lab_has_stopped() -> None:
    with Lab():
        boto3.client("iam").list_users()
    from moto import mock_aws

    with mock_aws():
        nobody = boto3.client("iam", region_name="us-east-1")
        assert nobody.list_users()["Users"] == []


def test_the_pytest_plugin_loads_nothing_of_the_lab() -> None:
    program = (
        "import iamlab.cloud.pytest_plugin, sys; print([m for m in ('moto', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_fixture_iam_lab_gives_a_running_lab(iam_lab: Lab) -> None:
    assert iam_lab.enforcing
