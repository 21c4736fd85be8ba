"""Login profiles: the console passwords of users.

Without a user name, the caller's own; for a session of centralised root access, the root user's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import credentials
from iamlab.cloud.passwords import USED_BEFORE, Hashed, Password
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_holders import user_or_caller
from iamlab.cloud.services.iam_password_policy import refuse_weak
from iamlab.cloud.services.iam_root_password import root_password, set_root_password, speaks_of_root
from iamlab.cloud.services.iam_shapes import already_exists, no_such_entity
from iamlab.cloud.services.validation import MISSING, constraint_error
from iamlab.cloud.state import LabState

ROOT = "root"
"""The root user's name where an answer has to have one."""


@operation("iam", "CreateLoginProfile")
def create_login_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html"""
    plain = call.params.get("Password")
    if speaks_of_root(call):
        return _recover_root(call, state)
    if plain is None:  # the model leaves it optional for the sake of root sessions
        raise constraint_error(("password", "", MISSING))
    with state.lock:
        user = user_or_caller(call)
        if credentials.password(user) is not None:
            raise already_exists(f"Login Profile for user {user.name} already exists.")
        refuse_weak(call.account, plain, None)
        profile = Password(
            created=call.now,
            changed=call.now,
            reset_required=bool(call.params.get("PasswordResetRequired")),
            history=[Hashed.of(plain, state.random)],
        )
        credentials.set_password(user, profile)
    return {"LoginProfile": _shape(user, profile)}


@operation("iam", "GetLoginProfile")
def get_login_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html"""
    if speaks_of_root(call):
        return {"LoginProfile": _root_shape(_root_profile(call, state))}
    user = user_or_caller(call)
    return {"LoginProfile": _shape(user, _profile(user))}


@operation("iam", "UpdateLoginProfile")
def update_login_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html"""
    plain, reset = call.params.get("Password"), call.params.get("PasswordResetRequired")
    with state.lock:
        profile = _profile(user_or_caller(call))
        if plain is not None:
            refuse_weak(call.account, plain, profile)
            profile.replace(plain, call.now, state.random)
        if reset is not None:
            profile.reset_required = bool(reset)
    return {}


@operation("iam", "DeleteLoginProfile")
def delete_login_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteLoginProfile.html"""
    with state.lock:
        if speaks_of_root(call):
            _root_profile(call, state)
            set_root_password(call.account, state, None)
            return {}
        user = user_or_caller(call)
        _profile(user)
        credentials.set_password(user, None)
    return {}


@operation("iam", "ChangePassword")
def change_password(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html

    A password that has expired can be changed by this call even where the policy says hard expiry, which is about
    signing in.
    """
    if call.caller.type != "User":
        raise AwsError("InvalidUserType", "Only IAM Users can change their own password")
    with state.lock:
        profile = _profile(call.caller.record)
        old, new = call.params["OldPassword"], call.params["NewPassword"]
        if old == new:  # no change at all, whatever the account remembers
            raise AwsError("PasswordPolicyViolation", USED_BEFORE)
        if not profile.matches(old):
            raise AwsError("AccessDenied", "The old password was incorrect.", 403)
        refuse_weak(call.account, new, profile)
        profile.replace(new, call.now, state.random)
        profile.reset_required = False
    return {}


def _profile(user: Any) -> Password:
    found: Password | None = credentials.password(user)
    if found is None:
        raise no_such_entity(f"Login Profile for User {user.name} cannot be found.")
    return found


def _recover_root(call: Call, state: LabState) -> dict[str, Any]:
    """Whoever reads the root user's mail may set a password again; AWS asks for none here."""
    with state.lock:
        if call.params.get("Password") is not None:
            raise AwsError("ValidationError", "Password must not be specified for the root user")
        if root_password(call.account, state, call.now) is not None:
            raise already_exists(f"Login Profile for user {ROOT} already exists.")
        set_root_password(call.account, state, call.now)
    return {"LoginProfile": _root_shape(call.now)}


def _root_profile(call: Call, state: LabState) -> datetime:
    found = root_password(call.account, state, call.now)
    if found is None:
        raise no_such_entity(f"Login Profile for User {ROOT} cannot be found.")
    return found


def _root_shape(created: datetime) -> dict[str, Any]:
    return {"UserName": ROOT, "CreateDate": created, "PasswordResetRequired": False}


def _shape(user: Any, profile: Password) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "CreateDate": profile.created,
        "PasswordResetRequired": profile.reset_required,
    }
