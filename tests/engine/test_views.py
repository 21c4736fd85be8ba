"""What a decision looks like: text, HTML and picture; what the simulator's API says of it; lines of cases."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest

from iamlab.engine import Decision, PolicySet, Request, decide
from iamlab.engine.cases import run_cases
from iamlab.engine.simulator import evaluation_result
from iamlab.policy import Policy

A, B = "111111111111", "222222222222"
USER = f"arn:aws:iam::{A}:user/ada"
OBJECT = "arn:aws:s3:::bucket/key"
EVIL = '<script>alert("x")</script>&'

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
OTHER = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}
GRANT = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
}


def judge(request: dict[str, Any] | None = None, **policies: Any) -> Decision:
    arguments = {"action": "s3:GetObject", "resource": OBJECT, "principal": USER} | (request or {})
    return decide(Request(**arguments), PolicySet(**policies))


DECISIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("allowed by identity", {}, {"identity": [ALLOW]}),
    ("allowed by a direct grant", {}, {"resource": GRANT, "boundary": [OTHER]}),
    ("allowed as root", {"principal": f"arn:aws:iam::{A}:root"}, {}),
    ("always allowed", {"action": "sts:GetCallerIdentity"}, {"identity": [DENY]}),
    ("nothing allows it", {}, {}),
    ("a boundary stops it", {}, {"identity": [ALLOW], "boundary": [OTHER]}),
    ("denied explicitly", {}, {"identity": [ALLOW, DENY]}),
    ("denied by an SCP", {}, {"identity": [ALLOW], "scps": [[ALLOW], [OTHER]]}),
    ("another account", {"resource_account": B}, {"identity": [ALLOW]}),
    (
        "names that mean harm",
        {"principal": f"arn:aws:iam::{A}:user/{EVIL}", "resource": f"arn:aws:s3:::{EVIL}"},
        {
            "identity": [
                Policy(
                    {
                        "Statement": {
                            "Sid": EVIL,
                            "Effect": "Allow",
                            "Action": "*",
                            "Resource": "*",
                            "Condition": {"StringEquals": {f"aws:{EVIL}": EVIL}},
                        }
                    },
                    name=EVIL,
                )
            ],
        },
    ),
]
IDS = [row[0] for row in DECISIONS]


class Balance(HTMLParser):
    """Counts tags; void elements don't occur in the views."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("name", "request_", "policies"), DECISIONS, ids=IDS)
def test_the_views_are_whole_escaped_and_always_the_same(
    name: str, request_: dict[str, Any], policies: dict[str, Any]
) -> None:
    decision, again = judge(request_, **policies), judge(request_, **policies)
    assert decision.to_text() == again.to_text()
    assert decision.to_html() == again.to_html()
    bundle = decision._repr_mimebundle_()
    assert bundle == {"text/plain": decision.to_text(), "text/html": decision.to_html()}
    page = Balance()
    page.feed(decision.to_html())
    assert page.open == []
    assert "script" not in page.seen
    assert "0x" not in decision.to_html() + decision.to_text() + repr(decision)
    picture = ET.fromstring(decision.to_svg())
    assert "id=" not in decision.to_svg()
    title = picture.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert decision.request.action in (title.text or "")


@pytest.mark.parametrize("odd", ["\0", "\x1b[31m", "\x9b31m", "\ud800", "\ufffe"], ids=ascii)
def test_the_views_can_be_saved_whatever_characters_a_request_holds(odd: str) -> None:
    statement = {"Sid": odd, "Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{odd}"}
    decision = judge(
        {"action": f"s3:Get{odd}", "resource": f"arn:aws:s3:::{odd}x"}, identity=[{"Statement": statement}]
    )
    ET.fromstring(decision.to_svg().encode())
    for view in (decision.to_html(), decision.to_text()):
        assert view.encode()
        assert odd not in view


def lines_of(decision: Decision) -> list[tuple[float, float, str]]:
    """The lit stretches: from, to, colour."""
    picture = ET.fromstring(decision.to_svg())
    found = []
    for line in picture.iter("{http://www.w3.org/2000/svg}line"):
        if "stroke-dasharray" not in line.attrib:
            found.append((float(line.attrib["x1"]), float(line.attrib["x2"]), line.attrib["style"]))
    return found


def test_the_lit_way_ends_where_the_request_does() -> None:
    def reach(decision: Decision) -> float:
        return max(end for _, end, _ in lines_of(decision))

    allowed = reach(judge(identity=[ALLOW]))
    by_session = reach(judge(identity=[ALLOW], session=[OTHER]))
    by_boundary = reach(judge(identity=[ALLOW], boundary=[OTHER]))
    by_identity = reach(judge())
    by_scp = reach(judge(scps=[[DENY]]))
    by_rcp = reach(
        judge(rcps=[[{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}]])
    )
    assert allowed > by_session > by_boundary > by_identity > by_scp > by_rcp


def test_a_direct_grant_leaps_over_the_layers_it_passes_by() -> None:
    assert "<path" in judge(resource=GRANT, boundary=[OTHER]).to_svg()
    assert "<path" not in judge(identity=[ALLOW]).to_svg()


@pytest.mark.parametrize("caller", [None, "sns.amazonaws.com", f"arn:aws:iam::{A}:saml-provider/Corp"])
def test_a_caller_without_an_account_is_not_sent_to_its_own_policies(caller: str | None) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    decision = judge({"principal": caller, "resource_account": A}, resource=GRANT)
    assert decision.allowed
    assert "no policies of its own" in decision.to_text()
    assert "account must allow too" not in decision.to_text()


def test_colours_follow_the_theme() -> None:
    html = judge(identity=[ALLOW, DENY]).to_html()
    assert "currentColor" in html
    assert "var(--jp-error-color1" in html


def test_the_text_view() -> None:
    policy = Policy(ALLOW, name="Everything")
    assert (
        judge({"context": {}}, identity=[policy], boundary=[OTHER]).to_text()
        == f"""\
Denied, because nothing allows it: {USER} → s3:GetObject on {OBJECT}

The caller's own policies would allow this, but its permissions boundary doesn't. \
A boundary is a ceiling: it grants nothing, and what it leaves out can't be used.
What would help: an Allow for `s3:GetObject` on `{OBJECT}` in the permissions boundary.
Or, where the resource can have a policy of its own: an Allow there that names exactly this caller.

  Resource control policies: none
  Service control policies: none
  VPC endpoint policy: none
  Resource-based policy: none
  Identity-based policies: allows
      Everything
        ✓ Allow statement 1 (line 3)
            ✓ Action: the action is covered by `*` [5:19]
            ✓ Resource: `{OBJECT}` is covered by `*` [6:21]
▶ Permissions boundary: doesn't allow
      policy 1
        ✗ Allow statement 1 (line 3), doesn't list the action
  Session policy: none"""
    )


def test_the_simulators_words() -> None:
    text = '{"Version": "2012-10-17", "Statement": [\n {"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    managed = Policy(text, arn="arn:aws:iam::aws:policy/Admin")
    result = evaluation_result(judge(identity=[managed], boundary=[ALLOW], scps=[[ALLOW]]))
    assert result == {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": OBJECT,
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "Admin",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 41},
                "EndPosition": {"Line": 2, "Column": 53},
            },
            {
                "SourcePolicyId": "PermissionsBoundaryPolicyInputList.1",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 3, "Column": 19},
                "EndPosition": {"Line": 7, "Column": 6},
            },
        ],
        "MissingContextValues": [],
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": True},
        "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": True},
    }


# text, where its statement about S3 starts and ends as (line, column)
PLACES = [
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
    (
        '{\n  "Version":"2012-10-17",\n  "Statement":[{\n    "Effect":"Allow",\n    "Action":"*",\n'
        '    "Resource":"*"\n  }]}',
        ((3, 16), (7, 4)),
    ),
    # https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-custom-policy.html
    (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
        ((1, 38), (1, 83)),
    ),
    (
        '{"Statement": [{"Effect":"Allow","Action":"sqs:*","Resource":"*"},\n'
        ' {"Effect":"Allow","Action":"*","Resource":"*"}]}',
        ((1, 66), (2, 48)),
    ),
]


@pytest.mark.parametrize(("text", "place"), PLACES, ids=["in a list", "alone", "after another"])
def test_the_simulator_says_where_a_statement_stands(
    text: str, place: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    (matched,) = evaluation_result(judge(identity=[Policy(text)]))["MatchedStatements"]
    shown = tuple((matched[end]["Line"], matched[end]["Column"]) for end in ("StartPosition", "EndPosition"))
    assert shown == place


def test_the_simulator_tells_what_the_context_lacks() -> None:
    condition = {
        "StringLike": {"aws:UserAgent": "${aws:PrincipalTag/tool}*"},
        "Bool": {"aws:SecureTransport": "true"},
    }
    statements = [
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::bucket/${aws:username}",
            "Condition": condition,
        },
        {
            "Effect": "Allow",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:ViaAWSService": "true"}},
        },
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    result = evaluation_result(judge({"context": {"aws:securetransport": True}}, identity=[policy]))
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MatchedStatements"] == []
    assert result["MissingContextValues"] == ["aws:PrincipalTag/tool", "aws:UserAgent", "aws:username"]


def test_an_explicit_deny_is_all_that_matches_it() -> None:
    result = evaluation_result(judge(identity=[ALLOW, DENY], resource=GRANT))
    assert result["EvalDecision"] == "explicitDeny"
    assert [match["SourcePolicyId"] for match in result["MatchedStatements"]] == ["PolicyInputList.2"]
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "IAM Policy"


def run(*cases: Any, explain: bool = False) -> tuple[int, list[str], str]:
    out, err = io.StringIO(), io.StringIO()
    lines = [case if isinstance(case, str) else json.dumps(case) for case in cases]
    return run_cases(lines, out, err, explain), out.getvalue().splitlines(), err.getvalue()


CASE: dict[str, Any] = {
    "id": "one",
    "request": {"principal": USER, "action": "s3:GetObject", "resource": OBJECT},
    "identity": [ALLOW, DENY],
    "scps": [[ALLOW], [ALLOW]],
    "unknown": 1,
}


def test_a_case_is_answered_on_a_line() -> None:
    code, lines, tally = run(CASE)
    assert (code, tally) == (0, "")
    assert json.loads(lines[0]) == {
        "id": "one",
        "decision": "ExplicitlyDenied",
        "layer": "identity",
        "message": f"User: {USER} is not authorized to perform: s3:GetObject on resource: {OBJECT} "
        "with an explicit deny in an identity-based policy",
        "statements": [{"layer": "identity", "policy": 1, "statement": 0, "sid": None, "effect": "Deny"}],
    }


def test_expectations_are_counted() -> None:
    right, wrong = CASE | {"expected": "ExplicitlyDenied"}, CASE | {"expected": "Allowed"}
    assert run(right, "", right)[::2] == (0, "2 agree, 0 differ\n")
    assert run(right, wrong, CASE)[::2] == (1, "1 agree, 1 differ\n")


BAD_CASES: list[tuple[Any, str]] = [
    ('{"id": 1,}', "a comma stands before the closing bracket: remove it at 1:9"),
    ("[" * 100_000, "nested deeper"),
    ("[]", "a case is a JSON object"),
    ({"id": "x"}, "no `request` object"),
    (CASE | {"request": {"principal": USER}}, "request.action is missing"),
    (CASE | {"request": {"principal": "ada", "action": "s3:GetObject"}}, "`ada` is no caller"),
    (CASE | {"identity": ["x"]}, "identity[0] must be a policy document"),
    (CASE | {"resource_policy": []}, "resource_policy must be a policy document"),
    (CASE | {"scps": [ALLOW]}, "scps must be a list of levels"),
    (CASE | {"rcps": {}}, "rcps must be a list of levels"),
    (CASE | {"request": {"action": "s3:GetObject", "context": {"a:b": {}}}}, "context key `a:b`"),
]


@pytest.mark.parametrize(("case", "complaint"), BAD_CASES)
def test_a_case_that_can_not_be_read_is_answered_with_its_error(case: Any, complaint: str) -> None:
    code, lines, tally = run(case, CASE)
    assert complaint in json.loads(lines[0])["error"]
    assert json.loads(lines[1])["decision"] == "ExplicitlyDenied"
    assert (code, tally) == (0, "")
    if isinstance(case, dict):
        assert run(case | {"expected": "Allowed"})[::2] == (1, "0 agree, 1 differ\n")


LAYERS: list[tuple[str, Any, str]] = [
    ("boundary", OTHER, "boundary"),
    ("boundary", [OTHER], "boundary"),
    ("boundary", None, "Allowed"),
    ("session", [OTHER], "session"),
    ("vpce", {"Statement": []}, "vpce"),
    ("rcps", [[]], "rcp"),
    ("scps", [[]], "scp"),
    ("scps", [], "Allowed"),
    ("scps", None, "Allowed"),
]


@pytest.mark.parametrize(("field", "value", "layer"), LAYERS)
def test_a_layer_may_be_a_document_a_list_or_absent(field: str, value: Any, layer: str) -> None:
    answer = json.loads(run(CASE | {"identity": ALLOW, field: value})[1][0])
    assert layer in (answer["layer"], answer["decision"])


def test_policies_can_be_read_from_a_case() -> None:
    policies = PolicySet.from_json(CASE)
    assert decide(Request.from_json(CASE["request"]), policies).outcome == "ExplicitlyDenied"


def test_repeated_keys_in_a_case_fail_closed() -> None:
    line = json.dumps(CASE | {"identity": [ALLOW, "HERE"]}).replace(
        '"HERE"', '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}'
    )
    assert json.loads(run(line)[1][0])["decision"] == "ExplicitlyDenied"


def test_explaining_prints_the_decision_before_its_line() -> None:
    _, lines, _ = run(CASE, explain=True)
    assert lines[0].startswith("Denied by an explicit Deny: ")
    assert json.loads(lines[-1])["id"] == "one"
