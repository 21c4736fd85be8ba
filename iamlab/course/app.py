"""Exercises of `05-an-app-that-reads-dynamodb`."""

from __future__ import annotations

from iamlab.course.bench import Bench
from iamlab.course.ceilings import AtMost, LetsInAtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Choice, Demands, Holds, MayCall, MayNotCall, NearMiss, Option
from iamlab.course.documents import allow, role_arn, table_arn, trust
from iamlab.course.scene import Role, Scene, Table, User

_LESSON = "05-an-app-that-reads-dynamodb"
_KEY = {"id": {"S": "1"}}
_QUERY = {
    "KeyConditionExpression": "id = :id",
    "ExpressionAttributeValues": {":id": {"S": "1"}},
}
_CONTAINERS = {"Service": "ecs-tasks.amazonaws.com"}

AFTER_THE_LEAK = Exercise(
    id=f"{_LESSON}/after-the-leak",
    title="What can the thief still do?",
    level=1,
    question=(
        "A log file is published by mistake. It holds two sets of credentials:\n\n"
        "- an access key of the user `MyAppUser` (it begins with `AKIA`);\n"
        "- credentials of the role `MyAppRole` (they begin with `ASIA`), given out for one hour.\n\n"
        "Somebody finds the file **two days** later. Nobody has noticed the leak. What works?"
    ),
    test=Choice(
        (
            Option(
                "a",
                "Both work.",
                "The role's credentials carry their end with them. After an hour AWS refuses them with `ExpiredToken`.",
                mistake="temporary credentials forgotten to expire",
            ),
            Option(
                "b",
                "Only the user's access key works.",
                "An access key of a user has no end. It works until somebody deactivates or deletes it. The role's "
                "credentials ended by themselves two days ago.",
                right=True,
            ),
            Option(
                "c",
                "Only the role's credentials work.",
                "It is the other way round: keys that begin with `ASIA` are temporary.",
                mistake="long-term and temporary mixed up",
            ),
            Option(
                "d",
                "None works: AWS deactivates old keys by itself.",
                "AWS does not deactivate a user's key because it is old. Some keys in the world are ten years old.",
                mistake="keys believed to age",
            ),
        )
    ),
    starter='answer = None  # "a", "b", "c" or "d"\n',
    hints=(
        "You have seen both in this notebook, before and after `lab.clock.advance`.",
        "One of the two has an `Expiration`, the other has not.",
        "`AKIA` = long-term, `ASIA` = temporary.",
    ),
    solution_code='answer = "b"\n',
    reason="Most leaks are noticed late. Credentials that end by themselves turn a disaster into an incident.",
    wrong_answers=(
        WrongAnswer("temporary credentials forgotten to expire", 'answer = "a"\n'),
        WrongAnswer("long-term and temporary mixed up", 'answer = "c"\n'),
        WrongAnswer("keys believed to age", 'answer = "d"\n'),
    ),
)

_SHOP = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": %s,
        "Resource": %s,
    },
}
iam.put_role_policy(
    RoleName="ShopRole",
    PolicyName="ShopTable",
    PolicyDocument=json.dumps(document),
)
"""
_READ = '["dynamodb:GetItem", "dynamodb:Query"]'
_SHOP_ARN, _INDEX_ARN = f'"{table_arn("Shop")}"', f'"{table_arn("Shop")}/index/*"'
_BOTH = f"[\n            {_SHOP_ARN},\n            {_INDEX_ARN},\n        ]"

TRIM_THE_POLICY = Exercise(
    id=f"{_LESSON}/trim-the-policy",
    title="Give an application just enough",
    level=2,
    question=(
        "A web shop runs with the role `ShopRole`. Somebody was in a hurry: its policy `ShopTable` allows "
        "`dynamodb:*` on `*`. The shop makes only these three calls:\n\n"
        "- `GetItem` on the table `Shop`;\n"
        "- `Query` on the table `Shop`;\n"
        "- `Query` on an index of that table, `by-price`.\n\n"
        "Replace the policy `ShopTable` by one that allows these calls and nothing else. (The ARN of an index is the "
        "ARN of its table, then `/index/` and the index's name.)"
    ),
    scene=Scene(
        roles=(Role("ShopRole", trust(_CONTAINERS), {"ShopTable": allow("dynamodb:*")}),),
        tables=(Table("Shop"), Table("Staff")),
    ),
    test=Demands(
        (
            MayCall(
                Ask("role/ShopRole", "dynamodb", "GetItem", {"TableName": "Shop", "Key": _KEY}),
                "The shop is down: it cannot call `GetItem` on the table `Shop` any more.",
                "GetItem is gone",
            ),
            MayCall(
                Ask("role/ShopRole", "dynamodb", "Query", {"TableName": "Shop", **_QUERY}),
                "The shop can call `GetItem`, but not `Query`. Reading has more than one action.",
                "Query is gone",
            ),
            MayCall(
                Ask(
                    "role/ShopRole",
                    "dynamodb",
                    "Query",
                    {"TableName": "Shop", "IndexName": "by-price", **_QUERY},
                ),
                "The shop cannot query its index any more.",
                "the index is forgotten",
                near=(
                    NearMiss(
                        "Allow",
                        "Resource",
                        "The shop can query the table, but not its index: an index is a resource of its own. Add "
                        "`arn:aws:dynamodb:us-east-1:123456789012:table/Shop/index/*`.",
                        "the index is forgotten",
                    ),
                ),
            ),
            MayNotCall(
                Ask("role/ShopRole", "dynamodb", "GetItem", {"TableName": "Staff", "Key": _KEY}),
                "The shop can still read the table `Staff`. Name the table in `Resource`.",
                "reads other tables",
            ),
            MayNotCall(
                Ask("role/ShopRole", "dynamodb", "PutItem", {"TableName": "Shop", "Item": _KEY}),
                "The shop can still write into its table. List the two actions that it needs.",
                "can write",
            ),
            MayNotCall(
                Ask("role/ShopRole", "dynamodb", "Scan", {"TableName": "Shop"}),
                "The shop can read the whole table with `Scan`. It needs `GetItem` and `Query` only.",
                "can scan",
            ),
            AtMost(
                Ask("role/ShopRole", "dynamodb", "GetItem", {"TableName": "Shop", "Key": _KEY}),
                allow(
                    "dynamodb:GetItem", "dynamodb:Query", on=(table_arn("Shop"), table_arn("Shop/index/*"))
                ),
                "The shop has what it needs, and still more.",
            ),
        )
    ),
    hints=(
        "Two lists: one of actions, one of resources. How many entries has each?",
        "Actions: `dynamodb:GetItem` and `dynamodb:Query`. Resources: the table, and its index.",
        f'`"Resource": [{_SHOP_ARN}, {_INDEX_ARN}]`',
    ),
    solution_code=_SHOP % (_READ, _BOTH),
    reason="The calls an application really makes are the best source for its policy. What it never calls, a thief "
    "should not be able to call either.",
    wrong_answers=(
        WrongAnswer(
            "allows more than was asked",
            _SHOP % (_READ, '"arn:aws:dynamodb:us-east-1:123456789012:table/Shop*"'),
        ),
        WrongAnswer("Query is gone", _SHOP % ('"dynamodb:GetItem"', _BOTH)),
        WrongAnswer("the index is forgotten", _SHOP % (_READ, _SHOP_ARN)),
        WrongAnswer("reads other tables", _SHOP % (_READ, '"*"')),
        WrongAnswer("can write", _SHOP % ('"dynamodb:*"', _BOTH)),
        WrongAnswer("can scan", _SHOP % ('["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]', _BOTH)),
    ),
)

_ASSUME_MENU = {"RoleArn": role_arn("MenuAppRole"), "RoleSessionName": "menu"}
_MENU = {"TableName": "Menu", "Key": _KEY}
_MOVE_ROLE = """\
trust = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "%s"},
        "Action": "sts:AssumeRole",
    },
}
iam.create_role(RoleName="MenuAppRole", AssumeRolePolicyDocument=json.dumps(trust))
"""
_MOVE_POLICY = """\
permissions = iam.get_user_policy(UserName="LegacyApp", PolicyName="ReadMenu")["PolicyDocument"]
iam.put_role_policy(
    RoleName="MenuAppRole",
    PolicyName="ReadMenu",
    PolicyDocument=json.dumps(permissions),
)
"""
_MOVE_KEY = """\
key = iam.list_access_keys(UserName="LegacyApp")["AccessKeyMetadata"][0]["AccessKeyId"]
iam.update_access_key(UserName="LegacyApp", AccessKeyId=key, Status="Inactive")
"""


def _key_is_off(bench: Bench) -> bool:
    return "Active" not in bench.keys("LegacyApp")


MOVE_TO_A_ROLE = Exercise(
    id=f"{_LESSON}/move-to-a-role",
    title="Move an application from keys to a role",
    level=3,
    question=(
        "An old application works with the access key of the user `LegacyApp`, whose policy `ReadMenu` lets it read "
        "the table `Menu`. Move it to a role:\n\n"
        "- create the role `MenuAppRole`, which the service `ecs-tasks.amazonaws.com` may assume;\n"
        "- give it the **same** permission as `LegacyApp` has;\n"
        "- then make the old access key unusable."
    ),
    scene=Scene(
        users=(User("LegacyApp", {"ReadMenu": allow("dynamodb:GetItem", on=table_arn("Menu"))}, keys=1),),
        tables=(Table("Menu"),),
        to_make=("role/MenuAppRole",),
    ),
    test=Demands(
        (
            Holds(
                lambda bench: bench.stands("role/MenuAppRole"),
                "There is no role named `MenuAppRole` yet. Begin with it, so that the application never stands "
                "still.",
                "no such role",
            ),
            MayCall(
                Ask("service/ecs-tasks.amazonaws.com", "sts", "AssumeRole", _ASSUME_MENU),
                "The role exists, but the service that runs the application, `ecs-tasks.amazonaws.com`, cannot "
                "assume it. Look at the principal of the trust policy.",
                "the wrong service is trusted",
            ),
            MayCall(
                Ask("role/MenuAppRole", "dynamodb", "GetItem", _MENU),
                "The role can be assumed, but it cannot read an item of `Menu`: it has no such permission yet.",
                "a role without permission",
            ),
            MayNotCall(
                Ask("role/MenuAppRole", "dynamodb", "PutItem", {"TableName": "Menu", "Item": _KEY}),
                "The role can do more than the user could: it can write into `Menu`. Take the policy over as it is.",
                "more than before",
            ),
            AtMost(
                Ask("role/MenuAppRole", "dynamodb", "GetItem", _MENU),
                allow("dynamodb:GetItem", on=table_arn("Menu")),
                "The role can do more than the user could. Take the policy over as it is.",
            ),
            LetsInAtMost(
                "role/MenuAppRole",
                trust(_CONTAINERS),
                "The service that runs the application can assume the role, and so can somebody else.",
            ),
            Holds(
                _key_is_off,
                "The role works. But the old access key works too: whoever has a copy of it still has the "
                "permission.",
                "the old key still works",
            ),
        )
    ),
    hints=(
        "Three steps, in this order: the role with its trust policy, its permissions, then the key.",
        '`iam.get_user_policy(UserName="LegacyApp", PolicyName="ReadMenu")["PolicyDocument"]` gives you the policy to '
        "take over.",
        'The last step: `iam.update_access_key(UserName="LegacyApp", AccessKeyId=..., Status="Inactive")`. '
        '`iam.list_access_keys(UserName="LegacyApp")` tells you the id.',
    ),
    solution_code=_MOVE_ROLE % "ecs-tasks.amazonaws.com" + _MOVE_POLICY + _MOVE_KEY,
    reason="Until the last step nothing has become safer: a role beside a working key is only one more way in.",
    wrong_answers=(
        WrongAnswer(
            "the wrong service is trusted", _MOVE_ROLE % "ec2.amazonaws.com" + _MOVE_POLICY + _MOVE_KEY
        ),
        WrongAnswer("a role without permission", _MOVE_ROLE % "ecs-tasks.amazonaws.com" + _MOVE_KEY),
        WrongAnswer("the old key still works", _MOVE_ROLE % "ecs-tasks.amazonaws.com" + _MOVE_POLICY),
        WrongAnswer(
            "more than before",
            _MOVE_ROLE % "ecs-tasks.amazonaws.com" + 'iam.attach_role_policy(RoleName="MenuAppRole", '
            'PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")\n' + _MOVE_KEY,
        ),
        WrongAnswer(
            "allows more than was asked",
            _MOVE_ROLE % "ecs-tasks.amazonaws.com"
            + _MOVE_POLICY.replace("iam.put", 'permissions["Statement"][0]["Resource"] += "*"\niam.put')
            + _MOVE_KEY,
        ),
        WrongAnswer(
            "lets in more than was asked",
            _MOVE_ROLE.replace('"%s"', '["%s", "ec2.amazonaws.com"]') % "ecs-tasks.amazonaws.com"
            + _MOVE_POLICY
            + _MOVE_KEY,
        ),
        WrongAnswer("no such role", _MOVE_KEY),
    ),
)

EXERCISES = (AFTER_THE_LEAK, TRIM_THE_POLICY, MOVE_TO_A_ROLE)
