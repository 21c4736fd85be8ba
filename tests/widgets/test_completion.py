"""What the editor offers at each place of a policy."""

from __future__ import annotations

import pytest

from iamlab.widgets.completion import complete

# path, slot, prefix, something offered, something not offered
CASES = [
    ([], "name", "", "Statement", "Effect"),
    (["Statement"], "name", "", "NotAction", "Version"),
    (["Statement"], "name", "", "Effect", "Principal"),
    (["Statement", "Condition"], "name", "", "StringLike", "aws:SourceIp"),
    (["Statement", "Condition", "StringEquals"], "name", "aws", "aws:PrincipalArn", "StringEquals"),
    (["Statement", "Condition", "StringEquals"], "name", "s3:", "s3:prefix", "aws:PrincipalArn"),
    (["Version"], "value", "", "2012-10-17", "Allow"),
    (["Statement", "Effect"], "value", "", "Deny", "2012-10-17"),
    (["Statement", "Action"], "value", "dyn", "dynamodb:", "dynamodb:GetItem"),
    (["Statement", "Action"], "value", "dynamodb:", "dynamodb:GetItem", "s3:GetObject"),
    (["Statement", "NotAction"], "value", "S3:Get", "S3:GetObject", "dynamodb:GetItem"),
]


@pytest.mark.parametrize(("path", "slot", "prefix", "offered", "not_offered"), CASES)
def test_a_place_offers_what_can_stand_there(
    path: list[str], slot: str, prefix: str, offered: str, not_offered: str
) -> None:
    labels = [label for label, _ in complete(path, slot, prefix)]
    assert offered in labels
    assert not_offered not in labels


def test_principals_are_offered_where_the_policy_has_them() -> None:
    labels = [label for label, _ in complete(["Statement"], "name", "", principals=True)]
    assert {"Principal", "NotPrincipal"} <= set(labels)


@pytest.mark.parametrize(
    ("path", "slot", "prefix"),
    [
        (["Statement", "Resource"], "value", "arn:"),
        (["Statement", "Action"], "value", "nosuchservice:"),
        (["Nonsense", "Deeper"], "name", ""),
    ],
)
def test_where_nothing_is_known_nothing_is_offered(path: list[str], slot: str, prefix: str) -> None:
    assert complete(path, slot, prefix) == []
