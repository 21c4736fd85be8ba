"""The card of an exercise on a page without JupyterLab: its buttons, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from playwright.sync_api import expect

from iamlab import Lab
from iamlab.course import exercise
from iamlab.widgets import ExerciseCard

from .conftest import BarePage

MAKE = "00-start-here/first-user"
CHOOSE = "00-start-here/read-the-error"
PREDICT = "01-what-is-iam/who-may-what"


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    with Lab(seed=1) as running:
        yield running


def test_a_task_is_checked_until_it_is_solved(bare: BarePage) -> None:
    bare.show(ExerciseCard(exercise(MAKE)))
    page = bare.page
    card = page.get_by_role("group", name="Create your first user")
    answer = card.locator(".iamlab-answer")
    expect(answer).to_be_hidden()
    card.get_by_role("button", name="Check").click()
    expect(answer).to_contain_text("Write your code in the cell below")
    boto3.client("iam").create_group(GroupName="guest")
    card.get_by_role("button", name="Check").click()
    expect(answer).to_contain_text("You have created a group named guest")
    expect(card).to_contain_text("tried")
    boto3.client("iam").create_user(UserName="guest")
    card.get_by_role("button", name="Check").click()
    expect(answer).to_contain_text("Correct")
    expect(answer).to_contain_text("Why it matters.")
    expect(card).to_contain_text("solved")
    expect(answer).to_have_attribute("aria-live", "polite")


def test_what_should_have_been_denied_can_be_walked_through(bare: BarePage) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="guest")
    iam.attach_user_policy(UserName="guest", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    bare.show(ExerciseCard(exercise(MAKE)))
    bare.page.get_by_role("button", name="Check").click()
    bare.page.locator("summary", has_text="The path of this request").click()
    expect(bare.page.get_by_role("tab", selected=True)).to_have_attribute("data-layer", "identity")


def test_hints_come_one_by_one(bare: BarePage) -> None:
    bare.show(ExerciseCard(exercise(MAKE)))
    for number in (1, 2, 3):
        bare.page.get_by_role("button", name="Hint").click()
        expect(bare.page.locator(".iamlab-answer")).to_contain_text(f"Hint {number} of 3")
    expect(bare.page.get_by_role("button", name="Hint (3 of 3 seen)")).to_be_visible()


def test_the_solution_is_not_shown_by_accident(bare: BarePage) -> None:
    bare.show(ExerciseCard(exercise(MAKE)))
    page = bare.page
    page.get_by_role("button", name="Solution").click()
    sure = page.get_by_role("button", name="Show the solution?")
    expect(sure).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Press again")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sure).to_be_hidden()
    page.get_by_role("button", name="Solution").click()
    page.get_by_role("button", name="Hint").focus()
    expect(sure).to_be_hidden()
    expect(page.locator(".iamlab-answer")).to_be_hidden()
    page.get_by_role("button", name="Solution").click()
    sure.click()
    expect(page.locator(".iamlab-answer pre")).to_have_text('iam.create_user(UserName="guest")')


def test_a_choice_is_made_with_the_keyboard_alone(bare: BarePage) -> None:
    bare.show(ExerciseCard(exercise(CHOOSE)))
    page = bare.page
    options = page.get_by_role("group", name="Your choice").get_by_role("radio")
    expect(options).to_have_count(4)
    page.locator(".iamlab-root").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(options.first).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Check")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".iamlab-answer")).to_contain_text("Correct")
    expect(page.get_by_role("button", name="Check")).to_be_focused()


def test_predictions_are_made_line_by_line(bare: BarePage) -> None:
    card = ExerciseCard(exercise(PREDICT))
    bare.show(card)
    page = bare.page
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".iamlab-answer")).to_contain_text("on every line")
    for line in ("ravi lists the buckets", "ravi reads todo.txt"):
        page.get_by_role("group", name=line).get_by_text("allowed").click()
    for line in ("ravi deletes todo.txt", "mei reads todo.txt"):
        page.get_by_role("group", name=line).get_by_text("denied").click()
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".iamlab-answer")).to_contain_text("The lab agrees")
    page.evaluate("again('one')")
    expect(page.get_by_role("radio", checked=True)).to_have_count(8)


def test_what_a_learner_wrote_cannot_run_in_the_page(bare: BarePage) -> None:
    card = ExerciseCard(exercise(CHOOSE))
    bare.show(card)
    bare.push("one", lambda: card.answer("check", {"answer": "<img src=x onerror=alert(1)>"}))
    expect(bare.page.locator(".iamlab-answer")).to_contain_text("There is no option <img src=x")
    expect(bare.page.locator("img")).to_have_count(0)


def test_a_kernel_that_is_gone_is_told(bare: BarePage) -> None:
    bare.show(ExerciseCard(exercise(MAKE)))
    bare.bridge.silent = True
    bare.page.clock.install()
    bare.page.get_by_role("button", name="Check").click()
    bare.page.clock.run_for(21_000)
    expect(bare.page.locator(".iamlab-answer")).to_contain_text("No answer came")
