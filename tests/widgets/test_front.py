"""How widgets reach the page: a small module each, the large one once and only when asked for."""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.engine import PolicySet, Request, decide
from iamlab.widgets import DecisionView, PolicyEditor
from iamlab.widgets.front import Front, bundle, bundle_hash


def editor() -> Front:
    return PolicyEditor("{}")


def decision() -> Front:
    return DecisionView(decide(Request("s3:GetObject", "*"), PolicySet()))


WIDGETS = pytest.mark.parametrize("make", [editor, decision])


@WIDGETS
def test_a_widgets_own_module_is_small(make: Any) -> None:
    assert len(make()._esm) < 4000 < len(bundle())


@WIDGETS
def test_the_bundle_is_sent_when_asked_for_under_its_hash(make: Any) -> None:
    widget = make()
    sent: list[tuple[Any, Any]] = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    widget._handle_custom_msg({"kind": "bundle"}, [])
    assert sent == [({"bundle": bundle_hash()}, [bundle()])]
    assert bundle_hash() in str(widget._esm)


@WIDGETS
@pytest.mark.parametrize(
    "content", [None, [], "x", {}, {"kind": "explain"}, {"id": 7}, {"kind": "explain", "id": None}]
)
def test_a_message_that_makes_no_sense_is_passed_over(make: Any, content: Any) -> None:
    widget = make()
    sent: list[Any] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._handle_custom_msg(content, [])
    assert sent == []


@WIDGETS
def test_a_question_is_answered_under_its_id(make: Any) -> None:
    widget = make()
    sent: list[Any] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._handle_custom_msg({"kind": "nonsense", "id": "a:1"}, [])
    assert sent == [{"id": "a:1", "answer": None}]


@WIDGETS
def test_no_memory_address_reaches_a_notebook(make: Any) -> None:
    shown = make()._repr_mimebundle_()
    assert "0x" not in shown[0]["text/plain"]
    assert "0x" not in shown[0]["text/html"]
