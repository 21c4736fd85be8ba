"""Journeys in JupyterLab itself: open a notebook, run it, edit a policy, see the decision change."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from iamlab.widgets.front import bundle

from .conftest import Lab, wait_for

IMPORTS = """
from iamlab.engine import PolicySet, Request, decide
from iamlab.widgets import DecisionView, PolicyEditor
user = "arn:aws:iam::123456789012:user/johndoe"
table = "arn:aws:dynamodb:us-east-1:123456789012:table/Orders"
read, delete = (Request(f"dynamodb:{name}", table, user) for name in ("GetItem", "DeleteTable"))
orders = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "ReadOrders", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": table},
        {"Sid": "NeverDelete", "Effect": "Deny", "Action": "dynamodb:Delete*", "Resource": "*"},
    ],
}
questions = [("read an order", read, True), ("delete the table", delete, False)]
"""


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook with its kernel chosen, so that no dialog asks for one."""
    made = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell{number}",
            "metadata": {},
            "outputs": [],
            "source": source.strip(),
        }
        for number, source in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


class Notebook:
    """An open notebook and its kernel."""

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page, self.lab, self.name = page, lab, name
        page.goto(lab.address(name))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.wait_until_idle()

    def session(self) -> dict[str, Any] | None:
        found = [session for session in self.lab.ask("sessions") if session["path"] == self.name]
        return found[0] if found else None

    def wait_until_idle(self) -> None:
        def idle() -> bool:
            session = self.session()
            return bool(session and session["kernel"]["execution_state"] == "idle")

        # The page goes on while we wait: sleeping here would hold its messages up.
        wait_for(
            idle,
            f"the kernel of {self.name} is idle",
            30,
            pause=lambda seconds: self.page.wait_for_timeout(seconds * 1000),
        )

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        # The last cell has its number: every cell ran, or one failed and its traceback stands on the page.
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]"
            ".every((prompt) => /\\[\\d+\\]/.test(prompt.textContent))",
            timeout=40_000,
        )

    def save(self) -> None:
        self.page.locator(".jp-Cell .jp-InputArea-prompt").first.click()
        self.page.keyboard.press("ControlOrMeta+s")
        file = self.lab.root / self.name
        wait_for(
            lambda: "widget-view" in file.read_text(encoding="utf-8"),
            f"{self.name} is saved with its widgets",
            10,
            pause=lambda seconds: self.page.wait_for_timeout(seconds * 1000),
        )

    def close(self) -> None:
        session = self.session()
        if session:
            self.lab.delete(f"sessions/{session['id']}")


@pytest.fixture
def opened(page: Page, jupyterlab: Lab) -> Iterator[Any]:
    """Write a notebook, open it, run it; its kernel ends with the test."""
    notebooks: list[Notebook] = []

    def open_notebook(name: str, *cells: str) -> Notebook:
        if cells:
            write_notebook(jupyterlab.root / name, *cells)
        notebook = Notebook(page, jupyterlab, name)
        notebooks.append(notebook)
        notebook.run_all()
        return notebook

    yield open_notebook
    for notebook in notebooks:
        notebook.close()


def picture(page: Page, name: str) -> None:
    """A screenshot for people to look at, where ``IAMLAB_SCREENSHOTS`` names a folder."""
    folder = os.environ.get("IAMLAB_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(500)  # JupyterLab draws cells that come into view a little later
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.fixture
def lessons(jupyterlab: Lab) -> Path:
    """The lessons as a learner finds them, in the workspace that JupyterLab shows."""
    source = Path(__file__).parents[2] / "notebooks"
    for file in source.rglob("*"):
        if file.is_file():
            target = jupyterlab.root / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return jupyterlab.root


def expected_errors(path: Path) -> int:
    """How many cells of a notebook say that they end in an error."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return sum("raises-exception" in cell["metadata"].get("tags", ()) for cell in cells)


# The colour of each element's text against the first ground below it that isn't transparent (WCAG 2.1, 1.4.3).
CONTRASTS = """
(selectors) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const contrasts = {};
  for (const selector of selectors) {
    for (const element of document.querySelectorAll(selector)) {
      const below = ground(element);
      const [r, g, b, a] = rgba(getComputedStyle(element).color);
      const mixed = [r, g, b].map((v, i) => (v * a + below[i] * (255 - a)) / 255);
      const [one, two] = [light(mixed), light(below)].sort((x, y) => y - x);
      const ratio = (one + 0.05) / (two + 0.05);
      contrasts[selector] = Math.min(contrasts[selector] ?? 99, Math.round(ratio * 10) / 10);
    }
  }
  return contrasts;
}
"""
READABLE = [
    ".iamlab-tok-property",
    ".iamlab-tok-string",
    ".iamlab-tok-punctuation",
    ".cm-gutterElement",
    ".iamlab-title",
    ".iamlab-kind",
    ".iamlab-word",
    ".iamlab-label",
    ".iamlab-reason",
    ".iamlab-wish",
    ".iamlab-message",
    ".iamlab-station-title",
    ".iamlab-station-outcome",
    ".iamlab-part-reason",
    ".iamlab-explanation",
]


def assert_readable(page: Page) -> None:
    contrasts: dict[str, float] = page.evaluate(CONTRASTS, READABLE)
    assert set(contrasts) == set(READABLE), "something to read is missing on the page"
    assert {selector: ratio for selector, ratio in contrasts.items() if ratio < 4.5} == {}


def test_one_edits_a_policy_and_sees_the_decision_change(page: Page, jupyterlab: Lab, opened: Any) -> None:
    opened(
        "editor.ipynb",
        IMPORTS,
        "editor = PolicyEditor(orders, questions, title='What johndoe may do')\neditor",
        "print('may read:', editor.decisions[0].allowed)",
    )
    verdict = page.locator(".iamlab-verdict", has_text="read an order")
    expect(verdict).to_contain_text("allowed")
    expect(page.locator(".jp-OutputArea-output", has_text="may read: True")).to_be_visible()

    page.locator(".cm-content[aria-label^='What johndoe']").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(json.dumps({"Version": "2012-10-17", "Statement": []}))
    expect(verdict).to_contain_text("denied")

    # The keys of JupyterLab's command mode stay out of the editor: no cell is deleted.
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)

    last = page.locator(".jp-Notebook .jp-Cell").last
    last.locator(".jp-InputArea-editor .cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(last.locator(".jp-OutputArea-output", has_text="may read: False")).to_be_visible()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_both_themes_are_readable_and_a_reload_keeps_the_text(
    page: Page, jupyterlab: Lab, opened: Any, theme: str
) -> None:
    jupyterlab.setting("@jupyterlab/apputils-extension:themes", {"theme": f"JupyterLab {theme}"})
    notebook = opened(
        f"theme-{theme.lower()}.ipynb",
        IMPORTS,
        "editor = PolicyEditor(orders, questions, title='What johndoe may do', on_save=print)\neditor",
        "DecisionView(editor.decisions[1])",
    )
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
    page.locator(".iamlab-verdict", has_text="delete the table").click()
    expect(page.locator(".iamlab-editor .iamlab-banner")).to_be_visible()
    expect(page.locator(".iamlab-decision .iamlab-banner")).to_be_visible()
    picture(page, f"editor-{theme.lower()}")
    page.locator(".iamlab-decision").scroll_into_view_if_needed()
    picture(page, f"decision-{theme.lower()}")
    assert_readable(page)
    if theme == "Dark":
        page.locator(".iamlab-editor .cm-content").click()
        page.keyboard.press("ControlOrMeta+Home")
        page.keyboard.insert_text("typed ")
        expect(page.locator(".iamlab-problem").first).to_be_visible()
        picture(page, "problem-dark")
        notebook.save()
        page.reload()
        notebook.wait_until_idle()
        expect(page.locator(".iamlab-editor .cm-content")).to_contain_text("typed {")


def test_six_editors_send_the_front_end_once(page: Page, jupyterlab: Lab, opened: Any) -> None:
    received: list[int] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: received.append(len(frame))))
    opened("six.ipynb", IMPORTS, *["PolicyEditor(orders, questions)"] * 6)
    for number in range(6):
        cell = page.locator(".jp-Notebook .jp-Cell").nth(number + 1)
        cell.scroll_into_view_if_needed()
        expect(cell.locator(".iamlab-verdict")).to_have_count(2)
    assert len(bundle()) < sum(received) < 1.5 * len(bundle())


def test_lesson_05_runs_from_top_to_bottom(page: Page, opened: Any, lessons: Path) -> None:
    opened("05-an-app-that-reads-dynamodb.ipynb")
    expected = expected_errors(lessons / "05-an-app-that-reads-dynamodb.ipynb")
    assert expected > 0
    # JupyterLab shows a traceback with the type of stderr; nothing else may have written there.
    errors = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")
    expect(errors).to_have_count(expected)
    expect(errors.first).to_contain_text("AccessDeniedException")
    errors.first.scroll_into_view_if_needed()
    picture(page, "lesson-05")


def test_the_editor_of_lesson_04_answers(page: Page, opened: Any, lessons: Path) -> None:
    opened("04-policies.ipynb")
    editor = page.locator(".iamlab-editor").first
    editor.scroll_into_view_if_needed()
    verdicts = editor.locator(".iamlab-verdict")
    expect(verdicts.first).to_be_visible()
    before = editor.locator(".iamlab-word").all_text_contents()
    assert {"allowed", "denied"} == set(before)
    picture(page, "lesson-04")
    editor.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text('{"Version": "2012-10-17", "Statement": []}')
    expect(editor.locator(".iamlab-word", has_text="allowed")).to_have_count(0)


def test_exercises_have_buttons(page: Page, jupyterlab: Lab, opened: Any) -> None:
    jupyterlab.setting("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Dark"})
    notebook = opened(
        "exercises.ipynb",
        "from iamlab import Lab\nfrom iamlab.course import exercise\nlab = Lab.start(seed=1)",
        'exercise("01-what-is-iam/who-may-what")',
        'exercise("01-what-is-iam/no-deleting")',
        "# Write your code here",
    )
    card = page.get_by_role("group", name="Everything but deleting")
    answer = card.locator(".iamlab-answer")
    card.get_by_role("button", name="Check").click()
    expect(answer).to_contain_text("Nothing has changed in the lab yet")

    # A mistake in the exercise's cell: the card says what it was, and its keys leave the cells alone.
    page.locator(".jp-Notebook .jp-Cell").last.locator(".jp-InputArea-editor .cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("iamm.put_user_policy()")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".jp-OutputArea-output", has_text="NameError").first).to_be_visible()
    card.get_by_role("button", name="Check").click()
    expect(answer).to_contain_text("The name iamm is not known")
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(4)

    card.get_by_role("button", name="Hint").click()
    expect(card.locator(".iamlab-state")).to_contain_text("tried")
    card.get_by_role("button", name="Solution").click()
    card.get_by_role("button", name="Show the solution?").click()
    expect(answer.locator("pre")).to_contain_text("NoDeleting")
    guesses = page.get_by_role("group", name="Who may do what?")
    guesses.get_by_text("allowed").nth(1).click()
    picture(page, "exercise-dark")
    names = ("title", "stars", "state", "task", "option", "button", "main", "answer", "answer-title", "value")
    contrasts = page.evaluate(CONTRASTS, [f".iamlab-{name}" for name in names])
    assert len(contrasts) == len(names), "something to read is missing on the page"
    assert {selector: ratio for selector, ratio in contrasts.items() if ratio < 4.5} == {}
    notebook.save()
    page.reload()
    notebook.wait_until_idle()
    expect(guesses.get_by_role("radio", checked=True)).to_have_count(1)
