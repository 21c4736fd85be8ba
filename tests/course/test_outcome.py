"""Results show themselves as text and as HTML, and nothing in them can be taken for markup."""

from __future__ import annotations

from iamlab.course.outcome import Note, Outcome, Result, Solution


def test_every_outcome_has_a_look() -> None:
    for outcome in Outcome:
        result = Result(outcome, "words")
        assert "words" in result.to_text()
        assert "words" in result.to_html()
        assert result.correct is (outcome is Outcome.CORRECT)


def test_what_a_learner_wrote_cannot_run_in_the_page() -> None:
    script = "<script>alert(1)</script>"
    for shown in (
        Result(Outcome.NOT_YET, f"There is no option `{script}`."),
        Result(Outcome.CORRECT, script, reason=script),
        Note(script, script),
        Solution(script, script),
    ):
        assert "<script" not in shown._repr_html_()
        assert "&lt;script&gt;" in shown._repr_html_()


def test_a_result_looks_the_same_each_time() -> None:
    one, two = (Result(Outcome.NOT_YET, "no", mistake="m") for _ in range(2))
    assert one == two
    assert repr(one) == repr(two)
    assert one.to_html() == two.to_html()
