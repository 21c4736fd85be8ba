"""Exercises about permissions prove their demand over every request, and every right answer passes the proof.

What an answer allows beyond the ceiling is shown by the known wrong answers of the exercises themselves, in
`test_exercises.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from iamlab import Lab
from iamlab.course import Exercise, Outcome, exercise, exercises
from iamlab.course.bench import Bench
from iamlab.course.ceilings import PROVEN, AtMost, LetsInAtMost
from iamlab.course.demand import Ask, Demands, Holds
from iamlab.course.outcome import Result
from iamlab.engine import Decision, PolicySet, Request, decide

USER, ROLE, MANAGED = (f"arn:aws:iam::123456789012:{kind}/" for kind in ("user", "role", "policy"))
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/"

NOT_ABOUT_PERMISSIONS = {
    "02-users/swap-the-key": "about access keys: which one is active",
    "06-multi-factor-authentication/a-device": "about an MFA device: whose it is",
    "08-access-keys/a-leak": "about access keys: which one is active",
    "10-security-best-practices/idle-keys": "about access keys: which one is active",
    "10-security-best-practices/password-policy": "about passwords: which ones are taken",
    "10-security-best-practices/rotate-a-certificate": "about a server certificate: its host and its end",
}
"""Exercises whose answer is something in the account, and no policy. (Quizzes and forecasts have no answer there.)"""


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def deny(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    return allow(action, resource, **condition) | {"Effect": "Deny"}


def trust(principal: Any, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return statement | ({"Condition": condition} if condition else {})


def _text(statements: tuple[dict[str, Any], ...]) -> str:
    return repr(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def on_user(user: str, name: str, *statements: dict[str, Any]) -> str:
    """Code that puts a policy on a user."""
    return (
        f"iam.put_user_policy(UserName={user!r}, PolicyName={name!r}, PolicyDocument={_text(statements)})\n"
    )


def on_group(group: str, name: str, *statements: dict[str, Any]) -> str:
    return f"iam.put_group_policy(GroupName={group!r}, PolicyName={name!r}, PolicyDocument={_text(statements)})\n"


def on_role(role: str, name: str, *statements: dict[str, Any]) -> str:
    return (
        f"iam.put_role_policy(RoleName={role!r}, PolicyName={name!r}, PolicyDocument={_text(statements)})\n"
    )


def door(role: str, *statements: dict[str, Any]) -> str:
    """Code that writes the trust policy of a role."""
    return f"iam.update_assume_role_policy(RoleName={role!r}, PolicyDocument={_text(statements)})\n"


def of_bucket(bucket: str, *statements: dict[str, Any]) -> str:
    return f"boto3.client('s3').put_bucket_policy(Bucket={bucket!r}, Policy={_text(statements)})\n"


def version(policy: str, *statements: dict[str, Any]) -> str:
    """Code that gives a managed policy a new default version."""
    return (
        f"iam.create_policy_version(PolicyArn='{MANAGED}{policy}', SetAsDefault=True, "
        f"PolicyDocument={_text(statements)})\n"
    )


def new_role(role: str, *statements: dict[str, Any]) -> str:
    return f"iam.create_role(RoleName={role!r}, AssumeRolePolicyDocument={_text(statements)})\n"


SELF = f"{USER}${{aws:username}}"
MFA = {"aws:MultiFactorAuthPresent": "true"}
NO_MFA = {"aws:MultiFactorAuthPresent": "false"}
STAFF, CEILING = f"{MANAGED}StaffCeiling", f"{MANAGED}DelegateCeiling"
INES_OTTO = [f"{USER}ines", f"{USER}otto"]
NOW = "lab.clock.now().strftime('%Y-%m-%dT%H:%M:%SZ')"
FIRST_STEPS = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices"]
_BEFORE = on_role(
    "Exporter", "AWSRevokeOlderSessions", deny("*", DateLessThan={"aws:TokenIssueTime": "NOW"})
).replace("NOW", f"' + {NOW} + '")

# exercise, in which way it differs from the solution: code
RIGHT = {
    ("01-what-is-iam/no-deleting", "versions too"): on_user(
        "lee", "NoDeleting", deny(["s3:DeleteObject", "s3:DeleteObjectVersion"], "arn:aws:s3:::*/*")
    ),
    ("02-users/list-buckets", "by a pattern"): "iam.create_user(UserName='priya')\n"
    + on_user("priya", "List", allow("s3:ListAllMy*")),
    ("03-roles/who-may-wear-it", "the account, narrowed to two"): door(
        "ReportReader",
        trust({"AWS": "123456789012"}, ArnEquals={"aws:PrincipalArn": INES_OTTO}),
    ),
    ("03-roles/who-may-wear-it", "a statement for each"): door(
        "ReportReader", trust({"AWS": INES_OTTO[0]}), trust({"AWS": INES_OTTO[1]})
    ),
    ("03-roles/who-may-wear-it", "everybody, narrowed by name"): door(
        "ReportReader",
        trust(
            "*",
            StringEquals={"aws:username": ["ines", "otto"], "aws:PrincipalAccount": "123456789012"},
        ),
    ),
    ("03-roles/who-may-wear-it", "two, and a Deny of all others"): door(
        "ReportReader",
        trust({"AWS": INES_OTTO}),
        trust("*", ArnNotEquals={"aws:PrincipalArn": INES_OTTO}) | {"Effect": "Deny"},
    ),
    ("03-roles/who-may-wear-it", "with session tags"): door(
        "ReportReader", trust({"AWS": INES_OTTO}) | {"Action": ["sts:AssumeRole", "sts:TagSession"]}
    ),
    ("03-roles/who-may-wear-it", "values that are no texts"): door(
        "ReportReader", trust({"AWS": INES_OTTO}, Bool={"aws:PrincipalIsAWSService": False})
    ),
    ("03-roles/backup-reader", "bucket and objects, read and list"): new_role(
        "BackupReader", trust({"Service": "ec2.amazonaws.com"})
    )
    + on_role(
        "BackupReader",
        "Read",
        allow("s3:GetObject*", "arn:aws:s3:::backup-photos/*"),
        allow("s3:ListBucket", "arn:aws:s3:::backup-photos"),
    ),
    ("04-policies/one-letter", "every account in the ARN"): on_user(
        "rita", "ReadOrders", allow("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:*:table/Orders")
    ),
    ("04-policies/stay-in-europe", "a Deny elsewhere"): on_user(
        "sven",
        "UseTables",
        allow("dynamodb:*"),
        deny("*", StringNotEquals={"aws:RequestedRegion": "eu-central-1"}),
    ),
    ("04-policies/stay-in-europe", "by NotAction"): on_user(
        "sven",
        "UseTables",
        allow("dynamodb:*", StringLike={"aws:RequestedRegion": "eu-central-1"}),
        {"Effect": "Deny", "NotAction": "dynamodb:*", "Resource": "*"},
    ),
    ("05-an-app-that-reads-dynamodb/move-to-a-role", "for this account's tasks"): new_role(
        "MenuAppRole",
        trust(
            {"Service": "ecs-tasks.amazonaws.com"},
            StringEqualsIfExists={"aws:SourceAccount": "123456789012"},
        ),
    )
    + on_role("MenuAppRole", "Read", allow("dynamodb:GetItem", f"{TABLE}Menu"))
    + "iam.delete_access_key(UserName='LegacyApp', AccessKeyId="
    "iam.list_access_keys(UserName='LegacyApp')['AccessKeyMetadata'][0]['AccessKeyId'])\n",
    ("06-multi-factor-authentication/the-trap", "by its age"): on_user(
        "rob",
        "Files",
        allow("s3:*"),
        deny("s3:DeleteBucket", Null={"aws:MultiFactorAuthAge": "true"}),
    ),
    ("06-multi-factor-authentication/the-trap", "on all buckets by their ARN"): on_user(
        "rob", "Files", allow("s3:*"), deny("s3:DeleteBucket", "arn:aws:s3:::*", BoolIfExists=NO_MFA)
    ),
    ("06-multi-factor-authentication/the-trap", "allowed only with a code"): on_user(
        "rob",
        "Files",
        {"Effect": "Allow", "NotAction": ["s3:DeleteBucket"], "Resource": "arn:aws:s3:::*"},
        allow("s3:DeleteBucket", Bool=MFA),
        {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
    ),
    ("06-multi-factor-authentication/a-role-behind-a-code", "a fresh code"): door(
        "Deploy", trust({"AWS": f"{USER}pia"}, NumericLessThan={"aws:MultiFactorAuthAge": "3600"})
    ),
    ("06-multi-factor-authentication/a-role-behind-a-code", "a Deny without one"): door(
        "Deploy",
        trust({"AWS": f"{USER}pia"}),
        trust("*", BoolIfExists=NO_MFA) | {"Effect": "Deny"},
    ),
    ("06-multi-factor-authentication/self-service", "without any Deny"): on_group(
        "Field",
        "SecondFactor",
        allow("s3:*", Bool=MFA),
        allow(["iam:EnableMFADevice", "iam:ListMFADevices"], "arn:aws:iam::*:user/${aws:username}"),
        allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
    ),
    ("06-multi-factor-authentication/self-service", "a Deny of S3 alone"): on_group(
        "Field",
        "SecondFactor",
        allow("s3:*"),
        allow([*FIRST_STEPS, "iam:ResyncMFADevice"], [SELF, "arn:aws:iam::123456789012:mfa/*"]),
        deny("s3:*", BoolIfExists=NO_MFA),
    ),
    ("08-access-keys/own-keys", "a Deny on all others"): on_group(
        "Coders",
        "OwnKeys",
        allow("iam:*AccessKey*"),
        {"Effect": "Deny", "Action": "*", "NotResource": SELF},
    ),
    ("08-access-keys/revoke-sessions", "the old Allow written anew"): on_role(
        "Exporter",
        "Read",
        allow("s3:GetObject", "arn:aws:s3:::exports-2026/*"),
    )
    + _BEFORE,
    ("08-access-keys/revoke-sessions", "what it can do, and no more"): _BEFORE.replace(
        '"Action": "*"', '"Action": "s3:*"'
    ),
    ("09-permission-boundaries/delegate", "every user, and looking"): on_user(
        "lena",
        "MakeUsers",
        allow(["iam:CreateUser", "iam:PutUserPolicy"], "*", ArnLike={"iam:PermissionsBoundary": STAFF}),
        allow(["iam:GetUser", "iam:ListUsers"]),
    ),
    ("09-permission-boundaries/delegate", "a statement for each, and a Deny"): on_user(
        "lena",
        "MakeUsers",
        allow("iam:CreateUser", "arn:aws:iam::*:user/*"),
        allow("iam:PutUserPolicy", "arn:aws:iam::*:user/*"),
        deny("iam:*", StringNotEquals={"iam:PermissionsBoundary": STAFF}),
    ),
    ("09-permission-boundaries/close-the-ways-around", "only of this boundary"): version(
        "DelegateCeiling",
        allow(["iam:*", "s3:*", "dynamodb:*"]),
        deny(["iam:Create*Version", "iam:SetDefaultPolicyVersion"], CEILING),
        deny("iam:Delete*PermissionsBoundary", StringEquals={"iam:PermissionsBoundary": CEILING}),
        deny("iam:Put*PermissionsBoundary", ArnNotEquals={"iam:PermissionsBoundary": CEILING}),
    ),
    ("09-permission-boundaries/close-the-ways-around", "NotAction, and less than before"): version(
        "DelegateCeiling",
        allow("iam:*"),
        allow(["s3:*", "dynamodb:Get*"]),
        deny("iam:*PolicyVersion", f"{MANAGED}Delegate*"),
        deny("iam:*PermissionsBoundary"),
        {"Effect": "Deny", "NotAction": ["iam:*", "s3:*"], "Resource": "*"},
    ),
    ("09-permission-boundaries/the-other-door", "everybody, narrowed to her"): of_bucket(
        "press-kit",
        allow("s3:GetObject", "arn:aws:s3:::press-kit/*", ArnEquals={"aws:PrincipalArn": f"{USER}ines-p"})
        | {"Principal": "*"},
    ),
    ("09-permission-boundaries/the-other-door", "reading and listing, the old Deny kept"): of_bucket(
        "press-kit",
        allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::press-kit", "arn:aws:s3:::press-kit/*"])
        | {"Principal": {"AWS": [f"{USER}ines-p"]}},
        deny("s3:DeleteObject", "arn:aws:s3:::press-kit/*") | {"Principal": "*"},
    ),
    ("11-how-a-decision-is-made/external-id", "a Deny of other ids"): door(
        "AuditedByConsultant",
        trust({"AWS": f"{USER}consultant"}),
        trust("*", StringNotEquals={"sts:ExternalId": "unicorn-42"}) | {"Effect": "Deny"},
    ),
    ("11-how-a-decision-is-made/external-id", "by its pattern, over TLS"): door(
        "AuditedByConsultant",
        trust(
            {"AWS": "arn:aws:iam::123456789012:root"},
            StringLike={"sts:ExternalId": "unicorn-42", "aws:PrincipalArn": f"{USER}consultant"},
            Bool={"aws:SecureTransport": "true"},
        ),
    ),
    ("11-how-a-decision-is-made/own-project", "by IAM's own name of the tag"): on_group(
        "Engineers",
        "OwnProject",
        allow("sts:AssumeRole", StringEquals={"iam:ResourceTag/project": "${aws:PrincipalTag/project}"}),
    ),
    ("11-how-a-decision-is-made/own-project", "a Deny of other projects"): on_group(
        "Engineers",
        "OwnProject",
        allow("sts:AssumeRole"),
        deny("*", StringNotEquals={"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}),
    ),
    ("12-break-and-fix/help-desk", "rotation for the printer"): on_user(
        "desk-iris",
        "Keys",
        allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"], f"{USER}svc-printer"),
        allow("iam:ListUsers"),
    ),
    ("12-break-and-fix/help-desk", "a Deny of the rest"): on_user(
        "desk-iris",
        "Keys",
        allow("iam:CreateAccessKey"),
        {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:iam::*:user/svc-printer"},
    ),
    ("12-break-and-fix/group-door", "out again, too"): on_user(
        "lead-dot",
        "Members",
        allow(
            ["iam:AddUserToGroup", "iam:RemoveUserFromGroup"], "arn:aws:iam::123456789012:group/Readers-12"
        ),
    ),
    ("12-break-and-fix/new-version", "a Deny of all others"): on_user(
        "analyst-bo",
        "Editor",
        allow("iam:CreatePolicyVersion", f"{MANAGED}*"),
        {"Effect": "Deny", "Action": "iam:CreatePolicyVersion", "NotResource": f"{MANAGED}Dashboards"},
    ),
    ("12-break-and-fix/attach-anything", "himself by a variable"): on_user(
        "trainee-cy",
        "SelfService",
        allow(
            "iam:AttachUserPolicy",
            SELF,
            StringEquals={"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
        ),
    ),
    ("12-break-and-fix/attach-anything", "if it is himself"): on_user(
        "trainee-cy",
        "SelfService",
        allow(
            "iam:AttachUserPolicy",
            f"{USER}trainee-cy",
            ArnLike={"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
            StringEquals={"aws:username": "trainee-cy"},
        ),
    ),
    ("12-break-and-fix/rewrite-trust", "assuming kept"): on_user(
        "ops-gus",
        "Trust",
        allow("iam:UpdateAssumeRolePolicy", f"{ROLE}Nightly-12"),
        allow("iam:GetRole"),
    ),
    ("12-break-and-fix/open-role", "the account, narrowed to two"): door(
        "Restore-12",
        trust(
            {"AWS": "arn:aws:iam::123456789012:root"},
            StringEquals={"aws:PrincipalArn": [f"{USER}dba-jo", f"{USER}dba-kit"]},
        ),
    ),
    ("12-break-and-fix/open-role", "everybody, and a Deny of the rest"): door(
        "Restore-12",
        trust({"AWS": "*"}),
        trust({"AWS": "*"}, ArnNotEquals={"aws:PrincipalArn": [f"{USER}dba-jo", f"{USER}dba-kit"]})
        | {"Effect": "Deny"},
    ),
    ("12-break-and-fix/pass-anything", "every service, but a condition for all"): on_user(
        "dev-hal",
        "Build",
        allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "arn:aws:lambda:*:123456789012:function:*"),
        allow("iam:PassRole", "arn:aws:iam::*:role/FnLogs-12"),
        deny("iam:PassRole", StringNotEquals={"iam:PassedToService": "lambda.amazonaws.com"}),
    ),
    ("12-break-and-fix/open-bucket", "everybody, narrowed to the role"): of_bucket(
        "invoices-12",
        allow(
            "s3:GetObject",
            "arn:aws:s3:::invoices-12/*",
            ArnEquals={"aws:PrincipalArn": f"{ROLE}Accounting-12"},
        )
        | {"Principal": "*"},
    ),
    ("12-break-and-fix/open-bucket", "by the role's id"): of_bucket(
        "invoices-12",
        allow("s3:GetObject", "arn:aws:s3:::invoices-12/*", StringLike={"aws:userid": "ID:*"})
        | {"Principal": "*"},
    ).replace("ID:", "' + iam.get_role(RoleName='Accounting-12')['Role']['RoleId'] + ':"),
    ("12-break-and-fix/open-bucket", "over TLS only"): of_bucket(
        "invoices-12",
        allow("s3:GetObject", "arn:aws:s3:::invoices-12/*") | {"Principal": {"AWS": f"{ROLE}Accounting-12"}},
        deny("s3:*", "arn:aws:s3:::invoices-12/*", Bool={"aws:SecureTransport": "false"})
        | {"Principal": "*"},
    ),
}


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=1) as running:
        yield running


def answer(ex: Exercise, code: str, lab: Lab) -> Result:
    """Run code as the exercise's cell would, check, and clear away."""
    ex.reset()
    exec(compile(code, ex.id, "exec"), {"boto3": boto3, "json": json, "lab": lab, "iam": boto3.client("iam")})
    start = time.process_time()
    result = ex.check()
    assert time.process_time() - start < 1, "a learner waits for this"
    assert isinstance(ex.test, Demands)
    bench = Bench.current(ex.scene)
    for demand in ex.test.demands:
        if isinstance(demand, AtMost | LetsInAtMost):
            assert demand.beyond(bench).reason == "", "it is decided, one way or the other"
    ex.scene.clear(lab.state.stores["course"])
    return result


def test_every_exercise_about_permissions_has_a_proof_over_all_requests() -> None:
    without = {
        ex.id
        for ex in exercises()
        if isinstance(ex.test, Demands) and not any(isinstance(demand, PROVEN) for demand in ex.test.demands)
    }
    assert without == set(NOT_ABOUT_PERMISSIONS)


def test_an_exercise_without_proof_asks_of_no_call_whether_it_is_allowed() -> None:
    for name in NOT_ABOUT_PERMISSIONS:
        test = exercise(name).test
        assert isinstance(test, Demands)
        assert all(isinstance(demand, Holds) for demand in test.demands), name


def test_a_proof_is_asked_for_once_all_tried_calls_are_right() -> None:
    """So a wrong answer that goes by the name of the proof's mistake is one that no tried call shows."""
    for ex in exercises():
        if isinstance(ex.test, Demands):
            calls = [type(demand).__name__.startswith("May") for demand in ex.test.demands]
            proofs = [isinstance(demand, PROVEN) for demand in ex.test.demands]
            assert not any(calls[proofs.index(True) :] if True in proofs else ()), ex.id


@pytest.mark.parametrize(("name", "way"), RIGHT, ids=[f"{name}: {way}" for name, way in RIGHT])
def test_another_right_answer_passes(name: str, way: str, lab: Lab) -> None:
    result = answer(exercise(name), RIGHT[name, way], lab)
    assert result.outcome is Outcome.CORRECT, result


def test_what_should_not_have_been_allowed_is_named(lab: Lab) -> None:
    said = {}
    for name in (
        "12-break-and-fix/attach-anything",
        "12-break-and-fix/open-role",
        "03-roles/who-may-wear-it",
    ):
        ex = exercise(name)
        code = next(wrong.code for wrong in ex.wrong_answers if wrong.mistake.endswith("more than was asked"))
        said[name] = answer(ex, code, lab)
    assert (
        "`iam:AttachUserPolicy` on `arn:aws:iam::123456789012:user/trainee-cy`"
        in said["12-break-and-fix/attach-anything"].message
    )
    assert (
        "lets in `arn:aws:iam::123456789012:user/dba-somebody`" in said["12-break-and-fix/open-role"].message
    )
    assert "of another account (111122223333)" in said["03-roles/who-may-wear-it"].message


class Asked:
    """A bench on which one caller's policies lie."""

    def __init__(self, policies: PolicySet, *flags: str) -> None:
        request = Request("s3:ListBucket", "arn:aws:s3:::b", f"{USER}ana", flags=flags)
        self.decision = decide(request, policies)

    def ask(self, ask: Ask) -> Decision:
        return self.decision


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


IN_S3 = AtMost(Ask("user/ana", "s3", "ListObjectsV2"), _document(allow("s3:*")), "Only S3.")
EVERYTHING, ONLY_S3 = _document(allow("*")), _document(allow("s3:*"))

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html for the last one
CEILINGS = {
    "a policy by itself": (Asked(PolicySet(EVERYTHING)), True),
    "under a boundary": (Asked(PolicySet(EVERYTHING, boundary=ONLY_S3)), False),
    "under an SCP": (Asked(PolicySet(EVERYTHING, scps=[[EVERYTHING], [ONLY_S3]])), False),
    "under an SCP that allows more": (Asked(PolicySet(EVERYTHING, scps=[[EVERYTHING]])), True),
    "between both": (
        Asked(PolicySet(EVERYTHING, boundary=_document(allow(["s3:*", "sqs:*"])), scps=[[ONLY_S3]])),
        False,
    ),
    "under an SCP, in the management account": (
        Asked(PolicySet(EVERYTHING, scps=[[ONLY_S3]]), "management_account"),
        True,
    ),
}


@pytest.mark.parametrize("name", CEILINGS)
def test_a_ceiling_is_held_against_all_layers_together(name: str) -> None:
    bench, beyond = CEILINGS[name]
    found = IN_S3.shortfall(cast(Bench, bench))
    assert (found is not None) is beyond
    if found is not None:
        assert found.decision is not None
        assert found.decision.allowed or "management" in name
