"""What each operation of IAM needs.

One table a kind of resource: which operations work on it, and from which parameter its name comes. A
second table says which of IAM's own condition keys an operation fills.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.iam_targets import (
    Find,
    Target,
    anything,
    by_arn,
    deletion_task,
    group,
    instance_profile,
    key_owner,
    listing,
    new,
    new_certificate_name,
    new_group_name,
    new_policy,
    new_user_name,
    oidc_url,
    policies_path,
    policy,
    prefixed,
    principal,
    role,
    server_certificate,
    service_linked_role,
    user,
)
from iamlab.cloud.catalogue.pass_role import pass_role
from iamlab.cloud.catalogue.table import words
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tag_keys, tags_in
from iamlab.cloud.moto_seam import identities

if TYPE_CHECKING:
    from iamlab.cloud.call import Call


# (how to find the target, the parameter that names it, the operations)
TARGETS: tuple[tuple[Find, str, str], ...] = (
    (
        user,
        "UserName",
        "AttachUserPolicy ChangePassword CreateAccessKey CreateLoginProfile CreateServiceSpecificCredential "
        "DeactivateMFADevice DeleteAccessKey DeleteLoginProfile DeleteSSHPublicKey DeleteServiceSpecificCredential "
        "DeleteSigningCertificate DeleteUser DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy "
        "EnableMFADevice GetLoginProfile GetMFADevice GetSSHPublicKey GetUser GetUserPolicy ListAccessKeys "
        "ListAttachedUserPolicies ListGroupsForUser ListMFADevices ListSSHPublicKeys "
        "ListServiceSpecificCredentials ListSigningCertificates ListUserPolicies ListUserTags "
        "PutUserPermissionsBoundary PutUserPolicy ResetServiceSpecificCredential ResyncMFADevice TagUser UntagUser "
        "UpdateAccessKey UpdateLoginProfile UpdateSSHPublicKey UpdateServiceSpecificCredential "
        "UpdateSigningCertificate UpdateUser UploadSSHPublicKey UploadSigningCertificate",
    ),
    (
        group,
        "GroupName",
        # Adding a user to a group is a matter of the group, not of the user.
        "AddUserToGroup AttachGroupPolicy DeleteGroup DeleteGroupPolicy DetachGroupPolicy GetGroup GetGroupPolicy "
        "ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy RemoveUserFromGroup UpdateGroup",
    ),
    (
        role,
        "RoleName",
        "AttachRolePolicy DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DeleteServiceLinkedRole "
        "DetachRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole "
        "ListRolePolicies ListRoleTags PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole "
        "UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
    ),
    (
        instance_profile,
        "InstanceProfileName",
        "AddRoleToInstanceProfile DeleteInstanceProfile GetInstanceProfile ListInstanceProfileTags "
        "RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile",
    ),
    (
        server_certificate,
        "ServerCertificateName",
        "DeleteServerCertificate GetServerCertificate ListServerCertificateTags TagServerCertificate "
        "UntagServerCertificate UpdateServerCertificate",
    ),
    (
        policy,
        "PolicyArn",
        "CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion ListEntitiesForPolicy "
        "ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy",
    ),
    (
        by_arn,
        "OpenIDConnectProviderArn",
        "AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider GetOpenIDConnectProvider "
        "ListOpenIDConnectProviderTags RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider "
        "UntagOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint",
    ),
    (
        by_arn,
        "SAMLProviderArn",
        "DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags TagSAMLProvider UntagSAMLProvider "
        "UpdateSAMLProvider",
    ),
    (by_arn, "SerialNumber", "DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice UntagMFADevice"),
    (new("user"), "UserName", "CreateUser"),
    (new("group"), "GroupName", "CreateGroup"),
    (new("role"), "RoleName", "CreateRole"),
    (new_policy, "PolicyName", "CreatePolicy"),
    (new("instance-profile"), "InstanceProfileName", "CreateInstanceProfile"),
    (new("server-certificate"), "ServerCertificateName", "UploadServerCertificate"),
    (new("mfa"), "VirtualMFADeviceName", "CreateVirtualMFADevice"),
    (prefixed("saml-provider"), "Name", "CreateSAMLProvider"),
    (oidc_url, "Url", "CreateOpenIDConnectProvider"),
    (service_linked_role, "AWSServiceName", "CreateServiceLinkedRole"),
    (deletion_task, "DeletionTaskId", "GetServiceLinkedRoleDeletionStatus"),
    (key_owner, "AccessKeyId", "GetAccessKeyLastUsed"),
    (principal, "Arn", "GenerateServiceLastAccessedDetails ListPoliciesGrantingServiceAccess"),
    (principal, "PolicySourceArn", "GetContextKeysForPrincipalPolicy SimulatePrincipalPolicy"),
    (prefixed("access-report"), "EntityPath", "GenerateOrganizationsAccessReport"),
    (
        prefixed("delegation-request"),
        "DelegationRequestId",
        "AcceptDelegationRequest AssociateDelegationRequest GetDelegationRequest RejectDelegationRequest "
        "SendDelegationToken UpdateDelegationRequest",
    ),
    (lambda call, _: prefixed("delegation-request")(call, "*"), "", "CreateDelegationRequest"),
    (lambda call, arn: Target(str(arn)), "EntityArn", "GetHumanReadableSummary"),
    (lambda call, arn: Target(str(arn)), "TemplateArn", "AcquireRole GetRoleTemplateVersion"),
    (listing("user"), "PathPrefix", "ListUsers"),
    (listing("group"), "PathPrefix", "ListGroups"),
    (listing("role"), "PathPrefix", "ListRoles"),
    (listing("instance-profile"), "PathPrefix", "ListInstanceProfiles"),
    (listing("server-certificate"), "PathPrefix", "ListServerCertificates"),
    (listing("mfa"), "", "ListVirtualMFADevices"),
    (policies_path, "PathPrefix", "ListPolicies"),
    (
        anything,
        "",
        "CreateAccountAlias DeleteAccountAlias DeleteAccountPasswordPolicy "
        "DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions "
        "DisableOutboundWebIdentityFederation EnableOrganizationsRootCredentialsManagement "
        "EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GenerateCredentialReport "
        "GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountProperties GetAccountSummary "
        "GetContextKeysForCustomPolicy GetCredentialReport GetOrganizationsAccessReport "
        "GetOutboundWebIdentityFederationInfo GetServiceLastAccessedDetails "
        "GetServiceLastAccessedDetailsWithEntities ListAccountAliases ListDelegationRequests "
        "ListOpenIDConnectProviders ListOrganizationsFeatures ListSAMLProviders PutAccountProperties "
        "SetSecurityTokenServicePreferences SimulateCustomPolicy UpdateAccountPasswordPolicy",
    ),
)

# A second resource that has to be allowed too.
ALSO: Mapping[str, Find] = {
    "UpdateUser": new_user_name,
    "UpdateGroup": new_group_name,
    "UpdateServerCertificate": new_certificate_name,
}

# What is tagged as it is made needs the permission to tag it, too.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
TAGGED: Mapping[str, str] = {
    "CreateUser": "iam:TagUser",
    "CreateRole": "iam:TagRole",
    "CreatePolicy": "iam:TagPolicy",
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
    "CreateSAMLProvider": "iam:TagSAMLProvider",
    "CreateVirtualMFADevice": "iam:TagMFADevice",
    "UploadServerCertificate": "iam:TagServerCertificate",
}

# The service reference lists no resource type, whatever AWS's denials name.
WILDCARD_ONLY = frozenset(TARGETS[-1][2].split()) | {
    "ListUsers",
    "ListGroups",
    "ListRoles",
    "ListInstanceProfiles",
    "ListServerCertificates",
    "ListVirtualMFADevices",
    "ListPolicies",
}

# Operation → condition keys that take one parameter's value as it is.
KEYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    **{
        f"{verb}{kind}Policy": (("iam:PolicyARN", "PolicyArn"),)
        for verb in ("Attach", "Detach")
        for kind in ("User", "Group", "Role")
    },
    **dict.fromkeys(
        ("CreateUser", "CreateRole", "PutUserPermissionsBoundary", "PutRolePermissionsBoundary"),
        (("iam:PermissionsBoundary", "PermissionsBoundary"),),
    ),
    "CreateServiceLinkedRole": (("iam:AWSServiceName", "AWSServiceName"),),
    "CreateServiceSpecificCredential": (
        ("iam:ServiceSpecificCredentialServiceName", "ServiceName"),
        ("iam:ServiceSpecificCredentialAgeDays", "CredentialAgeDays"),
    ),
    "GenerateOrganizationsAccessReport": (("iam:OrganizationsPolicyId", "OrganizationsPolicyId"),),
    "CreateDelegationRequest": (
        ("iam:DelegationDuration", "SessionDuration"),
        ("iam:NotificationChannel", "NotificationChannel"),
    ),
    "ListDelegationRequests": (("iam:DelegationRequestOwner", "OwnerId"),),
    "AcquireRole": (("iam:RoleTemplateARN", "TemplateArn"),),
}

# `iam:PermissionsBoundary` is here the boundary that the user or role has now.
BOUNDARY_NOW = frozenset(
    words(
        "AttachUserPolicy AttachRolePolicy DetachUserPolicy DetachRolePolicy PutUserPolicy PutRolePolicy "
        "DeleteUserPolicy DeleteRolePolicy DeleteUserPermissionsBoundary DeleteRolePermissionsBoundary "
        "DeleteRole GetRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
    )
)

# Kinds whose `iam:ResourceTag/…` exists beside `aws:ResourceTag/…`.
_BOTH_TAG_KEYS = (":user/", ":role/")


def _context(call: Call, operation: str, target: Target) -> Context:
    params = call.params
    context: Context = {}
    if target.tags:
        prefixes = ("aws", "iam") if any(kind in target.arn for kind in _BOTH_TAG_KEYS) else ("aws",)
        context.update(resource_tags(target.tags, *prefixes))
    for key, parameter in KEYS.get(operation, ()):
        if params.get(parameter) is not None:
            context[key] = params[parameter]
    if operation in BOUNDARY_NOW and target.entity is not None:
        boundary = getattr(target.entity, "permissions_boundary_arn", None)
        boundary = boundary or identities.user_boundary(target.entity)
        if boundary:
            context["iam:PermissionsBoundary"] = boundary
    passed = tags_in(params.get("Tags"))
    if passed:
        context.update(request_tags(passed))
        if operation.startswith(("Create", "Upload")):
            # what is being made counts as tagged already
            context.update(resource_tags(passed, "aws"))
    elif "TagKeys" in params:
        context.update(tag_keys(params["TagKeys"]))
    return context


def _row(operation: str, find: Find, parameter: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"iam:{operation}"
    wildcard_only = operation in WILDCARD_ONLY
    also = ALSO.get(operation)
    tagging = TAGGED.get(operation)

    def needs(call: Call) -> tuple[Check, ...]:
        # a missing parameter is for the operation to complain about
        target = find(call, call.params.get(parameter) or "")
        context = _context(call, operation, target)
        found = Check(action, target.arn or "*", call.account, context, wildcard_only, shown=target.shown)
        if tagging and call.params.get("Tags"):
            return found, Check(tagging, found.resource, call.account, context, dependent=True)
        if also is None:
            return (found,)
        renamed = also(call, None)
        if renamed.arn == found.resource:
            return (found,)
        return found, Check(action, renamed.arn, call.account)

    return needs


def _add_role_to_instance_profile(call: Call) -> tuple[Check, ...]:
    profile = _row("AddRoleToInstanceProfile", instance_profile, "InstanceProfileName")(call)
    return *profile, pass_role(call, role(call, call.params.get("RoleName")).arn, "ec2.amazonaws.com")


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    **{
        operation: _row(operation, find, parameter)
        for find, parameter, operations in TARGETS
        for operation in operations.split()
    },
    "AddRoleToInstanceProfile": _add_role_to_instance_profile,
}
