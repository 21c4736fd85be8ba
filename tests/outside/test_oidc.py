"""The OpenID Connect provider's own side: discovery, the code flow with PKCE, client credentials, CI jobs.

https://openid.net/specs/openid-connect-core-1_0.html
https://datatracker.ietf.org/doc/html/rfc7636
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.outside.oidc import OidcIdp, SignInFailed, claims_of, pkce_challenge

from .conftest import Clock

BACK = "https://app.example.org/back"
VERIFIER = "v" * 43


@pytest.fixture(scope="module")
def idp(now: Clock, private_key: rsa.RSAPrivateKey) -> Iterator[OidcIdp]:
    with OidcIdp(now, private=private_key) as made:
        made.add_user("ana", "correct horse", email="ana@example.org")
        made.add_client("app", [BACK])
        made.add_client("batch", secret="only for machines")
        made.start()
        yield made


def send(idp: OidcIdp, method: str, path: str, **fields: str) -> tuple[int, str, str]:
    """Status, body and place to go on to; redirects are not followed."""
    connection = http.client.HTTPConnection(urlsplit(idp.start()).netloc, timeout=5)
    try:
        text = urlencode(fields)
        if method == "GET":
            connection.request("GET", f"{path}?{text}")
        else:
            connection.request("POST", path, text, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    finally:
        connection.close()


def authorize(idp: OidcIdp, method: str = "POST", **changes: str) -> tuple[int, str, str]:
    fields = {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": BACK,
        "state": "s",
        "nonce": "n",
        "code_challenge": pkce_challenge(VERIFIER),
        "code_challenge_method": "S256",
        "name": "ana",
        "password": "correct horse",
    }
    return send(idp, method, "/authorize", **{**fields, **changes})


def code(idp: OidcIdp) -> str:
    status, _, to = authorize(idp)
    query = parse_qs(urlsplit(to).query)
    assert (status, to.startswith(f"{BACK}?"), query["state"]) == (302, True, ["s"])
    return query["code"][0]


def trade(idp: OidcIdp, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": "app",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    status, text, _ = send(idp, "POST", "/token", **{**fields, **changes})
    return status, json.loads(text)


def test_the_code_flow_ends_in_a_token(idp: OidcIdp) -> None:
    assert "<form" in authorize(idp, "GET")[1]
    status, answer = trade(idp, code(idp))
    assert status == 200
    claims = claims_of(answer["id_token"])
    assert {name: claims[name] for name in ("iss", "sub", "aud", "nonce", "email")} == {
        "iss": "https://idp.example.org",
        "sub": "ana",
        "aud": "app",
        "nonce": "n",
        "email": "ana@example.org",
    }


def test_a_code_is_good_once(idp: OidcIdp) -> None:
    got = code(idp)
    assert trade(idp, got)[0] == 200
    assert trade(idp, got) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "w" * 43}, {"client_id": "batch"}, {"redirect_uri": "https://evil.example.org"}],
    ids=["verifier", "application", "address"],
)
def test_a_stolen_code_is_worth_nothing(idp: OidcIdp, changes: dict[str, str]) -> None:
    assert trade(idp, code(idp), **changes) == (400, {"error": "invalid_grant"})


def test_nobody_is_sent_to_an_address_that_isnt_registered(idp: OidcIdp) -> None:
    status, _, to = authorize(idp, redirect_uri="https://evil.example.org")
    assert (status, to) == (400, "")


def test_the_flow_needs_pkce_and_the_password(idp: OidcIdp) -> None:
    assert "error=invalid_request" in authorize(idp, code_challenge_method="plain")[2]
    assert authorize(idp, password="wrong")[0] == 401
    with pytest.raises(SignInFailed):
        idp.sign_in("ana", "wrong", "app")


def test_what_comes_with_a_request_is_escaped_in_the_page(idp: OidcIdp) -> None:
    assert "<script>" not in authorize(idp, "GET", state='"><script>')[1]


def test_a_machine_gets_a_token_for_its_secret(idp: OidcIdp) -> None:
    wanted = {"grant_type": "client_credentials", "client_id": "batch"}
    status, text, _ = send(idp, "POST", "/token", **wanted, client_secret="only for machines")
    assert (status, claims_of(json.loads(text)["id_token"])["sub"]) == (200, "batch")
    assert send(idp, "POST", "/token", **wanted, client_secret="guessed")[0] == 400
    assert send(idp, "POST", "/token", grant_type="client_credentials", client_id="app")[0] == 400


def test_discovery_names_the_keys(idp: OidcIdp) -> None:
    found = json.loads(send(idp, "GET", "/.well-known/openid-configuration")[1])
    assert found["jwks_uri"] == f"{found['issuer']}/.well-known/jwks"
    (key,) = json.loads(send(idp, "GET", "/.well-known/jwks")[1])["keys"]
    assert set(key) == {"kty", "n", "e", "use", "alg", "kid"}


@pytest.mark.parametrize(
    ("job", "subject"),
    [
        ({}, "repo:octo-org/shop:ref:refs/heads/main"),
        ({"ref": "refs/tags/v1"}, "repo:octo-org/shop:ref:refs/tags/v1"),
        ({"environment": "prod"}, "repo:octo-org/shop:environment:prod"),
        ({"pull_request": True}, "repo:octo-org/shop:pull_request"),
    ],
    ids=["branch", "tag", "environment", "pull request"],
)
def test_a_jobs_subject_says_what_it_runs_for(idp: OidcIdp, job: dict[str, Any], subject: str) -> None:
    assert claims_of(idp.job_token("octo-org/shop", **job))["sub"] == subject


def test_no_secret_shows_in_a_notebook(idp: OidcIdp) -> None:
    shown = "".join(idp._repr_mimebundle_().values()) + repr(idp._users)
    assert "horse" not in shown
    assert "machines" not in shown
