"""Exercises of `12-break-and-fix`: ways to more than was meant, each to be closed without closing what is needed.

Every incident is checked three times: the calls of the attack must be denied, the calls of the daily work allowed, and
`iamlab.analysis` must find no other way from that user to an administrator.
"""

from __future__ import annotations

from iamlab.analysis import escalations
from iamlab.course.bench import Bench
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, Holds, MayCall, MayNotCall
from iamlab.course.documents import allow, policy, policy_arn, role_arn, statement, trust, user_arn
from iamlab.course.scene import Bucket, Group, ManagedPolicy, Role, Scene, User

_LESSON = "12-break-and-fix"
_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
_IN_ACCOUNT = trust({"AWS": "arn:aws:iam::123456789012:root"})


def _no_way_up(who: str) -> Holds:
    """Over all known methods: nobody can become an administrator starting there."""

    def holds(bench: Bench) -> bool:
        return not escalations(bench.lab.snapshot()).paths(who, to_administrator=True)

    return Holds(
        holds,
        f"The way of the incident is closed, but `{who}` has **another** way to an administrator. "
        "`escalations(lab.snapshot())` shows it.",
        "another way up",
    )


def _put(user: str, name: str, *statements: str) -> str:
    """Code that puts a policy of these statements on a user."""
    body = ",\n        ".join(statements)
    return (
        "document = {\n"
        '    "Version": "2012-10-17",\n'
        f'    "Statement": [\n        {body},\n    ],\n'
        "}\n"
        "iam.put_user_policy(\n"
        f'    UserName="{user}", PolicyName="{name}", PolicyDocument=json.dumps(document)\n'
        ")\n"
    )


def _may(action: str, resource: str, condition: str = "") -> str:
    more = f', "Condition": {condition}' if condition else ""
    actions = action if action.startswith("[") else f'"{action}"'
    return f'{{"Effect": "Allow", "Action": {actions}, "Resource": "{resource}"{more}}}'


_ANY_USER = "arn:aws:iam::123456789012:user/*"
_REMOVED = 'iam.delete_user_policy(UserName="%s", PolicyName="%s")\n'

# ---------------------------------------------------------------- 1: keys of others
HELP_DESK = Exercise(
    id=f"{_LESSON}/help-desk",
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
            User("root-like-rex", attached=(_ADMIN,)),
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
            _no_way_up("user/desk-iris"),
        )
    ),
    hints=(
        "What is the resource of `iam:CreateAccessKey`?",
        "The user for whom the key is made. Name the one user that she needs.",
        f'`"Resource": "{user_arn("svc-printer")}"`',
    ),
    solution_code=_put("desk-iris", "Keys", _may("iam:CreateAccessKey", user_arn("svc-printer"))),
    reason="`iam:CreateAccessKey` on others, `iam:CreateLoginProfile` and `iam:UpdateLoginProfile` are the shortest "
    "ways to become somebody else.",
    wrong_answers=(
        WrongAnswer("the work is gone", _REMOVED % ("desk-iris", "Keys")),
        WrongAnswer(
            "still keys of the administrator",
            _put("desk-iris", "Keys", _may("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/*r*")),
        ),
        WrongAnswer(
            "another way up",
            _put(
                "desk-iris",
                "Keys",
                _may("iam:CreateAccessKey", user_arn("svc-printer")),
                _may("iam:CreateLoginProfile", _ANY_USER),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- 2: a policy that one may rewrite
_VERSIONED = policy_arn("Reporting")
_NEW = {"PolicyArn": _VERSIONED, "PolicyDocument": "{}", "SetAsDefault": True}

NEW_VERSION = Exercise(
    id=f"{_LESSON}/new-version",
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
            _no_way_up("user/analyst-bo"),
        )
    ),
    hints=(
        "The resource of `iam:CreatePolicyVersion` is the policy.",
        "Which policy must he never write? The one that is attached to himself.",
        f'Allow it on `"{policy_arn("Dashboards")}"` only.',
    ),
    solution_code=_put("analyst-bo", "Editor", _may("iam:CreatePolicyVersion", policy_arn("Dashboards"))),
    reason="Who may write a policy has everything that the policy can give to whomever it is attached to, himself "
    "first.",
    wrong_answers=(
        WrongAnswer(
            "still rewrites his own policy",
            _put("analyst-bo", "Editor", _may("iam:CreatePolicyVersion", policy_arn("*r*"))),
        ),
        WrongAnswer("the work is gone", _REMOVED % ("analyst-bo", "Editor")),
        WrongAnswer(
            "can switch versions",
            _put(
                "analyst-bo",
                "Editor",
                _may("iam:CreatePolicyVersion", policy_arn("Dashboards")),
                _may("iam:SetDefaultPolicyVersion", policy_arn("*")),
            ),
        ),
        WrongAnswer(
            "another way up",
            _put(
                "analyst-bo",
                "Editor",
                _may("iam:CreatePolicyVersion", policy_arn("Dashboards")),
                _may("iam:PutUserPolicy", user_arn("analyst-bo")),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- 3: attach what you like
_SELF_ADMIN = {"UserName": "trainee-cy", "PolicyArn": _ADMIN}
_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

ATTACH_ANYTHING = Exercise(
    id=f"{_LESSON}/attach-anything",
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
            _no_way_up("user/trainee-cy"),
        )
    ),
    hints=(
        "A condition can look at *which* policy is attached.",
        "An Allow with a condition is better than a Deny of a list: the list is never complete.",
        f'`"Condition": {{"ArnEquals": {{"iam:PolicyARN": "{_READ_ONLY}"}}}}`',
    ),
    solution_code=_put(
        "trainee-cy",
        "SelfService",
        _may(
            "iam:AttachUserPolicy",
            user_arn("trainee-cy"),
            f'{{\n            "ArnEquals": {{"iam:PolicyARN": "{_READ_ONLY}"}}}}',
        ),
    ),
    reason="`Attach…Policy`, `Put…Policy` and `AddUserToGroup` give what they are not told to leave out.",
    wrong_answers=(
        WrongAnswer(
            "forbids one policy only",
            _put(
                "trainee-cy",
                "SelfService",
                _may(
                    "iam:AttachUserPolicy",
                    user_arn("trainee-cy"),
                    f'{{\n            "ArnNotEquals": {{"iam:PolicyARN": "{_ADMIN}"}}}}',
                ),
            ),
        ),
        WrongAnswer("the work is gone", _REMOVED % ("trainee-cy", "SelfService")),
        WrongAnswer(
            "still attaches anything",
            _put(
                "trainee-cy",
                "SelfService",
                _may(
                    "iam:AttachUserPolicy",
                    user_arn("trainee-cy"),
                    '{\n            "ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/A*"}}',
                ),
            ),
        ),
        WrongAnswer(
            "another way up",
            _put(
                "trainee-cy",
                "SelfService",
                _may(
                    "iam:AttachUserPolicy",
                    user_arn("trainee-cy"),
                    f'{{\n            "ArnEquals": {{"iam:PolicyARN": "{_READ_ONLY}"}}}}',
                ),
                _may("iam:PutUserPolicy", user_arn("trainee-cy")),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- 4: the door of a group
_GROUPS = "arn:aws:iam::123456789012:group/"

GROUP_DOOR = Exercise(
    id=f"{_LESSON}/group-door",
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
            _no_way_up("user/lead-dot"),
        )
    ),
    hints=(
        "The resource of `iam:AddUserToGroup` is the group.",
        "There is one group that she needs.",
        f'`"Resource": "{_GROUPS}Readers-12"`',
    ),
    solution_code=_put("lead-dot", "Members", _may("iam:AddUserToGroup", f"{_GROUPS}Readers-12")),
    reason="Read a group's policies before you let anybody manage its members.",
    wrong_answers=(
        WrongAnswer(
            "still joins the administrators",
            _put("lead-dot", "Members", _may("iam:AddUserToGroup", f"{_GROUPS}*-12")),
        ),
        WrongAnswer("the work is gone", _REMOVED % ("lead-dot", "Members")),
        WrongAnswer(
            "another way up",
            _put(
                "lead-dot",
                "Members",
                _may("iam:AddUserToGroup", f"{_GROUPS}Readers-12"),
                _may("iam:PutGroupPolicy", f"{_GROUPS}Readers-12"),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- 5: who may write a trust policy
REWRITE_TRUST = Exercise(
    id=f"{_LESSON}/rewrite-trust",
    title="Incident 6: whoever writes the door",
    level=2,
    question=(
        "`ops-gus` maintains the trust policy of the role `Nightly-12`. His policy `Trust` allows "
        "`iam:UpdateAssumeRolePolicy` on all roles. He let himself into `Emergency-12`, which may do everything."
        "\n\n"
        "Close it. He must still be able to update the trust policy of `Nightly-12` (which may only read a bucket)."
    ),
    scene=Scene(
        users=(User("ops-gus", {"Trust": allow("iam:UpdateAssumeRolePolicy", "sts:AssumeRole")}),),
        roles=(
            Role("Nightly-12", trust({"Service": "ec2.amazonaws.com"}), {"Read": allow("s3:GetObject")}),
            Role("Emergency-12", trust({"Service": "ec2.amazonaws.com"}), attached=(_ADMIN,)),
        ),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask(
                    "user/ops-gus",
                    "iam",
                    "UpdateAssumeRolePolicy",
                    {"RoleName": "Emergency-12", "PolicyDocument": "{}"},
                ),
                "`ops-gus` can still write himself into the trust policy of `Emergency-12`.",
                "still writes every door",
            ),
            MayCall(
                Ask(
                    "user/ops-gus",
                    "iam",
                    "UpdateAssumeRolePolicy",
                    {"RoleName": "Nightly-12", "PolicyDocument": "{}"},
                ),
                "He cannot maintain `Nightly-12` any more.",
                "the work is gone",
            ),
            _no_way_up("user/ops-gus"),
        )
    ),
    hints=(
        "A trust policy is the door of a role. Whoever may write it has the key.",
        "The resource of `iam:UpdateAssumeRolePolicy` is the role.",
        f'`"Resource": "{role_arn("Nightly-12")}"` for the update.',
    ),
    solution_code=_put("ops-gus", "Trust", _may("iam:UpdateAssumeRolePolicy", role_arn("Nightly-12"))),
    reason="Three permissions make an administrator of anybody: writing a policy, writing a trust policy, passing a "
    "role.",
    wrong_answers=(
        WrongAnswer(
            "still writes every door",
            _put("ops-gus", "Trust", _may("iam:UpdateAssumeRolePolicy", role_arn("*-12"))),
        ),
        WrongAnswer("the work is gone", _put("ops-gus", "Trust", _may("sts:AssumeRole", "*"))),
        WrongAnswer(
            "another way up",
            _put(
                "ops-gus",
                "Trust",
                _may("iam:UpdateAssumeRolePolicy", role_arn("Nightly-12")),
                _may("iam:AttachRolePolicy", role_arn("Nightly-12")),
                _may("sts:AssumeRole", "*"),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- 6: pass me that role
_FUNCTION = {
    "FunctionName": "helper",
    "Runtime": "python3.13",
    "Handler": "main.run",
    "Code": {"ZipFile": b"x"},
}
_BUILD = _may('["lambda:CreateFunction", "lambda:InvokeFunction"]', "*")

PASS_ANYTHING = Exercise(
    id=f"{_LESSON}/pass-anything",
    title="Incident 8: the function that was too strong",
    level=3,
    question=(
        "`dev-hal` writes Lambda functions, which run under the role `FnLogs-12`. His policy `Build` also allows "
        "`iam:PassRole` on **every** role. He made a function that runs under `FnAdmin-12`, and the function did what "
        "he may not.\n\n"
        "Close it. He must still be able to create functions with the role `FnLogs-12`, and to hand it to **Lambda** "
        "only (`iam:PassedToService` is `lambda.amazonaws.com`)."
    ),
    scene=Scene(
        users=(
            User(
                "dev-hal",
                {"Build": allow("lambda:CreateFunction", "lambda:InvokeFunction", "iam:PassRole")},
            ),
        ),
        roles=(
            Role(
                "FnLogs-12", trust({"Service": "lambda.amazonaws.com"}), {"Logs": allow("logs:PutLogEvents")}
            ),
            Role("FnAdmin-12", trust({"Service": "lambda.amazonaws.com"}), attached=(_ADMIN,)),
        ),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/dev-hal", "lambda", "CreateFunction", _FUNCTION | {"Role": role_arn("FnAdmin-12")}),
                "`dev-hal` can still create a function that runs under `FnAdmin-12`.",
                "still passes every role",
            ),
            MayCall(
                Ask("user/dev-hal", "lambda", "CreateFunction", _FUNCTION | {"Role": role_arn("FnLogs-12")}),
                "He cannot create a function under `FnLogs-12` any more. Creating one needs `lambda:CreateFunction` "
                "*and* `iam:PassRole` for the role.",
                "the work is gone",
            ),
            MayNotCall(
                Ask(
                    "user/dev-hal",
                    "glue",
                    "CreateJob",
                    {"Name": "j", "Role": role_arn("FnLogs-12"), "Command": {"Name": "glueetl"}},
                ),
                "He can hand the role to other services as well.",
                "passes to every service",
            ),
            _no_way_up("user/dev-hal"),
        )
    ),
    hints=(
        "Passing a role is a permission of its own: `iam:PassRole`, with the role as its resource.",
        "Two statements: one for Lambda, one for `iam:PassRole` on one role with a condition.",
        f'`"Resource": "{role_arn("FnLogs-12")}", "Condition": {{"StringEquals": {{"iam:PassedToService": '
        '"lambda.amazonaws.com"}}`',
    ),
    solution_code=_put(
        "dev-hal",
        "Build",
        _BUILD,
        _may(
            "iam:PassRole",
            role_arn("FnLogs-12"),
            '{\n            "StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}',
        ),
    ),
    reason="A service does for you what its role may do. `iam:PassRole` decides which roles you can put to work.",
    wrong_answers=(
        WrongAnswer(
            "still passes every role", _put("dev-hal", "Build", _BUILD, _may("iam:PassRole", role_arn("Fn*")))
        ),
        WrongAnswer("the work is gone", _put("dev-hal", "Build", _BUILD)),
        WrongAnswer(
            "passes to every service",
            _put(
                "dev-hal",
                "Build",
                _BUILD,
                _may("glue:CreateJob", "*"),
                _may("iam:PassRole", role_arn("FnLogs-12")),
            ),
        ),
        WrongAnswer(
            "another way up",
            _put(
                "dev-hal",
                "Build",
                _BUILD,
                _may(
                    "iam:PassRole",
                    role_arn("FnLogs-12"),
                    '{\n            "StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}',
                ),
                _may("iam:PutRolePolicy", role_arn("FnLogs-12")),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- 7: a role that trusts everybody
_TRUST = """\
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": %s},
        "Action": "sts:AssumeRole",
    },
}
iam.update_assume_role_policy(RoleName="Restore-12", PolicyDocument=json.dumps(trust))
"""
_RESTORE = {"RoleArn": role_arn("Restore-12"), "RoleSessionName": "restore"}

OPEN_ROLE = Exercise(
    id=f"{_LESSON}/open-role",
    title="Incident 7: a door for the whole house",
    level=2,
    question=(
        "The role `Restore-12` has `AdministratorAccess`, since a restore touches everything. It trusts the whole "
        "account. `clerk-ivy` has `sts:AssumeRole` on `*` for another purpose, and found it. Two users need the role: "
        "`dba-jo` and `dba-kit`.\n\n"
        "Close it **at the role**: nobody but these two may assume it, whatever their policies say. Do not touch any "
        "user."
    ),
    scene=Scene(
        users=(
            User("clerk-ivy", {"Assume": allow("sts:AssumeRole")}),
            User("dba-jo", {"Assume": allow("sts:AssumeRole", on=role_arn("Restore-12"))}),
            User("dba-kit", {"Assume": allow("sts:AssumeRole", on=role_arn("Restore-12"))}),
        ),
        roles=(Role("Restore-12", _IN_ACCOUNT, attached=(_ADMIN,)),),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/clerk-ivy", "sts", "AssumeRole", _RESTORE),
                "`clerk-ivy` can still assume `Restore-12`.",
                "still open",
            ),
            MayCall(
                Ask("user/dba-jo", "sts", "AssumeRole", _RESTORE),
                "`dba-jo` cannot assume the role any more.",
                "dba-jo locked out",
            ),
            MayCall(
                Ask("user/dba-kit", "sts", "AssumeRole", _RESTORE),
                "`dba-jo` can assume it, `dba-kit` cannot.",
                "dba-kit locked out",
            ),
            Holds(
                lambda bench: bench.has_own_policy("user/clerk-ivy"),
                "`clerk-ivy` has lost her policy, which she needs for something else. Change the role.",
                "took it from the clerk instead",
            ),
        )
    ),
    hints=(
        "Which of a role's policies says who may take it?",
        "The account's root ARN in `Principal` means: everybody whose own policy allows it.",
        f'`"Principal": {{"AWS": ["{user_arn("dba-jo")}", "{user_arn("dba-kit")}"]}}`',
    ),
    solution_code=_TRUST
    % f'[\n            "{user_arn("dba-jo")}",\n            "{user_arn("dba-kit")}",\n        ]',
    reason="For a powerful role, the trust policy should name people, not the house. Then one careless policy "
    "elsewhere opens nothing.",
    wrong_answers=(
        WrongAnswer("still open", _TRUST % '"*"'),
        WrongAnswer("dba-kit locked out", _TRUST % f'"{user_arn("dba-jo")}"'),
        WrongAnswer("dba-jo locked out", _TRUST % f'"{user_arn("dba-kit")}"'),
        WrongAnswer("took it from the clerk instead", _REMOVED % ("clerk-ivy", "Assume")),
    ),
)

# ---------------------------------------------------------------- 8: a bucket for the world
_BUCKET = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": %s,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::invoices-12/*",
    },
}
boto3.client("s3").put_bucket_policy(Bucket="invoices-12", Policy=json.dumps(document))
"""
_INVOICE = {"Bucket": "invoices-12", "Key": "may.pdf"}

OPEN_BUCKET = Exercise(
    id=f"{_LESSON}/open-bucket",
    title="Incident 2: invoices for everybody",
    level=1,
    question=(
        "The bucket `invoices-12` was shared with the role `Accounting-12`, and somebody was in a hurry: its policy "
        'says `"Principal": "*"`. The whole world can read the invoices.\n\n'
        "Close it. Sessions of `Accounting-12`, which has no other policy, must still be able to read them."
    ),
    scene=Scene(
        users=(User("passer-by"),),
        roles=(Role("Accounting-12", trust({"Service": "ec2.amazonaws.com"})),),
        buckets=(
            Bucket(
                "invoices-12",
                ("may.pdf",),
                policy(
                    statement("Allow", ("s3:GetObject",), "arn:aws:s3:::invoices-12/*") | {"Principal": "*"}
                ),
            ),
        ),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/passer-by", "s3", "GetObject", _INVOICE),
                "`passer-by`, who has no permission at all, can still read the invoices. So can everybody.",
                "still open",
            ),
            MayCall(
                Ask("role/Accounting-12", "s3", "GetObject", _INVOICE),
                "The bucket is closed, for `Accounting-12`, too.",
                "the work is gone",
            ),
        )
    ),
    hints=(
        "The bucket policy is a resource policy: `Principal` says who.",
        "Naming the whole account is not enough for a role without a policy of its own.",
        f'`"Principal": {{"AWS": "{role_arn("Accounting-12")}"}}`',
    ),
    solution_code=_BUCKET % f'{{"AWS": "{role_arn("Accounting-12")}"}}',
    reason="Most leaks that make the news are a `Principal` of `*`. S3's *Block Public Access* and an RCP catch it "
    "when somebody is in a hurry.",
    wrong_answers=(
        WrongAnswer("the work is gone", _BUCKET % '{"AWS": "123456789012"}'),
        WrongAnswer("the work is gone", 'boto3.client("s3").delete_bucket_policy(Bucket="invoices-12")\n'),
        WrongAnswer("still open", _BUCKET % '{"AWS": "*"}'),
    ),
)

EXERCISES = (
    HELP_DESK,
    OPEN_BUCKET,
    GROUP_DOOR,
    NEW_VERSION,
    ATTACH_ANYTHING,
    REWRITE_TRUST,
    OPEN_ROLE,
    PASS_ANYTHING,
)
