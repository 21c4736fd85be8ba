"""Exercises of `09-permission-boundaries`."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, Forecast, Holds, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import allow, policy, policy_arn, role_arn, statement, trust, user_arn
from iamlab.course.scene import Bucket, ManagedPolicy, Role, Scene, Table, User

_LESSON = "09-permission-boundaries"
_KEY = {"id": {"S": "1"}}

# ---------------------------------------------------------------- what is left
_LEFT = """\
answer = {
    "hugo reads an item of Tickets": %s,
    "hugo reads the bucket hugo-photos": %s,
    "hugo starts an EC2 instance": %s,
    "hugo deletes the table Tickets": %s,
}
"""

WHAT_IS_LEFT = Exercise(
    id=f"{_LESSON}/what-is-left",
    title="What is left between two policies",
    level=1,
    question=(
        "`hugo` has one policy and a permissions boundary:\n\n"
        "| his policy allows | his boundary allows |\n"
        "|:--|:--|\n"
        "| `dynamodb:*` | `dynamodb:GetItem`, `dynamodb:Query` |\n"
        "| `s3:GetObject` | `ec2:*` |\n\n"
        "Both say `Resource: *`. Say for each line whether it will be allowed: `True` or `False`."
    ),
    scene=Scene(
        managed=(ManagedPolicy("HugoCeiling", allow("dynamodb:GetItem", "dynamodb:Query", "ec2:*")),),
        users=(User("hugo", {"Work": allow("dynamodb:*", "s3:GetObject")}, boundary="HugoCeiling"),),
        tables=(Table("Tickets"),),
        buckets=(Bucket("hugo-photos", ("cat.jpg",)),),
    ),
    test=Forecast(
        asks={
            "hugo reads an item of Tickets": Ask(
                "user/hugo", "dynamodb", "GetItem", {"TableName": "Tickets", "Key": _KEY}
            ),
            "hugo reads the bucket hugo-photos": Ask(
                "user/hugo", "s3", "GetObject", {"Bucket": "hugo-photos", "Key": "cat.jpg"}
            ),
            "hugo starts an EC2 instance": Ask(
                "user/hugo", "ec2", "StartInstances", {"InstanceIds": ["i-0123456789abcdef0"]}
            ),
            "hugo deletes the table Tickets": Ask(
                "user/hugo", "dynamodb", "DeleteTable", {"TableName": "Tickets"}
            ),
        },
        explains={
            "hugo reads an item of Tickets": "`dynamodb:GetItem` is in both: his policy allows all of DynamoDB, and "
            "his boundary lists this action.",
            "hugo reads the bucket hugo-photos": "His policy allows it, his boundary does not mention S3 at all. What "
            "the boundary does not allow is denied.",
            "hugo starts an EC2 instance": "Only the boundary allows EC2. A boundary never *gives* anything: it says "
            "how much a policy may give.",
            "hugo deletes the table Tickets": "His policy allows `dynamodb:*`, but his boundary lists two actions "
            "only, and `DeleteTable` is none of them.",
        },
    ),
    starter=_LEFT % ("None", "None", "None", "None"),
    hints=(
        "Ask two questions for each line: does his policy allow it? Does his boundary allow it?",
        "Only what gets two times *yes* is allowed.",
        "One line is allowed: the action that stands on both sides of the table.",
    ),
    solution_code=_LEFT % ("True", "False", "False", "False"),
    reason="A permissions boundary is a ceiling. What counts is the intersection: allowed by the policy *and* by the "
    "boundary.",
    wrong_answers=(
        WrongAnswer("hugo reads the bucket hugo-photos", _LEFT % ("True", "True", "False", "False")),
        WrongAnswer("hugo starts an EC2 instance", _LEFT % ("True", "False", "True", "False")),
        WrongAnswer("hugo deletes the table Tickets", _LEFT % ("True", "False", "False", "True")),
    ),
)

# ---------------------------------------------------------------- a ceiling for a role
_CEILING = """\
document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": %s, "Resource": "*"},
}
ceiling = iam.create_policy(
    PolicyName="BuilderCeiling",
    PolicyDocument=json.dumps(document),
)["Policy"]["Arn"]
"""
_PUT_CEILING = 'iam.put_role_permissions_boundary(RoleName="Builder", PermissionsBoundary=ceiling)\n'
_ATTACH_CEILING = 'iam.attach_role_policy(RoleName="Builder", PolicyArn=ceiling)\n'
_BUILDER_ITEM = {"TableName": "Bricks", "Key": _KEY}

A_CEILING = Exercise(
    id=f"{_LESSON}/a-ceiling",
    title="Put a ceiling over a role",
    level=1,
    question=(
        "The role `Builder` has the policy `AdministratorAccess`. You may not touch that policy, but you can put a "
        "ceiling over it.\n\n"
        "Create a managed policy named `BuilderCeiling` and set it as the role's **permissions boundary**, so that "
        "sessions of `Builder` can do everything in **DynamoDB and S3**, and nothing else: no IAM, no EC2."
    ),
    scene=Scene(
        to_make=("policy/BuilderCeiling",),
        roles=(
            Role(
                "Builder",
                trust({"Service": "ec2.amazonaws.com"}),
                attached=("arn:aws:iam::aws:policy/AdministratorAccess",),
            ),
        ),
        tables=(Table("Bricks"),),
        buckets=(Bucket("bricks-photos", ("wall.jpg",)),),
    ),
    test=Demands(
        (
            Holds(
                lambda bench: bench.stands("policy/BuilderCeiling"),
                "There is no managed policy named `BuilderCeiling` yet.",
                "no ceiling",
            ),
            Holds(
                lambda bench: bench.is_bounded("role/Builder"),
                "The policy `BuilderCeiling` exists, but the role has no permissions boundary. *Attaching* a policy "
                "adds permissions. A boundary is set with another call.",
                "attached instead of set as boundary",
            ),
            MayNotCall(
                Ask("role/Builder", "iam", "CreateUser", {"UserName": "mallory"}),
                "The boundary is there, but under it `Builder` can still create users.",
                "the ceiling is too high",
            ),
            MayCall(
                Ask("role/Builder", "dynamodb", "GetItem", _BUILDER_ITEM),
                "`Builder` cannot use DynamoDB any more: the boundary has to allow it, or nothing of it is left.",
                "DynamoDB cut off",
            ),
            MayCall(
                Ask("role/Builder", "s3", "PutObject", {"Bucket": "bricks-photos", "Key": "new.jpg"}),
                "DynamoDB works, S3 does not.",
                "S3 cut off",
            ),
            MayNotCall(
                Ask("role/Builder", "ec2", "StartInstances", {"InstanceIds": ["i-0123456789abcdef0"]}),
                "IAM is out of reach, but EC2 is not. Say in the boundary what is allowed, not what is forbidden.",
                "only IAM closed",
            ),
            AtMost(
                Ask("role/Builder", "dynamodb", "GetItem", _BUILDER_ITEM),
                allow("dynamodb:*", "s3:*"),
                "The ceiling lets DynamoDB and S3 through, and something else besides.",
            ),
        )
    ),
    hints=(
        "Two calls: one makes the managed policy, the other sets it as the boundary of the role.",
        "The second is `iam.put_role_permissions_boundary(RoleName=..., PermissionsBoundary=...)`; the boundary is an "
        "ARN.",
        'The document is one statement: `{"Effect": "Allow", "Action": ["dynamodb:*", "s3:*"], "Resource": "*"}`.',
    ),
    solution_code=_CEILING % '["dynamodb:*", "s3:*"]' + _PUT_CEILING,
    reason="The administrator policy is still there, and it no longer matters: a role can do no more than its boundary "
    "allows, whatever anybody attaches to it.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked", _CEILING % '["dynamodb:*", "s3:*", "sqs:*"]' + _PUT_CEILING
        ),
        WrongAnswer(
            "attached instead of set as boundary", _CEILING % '["dynamodb:*", "s3:*"]' + _ATTACH_CEILING
        ),
        WrongAnswer(
            "no ceiling",
            'ceiling = "arn:aws:iam::aws:policy/AmazonS3FullAccess"\n' + _PUT_CEILING,
        ),
        WrongAnswer("the ceiling is too high", _CEILING % '"*"' + _PUT_CEILING),
        WrongAnswer("DynamoDB cut off", _CEILING % '"s3:*"' + _PUT_CEILING),
        WrongAnswer("S3 cut off", _CEILING % '"dynamodb:*"' + _PUT_CEILING),
        WrongAnswer(
            "only IAM closed",
            (_CEILING % '"iam:*"').replace('"Action"', '"NotAction"') + _PUT_CEILING,
        ),
    ),
)

# ---------------------------------------------------------------- delegate
_STAFF = policy_arn("StaffCeiling")
_DELEGATE = """\
document = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": %s,
            "Resource": "arn:aws:iam::123456789012:user/*",%s
        },
    ],
}
iam.put_user_policy(
    UserName="lena",
    PolicyName="MakeUsers",
    PolicyDocument=json.dumps(document),
)
"""
_CONDITION = """
            "Condition": {"%s": {"iam:PermissionsBoundary": "%s"}},"""
_BOTH = '["iam:CreateUser", "iam:PutUserPolicy"]'
_NEW_STAFF = {"UserName": "new-colleague", "PermissionsBoundary": _STAFF}

DELEGATE = Exercise(
    id=f"{_LESSON}/delegate",
    title="Let somebody create users, safely",
    level=2,
    question=(
        "`lena` leads a team. She should be able to **create users and give them inline policies** "
        "(`iam:CreateUser`, `iam:PutUserPolicy`), but only users who stand under the boundary `StaffCeiling`, which "
        "exists already.\n\n"
        "Write her policy `MakeUsers`. The condition key `iam:PermissionsBoundary` holds the ARN of the boundary: "
        "the one that a new user gets, or the one that an existing user has.\n\n"
        "The user `finance-bot` has no boundary: `lena` must not be able to change its policies."
    ),
    scene=Scene(
        managed=(ManagedPolicy("StaffCeiling", allow("s3:*", "dynamodb:*")),),
        users=(User("lena"), User("finance-bot"), User("staff-anna", boundary="StaffCeiling")),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/lena", "iam", "CreateUser", _NEW_STAFF),
                "`lena` cannot create a user with the boundary `StaffCeiling` yet.",
                "cannot create",
                near=(
                    NearMiss(
                        "Allow",
                        "Condition",
                        "The action and the resource are right, but the condition is not true when she creates a user "
                        "with the boundary. Compare the ARN letter by letter: it is the ARN of the *policy* "
                        "`StaffCeiling`.",
                        "the condition names something else",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/lena", "iam", "CreateUser", {"UserName": "new-colleague"}),
                "`lena` can create users, but also users **without** any boundary. Such a user can be given "
                "everything.",
                "users without a boundary",
            ),
            MayNotCall(
                Ask(
                    "user/lena",
                    "iam",
                    "CreateUser",
                    {
                        "UserName": "new-colleague",
                        "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess",
                    },
                ),
                "`lena` must name a boundary, but *any* boundary will do: with `AdministratorAccess` as a boundary "
                "there is no ceiling at all.",
                "any boundary will do",
            ),
            MayCall(
                Ask(
                    "user/lena",
                    "iam",
                    "PutUserPolicy",
                    {"UserName": "staff-anna", "PolicyName": "Work", "PolicyDocument": "{}"},
                ),
                "`lena` can create users, but she cannot give them a policy: `iam:PutUserPolicy` is missing.",
                "cannot give policies",
            ),
            MayNotCall(
                Ask(
                    "user/lena",
                    "iam",
                    "PutUserPolicy",
                    {"UserName": "finance-bot", "PolicyName": "Mine", "PolicyDocument": "{}"},
                ),
                "`lena` can change the policies of `finance-bot`, which has no boundary. The condition belongs to "
                "**both** actions.",
                "policies of everybody",
            ),
            MayNotCall(
                Ask("user/lena", "iam", "DeleteUserPermissionsBoundary", {"UserName": "staff-anna"}),
                "`lena` can take the boundary away again. Allow the two actions only.",
                "may take the ceiling away",
            ),
            AtMost(
                Ask("user/lena", "iam", "CreateUser", _NEW_STAFF),
                policy(
                    statement("Allow", ("iam:CreateUser", "iam:PutUserPolicy"), user_arn("*"))
                    | {"Condition": {"StringEquals": {"iam:PermissionsBoundary": _STAFF}}},
                    statement("Allow", ("iam:Get*", "iam:List*")),
                ),
                "`lena` can create users under `StaffCeiling` and give them policies, and still more.",
            ),
        )
    ),
    hints=(
        "One statement is enough: both actions, on users, with one condition.",
        "Which operator compares ARNs? `StringEquals` works for an exact one, `ArnEquals` too.",
        f'`"Condition": {{"StringEquals": {{"iam:PermissionsBoundary": "{_STAFF}"}}}}`',
    ),
    solution_code=_DELEGATE % (_BOTH, _CONDITION % ("StringEquals", _STAFF)),
    reason="This is what boundaries were made for: `lena` can work without asking you, and nobody she creates can do "
    "more than `StaffCeiling` allows.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked",
            _DELEGATE % (_BOTH, _CONDITION % ("ArnLike", _STAFF.replace("Ceiling", "*"))),
        ),
        WrongAnswer("users without a boundary", _DELEGATE % (_BOTH, "")),
        WrongAnswer(
            "users without a boundary", _DELEGATE % (_BOTH, _CONDITION % ("StringEqualsIfExists", _STAFF))
        ),
        WrongAnswer("any boundary will do", _DELEGATE % (_BOTH, _CONDITION % ("StringLike", "*"))),
        WrongAnswer(
            "the condition names something else",
            _DELEGATE % (_BOTH, _CONDITION % ("StringEquals", "StaffCeiling")),
        ),
        WrongAnswer(
            "cannot give policies", _DELEGATE % ('"iam:CreateUser"', _CONDITION % ("StringEquals", _STAFF))
        ),
        WrongAnswer(
            "policies of everybody",
            (_DELEGATE % ('"iam:CreateUser"', _CONDITION % ("StringEquals", _STAFF))).replace(
                "        },\n    ],",
                "        },\n"
                '        {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"},\n'
                "    ],",
            ),
        ),
        WrongAnswer(
            "may take the ceiling away", _DELEGATE % ('"iam:*"', _CONDITION % ("StringEquals", _STAFF))
        ),
        WrongAnswer(
            "cannot create", 'iam.tag_user(UserName="lena", Tags=[{"Key": "team", "Value": "red"}])\n'
        ),
    ),
)

# ---------------------------------------------------------------- the ways around
_OWN = policy_arn("DelegateCeiling")
_CAREFUL = """\
document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["iam:*", "s3:*", "dynamodb:*"], "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": %s,
            "Resource": %s,
        },
        {
            "Effect": "Deny",
            "Action": %s,
            "Resource": "*",
        },
    ],
}
iam.create_policy_version(
    PolicyArn="arn:aws:iam::123456789012:policy/DelegateCeiling",
    PolicyDocument=json.dumps(document),
    SetAsDefault=True,
)
"""
_EDITS = '["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"]'
_REMOVALS = (
    '["iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary", '
    '"iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary"]'
)
_EXCHANGE = {"UserName": "marco", "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
_ON_THE_CEILING = f'"{_OWN}"'
_NEW_VERSION = {"PolicyArn": _OWN, "PolicyDocument": "{}", "SetAsDefault": True}

CLOSE_THE_WAYS_AROUND = Exercise(
    id=f"{_LESSON}/close-the-ways-around",
    title="Close the ways around a boundary",
    level=3,
    question=(
        "`marco` administers users for his department. He has `AdministratorAccess`, under the boundary "
        "`DelegateCeiling`, which allows `iam:*`, `s3:*` and `dynamodb:*`. So he cannot use EC2. Or can he?\n\n"
        "He can, with IAM's own calls: he can *change* the ceiling, he can *take it off*, and he can put *another "
        "one* in its place. Put a new default version of `DelegateCeiling` in place that closes all three, for "
        "`marco` and for the users he administers (all have this boundary).\n\n"
        "He must still be able to create users, give them policies, write policies of his own, and use S3."
    ),
    scene=Scene(
        managed=(ManagedPolicy("DelegateCeiling", allow("iam:*", "s3:*", "dynamodb:*")),),
        users=(
            User(
                "marco",
                attached=("arn:aws:iam::aws:policy/AdministratorAccess",),
                boundary="DelegateCeiling",
            ),
            User("intern", boundary="DelegateCeiling"),
        ),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/marco", "iam", "CreatePolicyVersion", _NEW_VERSION),
                "`marco` can still change the ceiling itself: with a new version of `DelegateCeiling` that allows "
                "`*`, nothing is left of it.",
                "can change the ceiling",
            ),
            MayNotCall(
                Ask("user/marco", "iam", "SetDefaultPolicyVersion", {"PolicyArn": _OWN, "VersionId": "v1"}),
                "`marco` cannot write a new version, but he can make an **old** one the default again, and the old "
                "one is the careless one.",
                "can bring the old version back",
            ),
            MayNotCall(
                Ask("user/marco", "iam", "DeleteUserPermissionsBoundary", {"UserName": "marco"}),
                "`marco` can take the boundary off himself.",
                "can take the boundary off",
            ),
            MayNotCall(
                Ask("user/marco", "iam", "DeleteUserPermissionsBoundary", {"UserName": "intern"}),
                "`marco` cannot free himself, but he can free `intern` and then work as `intern`. The Deny must hold "
                "for every user, not for one.",
                "can free somebody else",
            ),
            MayNotCall(
                Ask("user/marco", "iam", "PutUserPermissionsBoundary", _EXCHANGE),
                "`marco` cannot take the boundary off, but he can put `AdministratorAccess` in its place, under which "
                "everything is possible.",
                "can exchange the boundary",
            ),
            MayCall(
                Ask("user/marco", "iam", "CreateUser", {"UserName": "new", "PermissionsBoundary": _OWN}),
                "The ways are closed, but `marco` cannot create users any more.",
                "cannot create users",
            ),
            MayCall(
                Ask(
                    "user/marco",
                    "iam",
                    "CreatePolicyVersion",
                    _NEW_VERSION | {"PolicyArn": policy_arn("Mine")},
                ),
                "`marco` cannot write new versions of **other** policies any more. The Deny is only about one policy: "
                "name its ARN.",
                "forbids every policy",
            ),
            MayCall(
                Ask("user/marco", "s3", "CreateBucket", {"Bucket": "marcos-bucket"}),
                "`marco` cannot use S3 any more. A boundary allows nothing that it does not list: keep the old "
                "Allow statement and add Denies.",
                "lost the old Allow",
            ),
            AtMost(
                Ask("user/marco", "s3", "CreateBucket", {"Bucket": "marcos-bucket"}),
                policy(
                    statement("Allow", ("iam:*", "s3:*", "dynamodb:*")),
                    statement("Deny", ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"), _OWN),
                    statement("Deny", ("iam:DeleteUserPermissionsBoundary",))
                    | {"Condition": {"StringEquals": {"iam:PermissionsBoundary": _OWN}}},
                    statement("Deny", ("iam:PutUserPermissionsBoundary",))
                    | {"Condition": {"StringNotEquals": {"iam:PermissionsBoundary": _OWN}}},
                ),
                "There is still a way around the ceiling, or a hole in it.",
            ),
        )
    ),
    hints=(
        "Keep the Allow statement of the first version and add `Deny` statements: an explicit Deny in a boundary "
        "always wins.",
        "To change a managed policy one needs `iam:CreatePolicyVersion`, `iam:SetDefaultPolicyVersion`, "
        "`iam:DeletePolicyVersion` or `iam:DeletePolicy`, on the policy's ARN.",
        "To take a boundary off: `iam:DeleteUserPermissionsBoundary` and `iam:DeleteRolePermissionsBoundary`; to put "
        "another in its place: `iam:PutUserPermissionsBoundary` and `iam:PutRolePermissionsBoundary`; all on "
        '`"Resource": "*"`.',
    ),
    solution_code=_CAREFUL % (_EDITS, _ON_THE_CEILING, _REMOVALS),
    reason="Who may write the ceiling, or choose another, has none. The same Denies stand in AWS's own example for "
    "delegated administration; one more hole, creating users *without* the boundary, is closed by the condition of the "
    "exercise before this one.",
    wrong_answers=(
        WrongAnswer("can change the ceiling", _CAREFUL % ('"iam:DeletePolicy"', _ON_THE_CEILING, _REMOVALS)),
        WrongAnswer(
            "can bring the old version back",
            _CAREFUL % ('"iam:CreatePolicyVersion"', _ON_THE_CEILING, _REMOVALS),
        ),
        WrongAnswer(
            "can take the boundary off",
            _CAREFUL % (_EDITS, _ON_THE_CEILING, '"iam:DeleteRolePermissionsBoundary"'),
        ),
        WrongAnswer(
            "can exchange the boundary",
            _CAREFUL
            % (
                _EDITS,
                _ON_THE_CEILING,
                '["iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary"]',
            ),
        ),
        WrongAnswer(
            "allows more than was asked",
            (_CAREFUL % (_EDITS, _ON_THE_CEILING, _REMOVALS)).replace('"s3:*", ', '"s3:*", "ec2:*", '),
        ),
        WrongAnswer(
            "allows more than was asked",
            (_CAREFUL % (_EDITS, _ON_THE_CEILING, _REMOVALS)).replace(
                '"Resource": "*",\n        },\n    ]',
                f'"Resource": ["{user_arn("marco")}", "{user_arn("intern")}"],\n        }},\n    ]',
            ),
        ),
        WrongAnswer(
            "can free somebody else",
            (_CAREFUL % (_EDITS, _ON_THE_CEILING, _REMOVALS)).replace(
                '"Resource": "*",\n        },\n    ]',
                f'"Resource": "{user_arn("marco")}",\n        }},\n    ]',
            ),
        ),
        WrongAnswer("cannot create users", _CAREFUL % (_EDITS, _ON_THE_CEILING, '"iam:*"')),
        WrongAnswer("forbids every policy", _CAREFUL % (_EDITS, '"*"', _REMOVALS)),
        WrongAnswer(
            "lost the old Allow",
            (_CAREFUL % (_EDITS, _ON_THE_CEILING, _REMOVALS)).replace(', "s3:*", "dynamodb:*"', ""),
        ),
    ),
)

# ---------------------------------------------------------------- what a boundary does not hold
_SHARE = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": %s,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::press-kit/*",
    },
}
boto3.client("s3").put_bucket_policy(Bucket="press-kit", Policy=json.dumps(document))
"""
_LOGO = {"Bucket": "press-kit", "Key": "logo.svg"}

THE_OTHER_DOOR = Exercise(
    id=f"{_LESSON}/the-other-door",
    title="Share a bucket under the ceiling",
    level=2,
    question=(
        "The users `ines-p` and `paul-p` and the role `Printer` all stand under the boundary `PressCeiling`, which "
        "allows DynamoDB only. `ines-p` and `paul-p` have no other policy; `Printer` may `s3:GetObject` by its own "
        "policy, as far as the boundary lets it.\n\n"
        "Write a **bucket policy** for the bucket `press-kit` so that `ines-p` can read its objects. `paul-p` must "
        "not, and `Printer` must not: its ceiling is meant seriously."
    ),
    scene=Scene(
        managed=(ManagedPolicy("PressCeiling", allow("dynamodb:*")),),
        users=(User("ines-p", boundary="PressCeiling"), User("paul-p", boundary="PressCeiling")),
        roles=(
            Role(
                "Printer",
                trust({"Service": "ec2.amazonaws.com"}),
                {"Read": allow("s3:GetObject")},
                boundary="PressCeiling",
            ),
        ),
        buckets=(
            Bucket(
                "press-kit",
                ("logo.svg",),
                policy(
                    statement("Deny", ("s3:DeleteObject",), "arn:aws:s3:::press-kit/*") | {"Principal": "*"}
                ),
            ),
        ),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/ines-p", "s3", "GetObject", _LOGO),
                "`ines-p` cannot read the bucket. The bucket policy has to name `ines-p` herself: naming the whole "
                "account only lets those in whose own policies, and boundaries, allow it too.",
                "ines cannot read",
            ),
            MayNotCall(
                Ask("user/paul-p", "s3", "GetObject", _LOGO),
                "`paul-p` can read it as well.",
                "everybody can read",
            ),
            MayNotCall(
                Ask("role/Printer", "s3", "GetObject", _LOGO),
                "`Printer` can read it, in spite of its boundary: a bucket policy that says `*` names every session "
                "directly.",
                "the role got through",
            ),
            LetsInAtMost(
                "bucket/press-kit",
                policy(
                    statement(
                        "Allow",
                        ("s3:Get*", "s3:List*"),
                        ("arn:aws:s3:::press-kit", "arn:aws:s3:::press-kit/*"),
                    )
                    | {"Principal": {"AWS": user_arn("ines-p")}}
                ),
                "`ines-p` can read the bucket, and that is not all that your policy makes possible.",
            ),
        )
    ),
    hints=(
        "A boundary limits what the *identity's* policies give. A bucket policy is not one of them.",
        "When a bucket policy of the same account names the **user's ARN** in `Principal`, the boundary does not "
        "limit what it allows. (It would for a *role's* ARN.)",
        f'`"Principal": {{"AWS": "{user_arn("ines-p")}"}}`',
    ),
    solution_code=_SHARE % f'{{"AWS": "{user_arn("ines-p")}"}}',
    reason="A boundary is a ceiling over identity policies, not over everything: a resource that names a *user* "
    "directly opens another door. Only an explicit Deny, or an SCP, closes that one.",
    wrong_answers=(
        WrongAnswer(
            "lets in more than was asked",
            (_SHARE % f'{{"AWS": "{user_arn("ines-p")}"}}').replace("s3:GetObject", "s3:*"),
        ),
        WrongAnswer(
            "lets in more than was asked",
            _SHARE % f'{{"AWS": ["{user_arn("ines-p")}", "111122223333"]}}',
        ),
        WrongAnswer("ines cannot read", _SHARE % '{"AWS": "123456789012"}'),
        WrongAnswer(
            "everybody can read",
            'boto3.client("s3").delete_public_access_block(Bucket="press-kit")\n' + _SHARE % '"*"',
        ),
        WrongAnswer(
            "everybody can read",
            _SHARE % f'{{"AWS": ["{user_arn("ines-p")}", "{user_arn("paul-p")}"]}}',
        ),
        WrongAnswer(
            "the role got through",
            (_SHARE % '"*"').replace(
                '"Resource": "arn:aws:s3:::press-kit/*",',
                '"Resource": "arn:aws:s3:::press-kit/*",\n'
                '        "Condition": {"ArnEquals": {"aws:PrincipalArn": [\n'
                f'            "{user_arn("ines-p")}", "{role_arn("Printer")}"]}}}},',
            ),
        ),
        WrongAnswer(
            "ines cannot read",
            'document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", '
            '"Resource": "*"}}\n'
            'iam.put_user_policy(UserName="ines-p", PolicyName="Read", PolicyDocument=json.dumps(document))\n',
        ),
    ),
)

EXERCISES = (WHAT_IS_LEFT, A_CEILING, DELEGATE, CLOSE_THE_WAYS_AROUND, THE_OTHER_DOOR)
