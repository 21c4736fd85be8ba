"""The account as a whole: its alias, its numbers and quotas, and everybody in it with all they may do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/console-account-alias.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities, mfa
from iamlab.cloud.services import iam_access_keys, iam_attachments, iam_groups, iam_inline_policies, operation
from iamlab.cloud.services import iam_instance_profiles as profiles
from iamlab.cloud.services import iam_managed_policies as managed
from iamlab.cloud.services.iam_paging import by_name, page
from iamlab.cloud.services.iam_roles import ROLES, TRUST_POLICY_SIZE
from iamlab.cloud.services.iam_root_password import root_password
from iamlab.cloud.services.iam_shapes import (
    add_boundary,
    already_exists,
    encoded,
    group_shape,
    last_used,
    no_such_entity,
    role_shape,
    user_shape,
)
from iamlab.cloud.services.iam_signing_certificates import certificates_of
from iamlab.cloud.services.iam_tags import tag_list
from iamlab.cloud.services.iam_users import USERS
from iamlab.cloud.state import LabState

# ------------------------------------------------------------------ alias
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
_NUMBER = re.compile(r"\d{12}")


@operation("iam", "CreateAccountAlias")
def create_account_alias(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html

    Aliases are unique among all accounts, and never look like an account's number. A second one replaces the first.
    """
    alias = call.params["AccountAlias"]
    if _NUMBER.fullmatch(alias):
        raise AwsError(
            "ValidationError",
            "The specified value for accountAlias is invalid. It must not be a number of twelve digits.",
        )
    with state.lock:
        if any(alias in identities.iam(account).account_aliases for account in identities.known_accounts()):
            raise already_exists(f"The account alias {alias} already exists.")
        identities.iam(call.account).account_aliases = [alias]
    return {}


@operation("iam", "DeleteAccountAlias")
def delete_account_alias(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html"""
    alias = call.params["AccountAlias"]
    with state.lock:
        backend = identities.iam(call.account)
        if alias not in backend.account_aliases:
            raise no_such_entity(f"The account alias {alias} cannot be found.")
        backend.account_aliases = []
    return {}


@operation("iam", "ListAccountAliases")
def list_account_aliases(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html"""
    shown, truncation = page(call, identities.iam(call.account).account_aliases, str)
    return {"AccountAliases": shown, **truncation}


# ------------------------------------------------------------------ numbers
_INLINE = {holder.noun: holder.limit for holder in iam_inline_policies.HOLDERS}
_ATTACHED = {holder.kind: holder.limit for holder in iam_attachments.HOLDERS}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
QUOTAS = {
    "AccessKeysPerUserQuota": iam_access_keys.KEYS_PER_USER,
    "AssumeRolePolicySizeQuota": TRUST_POLICY_SIZE,
    "AttachedPoliciesPerGroupQuota": _ATTACHED["Group"],
    "AttachedPoliciesPerRoleQuota": _ATTACHED["Role"],
    "AttachedPoliciesPerUserQuota": _ATTACHED["User"],
    "GroupPolicySizeQuota": _INLINE["group"],
    "GroupsPerUserQuota": iam_groups.GROUPS_PER_USER,
    "GroupsQuota": iam_groups.GROUPS,
    "InstanceProfilesQuota": profiles.PROFILES,
    "PoliciesQuota": managed.POLICIES,
    "PolicySizeQuota": managed.POLICY_SIZE,
    "PolicyVersionsInUseQuota": 10_000,
    "RolePolicySizeQuota": _INLINE["role"],
    "RolesQuota": ROLES,
    "ServerCertificatesQuota": 20,
    "SigningCertificatesPerUserQuota": 2,
    "UserPolicySizeQuota": _INLINE["user"],
    "UsersQuota": USERS,
    "VersionsPerPolicyQuota": managed.VERSIONS,
}


@operation("iam", "GetAccountSummary")
def get_account_summary(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html"""
    backend = identities.iam(call.account)
    own = [record for record in list(backend.managed_policies.values()) if managed.is_local(record)]
    root_keys = [key for key in list(state.root_keys.values()) if key.account == call.account]
    of_root = mfa.devices_of(call.account, None)
    in_use = len(of_root) + sum(len(user.mfa_devices) for user in list(backend.users.values()))
    counts = {
        "AccountAccessKeysPresent": int(bool(root_keys)),
        "AccountMFAEnabled": int(bool(of_root)),
        "AccountPasswordPresent": int(root_password(call.account, state, call.now) is not None),
        "AccountSigningCertificatesPresent": int(bool(certificates_of(call.account, None, state))),
        "GlobalEndpointTokenVersion": _token_versions(state).get(call.account, 1),
        "Groups": len(backend.groups),
        "InstanceProfiles": len(backend.instance_profiles),
        "MFADevices": in_use + sum(d.enable_date is None for d in mfa.virtual_devices(call.account)),
        "MFADevicesInUse": in_use,
        "Policies": len(own),
        "PolicyVersionsInUse": sum(len(record.versions) for record in own),
        "Providers": len(backend.saml_providers) + len(backend.open_id_providers),
        "Roles": len(backend.roles),
        "ServerCertificates": len(backend.certificates),
        "Users": len(backend.users),
    }
    return {"SummaryMap": dict(sorted((counts | QUOTAS).items()))}


@operation("iam", "SetSecurityTokenServicePreferences")
def set_security_token_service_preferences(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetSecurityTokenServicePreferences.html"""
    with state.lock:
        _token_versions(state)[call.account] = int(call.params["GlobalEndpointTokenVersion"][1])
    return {}


def _token_versions(state: LabState) -> dict[str, int]:
    versions: dict[str, int] = state.stores.setdefault("iam token versions", {})
    return versions


# ------------------------------------------------------------------ everybody
# kind of the Filter parameter -> the list of the answer that holds it
_LISTS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
    "AWSManagedPolicy": "Policies",
}


@operation("iam", "GetAccountAuthorizationDetails")
def get_account_authorization_details(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html

    Users, groups, roles and policies, in that order, over as many pages as it takes. Of AWS's own policies it
    shows those that somebody uses.
    """
    wanted = call.params.get("Filter") or list(_LISTS)
    found = [entry for entry in _everything(call.account) if entry[0] in wanted]
    shown, truncation = page(call, found, lambda entry: str(entry[1].arn))
    bounded = managed.boundary_uses(call.account)
    answer: dict[str, Any] = {name: [] for name in _LISTS.values()}
    for kind, record in shown:
        answer[_LISTS[kind]].append(_detail(call, kind, record, bounded[record.arn]))
    return answer | truncation


def _everything(account: str) -> Iterator[tuple[str, Any]]:
    backend = identities.iam(account)
    for kind, records in (("User", backend.users), ("Group", backend.groups), ("Role", backend.roles)):
        yield from ((kind, record) for record in by_name(list(records.values())))
    bounded = managed.boundary_uses(account)
    policies = by_name(list(backend.managed_policies.values()))
    yield from (("LocalManagedPolicy", record) for record in policies if managed.is_local(record))
    for record in policies:
        if not managed.is_local(record) and (record.attachment_count or bounded[record.arn]):
            yield "AWSManagedPolicy", record


def _detail(call: Call, kind: str, record: Any, bounded: int) -> dict[str, Any]:
    if kind == "User":
        return _user_detail(call.account, record)
    if kind == "Group":
        return group_shape(record) | {"GroupPolicyList": _inline(record)} | _attached(record)
    if kind == "Role":
        return _role_detail(call, record)
    return managed.policy_shape(record, bounded) | {
        "PolicyVersionList": [
            {"Document": encoded(version.document), **managed.version_shape(version)}
            for version in reversed(record.versions)
        ]
    }


def _user_detail(account: str, record: Any) -> dict[str, Any]:
    shape = user_shape(record)
    shape.pop("PasswordLastUsed", None)
    if record.policies:
        shape["UserPolicyList"] = _inline(record)
    shape["GroupList"] = [team.name for team in by_name(identities.groups_of(account, record))]
    shape |= _attached(record)
    add_boundary(shape, identities.user_boundary(record))
    return shape | {"Tags": tag_list(identities.user_tags(account, record))}


def _role_detail(call: Call, record: Any) -> dict[str, Any]:
    shape = role_shape(record)
    shape["InstanceProfileList"] = [
        profiles.instance_profile_shape(profile) for profile in by_name(record.instance_profile_list)
    ]
    shape["RolePolicyList"] = _inline(record)
    shape |= _attached(record)
    add_boundary(shape, record.permissions_boundary_arn)
    shape["Tags"] = tag_list(identities.role_tags(record))
    return shape | {"RoleLastUsed": last_used(record, call.region)}


def _inline(record: Any) -> list[dict[str, str]]:
    return [
        {"PolicyName": name, "PolicyDocument": encoded(text)}
        for name, text in sorted(record.policies.items())
    ]


def _attached(record: Any) -> dict[str, Any]:
    return {"AttachedManagedPolicies": iam_attachments.attached_shape(list(record.managed_policies.values()))}
