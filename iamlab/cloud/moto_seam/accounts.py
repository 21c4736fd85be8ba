"""Accounts and their keys in moto's state: the administrator, last-used data, starting over.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-keys-last-used.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow
from moto.iam.models import AccessKeyLastUsed
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.moto_api._internal import mock_random

from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.moto_seam.identities import iam

if TYPE_CHECKING:
    from iamlab.cloud.call import Call
    from iamlab.cloud.state import LabState

ADMINISTRATOR = "Administrator"
_ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True, slots=True)
class Keys:
    """A long-term access key."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def random_source() -> Random:
    """The one source of moto's ids and secrets; seeding it makes them reproducible."""
    source: Random = mock_random
    return source


def make_administrator(account: str, keys: Keys | None = None) -> Keys:
    """Create the account's administrator with an access key.

    Args:
        keys: the key to give it; None makes a new one.
    """
    backend = iam(account)
    user = backend.create_user("us-east-1", ADMINISTRATOR)
    user.id = generate_access_key_id_from_account_id(account, prefix="AIDA", total_length=21)
    backend.managed_policies[_ADMINISTRATOR_ACCESS].attach_to(user)
    made = backend.create_access_key(ADMINISTRATOR)
    if keys is not None:
        backend.access_keys.pop(made.access_key_id)
        made.access_key_id, made.secret_access_key = keys.access_key_id, keys.secret_access_key
        backend.access_keys[made.access_key_id] = made
    return Keys(made.access_key_id, made.secret_access_key)


def forget_everything() -> None:
    """Empty every backend of every account."""
    BackendDict.reset()
    organizations.forget()


def mark_used(call: Call, state: LabState) -> None:
    """Note service, region and time at the key, or at the role of a session."""
    caller = call.caller
    if caller.is_root:
        root_key = state.root_keys.get(call.access_key or "")
        if root_key is not None:
            root_key.last_used = (call.now, call.signing_service or call.service, call.region)
    if caller.record is None or caller.account is None:
        return
    if caller.session is None:
        key = iam(caller.account).access_keys.get(call.access_key or "")
        if key is not None:
            key.last_used = AccessKeyLastUsed(utcnow(), call.signing_service or call.service, call.region)
    elif caller.type == "AssumedRole":
        role: Any = caller.record
        role.last_used = utcnow()
