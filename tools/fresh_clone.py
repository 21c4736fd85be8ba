"""Do what the README tells a learner to do, in a fresh clone with an empty home, and see that it works.

`git clone`, `make lab ARGS=--no-browser` (with pip, as on a machine without uv), then over HTTP: JupyterLab answers and
serves the first lesson as it stands in the project, and a kernel that JupyterLab starts runs a call that the lab
denies. After that `iamlab doctor`, and a look at what was written: nothing but the workspace, caches aside.
Protocol: https://jupyter-client.readthedocs.io/en/latest/messaging.html
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import websocket  # of JupyterLab's own dependencies

ROOT = Path(__file__).parents[1]
MINUTES_TO_SET_UP = 10
SECONDS_TO_ANSWER = 120
FOLDERS_OF_OTHERS = {".aws", ".config", ".ipython", ".jupyter", ".local", ".npm"}
DENIED = """
import boto3
from iamlab import Lab
lab = Lab.start()
boto3.client("iam").create_user(UserName="johndoe")
key = boto3.client("iam").create_access_key(UserName="johndoe")["AccessKey"]
try:
    lab.session(key).client("iam").list_users()
except Exception as error:
    print(error)
"""


def main() -> None:
    """Run the whole story; any step that fails ends it with a message."""
    with tempfile.TemporaryDirectory(prefix="fresh-clone-") as folder:
        clone, home = Path(folder, "clone"), Path(folder, "home")
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True)
        environment = {**os.environ, "HOME": str(home), "NO_UV": "1"}
        environment.pop("VIRTUAL_ENV", None)
        workspace = home / "iamlab-workspace"

        began = time.monotonic()
        lab = subprocess.Popen(
            ["make", "lab", "ARGS=--no-browser"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            server = wait_for_server(lab, workspace)
            print(f"make lab: JupyterLab answers after {time.monotonic() - began:.0f} s", flush=True)
            look_at_lesson(server)
            look_at_denial(server)
        finally:
            if lab.poll() is None:
                os.killpg(lab.pid, signal.SIGTERM)
                lab.wait(timeout=60)

        subprocess.run([clone / ".venv/bin/iamlab", "doctor"], cwd=folder, env=environment, check=True)
        look_at_traces(clone, home)


def wait_for_server(lab: subprocess.Popen[bytes], workspace: Path) -> dict[str, Any]:
    """Where JupyterLab listens and the token it wants, once it does."""
    deadline = time.monotonic() + MINUTES_TO_SET_UP * 60
    while time.monotonic() < deadline:
        if lab.poll() is not None:
            sys.exit(f"make lab ended with exit code {lab.returncode}")
        for file in workspace.glob(".iamlab/jupyter/runtime/jpserver-*.json"):
            try:
                server: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
                get(server, "api/status")
            except (OSError, ValueError):  # half written, or not listening yet
                continue
            return server
        time.sleep(0.5)
    sys.exit(f"make lab did not answer within {MINUTES_TO_SET_UP} minutes")


def get(server: dict[str, Any], path: str, body: dict[str, Any] | None = None) -> bytes:
    """The answer of JupyterLab's server to one request."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(f"{server['url']}{path}?token={server['token']}", data=data, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def look_at_lesson(server: dict[str, Any]) -> None:
    """The page opens, and the first lesson is served as it ships."""
    if b"jupyter-config-data" not in get(server, "lab/tree/00-start-here.ipynb"):
        sys.exit("what answers is not JupyterLab")
    served = json.loads(get(server, "api/contents/00-start-here.ipynb"))["content"]
    shipped = json.loads((ROOT / "notebooks/00-start-here.ipynb").read_text(encoding="utf-8"))
    if [cell["id"] for cell in served["cells"]] != [cell["id"] for cell in shipped["cells"]]:
        sys.exit("the lesson that JupyterLab serves is not the one in the project")
    print(f"00-start-here: served with its {len(served['cells'])} cells", flush=True)


def look_at_denial(server: dict[str, Any]) -> None:
    """A kernel of this JupyterLab starts the lab and is denied a call."""
    kernel = json.loads(get(server, "api/kernels", {"name": "python3"}))["id"]
    address = server["url"].replace("http", "ws", 1)
    channel = websocket.create_connection(
        f"{address}api/kernels/{kernel}/channels?token={server['token']}", timeout=SECONDS_TO_ANSWER
    )
    request = uuid.uuid4().hex
    header = {
        "msg_id": request,
        "msg_type": "execute_request",
        "session": request,
        "username": "",
        "version": "5.3",
    }
    content = {
        "code": DENIED,
        "silent": False,
        "store_history": False,
        "allow_stdin": False,
        "stop_on_error": True,
    }
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(message))
    printed = ""
    while True:
        answer = json.loads(channel.recv())
        if answer["parent_header"].get("msg_id") != request:
            continue
        if answer["msg_type"] == "stream":
            printed += answer["content"]["text"]
        elif answer["msg_type"] == "error":
            printed += "\n".join(answer["content"]["traceback"])
        elif answer["msg_type"] == "execute_reply":
            break
    channel.close()
    if "AccessDenied" not in printed or "iam:ListUsers" not in printed:
        sys.exit(f"a call that nothing allows was not denied as AWS denies it:\n{printed}")
    print(printed.strip(), flush=True)


def look_at_traces(clone: Path, home: Path) -> None:
    """The lessons left nothing in the home folder but the workspace, and the clone as it was.

    Hidden folders of pip and of what pip looks at are set-up's own; Jupyter's, IPython's and AWS's would be ours.
    """
    found = {path.name for path in home.iterdir()}
    ours = {name for name in found if not name.startswith(".")} | (found & FOLDERS_OF_OTHERS)
    if ours != {"iamlab-workspace"}:
        sys.exit(f"the home folder holds more than the workspace: {sorted(ours)}")
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    if status.stdout:
        sys.exit(f"the clone was changed:\n{status.stdout}")
    print("nothing was written outside the workspace", flush=True)


if __name__ == "__main__":
    main()
