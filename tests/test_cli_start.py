"""`iamlab start` is a JupyterLab that keeps to this machine and to the workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from iamlab.cli.jupyter import prepare
from iamlab.course.workspace import Workspace, lesson_names


@dataclass(frozen=True)
class Running:
    home: Path
    work: Path
    server: dict[str, Any]

    def get(self, path: str) -> str:
        with urlopen(f"{self.server['url']}{path}?token={self.server['token']}", timeout=30) as answer:
            text: str = answer.read().decode()
        return text


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home")
    work = home / "lessons"
    variables = {k: v for k, v in os.environ.items() if k not in ("IAMLAB_WORKSPACE", "JUPYTER_TOKEN")}
    variables |= {"HOME": str(home), "USERPROFILE": str(home), "AWS_PROFILE": "production"}
    command = [sys.executable, "-m", "iamlab", "start", str(work), "--no-browser", "--port", "0"]
    with subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL) as process:
        try:
            yield Running(home, work, _server(process, work))
        finally:
            process.terminate()
            process.wait(timeout=30)


def _server(process: subprocess.Popen[bytes], work: Path) -> dict[str, Any]:
    for _ in range(600):
        assert process.poll() is None, "JupyterLab ended before it answered"
        for file in (work / ".iamlab" / "jupyter" / "runtime").glob("jpserver-*.json"):
            try:
                server: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
                urlopen(f"{server['url']}api/status?token={server['token']}", timeout=5).close()
            except (OSError, ValueError):
                continue
            return server
        time.sleep(0.1)
    return pytest.fail("JupyterLab did not answer within a minute")


def test_it_listens_on_loopback_alone_and_wants_a_token(lab: Running) -> None:
    assert lab.server["hostname"] == "127.0.0.1"
    assert len(lab.server["token"]) >= 32


def test_it_opens_at_the_first_lesson(lab: Running) -> None:
    page = lab.get(f"lab/tree/{lesson_names()[0]}.ipynb")
    assert "jupyter-config-data" in page
    listing = json.loads(lab.get("api/contents/"))["content"]
    assert [f"{name}.ipynb" for name in lesson_names()] == [
        entry["name"] for entry in sorted(listing, key=lambda e: e["name"]) if entry["type"] == "notebook"
    ]


def test_it_fetches_neither_news_nor_updates_nor_extensions(lab: Running) -> None:
    assert json.loads(lab.get("lab/api/news")) == {"news": []}
    assert json.loads(lab.get("lab/api/update")) == {"notification": None}
    page = lab.get("lab")
    config = json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])
    assert config["extensionManager"]["can_install"] is False
    settings = json.loads(lab.get("lab/api/settings/@jupyterlab/apputils-extension:notification"))
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"


def test_lessons_as_shipped_are_trusted_so_that_their_pictures_show(lab: Running) -> None:
    cells = json.loads(lab.get(f"api/contents/{lesson_names()[0]}.ipynb"))["content"]["cells"]
    assert {cell["metadata"].get("trusted") for cell in cells if cell["cell_type"] == "code"} == {True}


def test_nothing_is_written_to_the_home_folder(lab: Running) -> None:
    lab.get("lab")
    assert [path.name for path in lab.home.iterdir()] == ["lessons"]


def test_kernels_inherit_no_aws_account(tmp_path: Path) -> None:
    learner = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL": "http://169.254.169.254",
        "BOTO_CONFIG": "/etc/boto.cfg",
        "JUPYTER_CONFIG_PATH": "/etc/elsewhere",
        "PATH": "/usr/bin",
    }
    variables = prepare(Workspace.at(tmp_path), learner)
    assert variables["PATH"] == "/usr/bin"
    assert not {
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "BOTO_CONFIG",
        "JUPYTER_CONFIG_PATH",
    } & set(variables)
    assert variables["AWS_EC2_METADATA_DISABLED"] == "true"
    assert not Path(variables["AWS_CONFIG_FILE"]).exists()
    assert not Path(variables["AWS_SHARED_CREDENTIALS_FILE"]).exists()


def test_a_cell_that_forgot_to_start_the_lab_finds_no_credentials(tmp_path: Path) -> None:
    """Not the learner's own: a kernel restart must not send the next cell to a real account."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n",
        encoding="utf-8",
    )
    mine = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    code = "import boto3; print(boto3.Session().get_credentials())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=prepare(Workspace.at(tmp_path / "work"), mine),
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "None\n"


def test_a_port_that_is_taken_is_said(lab: Running, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "iamlab", "start", str(tmp_path), "--no-browser", "--port"]
    run = subprocess.run([*command, str(lab.server["port"])], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert f"port {lab.server['port']} is not available" in run.stderr
