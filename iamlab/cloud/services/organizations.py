"""AWS Organizations: what moto lets pass and AWS doesn't.

SCPs and RCPs are held to their grammar and their quotas, hang only where their type is on, and something always hangs
everywhere. A new member account gets a role that administers it.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.moto_seam.organizations import RCP, SCP
from iamlab.cloud.services import guard, operation
from iamlab.cloud.state import LabState
from iamlab.policy import Policy

# type of policy -> (kind of its grammar, characters, how many may hang at one target)
_TYPES = {SCP: ("scp", 10_240, 10), RCP: ("rcp", 5_120, 5)}

_DEFAULT_RCP = "p-RCPFullAWSAccess"


@operation("organizations", "CreateAccount")
def create_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html

    The management account administers the new one through the role `OrganizationAccountAccessRole`.
    """
    with state.lock:
        return organizations.create_account(call.account, call.params)


@guard("organizations", "CreatePolicy", "UpdatePolicy")
def content_is_a_policy(call: Call, state: LabState) -> None:
    """SCPs and RCPs must be of their grammar, and white space counts."""
    text = call.params.get("Content")
    kind = call.params.get("Type") or organizations.policy_type(call.account, call.params.get("PolicyId", ""))
    if text is None or kind not in _TYPES:
        return
    grammar, characters, _ = _TYPES[kind]
    if Policy(text).errors(grammar):
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy type.",
        )
    if len(text) > characters:
        raise _violation("You have exceeded the maximum allowed policy size.")


@guard("organizations", "CreateOrganizationalUnit", "UpdateOrganizationalUnit")
def names_of_units_differ(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html

    Under one parent an OU's name is given once.
    """
    unit = call.params.get("OrganizationalUnitId")
    parent = organizations.parent_of(call.account, unit) if unit else call.params.get("ParentId")
    other = organizations.units_under(call.account, parent or "").get(call.params.get("Name") or "")
    if other is not None and other != unit:
        raise AwsError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")


@guard("organizations", "RemoveAccountFromOrganization")
def management_account_stays(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_RemoveAccountFromOrganization.html"""
    place = organizations.membership(call.account)
    if place is not None and place.management and call.params["AccountId"] == call.account:
        raise AwsError(
            "MasterCannotLeaveOrganizationException",
            "You can't remove a management account from an organization. If you want the management account to "
            "become a member account in another organization, you must first delete the current organization of "
            "the management account.",
        )


@guard("organizations", "AttachPolicy")
def policy_can_be_attached(call: Call, state: LabState) -> None:
    """An SCP or RCP that hangs somewhere while its type is off would bind nobody: AWS refuses to hang it there."""
    policy, target = call.params["PolicyId"], call.params["TargetId"]
    kind = organizations.policy_type(call.account, policy)
    if kind is None:
        return
    if kind not in organizations.enabled_types(call.account):
        raise AwsError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )
    hanging = organizations.attached_ids(call.account, target, kind)
    if policy in hanging:
        raise AwsError(
            "DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists."
        )
    if kind in _TYPES and len(hanging) >= _TYPES[kind][2]:
        raise _violation("You have attached the maximum number of policies allowed to this target.")


@guard("organizations", "DetachPolicy")
def something_stays_attached(call: Call, state: LabState) -> None:
    """At each root, OU and account at least one SCP hangs, and the RCP that AWS put there for good."""
    policy, target = call.params["PolicyId"], call.params["TargetId"]
    kind = organizations.policy_type(call.account, policy)
    if kind not in _TYPES or not organizations.target_exists(call.account, target):
        return
    hanging = organizations.attached_ids(call.account, target, kind)
    if policy not in hanging:
        raise AwsError(
            "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the specified root.",
        )
    if policy == _DEFAULT_RCP or (kind == SCP and len(hanging) == 1):
        raise _violation(
            "You cannot remove the last policy attached to the specified target. You must have at least one attached "
            "at all times."
        )


def _violation(message: str) -> AwsError:
    return AwsError("ConstraintViolationException", message)
