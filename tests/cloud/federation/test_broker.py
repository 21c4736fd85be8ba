"""A custom identity broker: the company's directory decides who gets which of AWS's credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.outside.broker import CONSOLE, FEDERATION, Access, Broker, Grant, token_request
from iamlab.outside.directory import Directory

from .conftest import ACCOUNT

LISTING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}
BROKERS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:GetFederationToken", "s3:*"],
            "Resource": "*",
        }
    ],
}
READER = f"arn:aws:iam::{ACCOUNT}:role/Reader"


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    made = Directory()
    made.add_person("ana", "correct horse")
    made.add_person("bo", "battery staple")
    made.add_group("data-readers", ["ana"])
    made.add_group("interns", ["bo"])
    with made:
        yield made


@pytest.fixture(scope="module")
def broker(shared_lab: Lab, directory: Directory) -> Broker:
    iam = boto3.client("iam")
    iam.create_user(UserName="broker")
    iam.put_user_policy(UserName="broker", PolicyName="broker", PolicyDocument=json.dumps(BROKERS))
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/broker"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(trust))
    key = iam.create_access_key(UserName="broker")
    access = {"data-readers": Access(role_arn=READER), "interns": Access(policy=LISTING, seconds=900)}
    return Broker(directory.url, directory.base, shared_lab.session(key).client("sts"), access)


@pytest.fixture(scope="module")
def reader(broker: Broker) -> Grant:
    return broker.sign_in("ana", "correct horse")


@pytest.fixture(scope="module")
def intern_(broker: Broker) -> Grant:
    return broker.sign_in("bo", "battery staple")


def test_a_group_gets_its_role(shared_lab: Lab, reader: Grant) -> None:
    who = shared_lab.session(reader.credentials).client("sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/ana"


def test_another_group_gets_the_brokers_permissions_cut_down(shared_lab: Lab, intern_: Grant) -> None:
    session = shared_lab.session(intern_.credentials)
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":federated-user/bo")
    session.client("s3").list_buckets()
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("s3").create_bucket(Bucket="of-bo")


def test_the_console_url_lets_in_once_within_fifteen_minutes(
    shared_lab: Lab, broker: Broker, reader: Grant
) -> None:
    url = broker.console_url(reader)
    assert url.startswith(f"{FEDERATION}?Action=login")
    assert parse_qs(urlsplit(url).query)["Destination"] == [CONSOLE]
    entered = requests.get(url, allow_redirects=False, timeout=5)
    assert (entered.status_code, entered.headers["Location"]) == (302, CONSOLE)
    told = [event.name for event in shared_lab.trail.filter(source="signin")]
    assert told == ["GetSigninToken", "ConsoleLogin"]
    assert shared_lab.trail[-1].record()["userIdentity"]["type"] == "AssumedRole"
    assert requests.get(url, allow_redirects=False, timeout=5).status_code == 400
    late = broker.console_url(reader)
    shared_lab.clock.advance(minutes=16)
    assert requests.get(late, allow_redirects=False, timeout=5).status_code == 400


def ask(credentials: Any, seconds: int | None = None) -> requests.Response:
    return requests.get(token_request(credentials, seconds), timeout=5)


def test_a_length_of_its_own_is_for_roles(broker: Broker) -> None:
    role, user = broker.sign_in("ana", "correct horse"), broker.sign_in("bo", "battery staple")
    assert ask(role.credentials, 3_600).status_code == 200
    assert ask(role.credentials, 60).status_code == 400
    assert ask(user.credentials).status_code == 200
    assert ask(user.credentials, 3_600).status_code == 400


def test_no_sign_in_token_without_the_sessions_credentials(broker: Broker) -> None:
    credentials = dict(broker.sign_in("ana", "correct horse").credentials)
    for wrong in ({"SecretAccessKey": "x"}, {"SessionToken": "x"}, {"AccessKeyId": "ASIAX"}):
        assert ask(credentials | wrong).status_code == 400
    own = boto3.client("sts").get_session_token()["Credentials"]
    assert ask(own).status_code == 400
    assert requests.get(f"{FEDERATION}?Action=getSigninToken&Session=x", timeout=5).status_code == 400
    assert requests.get(f"{FEDERATION}?Action=logout", timeout=5).status_code == 400


def test_nobody_is_sent_to_a_page_outside_of_the_console(broker: Broker, reader: Grant) -> None:
    fresh = broker.sign_in("ana", "correct horse")
    url = broker.console_url(fresh, destination="https://evil.example.org/aws.amazon.com/")
    assert requests.get(url, allow_redirects=False, timeout=5).status_code == 400
