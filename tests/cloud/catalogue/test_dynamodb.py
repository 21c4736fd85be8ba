"""DynamoDB: items, batches, transactions, PartiQL.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamlab.cloud.catalogue import Check, partiql
from iamlab.cloud.catalogue.expressions import names_in

Ask = Callable[..., tuple[Check, ...]]
State = Callable[[str], Any]
T = "arn:aws:dynamodb:us-east-1:123456789012:table"


@pytest.fixture
def tables(state: State) -> Any:
    client = state("dynamodb")
    for name in ("games", "users"):
        client.create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": "user", "KeyType": "HASH"},
                {"AttributeName": "title", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": a, "AttributeType": "S"} for a in ("user", "title", "genre")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-genre",
                    "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "team", "Value": "blue"}],
        )
    return client


KEY = {"user": {"S": "bob"}, "title": {"S": "chess"}}

# operation, parameters → [(action, what follows `table/`, expected part of the context)]
CASES: list[tuple[str, dict[str, Any], list[tuple[str, str, dict[str, Any]]]]] = [
    (
        "GetItem",
        {"TableName": "games", "Key": KEY},
        [
            (
                "GetItem",
                "games",
                {
                    "dynamodb:LeadingKeys": ["bob"],
                    "dynamodb:Attributes": ["title", "user"],
                    "dynamodb:Select": "ALL_ATTRIBUTES",
                    "aws:ResourceTag/team": "blue",
                },
            )
        ],
    ),
    (
        "GetItem",
        {
            "TableName": "games",
            "Key": KEY,
            "ProjectionExpression": "#s, score.best, tags[0]",
            "ExpressionAttributeNames": {"#s": "status"},
            "ReturnConsumedCapacity": "TOTAL",
        },
        [
            (
                "GetItem",
                "games",
                {
                    "dynamodb:Attributes": ["score", "status", "tags", "title", "user"],
                    "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
                    "dynamodb:ReturnConsumedCapacity": "TOTAL",
                },
            )
        ],
    ),
    (
        "UpdateItem",
        {
            "TableName": f"{T}/games",
            "Key": KEY,
            "UpdateExpression": "SET score = if_not_exists(score, :z) + :one REMOVE old",
            "ConditionExpression": "attribute_exists(user) AND level > :z",
            "ReturnValues": "ALL_NEW",
        },
        [
            (
                "UpdateItem",
                "games",
                {
                    "dynamodb:Attributes": ["level", "old", "score", "title", "user"],
                    "dynamodb:ReturnValues": "ALL_NEW",
                },
            )
        ],
    ),
    (
        "PutItem",
        {"TableName": "games", "Item": KEY},
        [("PutItem", "games", {"dynamodb:ReturnValues": "NONE"})],
    ),
    (
        "Query",
        {
            "TableName": "games",
            "KeyConditionExpression": "#u = :u AND begins_with(title, :t)",
            "ExpressionAttributeNames": {"#u": "user"},
            "ExpressionAttributeValues": {":u": {"S": "bob"}, ":t": {"S": "c"}},
        },
        [
            (
                "Query",
                "games",
                {"dynamodb:LeadingKeys": ["bob"], "dynamodb:Attributes": ["title", "user"]},
            )
        ],
    ),
    (
        "Query",
        {
            "TableName": "games",
            "IndexName": "by-genre",
            "KeyConditions": {"genre": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "board"}]}},
        },
        [
            (
                "Query",
                "games/index/by-genre",
                {
                    "dynamodb:LeadingKeys": ["board"],
                    "dynamodb:Select": "ALL_PROJECTED_ATTRIBUTES",
                    "aws:ResourceTag/team": "blue",
                },
            )
        ],
    ),
    ("Scan", {"TableName": "games"}, [("Scan", "games", {"dynamodb:Select": "ALL_ATTRIBUTES"})]),
    (
        "BatchGetItem",
        {
            "RequestItems": {
                "games": {"Keys": [KEY, {"user": {"S": "eve"}, "title": {"S": "go"}}]},
                "users": {"Keys": [{"user": {"S": "eve"}, "title": {"S": "-"}}]},
            }
        },
        [
            ("BatchGetItem", "games", {"dynamodb:LeadingKeys": ["bob", "eve"]}),
            ("BatchGetItem", "users", {"dynamodb:LeadingKeys": ["eve"]}),
        ],
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"games": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]}},
        [("BatchWriteItem", "games", {"dynamodb:LeadingKeys": ["bob"]})],
    ),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "games", "Item": KEY}},
                {"ConditionCheck": {"TableName": "users", "Key": KEY, "ConditionExpression": "ok = :t"}},
            ]
        },
        [
            ("PutItem", "games", {"dynamodb:EnclosingOperation": "TransactWriteItems"}),
            ("ConditionCheckItem", "users", {"dynamodb:EnclosingOperation": "TransactWriteItems"}),
        ],
    ),
    (
        "TransactGetItems",
        {"TransactItems": [{"Get": {"TableName": "games", "Key": KEY}}]},
        [("GetItem", "games", {"dynamodb:EnclosingOperation": "TransactGetItems"})],
    ),
    (
        "ExecuteStatement",
        {
            "Statement": 'SELECT title, "score" FROM "games" WHERE "user" = ? AND title = \'x\'',
            "Parameters": [{"S": "bob"}],
        },
        [
            (
                "PartiQLSelect",
                "games",
                {
                    "dynamodb:LeadingKeys": ["bob"],
                    "dynamodb:FullTableScan": False,
                    "dynamodb:Attributes": ["score", "title", "user"],
                    "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
                },
            )
        ],
    ),
    (
        "ExecuteStatement",
        {"Statement": 'SELECT * FROM "games"."by-genre"'},
        [("PartiQLSelect", "games/index/by-genre", {"dynamodb:FullTableScan": True})],
    ),
    (
        "ExecuteStatement",
        {"Statement": "INSERT INTO games VALUE {'user': 'eve', 'title': 'it''s'}"},
        [
            (
                "PartiQLInsert",
                "games",
                {"dynamodb:LeadingKeys": ["eve"], "dynamodb:Attributes": ["title", "user"]},
            )
        ],
    ),
    (
        "ExecuteTransaction",
        {
            "TransactStatements": [
                {"Statement": "UPDATE games SET level = 3 WHERE user = 'bob' AND title = 'go'"},
                {"Statement": "EXISTS(SELECT * FROM users WHERE user = 'bob')"},
            ]
        },
        [
            (
                "PartiQLUpdate",
                "games",
                {"dynamodb:EnclosingOperation": "ExecuteTransaction", "dynamodb:LeadingKeys": ["bob"]},
            ),
            ("PartiQLSelect", "users", {"dynamodb:LeadingKeys": ["bob"]}),
        ],
    ),
    (
        "BatchExecuteStatement",
        {"Statements": [{"Statement": "DELETE FROM games WHERE user = 'a' AND title = 'b'"}]},
        [("PartiQLDelete", "games", {"dynamodb:LeadingKeys": ["a"]})],
    ),
    ("ExecuteStatement", {"Statement": "DROP TABLE games"}, [("PartiQLSelect", "*", {})]),
    (
        "CreateTable",
        {"TableName": "new", "Tags": [{"Key": "a", "Value": "b"}]},
        [
            ("CreateTable", "new", {"aws:RequestTag/a": "b"}),
            ("TagResource", "new", {"aws:RequestTag/a": "b"}),
        ],
    ),
    ("DescribeTable", {"TableName": "games"}, [("DescribeTable", "games", {})]),
    (
        "DescribeContributorInsights",
        {"TableName": "games", "IndexName": "by-genre"},
        [("DescribeContributorInsights", "games/index/by-genre", {})],
    ),
]


@pytest.mark.parametrize(("operation", "params", "expected"), CASES)
def test_calls_are_asked_table_by_table(
    operation: str,
    params: dict[str, Any],
    expected: list[tuple[str, str, dict[str, Any]]],
    ask: Ask,
    tables: Any,
) -> None:
    found = ask("dynamodb", operation, **params)
    assert [(c.action, c.resource) for c in found] == [
        (f"dynamodb:{action}", f"{T}/{resource}") for action, resource, _ in expected
    ]
    for check, (_, _, context) in zip(found, expected, strict=True):
        assert context.items() <= dict(check.context).items()


def test_a_scan_and_an_or_have_no_leading_keys(ask: Ask, tables: Any) -> None:
    (scan,) = ask("dynamodb", "Scan", TableName="games")
    either = "SELECT * FROM games WHERE user = 'bob' OR user = 'eve'"
    (select,) = ask("dynamodb", "ExecuteStatement", Statement=either)
    assert "dynamodb:LeadingKeys" not in scan.context
    assert "dynamodb:LeadingKeys" not in select.context
    assert select.context["dynamodb:FullTableScan"] is True


def test_the_tables_policy_covers_its_indexes(ask: Ask, tables: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html"""
    document = {"Version": "2012-10-17", "Statement": []}
    tables.put_resource_policy(ResourceArn=f"{T}/games", Policy=json.dumps(document))
    (check,) = ask("dynamodb", "Query", TableName="games", IndexName="by-genre")
    assert check.resource_policy is not None
    assert check.resource_policy.document == document


def test_a_table_of_another_account_belongs_to_it(ask: Ask) -> None:
    arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/games"
    (check,) = ask("dynamodb", "GetItem", TableName=arn, Key=KEY)
    assert (check.resource, check.owner) == (arn, "111122223333")


def test_restoring_needs_each_kind_of_access_to_the_new_table(ask: Ask) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html"""
    found = ask(
        "dynamodb",
        "RestoreTableFromBackup",
        TargetTableName="new",
        BackupArn=f"{T}/games/backup/0160-abc",
    )
    assert [c.resource for c in found[:2]] == [f"{T}/games/backup/0160-abc", f"{T}/new"]
    assert {c.action for c in found[2:]} == {
        f"dynamodb:{name}"
        for name in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
    }


def test_an_iterator_names_its_stream(ask: Ask) -> None:
    stream = f"{T}/games/stream/2026-11-23T00:00:00.000"
    (check,) = ask("dynamodbstreams", "GetRecords", ShardIterator=f"{stream}|1|AAA")
    assert (check.action, check.resource) == ("dynamodb:GetRecords", stream)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("a, b.c, d[1].e", ["a", "b", "d"]),
        ("SET #x = :v, y = list_append(y, :w) ADD n :one", ["X", "y", "y", "n"]),
        ("NOT contains(tags, :t) AND (size(name) > :n OR a BETWEEN :x AND :y)", ["tags", "name", "a"]),
    ],
)
def test_expressions_give_their_top_level_names(expression: str, names: list[str]) -> None:
    assert names_in(expression, {"#x": "X"}) == names


@pytest.mark.parametrize(
    "text", ["", "SELECT", "SELECT * FROM", "hello", "'", "UPDATE", "EXISTS()", "INSERT x"]
)
def test_what_is_no_statement_parses_as_none(text: str) -> None:
    assert partiql.parse(text) is None
