"""An error in a learner's cell is told in words that say what to do."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import boto3
import IPython
import pytest

from iamlab import Lab
from iamlab.course import Outcome, exercise
from iamlab.course.prose import html_of, read
from iamlab.course.stumbles import explain, latest_stumble


def error_of(code: str) -> BaseException:
    names: dict[str, Any] = {"boto3": boto3, "json": json}
    try:
        exec(compile(code, "cell", "exec"), names)
    except Exception as error:
        return error
    raise AssertionError(f"{code} raises nothing")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("iamm.create_user()", "The name `iamm` is not known"),
        ("x = (1,\ny = 2", "line 1"),
        ("if True:\nx = 1", "Python cannot read it in line 2"),
        ("{}['a']", "`KeyError: 'a'`"),
        ("boto3.client('iam').create_user(Name='x')", 'Missing required parameter in input: "UserName"'),
        ("boto3.client('iam').get_user(UserName='nobody')", "Is the name spelled as in the task?"),
        (
            "iam = boto3.client('iam'); [iam.create_user(UserName='twice') for _ in range(2)]",
            "It was made before",
        ),
        ("raise ValueError('`<b>`' * 500)", "…`"),
    ],
    ids=[
        "unknown name",
        "open bracket",
        "indentation",
        "key",
        "parameters",
        "no such user",
        "made twice",
        "long",
    ],
)
def test_an_error_is_explained(code: str, words: str) -> None:
    with Lab(seed=1):
        text = explain(error_of(code))
    assert "stopped at an error" in text
    assert words in text
    assert len(text) < 700
    assert "<b>" not in html_of(read(text))


def test_without_a_notebook_there_is_nothing_to_say() -> None:
    assert latest_stumble() == ""


def test_a_check_after_a_cell_that_failed_names_the_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    ran = SimpleNamespace(error_before_exec=None, error_in_exec=error_of("iamm"))
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(last_execution_result=ran))
    with Lab(seed=1):
        ex = exercise("00-start-here/first-user")
        failed = ex.check()
        assert failed.outcome is Outcome.NOT_ATTEMPTED
        assert "The name `iamm` is not known" in failed.message
        boto3.client("iam").create_user(UserName="guest")
        assert "iamm" not in ex.check().message, "what is solved is solved"
