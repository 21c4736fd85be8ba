"""The policy that just allows what was used.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.analysis.usage import least_privilege
from iamlab.engine import PolicySet, Request, decide

ANA = "arn:aws:iam::111122223333:user/ana"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:jobs"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def ask(action: str, resource: str = "*", **more: Any) -> Request:
    return Request(action, resource, ANA, **more)


def statements(*used: Any, **more: Any) -> Any:
    return least_privilege(used, **more).policy.document["Statement"]


def test_actions_stand_together_by_the_resources_they_were_used_on() -> None:
    assert statements(
        ask("s3:GetObject", "arn:aws:s3:::notes/a"),
        ask("s3:PutObject", "arn:aws:s3:::notes/a"),
        ask("S3:getobject", "arn:aws:s3:::notes/b"),
        ask("s3:PutObject", "arn:aws:s3:::notes/b"),
        ask("sqs:SendMessage", QUEUE),
        ask("s3:ListAllMyBuckets", "*", wildcard_only_action=True),
        ask("s3:GetObject", "arn:aws:s3:::notes/a"),
    ) == [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::notes/a", "arn:aws:s3:::notes/b"],
        },
        {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE},
    ]


def test_names_are_merged_only_when_told_to() -> None:
    used = [ask("s3:GetObject", f"arn:aws:s3:::notes/{key}") for key in "abc"]
    used += [ask("s3:ListBucket", f"arn:aws:s3:::{bucket}") for bucket in ("notes", "other")]
    assert statements(*used, merge=True) == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::notes/*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": ["arn:aws:s3:::notes", "arn:aws:s3:::other"],
        },
    ]


def test_a_star_in_a_name_is_no_wildcard() -> None:
    made = least_privilege([ask("s3:GetObject", "arn:aws:s3:::notes/a*${x}?")])
    assert not made.unmet
    policies = PolicySet(identity=[made.policy])
    assert not decide(ask("s3:GetObject", "arn:aws:s3:::notes/abc${x}?"), policies).allowed


def test_it_says_what_it_drops_and_narrows() -> None:
    today = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:DeleteQueue"], "Resource": "*"}],
    }
    made = least_privilege([ask("sqs:SendMessage", QUEUE)], today)
    assert made.dropped == ("sqs:DeleteQueue",)
    assert made.narrowed == ("sqs:SendMessage",)
    assert "drops 1 actions that nobody used: sqs:DeleteQueue" in made.to_text()


def test_denied_requests_were_not_used() -> None:
    nothing, all_ = PolicySet(), PolicySet(identity=[EVERYTHING])
    asked = ask("sqs:SendMessage", QUEUE)
    assert statements(decide(asked, nothing)) == []
    assert statements(decide(asked, all_)) == [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
    ]
    assert statements(decide(ask("sts:GetCallerIdentity"), all_)) == []


def test_cloudtrail_records_are_read() -> None:
    record = {
        "eventSource": "sqs.amazonaws.com",
        "eventName": "SendMessage",
        "userIdentity": {"arn": ANA},
        "resources": [{"ARN": QUEUE, "type": "AWS::SQS::Queue"}],
    }
    assert statements(record, record | {"eventName": "DeleteQueue", "errorCode": "AccessDenied"}) == [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
    ]
    unknown = least_privilege([record | {"eventName": "ConsoleLogin"}])
    assert unknown.unknown == ("sqs:ConsoleLogin",)


RESOURCES = st.sampled_from(
    [f"arn:aws:s3:::{bucket}/{key}" for bucket in ("a", "b*") for key in ("x", "y/z", "$", "${a}", "?", "*")]
)
ASKED = st.builds(ask, st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]), RESOURCES)


@settings(max_examples=100, deadline=None)
@given(st.lists(ASKED, min_size=1, max_size=8), ASKED)
def test_it_allows_what_was_used_and_nothing_else(used: list[Request], other: Request) -> None:
    made = least_privilege(used)
    policies = PolicySet(identity=[made.policy])
    assert not made.unmet
    assert all(decide(request, policies).allowed for request in used)
    was_used = (other.action, other.resource) in {(request.action, request.resource) for request in used}
    assert decide(other, policies).allowed is was_used
    merged = PolicySet(identity=[least_privilege(used, merge=True).policy])
    assert all(decide(request, merged).allowed for request in used)


def test_it_shows_itself_escaped() -> None:
    html = least_privilege([ask("s3:GetObject", "arn:aws:s3:::notes/<b>")]).to_html()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
