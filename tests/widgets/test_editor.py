"""The policy editor's Python side: what it says about a text, without a page and without a kernel."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from iamlab.engine import Decision, PolicySet, Request, decide
from iamlab.policy import Policy
from iamlab.widgets import PolicyEditor, Question

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/johndoe"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"

READ = Request("dynamodb:GetItem", TABLE, USER)
DELETE = Request("dynamodb:DeleteTable", TABLE, USER)


def statement(effect: str, action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=4)


READ_ORDERS = document(statement("Allow", "dynamodb:GetItem", TABLE, Sid="ReadOrders"))


def outcomes(editor: PolicyEditor) -> list[bool | None]:
    return [None if decision is None else decision.allowed for decision in editor.decisions]


def test_the_questions_are_answered_at_once() -> None:
    editor = PolicyEditor(READ_ORDERS, [READ, DELETE])
    assert outcomes(editor) == [True, False]


def test_a_changed_text_changes_the_answers() -> None:
    editor = PolicyEditor(READ_ORDERS, [READ, DELETE])
    editor.text = document(statement("Allow", "dynamodb:DeleteTable"))
    assert outcomes(editor) == [False, True]
    assert editor.policy is not None
    assert editor.policy.text == editor.text


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        '{"Version": "2012-10-17", "Statement": [}',
        "[]",
        "null",
        '{"Statement": {"Effect": "Alow"}}',  # codespell:ignore
        "🦊",
    ],
)
def test_a_broken_text_keeps_the_last_answers_and_says_where_it_breaks(broken: str) -> None:
    editor = PolicyEditor(READ_ORDERS, [READ])
    before = editor.policy
    editor.text = broken
    assert outcomes(editor) == [True]
    assert editor.policy is before
    assert editor.problems
    report = editor.get_state()["_report"]
    assert report["stale"] is True
    assert all(problem["line"] >= 1 and problem["column"] >= 1 for problem in report["problems"])


def test_a_text_that_was_never_valid_has_no_answers() -> None:
    editor = PolicyEditor("{", [READ])
    assert outcomes(editor) == [None]
    assert editor.policy is None
    editor.text = READ_ORDERS
    assert outcomes(editor) == [True]


def test_a_syntax_error_is_placed_by_line_and_column() -> None:
    editor = PolicyEditor('{\n    "Version": oops\n}')
    assert editor.problems[0].span is not None
    assert (editor.problems[0].span.line, editor.problems[0].span.column) == (2, 16)
    assert "2:16" in repr(editor)


@pytest.mark.parametrize("source", [READ_ORDERS, json.loads(READ_ORDERS), Policy(READ_ORDERS)])
def test_a_policy_comes_as_text_data_or_policy(source: Any) -> None:
    assert outcomes(PolicyEditor(source, [READ])) == [True]


def test_windows_line_ends_do_not_shift_places() -> None:
    editor = PolicyEditor(READ_ORDERS.replace("\n", "\r\n"), [READ])
    assert "\r" not in editor.text
    [[start, end]] = editor.get_state()["_report"]["verdicts"][0]["spans"]
    assert json.loads(editor.text[start:end])["Sid"] == "ReadOrders"


# ── what AWS's policy validation says ──

ADVISED = document(statement("Allow", "iam:PassRole"), statement("Allow", "s3:GetObjct"))


def test_a_policy_that_aws_would_take_is_valid_whatever_is_advised() -> None:
    editor = PolicyEditor(ADVISED, [READ])
    assert (editor.valid, editor.problems) == (True, ())
    found = [(str(finding.severity), finding.code) for finding in editor.findings]
    assert found == [("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE"), ("ERROR", "INVALID_ACTION")]
    sent = editor.get_state()["_report"]
    assert [problem["severity"] for problem in sent["problems"]] == ["security_warning", "error"]
    assert (sent["stale"], sent["problems"][0]["fix"]) == (False, None)
    assert sent["problems"][0]["why"]
    assert "valid, 2 findings" in repr(editor)
    assert "security warning: " in repr(editor)


def test_a_fix_travels_with_the_places_it_changes() -> None:
    editor = PolicyEditor(ADVISED)
    fix = editor.get_state()["_report"]["problems"][1]["fix"]
    [edit] = fix["edits"]
    start, end = edit["span"]
    editor.text = editor.text[:start] + edit["text"] + editor.text[end:]
    assert "s3:GetObject" in editor.text
    assert [finding.code for finding in editor.findings] == ["PASS_ROLE_WITH_STAR_IN_RESOURCE"]


def test_where_the_text_breaks_comes_before_what_follows_from_it() -> None:
    editor = PolicyEditor('{\n    "Version": oops\n}')
    first, *others = (finding.code for finding in editor.findings)
    assert first == "JSON_SYNTAX_ERROR"
    assert others


# ── wishes ──


def test_wishes_are_held_against_answers() -> None:
    editor = PolicyEditor(READ_ORDERS, [("read", READ, True), ("delete", DELETE, True)])
    assert [verdict["agrees"] for verdict in editor.get_state()["_report"]["verdicts"]] == [True, False]
    assert not editor.satisfied
    editor.text = document(statement("Allow", "dynamodb:*"))
    assert editor.satisfied
    editor.text += "}"
    assert not editor.satisfied


@pytest.mark.parametrize(
    ("expected", "agrees"),
    [
        (False, True),
        (True, False),
        ("ImplicitlyDenied", True),
        ("ExplicitlyDenied", False),
        ("Allowed", False),
    ],
)
def test_a_wish_can_name_the_outcome(expected: Any, agrees: bool) -> None:
    editor = PolicyEditor(READ_ORDERS, [Question(DELETE, "delete", expected)])
    assert editor.get_state()["_report"]["verdicts"][0]["agrees"] is agrees


def test_a_function_may_decide() -> None:
    def as_root_would(policy: Policy) -> Decision:
        return decide(READ, PolicySet(identity=[policy]))

    assert outcomes(PolicyEditor(READ_ORDERS, [("by function", as_root_would, True)])) == [True]


def test_a_function_that_fails_is_told_and_stops_nothing() -> None:
    def fails(_policy: Policy) -> Decision:
        raise RuntimeError("the lab is not running")

    editor = PolicyEditor(READ_ORDERS, [("broken", fails), READ])
    assert outcomes(editor) == [None, True]
    assert "the lab is not running" in repr(editor)


@pytest.mark.parametrize("entry", [42, "read", ("read", 42), ("read",), None])
def test_what_is_no_question_is_refused_by_name(entry: Any) -> None:
    with pytest.raises(TypeError, match="question 2"):
        PolicyEditor(READ_ORDERS, [READ, entry])


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="`identty` is no kind of policy"):  # codespell:ignore
        PolicyEditor(READ_ORDERS, kind="identty")  # codespell:ignore


# ── the policy in its place among others ──

ALLOW_ALL = document(statement("Allow", "*"))
DENY_ALL = document(statement("Deny", "*"))
ALLOW_USER = document(
    {
        "Effect": "Allow",
        "Action": "dynamodb:*",
        "Resource": "*",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    }
)


@pytest.mark.parametrize(
    ("kind", "text", "others", "expected"),
    [
        ("identity", READ_ORDERS, {}, [True, False]),
        ("identity", READ_ORDERS, {"identity": [ALLOW_ALL]}, [True, True]),
        ("identity", READ_ORDERS, {"boundary": [DENY_ALL]}, [False, False]),
        ("boundary", READ_ORDERS, {"identity": [ALLOW_ALL]}, [True, False]),
        ("boundary", READ_ORDERS, {"identity": [ALLOW_ALL], "boundary": [DENY_ALL]}, [True, False]),
        ("session", READ_ORDERS, {"identity": [ALLOW_ALL]}, [True, False]),
        ("scp", READ_ORDERS, {"identity": [ALLOW_ALL], "scps": [[ALLOW_ALL]]}, [True, False]),
        ("scp", ALLOW_ALL, {"identity": [ALLOW_ALL], "scps": [[READ_ORDERS]]}, [True, False]),
        ("resource", ALLOW_USER, {"identity": [READ_ORDERS]}, [True, False]),
    ],
)
def test_the_edited_policy_stands_in_its_place(
    kind: str, text: str, others: dict[str, Any], expected: list[bool]
) -> None:
    assert outcomes(PolicyEditor(text, [READ, DELETE], kind=kind, others=others)) == expected
    as_set = PolicySet(**{name: [*value] for name, value in others.items()})
    assert outcomes(PolicyEditor(text, [READ, DELETE], kind=kind, others=as_set)) == expected


# ── reasons and places ──


def verdict_of(text: str, request: Request, **arguments: Any) -> dict[str, Any]:
    editor = PolicyEditor(text, [request], **arguments)
    verdict: dict[str, Any] = editor.get_state()["_report"]["verdicts"][0]
    verdict["shown"] = [editor.text[start:end] for start, end in verdict["spans"]]
    return verdict


def test_an_allow_names_its_statement() -> None:
    verdict = verdict_of(READ_ORDERS, READ)
    assert verdict["reason"] == "ReadOrders allows it"
    assert json.loads(verdict["shown"][0])["Sid"] == "ReadOrders"


def test_a_deny_names_its_statement_and_not_the_allow_it_beats() -> None:
    both = document(
        statement("Allow", "dynamodb:*"), statement("Deny", "dynamodb:Delete*", Sid="NeverDelete")
    )
    verdict = verdict_of(both, DELETE)
    assert verdict["reason"] == "NeverDelete denies it"
    assert [json.loads(shown)["Sid"] for shown in verdict["shown"]] == ["NeverDelete"]


def test_a_statement_without_a_name_goes_by_its_number() -> None:
    assert verdict_of(document(statement("Allow", "dynamodb:*")), READ)["reason"] == "statement 1 allows it"


def test_a_near_miss_points_at_the_element_that_does_not_match() -> None:
    verdict = verdict_of(READ_ORDERS, DELETE)
    assert verdict["reason"] == "nothing allows it: the Action of ReadOrders does not match"
    assert "dynamodb:GetItem" in verdict["shown"][0]
    assert "Resource" not in verdict["shown"][0]


def test_a_condition_that_does_not_hold_is_named_by_its_key() -> None:
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    verdict = verdict_of(document(statement("Allow", "dynamodb:*", Sid="Office", Condition=office)), READ)
    assert verdict["reason"] == "nothing allows it: the condition on aws:SourceIp of Office does not match"
    assert "203.0.113.0/24" in verdict["shown"][0]


def test_another_layer_that_denies_is_named() -> None:
    verdict = verdict_of(READ_ORDERS, READ, others={"boundary": [document(statement("Allow", "s3:*"))]})
    assert verdict["reason"] == "the permissions boundary does not allow it"


# ── hooks ──


def test_apply_hands_over_the_valid_policy() -> None:
    saved: list[str] = []
    editor = PolicyEditor(READ_ORDERS, on_save=lambda policy: saved.append(policy.text))
    assert editor.answer("apply", {}) == {"ok": True, "message": "Applied."}
    assert saved == [READ_ORDERS]


def test_an_invalid_text_is_not_applied() -> None:
    saved: list[str] = []
    editor = PolicyEditor(READ_ORDERS, on_save=lambda policy: saved.append(policy.text))
    editor.text = "{"
    answer = editor.answer("apply", {})
    assert answer["ok"] is False
    assert "not a valid policy" in answer["message"]
    assert saved == []


def test_the_error_of_a_refused_save_is_shown_in_one_line() -> None:
    def refuse(_policy: Policy) -> None:
        raise RuntimeError("MalformedPolicyDocument:\n  Syntax errors in policy.")

    editor = PolicyEditor(READ_ORDERS, on_save=refuse)
    assert editor.answer("apply", {}) == {
        "ok": False,
        "message": "MalformedPolicyDocument: Syntax errors in policy.",
    }
    with pytest.raises(RuntimeError):
        editor.apply()


@pytest.mark.parametrize("question", [{}, {"index": -1}, {"index": 1}, {"index": "0"}, {"index": None}])
def test_a_question_of_the_page_that_makes_no_sense_has_no_answer(question: dict[str, Any]) -> None:
    editor = PolicyEditor(READ_ORDERS, [READ])
    assert editor.answer("explain", question) is None
    assert editor.answer("nonsense", question) is None


# ── drafts ──


def test_what_is_typed_is_kept_and_taken_up_again(tmp_path: Path) -> None:
    path = tmp_path / "drafts" / "orders.json"
    editor = PolicyEditor(READ_ORDERS, draft=path)
    assert not path.exists()
    editor.text = "{ half a pol"
    assert path.read_text(encoding="utf-8") == "{ half a pol"
    again = PolicyEditor(READ_ORDERS, draft=path)
    assert again.text == "{ half a pol"


def test_starting_over_keeps_a_copy_of_the_draft(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    editor = PolicyEditor(READ_ORDERS, draft=path)
    editor.text = "mine"
    assert editor.answer("original", {}) == {"text": READ_ORDERS}
    assert (tmp_path / "orders.1.json").read_text(encoding="utf-8") == "mine"


def test_a_draft_that_cannot_be_written_is_told_and_the_text_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    editor = PolicyEditor(READ_ORDERS, draft=tmp_path / "file" / "orders.json")
    editor.text = "mine"
    assert editor.text == "mine"
    assert editor.get_state()["_report"]["draft"]["saved"] is False


def test_a_foreign_file_is_neither_shown_nor_written_over(tmp_path: Path) -> None:
    path = tmp_path / "photo.json"
    path.write_bytes(b"\xff\xfe\x00")
    editor = PolicyEditor(READ_ORDERS, draft=path)
    editor.text = "mine"
    assert path.read_bytes() == b"\xff\xfe\x00"
    assert editor.get_state()["_report"]["draft"]["saved"] is False


# ── without a page ──


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture
def hostile() -> PolicyEditor:
    policy = document(statement("Allow", "s3:GetObject", HOSTILE, Sid="Sid"))
    return PolicyEditor(policy, [(HOSTILE, READ)], title=HOSTILE)


def test_the_static_form_escapes_everything(hostile: PolicyEditor) -> None:
    tags = Tags()
    bundle = hostile._repr_mimebundle_()
    assert bundle is not None
    tags.feed(bundle[0]["text/html"])
    assert not tags.seen & {"img", "script"}


def test_two_editors_of_the_same_policy_show_the_same() -> None:
    first, second = (PolicyEditor(READ_ORDERS, [READ])._repr_mimebundle_() for _ in range(2))
    assert first is not None
    assert second is not None
    widget = "application/vnd.jupyter.widget-view+json"
    assert first[0].pop(widget) != second[0].pop(widget)
    assert first == second


def test_the_text_form_says_all_that_matters() -> None:
    editor = PolicyEditor(READ_ORDERS, [("read an order", READ, True), ("delete the table", DELETE, True)])
    assert repr(editor) == (
        "Policy (identity policy, valid)\n"
        "  ✓ allowed   read an order: ReadOrders allows it (as wished)\n"
        "  ✕ denied    delete the table: nothing allows it: the Action of ReadOrders does not match "
        "(should be allowed)"
    )
