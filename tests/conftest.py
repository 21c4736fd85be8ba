"""Fixtures that all tests share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import boto3

    from iamlab.cloud import Lab

    MakeUser = Callable[..., boto3.Session]


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A running, empty lab with reproducible ids and dates."""
    from iamlab.cloud import Lab

    with Lab(seed=7) as lab:
        yield lab


@pytest.fixture
def make_user(lab: Lab) -> MakeUser:
    """`make_user("ana", {"Effect": "Allow", …}, …)`: a user with these statements, as a boto3 session."""
    import boto3

    def make(name: str, *statements: dict[str, Any]) -> boto3.Session:
        iam = boto3.client("iam")
        iam.create_user(UserName=name)
        if statements:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=json.dumps(document))
        return lab.session(iam.create_access_key(UserName=name))

    return make
