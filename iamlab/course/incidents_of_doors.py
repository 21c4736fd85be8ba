"""Incidents of `12-break-and-fix`: roles and buckets whose doors stand too wide open."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost, LetsInAtMost, NoWayUp
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, Holds, MayCall, MayNotCall
from iamlab.course.documents import allow, policy, role_arn, statement, trust, user_arn
from iamlab.course.incident_steps import ADMIN, LESSON, REMOVED, may, put_policy
from iamlab.course.scene import Bucket, Role, Scene, User

_IN_ACCOUNT = trust({"AWS": "arn:aws:iam::123456789012:root"})

# ---------------------------------------------------------------- who may write a trust policy
REWRITE_TRUST = Exercise(
    id=f"{LESSON}/rewrite-trust",
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
            Role("Emergency-12", trust({"Service": "ec2.amazonaws.com"}), attached=(ADMIN,)),
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
            NoWayUp("user/ops-gus"),
            AtMost(
                Ask("user/ops-gus", "sts", "GetCallerIdentity"),
                policy(
                    statement("Allow", ("iam:UpdateAssumeRolePolicy",), role_arn("Nightly-12")),
                    statement("Allow", ("iam:Get*", "iam:List*", "sts:AssumeRole")),
                ),
                "The way of the incident is closed, but `Nightly-12` is not the only door that he writes.",
            ),
        )
    ),
    hints=(
        "A trust policy is the door of a role. Whoever may write it has the key.",
        "The resource of `iam:UpdateAssumeRolePolicy` is the role.",
        f'`"Resource": "{role_arn("Nightly-12")}"` for the update.',
    ),
    solution_code=put_policy("ops-gus", "Trust", may("iam:UpdateAssumeRolePolicy", role_arn("Nightly-12"))),
    reason="Three permissions make an administrator of anybody: writing a policy, writing a trust policy, passing a "
    "role.",
    wrong_answers=(
        WrongAnswer(
            "still writes every door",
            put_policy("ops-gus", "Trust", may("iam:UpdateAssumeRolePolicy", role_arn("*-12"))),
        ),
        WrongAnswer(
            "allows more than was asked",
            put_policy("ops-gus", "Trust", may("iam:UpdateAssumeRolePolicy", role_arn("Nightly*"))),
        ),
        WrongAnswer("the work is gone", put_policy("ops-gus", "Trust", may("sts:AssumeRole", "*"))),
        WrongAnswer(
            "another way up",
            put_policy(
                "ops-gus",
                "Trust",
                may("iam:UpdateAssumeRolePolicy", role_arn("Nightly-12")),
                may("iam:AttachRolePolicy", role_arn("Nightly-12")),
                may("sts:AssumeRole", "*"),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- pass me that role
_FUNCTION = {
    "FunctionName": "helper",
    "Runtime": "python3.13",
    "Handler": "main.run",
    "Code": {"ZipFile": b"x"},
}
_BUILD = may('["lambda:CreateFunction", "lambda:InvokeFunction"]', "*")

PASS_ANYTHING = Exercise(
    id=f"{LESSON}/pass-anything",
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
            Role("FnAdmin-12", trust({"Service": "lambda.amazonaws.com"}), attached=(ADMIN,)),
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
            NoWayUp("user/dev-hal"),
            AtMost(
                Ask("user/dev-hal", "sts", "GetCallerIdentity"),
                policy(
                    statement("Allow", ("lambda:CreateFunction", "lambda:InvokeFunction")),
                    statement("Allow", ("iam:PassRole",), role_arn("FnLogs-12"))
                    | {
                        "Condition": {"StringEqualsIfExists": {"iam:PassedToService": "lambda.amazonaws.com"}}
                    },
                    statement("Allow", ("iam:Get*", "iam:List*", "lambda:Get*", "lambda:List*")),
                ),
                "He can pass `FnLogs-12` to Lambda, and that is not all.",
            ),
        )
    ),
    hints=(
        "Passing a role is a permission of its own: `iam:PassRole`, with the role as its resource.",
        "Two statements: one for Lambda, one for `iam:PassRole` on one role with a condition.",
        f'`"Resource": "{role_arn("FnLogs-12")}", "Condition": {{"StringEquals": {{"iam:PassedToService": '
        '"lambda.amazonaws.com"}}`',
    ),
    solution_code=put_policy(
        "dev-hal",
        "Build",
        _BUILD,
        may(
            "iam:PassRole",
            role_arn("FnLogs-12"),
            '{\n            "StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}',
        ),
    ),
    reason="A service does for you what its role may do. `iam:PassRole` decides which roles you can put to work.",
    wrong_answers=(
        WrongAnswer(
            "still passes every role",
            put_policy("dev-hal", "Build", _BUILD, may("iam:PassRole", role_arn("Fn*"))),
        ),
        WrongAnswer(
            "allows more than was asked",
            put_policy("dev-hal", "Build", _BUILD, may("iam:PassRole", role_arn("FnLogs-12"))),
        ),
        WrongAnswer("the work is gone", put_policy("dev-hal", "Build", _BUILD)),
        WrongAnswer(
            "passes to every service",
            put_policy(
                "dev-hal",
                "Build",
                _BUILD,
                may("glue:CreateJob", "*"),
                may("iam:PassRole", role_arn("FnLogs-12")),
            ),
        ),
        WrongAnswer(
            "another way up",
            put_policy(
                "dev-hal",
                "Build",
                _BUILD,
                may(
                    "iam:PassRole",
                    role_arn("FnLogs-12"),
                    '{\n            "StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}',
                ),
                may("iam:PutRolePolicy", role_arn("FnLogs-12")),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- a role that trusts everybody
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
    id=f"{LESSON}/open-role",
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
        roles=(Role("Restore-12", _IN_ACCOUNT, attached=(ADMIN,)),),
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
            LetsInAtMost(
                "role/Restore-12",
                trust({"AWS": [user_arn("dba-jo"), user_arn("dba-kit")]}),
                "The clerk is out, but `dba-jo` and `dba-kit` are not the only ones who can come in.",
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
        WrongAnswer(
            "lets in more than was asked",
            (_TRUST % '"123456789012"').replace(
                '"sts:AssumeRole",',
                '"sts:AssumeRole",\n'
                f'        "Condition": {{"ArnLike": {{"aws:PrincipalArn": "{user_arn("dba-*")}"}}}},',
            ),
        ),
        WrongAnswer("dba-kit locked out", _TRUST % f'"{user_arn("dba-jo")}"'),
        WrongAnswer("dba-jo locked out", _TRUST % f'"{user_arn("dba-kit")}"'),
        WrongAnswer("took it from the clerk instead", REMOVED % ("clerk-ivy", "Assume")),
    ),
)

# ---------------------------------------------------------------- a bucket for the world
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
    id=f"{LESSON}/open-bucket",
    title="Incident 2: invoices for everybody",
    level=1,
    question=(
        "The bucket `invoices-12` was shared with the role `Accounting-12`, and somebody was in a hurry: *Block Public "
        'Access* is off, and its policy says `"Principal": "*"`. The whole world can read the invoices.\n\n'
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
                unblocked=True,
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
            LetsInAtMost(
                "bucket/invoices-12",
                policy(
                    statement(
                        "Allow",
                        ("s3:Get*", "s3:List*"),
                        ("arn:aws:s3:::invoices-12", "arn:aws:s3:::invoices-12/*"),
                    )
                    | {"Principal": {"AWS": role_arn("Accounting-12")}}
                ),
                "`passer-by` is out, but the bucket is open to more than `Accounting-12`.",
            ),
        )
    ),
    hints=(
        "The bucket policy is a resource policy: `Principal` says who.",
        "Naming the whole account is not enough for a role without a policy of its own.",
        f'`"Principal": {{"AWS": "{role_arn("Accounting-12")}"}}`',
    ),
    solution_code=_BUCKET % f'{{"AWS": "{role_arn("Accounting-12")}"}}',
    reason="Most leaks that make the news are a `Principal` of `*`. S3's *Block Public Access*, which every new bucket "
    "has, refuses such a policy until somebody takes it off. Turn it on for the whole account: then that takes one who "
    "may change the account, and not just the bucket. An RCP can do the same for all accounts.",
    wrong_answers=(
        WrongAnswer("the work is gone", _BUCKET % '{"AWS": "123456789012"}'),
        WrongAnswer("the work is gone", 'boto3.client("s3").delete_bucket_policy(Bucket="invoices-12")\n'),
        WrongAnswer("still open", _BUCKET % '{"AWS": "*"}'),
        WrongAnswer(
            "lets in more than was asked",
            _BUCKET % f'{{"AWS": ["{role_arn("Accounting-12")}", "111122223333"]}}',
        ),
    ),
)
