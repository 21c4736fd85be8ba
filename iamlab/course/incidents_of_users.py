"""Incidents of `12-break-and-fix`: users who can give themselves, or become, more than was meant."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost, NoWayUp
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, MayCall, MayNotCall
from iamlab.course.documents import allow, policy, policy_arn, statement, user_arn
from iamlab.course.incident_steps import ADMIN, LESSON, REMOVED, may, put_policy
from iamlab.course.scene import Group, ManagedPolicy, Scene, User

_ANY_USER = "arn:aws:iam::123456789012:user/*"

# ---------------------------------------------------------------- keys of others
HELP_DESK = Exercise(
    id=f"{LESSON}/help-desk",
    title="Incident 1: the helpful help desk",
    level=1,
    question=(
        "`desk-iris` of the help desk makes access keys for the printers' user `svc-printer`. Her policy `Keys` allows "
        "`iam:CreateAccessKey` on **every** user. Last week somebody with her key made one for `root-like-rex`, who is "
        "an administrator.\n\n"
        "Close it. She must still be able to make keys for `svc-printer`."
    ),
    scene=Scene(
        users=(
            User("desk-iris", {"Keys": allow("iam:CreateAccessKey", on=_ANY_USER)}),
            User("svc-printer"),
            User("root-like-rex", attached=(ADMIN,)),
        )
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/desk-iris", "iam", "CreateAccessKey", {"UserName": "root-like-rex"}),
                "`desk-iris` can still make herself a key of `root-like-rex`: whoever has a key of somebody *is* "
                "somebody.",
                "still keys of the administrator",
            ),
            MayCall(
                Ask("user/desk-iris", "iam", "CreateAccessKey", {"UserName": "svc-printer"}),
                "The way is closed, and so is the help desk: `desk-iris` cannot make a key for `svc-printer` any more.",
                "the work is gone",
            ),
            NoWayUp("user/desk-iris"),
            AtMost(
                Ask("user/desk-iris", "sts", "GetCallerIdentity"),
                policy(
                    statement("Allow", ("iam:*AccessKey*",), user_arn("svc-printer")),
                    statement("Allow", ("iam:Get*", "iam:List*")),
                ),
                "The way of the incident is closed, but `svc-printer` is not the only one whom she can act for.",
            ),
        )
    ),
    hints=(
        "What is the resource of `iam:CreateAccessKey`?",
        "The user for whom the key is made. Name the one user that she needs.",
        f'`"Resource": "{user_arn("svc-printer")}"`',
    ),
    solution_code=put_policy("desk-iris", "Keys", may("iam:CreateAccessKey", user_arn("svc-printer"))),
    reason="`iam:CreateAccessKey` on others, `iam:CreateLoginProfile` and `iam:UpdateLoginProfile` are the shortest "
    "ways to become somebody else.",
    wrong_answers=(
        WrongAnswer("the work is gone", REMOVED % ("desk-iris", "Keys")),
        WrongAnswer(
            "allows more than was asked",
            put_policy("desk-iris", "Keys", may("iam:CreateAccessKey", user_arn("svc-*"))),
        ),
        WrongAnswer(
            "still keys of the administrator",
            put_policy("desk-iris", "Keys", may("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/*r*")),
        ),
        WrongAnswer(
            "another way up",
            put_policy(
                "desk-iris",
                "Keys",
                may("iam:CreateAccessKey", user_arn("svc-printer")),
                may("iam:CreateLoginProfile", _ANY_USER),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- a policy that one may rewrite
_VERSIONED = policy_arn("Reporting")
_NEW = {"PolicyArn": _VERSIONED, "PolicyDocument": "{}", "SetAsDefault": True}

NEW_VERSION = Exercise(
    id=f"{LESSON}/new-version",
    title="Incident 4: a policy that rewrites itself",
    level=2,
    question=(
        "`analyst-bo` keeps the policy `Dashboards` up to date: he writes new versions of it (it is attached to a "
        "role, not to him). He works under the managed policy `Reporting`, and his policy `Editor` allows "
        "`iam:CreatePolicyVersion` on **all** policies. So he gave `Reporting` a version that allows everything.\n\n"
        "Close it. He must still be able to write new versions of `Dashboards`."
    ),
    scene=Scene(
        managed=(
            ManagedPolicy("Reporting", allow("s3:ListAllMyBuckets")),
            ManagedPolicy("Dashboards", allow("cloudwatch:GetDashboard")),
        ),
        users=(
            User(
                "analyst-bo",
                {"Editor": allow("iam:CreatePolicyVersion", on="arn:aws:iam::123456789012:policy/*")},
                attached=("Reporting",),
            ),
        ),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/analyst-bo", "iam", "CreatePolicyVersion", _NEW),
                "`analyst-bo` can still write a new version of `Reporting`, the policy that stands over himself.",
                "still rewrites his own policy",
            ),
            MayCall(
                Ask(
                    "user/analyst-bo",
                    "iam",
                    "CreatePolicyVersion",
                    _NEW | {"PolicyArn": policy_arn("Dashboards")},
                ),
                "He cannot write new versions of `Dashboards` any more, and that is his work.",
                "the work is gone",
            ),
            MayNotCall(
                Ask(
                    "user/analyst-bo",
                    "iam",
                    "SetDefaultPolicyVersion",
                    {"PolicyArn": _VERSIONED, "VersionId": "v2"},
                ),
                "He can make another version of `Reporting` the default: it is as good as writing one.",
                "can switch versions",
            ),
            NoWayUp("user/analyst-bo"),
            AtMost(
                Ask("user/analyst-bo", "sts", "GetCallerIdentity"),
                policy(
                    statement("Allow", ("iam:*PolicyVersion",), policy_arn("Dashboards")),
                    statement("Allow", ("iam:Get*", "iam:List*", "s3:ListAllMyBuckets")),
                ),
                "The way of the incident is closed, but `Dashboards` is not the only policy that he writes.",
            ),
        )
    ),
    hints=(
        "The resource of `iam:CreatePolicyVersion` is the policy.",
        "Which policy must he never write? The one that is attached to himself.",
        f'Allow it on `"{policy_arn("Dashboards")}"` only.',
    ),
    solution_code=put_policy(
        "analyst-bo", "Editor", may("iam:CreatePolicyVersion", policy_arn("Dashboards"))
    ),
    reason="Who may write a policy has everything that the policy can give to whomever it is attached to, himself "
    "first.",
    wrong_answers=(
        WrongAnswer(
            "still rewrites his own policy",
            put_policy("analyst-bo", "Editor", may("iam:CreatePolicyVersion", policy_arn("*r*"))),
        ),
        WrongAnswer("the work is gone", REMOVED % ("analyst-bo", "Editor")),
        WrongAnswer(
            "allows more than was asked",
            put_policy("analyst-bo", "Editor", may("iam:CreatePolicyVersion", policy_arn("Dash*"))),
        ),
        WrongAnswer(
            "can switch versions",
            put_policy(
                "analyst-bo",
                "Editor",
                may("iam:CreatePolicyVersion", policy_arn("Dashboards")),
                may("iam:SetDefaultPolicyVersion", policy_arn("*")),
            ),
        ),
        WrongAnswer(
            "another way up",
            put_policy(
                "analyst-bo",
                "Editor",
                may("iam:CreatePolicyVersion", policy_arn("Dashboards")),
                may("iam:PutUserPolicy", user_arn("analyst-bo")),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- attach what you like
_SELF_ADMIN = {"UserName": "trainee-cy", "PolicyArn": ADMIN}
_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

ATTACH_ANYTHING = Exercise(
    id=f"{LESSON}/attach-anything",
    title="Incident 5: help yourself",
    level=2,
    question=(
        "`trainee-cy` may attach managed policies to himself: his policy `SelfService` allows `iam:AttachUserPolicy` "
        "on his own user, so that he can take `AmazonS3ReadOnlyAccess` when he needs it. He took `AdministratorAccess`."
        "\n\n"
        "Close it. He must still be able to attach `AmazonS3ReadOnlyAccess` to himself. (The key `iam:PolicyARN` holds "
        "the policy that somebody wants to attach.)"
    ),
    scene=Scene(
        users=(User("trainee-cy", {"SelfService": allow("iam:AttachUserPolicy", on=user_arn("trainee-cy"))}),)
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/trainee-cy", "iam", "AttachUserPolicy", _SELF_ADMIN),
                "`trainee-cy` can still attach `AdministratorAccess` to himself.",
                "still attaches anything",
            ),
            MayCall(
                Ask("user/trainee-cy", "iam", "AttachUserPolicy", _SELF_ADMIN | {"PolicyArn": _READ_ONLY}),
                "He cannot attach `AmazonS3ReadOnlyAccess` any more.",
                "the work is gone",
            ),
            MayNotCall(
                Ask(
                    "user/trainee-cy",
                    "iam",
                    "AttachUserPolicy",
                    _SELF_ADMIN | {"PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"},
                ),
                "`AdministratorAccess` is closed, but `IAMFullAccess` is not, and with that he writes himself the "
                "rest. Say what he may attach, not what he may not.",
                "forbids one policy only",
            ),
            NoWayUp("user/trainee-cy"),
            AtMost(
                Ask("user/trainee-cy", "sts", "GetCallerIdentity"),
                policy(
                    statement(
                        "Allow", ("iam:AttachUserPolicy", "iam:DetachUserPolicy"), user_arn("trainee-cy")
                    )
                    | {"Condition": {"ArnEquals": {"iam:PolicyARN": _READ_ONLY}}},
                    statement("Allow", ("iam:Get*", "iam:List*")),
                ),
                "The way of the incident is closed, but he can give himself more than `AmazonS3ReadOnlyAccess`.",
            ),
        )
    ),
    hints=(
        "A condition can look at *which* policy is attached.",
        "An Allow with a condition is better than a Deny of a list: the list is never complete.",
        f'`"Condition": {{"ArnEquals": {{"iam:PolicyARN": "{_READ_ONLY}"}}}}`',
    ),
    solution_code=put_policy(
        "trainee-cy",
        "SelfService",
        may(
            "iam:AttachUserPolicy",
            user_arn("trainee-cy"),
            f'{{\n            "ArnEquals": {{"iam:PolicyARN": "{_READ_ONLY}"}}}}',
        ),
    ),
    reason="`Attach…Policy`, `Put…Policy` and `AddUserToGroup` give what they are not told to leave out.",
    wrong_answers=(
        WrongAnswer(
            "forbids one policy only",
            put_policy(
                "trainee-cy",
                "SelfService",
                may(
                    "iam:AttachUserPolicy",
                    user_arn("trainee-cy"),
                    f'{{\n            "ArnNotEquals": {{"iam:PolicyARN": "{ADMIN}"}}}}',
                ),
            ),
        ),
        WrongAnswer("the work is gone", REMOVED % ("trainee-cy", "SelfService")),
        WrongAnswer(
            "allows more than was asked",
            put_policy(
                "trainee-cy",
                "SelfService",
                may(
                    "iam:AttachUserPolicy",
                    user_arn("trainee-cy"),
                    '{\n            "ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3*"}}',
                ),
            ),
        ),
        WrongAnswer(
            "still attaches anything",
            put_policy(
                "trainee-cy",
                "SelfService",
                may(
                    "iam:AttachUserPolicy",
                    user_arn("trainee-cy"),
                    '{\n            "ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/A*"}}',
                ),
            ),
        ),
        WrongAnswer(
            "another way up",
            put_policy(
                "trainee-cy",
                "SelfService",
                may(
                    "iam:AttachUserPolicy",
                    user_arn("trainee-cy"),
                    f'{{\n            "ArnEquals": {{"iam:PolicyARN": "{_READ_ONLY}"}}}}',
                ),
                may("iam:PutUserPolicy", user_arn("trainee-cy")),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- the door of a group
_GROUPS = "arn:aws:iam::123456789012:group/"

GROUP_DOOR = Exercise(
    id=f"{LESSON}/group-door",
    title="Incident 3: the side door of a group",
    level=1,
    question=(
        "`lead-dot` puts new colleagues into the group `Readers-12`. Her policy `Members` allows `iam:AddUserToGroup` "
        "on all groups, so she put herself into `Admins-12`.\n\n"
        "Close it. She must still be able to add users to `Readers-12`."
    ),
    scene=Scene(
        users=(User("lead-dot", {"Members": allow("iam:AddUserToGroup", on=f"{_GROUPS}*")}),),
        groups=(
            Group("Readers-12", policies={"Read": allow("s3:GetObject")}),
            Group("Admins-12", policies={"All": allow("*")}),
        ),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask(
                    "user/lead-dot",
                    "iam",
                    "AddUserToGroup",
                    {"GroupName": "Admins-12", "UserName": "lead-dot"},
                ),
                "`lead-dot` can still put herself into `Admins-12`.",
                "still joins the administrators",
            ),
            MayCall(
                Ask(
                    "user/lead-dot",
                    "iam",
                    "AddUserToGroup",
                    {"GroupName": "Readers-12", "UserName": "lead-dot"},
                ),
                "She cannot add anybody to `Readers-12` any more.",
                "the work is gone",
            ),
            NoWayUp("user/lead-dot"),
            AtMost(
                Ask("user/lead-dot", "sts", "GetCallerIdentity"),
                policy(
                    statement(
                        "Allow", ("iam:AddUserToGroup", "iam:RemoveUserFromGroup"), f"{_GROUPS}Readers-12"
                    ),
                    statement("Allow", ("iam:Get*", "iam:List*")),
                ),
                "The way of the incident is closed, but `Readers-12` is not the only group that she fills.",
            ),
        )
    ),
    hints=(
        "The resource of `iam:AddUserToGroup` is the group.",
        "There is one group that she needs.",
        f'`"Resource": "{_GROUPS}Readers-12"`',
    ),
    solution_code=put_policy("lead-dot", "Members", may("iam:AddUserToGroup", f"{_GROUPS}Readers-12")),
    reason="Read a group's policies before you let anybody manage its members.",
    wrong_answers=(
        WrongAnswer(
            "still joins the administrators",
            put_policy("lead-dot", "Members", may("iam:AddUserToGroup", f"{_GROUPS}*-12")),
        ),
        WrongAnswer("the work is gone", REMOVED % ("lead-dot", "Members")),
        WrongAnswer(
            "allows more than was asked",
            put_policy("lead-dot", "Members", may("iam:AddUserToGroup", f"{_GROUPS}Readers*")),
        ),
        WrongAnswer(
            "another way up",
            put_policy(
                "lead-dot",
                "Members",
                may("iam:AddUserToGroup", f"{_GROUPS}Readers-12"),
                may("iam:PutGroupPolicy", f"{_GROUPS}Readers-12"),
            ),
        ),
    ),
)
