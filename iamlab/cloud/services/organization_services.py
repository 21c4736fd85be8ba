"""What an organization delegates: trusted access for services, their administrators, and its own resource policy.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
"""

from __future__ import annotations

import json
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam.organization_entities import ResourcePolicy, Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_accounts import member_shape
from iamlab.cloud.services.organization_answers import (
    account_of,
    invalid,
    managed,
    new_id,
    page,
    seen,
    violation,
    with_all_features,
)
from iamlab.cloud.services.organization_tags import checked
from iamlab.cloud.state import LabState

# Services that integrate with Organizations, by the name before `.amazonaws.com`.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
_DELEGATING = frozenset(
    {
        "access-analyzer",
        "account",
        "auditmanager",
        "backup",
        "billing-cost-management.bcm",
        "cloudtrail",
        "compute-optimizer",
        "config",
        "config-multiaccountsetup",
        "cost-optimization-hub.bcm",
        "detective",
        "devops-guru",
        "events",
        "fms",
        "guardduty",
        "health",
        "iam",
        "inspector2",
        "ipam",
        "license-manager",
        "license-manager-linux-subscriptions",
        "macie",
        "member.org.stacksets.cloudformation",
        "mgn",
        "networkmanager",
        "notifications",
        "observabilityadmin",
        "opsdatasync.ssm",
        "private-marketplace.marketplace",
        "reachabilityanalyzer.networkinsights",
        "reporting.trustedadvisor",
        "resource-explorer-2",
        "security-ir",
        "securityhub",
        "securitylake",
        "servicecatalog",
        "ssm",
        "ssm-quicksetup",
        "sso",
        "stacksets.cloudformation",
        "storage-lens.s3",
        "tagpolicies.tag",
    }
)
_TRUSTED_ONLY = frozenset(
    {
        "aws-artifact-account-sync",
        "bedrock",
        "controltower",
        "ds",
        "ec2",
        "license-management.marketplace",
        "license-manager.member-account",
        "malware-protection.guardduty",
        "ram",
        "servicequotas",
        "user-subscriptions",
        "vpc-lattice",
        "wellarchitected",
    }
)
_SUFFIX = ".amazonaws.com"

_UNRECOGNIZED = ("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")


def _known(principal: str, *, delegates: bool = False) -> str:
    name = principal.removesuffix(_SUFFIX)
    if name == principal or name not in (_DELEGATING if delegates else _DELEGATING | _TRUSTED_ONLY):
        raise invalid(*_UNRECOGNIZED)
    return principal


# ------------------------------------------------------------------ trusted access
@operation("organizations", "EnableAWSServiceAccess")
def enable_service_access(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnableAWSServiceAccess.html"""
    tree = with_all_features(managed(call))
    tree.trusted.setdefault(_known(call.params["ServicePrincipal"]), call.now)
    return {}


@operation("organizations", "DisableAWSServiceAccess")
def disable_service_access(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DisableAWSServiceAccess.html"""
    managed(call).trusted.pop(_known(call.params["ServicePrincipal"]), None)
    return {}


@operation("organizations", "ListAWSServiceAccessForOrganization")
def list_service_access(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAWSServiceAccessForOrganization.html"""
    return page(
        call,
        seen(call).trusted.items(),
        "EnabledServicePrincipals",
        lambda service: {"ServicePrincipal": service[0], "DateEnabled": service[1]},
    )


# ------------------------------------------------------------------ delegated administrators
@operation("organizations", "RegisterDelegatedAdministrator")
def register_delegated_administrator(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html"""
    tree = with_all_features(managed(call))
    _not_the_management_account(tree, call)
    account = account_of(tree, call.params["AccountId"])
    principal = _known(call.params["ServicePrincipal"], delegates=True)
    if principal in account.services:
        raise AwsError(
            "AccountAlreadyRegisteredException",
            "The provided account is already a delegated administrator for your organization.",
        )
    if account.closed is not None:
        raise violation(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
        )
    account.services[principal] = call.now
    return {}


@operation("organizations", "DeregisterDelegatedAdministrator")
def deregister_delegated_administrator(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeregisterDelegatedAdministrator.html"""
    tree = managed(call)
    _not_the_management_account(tree, call)
    account = account_of(tree, call.params["AccountId"])
    if not account.services:
        raise _not_registered()
    if account.services.pop(call.params["ServicePrincipal"], None) is None:
        raise invalid(*_UNRECOGNIZED)
    return {}


@operation("organizations", "ListDelegatedAdministrators")
def list_delegated_administrators(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListDelegatedAdministrators.html"""
    tree, principal = seen(call), call.params.get("ServicePrincipal")
    if principal is not None:
        _known(principal, delegates=True)
    found = [
        (account, account.services[principal] if principal else min(account.services.values()))
        for account in tree.accounts
        if account.services and (principal is None or principal in account.services)
    ]
    return page(
        call,
        found,
        "DelegatedAdministrators",
        lambda entry: member_shape(call, entry[0]) | {"DelegationEnabledDate": entry[1]},
    )


@operation("organizations", "ListDelegatedServicesForAccount")
def list_delegated_services_for_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListDelegatedServicesForAccount.html"""
    account = account_of(seen(call), call.params["AccountId"])
    if not account.services:
        raise _not_registered()
    return page(
        call,
        account.services.items(),
        "DelegatedServices",
        lambda service: {"ServicePrincipal": service[0], "DelegationEnabledDate": service[1]},
    )


def _not_the_management_account(tree: Tree, call: Call) -> None:
    if call.params["AccountId"] == tree.master_account_id:
        raise violation(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register master account/yourself as delegated administrator for your organization.",
        )


def _not_registered() -> AwsError:
    return AwsError(
        "AccountNotRegisteredException",
        "The provided account is not a registered delegated administrator for your organization.",
    )


# ------------------------------------------------------------------ the organization's own policy
@operation("organizations", "PutResourcePolicy")
def put_resource_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_PutResourcePolicy.html"""
    tree, content = with_all_features(managed(call)), call.params["Content"]
    tags = checked(call.params.get("Tags"))
    _delegates(content)
    if tree.resource_policy is None:
        policy = new_id(state, "rp-", 8)
        arn = tree.arn_of("resourcepolicy", policy)
        tree.resource_policy = ResourcePolicy(policy, arn, content, tags)
    tree.resource_policy.content = content
    return _shape(tree.resource_policy)


@operation("organizations", "DescribeResourcePolicy")
def describe_resource_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeResourcePolicy.html"""
    return _shape(_resource_policy(seen(call)))


@operation("organizations", "DeleteResourcePolicy")
def delete_resource_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeleteResourcePolicy.html"""
    tree = managed(call)
    _resource_policy(tree)
    tree.resource_policy = None
    return {}


def _resource_policy(tree: Tree) -> ResourcePolicy:
    if tree.resource_policy is None:
        raise AwsError(
            "ResourcePolicyNotFoundException",
            "We can't find a resource policy request with the parameter that you specified.",
        )
    return tree.resource_policy


def _delegates(content: str) -> None:
    """Statements about Organizations' own actions, for somebody."""
    try:
        document = json.loads(content)
        statements = document["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        principals = ["Principal" in entry for entry in listed]
        named = [entry["Action"] for entry in listed]
    except (ValueError, TypeError, KeyError) as error:
        raise invalid(
            "INVALID_RESOURCE_POLICY_JSON", "You provided a resource policy that isn't valid JSON."
        ) from error
    if not all(principals):
        raise invalid("INVALID_PRINCIPAL", "You specified an invalid principal element in the policy.")
    actions = [action for entry in named for action in (entry if isinstance(entry, list) else [entry])]
    if not all(str(action).lower().startswith("organizations:") for action in actions):
        raise invalid(
            "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
            "You specified an action that isn't supported in a resource policy.",
        )


def _shape(policy: ResourcePolicy) -> dict[str, Any]:
    summary = {"Id": policy.id, "Arn": policy.arn}
    return {"ResourcePolicy": {"ResourcePolicySummary": summary, "Content": policy.content}}
