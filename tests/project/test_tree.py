"""What the tracked files must and must not hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Put together here, so that this file does not hold what it looks for.
INDEX_HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry." + "npm" + "js.org",
    "registry." + "yarn" + "pkg.com",
    "conda." + "anaconda.org",
]
INDEX_SETTINGS = ["index" + "-url", "extra" + "-index", '"resolved"' + ': "http', "_auth" + "Token"]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((path.relative_to(ROOT).as_posix(), content.decode("utf-8")))
    return found


@pytest.fixture(scope="module")
def files() -> list[tuple[str, str]]:
    if not (ROOT / ".git").exists():
        pytest.fail("this test reads what git tracks: run it in a clone")
    return texts()


@pytest.mark.parametrize("words", [INDEX_HOSTS, INDEX_SETTINGS], ids=["hosts", "settings"])
def test_no_file_says_where_packages_are_fetched_from(files: list[tuple[str, str]], words: list[str]) -> None:
    allowed = {"tools/constraints.sh"}  # its options keep addresses out of constraints.txt
    found = [(name, word) for name, text in files for word in words if word in text and name not in allowed]
    assert found == []


def test_no_file_holds_a_path_of_the_machine_it_was_written_on(files: list[tuple[str, str]]) -> None:
    home = re.compile(r"(?<![\w.])/(?:home|Users|root)/(?!\$|\{|<|ada\b)[\w.-]+")
    found = [(name, match[0]) for name, text in files for match in home.finditer(text)]
    assert found == []
    assert [name for name, text in files if f"{ROOT}/" in text] == []


def test_text_files_end_their_lines_as_unix_does(files: list[tuple[str, str]]) -> None:
    assert [name for name, text in files if "\r\n" in text] == []


def test_the_licence_is_the_one_that_pyproject_names() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_make_targets_that_the_documents_name_exist(files: list[tuple[str, str]]) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for name, text in files
        if name.endswith(".md")
        for target in re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)
    }
    assert {"lab", "test"} <= named <= targets


def test_links_between_documents_lead_somewhere(files: list[tuple[str, str]]) -> None:
    broken = []
    for name, text in files:
        if name.endswith(".md"):
            for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text):
                if not (ROOT / name).parent.joinpath(target).exists():
                    broken.append((name, target))
    assert broken == []
