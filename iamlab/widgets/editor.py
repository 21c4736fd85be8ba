"""The policy editor: write a policy and see, while writing, what is wrong with it and what it answers.

The page sends the text a moment after the last key. Python parses it, asks the questions, and sends one report back:
the findings with their places and fixes, and the verdicts. The report repeats the name of the edit it is about, so that
the page never shows answers of another text as if they were of this one. A text that is no valid policy keeps the
answers of the last valid one, marked as such; nothing typed ever raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from iamlab.engine import Decision, PolicySet
from iamlab.policy import Finding, Policy, Span
from iamlab.policy.findings import Fix
from iamlab.widgets.completion import complete
from iamlab.widgets.drafts import Draft
from iamlab.widgets.front import Front, loader
from iamlab.widgets.judging import KINDS, Verdict, judge, others_of
from iamlab.widgets.questions import QuestionLike, questions_of
from iamlab.widgets.static_form import editor_html, editor_text
from iamlab.widgets.trace_data import trace_data

__all__ = ["PolicyEditor"]

_SYNTAX = "JSON_SYNTAX_ERROR"


class PolicyEditor(Front):
    """An editor for one policy with a panel of live verdicts.

    Arguments:
        policy: the first text: JSON, a document as Python data, or a Policy.
        requests: what to ask the policy: a ``Request``, ``(label, Request)``, ``(label, Request, expected)`` with
            True for allowed and False for denied, or a :class:`~iamlab.widgets.questions.Question`. In the place of a
            Request a function may stand that gets the Policy and returns a Decision.
        kind: what the policy is: ``identity``, ``resource``, ``trust``, ``boundary``, ``session``, ``vpce``, ``scp``
            or ``rcp``.
        others: the other policies of the requests, a PolicySet or its parts as a mapping. The edited one joins them
            (as the only boundary, resource policy or endpoint policy; as a level of its own for scp and rcp).
        title: what stands above the text.
        on_save: called with the valid Policy when the button or Ctrl-S is pressed, say ``lambda policy:
            iam.put_user_policy(…, PolicyDocument=policy.text)``. What it returns, or the error it raises, is shown.
        save_label: what the button says.
        draft: what keeps what is typed: a file, or a plain name for one in the learner's workspace. Where it exists
            already, say after a restart of the kernel, its text is taken up again.
        height: of the text before it scrolls, in CSS units.
    """

    _esm = loader("editor")

    text = traitlets.Unicode().tag(sync=True)
    """The text as it stands in the editor, valid or not. Setting it changes the editor."""

    _edit = traitlets.Unicode("").tag(sync=True)
    _report = traitlets.Dict().tag(sync=True)
    _title = traitlets.Unicode().tag(sync=True)
    _kind_words = traitlets.Unicode().tag(sync=True)
    _apply_label = traitlets.Unicode("").tag(sync=True)
    _height = traitlets.Unicode("32em").tag(sync=True)

    def __init__(
        self,
        policy: Policy | str | Mapping[str, Any] | list[Any] = "",
        requests: Iterable[QuestionLike] = (),
        *,
        kind: str = "identity",
        others: PolicySet | Mapping[str, Any] | None = None,
        title: str = "Policy",
        on_save: Callable[[Policy], object] | None = None,
        save_label: str = "Apply",
        draft: str | Path | None = None,
        height: str = "32em",
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"`{kind}` is no kind of policy, expected one of {', '.join(KINDS)}")
        super().__init__()
        self.kind = kind
        self.on_save = on_save
        self._questions = questions_of(requests)
        self._others = others_of(others)
        self._policy: Policy | None = None
        self._verdicts: tuple[Verdict, ...] = ()
        self._edits = 0
        self._draft_state: dict[str, Any] | None = None
        self._draft = None if draft is None else Draft.at(draft)
        self._original = _one_line_end(policy.text if isinstance(policy, Policy) else Policy(policy).text)
        self._title, self._kind_words = title, KINDS[kind].words
        self._apply_label = save_label if on_save else ""
        self._height = height
        self.text = self._original if self._draft is None else self._take_up(self._draft)
        self.refresh()
        self._plain = self.plain()
        self.observe(self._on_text, "text")

    # ── what a notebook asks ──

    @property
    def current(self) -> Policy:
        """The text as it stands as a Policy, valid or not."""
        return self._current

    @property
    def valid(self) -> bool:
        """Whether the text as it stands is a policy that AWS would take, as a policy of this kind."""
        return not self._problems

    @property
    def policy(self) -> Policy | None:
        """The last text that was a valid policy, None before the first."""
        return self._policy

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What keeps the text as it stands from being a policy that AWS would take."""
        return self._problems

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that AWS's policy validation says of the text: errors, warnings and suggestions, with their fixes."""
        return self._findings

    @property
    def decisions(self) -> tuple[Decision | None, ...]:
        """The answers of :attr:`policy`, in the order of the questions; None for one that couldn't be asked."""
        return tuple(verdict.decision for verdict in self._verdicts)

    @property
    def satisfied(self) -> bool:
        """True if the text is valid and every question with a wish has the wished answer."""
        return self.valid and all(verdict.agrees is not False for verdict in self._verdicts)

    def refresh(self) -> None:
        """Ask all questions anew, say after something beside the policy has changed."""
        self._current = Policy(self.text)
        self._problems = tuple(self._current.errors(self.kind))
        # where the text breaks comes first: all else may follow from it
        self._findings = tuple(
            sorted(self._current.findings(self.kind), key=lambda found: found.code != _SYNTAX)
        )
        if not self._problems:
            self._policy = self._current
        if self._policy is not None and (self.valid or not self._verdicts):
            self._verdicts = judge(self._questions, self._policy, self.kind, self._others)
        elif not self._verdicts:
            self._verdicts = tuple(Verdict.unasked(question) for question in self._questions)
        self._report = {
            "edit": self._edit,
            "problems": [_problem(finding) for finding in self._findings],
            "verdicts": [verdict.data() for verdict in self._verdicts],
            "stale": not self.valid,
            "draft": self._draft_state,
        }

    def apply(self) -> object:
        """Hand the policy to ``on_save``; its result. Errors: ValueError for an invalid text, and what it raises."""
        if self.on_save is None:
            raise ValueError("this editor was made without on_save")
        if not self.valid:
            first = self._problems[0]
            raise ValueError(f"not a valid policy, {first.span or 'document'}: {first.message}")
        return self.on_save(self._current)

    # ── what the page asks ──

    def answer(self, kind: str, question: Mapping[str, Any]) -> Any:
        match kind:
            case "explain":
                return self._explain(question.get("index"))
            case "complete":
                return self._complete(question)
            case "apply":
                return self._apply()
            case "original":
                return self._start_over()
            case _:
                return None

    def _explain(self, index: object) -> Any:
        if not isinstance(index, int) or not 0 <= index < len(self._verdicts):
            return None
        decision = self._verdicts[index].decision
        return None if decision is None else trace_data(decision, edited=self._policy)

    def _complete(self, question: Mapping[str, Any]) -> Any:
        path = [str(name) for name in question.get("path") or ()]
        principals = KINDS[self.kind].principals
        options = complete(
            path, str(question.get("slot")), str(question.get("prefix") or ""), principals=principals
        )
        return {"options": options}

    def _apply(self) -> Any:
        try:
            result = self.apply()
        except Exception as error:  # a person pressed a button: whatever went wrong is told there
            return {"ok": False, "message": _one_line(error)}
        self.refresh()
        return {"ok": True, "message": result if isinstance(result, str) else "Applied."}

    def _start_over(self) -> Any:
        if self._draft is not None and self.text != self._original:
            try:
                self._draft.keep_copy()
            except (OSError, UnicodeDecodeError) as error:
                self._draft_state = self._draft_note(False, f"The draft could not be copied: {error}")
        return {"text": self._original}

    # ── text and draft ──

    @traitlets.validate("text")  # type: ignore[untyped-decorator]  # traitlets types no decorators
    def _validate_text(self, proposal: Mapping[str, Any]) -> str:
        # The page's editor counts every line end as one character, so places agree only if we have no other.
        return _one_line_end(proposal["value"])

    def _on_text(self, _change: object) -> None:
        with self.hold_sync():
            if self._edit == self._report.get("edit", ""):
                self._edits += 1
                self._edit = f"python:{self._edits}"
            self._save_draft()
            self.refresh()

    def _take_up(self, draft: Draft) -> str:
        """The draft's text where there is one, else the first text."""
        try:
            text = draft.read()
        except (OSError, UnicodeDecodeError) as error:
            # Someone else's file: leave it alone and say so, rather than write over what can't be read.
            self._draft = None
            self._draft_state = {
                "path": str(draft.path),
                "saved": False,
                "note": f"No draft is kept: {error}",
            }
            return self._original
        if text is None or not text.strip():
            return self._original
        if _one_line_end(text) != self._original:
            self._draft_state = self._draft_note(True, f"Your draft {draft.path.name}, taken up again.")
        return text

    def _save_draft(self) -> None:
        if self._draft is None:
            return
        try:
            self._draft.write(self.text)
        except OSError as error:
            self._draft_state = self._draft_note(False, f"The draft is not saved: {error.strerror or error}")
        else:
            self._draft_state = self._draft_note(True, f"Draft kept in {self._draft.path.name}.")

    def _draft_note(self, saved: bool, note: str) -> dict[str, Any]:
        return {"path": str(self._draft.path) if self._draft else "", "saved": saved, "note": note}

    # ── without a page ──

    def plain(self) -> str:
        return editor_text(self._title, self._kind_words, self._findings, self._verdicts, self.valid)

    def html(self) -> str:
        return editor_html(
            self._title, self._kind_words, self.text, self._findings, self._verdicts, self.valid
        )


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _one_line(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return words or type(error).__name__


def _problem(finding: Finding) -> dict[str, Any]:
    span = finding.span or Span(0, 0, 1, 1, 1, 1)
    return {
        "severity": str(finding.severity).lower(),
        "code": finding.code,
        "message": finding.message,
        "line": span.line,
        "column": span.column,
        "span": [span.start, span.end],
        "why": finding.why,
        "learn_more": finding.learn_more,
        "fix": _fix(finding.fix),
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{"span": [span.start, span.end], "text": text} for span, text in fix.edits]
    return {"title": fix.title, "edits": edits}
