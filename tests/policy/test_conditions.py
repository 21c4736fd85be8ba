"""Condition operators, one row a rule. Each row is asked through a whole decision.

Pages: reference_policies_elements_condition_operators,
reference_policies_condition-logic-multiple-context-keys-or-values,
reference_policies_condition-single-vs-multi-valued-context-keys, reference_policies_variables.
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.engine import PolicySet, Request, decide
from iamlab.policy import Policy

USER = "arn:aws:iam::111111111111:user/ada"
KEY = "aws:key"


def document(effect: str, condition: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
    return {"Statement": statement} | ({"Version": version} if version else {})


def holds(condition: Any, context: dict[str, Any], version: str | None = "2012-10-17") -> bool:
    """Whether an Allow with the condition matches; a Deny must then match as well, and the trace agree."""
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER, context=context)
    allow = decide(request, PolicySet(identity=[document("Allow", condition, version)]))
    deny = decide(request, PolicySet(identity=[document("Deny", condition, version)]))
    assert allow.allowed == (deny.outcome == "ExplicitlyDenied")
    parts = [
        part for _, _, statement in allow.trace.statements() for part in statement.parts if part.operator
    ]
    assert all(part.matched for part in parts) == allow.allowed
    assert all(part.reason and part.span for part in parts)
    return allow.allowed


ABSENT: dict[str, Any] = {}

# operator, policy value(s), context value(s), holds
COMPARISONS: list[tuple[str, Any, Any, bool]] = [
    ("StringEquals", "a", "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", "a*", "a*", True),
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", True, "true", True),
    ("StringEquals", 7, "7", True),
    ("StringEquals", "", "", True),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", ["a", "b"], "c", True),
    ("StringEqualsIgnoreCase", "aB", "Ab", True),
    ("StringEqualsIgnoreCase", "a*", "ab", False),
    ("StringNotEqualsIgnoreCase", "aB", "Ab", False),
    ("StringLike", "a*", "a:/b", True),
    ("StringLike", "a?c", "abc", True),
    ("StringLike", "a?c", "ac", False),
    ("StringLike", "A*", "ab", False),
    ("StringLike", "*", "", True),
    ("StringLike", "ab*ba", "aba", False),  # the two ends can't share a character
    ("StringLike", "*a*b", "axb", True),
    ("StringNotLike", ["a*", "b*"], "bc", False),
    ("StringNotLike", ["a*", "b*"], "c", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", 10, "010", True),
    ("NumericEquals", "0.1", "0.10", True),
    ("NumericEquals", "9007199254740993", "9007199254740992", False),
    ("NumericNotEquals", "10", "10", False),
    ("NumericNotEquals", ["1", "2"], "3", True),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericLessThanEquals", "10", "11", False),
    ("NumericGreaterThan", "-1.5", "-1.4", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericGreaterThanEquals", "10", "9", False),
    ("NumericLessThan", "10", 9.5, True),
    ("DateEquals", "2025-03-01T02:00:00+02:00", "2025-03-01T00:00:00Z", True),
    ("DateEquals", "2025-03-01T02:30:00+02:30", "2025-02-28T22:00:00-02:00", True),
    ("DateEquals", "2025-03-01T00:00:01Z", "2025-03-01T00:00:00Z", False),
    ("DateEquals", "2000-02-29", "951782400", True),
    ("DateEquals", "2024-03-01", "1709251200", True),
    ("DateEquals", "1969-12-31T23:59:59Z", "1970-01-01T00:59:59+01:00", True),
    ("DateEquals", "2025-03-01", "2025-03-01T00:00:00Z", True),
    ("DateEquals", "2025-03", "2025-03-01", True),
    ("DateEquals", "2025", "2025-01-01", True),
    ("DateEquals", "1767225600", "2026-01-01T00:00:00Z", True),
    ("DateEquals", "2026-01-01T00:00:00Z", 1767225600, True),
    ("DateEquals", "2026-01-01T00:00Z", "2026-01-01T00:00:00.000Z", True),
    ("DateEquals", "2024-02-29", "2024-02-29T00:00:00", True),
    ("DateNotEquals", "2025-03-01", "2025-03-01T00:00:00Z", False),
    ("DateLessThan", "2025-03-01T00:00:00Z", "2025-02-28T23:59:59.9Z", True),
    ("DateLessThan", "2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z", False),
    ("DateLessThanEquals", "2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z", True),
    ("DateGreaterThan", "2025-03-01T00:00:00.5Z", "2025-03-01T00:00:00.25Z", False),
    ("DateGreaterThan", "2025-03-01T00:00:00.25Z", "2025-03-01T00:00:00.5Z", True),
    ("DateGreaterThanEquals", "2025-03-01", "2025-03-01", True),
    ("DateGreaterThanEquals", "2025-03-01", "2025-02-28", False),
    ("Bool", "true", True, True),
    ("Bool", True, "true", True),
    ("Bool", "True", "true", True),
    ("Bool", "false", "true", False),
    ("Bool", ["true", "false"], "true", True),
    ("BinaryEquals", "cXVpZXQ=", "cXVpZXQ=", True),
    ("BinaryEquals", "cXVpZXQ=", "bG91ZA==", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.200", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.1", False),
    ("IpAddress", "203.0.113.77/24", "203.0.113.1", True),
    ("IpAddress", "10.0.0.0/8", "11.0.0.1", False),
    ("IpAddress", "10.0.0.0/8", "10.255.0.1", True),
    ("IpAddress", "10.1.0.0/16", "10.2.0.1", False),
    ("IpAddress", "10.0.16.0/20", "10.0.31.255", True),
    ("IpAddress", "10.0.16.0/20", "10.0.32.0", False),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", "203.0.113.7", "203.0.113.8", False),
    ("IpAddress", "0.0.0.0/0", "1.2.3.4", True),
    ("IpAddress", "2001:db8::/32", "2001:0DB8:0:0::1", True),
    ("IpAddress", "2001:db8::1", "2001:db8::2", False),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("IpAddress", "::/0", "203.0.113.7", False),
    ("IpAddress", "::/0", "::ffff:203.0.113.7", True),
    ("NotIpAddress", "203.0.113.0/24", "203.0.113.200", False),
    ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
    ("ArnEquals", "arn:aws:s3:::b*", "arn:aws:s3:::bucket", True),
    ("ArnLike", "arn:aws:iam::*:user/a?a", "arn:aws:iam::1:user/ada", True),
    ("ArnLike", "arn:aws:x:*:1:finance/*", "arn:aws:x:r:2:shelf:1:finance/d", False),
    ("ArnLike", "arn:aws:x:*:1:*", "arn:aws:x:r:1:a:b/c", True),
    ("ArnLike", "*", "anything", True),
    ("ArnLike", "arn:aws:logs:*:1:log-group:*", "arn:aws:logs:eu:1:log-group:a:b", True),
    ("ArnNotEquals", "arn:aws:s3:::b", "arn:aws:s3:::b", False),
    ("ArnNotLike", "arn:aws:s3:::b*", "arn:aws:s3:::c", True),
]  # fmt: skip

# A context value that can't be read: positive false, negated true.
UNREADABLE: list[tuple[str, Any, Any, bool]] = [
    ("NumericEquals", "10", "ten", False),
    ("NumericEquals", "1000", "1e3", False),
    ("NumericNotEquals", "10", "ten", True),
    ("DateEquals", "2025-03-01", "yesterday", False),
    ("DateEquals", "2025-03-01", "2025-02-29", False),
    ("DateEquals", "2025-03-01", "2025-03-01T24:00:00Z", False),
    ("DateEquals", "2025-03-01", "2025-13-01", False),
    ("DateLessThan", "2999-01-01", "2100-02-29", False),
    ("DateLessThan", "2999-01-01", "0000-01-01", False),
    ("DateLessThan", "2999-01-01", "2025-01-00", False),
    ("DateLessThan", "2999-01-01", "2025-02-01T00:60:00Z", False),
    ("DateLessThan", "2999-01-01", "2025-02-01T00:00:60Z", False),
    ("DateLessThan", "2999-01-01", "2025-02-01T00:00:00+24:00", False),
    ("DateLessThan", "2999-01-01", "2025-02-01T00:00:00+02:60", False),
    ("DateNotEquals", "2025-03-01", "yesterday", True),
    ("Bool", "false", "perhaps", False),
    ("BinaryEquals", "cXVpZXQ=", "%%%", False),
    ("IpAddress", "0.0.0.0/0", "1.2.3", False),
    ("IpAddress", "0.0.0.0/0", "1.2.3.04", False),
    ("IpAddress", "0.0.0.0/0", "10.0.0.0/8", False),
    ("IpAddress", "::/0", "fe80::1%eth0", False),
    ("NotIpAddress", "0.0.0.0/0", "1.2.3", True),
    ("ArnLike", "arn:aws:s3:::*", "bucket", False),
    ("ArnNotLike", "arn:aws:s3:::*", "bucket", True),
]


@pytest.mark.parametrize(("operator", "wanted", "held", "expected"), [*COMPARISONS, *UNREADABLE])
def test_a_comparison(operator: str, wanted: Any, held: Any, expected: bool) -> None:
    assert holds({operator: {KEY: wanted}}, {KEY: held}) is expected


POSITIVE = [row[0] for row in COMPARISONS if "Not" not in row[0]]
NEGATED = [row[0] for row in COMPARISONS if "Not" in row[0]]
SAMPLE = {row[0]: row[1] for row in COMPARISONS}


@pytest.mark.parametrize("operator", sorted(set(POSITIVE)))
def test_an_absent_key_makes_a_positive_operator_false(operator: str) -> None:
    assert not holds({operator: {KEY: SAMPLE[operator]}}, ABSENT)
    assert holds({f"{operator}IfExists": {KEY: SAMPLE[operator]}}, ABSENT)


@pytest.mark.parametrize("operator", sorted(set(NEGATED)))
def test_an_absent_key_makes_a_negated_operator_true(operator: str) -> None:
    assert holds({operator: {KEY: SAMPLE[operator]}}, ABSENT)
    assert holds({f"{operator}IfExists": {KEY: SAMPLE[operator]}}, ABSENT)


@pytest.mark.parametrize(("operator", "wanted", "held", "expected"), COMPARISONS)
def test_if_exists_compares_a_present_key_as_ever(
    operator: str, wanted: Any, held: Any, expected: bool
) -> None:
    assert holds({f"{operator}IfExists": {KEY: wanted}}, {KEY: held}) is expected


SETS: list[tuple[str, Any, Any, bool]] = [
    ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAllValues:StringEquals", ["a"], [], True),
    ("ForAllValues:StringEquals", ["a"], "", True),
    ("ForAllValues:StringEquals", ["a"], "a", True),
    ("ForAllValues:StringEquals", ["a"], "b", False),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "a"], False),
    ("ForAllValues:StringNotEquals", ["a"], None, True),
    ("ForAllValues:StringLike", ["a*"], ["ab", "ac"], True),
    ("ForAllValues:StringEqualsIfExists", ["a"], ["b"], False),
    ("ForAllValues:StringEqualsIfExists", ["a"], None, True),
    ("ForAllValues:ArnLike", ["arn:aws:s3:::*"], ["arn:aws:s3:::b", "arn:aws:sqs:::b"], False),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
    ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAnyValue:StringEquals", ["a"], [], False),
    ("ForAnyValue:StringEquals", [""], "", False),
    ("ForAnyValue:StringEquals", ["a"], "a", True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
    ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ("ForAnyValue:StringNotEquals", ["a"], [""], False),
    ("ForAllValues:StringEquals", ["a"], [""], True),
    ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
    ("ForAnyValue:StringEqualsIfExists", ["a"], ["b"], False),
    ("ForAnyValue:StringEqualsIfExists", ["a"], ["b", "a"], True),
    ("ForAnyValue:NumericLessThan", ["5"], ["7", "3"], True),
    ("StringEquals", ["a"], ["a", "b"], False),
    ("StringEquals", ["a"], ["a"], False),
    ("StringNotEquals", ["a"], ["b", "c"], True),
    ("StringEqualsIfExists", ["a"], ["a", "b"], False),
    ("StringEqualsIfExists", ["a"], [], True),
    ("StringLike", ["*"], ["a", "b"], False),
    ("StringNotLike", ["a"], ["a"], True),
    ("NumericEquals", ["7"], ["7"], False),
    ("StringEquals", [], "a", False),
    ("StringNotEquals", [], "a", True),
    ("StringEqualsIfExists", [], "a", False),
    ("StringEqualsIfExists", [], None, True),
    ("ForAllValues:StringEquals", [], ["a"], False),
    ("ForAllValues:StringEquals", [], None, True),
    ("ForAnyValue:StringEquals", [], ["a"], False),
    ("ForAnyValue:StringEquals", [], None, False),
    ("Null", "true", None, True),
    ("Null", True, None, True),
    ("Null", "true", "x", False),
    ("Null", "true", "", True),
    ("Null", "true", [], True),
    ("Null", "false", None, False),
    ("Null", "false", "x", True),
    ("Null", "False", ["x"], True),
    ("Null", ["true", "false"], "x", True),
    ("ForAllValues:Null", "false", None, True),
    ("ForAnyValue:Null", "true", None, False),
]


@pytest.mark.parametrize(("operator", "wanted", "held", "expected"), SETS)
def test_sets_and_absence(operator: str, wanted: Any, held: Any, expected: bool) -> None:
    assert holds({operator: {KEY: wanted}}, {KEY: held}) is expected


BLOCKS: list[tuple[Any, dict[str, Any], bool]] = [
    ({}, {}, True),
    ({"StringEquals": {}}, {}, True),
    ({"StringEquals": {"a:x": "1", "a:y": "2"}}, {"a:x": "1", "a:y": "2"}, True),
    ({"StringEquals": {"a:x": "1", "a:y": "2"}}, {"a:x": "1"}, False),
    ({"StringEquals": {"a:x": "1"}, "Bool": {"a:y": "true"}}, {"a:x": "1", "a:y": "false"}, False),
    ({"StringLike": {"a:x": "1*"}, "StringNotEquals": {"a:x": "12"}}, {"a:x": "13"}, True),
    ({"StringLike": {"a:x": "1*"}, "StringNotEquals": {"a:x": "12"}}, {"a:x": "12"}, False),
    ({"StringEquals": {"AWS:ResourceTag/STAGE": "gold"}}, {"aws:resourcetag/stage": "gold"}, True),
    ({"StringEquals": {"aws:RequestTag/Cost Center": "7"}}, {"aws:RequestTag/Cost Center": "7"}, True),
    ({"StringEquals": {"tokens.example.com:sub": "r"}}, {"tokens.example.com:sub": "r"}, True),
    ({"StringEquals": {"oidc.example.com/id/A1:aud": "x"}}, {"oidc.example.com/id/A1:aud": "x"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "context", "expected"), BLOCKS)
def test_a_block_is_an_and(condition: Any, context: dict[str, Any], expected: bool) -> None:
    assert holds(condition, context) is expected


TAG = "aws:PrincipalTag/team"
VARIABLES: list[tuple[str, Any, dict[str, Any], bool]] = [
    ("StringEquals", "${aws:PrincipalTag/team}", {KEY: "red", TAG: "red"}, True),
    ("StringEquals", "${aws:PrincipalTag/team}", {KEY: "red", TAG: "blue"}, False),
    ("StringEquals", "${AWS:principaltag/TEAM}", {KEY: "red", TAG: "red"}, True),
    ("StringEquals", "x-${aws:PrincipalTag/team}-y", {KEY: "x-red-y", TAG: "red"}, True),
    ("StringEquals", "${aws:PrincipalTag/team}", {KEY: "red"}, False),
    ("StringEquals", ["${aws:PrincipalTag/team}", "red"], {KEY: "red"}, True),
    ("StringNotEquals", "${aws:PrincipalTag/team}", {KEY: "red"}, True),
    ("StringNotEquals", ["${aws:PrincipalTag/team}", "red"], {KEY: "red"}, False),
    ("StringEqualsIfExists", "${aws:PrincipalTag/team}", {}, True),
    ("StringEqualsIfExists", "${aws:PrincipalTag/team}", {KEY: "red"}, False),
    ("StringEquals", "${aws:PrincipalTag/team}", {KEY: "", TAG: ""}, False),
    ("StringEquals", "${aws:PrincipalTag/team}", {KEY: "red", TAG: ["red"]}, False),
    ("StringEquals", "${aws:PrincipalTag/team, 'all'}", {KEY: "all"}, True),
    ("StringEquals", "${aws:PrincipalTag/team, 'all'}", {KEY: "all", TAG: "red"}, False),
    ("StringEquals", "${aws:PrincipalTag/team, 'all'}", {KEY: "all", TAG: ""}, True),
    ("StringEquals", "${aws:PrincipalTag/team, 'all'}", {KEY: "all", TAG: ["red"]}, False),
    ("StringEquals", "${aws:PrincipalTag/team, 'a b}c'}", {KEY: "a b}c"}, True),
    ("StringLike", "${aws:PrincipalTag/team}/*", {KEY: "red/x", TAG: "red"}, True),
    ("StringLike", "${aws:PrincipalTag/team}/*", {KEY: "blue/x", TAG: "*"}, False),
    ("StringLike", "${aws:PrincipalTag/team}/*", {KEY: "*/x", TAG: "*"}, True),
    ("StringLike", "${aws:PrincipalTag/team}/*", {KEY: "b/x", TAG: "?"}, False),
    ("StringLike", "${aws:PrincipalTag/team, '*'}/*", {KEY: "blue/x"}, False),
    ("StringLike", "a${*}b", {KEY: "a*b"}, True),
    ("StringLike", "a${*}b", {KEY: "axb"}, False),
    ("StringLike", "a${?}b", {KEY: "axb"}, False),
    ("StringLike", "a${?}b*", {KEY: "a?bc"}, True),
    ("StringEquals", "${$}{aws:PrincipalTag/team}", {KEY: "${aws:PrincipalTag/team}", TAG: "red"}, True),
    ("StringEquals", "a$b", {KEY: "a$b"}, True),
    ("StringEquals", "${aws:PrincipalTag/team}", {KEY: "${aws:username}", TAG: "${aws:username}"}, True),
    ("StringEquals", "${aws:PrincipalTag/team}", {KEY: "$", TAG: "$"}, True),
    ("StringNotLike", "${aws:PrincipalTag/team}*", {KEY: "red", TAG: "re"}, False),
    ("StringEqualsIgnoreCase", "${aws:PrincipalTag/team}", {KEY: "RED", TAG: "red"}, True),
    ("ForAllValues:StringEquals", ["${aws:PrincipalTag/team}", "x"], {KEY: ["red", "x"], TAG: "red"}, True),
    ("ForAllValues:StringEquals", ["${aws:PrincipalTag/team}", "x"], {KEY: ["red", "x"]}, False),
    ("StringLike", "${aws:PrincipalTag/team}*", {KEY: ["red"], TAG: "red"}, False),
    ("StringNotLike", "${aws:PrincipalTag/team}*", {KEY: ["red"], TAG: "red"}, True),
    ("StringEquals", "${aws:PrincipalTag/team, 'all'}xy", {KEY: "allxy"}, True),
    ("ForAnyValue:StringLike", "${aws:PrincipalTag/team}*", {KEY: ["blue", "redder"], TAG: "red"}, True),
    ("ArnLike", "arn:aws:iam::*:user/${aws:PrincipalTag/team}", {KEY: "arn:aws:iam::1:user/red", TAG: "red"}, True),
    ("ArnLike", "arn:aws:iam::*:user/${aws:PrincipalTag/team}", {KEY: "arn:aws:iam::1:user/red", TAG: "*"}, False),
    ("ArnEquals", "${aws:PrincipalArn}", {KEY: USER, "aws:PrincipalArn": USER}, True),
    ("ArnEquals", "${aws:PrincipalArn}", {KEY: USER, "aws:PrincipalArn": "nobody"}, False),
    ("ArnNotEquals", "${aws:PrincipalArn}", {KEY: USER, "aws:PrincipalArn": "nobody"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "wanted", "context", "expected"), VARIABLES)
def test_variables(operator: str, wanted: Any, context: dict[str, Any], expected: bool) -> None:
    assert holds({operator: {KEY: wanted}}, context) is expected


def test_a_number_without_quotes_is_the_text_that_stands_there() -> None:
    text = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": %s}}'
    policy = Policy(text % '{"StringEquals": {"aws:key": [1.50, 7, -0.0]}}')
    for held, allowed in (("1.50", True), ("1.5", False), ("7", True), ("-0.0", True)):
        request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER, context={KEY: held})
        assert decide(request, PolicySet(identity=[policy])).allowed is allowed


def test_the_trace_shows_variables_with_their_values() -> None:
    condition = {"StringLike": {KEY: ["a?${aws:PrincipalTag/team}*", "b", "${aws:PrincipalTag/none}"]}}
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER, context={KEY: "c", TAG: "red"})
    decision = decide(request, PolicySet(identity=[document("Allow", condition)]))
    part = next(part for _, _, found in decision.trace.statements() for part in found.parts if part.operator)
    assert part.policy_values == ("a?red*", "b", None)


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_without_version_2012_a_variable_is_plain_text(version: str | None) -> None:
    condition = {"StringEquals": {KEY: "${aws:PrincipalTag/team}"}}
    assert not holds(condition, {KEY: "red", TAG: "red"}, version)
    assert holds(condition, {KEY: "${aws:PrincipalTag/team}", TAG: "red"}, version)
    assert holds({"StringLike": {KEY: "a${*}b"}}, {KEY: "a${xyz}b"}, version)


# What can't be evaluated: an Allow doesn't match, a Deny does, whatever the request holds.
BROKEN: list[tuple[Any, str]] = [
    ({"StringEqual": {KEY: "a"}}, "INVALID_CONDITION_OPERATOR"),
    ({"stringequals": {KEY: "a"}}, "INVALID_CONDITION_OPERATOR"),
    ({"StringEqualsIfexists": {KEY: "a"}}, "INVALID_CONDITION_OPERATOR"),
    ({"ForSomeValues:StringEquals": {KEY: "a"}}, "INVALID_CONDITION_OPERATOR"),
    ({"BinaryNotEquals": {KEY: "YQ=="}}, "INVALID_CONDITION_OPERATOR"),
    ({"NullIfExists": {KEY: "true"}}, "NULL_WITH_IF_EXISTS"),
    ({"Null": {KEY: "yes"}}, "TYPE_MISMATCH_BOOLEAN"),
    ({"StringEquals": {"key": "a"}}, "INVALID_CONDITION_KEY_FORMAT"),
    ({"StringEquals": {":key": "a"}}, "INVALID_CONDITION_KEY_FORMAT"),
    ({"StringEquals": {"aws:": "a"}}, "INVALID_CONDITION_KEY_FORMAT"),
    ({"StringEquals": {"aws:ResourceTag/": "a"}}, "INVALID_CONDITION_KEY_FORMAT"),
    ({"StringEquals": {"aws:ResourceTag/${aws:username}": "a"}}, "INVALID_CONDITION_KEY_FORMAT"),
    ({"StringEquals": {KEY: None}}, "DATA_TYPE_MISMATCH"),
    ({"StringEquals": {KEY: {"a": "b"}}}, "DATA_TYPE_MISMATCH"),
    ({"StringEquals": {KEY: [["a"]]}}, "DATA_TYPE_MISMATCH"),
    ({"StringEquals": "a"}, "DATA_TYPE_MISMATCH"),
    ([{"StringEquals": {KEY: "a"}}], "DATA_TYPE_MISMATCH"),
    ("a", "DATA_TYPE_MISMATCH"),
    (None, "DATA_TYPE_MISMATCH"),
    ({"StringEquals": {KEY: "a", KEY.upper(): "a"}}, "DUPLICATE_KEYS_WITH_DIFFERENT_CASE"),
    ({"NumericEquals": {KEY: "ten"}}, "TYPE_MISMATCH"),
    ({"NumericEquals": {KEY: ["1", "ten"]}}, "TYPE_MISMATCH"),
    ({"NumericEquals": {KEY: "1e3"}}, "TYPE_MISMATCH"),
    ({"NumericNotEquals": {KEY: "ten"}}, "TYPE_MISMATCH"),
    ({"DateLessThan": {KEY: "2025-02-30"}}, "TYPE_MISMATCH"),
    ({"DateLessThan": {KEY: "2025-*"}}, "TYPE_MISMATCH"),
    ({"Bool": {KEY: "yes"}}, "TYPE_MISMATCH"),
    ({"Bool": {KEY: "${aws:SecureTransport}"}}, "INVALID_VARIABLE_FOR_OPERATOR"),
    ({"NumericEquals": {KEY: "${aws:x}"}}, "INVALID_VARIABLE_FOR_OPERATOR"),
    ({"IpAddress": {KEY: "10.0.0.0/33"}}, "TYPE_MISMATCH"),
    ({"IpAddress": {KEY: "10.0.0.0/255.0.0.0"}}, "TYPE_MISMATCH"),
    ({"IpAddress": {KEY: "10.0.0.*"}}, "TYPE_MISMATCH"),
    ({"NotIpAddress": {KEY: "10.0.0.0/"}}, "TYPE_MISMATCH"),
    ({"BinaryEquals": {KEY: "not base64!"}}, "TYPE_MISMATCH"),
    ({"ArnLike": {KEY: "arn:aws:iam*"}}, "TYPE_MISMATCH"),
    ({"ArnLike": {KEY: "arn:aws:*:finance/*"}}, "TYPE_MISMATCH"),
    ({"ArnEquals": {KEY: "ada"}}, "TYPE_MISMATCH"),
    ({"ArnEquals": {KEY: ""}}, "TYPE_MISMATCH"),
    ({"StringEquals": {KEY: "${aws:x"}}, "MISSING_BRACE_IN_VARIABLE"),
    ({"StringEquals": {KEY: "${}"}}, "EMPTY_VARIABLE"),
    ({"StringEquals": {KEY: "${ aws:x}"}}, "UNSUPPORTED_SPACE_IN_VARIABLE"),
    ({"StringEquals": {KEY: "${aws:x }"}}, "UNSUPPORTED_SPACE_IN_VARIABLE"),
    ({"StringEquals": {KEY: "${aws:x, all}"}}, "MISSING_QUOTE_IN_VARIABLE"),
    ({"StringEquals": {KEY: "${aws:x, 'all}"}}, "MISSING_QUOTE_IN_VARIABLE"),
    ({"StringEquals": {KEY: "${aws:${aws:x}}"}}, "INVALID_VARIABLE"),
    ({"StringEquals": {KEY: "${username}"}}, "INVALID_VARIABLE"),
    ({"StringEquals": {KEY: "${aws:x*}"}}, "INVALID_VARIABLE"),
]


@pytest.mark.parametrize(("condition", "code"), BROKEN)
@pytest.mark.parametrize("context", [{}, {KEY: "a"}, {KEY: "1"}, {KEY: "true", "aws:x": "true"}])
def test_what_can_not_be_evaluated_fails_closed(condition: Any, code: str, context: dict[str, Any]) -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER, context=context)
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    allow = decide(request, PolicySet(identity=[document("Allow", condition)]))
    deny = decide(request, PolicySet(identity=[everything, document("Deny", condition)]))
    assert allow.outcome == "ImplicitlyDenied"
    assert deny.outcome == "ExplicitlyDenied"
    for decision in (allow, deny):
        statement = decision.trace.layers[4].policies[-1].statements[0]
        assert statement.broken
        assert "can't be evaluated" in decision.explain()
    findings = Policy(document("Allow", condition)).errors()
    assert code in {finding.code for finding in findings}
    assert all(" " in finding.message and not finding.message.startswith("(") for finding in findings)
    assert all(finding.span is not None and finding.span.line > 1 for finding in findings)


# What is wrong, and the text that the finding points at.
POINTED: list[tuple[str, str]] = [
    ('{"StringEqual": {"aws:key": "a"}}', '"StringEqual"'),
    ('{"StringEquals": {"key": "a"}}', '"key"'),
    ('{"StringEquals": {"aws:key": "a", "AWS:key": "b"}}', '"AWS:key"'),
    ('{"StringEquals": {"aws:key": ["a", null]}}', "null"),
    ('{"StringEquals": {"aws:key": {}}}', "{}"),
    ('{"NumericEquals": {"aws:key": ["1", "ten"]}}', '"ten"'),
    ('{"NumericEquals": {"aws:key": "ten"}}', '"ten"'),
    ('{"Null": {"aws:key": ["true", "x"]}}', '"x"'),
    ('{"StringEquals": "a"}', '"a"'),
]


@pytest.mark.parametrize(("condition", "pointed"), POINTED)
def test_an_error_points_at_what_is_wrong(condition: str, pointed: str) -> None:
    text = f'{{"Statement": {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}}}'
    (finding,) = Policy(text).errors()
    assert finding.message
    assert finding.span is not None
    assert text[finding.span.start : finding.span.end] == pointed


def test_a_broken_condition_does_not_widen_a_deny_beyond_its_other_elements() -> None:
    broken = {"StringEqual": {KEY: "a"}, "StringEquals": {"a:x": "1"}}
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    narrow = document("Deny", broken)
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    assert decide(request, PolicySet(identity=[everything, narrow])).allowed
    assert not decide(request.replace(context={"a:x": "1"}), PolicySet(identity=[everything, narrow])).allowed
    narrow["Statement"]["Action"] = "sqs:*"
    assert decide(request.replace(context={"a:x": "1"}), PolicySet(identity=[everything, narrow])).allowed
