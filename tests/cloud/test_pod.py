"""Pods of EKS find their role by their SDK's own chain: by an association, or by their cluster's token.

https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.cloud.lab import Lab
from iamlab.cloud.pod import Pod
from iamlab.cloud.workload import WorkloadError
from iamlab.outside.eks import EksCluster
from iamlab.outside.keys import new_private_key
from iamlab.outside.oidc import claims_of

PAGE = Path(__file__).parents[2] / "docs" / "workloads.md"
ACCOUNT = "123456789012"
BOTH = ["sts:AssumeRole", "sts:TagSession"]
EKS = {"Service": "pods.eks.amazonaws.com"}


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def make_role(name: str, trust: str, **condition: Any) -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    listing = document(Action="s3:ListAllMyBuckets", Resource="*", Condition=condition)
    iam.put_role_policy(RoleName=name, PolicyName="list", PolicyDocument=listing)


# ------------------------------------------------------------------ Pod Identity
@pytest.fixture
def pod(iam_lab: Lab) -> Iterator[Pod]:
    tags = {
        "aws:PrincipalTag/kubernetes-namespace": "shop",
        "aws:PrincipalTag/kubernetes-service-account": "orders",
        "aws:PrincipalTag/eks-cluster-name": "blue",
        "aws:PrincipalTag/eks-cluster-arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/blue",
    }
    make_role("Orders", document(Principal=EKS, Action=BOTH), StringEquals=tags)
    with iam_lab.pod("Orders", "orders", "shop", "blue") as made:
        yield made


def test_a_pod_is_the_role_with_tags_that_say_who_it_is(pod: Pod) -> None:
    session = pod.session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.method == "container-role"
    arn = session.client("sts").get_caller_identity()["Arn"]
    assert arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/Orders/eks-blue-orders-")
    session.client("s3").list_buckets()
    assert pod.credentials.transitive == frozenset(pod.credentials.tags)
    assert pod.credentials.tags["kubernetes-pod-name"] == pod.name


def test_the_token_is_a_file_and_goes_with_the_pod(pod: Pod) -> None:
    variables = pod.environ
    assert "AWS_CONTAINER_AUTHORIZATION_TOKEN" not in variables
    path = Path(variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
    assert path.read_text(encoding="ascii")
    pod.stop()
    assert not path.exists()


@pytest.mark.parametrize(
    ("principal", "actions", "condition"),
    [
        ({"Service": "ecs-tasks.amazonaws.com"}, BOTH, {}),
        (EKS, ["sts:AssumeRole"], {}),
        (EKS, BOTH, {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "live"}}),
        (EKS, BOTH, {"StringEquals": {"aws:SourceAccount": "999999999999"}}),
        (EKS, BOTH, {"ArnEquals": {"aws:SourceArn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/green"}}),
    ],
    ids=["another service", "no tags allowed", "another namespace", "another account", "another cluster"],
)
def test_a_role_that_does_not_trust_the_pod_is_not_given(
    iam_lab: Lab, principal: dict[str, str], actions: list[str], condition: dict[str, Any]
) -> None:
    make_role("Other", document(Principal=principal, Action=actions, Condition=condition))
    with pytest.raises(WorkloadError, match="its trust policy has to let") as refused:
        iam_lab.pod("Other", "orders", "shop", "blue")
    assert refused.value.decision is not None
    assert not refused.value.decision.allowed


# ------------------------------------------------------------------ roles for service accounts
@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return new_private_key()


@pytest.fixture
def cluster(iam_lab: Lab, private: rsa.RSAPrivateKey) -> Iterator[EksCluster]:
    with EksCluster(iam_lab.clock.now, private=private) as made:
        iam_lab.trust_issuer(made.issuer, made.start())
        provider = boto3.client("iam").create_open_id_connect_provider(
            Url=made.issuer, ClientIDList=["sts.amazonaws.com"]
        )["OpenIDConnectProviderArn"]
        issuer = made.issuer.removeprefix("https://")
        only = {
            f"{issuer}:sub": "system:serviceaccount:shop:orders",
            f"{issuer}:aud": "sts.amazonaws.com",
        }
        trust = document(
            Principal={"Federated": provider},
            Action="sts:AssumeRoleWithWebIdentity",
            Condition={"StringEquals": only},
        )
        make_role("Tokens", trust)
        yield made


def test_a_service_account_is_the_role(iam_lab: Lab, cluster: EksCluster) -> None:
    place = iam_lab.web_identity("Tokens", cluster.mount("shop", "orders"), "orders")
    session = place.session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.method == "assume-role-with-web-identity"
    arn = session.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Tokens/orders"
    session.client("s3").list_buckets()
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("iam").list_users()
    (event,) = iam_lab.trail.filter(name="AssumeRoleWithWebIdentity")
    assert event.record()["userIdentity"]["userName"] == "system:serviceaccount:shop:orders"


@pytest.mark.parametrize(
    ("namespace", "name", "audience", "code"),
    [
        ("shop", "payments", "sts.amazonaws.com", "AccessDenied"),
        ("default", "orders", "sts.amazonaws.com", "AccessDenied"),
        ("shop", "orders", "kubernetes", "InvalidIdentityToken"),
    ],
)
def test_another_service_account_is_denied(
    iam_lab: Lab, cluster: EksCluster, namespace: str, name: str, audience: str, code: str
) -> None:
    place = iam_lab.web_identity("Tokens", cluster.mount(namespace, name, audience))
    with pytest.raises(ClientError, match=code):
        place.session().client("s3").list_buckets()


def test_token_and_session_are_renewed_by_the_labs_clock(iam_lab: Lab, cluster: EksCluster) -> None:
    token = cluster.mount("shop", "orders")
    client = iam_lab.web_identity("Tokens", token).session().client("s3")
    client.list_buckets()
    first = token.path.read_text(encoding="ascii")
    iam_lab.clock.advance(minutes=30)
    client.list_buckets()
    iam_lab.clock.advance(hours=2)
    client.list_buckets()
    assert len(iam_lab.trail.filter(name="AssumeRoleWithWebIdentity")) == 2
    assert token.path.read_text(encoding="ascii") == first
    iam_lab.clock.advance(hours=30)
    client.list_buckets()
    assert token.path.read_text(encoding="ascii") != first


def test_a_stale_token_is_expired(iam_lab: Lab, cluster: EksCluster) -> None:
    token = cluster.mount("shop", "orders")
    place = iam_lab.web_identity("Tokens", token.path)  # nobody renews a bare file
    iam_lab.clock.advance(days=2)
    with pytest.raises(ClientError, match="ExpiredToken"):
        place.session().client("s3").list_buckets()
    cluster.renew()
    place.session().client("s3").list_buckets()


def test_a_projected_token_says_what_kubernetes_says(cluster: EksCluster) -> None:
    claims = claims_of(cluster.service_account_token("shop", "orders", pod="orders-1"))
    assert claims["sub"] == "system:serviceaccount:shop:orders"
    assert claims["aud"] == ["sts.amazonaws.com"]
    assert claims["exp"] - claims["iat"] == 86_400
    assert claims["nbf"] == claims["iat"]
    assert claims["kubernetes.io"]["namespace"] == "shop"
    assert claims["kubernetes.io"]["pod"]["name"] == "orders-1"


@pytest.mark.slow
def test_a_program_of_its_own_finds_role_and_token(iam_lab: Lab, cluster: EksCluster, tmp_path: Path) -> None:
    program = tmp_path / "app.py"
    program.write_text(
        'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])', encoding="utf-8"
    )
    done = iam_lab.web_identity("Tokens", cluster.mount("shop", "orders"), "orders").run(program)
    assert done.stdout.strip() == f"arn:aws:sts::{ACCOUNT}:assumed-role/Tokens/orders", done.stderr


# ------------------------------------------------------------------ the documents
def test_the_blocks_of_the_page_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    try:
        for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
            exec(compile(block, str(PAGE), "exec"), names)
    finally:
        if "cluster" in names:
            names["cluster"].close()
        running = Lab.current()
        if running is not None:
            running.stop()
    assert capsys.readouterr().out.splitlines() == [
        "Task",
        "[]",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Tokens/orders",
        "Unhandled ClientError",
        "dynamodb:Scan Report/report",
    ]
