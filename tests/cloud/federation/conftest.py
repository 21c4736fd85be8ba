"""A company, its identity provider, and a role for it, in one lab for a whole file of tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.cloud import Lab
from iamlab.outside.keys import new_private_key

ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def shared_lab() -> Iterator[Lab]:
    with Lab(seed=7) as lab:
        yield lab


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return new_private_key()


@pytest.fixture(scope="session")
def other_key() -> rsa.RSAPrivateKey:
    return new_private_key()


def trust_of(provider: str, action: str, condition: dict[str, Any] | None = None) -> str:
    """A trust policy that lets a provider's users in, with tags and a source identity."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": [action, "sts:TagSession", "sts:SetSourceIdentity"],
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    """Code, message and status of the error that a call ends in; `…` stands for the id of a request within."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    message = re.sub(
        r"(?<=Request ID: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", error["Error"]["Message"]
    )
    return error["Error"]["Code"], message, error["ResponseMetadata"]["HTTPStatusCode"]
