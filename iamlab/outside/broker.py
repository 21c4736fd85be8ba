"""A custom identity broker: signs people in at the company's directory, and gets credentials of AWS for them.

This is how federation was done before SAML and OIDC, and still is where a directory speaks neither. The broker is an
application with a key of AWS's of its own; people never get to see that. Which access somebody gets follows from
their groups alone.

    broker = Broker(directory.url, directory.base, sts, {
        "data-readers": Access(role_arn="arn:aws:iam::123456789012:role/Reader"),
        "interns": Access(policy={…}),
    })
    grant = broker.sign_in("ana", "correct horse")
    broker.console_url(grant)

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

from ldap3 import NONE, Connection, Server
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

FEDERATION = "https://signin.aws.amazon.com/federation"
CONSOLE = "https://console.aws.amazon.com/"
_TIMEOUT = 5


class SignInFailed(Exception):
    """The directory doesn't know this person, the password is wrong, or no group gives access."""


@dataclass(frozen=True, slots=True)
class Access:
    """What members of a group get: a role, or the broker's own permissions cut down by a policy."""

    role_arn: str | None = None
    policy: Mapping[str, Any] | None = None
    seconds: int = 3_600

    def __post_init__(self) -> None:
        if (self.role_arn is None) == (self.policy is None):
            raise ValueError("a group gets a role or a policy, one of the two")


@dataclass(frozen=True, slots=True)
class Grant:
    """Credentials that somebody got."""

    person: str
    groups: tuple[str, ...]
    by: str
    """The group that gave them."""
    credentials: Mapping[str, Any] = field(repr=False)
    role_arn: str | None = None

    def __repr__(self) -> str:
        what = self.role_arn or "the broker's permissions, cut down"
        return f"{self.person} ({', '.join(self.groups)}) → {what}, until {self.credentials['Expiration']}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": f"<code>{escape(repr(self))}</code>"}


class Broker:
    """An identity broker.

    Args:
        url: the directory's, `ldap://127.0.0.1:…`.
        base: the name under which it keeps people and groups.
        sts: a boto3 client with the broker's own key.
        access: what the members of each group get; of several groups the first one here counts.
        fetch: gets the text at a URL; `requests` if None.
    """

    def __init__(
        self,
        url: str,
        base: str,
        sts: Any,
        access: Mapping[str, Access],
        *,
        fetch: Callable[[str], str] | None = None,
    ) -> None:
        self._url = url
        self._base = base
        self._sts = sts
        self._access = dict(access)
        self._fetch = fetch or _fetch

    def groups_of(self, person: str, password: str) -> tuple[str, ...]:
        """Bind as somebody and read their groups.

        Raises:
            SignInFailed: the directory doesn't take name and password, or doesn't answer.
        """
        # An empty password makes a bind anonymous, and many directories call that a success.
        if not person or not password:
            raise SignInFailed("a name and a password are needed")
        dn = f"uid={escape_rdn(person)},ou=people,{self._base}"
        server = Server(self._url, get_info=NONE, connect_timeout=_TIMEOUT)
        connection = Connection(server, dn, password, read_only=True, receive_timeout=_TIMEOUT)
        try:
            if not connection.bind():
                raise SignInFailed("wrong user name or password")
            connection.search(
                f"ou=groups,{self._base}",
                f"(&(objectClass=groupOfNames)(member={escape_filter_chars(dn)}))",
                attributes=["cn"],
            )
            return tuple(str(entry.cn) for entry in connection.entries)
        except LDAPException as error:
            raise SignInFailed(f"the directory doesn't answer: {type(error).__name__}") from error
        finally:
            connection.unbind()

    def sign_in(self, person: str, password: str) -> Grant:
        """Get somebody credentials of AWS.

        Raises:
            SignInFailed: the password is wrong, or none of their groups gives access.
        """
        groups = self.groups_of(person, password)
        by = next((group for group in self._access if group in groups), None)
        if by is None:
            raise SignInFailed(f"no group of {person} gives access to AWS")
        access = self._access[by]
        if access.role_arn is not None:
            answer = self._sts.assume_role(
                RoleArn=access.role_arn, RoleSessionName=person, DurationSeconds=access.seconds
            )
        else:
            answer = self._sts.get_federation_token(
                Name=person, Policy=json.dumps(access.policy), DurationSeconds=access.seconds
            )
        return Grant(person, groups, by, answer["Credentials"], access.role_arn)

    def console_url(
        self, grant: Grant, destination: str = CONSOLE, issuer: str = "https://broker.example.org"
    ) -> str:
        """The address with which somebody enters the console, without another sign-in; good for fifteen minutes."""
        token = json.loads(self._fetch(token_request(grant.credentials)))["SigninToken"]
        query = {"Action": "login", "Issuer": issuer, "Destination": destination, "SigninToken": token}
        return f"{FEDERATION}?{urlencode(query)}"

    def __repr__(self) -> str:
        return f"identity broker for {self._base} · " + ", ".join(self._access)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        rows = "".join(
            f"<tr><td>{escape(group)}</td><td>{escape(access.role_arn or json.dumps(access.policy))}</td></tr>"
            for group, access in self._access.items()
        )
        html = f"<div><b>Identity broker</b><table><tr><th>Group</th><th>Access</th></tr>{rows}</table></div>"
        return {"text/plain": repr(self), "text/html": html}


def token_request(credentials: Mapping[str, Any], seconds: int | None = None) -> str:
    """The address at which AWS trades credentials for a sign-in token.

    Args:
        seconds: how long the console session shall last; for credentials of AssumeRole only.
    """
    session = {
        "sessionId": credentials["AccessKeyId"],
        "sessionKey": credentials["SecretAccessKey"],
        "sessionToken": credentials["SessionToken"],
    }
    query = {"Action": "getSigninToken", "Session": json.dumps(session)}
    if seconds is not None:
        query["SessionDuration"] = str(seconds)
    return f"{FEDERATION}?{urlencode(query)}"


def _fetch(url: str) -> str:
    import requests

    response = requests.get(url, timeout=_TIMEOUT)
    response.raise_for_status()
    return response.text
