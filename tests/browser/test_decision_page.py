"""The decision view on a page without JupyterLab."""

from __future__ import annotations

from playwright.sync_api import expect

from iamlab.engine import PolicySet, decide
from iamlab.widgets import DecisionView

from .conftest import BarePage
from .policies import DELETE, READ, READ_ORDERS, document


def test_it_opens_at_the_layer_that_decided(bare: BarePage) -> None:
    bare.show(DecisionView(decide(DELETE, PolicySet(identity=[READ_ORDERS]))))
    expect(bare.page.locator(".iamlab-banner")).to_contain_text("Denied")
    chosen = bare.page.get_by_role("tab", selected=True)
    expect(chosen).to_have_attribute("data-layer", "identity")
    expect(chosen).to_have_attribute("data-decided", "true")
    deny = bare.page.locator(".iamlab-statement", has_text="NeverDelete")
    expect(deny).to_have_attribute("open", "")
    expect(deny.locator("pre")).to_contain_text('"dynamodb:Delete*"')


def test_every_layer_can_be_opened(bare: BarePage) -> None:
    policies = PolicySet(identity=[READ_ORDERS], boundary=[document()])
    view = DecisionView(decide(READ, policies))
    bare.show(view)
    tabs = bare.page.get_by_role("tab")
    expect(tabs).to_have_count(len(view.decision.trace.layers))
    for tab in tabs.all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(bare.page.get_by_role("tabpanel")).not_to_be_empty()


def test_pointing_at_an_element_lights_it_in_the_statement(bare: BarePage) -> None:
    bare.show(DecisionView(decide(DELETE, PolicySet(identity=[READ_ORDERS]))))
    deny = bare.page.locator(".iamlab-statement", has_text="NeverDelete")
    deny.get_by_role("button", name="Action").focus()
    expect(deny.locator("mark")).to_contain_text("dynamodb:Delete*")


def test_another_decision_can_take_its_place(bare: BarePage) -> None:
    view = DecisionView(decide(DELETE, PolicySet(identity=[READ_ORDERS])))
    bare.show(view)
    bare.push("one", lambda: view.show(decide(READ, PolicySet(identity=[READ_ORDERS]))))
    expect(bare.page.locator(".iamlab-banner")).to_contain_text("Allowed")
