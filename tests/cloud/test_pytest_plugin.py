"""What a test with the fixture `iam_lab` reports; the example is that of docs/testing.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
[REPORT] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
START = """
import boto3
import pytest

@pytest.fixture
def ana(iam_lab):
    iam = boto3.client("iam")
    iam.create_user(UserName="ana")
    return iam_lab.session(iam.create_access_key(UserName="ana")["AccessKey"])

"""
TITLE = "*What IAM decided*"

pytest_plugins = "pytester"


@pytest.fixture
def example(pytester: pytest.Pytester) -> pytest.Pytester:
    for name, text in re.findall(r"```\w+ (\S+)\n(.*?)```", PAGE, re.DOTALL):
        (pytester.path / name).write_text(text, encoding="utf-8")
    return pytester


def test_a_missing_permission_fails_the_example_with_the_decision(example: pytest.Pytester) -> None:
    run = example.runpytest_inprocess()
    run.assert_outcomes(failed=1)
    printed = re.sub(r"(MyAppRole/)[0-9a-f]{32}", r"\1…", run.stdout.str())
    assert REPORT.partition("\n")[2] in printed


def test_the_example_passes_with_the_permission(example: pytest.Pytester) -> None:
    policy = example.path / "policy.json"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(
        text.replace('"sqs:GetQueueUrl"', '"sqs:GetQueueUrl", "sqs:SendMessage"'), encoding="utf-8"
    )
    example.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_denial_that_an_application_swallows_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        START + "def test_it(ana):\n"
        "    try: ana.client('s3').list_buckets()\n"
        "    except Exception: found = None\n"
        "    assert found is not None\n"
    )
    run = pytester.runpytest_inprocess()
    run.stdout.fnmatch_lines([TITLE, "Denied*s3:ListAllMyBuckets*"])


@pytest.mark.parametrize(
    "body",
    [
        "assert ana.client('sts').get_caller_identity()['Account'] == '1'",
        "boto3.client('iam').get_user(UserName='nobody')",
    ],
    ids=("nothing denied", "failed for another reason"),
)
def test_a_test_that_fails_for_another_reason_has_no_decision(pytester: pytest.Pytester, body: str) -> None:
    pytester.makepyfile(START + f"def test_it(ana):\n    {body}\n")
    run = pytester.runpytest_inprocess()
    run.assert_outcomes(failed=1)
    run.stdout.no_fnmatch_line(TITLE)
