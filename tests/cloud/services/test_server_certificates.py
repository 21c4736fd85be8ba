"""Server certificates: what IAM takes, shows again, renames and lets go.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from iamlab.cloud import Lab

Refusal = Callable[..., tuple[str, int, str]]
Certify = Callable[..., Any]
ACCOUNT = "123456789012"
NOT_PEM = "Unable to parse certificate. Please ensure the certificate is in PEM format."
BROKEN = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, "
    "followed by any intermediaries in order. The index within the chain of the invalid certificate is: "
)


@pytest.fixture
def upload(iam: Any) -> Callable[..., dict[str, Any]]:
    """`upload("name", certified, …)`: the answer's metadata and tags."""

    def call(name: str, certified: Any, **params: Any) -> dict[str, Any]:
        asked = {"CertificateBody": certified.body, "PrivateKey": certified.private_key} | params
        answer: dict[str, Any] = iam.upload_server_certificate(ServerCertificateName=name, **asked)
        del answer["ResponseMetadata"]
        return answer

    return call


def test_a_certificate_comes_back_as_it_was_and_its_key_never(
    iam: Any, upload: Callable[..., dict[str, Any]], certify: Certify
) -> None:
    root = certify("root")
    middle = certify("middle", root)
    leaf = certify("www.example.com", middle)
    chain = middle.body + root.body
    tags = [{"Key": "team", "Value": "web"}]
    made = upload("www", leaf, Path="/cloudfront/", CertificateChain=chain, Tags=tags)
    assert made["Tags"] == tags
    metadata = made["ServerCertificateMetadata"]
    assert metadata["Arn"] == f"arn:aws:iam::{ACCOUNT}:server-certificate/cloudfront/www"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    assert metadata["Expiration"] == leaf.certificate.not_valid_after_utc
    assert iam.get_server_certificate(ServerCertificateName="www")["ServerCertificate"] == {
        "ServerCertificateMetadata": metadata,
        "CertificateBody": leaf.body.rstrip(),
        "CertificateChain": chain.rstrip(),
        "Tags": tags,
    }


def test_tags_come_later_too(iam: Any, upload: Callable[..., dict[str, Any]], certify: Certify) -> None:
    assert "Tags" not in upload("www", certify("www"))
    iam.tag_server_certificate(ServerCertificateName="www", Tags=[{"Key": "team", "Value": "web"}])
    shown = iam.get_server_certificate(ServerCertificateName="www")["ServerCertificate"]["Tags"]
    assert shown == iam.list_server_certificate_tags(ServerCertificateName="www")["Tags"]
    iam.untag_server_certificate(ServerCertificateName="www", TagKeys=["team"])
    assert "Tags" not in iam.get_server_certificate(ServerCertificateName="www")["ServerCertificate"]


def test_a_certificate_is_renamed_and_moved_and_keeps_its_id(
    iam: Any, refusal: Refusal, upload: Callable[..., dict[str, Any]], certify: Certify
) -> None:
    one = certify("one")
    made = upload("one", one)["ServerCertificateMetadata"]
    upload("other", one)
    assert refusal(
        iam.update_server_certificate, ServerCertificateName="one", NewServerCertificateName="OTHER"
    ) == ("EntityAlreadyExists", 409, "The Server Certificate with name OTHER already exists.")
    iam.update_server_certificate(
        ServerCertificateName="one", NewServerCertificateName="two", NewPath="/elb/"
    )
    listed = iam.list_server_certificates(PathPrefix="/elb/")["ServerCertificateMetadataList"]
    assert [(c["ServerCertificateName"], c["ServerCertificateId"], c["Arn"]) for c in listed] == [
        ("two", made["ServerCertificateId"], f"arn:aws:iam::{ACCOUNT}:server-certificate/elb/two")
    ]
    page = iam.list_server_certificates(MaxItems=1)
    assert [c["ServerCertificateName"] for c in page["ServerCertificateMetadataList"]] == ["other"]
    assert page["IsTruncated"]
    for call in (iam.get_server_certificate, iam.delete_server_certificate, iam.update_server_certificate):
        assert refusal(call, ServerCertificateName="one") == (
            "NoSuchEntity",
            404,
            "The Server Certificate with name one cannot be found.",
        )


def test_what_doesnt_fit_together_is_refused(
    iam: Any, lab: Lab, refusal: Refusal, upload: Callable[..., dict[str, Any]], certify: Certify
) -> None:
    root, other = certify("root"), certify("other")
    middle = certify("middle", root)
    leaf = certify("leaf", middle)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"CertificateBody": "hello"}, "MalformedCertificate", NOT_PEM),
        ({"CertificateBody": "Certificate:\n" + leaf.body}, "MalformedCertificate", NOT_PEM),
        ({"CertificateBody": leaf.body + middle.body}, "MalformedCertificate", NOT_PEM),
        (
            {"PrivateKey": "hello"},
            "MalformedCertificate",
            "Unable to parse private key. Please ensure the private key is in PEM format.",
        ),
        (
            {"PrivateKey": other.private_key},
            "KeyPairMismatch",
            "The public key certificate and the private key do not match.",
        ),
        ({"CertificateChain": root.body + middle.body}, "MalformedCertificate", BROKEN + "-1"),
        ({"CertificateChain": middle.body + other.body}, "MalformedCertificate", BROKEN + "0"),
        ({"CertificateChain": "text\n" + middle.body}, "MalformedCertificate", BROKEN + "-1"),
    ]
    for params, code, message in cases:
        assert refusal(upload, name="x", certified=leaf, **params) == (code, 400, message)
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


def test_a_certificate_has_to_be_valid_by_the_labs_clock(
    lab: Lab, refusal: Refusal, upload: Callable[..., dict[str, Any]], certify: Certify
) -> None:
    early, late = certify("early", wait=3), certify("late", days=2)
    code, _, message = refusal(upload, name="x", certified=early)
    assert (code, message.split(".")[0]) == ("MalformedCertificate", "Certificate is not yet valid")
    lab.clock.advance(days=4)
    upload("early", early)
    code, _, message = refusal(upload, name="x", certified=late)
    assert (code, message.split(".")[0]) == ("MalformedCertificate", "Certificate is no longer valid")


def test_names_are_taken_once_and_an_account_has_twenty(
    iam: Any, refusal: Refusal, upload: Callable[..., dict[str, Any]], certify: Certify
) -> None:
    one = certify("one")
    for number in range(20):
        upload(f"c{number}", one)
    assert refusal(upload, name="C1", certified=one) == (
        "EntityAlreadyExists",
        409,
        "The Server Certificate with name C1 already exists.",
    )
    assert refusal(upload, name="c20", certified=one) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for ServerCertificatesPerAccount: 20",
    )


def test_a_certificate_in_use_cant_go(
    iam: Any, refusal: Refusal, upload: Callable[..., dict[str, Any]], certify: Certify
) -> None:
    metadata = upload("www", certify("www"))["ServerCertificateMetadata"]
    elb = boto3.client("elb")
    listener = {
        "Protocol": "HTTPS",
        "LoadBalancerPort": 443,
        "InstancePort": 80,
        "SSLCertificateId": metadata["Arn"],
    }
    elb.create_load_balancer(LoadBalancerName="front", Listeners=[listener], AvailabilityZones=["us-east-1a"])
    assert refusal(iam.delete_server_certificate, ServerCertificateName="www") == (
        "DeleteConflict",
        409,
        f"Certificate: {metadata['ServerCertificateId']} is currently in use by "
        f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/front. "
        "Please remove it first before deleting it from IAM.",
    )
    elb.delete_load_balancer(LoadBalancerName="front")
    newer, ec2 = boto3.client("elbv2"), boto3.client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    balancer = newer.create_load_balancer(Name="new", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    newer.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": metadata["Arn"]}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )
    assert f"in use by {balancer}." in refusal(iam.delete_server_certificate, ServerCertificateName="www")[2]
    newer.delete_load_balancer(LoadBalancerArn=balancer)
    origin = {"Id": "o", "DomainName": "o.example.com"}
    origin |= {"CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}
    cloudfront = boto3.client("cloudfront")
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "1",
            "Comment": "",
            "Enabled": False,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
            "ViewerCertificate": {"IAMCertificateId": metadata["ServerCertificateId"]},
        }
    )
    assert refusal(iam.delete_server_certificate, ServerCertificateName="www")[2] == (
        f"Certificate: {metadata['ServerCertificateId']} is currently in use. "
        "Please remove it first from CloudFront before deleting it from IAM."
    )
    cloudfront.delete_distribution(Id=made["Distribution"]["Id"], IfMatch=made["ETag"])
    iam.delete_server_certificate(ServerCertificateName="www")
