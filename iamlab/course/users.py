"""Exercises of `02-users`."""

from __future__ import annotations

from iamlab.course.bench import Bench
from iamlab.course.ceilings import AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, Holds, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import allow, table_arn
from iamlab.course.scene import Bucket, Group, Scene, Table, User

_PRIYA = """\
iam.create_user(UserName="priya")
document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "%s", "Resource": "%s"},
}
iam.put_user_policy(
    UserName="priya",
    PolicyName="ListBuckets",
    PolicyDocument=json.dumps(document),
)
"""

LIST_BUCKETS = Exercise(
    id="02-users/list-buckets",
    title="A user who may do one thing",
    level=1,
    question=(
        "Create a user named `priya`. She may **list the names of the S3 buckets**, and nothing else: she may not "
        "look into a bucket and may not create one."
    ),
    scene=Scene(to_make=("user/priya",), buckets=(Bucket("priya-sees-this", ("inside.txt",)),)),
    test=Demands(
        (
            Holds(
                lambda bench: bench.stands("user/priya"),
                "There is no user named `priya` yet.",
                "no such user",
            ),
            MayCall(
                Ask("user/priya", "s3", "ListBuckets"),
                "`priya` exists, but she cannot list the buckets yet.",
                "no permission yet",
                near=(
                    NearMiss(
                        "Allow",
                        "Action",
                        "`priya` has a policy, but it allows another action. The operation is called "
                        "`ListBuckets`; the **action** that allows it is called `s3:ListAllMyBuckets`. The names "
                        "are not always the same: AWS's error message tells you the action.",
                        "the operation's name instead of the action's",
                    ),
                    NearMiss(
                        "Allow",
                        "Resource",
                        "The action is right, but not the resource. Listing all buckets is not about one bucket: "
                        'it needs `"Resource": "*"`.',
                        "a resource for an action that has none",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/priya", "s3", "CreateBucket", {"Bucket": "priya-made-this"}),
                "`priya` can list the buckets, but she can also create one. That is more than was asked.",
                "allowed too much",
            ),
            MayNotCall(
                Ask("user/priya", "s3", "ListObjectsV2", {"Bucket": "priya-sees-this"}),
                "`priya` can also look into a bucket. A pattern such as `s3:List*` allows every action that "
                "begins with `List`, and `s3:ListBucket` is one of them.",
                "a wildcard that reaches too far",
            ),
            AtMost(
                Ask("user/priya", "s3", "ListBuckets"),
                allow("s3:ListAllMyBuckets"),
                "`priya` can list the buckets, but that is not all she can do.",
            ),
        )
    ),
    hints=(
        "Two steps: create the user, then give her an inline policy with one statement, as `johndoe` got one.",
        "If you do not know the action: let her try without a policy and read the error. It names the action.",
        'The statement is `{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}`.',
    ),
    solution_code=_PRIYA % ("s3:ListAllMyBuckets", "*"),
    reason="This is least privilege: exactly what is needed. The names of operations and actions differ more often "
    "than one would like; the error message always names the action.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked",
            _PRIYA.replace('"%s"', '["s3:ListAllMyBuckets", "dynamodb:Delete*"]', 1) % "*",
        ),
        WrongAnswer("no permission yet", 'iam.create_user(UserName="priya")\n'),
        WrongAnswer("the operation's name instead of the action's", _PRIYA % ("s3:ListBuckets", "*")),
        WrongAnswer(
            "a resource for an action that has none",
            _PRIYA % ("s3:ListAllMyBuckets", "arn:aws:s3:::priya-sees-this"),
        ),
        WrongAnswer("allowed too much", _PRIYA % ("s3:*", "*")),
        WrongAnswer("a wildcard that reaches too far", _PRIYA % ("s3:List*", "*")),
    ),
)

_BUILD = {"TableName": "Builds", "Key": {"id": {"S": "1"}}}
_GROUP = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "%s",
        "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/Builds",
    },
}
iam.put_group_policy(
    GroupName="Developers",
    PolicyName="ReadBuilds",
    PolicyDocument=json.dumps(document),
)
for name in %s:
    iam.add_user_to_group(GroupName="Developers", UserName=name)
"""
_PER_USER = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/Builds",
    },
}
for name in ["kim", "omar"]:
    iam.put_user_policy(
        UserName=name, PolicyName="ReadBuilds", PolicyDocument=json.dumps(document)
    )
"""


def _no_policy_on_users(bench: Bench) -> bool:
    return not any(bench.has_own_policy(f"user/{name}") for name in ("kim", "omar"))


ONE_GROUP = Exercise(
    id="02-users/one-group",
    title="One policy for a team",
    level=2,
    question=(
        "The users `kim` and `omar` and the empty group `Developers` stand in the lab. Both must be able to **read "
        "an item** (`dynamodb:GetItem`) of the table `Builds`, and nothing more. "
        "(DynamoDB is AWS's database: it keeps items in tables.)\n\n"
        "Write the policy **once**: put it on the group, with no policy on the users themselves."
    ),
    scene=Scene(users=(User("kim"), User("omar")), groups=(Group("Developers"),), tables=(Table("Builds"),)),
    test=Demands(
        (
            Holds(
                _no_policy_on_users,
                "There is a policy on `kim` or `omar` directly. It works, but with fifty developers you would "
                "have to change fifty policies. Remove it (`iam.delete_user_policy`) and use the group.",
                "a policy on each user",
            ),
            MayCall(
                Ask("user/kim", "dynamodb", "GetItem", _BUILD),
                "`kim` cannot read an item of `Builds` yet. Two things are needed: the policy on the group, and "
                "`kim` in the group.",
                "kim left out",
            ),
            MayCall(
                Ask("user/omar", "dynamodb", "GetItem", _BUILD),
                "`kim` can read, `omar` cannot: he is not in the group.",
                "omar left out",
            ),
            MayNotCall(
                Ask(
                    "user/omar",
                    "dynamodb",
                    "PutItem",
                    {"TableName": "Builds", "Item": {"id": {"S": "2"}}},
                ),
                "Both can read, but they can also write. Allow only `dynamodb:GetItem`.",
                "allowed writing",
            ),
            AtMost(
                Ask("user/omar", "dynamodb", "GetItem", _BUILD),
                allow("dynamodb:GetItem", on=table_arn("Builds")),
                "Both can read, but that is not all they can do.",
            ),
        )
    ),
    hints=(
        "Two kinds of calls are needed: one that puts a policy on the group, one that puts a user into it.",
        "The methods are `iam.put_group_policy` and `iam.add_user_to_group`.",
        "The table's ARN is `arn:aws:dynamodb:us-east-1:123456789012:table/Builds`. Call "
        '`iam.add_user_to_group(GroupName="Developers", UserName="kim")`, and the same for `omar`.',
    ),
    solution_code=_GROUP % ("dynamodb:GetItem", '["kim", "omar"]'),
    reason="People join and leave; the group's policy stays. One place to read, one place to change.",
    wrong_answers=(
        WrongAnswer("allows more than was asked", _GROUP % ("dynamodb:Get*", '["kim", "omar"]')),
        WrongAnswer("a policy on each user", _PER_USER),
        WrongAnswer("kim left out", _GROUP % ("dynamodb:GetItem", '["omar"]')),
        WrongAnswer("omar left out", _GROUP % ("dynamodb:GetItem", '["kim"]')),
        WrongAnswer("allowed writing", _GROUP % ("dynamodb:*", '["kim", "omar"]')),
    ),
)


def _two_keys(bench: Bench) -> bool:
    return len(bench.keys("tess")) == 2


def _someone_can_work(bench: Bench) -> bool:
    return "Active" in bench.keys("tess")


def _old_is_off(bench: Bench) -> bool:
    return "Inactive" in bench.keys("tess")


def _the_newer_works(bench: Bench) -> bool:
    return bench.keys("tess")[-1] == "Active"


_OLD = 'old = iam.list_access_keys(UserName="tess")["AccessKeyMetadata"][0]["AccessKeyId"]\n'
_NEW = 'new = iam.create_access_key(UserName="tess")["AccessKey"]\n'

SWAP_THE_KEY = Exercise(
    id="02-users/swap-the-key",
    title="Swap an access key",
    level=3,
    question=(
        "`tess` has one access key, and it is a year old. Give her a **new** key, and make the **old** one "
        "unusable without deleting it: set it to `Inactive`. (If something still uses the old key, you can switch it "
        "on again. A deleted key is gone for ever.)"
    ),
    scene=Scene(users=(User("tess", {"ListBuckets": allow("s3:ListAllMyBuckets")}, keys=1),)),
    test=Demands(
        (
            Holds(
                _someone_can_work,
                "`tess` has no active key any more: whatever she runs has just stopped. Create the new key "
                "first, then switch the old one off.",
                "locked out",
            ),
            Holds(
                _two_keys,
                "There should be two keys: the old one, inactive, and a new one. Do not delete the old one yet.",
                "only one key",
            ),
            Holds(
                _old_is_off,
                "The new key is there, but the old one still works. A key that leaked a year ago would go on "
                "working.",
                "the old key still works",
            ),
            Holds(
                _the_newer_works,
                "One key is off, but it is the new one. Switch the new key on and the old one off.",
                "switched off the wrong key",
            ),
        )
    ),
    hints=(
        "Three calls: find the old key's id, create a new key, change the old key's status.",
        '`iam.list_access_keys(UserName="tess")["AccessKeyMetadata"]` is a list; each entry has an '
        "`AccessKeyId`. Ask for it *before* you create the new key.",
        'The last call is `iam.update_access_key(UserName="tess", AccessKeyId=old, Status="Inactive")`.',
    ),
    solution_code=_OLD
    + _NEW
    + 'iam.update_access_key(UserName="tess", AccessKeyId=old, Status="Inactive")\n',
    reason="A user may have two keys for exactly this: there is never a moment without a working one. Days later, when "
    "nothing has broken, delete the old key.",
    wrong_answers=(
        WrongAnswer("the old key still works", _NEW),
        WrongAnswer(
            "locked out",
            _OLD + 'iam.update_access_key(UserName="tess", AccessKeyId=old, Status="Inactive")\n',
        ),
        WrongAnswer(
            "switched off the wrong key",
            _NEW
            + 'iam.update_access_key(UserName="tess", AccessKeyId=new["AccessKeyId"], Status="Inactive")\n',
        ),
        WrongAnswer("locked out", _OLD + 'iam.delete_access_key(UserName="tess", AccessKeyId=old)\n'),
    ),
)

EXERCISES = (LIST_BUCKETS, ONE_GROUP, SWAP_THE_KEY)
