"""Exercises of `09-permission-boundaries`; those about delegates stand in `boundaries_of_delegates`."""

from __future__ import annotations

from iamlab.course.boundaries_of_delegates import CLOSE_THE_WAYS_AROUND, DELEGATE
from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, Forecast, Holds, MayCall, MayNotCall
from iamlab.course.documents import allow, policy, role_arn, statement, trust, user_arn
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
