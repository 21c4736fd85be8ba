"""The same AWS over HTTP: the AWS CLI and other programs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.server import Server
from iamlab.outside.authenticator import Authenticator

MakeUser = Callable[..., boto3.Session]
AWS = Path(sys.executable).with_name("aws.cmd" if os.name == "nt" else "aws")
needs_cli = pytest.mark.skipif(
    not AWS.exists() and shutil.which("aws") is None, reason="the AWS CLI isn't installed"
)


@pytest.fixture
def server(lab: Lab) -> Iterator[Server]:
    server = lab.serve()
    yield server
    server.stop()


def aws(server: Server, *arguments: str, key: Any = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **server.environ(key)}
    command = str(AWS if AWS.exists() else "aws")
    return subprocess.run([command, *arguments], env=environ, capture_output=True, text=True, timeout=60)


def over_http(server: Server, service: str, session: boto3.Session | None = None, **more: Any) -> Any:
    return (session or boto3.Session()).client(service, endpoint_url=server.url, **more)


def test_the_server_shares_users_and_data_with_the_process(server: Server, make_user: MakeUser) -> None:
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    ana = make_user("ana", everything)
    over_http(server, "s3", ana).create_bucket(Bucket="a-bucket")
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["a-bucket"]
    assert over_http(server, "sts", ana).get_caller_identity()["Arn"].endswith(":user/ana")


# service, method, code, status
DENIED = [
    ("iam", "list_users", "AccessDenied", 403),
    ("dynamodb", "list_tables", "AccessDeniedException", 400),
    ("s3", "list_buckets", "AccessDenied", 403),
    ("ec2", "describe_instances", "UnauthorizedOperation", 403),
    ("lambda", "list_functions", "AccessDeniedException", 403),
    ("sqs", "list_queues", "AccessDenied", 403),
    ("elbv2", "describe_load_balancers", "AccessDenied", 403),
    ("dynamodbstreams", "list_streams", "AccessDeniedException", 400),
    ("sesv2", "list_contact_lists", "AccessDeniedException", 403),
]


@pytest.mark.parametrize(("service", "method", "code", "status"), DENIED, ids=[case[0] for case in DENIED])
def test_denials_are_the_same_over_http(
    server: Server, make_user: MakeUser, service: str, method: str, code: str, status: int
) -> None:
    ana = make_user("ana")
    errors = []
    for client in (over_http(server, service, ana), ana.client(service)):
        with pytest.raises(ClientError) as denied:
            getattr(client, method)()
        response = denied.value.response
        errors.append((response["Error"]["Message"].split("message:")[0], response["Error"]["Code"]))
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert errors[0] == errors[1]
    assert errors[0][1] == code


@pytest.mark.parametrize("body", [b"", b"text", b"x" * 3_000_000], ids=["empty", "small", "large"])
def test_objects_keep_bytes_metadata_and_odd_names(server: Server, body: bytes) -> None:
    s3 = over_http(server, "s3")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_object(Bucket="a-bucket", Key="a b+é//c.txt", Body=body, Metadata={"my_key": "1"})
    found = s3.get_object(Bucket="a-bucket", Key="a b+é//c.txt")
    assert found["Body"].read() == body
    assert found["Metadata"]["my_key"] == "1"
    assert s3.head_object(Bucket="a-bucket", Key="a b+é//c.txt")["ContentLength"] == len(body)
    with pytest.raises(ClientError) as missing:
        s3.head_object(Bucket="a-bucket", Key="ghost")
    assert missing.value.response["Error"]["Code"] == "404"


def test_presigned_and_anonymous_requests_pass_the_same_gate(server: Server) -> None:
    s3 = over_http(server, "s3")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_object(Bucket="a-bucket", Key="k", Body=b"text")
    for config in (None, Config(signature_version="s3v4")):
        client = over_http(server, "s3", config=config)
        url = client.generate_presigned_url("get_object", Params={"Bucket": "a-bucket", "Key": "k"})
        assert requests.get(url).content == b"text"
        assert requests.get(url + "x").status_code == 403
    anonymous = over_http(server, "s3", config=Config(signature_version=UNSIGNED))
    with pytest.raises(ClientError, match="AccessDenied"):
        anonymous.get_object(Bucket="a-bucket", Key="k")


def test_a_service_that_moto_lacks_is_refused_with_its_name(server: Server) -> None:
    with pytest.raises(ClientError, match="does not implement detective"):
        over_http(server, "detective").list_graphs()


def test_a_service_of_the_lab_s_own_answers_over_http(server: Server) -> None:
    found = over_http(server, "accessanalyzer").validate_policy(
        policyDocument="{}", policyType="IDENTITY_POLICY"
    )
    assert found["findings"][0]["issueCode"] == "MISSING_STATEMENT"


def test_reset_over_http_empties_the_account_but_not_for_web_pages(server: Server) -> None:
    boto3.client("iam").create_user(UserName="ana")
    page = requests.post(server.url + "/_iamlab/reset", headers={"Origin": "https://example.org"})
    assert page.status_code == 405
    assert requests.get(server.url + "/_iamlab/reset").status_code == 405
    rebound = requests.post(server.url + "/_iamlab/reset", headers={"Host": "example.org"})
    assert rebound.status_code == 403
    assert len(boto3.client("iam").list_users()["Users"]) == 2
    assert requests.post(server.url + "/_iamlab/reset").status_code == 200
    assert len(boto3.client("iam").list_users()["Users"]) == 1


# Clients put buckets, accounts and purposes in front of an endpoint's host; a page in a browser comes with a name.
HOSTS = [
    ("127.0.0.1", 200),
    ("localhost", 200),
    ("123456789012.127.0.0.1", 200),
    ("sync-127.0.0.1", 200),
    ("a-bucket.localhost", 200),
    ("example.com", 403),
    ("127.0.0.1.example.com", 403),
    ("localhost.example.com", 403),
    ("notlocalhost", 403),
    ("", 403),
]


@pytest.mark.parametrize(("host", "status"), HOSTS)
def test_only_names_of_loopback_are_answered(server: Server, host: str, status: int) -> None:
    answer = requests.post(
        f"{server.url}/_iamlab/reset", headers={"Host": f"{host}:{server.port}"}, timeout=10
    )
    assert answer.status_code == status


def test_motos_administration_is_not_there(server: Server) -> None:
    for path in ("/moto-api/reset", "/moto-api/data.json", "/latest/meta-data/iam/security-credentials/"):
        assert requests.get(server.url + path).status_code in (403, 404, 501)


def test_many_programs_at_once_get_right_answers(server: Server, make_user: MakeUser) -> None:
    from concurrent.futures import ThreadPoolExecutor

    ana = make_user("ana", {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
    allowed, denied = over_http(server, "iam", ana), ana.client("dynamodb")

    def one(number: int) -> str:
        if number % 2:
            return str(len(allowed.list_users()["Users"]))
        with pytest.raises(ClientError) as error:
            denied.list_tables()
        return str(error.value.response["Error"]["Code"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(80))) == {"2", "AccessDeniedException"}


def test_the_credentials_file_is_for_its_owner_alone(server: Server, tmp_path: Path, lab: Lab) -> None:
    path = tmp_path / "credentials"
    path.write_text("old, and open to all")
    server.credentials_file(path)
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("[admin]\naws_access_key_id = AKIA")
    server.credentials_file(path, {"ana": {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"}})
    assert "[ana]" in path.read_text()
    assert "aws_session_token = T" in path.read_text()


def test_a_stopped_server_frees_its_port(lab: Lab) -> None:
    server = lab.serve()
    port = server.port
    with pytest.raises(OSError, match="in use"):
        lab.serve(port)
    server.stop()
    server.stop()
    again = lab.serve(port)
    assert again.port == port


@needs_cli
def test_the_aws_cli_is_allowed_and_denied_like_boto3(server: Server, make_user: MakeUser) -> None:
    identity = aws(server, "sts", "get-caller-identity")
    assert json.loads(identity.stdout)["Arn"] == "arn:aws:iam::123456789012:user/Administrator"
    key = boto3.client("iam")
    make_user("ana")
    credentials = key.create_access_key(UserName="ana")["AccessKey"]
    denied = aws(
        server, "dynamodb", "get-item", "--table-name", "T", "--key", '{"id":{"S":"1"}}', key=credentials
    )
    assert denied.returncode != 0
    assert (
        "An error occurred (AccessDeniedException) when calling the GetItem operation: User: "
        "arn:aws:iam::123456789012:user/ana is not authorized to perform: dynamodb:GetItem on resource: "
        "arn:aws:dynamodb:us-east-1:123456789012:table/T because no identity-based policy allows the "
        "dynamodb:GetItem action"
    ) in denied.stderr


@needs_cli
def test_the_aws_cli_copies_files(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "file.bin"
    file.write_bytes(os.urandom(9_000_000))
    assert aws(server, "s3", "mb", "s3://a-bucket").returncode == 0
    assert aws(server, "s3", "cp", str(file), "s3://a-bucket/a b/file.bin").returncode == 0
    assert aws(server, "s3", "cp", "s3://a-bucket/a b/file.bin", str(tmp_path / "back")).returncode == 0
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_serve_forever_writes_the_key_says_how_and_ends_on_a_signal(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    program = (
        f"from iamlab.cloud.server import serve_forever; serve_forever(0, {str(file)!r}, '111122223333')"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        process.stdout.readline()
        session = boto3.Session(
            aws_access_key_id=_value(file, "aws_access_key_id"),
            aws_secret_access_key=_value(file, "aws_secret_access_key"),
            region_name="us-east-1",
        )
        identity = session.client("sts", endpoint_url=url).get_caller_identity()
        assert identity["Arn"] == "arn:aws:iam::111122223333:user/Administrator"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.communicate()


@needs_cli
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_serve_writes_an_aws_command_and_says_what_to_paste(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "iamlab", "serve", "--aws", str(tmp_path / "my bin")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "AWS_PROFILE": "work"},
    )
    try:
        assert process.stdout is not None
        said = iter(process.stdout.readline, "Stop with Ctrl-C.\n")
        pasted = "\n".join(line.strip() for line in said if line.startswith("    "))
        made = subprocess.run(
            ["sh", "-c", pasted],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "AWS_PROFILE": "work"},
        )
        assert json.loads(made.stdout)["Arn"] == "arn:aws:iam::123456789012:user/Administrator", made.stderr
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
        process.communicate()


def _value(file: Path, name: str) -> str:
    return next(line.split(" = ")[1] for line in file.read_text().splitlines() if line.startswith(name))


@needs_cli
def test_the_cli_sets_up_a_second_factor_and_uses_it(server: Server, lab: Lab, tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    made = aws(
        server,
        *("iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "admin"),
        *("--outfile", str(seed), "--bootstrap-method", "Base32StringSeed"),
    )
    serial = json.loads(made.stdout)["VirtualMFADevice"]["SerialNumber"]
    app = Authenticator(lab.clock.now)
    app.add(seed.read_text())
    first, second = app.two_codes()
    boto3.client("iam").enable_mfa_device(
        UserName="Administrator", SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
    )
    lab.clock.advance(minutes=2)
    asked = ("sts", "get-session-token", "--serial-number", serial, "--token-code")
    assert json.loads(aws(server, *asked, app.code()).stdout)["Credentials"]["SessionToken"]
    assert "invalid MFA one time pass code" in aws(server, *asked, app.code()).stderr
