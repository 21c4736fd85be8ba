"""AssumeRoleWithWebIdentity lets in whom the issuer vouches for, and nobody else.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.cloud import Lab
from iamlab.outside.authority import CertificateAuthority
from iamlab.outside.oidc import GITHUB, OidcIdp
from iamlab.outside.tls import TlsEndpoint
from iamlab.outside.web import LoopbackServer, Page, Visit

from .conftest import ACCOUNT, refused, trust_of

ISSUER = "https://idp.example.org/tenant"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.org/tenant"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
ACTION = "sts:AssumeRoleWithWebIdentity"
NOT_AUTHORIZED = ("AccessDenied", f"Not authorized to perform {ACTION}", 403)
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)
NO_TOKEN = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


def token_error(words: str) -> tuple[str, str, int]:
    return "InvalidIdentityToken", words, 400


@pytest.fixture(scope="module")
def idp(shared_lab: Lab, private_key: rsa.RSAPrivateKey) -> Iterator[OidcIdp]:
    iam = boto3.client("iam")
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["app", "other"], ThumbprintList=["a" * 40])
    iam.create_role(RoleName="App", AssumeRolePolicyDocument=trust_of(PROVIDER, ACTION))
    with OidcIdp(shared_lab.clock.now, ISSUER, private=private_key) as made:
        shared_lab.trust_issuer(ISSUER, made.start())
        yield made


@cache
def sts() -> Any:
    """One client for all: these calls are unsigned, so that it doesn't matter whose it is."""
    return boto3.client("sts")


def assume(token: str, role: str = ROLE, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = sts().assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="web", WebIdentityToken=token, **more
    )
    return answer


# ------------------------------------------------------------------ who gets in
def test_a_signed_token_gives_credentials_of_the_role(shared_lab: Lab, idp: OidcIdp) -> None:
    answer = assume(idp.token("ana", "app"))
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/web"
    assert {name: answer[name] for name in ("SubjectFromWebIdentityToken", "Audience", "Provider")} == {
        "SubjectFromWebIdentityToken": "ana",
        "Audience": "app",
        "Provider": PROVIDER,
    }
    who = shared_lab.session(answer).client("sts").get_caller_identity()
    assert who["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_one_of_several_audiences_is_enough_and_the_authorised_party_wins(idp: OidcIdp) -> None:
    assert assume(idp.token("ana", ["elsewhere", "other"]))["Audience"] == "other"
    assert assume(idp.token("ana", "elsewhere", azp="app"))["Audience"] == "app"


def test_tags_and_source_identity_of_the_token_become_the_sessions(shared_lab: Lab, idp: OidcIdp) -> None:
    tags = {"principal_tags": {"team": ["data"]}, "transitive_tag_keys": ["team"]}
    claims = {"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "ana@corp"}
    answer = assume(idp.token("ana", "app", **claims))
    session = shared_lab.state.sessions[answer["Credentials"]["AccessKeyId"]]
    assert (dict(session.tags), session.transitive) == ({"team": "data"}, {"team"})
    assert answer["SourceIdentity"] == "ana@corp"
    flat = {"https://aws.amazon.com/tags/principal_tags/Site": "Rome"}
    answer = assume(idp.token("ana", "app", **flat))
    assert dict(shared_lab.state.sessions[answer["Credentials"]["AccessKeyId"]].tags) == {"Site": "Rome"}


def test_later_requests_know_provider_and_subject(shared_lab: Lab, idp: OidcIdp) -> None:
    answer = assume(idp.token("ana", "app", amr=["mfa"], email="ana@example.org"))
    session = shared_lab.state.sessions[answer["Credentials"]["AccessKeyId"]]
    assert session.provider == PROVIDER
    assert dict(session.context) == {
        "idp.example.org/tenant:amr": ["mfa"],
        "idp.example.org/tenant:aud": "app",
        "idp.example.org/tenant:sub": "ana",
    }


def test_the_trail_tells_who_came_and_hides_the_token(shared_lab: Lab, idp: OidcIdp) -> None:
    assume(idp.token("ana", "app"))
    record = shared_lab.trail[-1].record()
    assert record["userIdentity"] == {
        "type": "WebIdentityUser",
        "principalId": f"{PROVIDER}:app:ana",
        "userName": "ana",
        "identityProvider": PROVIDER,
    }
    assert record["requestParameters"]["webIdentityToken"] == "HIDDEN_DUE_TO_SECURITY_REASONS"


# ------------------------------------------------------------------ who doesn't
def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _replaced(token: str, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
    head, body, signature = token.split(".")
    if header is not None:
        head = _part(header)
    if claims is not None:
        body = _part({**json.loads(base64.urlsafe_b64decode(body + "==")), **claims})
    return f"{head}.{body}.{signature}"


def _with_public_key_as_secret(idp: OidcIdp, private: rsa.RSAPrivateKey) -> str:
    """The classic confusion: the public key taken for a shared secret."""
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "kid": idp.jwks["keys"][0]["kid"]}
    signed = _replaced(idp.token("ana", "app"), header).rpartition(".")[0]
    mac = hmac.digest(pem, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _unsigned(idp: OidcIdp) -> str:
    return _replaced(idp.token("ana", "app"), {"alg": "none"}).rsplit(".", 1)[0] + "."


Make = Callable[[OidcIdp, rsa.RSAPrivateKey, rsa.RSAPrivateKey], str]
BAD: dict[str, tuple[Make, tuple[str, str, int]]] = {
    "no token": (lambda idp, key, other: "junk", token_error(NO_TOKEN)),
    "three parts of junk": (lambda idp, key, other: "a.b.c", token_error(NO_TOKEN)),
    "claims that are a list": (lambda idp, key, other: f"{_part({})}.{_part([])}.", token_error(NO_TOKEN)),
    "not signed": (lambda idp, key, other: _unsigned(idp), token_error("Token signature invalid")),
    "the public key as secret": (
        lambda idp, key, other: _with_public_key_as_secret(idp, key),
        token_error("Token signature invalid"),
    ),
    "another key": (
        lambda idp, key, other: OidcIdp(idp._now, ISSUER, private=other).token("ana", "app"),
        token_error("Token signature invalid"),
    ),
    "a subject written in later": (
        lambda idp, key, other: _replaced(idp.token("ana", "app"), claims={"sub": "root"}),
        token_error("Token signature invalid"),
    ),
    "another issuer": (
        lambda idp, key, other: OidcIdp(idp._now, "https://evil.example.org", private=key).token(
            "ana", "app"
        ),
        token_error("No OpenIDConnect provider found in your account for https://evil.example.org"),
    ),
    "an issuer with a slash more": (
        lambda idp, key, other: idp.token("ana", "app", iss=f"{ISSUER}/"),
        token_error(f"No OpenIDConnect provider found in your account for {ISSUER}/"),
    ),
    "an issuer without TLS": (
        lambda idp, key, other: idp.token("ana", "app", iss="http://idp.example.org/tenant"),
        token_error("Issuer must be a valid URL"),
    ),
    "another audience": (
        lambda idp, key, other: idp.token("ana", "elsewhere"),
        token_error("Incorrect token audience"),
    ),
    "another authorised party": (
        lambda idp, key, other: idp.token("ana", "app", azp="elsewhere"),
        token_error("Incorrect token audience"),
    ),
    "from tomorrow": (
        lambda idp, key, other: idp.token("ana", "app", iat=int(idp._now().timestamp()) + 86_400),
        token_error("Token is not yet valid"),
    ),
    "a reserved source identity": (
        lambda idp, key, other: idp.token(
            "ana", "app", **{"https://aws.amazon.com/source_identity": "aws:x"}
        ),
        token_error('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'),
    ),
    **{
        f"without {claim}": (
            lambda idp, key, other, claim=claim: idp.token("ana", "app", **{claim: None}),  # type: ignore[misc]
            token_error(f"Missing a required claim: {claim}"),
        )
        for claim in ("iss", "exp", "iat")
    },
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_in_awss_words(
    idp: OidcIdp, private_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey, name: str
) -> None:
    make, error = BAD[name]
    assert refused(assume, token=make(idp, private_key, other_key)) == error


def test_an_expired_token_is_refused_with_both_times(shared_lab: Lab, idp: OidcIdp) -> None:
    token = idp.token("ana", "app")
    shared_lab.clock.advance(minutes=6)
    code, message, status = refused(assume, token=token)
    assert (code, status) == ("ExpiredTokenException", 400)
    assert message.startswith("Token expired: current date/time ")
    assert " must be before the expiration date/time " in message


def test_no_key_can_be_had_of_an_issuer_that_nobody_plays(shared_lab: Lab, idp: OidcIdp) -> None:
    far = "https://far.example.org"
    boto3.client("iam").create_open_id_connect_provider(Url=far, ClientIDList=["app"])
    token = OidcIdp(shared_lab.clock.now, far).token("ana", "app")
    assert refused(assume, token=token) == token_error(NO_KEY)


def test_only_loopback_can_play_an_issuer(shared_lab: Lab) -> None:
    with pytest.raises(ValueError, match="not on loopback"):
        shared_lab.trust_issuer("https://far.example.org", "https://far.example.org")
    with pytest.raises(ValueError, match="https URL"):
        shared_lab.trust_issuer("http://far.example.org", "http://127.0.0.1:1")


def test_a_withdrawn_key_signs_nothing_any_more(
    shared_lab: Lab, private_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
) -> None:
    issuer = "https://rotating.example.org"
    iam = boto3.client("iam")
    arn = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["app"])["OpenIDConnectProviderArn"]
    iam.create_role(RoleName="Rotating", AssumeRolePolicyDocument=trust_of(arn, ACTION))
    role = f"arn:aws:iam::{ACCOUNT}:role/Rotating"
    with OidcIdp(shared_lab.clock.now, issuer, private=private_key) as idp:
        shared_lab.trust_issuer(issuer, idp.start())
        old = idp.token("ana", "app")
        idp.rotate(other_key)
        assume(old, role)
        assume(idp.token("ana", "app"), role)
        idp.retire()
        assert refused(assume, token=old, role=role) == token_error("Token signature invalid")


def test_roles_and_providers_of_other_accounts_dont_match(idp: OidcIdp) -> None:
    foreign = "arn:aws:iam::210987654321:role/App"
    assert refused(assume, token=idp.token("ana", "app"), role=foreign) == token_error(
        f"No OpenIDConnect provider found in your account for {ISSUER}"
    )
    missing = f"arn:aws:iam::{ACCOUNT}:role/Missing"
    assert refused(assume, token=idp.token("ana", "app"), role=missing) == NOT_AUTHORIZED
    assert refused(assume, token=idp.token("ana", "app"), role=PROVIDER) == (
        "ValidationError",
        "Request ARN is invalid",
        400,
    )


@pytest.mark.parametrize(
    ("provider_id", "words"),
    [
        ("www.amazon.com", "Provided Token is not a Login With Amazon token"),
        ("graph.facebook.com", "Provided Token is not a Facebook token"),
    ],
)
def test_access_tokens_of_the_providers_that_aws_asks_are_refused(
    idp: OidcIdp, provider_id: str, words: str
) -> None:
    assert refused(assume, token="Atza|abc", ProviderId=provider_id) == token_error(words)


# ------------------------------------------------------------------ a CI system
def test_a_job_gets_in_by_its_subject(shared_lab: Lab, private_key: rsa.RSAPrivateKey) -> None:
    iam = boto3.client("iam")
    arn = iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])[
        "OpenIDConnectProviderArn"
    ]
    name = "token.actions.githubusercontent.com"
    condition = {
        "StringEquals": {f"{name}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{name}:sub": "repo:octo-org/shop:ref:refs/heads/*"},
    }
    iam.create_role(RoleName="Deploy", AssumeRolePolicyDocument=trust_of(arn, ACTION, condition))
    role = f"arn:aws:iam::{ACCOUNT}:role/Deploy"
    with OidcIdp(shared_lab.clock.now, GITHUB, private=private_key) as github:
        shared_lab.trust_issuer(GITHUB, github.start())
        assume(github.job_token("octo-org/shop"), role)
        for other in (
            github.job_token("octo-org/shop", pull_request=True),
            github.job_token("octo-org/shop", environment="prod"),
            github.job_token("evil/shop"),
        ):
            assert refused(assume, token=other, role=role) == NOT_AUTHORIZED


def test_claims_of_a_known_provider_are_keys_of_the_trust_policy(
    shared_lab: Lab, private_key: rsa.RSAPrivateKey
) -> None:
    name = "token.actions.githubusercontent.com"
    condition = {
        "StringEquals": {f"{name}:repository_owner": "octo-org"},
        "StringLike": {f"{name}:sub": "repo:octo-org/*"},
    }
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}"
    iam = boto3.client("iam")
    iam.create_role(RoleName="Owner", AssumeRolePolicyDocument=trust_of(arn, ACTION, condition))
    role = f"arn:aws:iam::{ACCOUNT}:role/Owner"
    with OidcIdp(shared_lab.clock.now, GITHUB, private=private_key) as github:
        shared_lab.trust_issuer(GITHUB, github.start())
        assume(github.job_token("octo-org/shop"), role)
        lying = github.job_token("octo-org/shop", repository_owner="evil")
        assert refused(assume, token=lying, role=role) == NOT_AUTHORIZED


def test_a_provider_that_aws_knows_by_itself_needs_no_iam_provider(
    shared_lab: Lab, private_key: rsa.RSAPrivateKey
) -> None:
    google = "https://accounts.google.com"
    iam = boto3.client("iam")
    trust = trust_of("accounts.google.com", ACTION, {"StringEquals": {"accounts.google.com:aud": "my-app"}})
    iam.create_role(RoleName="Googlers", AssumeRolePolicyDocument=trust)
    role = f"arn:aws:iam::{ACCOUNT}:role/Googlers"
    with OidcIdp(shared_lab.clock.now, google, private=private_key) as idp:
        assert refused(assume, token=idp.token("1", "my-app"), role=role) == token_error(NO_KEY)
        shared_lab.trust_issuer(google, idp.start())
        assert assume(idp.token("1", "my-app"), role)["Provider"] == "accounts.google.com"
        assert refused(assume, token=idp.token("1", "app"), role=role) == NOT_AUTHORIZED


def test_boto3_finds_the_role_of_a_workload_by_itself(
    shared_lab: Lab, idp: OidcIdp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html"""
    file = tmp_path / "token"
    file.write_text(idp.token("system:serviceaccount:shop:web", "app"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "pod")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    who = boto3.Session().client("sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/pod"


# ------------------------------------------------------------------ over TLS
def test_a_server_of_keys_without_a_known_authority_counts_by_its_thumbprint(
    shared_lab: Lab, private_key: rsa.RSAPrivateKey
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html"""
    issuer = "https://inhouse.example.org"
    idp = OidcIdp(shared_lab.clock.now, issuer, private=private_key)
    ca = CertificateAuthority(shared_lab.clock.now)
    iam = boto3.client("iam")
    with TlsEndpoint(ca.issue("inhouse.example.org"), idp.answer) as endpoint:
        shared_lab.trust_issuer(issuer, endpoint.address)
        # Made without a thumbprint: IAM looks the certificate up.
        arn = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["app"])[
            "OpenIDConnectProviderArn"
        ]
        named = {"OpenIDConnectProviderArn": arn}
        noted = iam.get_open_id_connect_provider(**named)["ThumbprintList"]
        assert noted == [endpoint.certificate.thumbprint]
        iam.create_role(RoleName="Inhouse", AssumeRolePolicyDocument=trust_of(arn, ACTION))
        role = f"arn:aws:iam::{ACCOUNT}:role/Inhouse"
        assume(idp.token("ana", "app"), role)
        endpoint.install(ca.issue("inhouse.example.org"))
        assert refused(assume, token=idp.token("ana", "app"), role=role) == token_error(
            "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
        )
        iam.update_open_id_connect_provider_thumbprint(
            **named, ThumbprintList=[endpoint.certificate.thumbprint.upper()]
        )
        assume(idp.token("ana", "app"), role)


# ------------------------------------------------------------------ servers that misbehave
def _playing(configuration: Any, keys: Any) -> LoopbackServer:
    def answer(visit: Visit) -> Page:
        found = configuration if visit.path.endswith("openid-configuration") else keys
        return Page(found if isinstance(found, str) else json.dumps(found), "application/json")

    return LoopbackServer(answer)


ODD = "https://odd.example.org"
JWKS = f"{ODD}/.well-known/jwks"
MISBEHAVED: dict[str, tuple[Any, Any, str]] = {
    "no JSON": ("<html>", {"keys": []}, NO_KEY),
    "a list": ([], {"keys": []}, NO_KEY),
    "another issuer's configuration": ({"issuer": ISSUER, "jwks_uri": JWKS}, {"keys": []}, NO_KEY),
    "keys on another host": ({"issuer": ODD, "jwks_uri": "http://169.254.169.254/keys"}, {}, NO_KEY),
    "keys on another port": ({"issuer": ODD, "jwks_uri": "http://127.0.0.1:9/keys"}, {}, NO_KEY),
    "no keys": ({"issuer": ODD, "jwks_uri": JWKS}, {"keys": "none"}, NO_KEY),
    "an empty set": ({"issuer": ODD, "jwks_uri": JWKS}, {"keys": []}, "Token signature invalid"),
    "a shared secret as key": (
        {"issuer": ODD, "jwks_uri": JWKS},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}]},
        "Token signature invalid",
    ),
}


@pytest.fixture(scope="module")
def odd_token(shared_lab: Lab, private_key: rsa.RSAPrivateKey) -> str:
    boto3.client("iam").create_open_id_connect_provider(Url=ODD, ClientIDList=["app"])
    return OidcIdp(shared_lab.clock.now, ODD, private=private_key).token("ana", "app", exp=4_000_000_000)


@pytest.mark.parametrize("name", MISBEHAVED)
def test_an_issuer_that_misbehaves_vouches_for_nobody(shared_lab: Lab, odd_token: str, name: str) -> None:
    configuration, keys, words = MISBEHAVED[name]
    with _playing(configuration, keys) as server:
        shared_lab.trust_issuer(ODD, server.address)
        assert refused(assume, token=odd_token) == token_error(words)
