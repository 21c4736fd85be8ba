"""An organization's policies: made, changed, hung at roots, units and accounts, by type.

SCPs and RCPs are held to their grammar, the other types to being JSON about their subject. A policy hangs only where
its type is on; with SCPs and RCPs something always hangs.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam.organization_entities import RCP, SCP, Node, OrgPolicy, Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_answers import (
    invalid,
    managed,
    new_id,
    page,
    seen,
    target,
    violation,
    with_all_features,
)
from iamlab.cloud.services.organization_tags import checked
from iamlab.cloud.state import LabState
from iamlab.policy import Policy


@dataclass(frozen=True, slots=True)
class PolicyType:
    """What a type of policy may be."""

    characters: int = 10_000
    attached: int = 10
    """How many may hang at one target."""
    grammar: str | None = None
    """Of SCPs and RCPs: the kind of the policy language."""
    subject: str | None = None
    """Of the others: the key at the top of their JSON."""
    default: str | None = None
    """AWS's own policy, which hangs everywhere once the type is on."""


TYPES: dict[str, PolicyType] = {
    SCP: PolicyType(10_240, 10, grammar="scp", default="p-FullAWSAccess"),
    RCP: PolicyType(5_120, 5, grammar="rcp", default="p-RCPFullAWSAccess"),
    "TAG_POLICY": PolicyType(subject="tags"),
    "BACKUP_POLICY": PolicyType(subject="plans"),
    "AISERVICES_OPT_OUT_POLICY": PolicyType(2_500, 5, subject="services"),
    "CHATBOT_POLICY": PolicyType(10_000, 5, subject="chatbot"),
    "DECLARATIVE_POLICY_EC2": PolicyType(subject="ec2_attributes"),
    "SECURITYHUB_POLICY": PolicyType(subject="securityhub"),
    "SECURITYHUB_CSPM_POLICY": PolicyType(subject="securityhub_cspm"),
    "INSPECTOR_POLICY": PolicyType(subject="inspector"),
    "UPGRADE_ROLLOUT_POLICY": PolicyType(subject="upgrade_rollout"),
    "BEDROCK_POLICY": PolicyType(subject="bedrock"),
    "S3_POLICY": PolicyType(subject="s3_attributes"),
    "NETWORK_SECURITY_DIRECTOR_POLICY": PolicyType(subject="network_security_director"),
    "GUARDDUTY_POLICY": PolicyType(subject="guardduty"),
}

_ID = 8


def hang_defaults(tree: Tree, node: Node) -> None:
    """Hang AWS's own policies of the types that are on at a new unit or account."""
    for kind in tree.enabled_types:
        _hang_default(tree, node, kind)


def _hang_default(tree: Tree, node: Node, kind: str) -> None:
    policy = tree.policy(TYPES[kind].default or "")
    if policy is not None and policy not in node.attached_policies:
        node.attached_policies.append(policy)


# ------------------------------------------------------------------ policies
@operation("organizations", "CreatePolicy")
def create_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html"""
    tree, params = with_all_features(managed(call)), call.params
    name, kind = params["Name"], params["Type"]
    tags = checked(params.get("Tags"))
    _accepted(kind, params["Content"])
    _not_taken(tree, name, kind)
    policy = new_id(state, "p-", _ID)
    arn = tree.arn_of("policy", f"{kind.lower()}/{policy}")
    made = OrgPolicy(policy, arn, name, params["Description"], kind, params["Content"], tags=tags)
    made.attached = call.now
    tree.policies.append(made)
    return _answer(made)


@operation("organizations", "DescribePolicy")
def describe_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribePolicy.html"""
    return _answer(_policy(seen(call), call))


@operation("organizations", "UpdatePolicy")
def update_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdatePolicy.html"""
    tree, params = managed(call), call.params
    policy = _own(tree, call)
    name, content = params.get("Name", policy.name), params.get("Content", policy.content)
    if content != policy.content:
        _accepted(policy.type, content)
    if name != policy.name:
        _not_taken(tree, name, policy.type)
    policy.name, policy.content = name, content
    policy.description = params.get("Description", policy.description)
    policy.attached = call.now
    return _answer(policy)


@operation("organizations", "DeletePolicy")
def delete_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeletePolicy.html"""
    tree = managed(call)
    policy = _own(tree, call)
    if tree.targets_of(policy):
        raise AwsError(
            "PolicyInUseException",
            "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts "
            "before performing this operation.",
        )
    tree.policies.remove(policy)
    return {}


@operation("organizations", "ListPolicies")
def list_policies(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPolicies.html"""
    wanted = [policy for policy in seen(call).policies if policy.type == call.params["Filter"]]
    return page(call, wanted, "Policies", OrgPolicy.summary)


# ------------------------------------------------------------------ hung and taken down
@operation("organizations", "AttachPolicy")
def attach_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html

    A policy that hung somewhere while its type is off would bind nobody: AWS refuses to hang it there.
    """
    tree = managed(call)
    policy, node = _policy(tree, call), target(tree, call.params["TargetId"])
    _enabled(tree, policy.type)
    if policy in node.attached_policies:
        raise AwsError(
            "DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists."
        )
    if len(_hanging(node, policy.type)) >= TYPES[policy.type].attached:
        raise violation(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies to the specified target.",
        )
    node.attached_policies.append(policy)
    policy.attached = call.now
    return {}


@operation("organizations", "DetachPolicy")
def detach_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html

    At each root, OU and account at least one SCP hangs, and the RCP that AWS put there for good.
    """
    tree = managed(call)
    policy, node = _policy(tree, call), target(tree, call.params["TargetId"])
    if policy not in node.attached_policies:
        raise AwsError(
            "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the specified root.",
        )
    if policy.aws_managed and policy.type == RCP:
        raise invalid("NON_DETACHABLE_POLICY", "You can't detach this AWS Managed Policy.")
    if policy.type == SCP and len(_hanging(node, SCP)) == 1:
        raise violation(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot remove the last policy attached to the specified target. You must have at least one attached "
            "at all times.",
        )
    node.attached_policies.remove(policy)
    policy.attached = call.now
    return {}


@operation("organizations", "ListPoliciesForTarget")
def list_policies_for_target(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html"""
    node = target(seen(call), call.params["TargetId"])
    return page(call, _hanging(node, call.params["Filter"]), "Policies", OrgPolicy.summary)


@operation("organizations", "ListTargetsForPolicy")
def list_targets_for_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTargetsForPolicy.html"""
    tree = seen(call)
    return page(
        call,
        tree.targets_of(_policy(tree, call)),
        "Targets",
        lambda node: {"TargetId": node.id, "Arn": node.arn, "Name": node.name, "Type": node.type},
    )


# ------------------------------------------------------------------ types
@operation("organizations", "EnablePolicyType")
def enable_policy_type(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnablePolicyType.html"""
    tree, kind = managed(call), call.params["PolicyType"]
    root = _root(tree, call)
    if not tree.all_features:
        raise AwsError(
            "PolicyTypeNotAvailableForOrganizationException",
            "You can't use the specified policy type with the feature set currently enabled for this organization.",
        )
    if kind in tree.enabled_types:
        raise AwsError("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
    root.policy_types.append({"Type": kind, "Status": "ENABLED"})
    for node in tree.nodes():
        _hang_default(tree, node, kind)
    return {"Root": root_shape(root)}


@operation("organizations", "DisablePolicyType")
def disable_policy_type(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DisablePolicyType.html

    Policies of the type are taken down everywhere; they don't come back when it is switched on again.
    """
    tree, kind = managed(call), call.params["PolicyType"]
    root = _root(tree, call)
    _enabled(tree, kind)
    root.policy_types[:] = [entry for entry in root.policy_types if entry["Type"] != kind]
    for node in tree.nodes():
        node.attached_policies[:] = [policy for policy in node.attached_policies if policy.type != kind]
    return {"Root": root_shape(root)}


def root_shape(root: Node) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_Root.html"""
    return {"Id": root.id, "Arn": root.arn, "Name": root.name, "PolicyTypes": root.policy_types}


# ------------------------------------------------------------------ rules
def _root(tree: Tree, call: Call) -> Node:
    if call.params["RootId"] != tree.root_id:
        raise AwsError("RootNotFoundException", "You specified a root that doesn't exist.")
    return tree.root


def _policy(tree: Tree, call: Call) -> OrgPolicy:
    found = tree.policy(call.params["PolicyId"])
    if found is None:
        raise AwsError("PolicyNotFoundException", "You specified a policy that doesn't exist.")
    return found


def _own(tree: Tree, call: Call) -> OrgPolicy:
    """A policy that isn't AWS's."""
    policy = _policy(tree, call)
    if policy.aws_managed:
        raise invalid(
            "IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified."
        )
    return policy


def _enabled(tree: Tree, kind: str) -> None:
    if kind not in tree.enabled_types:
        raise AwsError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )


def _not_taken(tree: Tree, name: str, kind: str) -> None:
    if any(policy.name == name and policy.type == kind for policy in tree.policies):
        raise AwsError(
            "DuplicatePolicyException", "A policy with the specified name and type already exists."
        )


def _accepted(kind: str, content: str) -> None:
    """Content must be of its type's grammar, and white space counts."""
    rules = TYPES[kind]
    fits = not Policy(content).errors(rules.grammar) if rules.grammar else _about(content, rules.subject)
    if not fits:
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy type.",
        )
    if len(content) > rules.characters:
        raise violation("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size.")


def _about(content: str, subject: str | None) -> bool:
    try:
        document = json.loads(content)
    except ValueError:
        return False
    return isinstance(document, dict) and set(document) == {subject} and isinstance(document[subject], dict)


def _hanging(node: Node, kind: str) -> list[OrgPolicy]:
    return [policy for policy in node.attached_policies if policy.type == kind]


def _answer(policy: OrgPolicy) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": policy.summary(), "Content": policy.content}}
