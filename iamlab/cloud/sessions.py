"""Temporary credentials: what STS hands out, and what it remembers about each of them.

In: who asked for what (services/sts.py). Out: `Session`s, kept in `LabState.sessions` by access key id until long after
they expired, since an expired key is refused with other words than an unknown one.

Ids and secrets come from the lab's random source, so that a seeded lab hands out the same ones in each run.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

import base64
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Any

from iamlab.cloud.errors import AwsError
from iamlab.cloud.state import LabState

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TOKEN_START = "IQoJb3JpZ2luX2Vj"  # what tokens of today's STS begin with; nothing may rely on it
_KEEP = 20_000
LONGEST_TOKEN = 4_096


class SessionKind(StrEnum):
    """Which STS call made the session, or that a user has signed in."""

    ROLE = "AssumeRole"
    FEDERATED = "GetFederationToken"
    TOKEN = "GetSessionToken"
    ROOT = "AssumeRoot"
    CONSOLE = "ConsoleLogin"
    """What the console works with for a user who has signed in; unlike TOKEN free to call IAM."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One set of temporary credentials and the facts that go with it."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    kind: SessionKind
    account: str
    """The account whose principal this session is: a role's account, not that of who assumed it."""
    issuer_id: str
    """Unique id of the role or user behind the session (`AROA…`, `AIDA…`), the account id for a root user."""
    name: str
    """Role session name, or name of the federated user; '' for all others."""
    issued: datetime
    expires: datetime
    policy: str | None = None
    """Text of the inline session policy."""
    policy_arns: tuple[str, ...] = ()
    """Managed session policies."""
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Session tags, inherited transitive ones included."""
    transitive: frozenset[str] = frozenset()
    """Keys of those tags that the next role in a chain inherits, as they are spelled in `tags`."""
    source_identity: str | None = None
    mfa_at: datetime | None = None
    """When the user proved a second factor, to GetSessionToken or when signing in."""
    chained: bool = False
    """The role was assumed with temporary credentials."""
    provider: str | None = None
    """The identity provider of a federated role session (`aws:FederatedProvider`)."""
    delivered_by: str | None = None
    """The AWS service that assumed the role to hand its credentials to a workload (`ecs-tasks.amazonaws.com`)."""
    context: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """Condition keys that the deliverer of the credentials puts on every call (`lambda:SourceFunctionArn` …)."""

    def credentials(self) -> dict[str, Any]:
        """The `Credentials` part of STS's responses."""
        return {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": self.expires,
        }

    def token_facts(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The part of STS's responses about the token's size, for those who asked for one."""
        if not params.get("MinimumSessionTokenSize"):
            return {}
        size = len(self.session_token)
        return {"SessionTokenUtilization": -(-100 * size // LONGEST_TOKEN), "SessionTokenSize": size}

    def expired(self, now: datetime) -> bool:
        return now >= self.expires


def issue(
    state: LabState, kind: SessionKind, account: str, lifetime: timedelta, token_size: int = 0, **facts: Any
) -> Session:
    """Make a session that starts now, and remember it.

    Args:
        lifetime: how long the credentials live, by the lab's clock.
        token_size: how long the session token is to be at least.
        facts: further fields of `Session`.
    """
    with state.lock:
        now = state.clock.now().replace(microsecond=0)  # STS answers in whole seconds
        session = Session(
            access_key_id=access_key_id(state.random, "ASIA", account),
            secret_access_key=secret(state.random),
            session_token=_TOKEN_START
            + base64.b64encode(state.random.randbytes(max(300, -(-token_size // 4) * 3))).decode(),
            kind=kind,
            account=account,
            issued=now,
            expires=now + lifetime,
            **facts,
        )
        _forget_old(state)
        state.sessions[session.access_key_id] = session
        return session


def access_key_id(random: Random, prefix: str, account: str, length: int = 20) -> str:
    """An id as AWS makes them: a prefix, the account in base 32, and random characters.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    number = int(account)
    head = base64.b32encode((number // 2 + (1 << 39)).to_bytes(5, "big")).decode()
    # The account's lowest bit decides from which half of the alphabet the next character comes.
    parity = random.choice(_BASE32[16:] if number % 2 else _BASE32[:16])
    rest = length - len(prefix) - len(head) - 1
    return prefix + head + parity + "".join(random.choices(_BASE32, k=rest))


def account_of_key(key_id: str) -> str | None:
    """The account that an access key id carries in it; None where it carries none.

    Ids made before 2019 don't; nor do ids that nobody has made.
    """
    body = key_id[4:].upper()
    if len(body) < 9 or any(c not in _BASE32 for c in body[:9]):
        return None
    number = int.from_bytes(base64.b32decode(body[:8]), "big") - (1 << 39)
    number = number * 2 + (_BASE32.index(body[8]) >= 16)
    return f"{number:012d}" if 0 <= number < 10**12 else None


def secret(random: Random) -> str:
    """A secret access key: 40 characters."""
    return "".join(random.choices(_SECRET_ALPHABET, k=40))


def _forget_old(state: LabState) -> None:
    if len(state.sessions) < _KEEP:
        return
    by_age = sorted(state.sessions.values(), key=lambda session: session.expires)
    for session in by_age[: _KEEP // 10]:
        del state.sessions[session.access_key_id]


# ------------------------------------------------------------------ what temporary credentials may not do
_INVALID = "The security token included in the request is invalid"

# (kind, service) -> operations that stay open; an absent pair is not limited.
_OPEN: dict[tuple[SessionKind, str], frozenset[str]] = {
    (SessionKind.FEDERATED, "iam"): frozenset(),
    (SessionKind.FEDERATED, "sts"): frozenset({"GetCallerIdentity"}),
    (SessionKind.TOKEN, "iam"): frozenset(),
    (SessionKind.TOKEN, "sts"): frozenset({"GetCallerIdentity", "AssumeRole"}),
}
_LONG_TERM_ONLY = frozenset({"GetSessionToken", "GetFederationToken"})


def restriction(session: Session | None, service: str, operation: str) -> AwsError | None:
    """The error for a call that this kind of credentials can't make, whatever policies say.

    The gate asks before it looks at any policy. IAM answers such calls as if the token were unknown.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
    """
    if session is None:
        return None
    if service == "sts" and operation in _LONG_TERM_ONLY:
        return AwsError("AccessDenied", f"Cannot call {operation} with session credentials", 403)
    allowed = _OPEN.get((session.kind, service))
    if allowed is None or operation in allowed:
        return None
    if service == "iam":
        if session.kind is SessionKind.TOKEN and session.mfa_at is not None:
            return None
        return AwsError("InvalidClientTokenId", _INVALID, 403)
    return AwsError("AccessDenied", f"Cannot call {operation} with session credentials", 403)
