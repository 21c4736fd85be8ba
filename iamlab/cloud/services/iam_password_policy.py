"""The account's password policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import credentials
from iamlab.cloud.passwords import USED_BEFORE, Password, PasswordPolicy, default_breach
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_shapes import no_such_entity
from iamlab.cloud.state import LabState

# parameter -> field of the policy
_FIELDS = {
    "MinimumPasswordLength": "minimum_length",
    "RequireSymbols": "symbols",
    "RequireNumbers": "numbers",
    "RequireUppercaseCharacters": "uppercase",
    "RequireLowercaseCharacters": "lowercase",
    "AllowUsersToChangePassword": "users_change_own",
    "MaxPasswordAge": "max_age",
    "PasswordReusePrevention": "remembered",
    "HardExpiry": "hard_expiry",
}


@operation("iam", "UpdateAccountPasswordPolicy")
def update_account_password_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html

    There are no partial updates: what a call leaves out goes back to its default.
    """
    given = {field: call.params[name] for name, field in _FIELDS.items() if name in call.params}
    credentials.set_password_policy(call.account, PasswordPolicy(**given))
    return {}


@operation("iam", "GetAccountPasswordPolicy")
def get_account_password_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html"""
    policy = _existing(call.account)
    shape = {name: getattr(policy, field) for name, field in _FIELDS.items()}
    shape["ExpirePasswords"] = bool(policy.max_age)
    return {"PasswordPolicy": {name: value for name, value in shape.items() if value is not None}}


@operation("iam", "DeleteAccountPasswordPolicy")
def delete_account_password_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountPasswordPolicy.html"""
    _existing(call.account)
    credentials.set_password_policy(call.account, None)
    return {}


def refuse_weak(account: str, plain: str, present: Password | None) -> None:
    """Hold a new password against the account's policy, or against AWS's default where it has none.

    Args:
        present: the user's password until now, which knows those before it.

    Raises:
        AwsError: `PasswordPolicyViolation`, 400.
    """
    policy = credentials.password_policy(account)
    words = policy.breach(plain) if policy is not None else default_breach(plain)
    if words is None and policy is not None and policy.remembered and present is not None:
        words = USED_BEFORE if present.used_before(plain, policy.remembered) else None
    if words is not None:
        raise AwsError("PasswordPolicyViolation", words)


def _existing(account: str) -> PasswordPolicy:
    policy: PasswordPolicy | None = credentials.password_policy(account)
    if policy is None:
        raise no_such_entity(f"The Password Policy with domain name {account} cannot be found.")
    return policy
