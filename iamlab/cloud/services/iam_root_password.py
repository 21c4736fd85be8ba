"""Whether an account's root user has a password.

Nobody signs in as root in the lab, so there is no password to know: only that there is one, which centralised root
access deletes, and allows to be recovered. Accounts that an organisation makes start without any.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from __future__ import annotations

from datetime import datetime

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.services.iam_users import account_created
from iamlab.cloud.sessions import SessionKind
from iamlab.cloud.state import LabState

_STORE = "iam:root passwords"


def speaks_of_root(call: Call) -> bool:
    """A session of centralised root access that names no user means the root user itself."""
    session = call.caller.session
    return session is not None and session.kind is SessionKind.ROOT and "UserName" not in call.params


def root_password(account: str, state: LabState, now: datetime) -> datetime | None:
    """When the root user's password was made; None if there is none."""
    changed: dict[str, datetime | None] = state.stores.get(_STORE, {})
    if account in changed:
        return changed[account]
    place = organizations.membership(account)
    return None if place is not None and not place.management else account_created(account, now)


def set_root_password(account: str, state: LabState, when: datetime | None) -> None:
    """Delete the password (None), or let the owner of the root user's e-mail address set one."""
    state.stores.setdefault(_STORE, {})[account] = when
