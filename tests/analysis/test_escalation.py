"""Who can become whom, or more: the methods, what stops them, and that the paths really lead there.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html and the service authorization reference.
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.analysis.authorization_details import account_from_json
from iamlab.analysis.escalation import escalations
from iamlab.analysis.snapshot import Account

ME = "arn:aws:iam::111122223333"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusts(**principal: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def user(name: str, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    inline = [{"PolicyName": "own", "PolicyDocument": document(*statements)}] if statements else []
    return {"UserName": name, "Arn": f"{ME}:user/{name}", "UserPolicyList": inline, **more}


def role(name: str, trust: dict[str, Any], *statements: dict[str, Any]) -> dict[str, Any]:
    inline = [{"PolicyName": "own", "PolicyDocument": document(*statements)}] if statements else []
    return {
        "RoleName": name,
        "Arn": f"{ME}:role/{name}",
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": inline,
    }


def managed(name: str, *versions: dict[str, Any]) -> dict[str, Any]:
    """A managed policy; the first version is in force."""
    return {
        "Arn": f"{ME}:policy/{name}",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [
            {"VersionId": f"v{index}", "Document": version} for index, version in enumerate(versions, 1)
        ],
    }


def attached(name: str) -> dict[str, Any]:
    return {"AttachedManagedPolicies": [{"PolicyName": name, "PolicyArn": f"{ME}:policy/{name}"}]}


def account(*rows: dict[str, Any], **more: Any) -> Account:
    lists: dict[str, list[dict[str, Any]]] = {
        "UserDetailList": [],
        "RoleDetailList": [],
        "GroupDetailList": [],
        "Policies": [],
    }
    for row in rows:
        kind = next(
            name
            for key, name in (
                ("UserName", "UserDetailList"),
                ("RoleName", "RoleDetailList"),
                ("GroupName", "GroupDetailList"),
                ("DefaultVersionId", "Policies"),
            )
            if key in row
        )
        lists[kind].append(row)
    return account_from_json(lists, account="111122223333", **more)


ROOT = {"AWS": f"{ME}:root"}
ADMIN = role("Admin", trusts(Service="lambda.amazonaws.com"), allow("*"))
BOSS = user("boss", allow("*"))
GROUP = {
    "GroupName": "admins",
    "Arn": f"{ME}:group/admins",
    "GroupPolicyList": [{"PolicyName": "all", "PolicyDocument": document(allow("*"))}],
}
EMPTY_GROUP = {"GroupName": "staff", "Arn": f"{ME}:group/staff", "GroupPolicyList": []}

# (rows beside ana, method of the edge that starts at ana, where it leads)
METHODS = [
    (
        [user("ana", allow("iam:PutUserPolicy", f"{ME}:user/ana"))],
        "PutUserPolicy",
        "user/ana with any permissions",
    ),
    ([user("ana", allow("iam:AttachUserPolicy"))], "AttachUserPolicy", "user/ana with any permissions"),
    (
        [
            user("ana", allow("iam:CreatePolicyVersion"), **attached("mine")),
            managed("mine", document(allow("s3:ListAllMyBuckets"))),
        ],
        "CreatePolicyVersion",
        "user/ana with policy mine rewritten",
    ),
    (
        [
            user("ana", allow("iam:SetDefaultPolicyVersion"), **attached("mine")),
            managed("mine", document(allow("s3:ListAllMyBuckets")), document(allow("*"))),
        ],
        "SetDefaultPolicyVersion",
        "user/ana with policy mine in v2",
    ),
    (
        [
            user("ana", allow("iam:*PolicyVersion"), **attached("mine")),
            managed("mine", *(document(allow("s3:ListAllMyBuckets")) for _ in range(5))),
        ],
        "DeletePolicyVersion, CreatePolicyVersion",
        "user/ana with policy mine rewritten",
    ),
    (
        [
            user("ana", allow("iam:CreatePolicyVersion"), **attached("mine")),
            managed("mine", *(document(allow("s3:ListAllMyBuckets")) for _ in range(5))),
        ],
        "CreatePolicyVersion",
        None,  # a sixth version has no place, and ana can't delete one
    ),
    ([user("ana", allow("iam:AddUserToGroup")), GROUP], "AddUserToGroup", "user/ana with group admins"),
    (
        [user("ana", allow("iam:PutGroupPolicy"), GroupList=["staff"]), EMPTY_GROUP],
        "PutGroupPolicy",
        "user/ana with any permissions",
    ),
    (
        [user("ana", allow("iam:AttachGroupPolicy"), GroupList=["staff"]), EMPTY_GROUP],
        "AttachGroupPolicy",
        "user/ana with any permissions",
    ),
    ([user("ana", allow("iam:CreateAccessKey")), BOSS], "CreateAccessKey", "user/boss"),
    ([user("ana", allow("iam:CreateLoginProfile")), BOSS], "CreateLoginProfile", "user/boss"),
    ([user("ana", allow("iam:UpdateLoginProfile")), BOSS], "UpdateLoginProfile", "user/boss"),
    ([user("ana", allow("iam:UpdateAssumeRolePolicy")), ADMIN], "UpdateAssumeRolePolicy", "role/Admin"),
    (
        [user("ana", allow("sts:AssumeRole")), role("Ops", trusts(**ROOT), allow("*"))],
        "AssumeRole",
        "role/Ops",
    ),
    (
        [user("ana"), role("Ops", trusts(AWS=f"{ME}:user/ana"), allow("*"))],
        "AssumeRole",
        "role/Ops",
    ),
    (
        [user("ana", allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])), ADMIN],
        "PassRole + CreateFunction",
        "role/Admin",
    ),
    ([user("ana", allow("lambda:UpdateFunctionCode")), ADMIN], "UpdateFunctionCode", "role/Admin"),
    (
        [user("ana", allow(["sts:AssumeRole", "iam:AttachRolePolicy"])), role("Ops", trusts(**ROOT))],
        "AttachRolePolicy, then AssumeRole",
        "role/Ops with any permissions",
    ),
    (
        [
            user(
                "ana",
                allow("iam:Delete*"),
                allow("*"),
                PermissionsBoundary={"PermissionsBoundaryArn": f"{ME}:policy/edge"},
            ),
            managed("edge", document(allow(["s3:*", "iam:DeleteUserPermissionsBoundary"]))),
        ],
        "DeleteUserPermissionsBoundary",
        "user/ana with no boundary",
    ),
    (
        [user("ana", allow("*"), deny("s3:*"))],
        "DeleteUserPolicy",
        None,  # the policy with the Deny holds the Allow, too: deleting it gains nothing
    ),
]


@pytest.mark.parametrize(
    ("rows", "method", "target"), METHODS, ids=[f"{i} {m[1]} to {m[2]}" for i, m in enumerate(METHODS)]
)
def test_a_method_is_an_edge(rows: list[dict[str, Any]], method: str, target: str | None) -> None:
    edges = [(edge.name, edge.target.label) for edge in escalations(account(*rows)).edges_from("user/ana")]
    assert ((method, target) in edges) is (target is not None)


SERVICES = {
    "ec2": ["ec2:RunInstances"],
    "glue": ["glue:CreateDevEndpoint"],
    "cloudformation": ["cloudformation:CreateStack"],
    "ecs-tasks": ["ecs:RegisterTaskDefinition", "ecs:RunTask"],
    "sagemaker": ["sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    "datapipeline": ["datapipeline:*"],
    "codebuild": ["codebuild:CreateProject", "codebuild:StartBuild"],
    "states": ["states:CreateStateMachine", "states:StartExecution"],
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_passed_role_works_for_whoever_passes_it(service: str) -> None:
    ops = role("Ops", trusts(Service=f"{service}.amazonaws.com"), allow("*"))
    ana = user("ana", allow("iam:PassRole", f"{ME}:role/Ops"), allow(SERVICES[service]))
    graph = escalations(account(ana, ops))
    assert any(e.name.startswith("PassRole +") and e.target.label == "role/Ops" for e in graph.edges)
    without = escalations(account(user("ana", allow(SERVICES[service])), ops))
    assert not any(e.name.startswith("PassRole +") for e in without.edges)
    elsewhere = role("Ops", trusts(Service="ec2.example.amazonaws.com"), allow("*"))
    assert not escalations(account(ana, elsewhere)).edges


CAPS = {
    "a boundary": {
        "PermissionsBoundary": {"PermissionsBoundaryArn": f"{ME}:policy/edge"},
    },
}
STOPPED = [
    pytest.param([user("ana", allow("iam:Put*"), deny("iam:PutUserPolicy"))], {}, id="a Deny"),
    pytest.param(
        [
            user("ana", allow("iam:*"), **CAPS["a boundary"]),
            managed("edge", document(allow("s3:*"))),
        ],
        {},
        id="a boundary",
    ),
    pytest.param(
        [user("ana", allow("iam:*"))], {"scps": [[document(allow("*"), deny("iam:*"))]]}, id="an SCP"
    ),
    pytest.param(
        [user("ana", allow("iam:PutUserPolicy", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))],
        {},
        id="a condition on MFA",
    ),
    pytest.param(
        [
            user(
                "ana",
                allow(
                    "iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": f"{ME}:policy/other"}}
                ),
            )
        ],
        {},
        id="a condition on the policy",
    ),
    pytest.param(
        [
            user(
                "ana",
                allow(
                    "iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
                ),
                allow("lambda:*"),
            ),
            role("Admin", trusts(Service=["lambda.amazonaws.com"]), allow("s3:*")),
        ],
        {},
        id="a condition on the service",
    ),
    pytest.param([user("ana", allow("sts:AssumeRole")), ADMIN], {}, id="a trust policy"),
    pytest.param([user("ana", allow("iam:AddUserToGroup")), EMPTY_GROUP], {}, id="nothing to gain"),
]


@pytest.mark.parametrize(("rows", "more"), STOPPED)
def test_what_stops_an_escalation(rows: list[dict[str, Any]], more: dict[str, Any]) -> None:
    edges = escalations(account(*rows, **more)).edges_from("user/ana")
    assert [edge for edge in edges if not edge.presumes] == []


def test_with_mfa_more_is_possible() -> None:
    rows = [
        user("ana", allow("iam:PutUserPolicy", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    ]
    with_mfa = escalations(account(*rows), {"aws:MultiFactorAuthPresent": True})
    assert [edge.name for edge in with_mfa.edges] == ["PutUserPolicy"]


def test_a_raised_principal_stays_below_its_boundary() -> None:
    rows = [
        user("ana", allow("iam:PutUserPolicy"), **CAPS["a boundary"]),
        managed("edge", document(allow(["s3:*", "iam:PutUserPolicy"]))),
    ]
    graph = escalations(account(*rows))
    assert not graph.administrators
    (path,) = graph.paths("user/ana")
    assert path.gained.action.startswith("s3:")


def test_paths_go_over_several_principals_and_are_shortest() -> None:
    rows = [
        user("ana", allow("iam:CreateAccessKey", f"{ME}:user/bob")),
        user("bob", allow("sts:AssumeRole", f"{ME}:role/Ops")),
        role("Ops", trusts(**ROOT), allow("iam:PutRolePolicy", f"{ME}:role/Ops")),
    ]
    graph = escalations(account(*rows))
    (path,) = graph.paths("user/ana", to_administrator=True)
    assert [edge.name for edge in path.edges] == ["CreateAccessKey", "PutRolePolicy, then AssumeRole"] or [
        edge.name for edge in path.edges
    ] == ["CreateAccessKey", "AssumeRole", "PutRolePolicy"]
    assert [call.method for call in path.calls] == ["create_access_key", "assume_role", "put_role_policy"]
    assert path.replayable


def test_actions_on_which_resources_have_a_say_hide_no_administrator() -> None:
    # sts:AssumeRole and kms:Decrypt, each in a class of its own here, need the word of the role's or key's policy, too.
    boss = user(
        "boss", allow("sts:AssumeRole", f"{ME}:role/x"), allow("kms:Decrypt", f"{ME}:key/x"), allow("*")
    )
    assert [posture.label for posture in escalations(account(boss)).administrators] == ["user/boss"]


def test_a_group_that_decrypts_is_a_gain() -> None:
    keepers = {
        "GroupName": "keepers",
        "Arn": f"{ME}:group/keepers",
        "GroupPolicyList": [{"PolicyName": "keys", "PolicyDocument": document(allow("kms:Decrypt"))}],
    }
    (path,) = escalations(account(user("ana", allow("iam:AddUserToGroup")), keepers)).paths("user/ana")
    assert path.gained.action == "kms:Decrypt"


def test_administrators_need_no_escalation() -> None:
    graph = escalations(account(BOSS, user("ana")))
    assert [posture.label for posture in graph.administrators] == ["user/boss"]
    assert graph.edges == ()


def test_it_shows_itself_the_same_every_time() -> None:
    def shown() -> dict[str, str]:
        return escalations(account(user("ana", allow("iam:*")), BOSS, ADMIN))._repr_mimebundle_()

    bundle = shown()
    assert bundle == shown()
    assert bundle["text/plain"].startswith("1 of 1 principals that are no administrators can become one")
    assert "iam.put_user_policy(UserName='ana'" in bundle["text/plain"]
    assert "<svg" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
