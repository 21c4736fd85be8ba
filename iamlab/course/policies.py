"""Exercises of `04-policies`."""

from __future__ import annotations

from iamlab.course.ceilings import AtMost
from iamlab.course.definition import Exercise, WrongAnswer
from iamlab.course.demand import Ask, Demands, Forecast, MayCall, MayNotCall, NearMiss
from iamlab.course.documents import allow, policy, statement, table_arn
from iamlab.course.scene import Scene, Table, User

_KEY = {"id": {"S": "1"}}
_READING = (
    "dynamodb:*Get*",
    "dynamodb:ConditionCheckItem",
    "dynamodb:Describe*",
    "dynamodb:List*",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
)
_RITA = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "%s",
        "Resource": "%s",
    },
}
iam.put_user_policy(
    UserName="rita",
    PolicyName="ReadOrders",
    PolicyDocument=json.dumps(document),
)
"""

ONE_LETTER = Exercise(
    id="04-policies/one-letter",
    title="Repair a policy",
    level=1,
    question=(
        "`rita` should be able to read an item of the table `Orders`. She has this policy, named `ReadOrders`, and yet "
        "she gets `AccessDeniedException`:\n\n"
        "```json\n"
        "{\n"
        '    "Version": "2012-10-17",\n'
        '    "Statement": {\n'
        '        "Effect": "Allow",\n'
        '        "Action": "dynamodb:GetItem",\n'
        '        "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/orders"\n'
        "    }\n"
        "}\n"
        "```\n\n"
        "Find the mistake and put the policy right. She must not be able to read any other table (there is one named "
        "`Salaries`), and she must not write."
    ),
    scene=Scene(
        users=(User("rita", {"ReadOrders": allow("dynamodb:GetItem", on=table_arn("orders"))}),),
        tables=(Table("Orders"), Table("Salaries")),
    ),
    test=Demands(
        (
            MayCall(
                Ask("user/rita", "dynamodb", "GetItem", {"TableName": "Orders", "Key": _KEY}),
                "`rita` still cannot read an item of `Orders`.",
                "still cannot read",
                near=(
                    NearMiss(
                        "Allow",
                        "Resource",
                        "The action is right, but the resource is not the ARN of the table `Orders`. Compare them "
                        "letter by letter: in the name of a table, upper and lower case count.",
                        "the ARN does not match",
                    ),
                ),
            ),
            MayNotCall(
                Ask("user/rita", "dynamodb", "GetItem", {"TableName": "Salaries", "Key": _KEY}),
                "`rita` can read `Orders`, and `Salaries` too. Name the one table instead of using a wildcard.",
                "reads every table",
            ),
            MayNotCall(
                Ask("user/rita", "dynamodb", "PutItem", {"TableName": "Orders", "Item": _KEY}),
                "`rita` can read, but she can write as well. Only `dynamodb:GetItem` was asked for.",
                "can write",
            ),
            AtMost(
                Ask("user/rita", "dynamodb", "GetItem", {"TableName": "Orders", "Key": _KEY}),
                allow(*_READING, on=(table_arn("Orders"), table_arn("Orders/*"))),
                "`rita` should read the table `Orders`, and do nothing else.",
            ),
        )
    ),
    hints=(
        "Let the lab tell you: ask what was denied and compare its resource with the policy's.",
        "The error's resource ends in `table/Orders`, the policy's in `table/orders`.",
        'Put the policy again under the same name, with `"Resource": '
        '"arn:aws:dynamodb:us-east-1:123456789012:table/Orders"`.',
    ),
    solution_code=_RITA % ("dynamodb:GetItem", table_arn("Orders")),
    reason="Actions ignore case, names of resources do not. One wrong letter in an ARN is the most common reason for a "
    "policy that looks right.",
    wrong_answers=(
        WrongAnswer("allows more than was asked", _RITA % ("dynamodb:GetItem", table_arn("Orders*"))),
        WrongAnswer("the ARN does not match", _RITA % ("dynamodb:GetItem", table_arn("Order"))),
        WrongAnswer("reads every table", _RITA % ("dynamodb:GetItem", "*")),
        WrongAnswer("can write", _RITA % ("dynamodb:*", table_arn("Orders"))),
    ),
)

_FORECAST = """\
answer = {
    "noor reads an item of Parcels": %s,
    "noor deletes an item of Parcels": %s,
    "noor reads an item of Invoices": %s,
    "noor describes Parcels": %s,
}
"""

DENY_WINS = Exercise(
    id="04-policies/deny-wins",
    title="Allow, Deny, or neither",
    level=2,
    question=(
        "`noor` has one policy with two statements:\n\n"
        "```json\n"
        "[\n"
        '    {"Effect": "Allow", "Action": "dynamodb:*",\n'
        '     "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/Parcels"},\n'
        '    {"Effect": "Deny", "Action": "dynamodb:Delete*", "Resource": "*"}\n'
        "]\n"
        "```\n\n"
        "Say for each line whether it will be allowed: `True` or `False`."
    ),
    scene=Scene(
        users=(
            User(
                "noor",
                {
                    "Parcels": policy(
                        statement("Allow", ("dynamodb:*",), table_arn("Parcels")),
                        statement("Deny", ("dynamodb:Delete*",)),
                    )
                },
            ),
        ),
        tables=(Table("Parcels"), Table("Invoices")),
    ),
    test=Forecast(
        asks={
            "noor reads an item of Parcels": Ask(
                "user/noor", "dynamodb", "GetItem", {"TableName": "Parcels", "Key": _KEY}
            ),
            "noor deletes an item of Parcels": Ask(
                "user/noor", "dynamodb", "DeleteItem", {"TableName": "Parcels", "Key": _KEY}
            ),
            "noor reads an item of Invoices": Ask(
                "user/noor", "dynamodb", "GetItem", {"TableName": "Invoices", "Key": _KEY}
            ),
            "noor describes Parcels": Ask("user/noor", "dynamodb", "DescribeTable", {"TableName": "Parcels"}),
        },
        explains={
            "noor reads an item of Parcels": "The first statement allows every DynamoDB action on `Parcels`, and the "
            "Deny is not about reading.",
            "noor deletes an item of Parcels": "Both statements match this call. When a Deny matches, it wins, "
            "whatever else allows the call.",
            "noor reads an item of Invoices": "No statement allows anything on `Invoices`. Neither allowed nor denied "
            "means denied.",
            "noor describes Parcels": "`dynamodb:DescribeTable` begins with `Describe`, not with `Delete`: the "
            "Deny does not match, the Allow does.",
        },
    ),
    starter=_FORECAST % ("None", "None", "None", "None"),
    hints=(
        "For each call ask two questions: does a Deny match? If not, does an Allow match?",
        "The Deny matches every action that begins with `Delete`, on every table. The Allow matches one table only.",
        "Two are allowed. Of the two denied ones, one is denied by the Deny, the other because nothing allows it.",
    ),
    solution_code=_FORECAST % ("True", "False", "False", "True"),
    reason="The order of statements does not matter. Deny beats Allow, and silence means no.",
    wrong_answers=(
        WrongAnswer("noor deletes an item of Parcels", _FORECAST % ("True", "True", "False", "True")),
        WrongAnswer("noor reads an item of Invoices", _FORECAST % ("True", "False", "True", "True")),
        WrongAnswer("noor describes Parcels", _FORECAST % ("True", "False", "False", "False")),
    ),
)

_SVEN = """\
document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "dynamodb:*",
        "Resource": "*",
        "Condition": {"%s": {"%s": "%s"}},
    },
}
iam.put_user_policy(
    UserName="sven",
    PolicyName="UseTables",
    PolicyDocument=json.dumps(document),
)
"""
_KUNDEN = {"TableName": "Kunden", "Key": _KEY}

STAY_IN_EUROPE = Exercise(
    id="04-policies/stay-in-europe",
    title="Only in one region",
    level=3,
    question=(
        "`sven` may do everything in DynamoDB, in every region: his policy `UseTables` allows `dynamodb:*` on `*`. "
        "Customer data must stay in Europe. Change the policy so that he can still do everything, but **only in the "
        "region** `eu-central-1`.\n\n"
        "A condition can do this. The key that holds the region of a request is `aws:RequestedRegion`."
    ),
    scene=Scene(
        users=(User("sven", {"UseTables": allow("dynamodb:*")}),),
        tables=(Table("Kunden", region="eu-central-1"), Table("Kunden")),
    ),
    test=Demands(
        (
            MayNotCall(
                Ask("user/sven", "dynamodb", "GetItem", _KUNDEN, region="us-east-1"),
                "`sven` can still use the region `us-east-1`.",
                "still works outside Europe",
            ),
            MayCall(
                Ask("user/sven", "dynamodb", "GetItem", _KUNDEN, region="eu-central-1"),
                "`sven` cannot read in `eu-central-1` any more.",
                "locked out of Europe",
                near=(
                    NearMiss(
                        "Allow",
                        "Condition",
                        "Now `sven` cannot work in `eu-central-1` either: the condition is not true there. Check the "
                        "key (`aws:RequestedRegion`), the operator (`StringEquals`) and the value (`eu-central-1`).",
                        "a condition that is never true",
                    ),
                ),
            ),
            MayCall(
                Ask("user/sven", "dynamodb", "CreateTable", {"TableName": "Neu"}, region="eu-central-1"),
                "In `eu-central-1` `sven` cannot create a table any more. He should keep everything there.",
                "lost more than the region",
            ),
            MayNotCall(
                Ask("user/sven", "dynamodb", "GetItem", _KUNDEN, region="ap-southeast-2"),
                "`us-east-1` is closed, but other regions are not: `ap-southeast-2` still works. Say where he *may* "
                "work, not where he may not.",
                "only one region closed",
            ),
            AtMost(
                Ask("user/sven", "dynamodb", "GetItem", _KUNDEN, region="eu-central-1"),
                policy(
                    statement("Allow", ("dynamodb:*",))
                    | {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}}
                ),
                "Most regions are closed, but not all.",
            ),
        )
    ),
    hints=(
        "Look at the shape of a condition: `{operator: {key: value}}`. Which operator compares two texts?",
        '`"Condition": {"StringEquals": {...}}` goes into the Allow statement, beside `Resource`.',
        '`"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}`',
    ),
    solution_code=_SVEN % ("StringEquals", "aws:RequestedRegion", "eu-central-1"),
    reason="A condition narrows a statement: all of it must be true for the statement to count. Many companies keep "
    "their data in one part of the world with this very key.",
    wrong_answers=(
        WrongAnswer("allows more than was asked", _SVEN % ("StringLike", "aws:RequestedRegion", "eu-*")),
        WrongAnswer(
            "still works outside Europe", _SVEN % ("StringNotEquals", "aws:RequestedRegion", "eu-central-1")
        ),
        WrongAnswer("a condition that is never true", _SVEN % ("StringEquals", "aws:Region", "eu-central-1")),
        WrongAnswer(
            "a condition that is never true", _SVEN % ("StringEquals", "aws:RequestedRegion", "Europe")
        ),
        WrongAnswer(
            "only one region closed", _SVEN % ("StringNotEquals", "aws:RequestedRegion", "us-east-1")
        ),
        WrongAnswer(
            "lost more than the region",
            (_SVEN % ("StringEquals", "aws:RequestedRegion", "eu-central-1")).replace(
                "dynamodb:*", "dynamodb:GetItem"
            ),
        ),
    ),
)

EXERCISES = (ONE_LETTER, DENY_WINS, STAY_IN_EUROPE)
