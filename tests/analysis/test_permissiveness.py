"""How far policies go: counted on paper, and by requests that the engine allows.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.analysis.permissiveness import reach
from iamlab.analysis.samples import meeting
from iamlab.analysis.universe import universe
from iamlab.engine import PolicySet, Request, decide
from iamlab.policy.reference import AccessLevel

U = universe()


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
# (policy, on paper, usable): small sets of actions by name.
CASES = [
    pytest.param(
        document(allow(["s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject"], "arn:aws:s3:::reports/*")),
        {"s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject"},
        {"s3:GetObject"},
        id="a bucket's objects are no buckets",
    ),
    pytest.param(
        document(allow("iam:*PassRole"), deny("iam:Pass*", Condition=MFA)),
        {"iam:PassRole"},
        {"iam:PassRole"},
        id="a Deny without MFA leaves those with MFA",
    ),
    pytest.param(
        document(allow(["sqs:SendMessage", "sqs:DeleteQueue"]), deny("sqs:Delete*")),
        {"sqs:SendMessage"},
        {"sqs:SendMessage"},
        id="an unconditional Deny takes away",
    ),
    pytest.param(
        document(allow("s3:GetObject"), deny("s3:GetObject", "arn:aws:s3:::*")),
        {"s3:GetObject"},
        {"s3:GetObject"},
        id="a Deny of buckets' objects leaves access points",
    ),
    pytest.param(
        document(allow("sqs:SendMessage", "arn:aws:sqs:*:*:a*"), deny("sqs:*", "arn:aws:sqs:*:*:*")),
        {"sqs:SendMessage"},
        set(),
        id="a Deny of every resource leaves nothing",
    ),
    pytest.param(
        document(
            allow(["s3:ListBucket", "s3:GetObject"], Condition={"StringLike": {"s3:prefix": "home/*"}}),
        ),
        {"s3:ListBucket", "s3:GetObject"},
        {"s3:ListBucket"},
        id="a key that requests of the action never carry",
    ),
    pytest.param(
        document(allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")),
        {"s3:GetObject"},
        {"s3:GetObject"},
        id="a variable has somebody's value",
    ),
    pytest.param(
        document(
            allow(
                ["sqs:SendMessage", "sqs:ListQueues"],
                Condition={
                    "NumericGreaterThan": {"aws:MultiFactorAuthAge": "100"},
                    "NumericLessThan": {"aws:multifactorauthage": "102"},
                },
            )
        ),
        {"sqs:SendMessage", "sqs:ListQueues"},
        {"sqs:SendMessage", "sqs:ListQueues"},
        id="two bounds meet",
    ),
    pytest.param(
        document(
            allow(
                "sqs:SendMessage",
                Condition={"Bool": {"aws:Nothing": "true"}, "Null": {"aws:Nothing": "true"}},
            )
        ),
        {"sqs:SendMessage"},
        set(),
        id="conditions that contradict each other",
    ),
    pytest.param(
        document(allow(["kms:Decrypt", "sts:AssumeRole"])),
        {"kms:Decrypt", "sts:AssumeRole"},
        {"kms:Decrypt", "sts:AssumeRole"},
        id="keys and roles that leave it to the account",
    ),
    pytest.param(document(allow("no action")), set(), set(), id="what can't be read grants nothing"),
]


@pytest.mark.parametrize(("policy", "paper", "usable"), CASES)
def test_reach_counts_paper_and_use(policy: dict[str, Any], paper: set[str], usable: set[str]) -> None:
    found = reach(policy)
    assert set(found.actions(on_paper=True)) == paper
    assert set(found.actions()) == usable
    assert not found.unsure


@pytest.mark.parametrize(("policy", "paper", "usable"), CASES)
def test_every_witness_is_allowed_by_the_engine(
    policy: dict[str, Any], paper: set[str], usable: set[str]
) -> None:
    found = reach(policy)
    for action, request in found.witnesses.items():
        assert action in usable
        if not action.startswith(("kms:", "sts:")):  # these need the word of the key's or role's policy, too
            assert decide(request, found.policies).allowed


def test_an_administrator_reaches_everything() -> None:
    found = reach(document(allow("*")))
    assert found.on_paper == found.usable == U.all
    for level, (usable, paper, known) in found.counts().items():
        assert usable == paper == known == U.levels[level].bit_count()


def test_boundaries_session_policies_and_scps_limit() -> None:
    identity = document(allow(["sqs:SendMessage", "sqs:ListQueues", "s3:ListAllMyBuckets"]))
    assert set(reach(PolicySet(identity=[identity], boundary=[document(allow("sqs:*"))])).actions()) == {
        "sqs:SendMessage",
        "sqs:ListQueues",
    }
    scps = [[document(allow("*"))], [document(allow("*"), deny("sqs:List*"))]]
    assert set(reach(PolicySet(identity=[identity], scps=scps)).actions()) == {
        "sqs:SendMessage",
        "s3:ListAllMyBuckets",
    }
    assert reach(PolicySet(identity=[identity], scps=[[document(allow("*"))], []])).on_paper == 0


def test_counts_stand_by_access_level() -> None:
    counts = reach(document(allow(["s3:GetObject", "iam:PassRole", "iam:CreateUser"]))).counts()
    assert [counts[level][0] for level in AccessLevel] == [0, 1, 2, 0, 0]


def test_it_shows_itself_as_text_and_html() -> None:
    bundle = reach(
        document(allow(["s3:GetObject", "s3:ListAllMyBuckets"], "arn:aws:s3:::a<b/*"))
    )._repr_mimebundle_()
    assert bundle["text/plain"].startswith("1 of ")
    assert "on paper only: s3:ListAllMyBuckets" in bundle["text/plain"]
    assert "Permissions management" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


@pytest.mark.parametrize(
    ("template", "patterns", "expected"),
    [
        ("arn:${Partition}:s3:::${BucketName}", ("arn:aws:s3:::a*",), "arn:aws:s3:::a"),
        ("arn:${Partition}:s3:::${BucketName}", ("arn:aws:s3:::a/*",), None),
        ("arn:${Partition}:s3:::${BucketName}/${ObjectName}", ("arn:aws:s3:::a*z",), "arn:aws:s3:::a/z"),
        ("arn:${Partition}:s3:::${BucketName}", ("arn:aws:s3:::a*", "arn:aws:s3:::*b"), "arn:aws:s3:::ab"),
        ("arn:${Partition}:s3:::${BucketName}", ("arn:aws:sqs:*",), None),
        ("*", ("*",), "*"),
        ("*", ("arn:aws:s3:::a",), None),
    ],
)
def test_patterns_and_shapes_meet_in_a_resource(
    template: str, patterns: tuple[str, ...], expected: str | None
) -> None:
    assert meeting(template, *patterns) == expected


ACTIONS = ("sqs:SendMessage", "sqs:ListQueues", "s3:GetObject", "s3:ListBucket")
PATTERNS = (
    "*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::a/*",
    "arn:aws:sqs:*:*:*",
    "arn:aws:sqs:us-east-1:111122223333:q",
)
STATEMENTS = st.builds(
    lambda effect, actions, resources: {"Effect": effect, "Action": actions, "Resource": resources},
    st.sampled_from(("Allow", "Allow", "Deny")),
    st.lists(st.sampled_from((*ACTIONS, "s3:*")), min_size=1, max_size=2),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=4), STATEMENTS)
def test_another_allow_never_makes_the_reach_smaller(
    statements: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    before = reach(document(*statements))
    after = reach(document(*statements, more | {"Effect": "Allow"}))
    assert before.usable & ~before.on_paper == 0
    assert before.usable & ~after.usable == 0
    assert before.on_paper & ~after.on_paper == 0


KEYS = {
    "aws:RequestedRegion": ("eu-west-1", "us-east-1"),
    "aws:MultiFactorAuthPresent": ("true", "false"),
    "aws:SourceIp": ("10.1.2.3", "203.0.113.9"),
    "aws:MultiFactorAuthAge": ("5", "3600"),
}
TESTS = st.one_of(
    st.builds(
        lambda operator, value: (operator, "aws:RequestedRegion", value),
        st.sampled_from(("StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists")),
        st.sampled_from(("eu-*", "eu-west-1", "us-east-?")),
    ),
    st.builds(
        lambda operator, value: (operator, "aws:MultiFactorAuthPresent", value),
        st.sampled_from(("Bool", "BoolIfExists", "Null")),
        st.sampled_from(("true", "false")),
    ),
    st.builds(
        lambda operator, value: (operator, "aws:SourceIp", value),
        st.sampled_from(("IpAddress", "NotIpAddress")),
        st.sampled_from(("10.0.0.0/8", "203.0.113.0/24", "0.0.0.0/0")),
    ),
    st.builds(
        lambda operator, value: (operator, "aws:MultiFactorAuthAge", value),
        st.sampled_from(("NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals")),
        st.sampled_from(("5", "6", "3600")),
    ),
)


def conditioned(statement: dict[str, Any], tests: list[tuple[str, str, str]]) -> dict[str, Any]:
    block: dict[str, dict[str, str]] = {}
    for operator, key, value in tests:
        block.setdefault(operator, {})[key] = value
    return statement | ({"Condition": block} if block else {})


ASKED = st.builds(
    lambda action, resource, context: (
        action,
        resource,
        {key: v for key, v in context.items() if v is not None},
    ),
    st.sampled_from(ACTIONS),
    st.sampled_from(
        ("arn:aws:s3:::a/x", "arn:aws:s3:::b/x", "arn:aws:s3:::a", "arn:aws:sqs:us-east-1:111122223333:q")
    ),
    st.fixed_dictionaries({key: st.sampled_from((None, *values)) for key, values in KEYS.items()}),
)
SHAPES = {"sqs:SendMessage": ":sqs:", "s3:GetObject": "/x", "s3:ListBucket": ":::a"}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.builds(conditioned, STATEMENTS, st.lists(TESTS, max_size=2)), min_size=1, max_size=4),
    st.lists(ASKED, min_size=20, max_size=20),
)
def test_no_request_that_is_allowed_is_of_an_unusable_action(
    statements: list[dict[str, Any]], asked: list[tuple[str, str, dict[str, Any]]]
) -> None:
    found = reach(document(*statements))
    for action, resource, context in asked:
        shape = SHAPES.get(action)
        if (shape is None) or (shape not in resource) or (action == "s3:ListBucket" and "/" in resource):
            continue
        request = Request(
            action,
            resource,
            "arn:aws:iam::111122223333:user/somebody",
            resource_account="111122223333",
            context=context,
        )
        if decide(request, found.policies).allowed:
            number = U.number(action)
            assert number is not None
            assert (found.usable | found.unsure) >> number & 1
