"""The `aws` command that a served lab writes: every service reaches the lab, and no file of the learner's is touched.

https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from iamlab.cloud import Lab, aws_command
from iamlab.cloud.server import Server

pytestmark = [
    pytest.mark.skipif(aws_command.installed_cli() is None, reason="the AWS CLI isn't installed"),
    pytest.mark.skipif(os.name == "nt", reason="the shell's script is for POSIX systems"),
]


@pytest.fixture
def server(lab: Lab) -> Iterator[Server]:
    server = lab.serve()
    yield server
    server.stop()


@pytest.fixture
def command(server: Server, tmp_path: Path) -> Path:
    """In a folder whose name a careless script would trip over."""
    return server.aws_command(tmp_path / "it's 50% mine")


def run(command: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Call it as a terminal would that knows nothing of the lab."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [str(command), *arguments],
        env={**ours, "HOME": str(command.parent), **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


# Services that the AWS CLI doesn't take to AWS_ENDPOINT_URL, and for which it changes the endpoint's host.
REACHED = [
    (("sts", "get-caller-identity"), "arn:aws:iam::123456789012:user/Administrator"),
    (("sqs", "get-queue-url", "--queue-name", "orders"), "/123456789012/orders"),
    (("s3control", "get-public-access-block", "--account-id", "123456789012"), '"BlockPublicPolicy": true'),
    (("s3", "ls"), "a-bucket"),
]


def test_every_service_reaches_the_lab(command: Path) -> None:
    boto3.client("sqs").create_queue(QueueName="orders")
    boto3.client("s3").create_bucket(Bucket="a-bucket")
    closed = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    boto3.client("s3control").put_public_access_block(
        AccountId="123456789012", PublicAccessBlockConfiguration=closed
    )
    for arguments, answer in REACHED:
        made = run(command, *arguments, AWS_ENDPOINT_URL="https://example.com", NO_PROXY="127.0.0.1")
        assert (made.returncode, answer in made.stdout) == (0, True), (arguments, made.stdout, made.stderr)


def test_profiles_are_kept_in_files_of_its_own(command: Path, server: Server) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="johndoe")
    key = iam.create_access_key(UserName="johndoe")["AccessKey"]
    settings = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    more = {"region": "eu-west-1", "s3.addressing_style": "path"}
    for name, value in {**settings, **more}.items():
        assert run(command, "configure", "set", name, value, "--profile", "johndoe").returncode == 0
    run(command, "configure", "set", "aws_session_token", "stale")
    assert not (command.parent / ".aws").exists()

    again = server.aws_command(command.parent)
    who = {
        profile: json.loads(run(again, "sts", "get-caller-identity", "--profile", profile).stdout)["Arn"]
        for profile in ("default", "admin", "johndoe")
    }
    account = "arn:aws:iam::123456789012:user"
    assert who == {
        "default": f"{account}/Administrator",
        "admin": f"{account}/Administrator",
        "johndoe": f"{account}/johndoe",
    }
    style = run(again, "configure", "get", "s3.addressing_style", "--profile", "johndoe")
    assert style.stdout.strip() == "path"


def test_variables_go_before_profiles_as_always(command: Path) -> None:
    denied = run(command, "sts", "get-caller-identity", AWS_ACCESS_KEY_ID="AKIAX", AWS_SECRET_ACCESS_KEY="s")
    assert "InvalidClientTokenId" in denied.stderr


def test_calls_of_an_ended_lab_go_nowhere(command: Path, server: Server) -> None:
    server.stop()
    failed = run(command, "sts", "get-caller-identity", AWS_MAX_ATTEMPTS="1")
    assert failed.returncode != 0
    assert server.url in failed.stderr


def test_its_files_are_for_their_owner_alone(command: Path) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in command.parent.iterdir()}
    assert modes == {"aws": 0o700, "credentials": 0o600, "config": 0o600}


def test_a_command_of_somebody_elses_is_left_alone(server: Server, tmp_path: Path) -> None:
    theirs = tmp_path / "aws"
    theirs.write_text("#!/bin/sh\n")
    with pytest.raises(FileExistsError, match="not one of iamlab's"):
        server.aws_command(tmp_path)
    assert theirs.read_text() == "#!/bin/sh\n"


def test_a_file_that_holds_no_profiles_is_left_alone(command: Path, server: Server) -> None:
    file = command.parent / "credentials"
    file.write_text("key without a section\n")
    with pytest.raises(OSError, match="not a file of AWS profiles"):
        server.aws_command(command.parent)
    assert file.read_text() == "key without a section\n"


def test_a_wrapper_is_never_taken_for_the_cli(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    assert aws_command.installed_cli() not in (None, command)


def test_without_an_aws_cli_it_says_where_to_get_one(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iamlab.cloud.aws_command.installed_cli", lambda: None)
    with pytest.raises(aws_command.CommandLineMissing, match="pip install awscli"):
        server.aws_command(tmp_path)
