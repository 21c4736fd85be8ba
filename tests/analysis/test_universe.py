"""The index of known actions agrees with the service reference and with how policies match actions.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.analysis.universe import ones, universe
from iamlab.policy import Policy
from iamlab.policy.glob import pattern
from iamlab.policy.reference import AccessLevel, reference

U = universe()


def test_its_packaged_data_stays_below_300_kb() -> None:
    data = files("iamlab.policy").joinpath("data/reference.bin").read_bytes()
    assert len(data) <= 300_000


def test_every_action_of_the_reference_has_one_number_and_keeps_its_level() -> None:
    found = {f"{p}:{name}" for p, service in reference().services.items() for name in service.action_names}
    assert set(U.names) == found
    assert len(U.names) == len(found)
    for number in range(0, len(U), 97):
        action = reference().action(U.names[number])
        assert action is not None
        assert U.level(number) == action.level
        assert U.number(U.names[number].upper()) == number


def test_it_is_sorted_so_that_it_can_be_searched() -> None:
    assert list(U.lower) == sorted(U.lower)


def test_levels_part_the_universe() -> None:
    assert sum(bits.bit_count() for bits in U.levels.values()) == len(U)
    together = 0
    for bits in U.levels.values():
        together |= bits
    assert together == U.all


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "s3:*",
        "S3:getobject",
        "s3:Get*",
        "s3:*Object",
        "s3:?et*Acl",
        "*:Get*",
        "iam*:*",
        "?am:Pass*",
        "nothing:*",
        "s3:",
        "s3:NoSuchAction",
        "ec2:*Instance*",
    ],
)
def test_a_pattern_covers_what_the_engine_matches(text: str) -> None:
    matches = pattern(text.lower())
    assert U.named(U.bits(text)) == tuple(name for name in U.names if matches(name.lower()))


@settings(max_examples=60, deadline=None)
@given(st.text("s3iamgetput:*?o", min_size=1, max_size=9))
def test_any_pattern_covers_what_the_engine_matches(text: str) -> None:
    matches = pattern(text)
    assert set(ones(U.bits(text))) == {i for i, name in enumerate(U.lower) if matches(name)}


def test_not_action_covers_the_rest_and_a_broken_element_nothing() -> None:
    whole = Policy(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"},
                {"Effect": "Allow", "Action": "no action", "Resource": "*"},
            ],
        }
    )
    negated, broken = whole.statements
    assert U.covered(negated.actions) == U.all & ~(U.bits("iam:*") | U.bits("sts:*"))
    assert U.covered(broken.actions) == 0


@pytest.mark.parametrize(
    ("action", "shapes"),
    [
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
        ("s3:CreateBucket", ("arn:${Partition}:s3:::${BucketName}",)),
        ("s3:ListAllMyBuckets", ("*",)),
        ("iam:PassRole", ("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",)),
    ],
)
def test_an_action_knows_the_shapes_of_its_resources(action: str, shapes: tuple[str, ...]) -> None:
    number = U.number(action)
    assert number is not None
    assert U.templates(number) == shapes


def test_a_long_list_covers_what_its_entries_cover() -> None:
    texts = [*U.names[5:5000:333], "s3:Get*", "iam:*Role", "nothing:At", "ec2:", "*:TagResource", "sqs:*"]
    (statement,) = Policy([{"Effect": "Allow", "Action": texts, "Resource": "*"}]).statements
    together = 0
    for text in texts:
        if text != "ec2:":
            together |= U.bits(text)
    assert statement.actions is not None
    assert U.covered(statement.actions) == 0  # `ec2:` is no action, so the element can't be read
    (readable,) = Policy(
        [{"Effect": "Allow", "Action": [text for text in texts if text != "ec2:"], "Resource": "*"}]
    ).statements
    assert U.covered(readable.actions) == together


def test_an_action_knows_its_condition_keys() -> None:
    number = U.number("iam:PassRole")
    assert number is not None
    assert {"iam:passedtoservice", "iam:associatedresourcearn"} <= U.keys(number)


def test_counts_by_level_are_of_the_known_size() -> None:
    assert U.levels[AccessLevel.PERMISSIONS].bit_count() > 300
    assert U.levels[AccessLevel.LIST].bit_count() > 3000
