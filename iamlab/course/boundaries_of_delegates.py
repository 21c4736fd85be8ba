"""Exercises of lesson 09 about delegates: who administers under a boundary, and the ways around it."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import allow, policy, policy_arn, statement, user_arn
from iamlab.course.scene import ManagedPolicy, Scene, User

_LESSON = "09-permission-boundaries"

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
