"""The decision view: a decision as stations one can walk through, from the verdict down to a single condition."""

from __future__ import annotations

import traitlets

from iamlab.engine import Decision
from iamlab.widgets.front import Front, loader
from iamlab.widgets.trace_data import trace_data

__all__ = ["DecisionView"]


class DecisionView(Front):
    """Shows a :class:`~iamlab.engine.Decision`, say ``DecisionView(lab.why())``.

    Where no page draws it, the decision's own text and picture stand in.
    """

    _esm = loader("decision")
    _trace = traitlets.Dict().tag(sync=True)

    def __init__(self, decision: Decision) -> None:
        if not isinstance(decision, Decision):
            raise TypeError(f"DecisionView shows a Decision, got {type(decision).__name__}")
        super().__init__()
        self._decision = decision
        self._trace = trace_data(decision)
        self._plain = self.plain()

    @property
    def decision(self) -> Decision:
        """The decision on view."""
        return self._decision

    def plain(self) -> str:
        return self._decision.to_text()

    def html(self) -> str:
        return self._decision.to_html()

    def show(self, decision: Decision) -> None:
        """Show another decision in the same place."""
        self._decision = decision
        self._trace = trace_data(decision)
