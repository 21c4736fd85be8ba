"""What one policy allows that another doesn't, over every possible request.

Each verdict is read as in https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html;
every witness is replayed through `decide`.
"""

import pytest

from iamlab import Policy, PolicySet, compare, decide


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return allow(action, resource, **more) | {"Effect": "Deny"}


def document(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def replayed(comparison, a, b):
    """The relation, after every witness has been shown to the engine."""
    for request, yes, no in ((comparison.only_a, a, b), (comparison.only_b, b, a)):
        if request is not None:
            assert decide(request, yes).allowed, request
            assert not decide(request, no).allowed, request
    return str(comparison.relation)


def when(operator, **keys):
    return {"Condition": {operator: {key.replace("__", ":").replace("_", "-"): v for key, v in keys.items()}}}


NO_MFA = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
OBJECTS = "arn:aws:s3:::reports/*"

PAIRS = {
    "the same policy": ([allow("s3:GetObject", OBJECTS)], [allow("s3:GetObject", OBJECTS)], "equivalent"),
    "the case of an action's letters": ([allow("S3:getobject")], [allow("s3:GetObject")], "equivalent"),
    "a wider action": ([allow("s3:Get*", OBJECTS)], [allow("s3:GetObject", OBJECTS)], "more"),
    "a narrower resource": ([allow("s3:*", OBJECTS)], [allow("s3:*", "arn:aws:s3:::*")], "less"),
    "two that overlap": ([allow("s3:Get*")], [allow("s3:*Object")], "incomparable"),
    "one statement in two": (
        [allow(["s3:GetObject", "s3:PutObject"], OBJECTS)],
        [allow("s3:GetObject", OBJECTS), allow("s3:PutObject", OBJECTS)],
        "equivalent",
    ),
    "a Deny that nothing allows": ([allow("s3:*"), deny("sqs:*")], [allow("s3:*")], "equivalent"),
    "a Deny without second factor": ([allow("*"), deny("*", **NO_MFA)], [allow("*")], "less"),
    "the usual mistake with Bool, which an absent key escapes": (
        [allow("*"), deny("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})],
        [allow("*"), deny("*", **NO_MFA)],
        "more",
    ),
    "two halves of a truth value and its absence": (
        [
            allow("*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
            allow("*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            allow("*", Condition={"Null": {"aws:SecureTransport": "true"}}),
        ],
        [allow("*")],
        "equivalent",
    ),
    "two ranges that make one": (
        [allow("*", Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]}})],
        [allow("*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
        "equivalent",
    ),
    "numbers with a gap of one point": (
        [
            allow("*", Condition={"NumericLessThan": {"s3:max-keys": "10"}}),
            allow("*", Condition={"NumericGreaterThan": {"s3:max-keys": "10"}}),
        ],
        [allow("*", Condition={"NumericNotEquals": {"s3:max-keys": "10"}, "Null": {"s3:max-keys": "false"}})],
        "equivalent",
    ),
    "dates written in two ways": (
        [allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}})],
        [allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "1767225600"}})],
        "equivalent",
    ),
    "NotAction and a Deny": (
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        [allow("*"), deny("iam:*")],
        "equivalent",
    ),
    "NotResource and a Deny": (
        [{"Effect": "Allow", "Action": "s3:*", "NotResource": OBJECTS}],
        [allow("s3:*"), deny("s3:*", OBJECTS)],
        "equivalent",
    ),
    "any of the tags, and all of them": (
        [allow("*", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}})],
        [allow("*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})],
        "incomparable",
    ),
    "all of the tags, and none that is another": (
        [allow("*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})],
        [allow("*"), deny("*", Condition={"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "b"]}})],
        "equivalent",
    ),
    "an empty text among others": (
        [allow("*", Condition={"ForAnyValue:StringNotLike": {"aws:TagKeys": "?*"}})],
        [],
        "more",
    ),
    "everybody's home, and one's": (
        [allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")],
        [allow("s3:*", "arn:aws:s3:::home/bob/*", Condition={"StringEquals": {"aws:username": "bob"}})],
        "more",
    ),
    "a variable that a condition fixes": (
        [
            allow(
                "s3:*",
                "arn:aws:s3:::home/${aws:username}/*",
                Condition={"StringEquals": {"aws:username": "bob"}},
            )
        ],
        [allow("s3:*", "arn:aws:s3:::home/bob/*", Condition={"StringEquals": {"aws:username": "bob"}})],
        "equivalent",
    ),
    "a variable that must become the value of a fixed one": (
        [
            allow("s3:*", "arn:aws:s3:::h/${aws:userid}", Condition={"StringEquals": {"aws:username": "*"}}),
        ],
        [allow("s3:*", "arn:aws:s3:::h/*"), deny("s3:*", "arn:aws:s3:::h/a${aws:username}")],
        "incomparable",
    ),
    "two variables": (
        [allow("s3:*", "arn:aws:s3:::home/${aws:username}")],
        [allow("s3:*", "arn:aws:s3:::home/${aws:userid}")],
        "incomparable",
    ),
    "two variables that a condition makes one": (
        [
            allow(
                "s3:*",
                "arn:aws:s3:::h/${aws:username}",
                **when("StringEquals", aws__username="${aws:userid}"),
            )
        ],
        [
            allow(
                "s3:*", "arn:aws:s3:::h/${aws:userid}", **when("StringEquals", aws__username="${aws:userid}")
            )
        ],
        "equivalent",
    ),
    "a key's policy, which nobody asked about": (
        [allow("kms:Decrypt", "*")],
        [allow("kms:*", "*")],
        "less",
    ),
}

MISTAKES = {
    "a text under StringLike that has no wildcard is a value to try": (
        [allow("*", **when("StringLike", aws__username="ann"))],
        [
            allow("*", **when("StringLike", aws__username="ann*")),
            deny("*", **when("StringLike", aws__username="ann")),
        ],
        "incomparable",
    ),
    "a star under StringEquals is a star, also behind a variable": (
        [allow("s3:*", "arn:aws:s3:::h/${aws:username}", **when("StringEquals", aws__username="a*"))],
        [allow("s3:*", "arn:aws:s3:::h/ab")],
        "incomparable",
    ),
    "a star under StringEquals lets nothing else through": (
        [allow("s3:*", "arn:aws:s3:::h/${aws:username}", **when("StringEquals", aws__username="a*"))],
        [allow("s3:*", "arn:aws:s3:::h/a${*}", **when("StringEquals", aws__username="a*"))],
        "equivalent",
    ),
    "the shortest text is not the only one: what may be empty may also not be": (
        [allow("*", **when("StringLike", aws__username="*"))],
        [allow("*", **when("StringEquals", aws__username=""))],
        "more",
    ),
    "a pattern's shortest text may be excluded, and a longer one not": (
        [allow("*", **when("StringLike", aws__username="a*"))],
        [allow("*", **when("StringEquals", aws__username="a"))],
        "more",
    ),
}


@pytest.mark.parametrize(("a", "b", "relation"), (PAIRS | MISTAKES).values(), ids=(PAIRS | MISTAKES).keys())
def test_the_relation_of_two_policies(a, b, relation):
    a, b = document(*a), document(*b)
    assert replayed(compare(a, b), PolicySet(identity=[a]), PolicySet(identity=[b])) == relation


OPPOSITE = {"more": "less", "less": "more"}


@pytest.mark.parametrize(("a", "b", "relation"), PAIRS.values(), ids=PAIRS.keys())
def test_the_other_way_round_it_is_the_opposite(a, b, relation):
    assert compare(document(*b), document(*a)).relation == OPPOSITE.get(relation, relation)


def test_a_difference_about_a_key_takes_its_policys_consent_for_granted_and_says_so():
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    comparison = compare(document(allow("kms:Decrypt", key)), document(allow("kms:Encrypt", key)))
    assert comparison.relation == "incomparable"
    assert "taken for granted" in comparison.explain()
    consent = document(
        {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "*", "Resource": "*"}
    )
    assert decide(
        comparison.only_a, PolicySet([document(allow("kms:Decrypt", key))], resource=consent)
    ).allowed


def test_an_accounts_own_policies_are_taken_to_consent_when_resource_policies_are_compared_by_themselves():
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    guarded = document(trust | {"Condition": {"StringEquals": {"sts:ExternalId": "x"}}})
    comparison = compare(document(trust), guarded)
    assert comparison.relation == "more"
    assert "the caller's own policies" in comparison.explain()
    own = document(allow("*"))
    assert decide(comparison.only_a, PolicySet([own], resource=document(trust))).allowed
    assert not decide(comparison.only_a, PolicySet([own], resource=guarded)).allowed


PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}

SETS = {
    "a boundary takes away": (
        PolicySet([document(allow("*"))], boundary=document(allow("s3:*"))),
        PolicySet([document(allow("*"))]),
        "less",
    ),
    "what a boundary and a policy share": (
        PolicySet([document(allow("s3:*"))], boundary=document(allow("*Object"))),
        PolicySet([document(allow("*Object"))], boundary=document(allow("s3:*"))),
        "equivalent",
    ),
    "a session policy and the same as a boundary": (
        PolicySet([document(allow("s3:*"))], session=document(allow("s3:Get*"))),
        PolicySet([document(allow("s3:*"))], boundary=document(allow("s3:Get*"))),
        "equivalent",
    ),
    "every level of SCPs must allow": (
        PolicySet([document(allow("*"))], scps=[[document(allow("*"))], [document(allow("s3:*"))]]),
        PolicySet([document(allow("s3:*"))], scps=[[document(allow("*"))], [document(allow("*"))]]),
        "equivalent",
    ),
    "a level without SCPs allows nothing": (
        PolicySet([document(allow("*"))], scps=[[document(allow("*"))], []]),
        PolicySet([]),
        "equivalent",
    ),
    "SCPs alone": (
        PolicySet(scps=[[document(allow("*"), deny("ec2:*"))]]),
        PolicySet(scps=[[document(allow("*"))]]),
        "less",
    ),
    "a public bucket and one for an account": (
        PolicySet(resource=document(PUBLIC)),
        PolicySet(resource=document(PUBLIC | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}})),
        "more",
    ),
    "an account named in two ways": (
        PolicySet(resource=document(PUBLIC | {"Principal": {"AWS": "111122223333"}})),
        PolicySet(resource=document(PUBLIC | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}})),
        "equivalent",
    ),
    "a role and its account": (
        PolicySet([document(allow("*"))], resource=document(PUBLIC | {"Principal": {"AWS": "111122223333"}})),
        PolicySet(
            [document(allow("*"))],
            resource=document(PUBLIC | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}}),
        ),
        "more",
    ),
    "a service": (
        PolicySet(resource=document(PUBLIC | {"Principal": {"Service": "logging.s3.amazonaws.com"}})),
        PolicySet(resource=document(PUBLIC | {"Principal": {"Service": "cloudtrail.amazonaws.com"}})),
        "incomparable",
    ),
    "the root user, whom only a resource's policy denies": (
        PolicySet([document(allow("s3:GetObject"))]),
        PolicySet(
            [document(allow("s3:GetObject"))],
            resource=document(deny("s3:GetObject", Principal={"AWS": "arn:aws:iam::111122223333:root"})),
        ),
        "more",
    ),
    "RCPs leave alone what they don't reach": (
        PolicySet([document(allow("ec2:*"))], rcps=[[document(PUBLIC | {"Action": "*", "Resource": "*"})]]),
        PolicySet([document(allow("ec2:*"))]),
        "equivalent",
    ),
}


@pytest.mark.parametrize(("a", "b", "relation"), SETS.values(), ids=SETS.keys())
def test_the_relation_of_two_sets(a, b, relation):
    assert replayed(compare(a, b), a, b) == relation


KNOWN = {
    "an action that there isn't": ([allow("s3:Get*")], [allow(["s3:Get*", "s3:Fetch"])], "equivalent"),
    "a list of all there are": ([allow("sts:AssumeRole*")], [allow("sts:*")], "less"),
    "objects of a bucket under an action on buckets": (
        [allow("s3:ListBucket", "arn:aws:s3:::reports")],
        [allow("s3:ListBucket", ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"])],
        "equivalent",
    ),
    "a key that the action doesn't have": (
        [allow("sqs:SendMessage"), deny("sqs:SendMessage", **when("StringEquals", s3__prefix="x"))],
        [allow("sqs:SendMessage")],
        "equivalent",
    ),
    "a key that every request carries": (
        [
            allow("sqs:SendMessage"),
            deny("sqs:SendMessage", Condition={"Null": {"aws:SecureTransport": "true"}}),
        ],
        [allow("sqs:SendMessage")],
        "equivalent",
    ),
    "a real difference": ([allow("dynamodb:*")], [allow("dynamodb:*"), deny("dynamodb:DeleteTable")], "more"),
}


@pytest.mark.parametrize(("a", "b", "relation"), KNOWN.values(), ids=KNOWN.keys())
def test_the_relation_among_known_requests(a, b, relation):
    a, b = document(*a), document(*b)
    assert replayed(compare(a, b, universe="known"), PolicySet([a]), PolicySet([b])) == relation


def test_a_witness_reads_like_a_request():
    comparison = compare(document(allow("*")), document(allow("*"), deny("dynamodb:DeleteTable")), "known")
    assert comparison.only_a.action == "dynamodb:DeleteTable"
    assert comparison.only_a.resource == "arn:aws:dynamodb:us-east-1:123456789012:table/x"


def test_too_many_cases_are_undecided_with_the_reason():
    names = [f"${{aws:PrincipalTag/t{i}}}" for i in range(7)]
    a = document(allow("s3:*", f"arn:aws:s3:::b/{'*'.join(names)}"))
    b = document(
        *(allow("s3:*", f"arn:aws:s3:::b/*{one}*{two}") for one in names for two in names if one != two)
    )
    comparison = compare(a, b)
    if comparison.relation == "undecided":
        assert "too many cases" in comparison.reason
    else:
        assert comparison.only_a or comparison.only_b


def test_an_unknown_universe_is_refused():
    with pytest.raises(ValueError, match="no universe `some`"):
        compare(document(), document(), universe="some")


def test_policies_are_compared_as_text_data_and_objects_alike():
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    assert compare(text, Policy(document(allow("*")))).relation == "equivalent"
