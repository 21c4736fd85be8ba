"""What each operation of IAM needs.

One table a kind of resource: which operations work on it, and from which parameter its name comes. A
second table says which of IAM's own condition keys an operation fills. Names become ARNs with the
entity's real path, which only the account's state knows.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.cloud import service_linked
from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.table import words
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tag_keys, tags_in
from iamlab.cloud.moto_seam import identities, resources

if TYPE_CHECKING:
    from iamlab.cloud.call import Call


class Target(NamedTuple):
    """What an operation works on."""

    arn: str
    entity: Any = None
    """moto's record of it, where it exists and has tags or a boundary."""
    tags: Mapping[str, str] = {}
    shown: str = ""
    """How AWS's denials call it, `role MyAppRole`; '' for its ARN."""


Find = Callable[["Call", Any], Target]


def _arn(call: Call, kind: str, path: str, name: str) -> str:
    return f"arn:{resources.partition_of(call.region)}:iam::{call.account}:{kind}{path}{name}"


def _path(call: Call) -> str:
    path = call.params.get("Path") or "/"
    return path if path.endswith("/") else path + "/"


# ---------------------------------------------------------------- names to targets


def user(call: Call, name: Any) -> Target:
    """A user by name; without a name the caller itself, as AWS takes it."""
    if not name:
        caller = call.caller
        shown = f"user {caller.arn.rsplit('/', 1)[-1]}"
        if caller.type == "User":
            return Target(caller.arn, caller.record, caller.tags, shown)
        return Target(caller.arn, shown=shown)
    entity, shown = identities.user_by_name(call.account, name), f"user {name}"
    if entity is None:
        return Target(_arn(call, "user", "/", name), shown=shown)
    tags = identities.user_tags(call.account, entity)
    return Target(_arn(call, "user", entity.path, entity.name), entity, tags, shown)


def group(call: Call, name: Any) -> Target:
    """A group by name."""
    entity = identities.group_by_name(call.account, name)
    path = entity.path if entity is not None else "/"
    return Target(_arn(call, "group", path, name), shown=f"group {name}")


def role(call: Call, name: Any) -> Target:
    """A role by name."""
    entity, shown = identities.role_by_name(call.account, name), f"role {name}"
    if entity is None:
        return Target(_arn(call, "role", "/", name), shown=shown)
    tags = resources.tag_map(entity.tags)
    return Target(_arn(call, "role", entity.path, entity.name), entity, tags, shown)


def instance_profile(call: Call, name: Any) -> Target:
    """An instance profile by name."""
    entity = resources.iam_instance_profile(call.account, resources.partition_of(call.region), name)
    path = entity.path if entity is not None else "/"
    return Target(
        _arn(call, "instance-profile", path, name),
        entity,
        resources.tag_map(getattr(entity, "tags", None)),
        f"instance profile {name}",
    )


def server_certificate(call: Call, name: Any) -> Target:
    """A server certificate by name."""
    entity = resources.iam_server_certificate(call.account, resources.partition_of(call.region), name)
    path = (getattr(entity, "path", None) or "/") if entity is not None else "/"
    tags = resources.tag_map(getattr(entity, "tags", None))
    return Target(_arn(call, "server-certificate", path, name), entity, tags)


def policy(call: Call, arn: Any) -> Target:
    """A managed policy."""
    return by_arn(call, arn)._replace(shown=f"policy {arn}")


def by_arn(call: Call, arn: Any) -> Target:
    """A policy, MFA device, SAML or OIDC provider, named by its ARN in the request."""
    entity = resources.iam_by_arn(call.account, resources.partition_of(call.region), arn)
    return Target(str(arn), entity, resources.tag_map(getattr(entity, "tags", None)))


def principal(call: Call, arn: Any) -> Target:
    """A user, group, role or policy, named by its ARN."""
    kind, _, rest = str(arn).split(":", 5)[-1].partition("/")
    finder = {"user": user, "role": role}.get(kind)
    found = finder(call, rest.rsplit("/", 1)[-1]) if finder else by_arn(call, arn)
    return Target(str(arn), found.entity, found.tags)


def new(kind: str) -> Find:
    """Something that doesn't exist yet: its path comes with the request."""
    return lambda call, name: Target(_arn(call, kind, _path(call), name))


def new_policy(call: Call, name: Any) -> Target:
    return new("policy")(call, name)._replace(shown=f"policy {name}")


def listing(kind: str) -> Find:
    """Listings by path: AWS names the path prefix as the resource (`…:user/`), though only `*` is documented.

    `… is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/`
    """
    return lambda call, prefix: Target(_arn(call, kind, prefix or "/", ""))


def oidc_url(call: Call, url: Any) -> Target:
    """An OIDC provider about to be made: its ARN is its URL without the scheme."""
    return Target(_arn(call, "oidc-provider", "/", str(url).split("://", 1)[-1].rstrip("/")))


def service_linked_role(call: Call, service: Any) -> Target:
    """A service-linked role about to be made."""
    kind = service_linked.service_linked_role(str(service))
    # the service chooses the name; the caller, of some, a suffix
    name = kind.named(call.params.get("CustomSuffix")) if kind is not None else "*"
    return Target(_arn(call, "role", f"{service_linked.PATH}{service}/", name))


def deletion_task(call: Call, task: Any) -> Target:
    """The role that a deletion task (`task/aws-service-role/<service>/<role>/<id>`) is about."""
    parts = str(task).split("/")
    return role(call, parts[-2]) if len(parts) >= 5 else Target(_arn(call, "role", "/", str(task)))


def key_owner(call: Call, key_id: Any) -> Target:
    """The user whose access key it is; unknown keys belong to nobody, so any user stands for them."""
    found = identities.user_key(str(key_id))
    if found is None or found[0] != call.account:
        return Target(_arn(call, "user", "/", "*"))
    return user(call, found[1].name)


def new_user_name(call: Call, name: Any) -> Target:
    return _renamed(call, "user", "UserName", "NewUserName", user(call, call.params.get("UserName")))


def new_group_name(call: Call, name: Any) -> Target:
    return _renamed(call, "group", "GroupName", "NewGroupName", group(call, call.params.get("GroupName")))


def new_certificate_name(call: Call, name: Any) -> Target:
    old = "ServerCertificateName"
    return _renamed(
        call, "server-certificate", old, f"New{old}", server_certificate(call, call.params.get(old))
    )


def _renamed(call: Call, kind: str, old: str, new_: str, current: Target) -> Target:
    """What an entity will be called: to rename it one needs permission on both names."""
    path = current.arn.split(f":{kind}", 1)[-1].rpartition("/")[0] + "/"
    path = call.params.get("NewPath") or path
    return Target(_arn(call, kind, path, call.params.get(new_) or call.params.get(old) or ""))


def anything(call: Call, value: Any) -> Target:
    return Target("*")


def policies_path(call: Call, prefix: Any) -> Target:
    """AWS's own denials of ListPolicies name this instead of an ARN."""
    return Target(f"policy path {prefix or '/'}")


def prefixed(kind: str) -> Find:
    """Something whose ARN is `kind/<the parameter>`."""
    return lambda call, value: Target(_arn(call, kind, "/", str(value)))


# ---------------------------------------------------------------- the tables

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
    (lambda call, _: Target(_arn(call, "delegation-request", "/", "*")), "", "CreateDelegationRequest"),
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


def pass_role(call: Call, role_arn: str, service: str, associated: str | None = None) -> Check:
    """The permission to hand a role to a service.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    context: Context = {"iam:PassedToService": service}
    if associated:
        context["iam:AssociatedResourceArn"] = associated
    found = identities.role_by_arn(role_arn)
    if found is not None:
        context.update(resource_tags(resources.tag_map(found.tags), "aws", "iam"))
    account = role_arn.split(":", 5)[4] if role_arn.count(":") >= 5 else call.account
    return Check("iam:PassRole", role_arn, account or call.account, context, dependent=True)


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
