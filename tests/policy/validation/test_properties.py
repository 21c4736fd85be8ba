"""Validation never raises, whatever stands in a document or in its place, and the order of statements is no matter."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.policy import Policy
from iamlab.policy.grammar import RULES
from iamlab.policy.validation.patterns import covers, meets
from iamlab.policy.validation.repair import repair

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        [
            "Allow",
            "Deny",
            "2012-10-17",
            "2008-10-17",
            "*",
            "s3:*",
            "iam:PassRole",
            "s3:GetObjcet",
            "dynamo:Get*",
            "arn:aws:s3:::b/${aws:username}",
            "arn:aws:iam::1:role/*",
            "arn:::::",
            "arn:aws:ec2::*:",
            "${",
            "${}",
            "10.0.0.0/8",
            "10.0.0.7/8",
            "true",
            "AROA1234567890ABCDEFG",
            "lambda.amazonaws.com",
            "vpc-1",
        ]
    ),
)
NAMES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            *(
                "Version",
                "Id",
                "Statement",
                "Sid",
                "Effect",
                "Principal",
                "NotPrincipal",
                "Action",
                "NotAction",
            ),
            *(
                "Resource",
                "NotResource",
                "Condition",
                "AWS",
                "Service",
                "Federated",
                "CanonicalUser",
                "Actions",
            ),
            *(
                "StringEquals",
                "StringLike",
                "Bool",
                "Null",
                "NumericLessThan",
                "IpAddress",
                "DateEquals",
                "ArnLike",
            ),
            *(
                "ForAllValues:StringLike",
                "ForAnyValue:Null",
                "StringEqualsIfExists",
                "NullIfExists",
                "StringEqual",
            ),
            *(
                "aws:TagKeys",
                "aws:tagkeys",
                "aws:SourceIp",
                "aws:ResourceTag/x",
                "aws:ResourceTag",
                "s3:prefix",
            ),
            *(
                "aws:userid",
                "aws:SourceVpce",
                "sts:SourceIdentity",
                "a.b:aud",
                "aws:ARN",
                "foo:bar",
                ":",
                "aws:",
            ),
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=25,
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", "allow"])},
    optional=dict.fromkeys(
        ["Sid", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"],
        VALUES,
    ),
)
DOCUMENTS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {"Statement": st.one_of(STATEMENTS, st.lists(STATEMENTS, max_size=3))},
        optional={"Version": SCALARS, "Id": SCALARS},
    ),
)
KINDS = st.sampled_from(sorted(RULES))
TYPES = st.sampled_from([None, "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Nothing"])


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS, KINDS, TYPES)
def test_no_document_makes_validation_raise(document, kind, resource_type):
    text = json.dumps(document)
    for finding in Policy(text).findings(kind, resource_type=resource_type):
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        if finding.fix:
            Policy(finding.fix.apply(text)).findings(kind, resource_type=resource_type)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), KINDS)
def test_no_text_makes_validation_raise(text, kind):
    for finding in Policy(text).findings(kind):
        assert finding.span is None or finding.span.end <= len(text)


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS, st.data())
def test_a_damaged_document_is_still_read(document, data):
    text = json.dumps(document, indent=1)
    at = data.draw(st.integers(0, len(text)))
    gone = data.draw(st.integers(0, 3))
    put = data.draw(st.text(alphabet="{}[]\",:'#/\\ \na\u201c", max_size=3))
    damaged = text[:at] + put + text[at + gone :]
    for finding in Policy(damaged).findings():
        if finding.span:
            assert 0 <= finding.span.start <= finding.span.end <= len(damaged)
        if finding.fix:
            finding.fix.apply(damaged)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="{}[]\",:'#/ \nab1\u201c\\", max_size=80))
def test_mended_text_is_json_with_its_places(text):
    mended = repair(text)
    if mended is not None:
        json.loads(mended.text, strict=True)
        assert len(mended.origins) == len(mended.text)
        kept = [place for place in mended.origins if place >= 0]
        assert kept == sorted(kept)


PATTERNS = st.text(alphabet="ab*?", max_size=6)
TEXTS = st.text(alphabet="ab", max_size=5)


@given(PATTERNS, PATTERNS, TEXTS)
def test_a_pattern_that_covers_another_fits_all_that_the_other_fits(wide, narrow, text):
    if covers(wide, narrow) and meets(text, narrow):
        assert meets(text, wide)


@given(PATTERNS, PATTERNS, TEXTS)
def test_patterns_meet_when_a_text_fits_both(one, other, text):
    if meets(text, one) and meets(text, other):
        assert meets(one, other)
    assert meets(one, other) is meets(other, one)


@settings(max_examples=50, deadline=None)
@given(st.lists(STATEMENTS, min_size=2, max_size=3))
def test_the_order_of_statements_changes_only_the_places(statements):
    def codes(order):
        found = Policy({"Version": "2012-10-17", "Statement": order}).findings()
        return sorted({finding.code for finding in found})

    assert codes(statements) == codes(statements[::-1])


HOSTILE = ["${", "${a:", "${" + ":a" * 99_999, "a*", "*?", " ,", "}", "$"]


@pytest.mark.parametrize("piece", HOSTILE, ids=[piece[:4] for piece in HOSTILE])
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_validation_takes_time_in_proportion_to_a_text(piece, version):
    text = piece * (200_000 // len(piece))
    condition = {"StringEquals": {"aws:PrincipalAccount": text}, "ArnLike": {"aws:PrincipalArn": text}}
    statement = {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{text}",
        "Condition": condition,
    }
    start = time.process_time()
    Policy({"Version": version, "Statement": statement}).findings()
    assert time.process_time() - start < 3  # a time that grows with the square would be a minute
