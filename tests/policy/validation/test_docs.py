"""docs/findings.md is the table of codes as it stands; `python tools/findings.py` writes it anew."""

import importlib.util
from pathlib import Path

REPO = Path(__file__).parents[3]


def test_the_page_of_codes_is_fresh():
    spec = importlib.util.spec_from_file_location("findings_page", REPO / "tools" / "findings.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert (REPO / "docs" / "findings.md").read_text(encoding="utf-8") == tool.render()
