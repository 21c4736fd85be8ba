"""An OpenID Connect provider: a sign-in for people (code flow with PKCE), and tokens for the jobs of a CI system.

AWS gets a token from whoever brings it, and fetches the keys to verify it from the provider: this one publishes its
configuration and keys over HTTP on loopback, whatever its issuer URL says.

    github = OidcIdp(lab.clock.now, "https://token.actions.githubusercontent.com")
    lab.trust_issuer(github.issuer, github.start())
    token = github.job_token("octo-org/shop", ref="refs/heads/main")

https://openid.net/specs/openid-connect-core-1_0.html
https://datatracker.ietf.org/doc/html/rfc7636 (PKCE)
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from iamlab.outside.keys import new_private_key
from iamlab.outside.web import LoopbackServer, Page, Visit, redirect

GITHUB = "https://token.actions.githubusercontent.com"
AWS = "sts.amazonaws.com"
_CODE_LIFETIME = 60
_TOKEN_LIFETIME = 300


class SignInFailed(Exception):
    """The provider doesn't know this user, client or code."""


@dataclass(frozen=True, slots=True)
class OidcUser:
    """Somebody who can sign in."""

    name: str
    password: str = field(repr=False)
    claims: Mapping[str, Any] = field(default_factory=dict)
    """What their tokens say beside `sub`, which is the name."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code that waits to be traded for a token."""

    user: str
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    expires: float


class OidcIdp:
    """An OpenID Connect provider.

    Args:
        now: the present; `lab.clock.now` makes it live in the lab's time.
        issuer: what it calls itself in tokens, an https URL.
        private: the key to sign with; None makes a new one.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        issuer: str = "https://idp.example.org",
        *,
        private: rsa.RSAPrivateKey | None = None,
    ) -> None:
        self.issuer = issuer
        self._now = now
        self._keys: list[RSAKey] = []
        self._users: dict[str, OidcUser] = {}
        self._clients: dict[str, tuple[str, ...]] = {}
        self._secrets: dict[str, str] = {}
        self._codes: dict[str, Code] = {}
        self._server: LoopbackServer | None = None
        self.rotate(private)

    # -------------------------------------------------------------- keys
    @property
    def jwks(self) -> dict[str, Any]:
        """The public keys, as published."""
        return {
            "keys": [
                {**key.as_dict(private=False), "use": "sig", "alg": "RS256", "kid": key.kid}
                for key in self._keys
            ]
        }

    def rotate(self, private: rsa.RSAPrivateKey | None = None) -> None:
        """Sign with a new key from now on; the old ones stay published until `retire`."""
        key = RSAKey.import_key(_pem(private or new_private_key()))
        key.ensure_kid()
        self._keys.append(key)

    def retire(self) -> None:
        """Withdraw all keys but the one that signs today: tokens signed with them are worth nothing any more."""
        del self._keys[:-1]

    # -------------------------------------------------------------- who it knows
    def add_user(self, name: str, password: str, **claims: Any) -> OidcUser:
        """Let somebody sign in; `claims` go into their tokens."""
        user = OidcUser(name, password, claims)
        self._users[name] = user
        return user

    def add_client(
        self, client_id: str, redirect_uris: Iterable[str] = (), secret: str | None = None
    ) -> None:
        """Register an application.

        Args:
            redirect_uris: where it lets its users be sent back to.
            secret: with it, the application gets tokens for itself (client credentials).
        """
        self._clients[client_id] = tuple(redirect_uris)
        if secret is not None:
            self._secrets[client_id] = secret

    # -------------------------------------------------------------- tokens
    def token(self, subject: str, audience: str | list[str] = AWS, **claims: Any) -> str:
        """A signed token. A claim of None is left out, so that tests can leave out `iat` or `exp`, too.

        Args:
            audience: for whom it is: `aud`.
            claims: further claims, or others than the usual ones.
        """
        present = int(self._now().timestamp())
        said = {
            "iss": self.issuer,
            "sub": subject,
            "aud": audience,
            "iat": present,
            "exp": present + _TOKEN_LIFETIME,
            "jti": secrets.token_hex(16),
            **claims,
        }
        key = self._keys[-1]
        header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
        return jwt.encode(header, {name: value for name, value in said.items() if value is not None}, key)

    def job_token(
        self,
        repository: str,
        *,
        ref: str = "refs/heads/main",
        environment: str | None = None,
        pull_request: bool = False,
        audience: str = AWS,
        **claims: Any,
    ) -> str:
        """The token of a CI job, with the claims and the form of `sub` that GitHub Actions uses.

        Args:
            repository: `owner/name`.
            environment: the deployment environment of the job, if it has one.
            pull_request: the job runs for a pull request.
        """
        if environment is not None:
            what = f"environment:{environment}"
        else:
            what = "pull_request" if pull_request else f"ref:{ref}"
        said = {
            "repository": repository,
            "repository_owner": repository.partition("/")[0],
            "ref": ref,
            "environment": environment,
            "event_name": "pull_request" if pull_request else "push",
            **claims,
        }
        return self.token(f"repo:{repository}:{what}", audience, **said)

    def sign_in(self, name: str, password: str, client_id: str, **claims: Any) -> str:
        """Check a password and give an ID token for an application: the code flow without the browser.

        Raises:
            SignInFailed: no such user or application, or a wrong password.
        """
        user = self._users.get(name)
        right = hmac.compare_digest((user.password if user else "").encode(), password.encode())
        if user is None or not right or client_id not in self._clients:
            raise SignInFailed("wrong user name, password or client id")
        return self.token(name, client_id, **{**user.claims, **claims})

    # -------------------------------------------------------------- over HTTP
    def start(self) -> str:
        """Answer on loopback, and return the address: what `lab.trust_issuer` wants."""
        if self._server is None:
            self._server = LoopbackServer(self.answer)
        return self._server.address

    def close(self) -> None:
        """Stop answering. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def configuration(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/.well-known/jwks",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def answer(self, visit: Visit) -> Page:
        """The page for a visit, for those who serve it themselves: `TlsEndpoint(certificate, idp.answer)`."""
        page = {
            ("GET", "/.well-known/openid-configuration"): lambda _: _json(self.configuration),
            ("GET", "/.well-known/jwks"): lambda _: _json(self.jwks),
            ("GET", "/authorize"): self._authorize,
            ("POST", "/authorize"): self._authorize,
            ("POST", "/token"): self._token,
        }.get((visit.method, visit.path))
        return page(visit) if page is not None else Page("there is no such page", "text/plain", 404)

    def _authorize(self, visit: Visit) -> Page:
        asked = visit.fields
        client_id, back = asked.get("client_id", ""), asked.get("redirect_uri", "")
        # Nobody is sent to an address that the application hasn't registered, not even with an error.
        if back not in self._clients.get(client_id, ()):
            return Page("unknown application, or an address that it hasn't registered", "text/plain", 400)
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return redirect(
                f"{back}?{urlencode({'error': 'invalid_request', 'state': asked.get('state', '')})}"
            )
        if visit.method == "GET":
            return Page(_form(asked, self.issuer, ""))
        user = self._users.get(asked.get("name", ""))
        if not hmac.compare_digest(
            (user.password if user else "").encode(), asked.get("password", "").encode()
        ):
            user = None
        if user is None:
            return Page(_form(asked, self.issuer, "<p>wrong user name or password</p>"), status=401)
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(
            user.name,
            client_id,
            back,
            asked.get("code_challenge", ""),
            asked.get("nonce"),
            self._now().timestamp() + _CODE_LIFETIME,
        )
        return redirect(f"{back}?{urlencode({'code': code, 'state': asked.get('state', '')})}")

    def _token(self, visit: Visit) -> Page:
        asked = visit.fields
        grants = {"authorization_code": self._by_code, "client_credentials": self._by_secret}
        grant = grants.get(asked.get("grant_type", ""))
        token = grant(asked) if grant is not None else None
        if token is None:
            return Page(json.dumps({"error": "invalid_grant"}), "application/json", 400)
        return _json(
            {"id_token": token, "access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_LIFETIME}
        )

    def _by_code(self, asked: Mapping[str, str]) -> str | None:
        code = self._codes.pop(asked.get("code", ""), None)  # good once
        if code is None or self._now().timestamp() > code.expires:
            return None
        if (code.client_id, code.redirect_uri) != (asked.get("client_id"), asked.get("redirect_uri")):
            return None
        if not hmac.compare_digest(pkce_challenge(asked.get("code_verifier", "")), code.challenge):
            return None
        return self.token(code.user, code.client_id, nonce=code.nonce, **self._users[code.user].claims)

    def _by_secret(self, asked: Mapping[str, str]) -> str | None:
        client_id = asked.get("client_id", "")
        known = self._secrets.get(client_id)
        right = hmac.compare_digest((known or "").encode(), asked.get("client_secret", "").encode())
        return self.token(client_id, asked.get("audience") or client_id) if known and right else None

    def __enter__(self) -> OidcIdp:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = f" on {self._server.address}" if self._server is not None else ""
        return f"OpenID Connect provider {self.issuer}{where} · {len(self._keys)} keys"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        rows = "".join(
            f"<tr><td>{title}</td><td><code>{escape(value)}</code></td></tr>"
            for title, value in (
                ("issuer", self.issuer),
                ("answers on", self._server.address if self._server is not None else "– (not started)"),
                ("keys", ", ".join(str(key.kid)[:8] + "…" for key in self._keys)),
                ("applications", ", ".join(self._clients) or "–"),
            )
        )
        return {
            "text/plain": repr(self),
            "text/html": f"<div><b>OpenID Connect provider</b><table>{rows}</table></div>",
        }


def pkce_challenge(verifier: str) -> str:
    """The challenge that belongs to a code verifier (method S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unverified: for looking at it in a lesson."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _pem(private: rsa.RSAPrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _json(value: Mapping[str, Any]) -> Page:
    return Page(json.dumps(value), "application/json")


def _form(asked: Mapping[str, str], issuer: str, message: str) -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
        if name not in ("name", "password")
    )
    return (
        '<!doctype html><meta charset="utf-8"><title>Sign in</title>'
        f'<h1>Sign in</h1><p>{escape(issuer)}</p>{message}<form method="post" action="/authorize">{kept}'
        '<label>User <input name="name" autofocus></label> '
        '<label>Password <input name="password" type="password"></label> <button>Sign in</button></form>'
    )
