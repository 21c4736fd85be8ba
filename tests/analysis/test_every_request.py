"""`compare` against what doesn't share its way: brute force over small alphabets, laws, and the solver cvc5.

By default a part of the pairs is tried. All 5,000 of the solver's run, and ten minutes of random requests:
`IAMLAB_PAIRS=5000 pytest tests/analysis/test_every_request.py -k solver`,
`IAMLAB_PAIRS=30000 pytest tests/analysis/test_every_request.py -k test_no_request_refutes`.
"""

import os
import re
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamlab import PolicySet, Request, compare, decide

from .generated import MULTIVALUED, pair, policy, statement
from .oracle import differs

PAIRS = int(os.environ.get("IAMLAB_PAIRS", "150"))
PORTION = 30
QUIET = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)
OPPOSITE = {"more": "less", "less": "more"}

TEXTS = ("a", "b", "ab", "A", "B", "aab", "c", "ac", "cb", "*", "")
VALUES = {
    "aws:username": TEXTS,
    "aws:userid": TEXTS,
    "aws:PrincipalArn": ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "arn:aws:iam::2:role/a", "a"),
    MULTIVALUED: (*TEXTS, ["a"], ["a", "b"], ["", "ab"], ["A", "c", "ab"], [""]),
    "s3:max-keys": ("4", "5", "7", "10", "10.2", "10.5", "11", "-1", "-2"),
    "aws:CurrentTime": ("2025-12-31", "2026-01-01", "2026-02-01", "2026-06-01T12:00:00Z", "2027-01-01"),
    "aws:SourceIp": ("10.1.2.3", "10.1.2.4", "10.2.0.0", "11.0.0.1", "2001:db8::1", "2001:db9::1"),
    "aws:MultiFactorAuthPresent": ("true", "false"),
}
ACTIONS = (
    "s3:GetObject",
    "s3:GetX",
    "s3:SetObject",
    "s3:PutObject",
    "s3:XObject",
    "s3:X",
    "sqs:X",
    "sqs:Object",
    "ec2:X",
)
PATHS = ("", "a", "ab", "b", "aa", "ba", "*", "a/x", "x/a")


def some_request(random):
    """A request from the alphabets that the generated policies are drawn from."""
    context = {key: random.choice(values) for key, values in VALUES.items() if random.random() < 0.65}
    name, other = context.get("aws:username", "a"), context.get("aws:userid", "b")
    tails = (*PATHS, name, f"{name}/x", f"a{name}", f"x{name}", other, f"{name}{other}")
    heads = ("arn:aws:s3:::b/", "arn:aws:s3:::b/", "arn:aws:s3:::b", "arn:aws:s3:::", "arn:aws:s3:x:1:b/")
    resource = random.choice(heads) + random.choice(tails)
    return Request(
        random.choice(ACTIONS),
        resource,
        "arn:aws:iam::123456789012:user/u",
        context=context,
        resource_account="123456789012",
    )


def replay(comparison, a, b):
    for request, yes, no in ((comparison.only_a, a, b), (comparison.only_b, b, a)):
        assert request is None or (decide(request, yes).allowed and not decide(request, no).allowed)


def texts(source):
    """All texts in a policy document."""
    if isinstance(source, str):
        return [source]
    return [
        text for part in (source.values() if isinstance(source, dict) else source) for text in texts(part)
    ]


def filled(random, pattern, context):
    """A text that `pattern` matches, more often than not."""

    def value(variable):
        name = variable[1].split(",")[0]
        return name if name == "*" else str(context.get(name, random.choice(TEXTS)))

    pattern = re.sub(r"\$\{([^}]*)\}", value, pattern)
    pieces = {"*": ("", "a", "b", "xx", "a/", "1:"), "?": tuple("ab*x")}
    return "".join(random.choice(pieces.get(letter, letter)) for letter in pattern)


def request_near(random, documents):
    """A request out of the words of the policies themselves: where they speak, they differ."""
    words = texts(documents)
    quantified = any(
        "ForA" in key for each in documents for one in each["Statement"] for key in one.get("Condition", ())
    )
    request = some_request(random)
    context = dict(request.context)
    for key in ("aws:username", "aws:userid", MULTIVALUED):
        if random.random() < 0.3:
            context[key] = filled(random, random.choice(words), {})
    if isinstance(context.get(MULTIVALUED), list) and not quantified:
        del context[MULTIVALUED]  # a key that no quantifier speaks of holds one value
    action = filled(random, random.choice(words), {})
    resources = [word for word in words if word.startswith("arn:") or word == "*"]
    return Request(
        action if re.fullmatch(r"[a-z0-9]+:\w+", action) else request.action,
        filled(random, random.choice(resources), context) if random.random() < 0.8 else request.resource,
        request.principal,
        context=context,
        resource_account=request.resource_account,
    )


@pytest.mark.parametrize("first", range(0, PAIRS, PORTION))
def test_no_request_refutes_a_verdict(first):
    for seed in range(first, first + PORTION):
        documents = pair(seed)
        a, b = (PolicySet([one]) for one in documents)
        comparison = compare(a, b)
        replay(comparison, a, b)
        if (comparison.only_a and comparison.only_b) or comparison.reason:
            continue
        random = Random(seed)
        for _ in range(300):
            request = request_near(random, documents)
            in_a, in_b = decide(request, a).allowed, decide(request, b).allowed
            assert in_b or not in_a or comparison.only_a, request.to_json()
            assert in_a or not in_b or comparison.only_b, request.to_json()


@given(seed=st.integers(0, 100_000))
@settings(QUIET, max_examples=80)
def test_no_request_of_the_alphabets_refutes_a_verdict(seed):
    a, b = (PolicySet([one]) for one in pair(seed))
    comparison = compare(a, b)
    replay(comparison, a, b)
    random = Random(seed)
    for _ in range(400):
        request = some_request(random)
        in_a, in_b = decide(request, a).allowed, decide(request, b).allowed
        if in_a and not in_b:
            assert comparison.only_a or comparison.reason, request.to_json()
        if in_b and not in_a:
            assert comparison.only_b or comparison.reason, request.to_json()


def test_every_request_of_a_small_space_agrees_with_the_verdict():
    # Two statements, all combinations of a few conditions: the space is small enough to ask of everything in it.
    conditions = (
        {},
        {"StringLike": {"aws:username": "a*"}},
        {"StringNotEquals": {"aws:username": "a"}},
        {"StringEqualsIfExists": {"aws:username": ["a", "b"]}},
        {"Null": {"aws:username": "true"}},
        {"ForAnyValue:StringEquals": {"aws:username": "a"}},
        {"ForAllValues:StringEquals": {"aws:username": ["a", "b"]}},
    )
    space = [None, "a", "b", "ab", "c", "", ["a"], ["a", "b"], ["c"], ["a", "c"], ["ab", "b"]]
    requests = [
        Request(
            "s3:X", "x", "arn:aws:iam::123456789012:user/u", context={} if v is None else {"aws:username": v}
        )
        for v in space
    ]
    sets = []
    for allow, deny in product(conditions, repeat=2):
        statements = [{"Effect": "Allow", "Action": "s3:X", "Resource": "*", "Condition": allow}]
        if deny:
            statements.append({"Effect": "Deny", "Action": "s3:X", "Resource": "*", "Condition": deny})
        policies = PolicySet([{"Version": "2012-10-17", "Statement": statements}])
        sets.append((policies, [decide(request, policies).allowed for request in requests]))
    for (a, mine), (b, theirs) in product(sets, repeat=2):
        comparison = compare(a, b)
        replay(comparison, a, b)
        # A key that no quantifier speaks of holds one value: only a list tells the two apart then.
        if any(x and not y for x, y, v in zip(mine, theirs, space, strict=True) if not isinstance(v, list)):
            assert comparison.only_a
        if not any(x and not y for x, y in zip(mine, theirs, strict=True)):
            assert comparison.only_a is None


@given(seed=st.integers(0, 100_000), variables=st.booleans())
@settings(QUIET, max_examples=60)
def test_laws(seed, variables):
    random = Random(seed)
    a, b = policy(random, variables), policy(random, variables)
    assert compare(a, a).relation == "equivalent"
    one, other = compare(a, b), compare(b, a)
    if "undecided" not in (one.relation, other.relation):
        assert other.relation == OPPOSITE.get(one.relation, one.relation)
    more = statement(random, variables)
    for effect, impossible in (("Allow", "only_b"), ("Deny", "only_a")):
        changed = {**a, "Statement": [*a["Statement"], more | {"Effect": effect}]}
        # `changed` first: an Allow more never takes anything away, a Deny more never gives anything.
        assert getattr(compare(changed, a), impossible) is None


@pytest.mark.parametrize("first", range(0, PAIRS, PORTION))
def test_the_solver_agrees(first):
    disagreements = []
    for seed in range(first, min(first + PORTION, PAIRS)):
        a, b = pair(seed)
        comparison = compare(a, b)
        replay(comparison, PolicySet([a]), PolicySet([b]))
        for one, other, found in ((a, b, comparison.only_a), (b, a, comparison.only_b)):
            expected = differs(one, other, milliseconds=2000)
            if (
                expected is not None
                and expected != (found is not None)
                and not (comparison.reason and not found)
            ):
                disagreements.append((seed, expected, found))
    assert not disagreements
