"""How the layers join: what grants, what limits, what is exempt. One row, one rule.

Pages: reference_policies_evaluation-logic_policy-eval-denyallow, …_evaluation-logic-cross-account,
reference_policies_elements_principal, access_policies_boundaries, orgs_manage_policies_scps, orgs_manage_policies_rcps.
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.engine import Decision, PolicySet, Request, decide

A, B = "111111111111", "222222222222"
USER = f"arn:aws:iam::{A}:user/ada"
ROLE = f"arn:aws:iam::{A}:role/team/batch"
SESSION = f"arn:aws:sts::{A}:assumed-role/batch/run"
FEDERATED = f"arn:aws:sts::{A}:federated-user/lin"
ROOT = f"arn:aws:iam::{A}:root"
LINKED = f"arn:aws:sts::{A}:assumed-role/AWSServiceRoleForX/run"
LINKED_ROLE = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
OBJECT = "arn:aws:s3:::bucket/key"
TARGET = f"arn:aws:iam::{A}:role/target"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/1"
MEMBER_ROOT = f"arn:aws:iam::{B}:root"

YES, NO, DENY = "Allowed", "ImplicitlyDenied", "ExplicitlyDenied"


def allow(action: str = "*", resource: str = "*", **more: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Action": action, "Resource": resource} | more)


def deny(action: str = "*", resource: str = "*", **more: Any) -> dict[str, Any]:
    return document({"Effect": "Deny", "Action": action, "Resource": resource} | more)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def grant(principal: Any, action: str = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return document({"Effect": effect, "Principal": principal, "Action": action} | more)


def judge(request: dict[str, Any], **policies: Any) -> Decision:
    arguments = {"action": "s3:GetObject", "resource": OBJECT, "principal": USER} | request
    return decide(Request(**arguments), PolicySet(**policies))


def test_nothing_at_all_is_denied() -> None:
    decision = judge({})
    assert (decision.outcome, decision.layer) == (NO, "identity")


ROOT_CASES = [
    ("in its own account root needs no policy", {"principal": ROOT}, {}, YES, "root"),
    (
        "an identity policy can't forbid root anything",
        {"principal": ROOT},
        {"identity": [deny()]},
        YES,
        "root",
    ),
    ("a boundary can't limit root", {"principal": ROOT}, {"boundary": [deny()]}, YES, "root"),
    ("an SCP binds root", {"principal": ROOT}, {"scps": [[deny()]]}, DENY, "scp"),
    ("an SCP must allow root too", {"principal": ROOT}, {"scps": [[allow("sqs:*")]]}, NO, "scp"),
    (
        "a resource's Deny binds root",
        {"principal": ROOT},
        {"resource": grant("*", effect="Deny")},
        DENY,
        "resource",
    ),
    (
        "in another account root needs the resource's policy",
        {"principal": ROOT, "resource_account": B},
        {},
        NO,
        "resource",
    ),
    (
        "a resource's policy that names the account lets its root in",
        {"principal": ROOT, "resource_account": B},
        {"resource": grant({"AWS": A})},
        YES,
        "resource",
    ),
    (
        "a task policy limits root's AssumeRoot session",
        {"principal": ROOT},
        {"session": [allow("sqs:DeleteQueue")]},
        NO,
        "session",
    ),
    (
        "a task policy lets root's AssumeRoot session do its task",
        {"principal": ROOT},
        {"session": [allow("s3:GetObject")]},
        YES,
        "root",
    ),
    (
        "root can't assume roles",
        {"principal": ROOT, "action": "sts:AssumeRole", "resource": TARGET},
        {"resource": grant({"AWS": A})},
        NO,
        "root",
    ),
    (
        "root can't call AssumeRoot",
        {"principal": ROOT, "action": "sts:AssumeRoot", "resource": MEMBER_ROOT},
        {},
        NO,
        "root",
    ),
    (
        "a key policy without the account keeps root out",
        {"principal": ROOT, "action": "kms:Decrypt", "resource": KEY},
        {"resource": grant({"AWS": USER})},
        NO,
        "resource",
    ),
    (
        "a key policy with the account lets it in",
        {"principal": ROOT, "action": "kms:Decrypt", "resource": KEY},
        {"resource": grant({"AWS": ROOT})},
        YES,
        "resource",
    ),
]

# Caller, issuer, whom the policy names; then: is identity needed, does a boundary limit, does a session policy limit?
STRENGTHS = [
    (USER, None, USER, True, False, False),
    (USER, None, "*", True, False, False),
    (USER, None, A, False, True, True),
    (SESSION, ROLE, SESSION, True, False, False),
    (SESSION, ROLE, ROLE, True, True, True),
    (SESSION, None, ROLE, True, True, True),  # the role's name tells it, whatever its path
    (SESSION, ROLE, "*", True, False, False),
    (SESSION, ROLE, A, False, True, True),
    (ROLE, None, ROLE, True, True, True),  # some session of the role
    (FEDERATED, USER, FEDERATED, True, False, False),
    (FEDERATED, USER, USER, True, True, True),
    (FEDERATED, USER, A, False, True, True),
]


@pytest.mark.parametrize(
    ("name", "request_", "policies", "outcome", "layer"), ROOT_CASES, ids=[c[0] for c in ROOT_CASES]
)
def test_root(
    name: str, request_: dict[str, Any], policies: dict[str, Any], outcome: str, layer: str
) -> None:
    decision = judge(request_, **policies)
    assert (decision.outcome, decision.layer) == (outcome, layer), name


@pytest.mark.parametrize(("caller", "issuer", "named", "grants", "bounded", "limited"), STRENGTHS)
def test_how_a_resource_policy_names_the_caller_decides_what_it_is_worth(
    caller: str, issuer: str | None, named: str, grants: bool, bounded: bool, limited: bool
) -> None:
    who = {"principal": caller, "issuer": issuer}
    resource = grant({"AWS": named})
    armed = {"session": [allow()]} if caller == FEDERATED else {}
    other = allow("sqs:*")
    alone = judge(who, resource=resource, **armed)
    assert (alone.outcome, alone.layer) == ((YES, "resource") if grants else (NO, "identity"))
    assert judge(who, resource=resource, identity=[allow()], **armed).allowed
    assert judge(who, resource=resource, identity=[allow()], boundary=[other], **armed).allowed is not bounded
    assert judge(who, resource=resource, identity=[allow()], session=[other]).allowed is not limited
    for layer in ("identity", "boundary", "session"):
        denied = judge(who, resource=resource, **{layer: [deny()]})
        assert (denied.outcome, denied.layer) == (DENY, layer)


def test_of_several_grants_the_strongest_counts_wherever_it_stands() -> None:
    direct, delegating = grant({"AWS": USER})["Statement"], grant({"AWS": A})["Statement"]
    assert judge({}, resource=document(*direct, *delegating)).allowed
    assert judge({}, resource=document(*delegating, *direct)).allowed


def test_a_federated_session_without_session_policy_has_only_what_names_it() -> None:
    who = {"principal": FEDERATED, "issuer": USER}
    assert judge(who, identity=[allow()]).layer == "session"
    assert judge(who, identity=[allow()], resource=grant({"AWS": USER})).layer == "session"
    assert judge(who, resource=grant({"AWS": FEDERATED})).allowed
    assert judge(who, identity=[allow()], session=[allow("s3:GetObject")]).allowed
    assert judge(who, identity=[allow("sqs:*")], session=[allow()]).layer == "identity"


def test_a_deny_on_one_session_spares_the_others() -> None:
    other = f"arn:aws:sts::{A}:assumed-role/batch/other"
    policies = {"identity": [allow()], "resource": grant({"AWS": SESSION}, effect="Deny")}
    assert judge({"principal": SESSION, "issuer": ROLE}, **policies).outcome == DENY
    assert judge({"principal": other, "issuer": ROLE}, **policies).outcome == YES


DENIED = [
    ("the role, all its sessions", SESSION, ROLE, {"AWS": ROLE}, DENY),
    ("the role, whose path the session's ARN doesn't tell", SESSION, None, {"AWS": ROLE}, DENY),
    ("another role", SESSION, ROLE, {"AWS": TARGET}, YES),
    ("the user, and what it federates", FEDERATED, USER, {"AWS": USER}, DENY),
    ("the federated user alone", FEDERATED, USER, {"AWS": FEDERATED}, DENY),
    ("the federated user, not the user", USER, None, {"AWS": FEDERATED}, YES),
    ("the account, its users", USER, None, {"AWS": A}, DENY),
    ("the account, its sessions", SESSION, ROLE, {"AWS": ROOT}, DENY),
    ("the account, its root", ROOT, None, {"AWS": ROOT}, DENY),
    ("another account", USER, None, {"AWS": B}, YES),
    ("a service", USER, None, {"Service": "x.amazonaws.com"}, YES),
    ("everybody", SESSION, ROLE, "*", DENY),
]


@pytest.mark.parametrize(
    ("name", "caller", "issuer", "named", "outcome"), DENIED, ids=[case[0] for case in DENIED]
)
def test_whom_a_resources_deny_hits(
    name: str, caller: str, issuer: str | None, named: Any, outcome: str
) -> None:
    policies = {"identity": [allow()], "session": [allow()], "resource": grant(named, effect="Deny")}
    assert judge({"principal": caller, "issuer": issuer}, **policies).outcome == outcome, name


def test_a_session_of_another_role_is_not_named() -> None:
    other = f"arn:aws:iam::{A}:role/other"
    assert not judge({"principal": SESSION, "issuer": other}, resource=grant({"AWS": ROLE})).allowed
    # With the issuer known, the path counts.
    assert not judge(
        {"principal": SESSION, "issuer": f"arn:aws:iam::{A}:role/batch"}, resource=grant({"AWS": ROLE})
    ).allowed


CROSS = {"resource_account": B}
CROSS_ACCOUNT = [
    ("both sides allow", {"identity": [allow()], "resource": grant({"AWS": USER})}, YES, "identity"),
    ("the caller's side alone", {"identity": [allow()]}, NO, "resource"),
    ("the owner's side alone, by name", {"resource": grant({"AWS": USER})}, NO, "identity"),
    ("the owner's side alone, for all", {"resource": grant("*")}, NO, "identity"),
    ("the owner names the account", {"identity": [allow()], "resource": grant({"AWS": A})}, YES, "identity"),
    (
        "the owner names its own account",
        {"identity": [allow()], "resource": grant({"AWS": B})},
        NO,
        "resource",
    ),
    (
        "a boundary limits although the owner names the user",
        {"identity": [allow()], "boundary": [allow("sqs:*")], "resource": grant({"AWS": USER})},
        NO,
        "boundary",
    ),
    (
        "a session policy limits too",
        {"identity": [allow()], "session": [allow("sqs:*")], "resource": grant({"AWS": USER})},
        NO,
        "session",
    ),
    ("the owner denies", {"identity": [allow()], "resource": grant("*", effect="Deny")}, DENY, "resource"),
    (
        "the caller's SCP",
        {"identity": [allow()], "resource": grant("*"), "scps": [[allow("sqs:*")]]},
        NO,
        "scp",
    ),
]


@pytest.mark.parametrize(
    ("name", "policies", "outcome", "layer"), CROSS_ACCOUNT, ids=[c[0] for c in CROSS_ACCOUNT]
)
def test_across_accounts_both_sides_must_allow(
    name: str, policies: dict[str, Any], outcome: str, layer: str
) -> None:
    decision = judge(CROSS, **policies)
    assert (decision.outcome, decision.layer) == (outcome, layer), name


def test_partitions_do_not_trust_each_other() -> None:
    request = {"resource": "arn:aws-cn:s3:::bucket/key", "resource_account": B}
    decision = judge(request, identity=[allow()], resource=grant("*"))
    assert (decision.outcome, decision.layer) == (NO, "resource")
    assert not judge(
        {"resource": f"arn:aws-cn:sqs:cn-north-1:{B}:q"}, identity=[allow()], resource=grant({"AWS": A})
    ).allowed


ASSUME = {"action": "sts:AssumeRole", "resource": TARGET}
GATES = [
    ("an administrator isn't let in", ASSUME, {"identity": [allow()]}, NO, "resource"),
    (
        "across accounts the trust policy is named first",
        {**ASSUME, "resource": f"arn:aws:iam::{B}:role/target"},
        {},
        NO,
        "resource",
    ),
    ("naming the user is enough", ASSUME, {"resource": grant({"AWS": USER})}, YES, "resource"),
    ("naming everybody lets in all of the account", ASSUME, {"resource": grant("*")}, YES, "resource"),
    (
        "and of other accounts whom their own policies let go",
        {**ASSUME, "resource": f"arn:aws:iam::{B}:role/target"},
        {"resource": grant("*"), "identity": [allow("sts:AssumeRole")]},
        YES,
        "identity",
    ),
    ("naming the account delegates", ASSUME, {"resource": grant({"AWS": A})}, NO, "identity"),
    (
        "delegated and allowed",
        ASSUME,
        {"resource": grant({"AWS": A}), "identity": [allow()]},
        YES,
        "identity",
    ),
    (
        "a role assumes itself only when listed",
        {**ASSUME, "principal": SESSION, "issuer": ROLE, "resource": ROLE},
        {"identity": [allow()], "resource": grant({"Service": "ec2.amazonaws.com"})},
        NO,
        "resource",
    ),
    (
        "session tags need their own Allow",
        {**ASSUME, "action": "sts:TagSession"},
        {"identity": [allow()], "resource": grant({"AWS": USER}, "sts:AssumeRole")},
        NO,
        "resource",
    ),
    (
        "source identity too",
        {**ASSUME, "action": "sts:SetSourceIdentity"},
        {"identity": [allow()], "resource": grant({"AWS": USER}, "sts:AssumeRole")},
        NO,
        "resource",
    ),
    (
        "tags of a federation token are no matter of trust",
        {"action": "sts:TagSession", "resource": FEDERATED},
        {"identity": [allow()]},
        YES,
        "identity",
    ),
    (
        "a SAML provider is let in by the trust policy alone",
        {**ASSUME, "action": "sts:AssumeRoleWithSAML", "principal": f"arn:aws:iam::{A}:saml-provider/Corp"},
        {"resource": grant({"Federated": f"arn:aws:iam::{A}:saml-provider/Corp"})},
        YES,
        "resource",
    ),
    (
        "another provider isn't",
        {**ASSUME, "action": "sts:AssumeRoleWithSAML", "principal": f"arn:aws:iam::{A}:saml-provider/Corp"},
        {"resource": grant({"Federated": f"arn:aws:iam::{A}:saml-provider/Other"})},
        NO,
        "resource",
    ),
    (
        "a web identity provider",
        {**ASSUME, "action": "sts:AssumeRoleWithWebIdentity", "principal": "cognito-identity.amazonaws.com"},
        {"resource": grant({"Federated": "cognito-identity.amazonaws.com"})},
        YES,
        "resource",
    ),
    (
        "a service",
        {**ASSUME, "principal": "lambda.amazonaws.com"},
        {"resource": grant({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]})},
        YES,
        "resource",
    ),
    (
        "a key's policy decides, not the user's",
        {"action": "kms:Decrypt", "resource": KEY},
        {"identity": [allow()], "resource": grant({"AWS": f"arn:aws:iam::{A}:user/zoe"})},
        NO,
        "resource",
    ),
    (
        "a key's policy that delegates to the account",
        {"action": "kms:Decrypt", "resource": KEY},
        {"identity": [allow()], "resource": grant({"AWS": ROOT})},
        YES,
        "identity",
    ),
    (
        "an identity's Deny counts for keys whatever the key's policy says",
        {"action": "kms:Decrypt", "resource": KEY},
        {"identity": [deny()], "resource": grant({"AWS": USER})},
        DENY,
        "identity",
    ),
    (
        "listing keys is no matter of a key's policy",
        {"action": "kms:ListKeys", "resource": "*"},
        {"identity": [allow()]},
        YES,
        "identity",
    ),
    (
        "an alias has no policy",
        {"action": "kms:CreateAlias", "resource": f"arn:aws:kms:eu-west-1:{A}:alias/x"},
        {"identity": [allow()]},
        YES,
        "identity",
    ),
    (
        "AssumeRoot has no policy on the member's side",
        {"action": "sts:AssumeRoot", "resource": MEMBER_ROOT},
        {"identity": [allow("sts:AssumeRoot")]},
        YES,
        "identity",
    ),
    (
        "AssumeRoot needs a permission",
        {"action": "sts:AssumeRoot", "resource": MEMBER_ROOT},
        {},
        NO,
        "identity",
    ),
]


@pytest.mark.parametrize(
    ("name", "request_", "policies", "outcome", "layer"), GATES, ids=[c[0] for c in GATES]
)
def test_trust_and_key_policies_are_gates(
    name: str, request_: dict[str, Any], policies: dict[str, Any], outcome: str, layer: str
) -> None:
    decision = judge(request_, **policies)
    assert (decision.outcome, decision.layer) == (outcome, layer), name


ME = {"identity": [allow()]}
RCP_DENY = document({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})
RCP_FULL = document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
ORGANISATION = [
    ("SCPs: an Allow at every level", {}, {**ME, "scps": [[allow()], [allow("s3:*")]]}, YES, "identity"),
    ("SCPs: a level without Allow", {}, {**ME, "scps": [[allow()], [allow("sqs:*")]]}, NO, "scp"),
    ("SCPs: an empty level", {}, {**ME, "scps": [[allow()], []]}, NO, "scp"),
    (
        "SCPs: one Allow per level is enough",
        {},
        {**ME, "scps": [[allow("sqs:*"), allow("s3:*")]]},
        YES,
        "identity",
    ),
    ("SCPs grant nothing", {}, {"scps": [[allow()]]}, NO, "identity"),
    ("SCPs: a Deny at any level", {}, {**ME, "scps": [[allow()], [allow(), deny()]]}, DENY, "scp"),
    (
        "SCPs: the management account",
        {"flags": ["management_account"]},
        {**ME, "scps": [[deny()]]},
        YES,
        "identity",
    ),
    (
        "SCPs: the resource's management account, from inside",
        {"flags": ["resource_management_account"]},
        {**ME, "scps": [[deny()]]},
        YES,
        "identity",
    ),
    (
        "SCPs: the resource's management account, from outside",
        {"flags": ["resource_management_account"], "resource_account": B},
        {**ME, "scps": [[deny()]], "resource": grant("*")},
        DENY,
        "scp",
    ),
    (
        "SCPs: a service-linked role by flag",
        {"principal": SESSION, "flags": ["service_linked_role"]},
        {**ME, "scps": [[deny()]]},
        YES,
        "identity",
    ),
    (
        "SCPs: a service-linked role by path",
        {"principal": LINKED, "issuer": LINKED_ROLE},
        {**ME, "scps": [[deny()]]},
        YES,
        "identity",
    ),
    (
        "a boundary doesn't limit a service-linked role",
        {"principal": LINKED, "issuer": LINKED_ROLE},
        {**ME, "boundary": [allow("sqs:*")]},
        YES,
        "identity",
    ),
    (
        "SCPs: services",
        {"principal": "x.amazonaws.com"},
        {"resource": grant({"Service": "x.amazonaws.com"}), "scps": [[deny()]]},
        YES,
        "resource",
    ),
    (
        "SCPs: anonymous callers",
        {"principal": None},
        {"resource": grant("*"), "scps": [[deny()]]},
        YES,
        "resource",
    ),
    ("RCPs: a Deny", {}, {**ME, "rcps": [[RCP_FULL, RCP_DENY]]}, DENY, "rcp"),
    ("RCPs: an Allow at every level", {}, {**ME, "rcps": [[RCP_FULL], [RCP_FULL]]}, YES, "identity"),
    ("RCPs: a level without Allow", {}, {**ME, "rcps": [[RCP_FULL], []]}, NO, "rcp"),
    ("RCPs grant nothing", {}, {"rcps": [[RCP_FULL]]}, NO, "identity"),
    ("RCPs bind root", {"principal": ROOT}, {"rcps": [[RCP_FULL, RCP_DENY]]}, DENY, "rcp"),
    (
        "RCPs bind services",
        {"principal": "x.amazonaws.com"},
        {"resource": grant({"Service": "x.amazonaws.com"}), "rcps": [[RCP_FULL, RCP_DENY]]},
        DENY,
        "rcp",
    ),
    (
        "RCPs bind anonymous callers",
        {"principal": None},
        {"resource": grant("*"), "rcps": [[RCP_FULL, RCP_DENY]]},
        DENY,
        "rcp",
    ),
    (
        "RCPs: resources of the management account",
        {"flags": ["resource_management_account"]},
        {**ME, "rcps": [[RCP_DENY]]},
        YES,
        "identity",
    ),
    (
        "RCPs: the management account's own resources",
        {"flags": ["management_account"]},
        {**ME, "rcps": [[RCP_DENY]]},
        YES,
        "identity",
    ),
    (
        "RCPs: the caller's management account doesn't help abroad",
        {"flags": ["management_account"], "resource_account": B},
        {**ME, "resource": grant("*"), "rcps": [[RCP_FULL, RCP_DENY]]},
        DENY,
        "rcp",
    ),
    (
        "RCPs: a service-linked role",
        {"principal": LINKED, "issuer": LINKED_ROLE},
        {**ME, "rcps": [[RCP_DENY]]},
        YES,
        "identity",
    ),
    (
        "RCPs: the service that assumes a service-linked role",
        {"principal": "x.amazonaws.com", "action": "sts:AssumeRole", "resource": LINKED_ROLE},
        {
            "resource": grant({"Service": "x.amazonaws.com"}),
            "rcps": [[document({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})]],
        },
        YES,
        "resource",
    ),
    (
        "RCPs: a service that assumes any other role",
        {"principal": "x.amazonaws.com", "action": "sts:AssumeRole", "resource": TARGET},
        {
            "resource": grant({"Service": "x.amazonaws.com"}),
            "rcps": [[document({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})]],
        },
        DENY,
        "rcp",
    ),
    (
        "RCPs: services outside of the list",
        {"action": "iam:GetUser", "resource": USER},
        {
            **ME,
            "rcps": [[document({"Effect": "Deny", "Principal": "*", "Action": "iam:*", "Resource": "*"})]],
        },
        YES,
        "identity",
    ),
    (
        "RCPs: actions without a resource",
        {"action": "s3:ListAllMyBuckets", "resource": "*"},
        {**ME, "rcps": [[RCP_DENY]]},
        YES,
        "identity",
    ),
    (
        "RCPs: kms:RetireGrant",
        {"action": "kms:RetireGrant", "resource": KEY},
        {
            **ME,
            "resource": grant({"AWS": A}),
            "rcps": [[document({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"})]],
        },
        YES,
        "identity",
    ),
    (
        "RCPs: keys that AWS manages",
        {"action": "kms:DescribeKey", "resource": f"arn:aws:kms:eu-west-1:{A}:alias/aws/s3"},
        {
            **ME,
            "rcps": [[document({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"})]],
        },
        YES,
        "identity",
    ),
    (
        "RCPs: an object that is only named like such a key",
        {"resource": "arn:aws:s3:::bucket/x:alias/aws/s3"},
        {**ME, "rcps": [[RCP_FULL, RCP_DENY]]},
        DENY,
        "rcp",
    ),
    (
        "RCPs: other calls on keys",
        {"action": "kms:Decrypt", "resource": KEY},
        {
            **ME,
            "resource": grant({"AWS": A}),
            "rcps": [[document({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"})]],
        },
        DENY,
        "rcp",
    ),
]


@pytest.mark.parametrize(
    ("name", "request_", "policies", "outcome", "layer"), ORGANISATION, ids=[c[0] for c in ORGANISATION]
)
def test_organisation_policies(
    name: str, request_: dict[str, Any], policies: dict[str, Any], outcome: str, layer: str
) -> None:
    decision = judge(request_, **policies)
    assert (decision.outcome, decision.layer) == (outcome, layer), name


ENDPOINT = [
    ("must allow", {**ME, "vpce": [grant("*", "sqs:*")]}, NO, "vpce"),
    ("allows", {**ME, "vpce": [grant("*", "s3:*")]}, YES, "identity"),
    ("grants nothing", {"vpce": [grant("*")]}, NO, "identity"),
    ("denies", {**ME, "vpce": [grant("*", effect="Deny")]}, DENY, "vpce"),
    ("must name the caller", {**ME, "vpce": [grant({"AWS": B})]}, NO, "vpce"),
    ("may name the account", {**ME, "vpce": [grant({"AWS": A})]}, YES, "identity"),
    ("several are one union", {**ME, "vpce": [grant("*", "sqs:*"), grant("*", "s3:*")]}, YES, "identity"),
]


@pytest.mark.parametrize(("name", "policies", "outcome", "layer"), ENDPOINT, ids=[c[0] for c in ENDPOINT])
def test_an_endpoint_policy(name: str, policies: dict[str, Any], outcome: str, layer: str) -> None:
    decision = judge({}, **policies)
    assert (decision.outcome, decision.layer) == (outcome, layer), name


def test_an_endpoint_policy_limits_anonymous_callers_and_services_as_well() -> None:
    for principal in (None, "x.amazonaws.com"):
        decision = judge({"principal": principal}, resource=grant("*"), vpce=[grant("*", "sqs:*")])
        assert (decision.outcome, decision.layer) == (NO, "vpce")


def test_session_policies_passed_together_are_a_union() -> None:
    who = {"principal": SESSION, "issuer": ROLE}
    assert judge(who, identity=[allow()], session=[allow("sqs:*"), allow("s3:*")]).allowed
    assert judge(who, identity=[allow()], session=[allow(), deny()]).outcome == DENY


def test_group_policies_are_identity_policies() -> None:
    assert judge({}, identity=[allow("sqs:*"), allow("s3:*")]).allowed
    assert judge({}, identity=[allow(), deny("s3:*")]).outcome == DENY


NOT_PRINCIPAL = [
    ("user and account listed", {}, [USER, ROOT], {}, YES),
    ("the account isn't listed", {}, [USER], {}, DENY),
    ("the user isn't listed", {}, [ROOT], {}, DENY),
    ("role, session and account listed", {"principal": SESSION, "issuer": ROLE}, [SESSION, ROLE, A], {}, YES),
    ("the session isn't listed", {"principal": SESSION, "issuer": ROLE}, [ROLE, A], {}, DENY),
    ("the role isn't listed", {"principal": SESSION, "issuer": ROLE}, [SESSION, A], {}, DENY),
    ("which session isn't known", {"principal": ROLE}, [ROLE, A], {}, DENY),
    ("a boundary is never spared", {}, [USER, ROOT], {"boundary": [allow()]}, DENY),
    ("root needs its account alone", {"principal": ROOT}, [A], {}, YES),
    (
        "a federated user with user and account",
        {"principal": FEDERATED, "issuer": USER},
        [FEDERATED, USER, A],
        {"session": [allow()]},
        YES,
    ),
]


@pytest.mark.parametrize(
    ("name", "request_", "listed", "policies", "outcome"), NOT_PRINCIPAL, ids=[c[0] for c in NOT_PRINCIPAL]
)
def test_not_principal(
    name: str, request_: dict[str, Any], listed: list[str], policies: dict[str, Any], outcome: str
) -> None:
    bucket = document({"Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "s3:*", "Resource": "*"})
    assert judge(request_, resource=bucket, identity=[allow()], **policies).outcome == outcome, name


def test_not_principal_spares_a_listed_service_and_nobody_anonymous() -> None:
    bucket = document(
        {"Effect": "Deny", "NotPrincipal": {"Service": "x.amazonaws.com"}, "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
    )
    assert judge({"principal": "x.amazonaws.com"}, resource=bucket).outcome == YES
    assert judge({"principal": "y.amazonaws.com"}, resource=bucket).outcome == DENY
    assert judge({"principal": None}, resource=bucket).outcome == DENY


def test_allow_with_not_principal_is_no_longer_supported() -> None:
    bucket = document({"Effect": "Allow", "NotPrincipal": {"AWS": B}, "Action": "s3:*", "Resource": "*"})
    assert not judge({}, resource=bucket).allowed


@pytest.mark.parametrize("order", [("scps", "rcps", "vpce", "resource", "boundary", "session", "identity")])
def test_of_several_denies_the_first_in_a_fixed_order_is_named(order: tuple[str, ...]) -> None:
    everywhere: dict[str, Any] = {
        "scps": [[deny()]],
        "rcps": [[RCP_DENY]],
        "vpce": [grant("*", effect="Deny")],
        "resource": grant("*", effect="Deny"),
        "boundary": [deny()],
        "session": [deny()],
        "identity": [deny()],
    }
    for layer in order:
        decision = judge({}, **everywhere)
        assert decision.layer == layer.removesuffix("s")
        assert len(decision.statements) == len(everywhere)
        del everywhere[layer]


def test_a_set_knows_its_layers() -> None:
    policies = PolicySet(identity=[allow(), deny()], scps=[[allow()], []], resource=grant("*"))
    assert [(member.layer, member.index) for member in policies.layer("identity")] == [
        ("identity", 0),
        ("identity", 1),
    ]
    assert (policies.levels("scp"), policies.levels("rcp")) == (2, 0)
    assert repr(policies) == "<PolicySet scp: 1, resource: 1, identity: 2>"


def test_many_policies_are_asked_as_few_are() -> None:
    others = [allow(f"service{number}:*") for number in range(40)]
    assert judge({}, identity=others).outcome == NO
    assert judge({}, identity=[*others, allow()]).outcome == YES
    assert judge({}, identity=[*others, allow("s3:Get*"), deny("S3:*")]).outcome == DENY
    assert judge({"action": "service7:Do"}, identity=[*others, deny("*:Do")]).outcome == DENY
    assert judge({"action": "service7:Do"}, identity=[*others, deny("sqs:*")]).outcome == YES
    spare = document({"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"})
    assert judge({"action": "service7:Do"}, identity=[*others, spare]).outcome == DENY
    assert judge({}, identity=[*others, allow(), spare]).outcome == DENY
