"""Who is calling: from an access key id to a principal.

In: the access key id of a signed request. Out: the `Credential` to check the signature with, and the `Caller` it stands
for. Long-term keys of users live in moto's IAM, those of root users and all temporary ones in the lab's state. The gate
verifies the signature between the two steps; nothing here trusts a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iamlab.cloud.moto_seam import identities
from iamlab.cloud.sessions import Session, SessionKind, access_key_id, secret
from iamlab.cloud.state import LabState, RootKey

if TYPE_CHECKING:
    from iamlab.cloud.federation.proof import Proof

_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """A principal that makes a call."""

    arn: str
    """As CloudTrail and error messages show it: of a role session the session ARN, of a service its name."""
    type: str
    """`Account` (root), `User`, `AssumedRole`, `FederatedUser`, `AWSService`, `Federated` or `Anonymous`.

    In another account's trail, `AWSAccount`.
    """
    account: str | None
    """The account it belongs to; a service and an anonymous caller have none."""
    user_id: str | None = None
    """`aws:userid`."""
    username: str | None = None
    """`aws:username`: IAM users only."""
    issuer: str | None = None
    """ARN of the role behind a session, of the user behind a federated user; of anybody else None."""
    access_key: str | None = None
    session: Session | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: _NO_TAGS)
    """`aws:PrincipalTag/…`: the user's or role's tags with the session's over them."""
    record: Any = field(default=None, repr=False)
    """moto's record of the user or role whose policies count; None for root, services and anonymous callers."""
    proof: Proof | None = field(default=None, repr=False)
    """What an identity provider vouches for, in the calls that trade it for a role session."""

    @property
    def principal_arn(self) -> str | None:
        """`aws:PrincipalArn`: of a role session the role's ARN; absent for services and anonymous callers."""
        if self.type == "AssumedRole":
            return self.issuer
        return self.arn if self.type in ("Account", "User", "FederatedUser") else None

    @property
    def entity_arn(self) -> str:
        """The lasting principal: the role or user behind a session, else the caller itself."""
        return self.issuer or self.arn

    @property
    def is_root(self) -> bool:
        return self.type == "Account"

    @property
    def service_linked(self) -> bool:
        """A session of a service-linked role: beyond boundaries, SCPs and RCPs."""
        return self.type == "AssumedRole" and "/aws-service-role/" in (self.issuer or "")


def outsider(caller: Caller) -> Caller:
    """A caller as CloudTrail shows it to another account: its account and unique id, without names and keys."""
    return Caller(arn=caller.account or "", type="AWSAccount", account=caller.account, user_id=caller.user_id)


ANONYMOUS = Caller(arn="anonymous", type="Anonymous", account=None, user_id="anonymous")


def service_principal(name: str) -> Caller:
    """AWS's own service calling directly, `ecs-tasks.amazonaws.com`."""
    return Caller(arn=name, type="AWSService", account=None)


def identity_provider(principal: str, proof: Proof) -> Caller:
    """Somebody for whom an identity provider vouches, before there is a session.

    Args:
        principal: the provider as trust policies name it: its ARN, or the domain of one that AWS knows by itself.
    """
    return Caller(arn=principal, type="Federated", account=None, proof=proof)


@dataclass(frozen=True, slots=True, eq=False)
class Credential:
    """What the lab knows of an access key id; enough to check a signature."""

    access_key_id: str
    secret: str = field(repr=False)
    account: str
    active: bool
    token: str | None = field(default=None, repr=False)
    """The session token that must come with a temporary key."""
    expires: datetime | None = None
    source: Any = field(default=None, repr=False)
    """The session, the root key, or moto's user record that the key hangs at."""

    def expired(self, now: datetime) -> bool:
        return self.expires is not None and now >= self.expires


def find_credential(access_key: str, state: LabState) -> Credential | None:
    """The credential behind an access key id of whatever account; None for one that nobody holds.

    A user's inactive key is found (`active` is False); a deleted one isn't. Nor is the key of a session whose
    role or user is gone: making the role anew under the same name doesn't bring its sessions back.
    """
    session = state.sessions.get(access_key)
    if session is not None:
        if session.issuer_id != session.account and _record(session) is None:
            return None
        return Credential(
            access_key,
            session.secret_access_key,
            session.account,
            active=True,
            token=session.session_token,
            expires=session.expires,
            source=session,
        )
    root = state.root_keys.get(access_key)
    if root is not None:
        return Credential(
            access_key, root.secret_access_key, root.account, active=root.status == "Active", source=root
        )
    found = identities.user_key(access_key)
    if found is None:
        return None
    account, user, key = found
    return Credential(access_key, key.secret_access_key, account, active=key.status == "Active", source=user)


def caller_for(credential: Credential) -> Caller:
    """The principal whose credential this is."""
    source = credential.source
    if isinstance(source, Session):
        return _session_caller(source)
    if isinstance(source, RootKey):
        return root_user(source.account, access_key=credential.access_key_id)
    return user_caller(credential.account, source, access_key=credential.access_key_id)


def find_caller(access_key: str, state: LabState) -> Caller | None:
    """`find_credential` and `caller_for` in one, for those who need not check a signature."""
    credential = find_credential(access_key, state)
    return caller_for(credential) if credential is not None else None


def root_user(account: str, *, access_key: str | None = None, session: Session | None = None) -> Caller:
    """The root user of an account."""
    return Caller(
        arn=f"arn:aws:iam::{account}:root",
        type="Account",
        account=account,
        user_id=account,
        access_key=access_key,
        session=session,
    )


def user_caller(
    account: str, user: Any, *, access_key: str | None = None, session: Session | None = None
) -> Caller:
    """An IAM user, by a long-term key, a GetSessionToken session or signed in to the console."""
    return Caller(
        arn=user.arn,
        type="User",
        account=account,
        user_id=user.id,
        username=user.name,
        access_key=access_key,
        session=session,
        tags=identities.user_tags(account, user),
        record=user,
    )


def _session_caller(session: Session) -> Caller:
    account, key = session.account, session.access_key_id
    if session.kind is SessionKind.ROOT:
        return root_user(account, access_key=key, session=session)
    record = _record(session)
    if session.kind in (SessionKind.TOKEN, SessionKind.CONSOLE):
        if record is None:
            return root_user(account, access_key=key, session=session)
        return user_caller(account, record, access_key=key, session=session)
    if session.kind is SessionKind.FEDERATED:
        return Caller(
            arn=f"arn:aws:sts::{account}:federated-user/{session.name}",
            type="FederatedUser",
            account=account,
            user_id=f"{account}:{session.name}",
            issuer=record.arn if record is not None else f"arn:aws:iam::{account}:root",
            access_key=key,
            session=session,
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html: the user's tags come along
            tags=merged_tags(
                identities.user_tags(account, record) if record is not None else {}, session.tags
            ),
            record=record,
        )
    assert record is not None, "find_credential knows no key of a role that is gone"
    return Caller(
        arn=f"arn:aws:sts::{account}:assumed-role/{record.name}/{session.name}",
        type="AssumedRole",
        account=account,
        user_id=f"{session.issuer_id}:{session.name}",
        issuer=record.arn,
        access_key=key,
        session=session,
        tags=merged_tags(identities.role_tags(record), session.tags),
        record=record,
    )


def _record(session: Session) -> Any | None:
    """moto's record of the role or user behind a session; None if it is gone, or was the root user."""
    if session.kind is SessionKind.ROLE:
        return identities.role_by_id(session.account, session.issuer_id)
    return identities.user_by_id(session.account, session.issuer_id)


def merged_tags(under: Mapping[str, str], over: Mapping[str, str]) -> dict[str, str]:
    """Two sets of tags; keys are the same whatever their case, and the second set wins."""
    if not over:
        return dict(under)
    taken = {key.casefold() for key in over}
    return {key: value for key, value in under.items() if key.casefold() not in taken} | dict(over)


def make_root_key(state: LabState, account: str) -> RootKey:
    """An access key of an account's root user, made on first need and the same from then on."""
    with state.lock:
        for key in state.root_keys.values():
            if key.account == account and key.status == "Active":
                return key
        key = RootKey(
            access_key_id(state.random, "AKIA", account),
            secret(state.random),
            account,
            created=state.clock.now(),
        )
        state.root_keys[key.access_key_id] = key
        return key
