"""One lab for all tests of a module, emptied before each: tables of calls shall cost milliseconds a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

Refusal = Callable[..., tuple[str, int, str]]


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Lab, Any]]:
    with Lab(seed=7) as lab:
        yield lab, boto3.client("iam", config=Config(parameter_validation=False))


@pytest.fixture
def lab(started: tuple[Lab, Any]) -> Lab:
    """A running, empty lab with reproducible ids and dates."""
    started[0].reset()
    return started[0]


@pytest.fixture
def iam(lab: Lab, started: tuple[Lab, Any]) -> Any:
    """IAM as the administrator, whose key survives the emptying. Parameters are left for the lab to check."""
    return started[1]


@pytest.fixture
def refusal() -> Refusal:
    """`refusal(call, **params)`: code, status and message of the error that a call ends in."""

    def ask(call: Callable[..., Any], **params: Any) -> tuple[str, int, str]:
        with pytest.raises(ClientError) as caught:
            call(**params)
        answer = caught.value.response
        error, status = answer["Error"], answer["ResponseMetadata"]["HTTPStatusCode"]
        return error["Code"], status, error["Message"]

    return ask
