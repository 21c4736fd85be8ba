"""What docs/federation.md shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from iamlab.cloud import Lab

PAGE = Path(__file__).parents[2] / "docs" / "federation.md"


def test_the_blocks_of_the_page_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    try:
        for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
            exec(compile(block, str(PAGE), "exec"), names)
    finally:
        for name in ("github", "directory", "idp"):
            if name in names:
                names[name].close()
        running = Lab.current()
        if running is not None:
            running.stop()
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "arn:aws:sts::123456789012:assumed-role/Analyst/ana",
        "repo:octo-org/shop:ref:refs/heads/main",
        "arn:aws:sts::123456789012:federated-user/bo",
        "https://signin.aws.amazon.com/federation",
        printed[4],
        "True",
    ]
    assert printed[4].startswith("the certificate has expired on ")
