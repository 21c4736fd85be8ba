"""A real browser for the widgets: on a page of our own with the Python side called directly, and in JupyterLab.

Whatever a page asks of a host other than loopback is refused and fails the test that did it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from iamlab.widgets.front import Front

HERE = Path(__file__).parent
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # No name but loopback's can be resolved: what a page tries elsewhere fails, and is reported below.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


def find_chromium() -> str:
    """The browser to drive; `IAMLAB_CHROMIUM` names another."""
    named = os.environ.get("IAMLAB_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome", "chrome"]
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    return pytest.fail(
        "the browser tests need Chromium: `apt-get install chromium` on Debian, or set IAMLAB_CHROMIUM to the "
        "program; `pytest -m 'not browser'` runs the tests that need none",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests."""
    program = find_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that reaches loopback alone, and fails the test for a request elsewhere or a script error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    outside: list[str] = []
    errors: list[str] = []

    def watch(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in LOOPBACK:
            outside.append(request.url)

    context.on("request", watch)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "websocket",
        lambda ws: None if urlsplit(ws.url).hostname in LOOPBACK else outside.append(ws.url),
    )
    yield page
    context.close()
    assert outside == [], "the page asked hosts other than loopback"
    assert errors == [], "a script of the page failed"


# ── a page of our own ──


@dataclass
class Bridge:
    """What a kernel does between page and widget, without a kernel: hands messages in, collects what goes out."""

    widgets: dict[str, Front] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Name of the widget and kind of each message the page sent."""
    silent: bool = False
    """A kernel that is busy: nothing comes back."""

    def add(self, name: str, widget: Front) -> None:
        self.widgets[name] = widget

    def state(self, name: str) -> dict[str, Any]:
        """All synced traits, through JSON as on the wire."""
        state: dict[str, Any] = json.loads(json.dumps(self.widgets[name].get_state(), default=str))
        return state

    def hear(self, name: str, what: dict[str, Any]) -> dict[str, Any]:
        if self.silent:
            return {"state": {}, "messages": []}
        widget = self.widgets[name]
        before = self.state(name)
        messages: list[dict[str, Any]] = []

        def send(content: Any, buffers: Any = None) -> None:
            messages.append({"content": content, "text": bytes(buffers[0]).decode() if buffers else None})

        widget.send = send
        if "state" in what:
            self.asked.append((name, "state"))
            widget.set_state(what["state"])
        else:
            self.asked.append((name, what["content"]["kind"]))
            widget._handle_custom_msg(what["content"], [])
        before.update(what.get("state", {}))
        state = {key: value for key, value in self.state(name).items() if before.get(key) != value}
        return {"state": state, "messages": messages}


@dataclass
class BarePage:
    """A page that shows widgets, and the bridge to their Python side."""

    page: Page
    bridge: Bridge

    def show(self, widget: Front, name: str = "one") -> None:
        """Render the widget below those that stand there, as anywidget would."""
        self.bridge.add(name, widget)
        self.page.evaluate(
            "([name, esm, state]) => show(name, esm, state)",
            [name, str(widget._esm), self.bridge.state(name)],
        )

    def push(self, name: str, change: Callable[[], object]) -> None:
        """Let Python change the widget, and tell the page."""
        before = self.bridge.state(name)
        change()
        state = {key: value for key, value in self.bridge.state(name).items() if before.get(key) != value}
        self.page.evaluate(
            "([name, state]) => models[name].hear({ state, messages: [] })",
            [name, state],
        )


@pytest.fixture
def bare(page: Page) -> BarePage:
    """A page without JupyterLab, served from nowhere."""
    bridge = Bridge()
    page.expose_function("kernel", bridge.hear)
    html = (HERE / "page.html").read_text(encoding="utf-8")
    page.route("http://localhost/bare", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://localhost/bare")
    page.wait_for_function("window.ready")
    return BarePage(page, bridge)


# ── JupyterLab ──


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab with an empty home."""

    url: str
    token: str
    root: Path

    def address(self, notebook: str) -> str:
        return f"{self.url}/lab/tree/{notebook}?token={self.token}&reset"

    def ask(self, path: str) -> Any:
        """What the server's REST API answers."""
        return self._request("GET", f"api/{path}")

    def delete(self, path: str) -> None:
        self._request("DELETE", f"api/{path}")

    def setting(self, plugin: str, value: dict[str, Any]) -> None:
        """Change a setting of JupyterLab as its settings editor does."""
        self._request("PUT", f"lab/api/settings/{plugin}", {"raw": json.dumps(value)})

    def _request(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as a child process: loopback, free port, token, and nothing of the person's who runs the tests."""
    home = tmp_path_factory.mktemp("home")
    root = tmp_path_factory.mktemp("workspace")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "AWS_", "IPYTHON"))
    }
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    log = (home / "jupyterlab.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={root}",
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly",
        ],
        env=kept | {name: str(folder) for name, folder in folders.items()},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    lab = Lab(f"http://127.0.0.1:{port}", token, root)
    try:
        wait_for(lambda: lab.ask("status"), "JupyterLab answers", 60, process, Path(log.name))
        # JupyterLab asks at the first start whether it may fetch news; nobody is here to say no.
        lab.setting(
            "@jupyterlab/apputils-extension:notification", {"fetchNews": "false", "checkForUpdates": False}
        )
        yield lab
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def wait_for(
    check: Callable[[], Any],
    what: str,
    seconds: float,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Any:
    """The first true answer of ``check``; a failed test with the server's last words where none comes in time."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = check()
        except OSError:
            answer = None
        if answer:
            return answer
        if time.monotonic() > end or (process and process.poll() is not None):
            words = log.read_text(encoding="utf-8")[-2000:] if log else ""
            pytest.fail(f"waited {seconds:.0f} s in vain until {what}\n{words}", pytrace=False)
        pause(0.1)
