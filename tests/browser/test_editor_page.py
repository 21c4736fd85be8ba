"""The policy editor on a page without JupyterLab, its Python side called directly."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from iamlab.widgets import PolicyEditor

from .conftest import BarePage
from .policies import QUESTIONS, READ, READ_ORDERS, document

SELECT_ALL = "ControlOrMeta+a"


def text_of(page: Page) -> str:
    """The text that stands in the editor, as CodeMirror draws it."""
    return "\n".join(page.locator(".cm-line").all_inner_texts()).replace("\u200b", "")


def write(page: Page, text: str) -> None:
    """Replace the text as by pasting: closing brackets are not added to what is pasted."""
    page.locator(".cm-content").click()
    page.keyboard.press(SELECT_ALL)
    page.keyboard.insert_text(text)


def verdict(page: Page, label: str) -> Locator:
    return page.locator(".iamlab-verdict", has_text=label)


def test_the_questions_stand_beside_the_text_with_their_answers(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    expect(verdict(bare.page, "read an order")).to_contain_text("allowed")
    expect(verdict(bare.page, "delete the table")).to_contain_text("NeverDelete denies it")
    expect(bare.page.locator(".iamlab-summary")).to_have_text("2 of 2 as wished")


def test_typing_changes_the_answers(bare: BarePage) -> None:
    editor = PolicyEditor(READ_ORDERS, QUESTIONS)
    bare.show(editor)
    write(bare.page, READ_ORDERS.replace("dynamodb:GetItem", "dynamodb:PutItem"))
    expect(verdict(bare.page, "read an order")).to_contain_text("denied")
    expect(verdict(bare.page, "read an order")).to_contain_text("should be allowed")
    assert [decision.allowed for decision in editor.decisions if decision] == [False, False]


def test_a_broken_text_shows_its_place_and_greys_the_last_answers(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    write(bare.page, '{\n    "Version": oops\n}')
    expect(bare.page.locator(".iamlab-problem").first).to_contain_text("2:16")
    expect(bare.page.locator(".iamlab-answers")).to_have_attribute("data-stale", "true")
    expect(bare.page.locator(".iamlab-summary")).to_contain_text("not a valid policy yet (line 2, column 16)")
    expect(verdict(bare.page, "read an order")).to_contain_text("allowed")
    expect(bare.page.locator(".cm-lintRange-error")).not_to_have_count(0)
    write(bare.page, READ_ORDERS)
    expect(bare.page.locator(".iamlab-answers")).to_have_attribute("data-stale", "false")
    expect(bare.page.locator(".iamlab-problem")).to_have_count(0)


def test_a_problem_takes_one_to_its_place(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS.replace('"Deny"', '"Denny"'), QUESTIONS))
    bare.page.locator(".iamlab-problem", has_text="Effect").first.click()
    expect(bare.page.locator(".cm-activeLine")).to_contain_text("Denny")
    expect(bare.page.locator(".cm-content")).to_be_focused()


TYPO = document({"Effect": "Allow", "Action": "dynamodb:GetItm", "Resource": "*"})
PASSES = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}


def test_advice_stands_beside_errors_with_its_severity(bare: BarePage) -> None:
    bare.show(PolicyEditor(document(PASSES, {**PASSES, "Action": "s3:GetObjct"}), QUESTIONS))
    rows = bare.page.locator(".iamlab-problem")
    expect(rows.nth(0)).to_contain_text("security warning")
    expect(rows.nth(1)).to_contain_text("error")
    expect(bare.page.locator(".iamlab-answers")).to_have_attribute("data-stale", "false")
    expect(bare.page.locator(".cm-lint-marker-warning")).to_have_count(1)


def test_a_fix_is_made_from_the_list_and_taken_back_by_undo(bare: BarePage) -> None:
    bare.show(PolicyEditor(TYPO, QUESTIONS))
    expect(verdict(bare.page, "read an order")).to_contain_text("denied")
    bare.page.get_by_role("button", name="Fix: replace by").click()
    expect(bare.page.locator(".iamlab-problem")).to_have_count(0)
    expect(verdict(bare.page, "read an order")).to_contain_text("allowed")
    assert text_of(bare.page) == TYPO.replace("GetItm", "GetItem")
    bare.page.keyboard.press("ControlOrMeta+z")
    expect(bare.page.locator(".iamlab-problem")).to_have_count(1)
    assert text_of(bare.page) == TYPO


def test_the_marked_place_says_why_and_offers_the_fix(bare: BarePage) -> None:
    bare.show(PolicyEditor(TYPO, QUESTIONS))
    bare.page.locator(".cm-lintRange-error").hover()
    tooltip = bare.page.locator(".cm-tooltip .cm-diagnostic")
    expect(tooltip).to_contain_text("INVALID_ACTION")
    tooltip.get_by_role("button", name="replace by dynamodb:GetItem").click()
    expect(verdict(bare.page, "read an order")).to_contain_text("allowed")


def test_a_fix_for_another_text_than_the_present_one_does_nothing(bare: BarePage) -> None:
    bare.show(PolicyEditor(TYPO, QUESTIONS))
    bare.bridge.silent = True
    write(bare.page, "{}")
    bare.page.get_by_role("button", name="Fix: replace by").click()
    assert text_of(bare.page) == "{}"


def test_a_verdict_lights_the_statement_that_decided_and_says_why(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    verdict(bare.page, "delete the table").click()
    lit = bare.page.locator(".iamlab-lit-line")
    expect(lit).to_have_count(6)
    expect(lit.nth(1)).to_contain_text("NeverDelete")
    expect(bare.page.locator(".iamlab-station[aria-selected=true]")).to_contain_text(
        "identity", ignore_case=True
    )
    expect(bare.page.locator(".iamlab-message")).to_contain_text(
        "with an explicit deny in an identity-based policy"
    )
    verdict(bare.page, "delete the table").click()
    expect(lit).to_have_count(0)
    expect(bare.page.locator(".iamlab-detail")).to_be_hidden()


def test_an_opened_verdict_follows_the_text(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    verdict(bare.page, "read an order").click()
    expect(bare.page.locator(".iamlab-banner")).to_contain_text("Allowed")
    write(bare.page, READ_ORDERS.replace("dynamodb:GetItem", "dynamodb:PutItem"))
    expect(bare.page.locator(".iamlab-banner")).to_contain_text("Denied")


def test_characters_beyond_the_basic_plane_do_not_shift_what_is_lit(bare: BarePage) -> None:
    foxes = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::🦊🦊🦊🦊/*"}
    policy = document(foxes, {"Effect": "Allow", "Action": "dynamodb:Put*", "Resource": "*"})
    bare.show(PolicyEditor(policy, [READ]))
    bare.page.locator(".iamlab-verdict").click()
    expect(bare.page.locator(".iamlab-lit")).to_have_text('"dynamodb:Put*"')


def test_tab_and_escape_leave_the_editor(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    content = bare.page.locator(".cm-content")
    content.click()
    bare.page.keyboard.press("Tab")
    expect(content).not_to_be_focused()
    expect(verdict(bare.page, "read an order")).to_be_focused()
    content.click()
    bare.page.keyboard.press("Escape")
    expect(bare.page.locator(".iamlab-root")).to_be_focused()
    assert text_of(bare.page) == READ_ORDERS


def test_the_arrow_keys_walk_through_verdicts_and_stations(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    verdict(bare.page, "read an order").focus()
    bare.page.keyboard.press("ArrowDown")
    expect(verdict(bare.page, "delete the table")).to_be_focused()
    bare.page.keyboard.press("Enter")
    chosen = bare.page.locator(".iamlab-station[aria-selected=true]")
    before = chosen.inner_text()
    chosen.focus()
    bare.page.keyboard.press("ArrowRight")
    expect(chosen).to_be_focused()
    assert chosen.inner_text() != before


def test_jupyterlabs_shortcuts_are_kept_out(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS))
    expect(bare.page.locator("[data-lm-suppress-shortcuts=true] .cm-content")).to_have_count(1)


def test_everything_has_a_name_for_a_screen_reader(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS, title="Orders"))
    expect(bare.page.get_by_role("textbox", name="Orders: policy text")).to_have_count(1)
    expect(bare.page.get_by_role("list", name="What the policy answers")).to_have_count(1)
    expect(bare.page.get_by_role("button", name="denied delete the table", exact=False)).to_have_count(1)
    verdict(bare.page, "read an order").click()
    expect(bare.page.get_by_role("tablist", name="The layers AWS asks")).to_have_count(1)
    expect(bare.page.get_by_role("tab", selected=True)).to_have_count(1)


def test_what_a_policy_contains_never_becomes_markup(bare: BarePage) -> None:
    hostile = '<img src=x onerror="document.title=1">'
    policy = document(
        {"Sid": "S", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": hostile, hostile: 1}
    )
    editor = PolicyEditor(policy, [(hostile, READ)], title=hostile)
    bare.show(editor)
    expect(bare.page.locator(".iamlab-problem").first).to_be_visible()
    refuses = f"arn:aws:dynamodb:*:*:table/{hostile}"
    editor.text = document({"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": refuses})
    bare.show(editor, "two")
    bare.page.locator("#two .iamlab-verdict").click()
    expect(bare.page.locator("#two .iamlab-part-reason", has_text="<img")).to_be_visible()
    expect(bare.page.locator("img")).to_have_count(0)


def test_what_python_sets_stands_in_the_editor(bare: BarePage) -> None:
    editor = PolicyEditor(READ_ORDERS, QUESTIONS)
    bare.show(editor)
    bare.push("one", lambda: setattr(editor, "text", document()))
    assert text_of(bare.page) == document()
    bare.page.locator(".cm-content").click()
    bare.page.keyboard.press("ControlOrMeta+z")
    expect(bare.page.locator(".cm-line").nth(4)).to_contain_text("ReadOrders")


def test_starting_over_can_be_undone(bare: BarePage) -> None:
    editor = PolicyEditor(READ_ORDERS, QUESTIONS)
    bare.show(editor)
    write(bare.page, "mine")
    bare.page.get_by_role("button", name="Start over").click()
    expect(bare.page.locator(".iamlab-answers")).to_have_attribute("data-stale", "false")
    assert text_of(bare.page) == READ_ORDERS
    bare.page.keyboard.press("ControlOrMeta+z")
    expect(bare.page.locator(".cm-content")).to_have_text("mine")


def test_the_button_applies_what_is_typed_this_moment(bare: BarePage) -> None:
    saved: list[str] = []
    editor = PolicyEditor("{", on_save=lambda policy: saved.append(policy.text), save_label="Put the policy")
    bare.show(editor)
    button = bare.page.get_by_role("button", name="Put the policy")
    button.click()
    expect(bare.page.locator(".iamlab-status")).to_contain_text("not a valid policy")
    write(bare.page, READ_ORDERS)
    bare.page.keyboard.press("ControlOrMeta+s")
    expect(bare.page.locator(".iamlab-status")).to_have_text("Applied.")
    assert saved == [READ_ORDERS]


def test_a_view_that_goes_away_sends_what_was_typed_and_stops_listening(
    bare: BarePage, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.json"
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS, draft=draft))
    bare.page.locator(".cm-content").click()
    bare.page.evaluate("() => { window.before = models.one.listeners(); }")
    bare.page.keyboard.insert_text("lost?")
    bare.page.evaluate("() => closers.one()")
    bare.page.wait_for_timeout(50)
    assert "lost?" in draft.read_text(encoding="utf-8")
    assert bare.page.evaluate("() => models.one.listeners()") == 0


def test_completion_offers_actions(bare: BarePage) -> None:
    bare.show(PolicyEditor(document({"Effect": "Allow", "Action": "X", "Resource": "*"})))
    bare.page.get_by_text('"X"', exact=True).dblclick()
    bare.page.keyboard.type("dynamo")
    option = bare.page.locator(".cm-tooltip-autocomplete li")
    expect(option.filter(has_text="dynamodb:")).not_to_have_count(0)
    bare.page.keyboard.type("db:GetIt")
    expect(option.first).to_contain_text("dynamodb:GetItem")
    bare.page.keyboard.press("Enter")
    expect(bare.page.locator(".cm-content")).to_contain_text('"Action": "dynamodb:GetItem",')
    bare.page.keyboard.press("Escape")
    expect(bare.page.locator(".iamlab-root")).to_be_focused()


def test_a_silent_kernel_is_told_and_not_taken_for_an_answer(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    bare.page.clock.install()
    bare.bridge.silent = True
    write(bare.page, "{")
    bare.page.clock.run_for(5000)
    expect(bare.page.locator(".iamlab-status")).to_contain_text("its kernel is busy or stopped")
    expect(bare.page.locator(".iamlab-root")).to_have_attribute("data-fresh", "false")


def test_six_widgets_fetch_the_bundle_once(bare: BarePage) -> None:
    for number in range(6):
        bare.show(PolicyEditor(READ_ORDERS, QUESTIONS), f"editor{number}")
    expect(bare.page.locator(".cm-content")).to_have_count(6)
    assert [kind for _, kind in bare.bridge.asked].count("bundle") == 1


def test_two_views_of_one_editor_stay_together(bare: BarePage) -> None:
    bare.show(PolicyEditor(READ_ORDERS, QUESTIONS))
    bare.page.evaluate("() => again('one')")
    expect(bare.page.locator(".iamlab-root")).to_have_count(2)
    write_first = bare.page.locator(".cm-content").first
    write_first.click()
    bare.page.keyboard.press(SELECT_ALL)
    bare.page.keyboard.insert_text("{}")
    expect(bare.page.locator(".cm-content").nth(1)).to_have_text("{}")
    expect(bare.page.locator(".iamlab-answers").nth(1)).to_have_attribute("data-stale", "true")
