"""What all our widgets share: how their front end reaches the page, and how page and Python talk.

The front end is one bundle (``static/iamlab.js``, built from ``frontend/``). anywidget would send it with every widget,
so a widget's module is the small ``loader.js``, which asks for the bundle once a page and gets it as a binary message.
Besides synced traits a page can put questions: a message ``{"kind": …, "id": …}`` is handed to the method that
:meth:`Front.answer` names for its kind, and what that returns goes back under the same id.

Where there is no page (a terminal, a test, a file on GitHub) a widget is shown by its ``repr`` and by static HTML.
Both say the same on every machine, so that stored notebooks can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import anywidget
import traitlets

__all__ = ["Front", "bundle", "bundle_hash", "loader"]

_HERE = files("iamlab.widgets")


@cache
def bundle() -> bytes:
    """The front end's module."""
    return _HERE.joinpath("static/iamlab.js").read_bytes()


@cache
def bundle_hash() -> str:
    """The SHA-256 of the module, as its build noted it."""
    manifest = json.loads(_HERE.joinpath("static/iamlab.json").read_text(encoding="utf-8"))
    return str(manifest["bundle"])


def loader(view: str) -> str:
    """The module that anywidget sends with each widget; it shows ``view`` of the bundle."""
    source = _HERE.joinpath("loader.js").read_text(encoding="utf-8")
    return source.replace("__HASH__", bundle_hash()).replace("__VIEW__", view)


class Front(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's base class is untyped
    """A widget drawn by the shared bundle."""

    _plain = traitlets.Unicode("").tag(sync=True)
    """What the page shows until the bundle is there."""

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._hear)

    def answer(self, kind: str, question: Mapping[str, Any]) -> Any:
        """Answer a question of the page: a value that JSON can carry, None where there is no answer."""
        return None

    def plain(self) -> str:
        """The widget as text, the same on every machine."""
        raise NotImplementedError

    def html(self) -> str:
        """The widget as static HTML, everything escaped."""
        raise NotImplementedError

    def _hear(self, _widget: object, content: Any, _buffers: Sequence[object] | None) -> None:
        if not isinstance(content, Mapping):
            return
        if content.get("kind") == "bundle":
            self.send({"bundle": bundle_hash()}, buffers=[bundle()])
        elif isinstance(content.get("id"), str):
            self.send({"id": content["id"], "answer": self.answer(str(content.get("kind")), content)})

    def __repr__(self) -> str:
        return self.plain()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        shown: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**kwargs)
        if shown is not None:
            shown[0]["text/plain"] = self.plain()
            shown[0]["text/html"] = self.html()
        return shown
