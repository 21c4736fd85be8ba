"""The decision view's Python side."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamlab.engine import Decision, PolicySet, Request, decide
from iamlab.policy import Policy
from iamlab.widgets import DecisionView
from iamlab.widgets.trace_data import trace_data

USER = "arn:aws:iam::123456789012:user/johndoe"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/Orders"


def policy(effect: str, action: str, **more: Any) -> Policy:
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    return Policy({"Version": "2012-10-17", "Statement": [statement]})


ALLOW, DENY = policy("Allow", "dynamodb:*", Sid="All"), policy("Deny", "dynamodb:*", Sid="None")
OFFICE = policy("Allow", "dynamodb:*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})


def decision(**parts: Any) -> Decision:
    return decide(
        Request("dynamodb:GetItem", TABLE, USER, context={"aws:SourceIp": "198.51.100.7"}), PolicySet(**parts)
    )


CASES = {
    "allowed": decision(identity=[ALLOW]),
    "denied by a statement": decision(identity=[ALLOW, DENY]),
    "denied by a boundary": decision(identity=[ALLOW], boundary=[OFFICE]),
    "denied by a level": decision(identity=[ALLOW], scps=[[ALLOW], [OFFICE], [ALLOW]]),
    "nothing there": decision(),
    "broken policy": decision(identity=["{"]),
    "allowed by nobody's policy": decide(Request("sts:GetCallerIdentity", "*", USER), PolicySet()),
    "root": decide(Request("s3:ListAllMyBuckets", "*", "arn:aws:iam::123456789012:root"), PolicySet()),
    "anonymous": decide(Request("s3:GetObject", "arn:aws:s3:::public/x"), PolicySet(resource=ALLOW)),
}


@pytest.mark.parametrize("given", CASES.values(), ids=CASES.keys())
def test_every_decision_can_be_shown_and_travels_as_json(given: Decision) -> None:
    view = DecisionView(given)
    data = json.loads(json.dumps(view.get_state()["_trace"]))
    assert data["allowed"] is given.allowed
    assert [layer["layer"] for layer in data["layers"]] == [str(layer.layer) for layer in given.trace.layers]
    assert data["explanation"]


@pytest.mark.parametrize("given", CASES.values(), ids=CASES.keys())
def test_at_most_the_deciding_layer_is_marked(given: Decision) -> None:
    layers = trace_data(given)["layers"]
    marked = [layer["layer"] for layer in layers if layer["decided"]]
    assert marked == [layer["layer"] for layer in layers if layer["layer"] == given.layer]
    if not given.allowed and marked:
        assert [layer["verdict"] for layer in layers if layer["decided"]] == ["denied"]


def test_places_lead_to_what_they_name() -> None:
    data = trace_data(CASES["denied by a boundary"])
    [boundary] = [layer for layer in data["layers"] if layer["layer"] == "boundary"]
    [shown] = boundary["policies"]
    [statement] = shown["statements"]
    [part] = [part for part in statement["parts"] if part["key"] == "aws:SourceIp"]
    start, end = part["span"]
    assert part["matched"] is False
    assert "203.0.113.0/24" in shown["text"][start:end]


def test_a_policy_that_stands_in_an_editor_is_not_sent_again() -> None:
    data = trace_data(CASES["allowed"], edited=ALLOW)
    [shown] = [item for layer in data["layers"] for item in layer["policies"]]
    assert (shown["edited"], shown["text"]) == (True, "")


def test_without_a_page_it_is_the_decisions_own_text_and_picture() -> None:
    given = CASES["denied by a statement"]
    bundle = DecisionView(given)._repr_mimebundle_()
    assert bundle is not None
    assert bundle[0]["text/plain"] == given.to_text()
    assert bundle[0]["text/html"] == given.to_html()
    assert repr(DecisionView(given)) == given.to_text()


@pytest.mark.parametrize("given", [None, True, "Allowed"])
def test_what_is_no_decision_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="shows a Decision"):
        DecisionView(given)
