"""Sixteen people at once, half of them over HTTP: nobody is taken for another, and nothing that was answered is lost.

`IAMLAB_CALLS=10000` makes it as many calls as that, instead of some hundreds.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.outside.authenticator import Authenticator

THREADS = 16
CALLS = int(os.environ.get("IAMLAB_CALLS", "700"))
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Shared"
DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/shared"
ONE_TRY = Config(retries={"total_max_attempts": 1}, max_pool_connections=THREADS)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass
class Person:
    """A user, the clients it calls with, and what it was told."""

    name: str
    clients: dict[str, Any]
    lab: Lab
    endpoint: dict[str, Any]
    calls: int = 0
    keys: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)

    def call(self, service: str, operation: str, **params: Any) -> Any:
        self.calls += 1
        return getattr(self.clients[service], operation)(**params)


@pytest.fixture(scope="module")
def people() -> Iterator[list[Person]]:
    """One lab and its people for all tests here: sixteen times four clients take their time to make."""
    with Lab(seed=7) as lab:
        server = lab.serve()
        yield make_people(lab, server.url)
        server.stop()


def make_people(lab: Lab, url: str) -> list[Person]:
    iam = boto3.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
    }
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    # Everybody may read and write what carries their own name, and nobody else's.
    own = [
        {"Effect": "Allow", "Action": ["iam:*", "sts:*", "dynamodb:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::shared/${aws:username}/*"},
    ]
    iam.create_group(GroupName="everybody")
    iam.put_group_policy(GroupName="everybody", PolicyName="own", PolicyDocument=document(*own))
    iam.create_group(GroupName="meeting")
    iam.create_role(RoleName="Shared", AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName="Shared", PolicyName="all", PolicyDocument=everything)
    boto3.client("s3").create_bucket(Bucket="shared")
    boto3.client("dynamodb").create_table(
        TableName="counters",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    made = []
    for number in range(THREADS):
        name = f"person{number:02}"
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="everybody", UserName=name)
        session = lab.session(iam.create_access_key(UserName=name))
        endpoint = {"endpoint_url": url} if number % 2 else {}
        clients = {
            service: session.client(service, config=ONE_TRY, **endpoint)
            for service in ("iam", "sts", "s3", "dynamodb")
        }
        made.append(Person(name, clients, lab, endpoint))
    return made


def everybody(people: list[Person], act: Callable[[Person], None]) -> None:
    """All at once; what fails in a thread fails the test."""
    gate = threading.Barrier(len(people))

    def start(person: Person) -> None:
        gate.wait(timeout=60)
        act(person)

    with ThreadPoolExecutor(len(people)) as pool:
        for outcome in [pool.submit(start, person) for person in people]:
            outcome.result(timeout=240)


def test_nobody_is_taken_for_another_and_nothing_is_lost(people: list[Person]) -> None:
    lab, rounds = people[0].lab, max(1, CALLS // (THREADS * 8))

    def work(person: Person) -> None:
        for number in range(rounds):
            me = person.call("sts", "get_caller_identity")
            assert me["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{person.name}"

            role = person.call("sts", "assume_role", RoleArn=ROLE, RoleSessionName=f"{person.name}-{number}")
            assert role["AssumedRoleUser"]["Arn"].endswith(f"/{person.name}-{number}")
            person.keys.add(role["Credentials"]["AccessKeyId"])

            person.call(
                "s3", "put_object", Bucket="shared", Key=f"{person.name}/{number}", Body=person.name.encode()
            )
            got = person.call("s3", "get_object", Bucket="shared", Key=f"{person.name}/{number}")
            assert got["Body"].read().decode() == person.name

            guest = f"guest-{person.name}-{number}"
            person.call("iam", "create_user", UserName=guest)
            person.call("iam", "add_user_to_group", GroupName="meeting", UserName=guest)

            other = f"person{(int(person.name[-2:]) + 1) % THREADS:02}"
            with pytest.raises(ClientError) as denied:
                person.call("s3", "put_object", Bucket="shared", Key=f"{other}/{number}", Body=b"")
            assert denied.value.response["Error"]["Code"] == "AccessDenied"
            assert f"user/{person.name} " in denied.value.response["Error"]["Message"]

            person.call(
                "dynamodb",
                "update_item",
                TableName="counters",
                Key={"id": {"S": "all"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    before = len(lab.trail)
    everybody(people, work)

    total = THREADS * rounds
    assert sum(person.calls for person in people) == 8 * total
    assert len(lab.trail) - before == min(8 * total, 10_000 - before)
    assert len(set().union(*(person.keys for person in people))) == total
    pages = boto3.client("iam").get_paginator("get_group").paginate(GroupName="meeting")
    assert sum(len(page["Users"]) for page in pages) == total
    item = boto3.client("dynamodb").get_item(TableName="counters", Key={"id": {"S": "all"}})["Item"]
    assert item["n"] == {"N": str(total)}


def test_what_only_one_can_have_goes_to_one(people: list[Person]) -> None:
    lab, iam = people[0].lab, boto3.client("iam")
    iam.create_user(UserName="shared")
    app = Authenticator(lab.clock.now)
    app.add(
        iam.create_virtual_mfa_device(VirtualMFADeviceName="shared")["VirtualMFADevice"]["Base32StringSeed"]
    )
    first, second = app.two_codes()
    iam.enable_mfa_device(
        UserName="shared", SerialNumber=DEVICE, AuthenticationCode1=first, AuthenticationCode2=second
    )
    lab.clock.advance(minutes=5)
    code = app.code()
    key = iam.create_access_key(UserName="shared")
    sts = {
        person.name: lab.session(key).client("sts", config=ONE_TRY, **person.endpoint) for person in people
    }

    def attempt(person: Person, what: str, call: Callable[[], Any], refusal: str) -> None:
        try:
            call()
            person.done[what] += 1
        except ClientError as error:
            assert error.response["Error"]["Code"] == refusal, what  # noqa: PT017 (both outcomes are right)

    def work(person: Person) -> None:
        own = person.clients["iam"]
        # First, since every call moves the lab's clock by a second, and a code lasts half a minute.
        attempt(
            person,
            "code",
            lambda: sts[person.name].get_session_token(SerialNumber=DEVICE, TokenCode=code),
            "AccessDenied",
        )
        attempt(person, "name", lambda: own.create_user(UserName="Unique"), "EntityAlreadyExists")
        attempt(person, "keys", lambda: own.create_access_key(UserName="shared"), "LimitExceeded")
        for number in range(3):
            own.tag_role(RoleName="Shared", Tags=[{"Key": f"{person.name}-{number}", "Value": person.name}])

    everybody(people, work)

    won = sum((person.done for person in people), Counter())
    assert won == {"name": 1, "keys": 1, "code": 1}
    tags = iam.list_role_tags(RoleName="Shared", MaxItems=1000)["Tags"]
    assert len(tags) == 3 * THREADS
    assert all(tag["Key"].startswith(tag["Value"]) for tag in tags)
