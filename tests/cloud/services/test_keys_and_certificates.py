"""Access keys, SSH keys, signing certificates, service-specific credentials: their lives, limits and refusals.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from iamlab.cloud import Lab

Refusal = Callable[..., tuple[str, int, str]]
Certify = Callable[..., Any]
ACCOUNT = "123456789012"
NOBODYS = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def ada(iam: Any) -> str:
    iam.create_user(UserName="ada")
    return "ada"


# ------------------------------------------------------------------ access keys
def test_a_user_has_two_access_keys_at_most_inactive_ones_counted(
    iam: Any, refusal: Refusal, ada: str
) -> None:
    first = iam.create_access_key(UserName=ada)["AccessKey"]
    assert set(first) == {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"}
    iam.update_access_key(UserName=ada, AccessKeyId=first["AccessKeyId"], Status="Inactive")
    second = iam.create_access_key(UserName=ada)["AccessKey"]
    assert refusal(iam.create_access_key, UserName=ada) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    page = iam.list_access_keys(UserName=ada, MaxItems=1)
    rest = iam.list_access_keys(UserName=ada, Marker=page["Marker"])
    assert [
        (key["AccessKeyId"], key["Status"]) for key in page["AccessKeyMetadata"] + rest["AccessKeyMetadata"]
    ] == [(first["AccessKeyId"], "Inactive"), (second["AccessKeyId"], "Active")]
    iam.delete_access_key(UserName=ada, AccessKeyId=first["AccessKeyId"])
    iam.create_access_key(UserName=ada)


def test_a_key_that_was_never_used_says_so(iam: Any, lab: Lab, ada: str) -> None:
    key = iam.create_access_key(UserName=ada)
    never = iam.get_access_key_last_used(AccessKeyId=key["AccessKey"]["AccessKeyId"])
    del never["ResponseMetadata"]
    assert never == {"UserName": "ada", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    lab.session(key, region="eu-west-1").client("sts").get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKey"]["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "eu-west-1")
    assert used["LastUsedDate"] <= lab.clock.now()


@pytest.mark.parametrize("call", ["update_access_key", "delete_access_key"])
def test_a_key_that_isnt_there_is_named(iam: Any, refusal: Refusal, ada: str, call: str) -> None:
    iam.create_user(UserName="ben")
    other = iam.create_access_key(UserName="ben")["AccessKey"]["AccessKeyId"]
    params = {"update_access_key": {"Status": "Active"}}.get(call, {})
    for key in (NOBODYS, other):
        assert refusal(getattr(iam, call), UserName=ada, AccessKeyId=key, **params) == (
            "NoSuchEntity",
            404,
            f"The Access Key with id {key} cannot be found.",
        )


def test_when_a_key_was_used_that_isnt_the_accounts_is_for_nobody_to_know(
    iam: Any, refusal: Refusal, lab: Lab
) -> None:
    theirs = lab.root_session("210987654321").client("iam").create_access_key()["AccessKey"]["AccessKeyId"]
    for key in (NOBODYS, theirs):
        assert refusal(iam.get_access_key_last_used, AccessKeyId=key) == (
            "AccessDenied",
            403,
            f"User: arn:aws:iam::{ACCOUNT}:user/Administrator is not authorized to perform: "
            f"iam:GetAccessKeyLastUsed on resource: access key {key}",
        )


def test_the_root_user_manages_its_own_keys(lab: Lab, refusal: Refusal) -> None:
    root = lab.root_session().client("iam")
    first = root.list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"]
    made = root.create_access_key()["AccessKey"]
    assert refusal(root.create_access_key)[0] == "LimitExceeded"
    other = lab.session(made).client("iam")
    assert (
        other.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])["AccessKeyLastUsed"]["Region"]
        == "us-east-1"
    )
    other.update_access_key(AccessKeyId=first, Status="Inactive")
    assert refusal(root.list_access_keys) == (
        "InvalidClientTokenId",
        403,
        "The security token included in the request is invalid.",
    )
    other.delete_access_key(AccessKeyId=first)
    assert [key["AccessKeyId"] for key in other.list_access_keys()["AccessKeyMetadata"]] == [
        made["AccessKeyId"]
    ]


# ------------------------------------------------------------------ SSH public keys
@cache
def ssh_key(number: int, bits: int = 2048) -> rsa.RSAPublicKey:
    return rsa.generate_private_key(65537, bits).public_key()


def openssh(key: Any) -> str:
    return str(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())


def pem(key: Any) -> str:
    return str(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def test_an_ssh_key_comes_back_in_either_encoding_without_its_comment(iam: Any, ada: str) -> None:
    body = openssh(ssh_key(1)) + " ada@example.com"
    made = iam.upload_ssh_public_key(UserName=ada, SSHPublicKeyBody=body)["SSHPublicKey"]
    digest = hashlib.md5(base64.b64decode(body.split()[1])).hexdigest()
    assert made["Fingerprint"].replace(":", "") == digest
    assert (made["SSHPublicKeyBody"], made["Status"]) == (body, "Active")
    assert made["SSHPublicKeyId"].startswith("APKA")

    def body_as(encoding: str) -> str:
        asked = {"UserName": ada, "SSHPublicKeyId": made["SSHPublicKeyId"], "Encoding": encoding}
        return str(iam.get_ssh_public_key(**asked)["SSHPublicKey"]["SSHPublicKeyBody"])

    assert body_as("SSH") == openssh(ssh_key(1))
    assert load_pem_public_key(body_as("PEM").encode()) == ssh_key(1)


def test_an_ssh_key_is_switched_off_and_deleted(iam: Any, refusal: Refusal, ada: str) -> None:
    made = iam.upload_ssh_public_key(UserName=ada, SSHPublicKeyBody=pem(ssh_key(1)))["SSHPublicKey"]
    named = {"UserName": ada, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    iam.update_ssh_public_key(**named, Status="Inactive")
    assert iam.list_ssh_public_keys(UserName=ada)["SSHPublicKeys"] == [
        named | {"Status": "Inactive", "UploadDate": made["UploadDate"]}
    ]
    assert refusal(iam.delete_user, UserName=ada)[0] == "DeleteConflict"
    iam.delete_ssh_public_key(**named)
    gone = ("NoSuchEntity", 404, f"The Public Key with id {made['SSHPublicKeyId']} cannot be found.")
    assert refusal(iam.delete_ssh_public_key, **named) == gone
    assert refusal(iam.get_ssh_public_key, **named, Encoding="SSH") == gone
    assert refusal(iam.update_ssh_public_key, **named, Status="Active") == gone


BAD_KEYS: list[tuple[str, Callable[[], str], str]] = [
    ("words", lambda: "hello", "UnrecognizedPublicKeyEncoding"),
    (
        "ed25519",
        lambda: openssh(ed25519.Ed25519PrivateKey.generate().public_key()),
        "UnrecognizedPublicKeyEncoding",
    ),
    ("not base64", lambda: "ssh-rsa nonsense", "InvalidPublicKey"),
    ("too short", lambda: openssh(ssh_key(2, 1024)), "InvalidPublicKey"),
    ("not RSA", lambda: pem(ed25519.Ed25519PrivateKey.generate().public_key()), "InvalidPublicKey"),
]


@pytest.mark.parametrize(("body", "code"), [row[1:] for row in BAD_KEYS], ids=[row[0] for row in BAD_KEYS])
def test_an_unusable_ssh_key_is_refused(
    iam: Any, refusal: Refusal, ada: str, body: Callable[[], str], code: str
) -> None:
    found = refusal(iam.upload_ssh_public_key, UserName=ada, SSHPublicKeyBody=body())
    assert found == (code, 400, "Invalid public key uploaded.")


def test_ssh_keys_are_neither_doubled_nor_more_than_five(iam: Any, refusal: Refusal, ada: str) -> None:
    for number in range(1, 6):
        iam.upload_ssh_public_key(UserName=ada, SSHPublicKeyBody=openssh(ssh_key(number)))
    again = refusal(iam.upload_ssh_public_key, UserName=ada, SSHPublicKeyBody=pem(ssh_key(1)))
    assert again[:2] == ("DuplicateSSHPublicKey", 400)
    assert refusal(iam.upload_ssh_public_key, UserName=ada, SSHPublicKeyBody=openssh(ssh_key(6))) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for SSHPublicKeysPerUser: 5",
    )


# ------------------------------------------------------------------ signing certificates
def test_a_signing_certificate_lives_with_its_user(
    iam: Any, refusal: Refusal, ada: str, certify: Certify
) -> None:
    body = certify("ada").body
    made = iam.upload_signing_certificate(UserName=ada, CertificateBody=body)["Certificate"]
    assert (made["UserName"], made["Status"], made["CertificateBody"]) == (ada, "Active", body.rstrip())
    named = {"UserName": ada, "CertificateId": made["CertificateId"]}
    iam.update_signing_certificate(**named, Status="Inactive")
    assert iam.list_signing_certificates(UserName=ada)["Certificates"] == [made | {"Status": "Inactive"}]
    assert refusal(iam.delete_user, UserName=ada)[0] == "DeleteConflict"
    iam.delete_signing_certificate(**named)
    assert refusal(iam.delete_signing_certificate, **named) == (
        "NoSuchEntity",
        404,
        f"The Certificate with id {made['CertificateId']} cannot be found.",
    )


def test_signing_certificates_that_cant_be_are_refused(
    iam: Any, refusal: Refusal, lab: Lab, ada: str, certify: Certify
) -> None:
    iam.create_user(UserName="ben")
    upload = iam.upload_signing_certificate
    assert refusal(upload, UserName=ada, CertificateBody="hello") == (
        "MalformedCertificate",
        400,
        "Unable to parse certificate. Please ensure the certificate is in PEM format.",
    )
    one = certify("one").body
    upload(UserName=ada, CertificateBody=one)
    assert refusal(upload, UserName="ben", CertificateBody=one)[:2] == ("DuplicateCertificate", 409)
    upload(UserName=ada, CertificateBody=certify("two").body)
    assert refusal(upload, UserName=ada, CertificateBody=certify("three").body) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for CertificatesPerUser: 2",
    )
    short = certify("short", days=1).body
    lab.clock.advance(days=2)
    assert refusal(upload, UserName="ben", CertificateBody=short)[:2] == ("InvalidCertificate", 400)


def test_the_root_user_has_signing_certificates_of_its_own(lab: Lab, iam: Any, certify: Certify) -> None:
    root = lab.root_session().client("iam")
    made = root.upload_signing_certificate(CertificateBody=certify("root").body)["Certificate"]
    assert "UserName" not in made
    assert [one["CertificateId"] for one in root.list_signing_certificates()["Certificates"]] == [
        made["CertificateId"]
    ]
    assert iam.list_signing_certificates()["Certificates"] == []
    assert iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 1


# ------------------------------------------------------------------ service-specific credentials
def make(iam: Any, service: str, **params: Any) -> dict[str, Any]:
    made: dict[str, Any] = iam.create_service_specific_credential(
        UserName="ada", ServiceName=f"{service}.amazonaws.com", **params
    )["ServiceSpecificCredential"]
    return made


def test_a_password_for_one_service_is_shown_once(iam: Any, refusal: Refusal, lab: Lab, ada: str) -> None:
    made = make(iam, "codecommit")
    assert set(made) == {
        "CreateDate",
        "ServiceName",
        "ServiceUserName",
        "ServicePassword",
        "ServiceSpecificCredentialId",
        "UserName",
        "Status",
    }
    assert (made["ServiceUserName"], made["Status"]) == (f"ada-at-{ACCOUNT}", "Active")
    assert len(base64.b64decode(made["ServicePassword"])) == 32
    assert made["ServicePassword"] not in str(lab.trail.records())
    named = {"UserName": ada, "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    reset = iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]
    assert reset.pop("ServicePassword") != made.pop("ServicePassword")
    assert reset == made
    iam.update_service_specific_credential(**named, Status="Inactive")
    assert iam.list_service_specific_credentials(UserName=ada)["ServiceSpecificCredentials"] == [
        made | {"Status": "Inactive"}
    ]
    assert refusal(iam.delete_user, UserName=ada)[0] == "DeleteConflict"
    wrong = named | {"ServiceSpecificCredentialId": "not-a-credential-of-anybody"}
    assert refusal(iam.delete_service_specific_credential, **wrong) == (
        "ValidationError",
        400,
        "1 validation error detected: Value at 'serviceSpecificCredentialId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w]+",
    )
    iam.delete_service_specific_credential(**named)
    gone = ("NoSuchEntity", 404, f"No such credential {made['ServiceSpecificCredentialId']} exists")
    assert refusal(iam.delete_service_specific_credential, **named) == gone
    assert refusal(iam.reset_service_specific_credential, **named) == gone


def test_two_credentials_for_each_service_have_names_of_their_own(
    iam: Any, refusal: Refusal, ada: str
) -> None:
    names = [make(iam, "codecommit")["ServiceUserName"] for _ in range(2)]
    assert names == [f"ada-at-{ACCOUNT}", f"ada+1-at-{ACCOUNT}"]
    with pytest.raises(Exception, match="LimitExceeded"):
        make(iam, "codecommit")
    make(iam, "cassandra")
    listed = iam.list_service_specific_credentials(UserName=ada, ServiceName="cassandra.amazonaws.com")
    assert [one["ServiceName"] for one in listed["ServiceSpecificCredentials"]] == ["cassandra.amazonaws.com"]
    assert len(iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]) == 3
    assert refusal(
        iam.create_service_specific_credential, UserName=ada, ServiceName="none.amazonaws.com"
    ) == (
        "NoSuchEntity",
        404,
        "No such service none.amazonaws.com is supported for Service Specific Credentials",
    )


def test_an_api_key_ends_by_the_labs_clock(iam: Any, refusal: Refusal, lab: Lab, ada: str) -> None:
    made = make(iam, "bedrock", CredentialAgeDays=30)
    assert made["ServiceCredentialSecret"].startswith("ABSK")
    assert made["ServiceCredentialAlias"] == f"ada-at-{ACCOUNT}"
    assert (made["ExpirationDate"] - made["CreateDate"]).days == 30
    assert "ExpirationDate" not in make(iam, "bedrock")

    def states() -> list[str]:
        listed = iam.list_service_specific_credentials(UserName=ada)["ServiceSpecificCredentials"]
        return [one["Status"] for one in listed]

    assert states() == ["Active", "Active"]
    lab.clock.advance(days=30)
    assert states() == ["Expired", "Active"]
    refused = refusal(
        iam.create_service_specific_credential,
        UserName=ada,
        ServiceName="codecommit.amazonaws.com",
        CredentialAgeDays=30,
    )
    assert refused[:2] == ("ValidationError", 400)
