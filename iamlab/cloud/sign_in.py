"""Signing in to the console: a user's name and password, and a one-time code where the user has an MFA device.

There is no console to look at. What one gets is what the console works with on behalf of the user who has signed in:
temporary credentials that tell whether a second factor was there. The trail gets the events of AWS's sign-in pages, and
the user is seen to have used the password.

Expired passwords and those that an administrator has handed out have to be replaced while signing in, which needs the
permission to change one's own password as on AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in-user.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from iamlab.cloud.callers import Caller, user_caller
from iamlab.cloud.moto_seam import credentials, identities, mfa
from iamlab.cloud.passwords import Password
from iamlab.cloud.services.mfa_devices import CodeCheck, check_code
from iamlab.cloud.sessions import SessionKind, issue
from iamlab.cloud.trail import HIDDEN, Event, note

if TYPE_CHECKING:
    import boto3

    from iamlab.cloud.lab import Lab
    from iamlab.cloud.state import LabState

LASTS = timedelta(hours=12)
"""How long a user stays signed in."""

_CONSOLE = "https://console.aws.amazon.com/console/home"
_BROWSER = "Mozilla/5.0 (iamlab)"
_SIGN_IN = "ConsoleLogin"


class Refused(StrEnum):
    """Why nobody was signed in, in the words of the sign-in page where it has some."""

    INCORRECT = "Your authentication information is incorrect. Please try again."
    CODE_NEEDED = "this user has an MFA device: give its present code as `mfa_code`"
    NEW_PASSWORD_NEEDED = (
        "the password has to be replaced before going on: give another one as `new_password`"
    )
    EXPIRED = (
        "the password has expired, and the account's password policy leaves it to an administrator to set one"
    )
    NOT_CHANGED = (
        "Either user is not authorized to perform iam:ChangePassword or entered password does not comply with "
        "account password policy set by administrator"
    )


class SignInError(Exception):
    """Nobody was signed in.

    Args:
        refused: why.
    """

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


@dataclass(slots=True)
class SignInEvent(Event):
    """What the sign-in pages tell CloudTrail."""

    mfa_used: bool = False

    def record(self) -> dict[str, Any]:
        """The event as CloudTrail's JSON."""
        made = Event.record(self)
        for absent in ("errorCode", "requestID"):
            made.pop(absent, None)
        identity = made["userIdentity"]
        if self.caller.username == HIDDEN:
            identity = {"type": "IAMUser", "accountId": self.account, "accessKeyId": "", "userName": HIDDEN}
        outcome = "Failure" if self.error_code is not None else "Success"
        made |= {
            "userIdentity": identity,
            "responseElements": {self.name: outcome},
            "additionalEventData": self._details(),
            "eventType": "AwsConsoleSignIn",
        }
        return made

    def _details(self) -> dict[str, str]:
        if self.name == "CheckMfa":
            return {"MfaType": "Virtual MFA"}
        if self.name != _SIGN_IN:
            return {}
        return {
            "LoginTo": _CONSOLE,
            "MobileVersion": "No",
            "MFAUsed": "Yes" if self.mfa_used else "No",
        }


def sign_in_event(
    name: str, caller: Caller, account: str, now: datetime, state: LabState, *, mfa_used: bool = False
) -> SignInEvent:
    """An event of the sign-in pages."""
    return SignInEvent(
        time=now,
        name=name,
        source="signin.amazonaws.com",
        region="us-east-1",
        caller=caller,
        account=account,
        source_ip=state.source_ip,
        user_agent=_BROWSER,
        parameters={},
        request_id="",
        event_id=str(uuid.UUID(int=state.random.getrandbits(128), version=4)),
        read_only=False,
        data_event=False,
        mfa_used=mfa_used,
    )


def sign_in(
    lab: Lab,
    name: str,
    password: str,
    mfa_code: str | None = None,
    *,
    new_password: str | None = None,
    account: str | None = None,
) -> boto3.Session:
    """Sign an IAM user in.

    Args:
        name: the user's name.
        mfa_code: what one of the user's MFA devices shows; users without any need none.
        new_password: replaces the password where that has to be done before going on.
        account: where the user lives; None for the lab's own account.

    Returns:
        boto3 as the signed-in user.

    Raises:
        SignInError: and why; a user who doesn't exist and a wrong password look alike.
    """
    state = lab.state
    now = state.clock.tick()
    pages = _Pages(state, account or lab.account_id, name, now)
    profile = pages.profile
    if pages.user is None or profile is None or not profile.matches(password):
        raise pages.refuse()
    with_mfa = pages.second_factor(mfa_code)
    policy = credentials.password_policy(pages.account)
    ends = policy.expires(profile) if policy is not None else None
    expired = ends is not None and now >= ends
    if expired and policy is not None and policy.hard_expiry:
        raise pages.refuse(Refused.EXPIRED, with_mfa)
    session = issue(
        state,
        SessionKind.CONSOLE,
        pages.account,
        LASTS,
        issuer_id=pages.user.id,
        name="",
        mfa_at=now if with_mfa else None,
    )
    signed_in = lab.session(session.credentials())
    if expired or profile.reset_required:
        try:
            pages.replace(signed_in, password, new_password)
        except SignInError:
            del state.sessions[session.access_key_id]
            raise
    credentials.set_password_last_used(pages.user, now.replace(microsecond=0))
    pages.tell(_SIGN_IN, mfa_used=with_mfa)
    return signed_in


class _Pages:
    """AWS's sign-in pages as one person goes through them."""

    def __init__(self, state: LabState, account: str, name: str, now: datetime) -> None:
        self.state, self.account, self.now = state, account, now
        self.user = identities.user_by_name(account, name) if identities.account_exists(account) else None
        self.profile: Password | None = credentials.password(self.user) if self.user is not None else None

    def second_factor(self, code: str | None) -> bool:
        """True if the user has proved one; False if the user has none to prove."""
        devices = mfa.devices_of(self.account, self.user)
        if not devices:
            return False
        self.tell("CheckMfa")
        if code is None:
            raise SignInError(Refused.CODE_NEEDED)
        for device in devices:
            found = check_code(self.state, self.account, self.user, device.serial_number, code, self.now)
            if found is CodeCheck.ACCEPTED:
                return True
        raise self.refuse(with_mfa=True)

    def replace(self, signed_in: boto3.Session, old: str, new: str | None) -> None:
        """Set a new password in the user's own name, which takes the permission to."""
        if new is None:
            raise SignInError(Refused.NEW_PASSWORD_NEEDED)
        if new == old:
            raise SignInError(Refused.NOT_CHANGED)
        try:
            signed_in.client("iam").change_password(OldPassword=old, NewPassword=new)
        except ClientError as error:
            raise SignInError(Refused.NOT_CHANGED) from error
        self.tell("PasswordUpdated")

    def refuse(self, why: Refused = Refused.INCORRECT, with_mfa: bool = False) -> SignInError:
        """Nobody is signed in, and the trail knows it."""
        self.tell(_SIGN_IN, mfa_used=with_mfa, failed=True)
        return SignInError(why)

    def tell(self, name: str, *, mfa_used: bool = False, failed: bool = False) -> None:
        state = self.state
        if self.user is not None:
            caller = user_caller(self.account, self.user)
        else:
            # A password typed into the wrong field must not end up in a log.
            caller = Caller(arn="", type="User", account=self.account, username=HIDDEN)
        event = sign_in_event(name, caller, self.account, self.now, state, mfa_used=mfa_used)
        if failed:
            known = self.user is not None
            event.fail(
                "Failure", "Failed authentication" if known else "No username found in supplied account"
            )
        note(event, state)
