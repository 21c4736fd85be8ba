"""Nothing of this process reaches real AWS, whatever the learner's settings say.

Sockets and name look-ups are watched: a lab that let a call out would be seen, even where there is no network.
"""

from __future__ import annotations

import contextlib
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from iamlab.cloud import Lab
from iamlab.cloud.guard import is_loopback


class Watch:
    """Notes every attempt to reach another machine, and stops it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def connect(self, _socket: socket.socket, address: Any) -> None:
        self.seen.append(f"connect {address}")
        raise OSError("watched")

    def getaddrinfo(self, host: Any, *_: Any, **__: Any) -> None:
        self.seen.append(f"look up {host}")
        raise OSError("watched")


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    watch = Watch()
    monkeypatch.setattr(socket.socket, "connect", watch.connect.__get__(watch))
    monkeypatch.setattr(socket.socket, "connect_ex", watch.connect.__get__(watch))
    monkeypatch.setattr(socket, "getaddrinfo", watch.getaddrinfo)
    return watch


def test_the_watch_sees_a_call_that_gets_out(watch: Watch) -> None:
    """Without a lab the same call goes for the network: the tests below can fail."""
    client = boto3.client(
        "sts",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(BotoCoreError):
        client.get_caller_identity()
    assert watch.seen == ["look up sts.us-east-1.amazonaws.com"]


LEARNERS_SETTINGS: list[dict[str, str]] = [
    {},
    {"AWS_ENDPOINT_URL": "https://aws.example.org"},
    {"AWS_ENDPOINT_URL_STS": "https://sts.example.org", "AWS_PROFILE": "production"},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/credentials", "AWS_REGION": "cn-north-1"},
    {"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/real"},
    {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://169.254.169.254", "AWS_EC2_METADATA_DISABLED": "false"},
    {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    {"HTTPS_PROXY": "http://proxy.example.org:3128"},
]


@pytest.mark.parametrize("settings", LEARNERS_SETTINGS, ids=lambda settings: next(iter(settings), "none"))
def test_no_setting_of_the_learners_lets_a_call_out(
    settings: dict[str, str], watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with Lab():
        assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
        boto3.Session().get_credentials()
    assert watch.seen == []


# Named by hand: a botocore Config shows itself by its address, and parallel workers must agree on the tests' names.
CLIENT_OPTIONS: dict[str, dict[str, Any]] = {
    "endpoint_url": {"endpoint_url": "https://aws.example.org"},
    "china": {"region_name": "cn-north-1"},
    "govcloud": {"region_name": "us-gov-west-1"},
    "isolated": {"region_name": "us-isof-east-1"},
    "no such region": {"region_name": "no-such-region-1"},
    "fips and dualstack": {"config": Config(use_fips_endpoint=True, use_dualstack_endpoint=True)},
    "proxy": {"config": Config(proxies={"https": "http://proxy.example.org:3128"})},
}


@pytest.mark.parametrize("options", CLIENT_OPTIONS.values(), ids=CLIENT_OPTIONS.keys())
def test_no_endpoint_or_region_lets_a_call_out(lab: Lab, watch: Watch, options: dict[str, Any]) -> None:
    for service, method in (
        ("sts", "get_caller_identity"),
        ("s3", "list_buckets"),
        ("dynamodb", "list_tables"),
    ):
        with contextlib.suppress(
            ClientError
        ):  # the lab's AWS, or the lab saying that it hasn't got such a place
            getattr(boto3.client(service, **options), method)()
    assert watch.seen == []


def test_a_client_made_before_the_lab_stays_in(watch: Watch) -> None:
    early = boto3.client("ec2", aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    with Lab(), pytest.raises(ClientError, match="AuthFailure"):
        early.describe_instances()
    assert watch.seen == []


def test_a_client_without_its_event_handlers_stays_in(lab: Lab, watch: Watch) -> None:
    client = boto3.client("sts")
    from moto.core.models import botocore_stubber

    client.meta.events.unregister("before-send", botocore_stubber)
    assert client.get_caller_identity()["Account"] == lab.account_id
    assert watch.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com/bucket/key",
        "https://bucket.s3.eu-west-1.amazonaws.com/",
        "https://access-analyzer.us-east-1.amazonaws.com/analyzer",
        "https://something-new.us-east-1.api.aws/",
        "https://sts.cn-north-1.amazonaws.com.cn/",
        "https://abc.lambda-url.us-east-1.on.aws/",
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "http://169.254.170.2/credentials",
    ],
)
def test_requests_to_aws_stay_in_too(lab: Lab, watch: Watch, url: str) -> None:
    assert requests.get(url).status_code >= 400
    assert watch.seen == []


@pytest.mark.parametrize("host", ["sts.amazonaws.com", "b.s3.eu-west-1.amazonaws.com.", "169.254.169.254"])
def test_other_libraries_find_no_address_of_aws(watch: Watch, host: str) -> None:
    with Lab(), pytest.raises(urllib.error.URLError, match="out of reach"):
        urllib.request.urlopen(f"http://{host}/latest", timeout=1)
    assert watch.seen == []


def test_no_proxy_comes_between_a_client_and_loopback(lab: Lab) -> None:
    server = lab.serve()
    config = Config(
        proxies={"http": "http://192.0.2.1:3128"}, connect_timeout=1, retries={"total_max_attempts": 1}
    )
    client = boto3.client("sts", endpoint_url=server.url, config=config)
    assert client.get_caller_identity()["Account"] == lab.account_id


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4566/", True),
        ("http://localhost/", True),
        ("http://[::1]:80/x", True),
        ("http://127.1.2.3/", True),
        ("https://sts.amazonaws.com/", False),
        ("https://127.0.0.1.example.org/", False),
        ("https://localhost.example.org/", False),
        ("http://127.0.0.1@example.org/", False),
        ("http://10.0.0.1/", False),
        ("http://0.0.0.0/", False),
    ],
)
def test_loopback_is_told_from_everything_else(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_call_of_any_service_gets_out(lab: Lab, watch: Watch) -> None:
    """Two parameterless calls of every service that boto3 has, most of which moto doesn't know."""
    session = boto3.Session()
    made = 0
    for service in session.get_available_services():
        client = session.client(service)
        model = client.meta.service_model
        simple = [
            name
            for name in model.operation_names
            if not (shape := model.operation_model(name).input_shape) or not shape.required_members
        ]
        for name in simple[:2]:
            made += 1
            with contextlib.suppress(ClientError, BotoCoreError):
                getattr(client, xform_name(name))()
            assert watch.seen == [], f"{service}.{name}"
    assert made > 600
