"""A PartiQL statement reads and writes the table that was decided on.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

MakeUser = Callable[..., boto3.Session]


def make_tables() -> None:
    dynamodb = boto3.client("dynamodb")
    for name in ("mine", "theirs"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName=name, Item={"k": {"S": name}})


REFUSED = [
    'SELECT * FROM "mine" --x\n, theirs',
    "SELECT * FROM mine, theirs",
    "SELECT * FROM mine JOIN theirs",
    "SELECT * FROM mine WHERE k IN (SELECT k FROM theirs)",
    "SELECT * FROM mine; SELECT * FROM theirs",
    "SELECT `FROM mine` FROM theirs",
    "SELECT /* FROM mine */ * FROM theirs",
    "DELETE /**/ FROM theirs WHERE k = 'theirs'",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_names_more_than_one_table_is_no_statement(
    lab: Lab, make_user: MakeUser, statement: str
) -> None:
    make_tables()
    mine = "arn:aws:dynamodb:us-east-1:123456789012:table/mine"
    every = {"Effect": "Allow", "Action": "dynamodb:PartiQLSelect", "Resource": "*"}
    ana = make_user("ana", {"Effect": "Allow", "Action": "dynamodb:*", "Resource": mine}).client("dynamodb")
    bob = make_user("bob", every).client("dynamodb")
    for call in (
        lambda: ana.execute_statement(Statement=statement),
        lambda: bob.execute_statement(Statement=statement),
        lambda: ana.batch_execute_statement(Statements=[{"Statement": statement}]),
    ):
        with pytest.raises(ClientError, match=r"ValidationException|AccessDenied"):
            call()
    assert boto3.client("dynamodb").scan(TableName="theirs")["Count"] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM mine",
        'SELECT "k" FROM "mine" WHERE k = \'mine\'',
        "INSERT INTO mine VALUE {'k': 'more -- /* ; `'}",
        "UPDATE mine SET n='1' WHERE k = 'mine'",
        "DELETE FROM mine WHERE k = 'mine'",
    ],
)
def test_a_statement_about_one_table_runs(lab: Lab, make_user: MakeUser, statement: str) -> None:
    make_tables()
    mine = "arn:aws:dynamodb:us-east-1:123456789012:table/mine"
    ana = make_user("ana", {"Effect": "Allow", "Action": "dynamodb:*", "Resource": mine}).client("dynamodb")
    ana.execute_statement(Statement=statement)
