"""JupyterLab as the lessons want it: on this machine only, with its settings inside the workspace.

JupyterLab runs in this very process. What it would read from or write to the learner's home folder (settings,
signatures, IPython's history) goes to the workspace's data folder instead, and what it would ask of the network (news,
updates, extensions) is switched off. Its kernels inherit an environment without AWS credentials: a cell that runs
before the lab has started, after a kernel restart say, finds no credentials instead of the learner's real account.

Options: https://jupyter-server.readthedocs.io/en/latest/other/full-config.html and JupyterLab's
https://jupyterlab.readthedocs.io/en/stable/user/announcements.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iamlab.course.workspace import VARIABLE, Workspace

__all__ = ["prepare", "run"]

_LAB: Mapping[str, Mapping[str, Any]] = {
    "Application": {"log_level": "WARN"},
    "LabApp": {
        "news_url": None,
        "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "extension_manager": "readonly",
    },
}
_SERVER: Mapping[str, Mapping[str, Any]] = {
    "Application": {"log_level": "WARN"},
    "ServerApp": {"ip": "127.0.0.1"},
    "LanguageServerManager": {"autodetect": False},  # looking for language servers would run npm
}
"""What JupyterLab and its server are told once and for all, in their own configuration format."""

_ENCRYPTED: Mapping[str, Mapping[str, Any]] = {"KernelManager": {"transport_encryption": "auto"}}
"""Added where ZeroMQ can encrypt, so that no other user of the machine can listen to a kernel."""

_OVERRIDES: Mapping[str, Mapping[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",  # "none" would ask the learner in a pop-up
    },
}
"""Settings of JupyterLab's front end that differ from its defaults; the learner can change them in the menu."""

_FOREIGN = ("AWS_", "BOTO", "JUPYTER")
"""Variables that the lessons must not inherit begin so: an account, or settings of another Jupyter."""
_WELCOME = ("JUPYTER_TOKEN",)  # a token that is agreed beforehand, as container set-ups do


def run(workspace: Workspace, notebook: str, *, port: int | None, browser: bool) -> int:
    """Be JupyterLab, opened at `notebook` of the workspace, until it is stopped; returns the exit code."""
    variables = prepare(workspace, os.environ)
    os.environ.clear()
    os.environ.update(variables)
    _trust_lessons(workspace, Path(variables["JUPYTER_DATA_DIR"]))

    from jupyterlab.labapp import LabApp

    arguments = [
        f"--ServerApp.root_dir={workspace.root}",
        f"--LabApp.default_url=/lab/tree/{notebook}",
        f"--ServerApp.open_browser={browser}",
    ]
    if port is not None:
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        arguments.append("--allow-root")  # in containers everybody is root; the server is bound to loopback
    try:
        LabApp.launch_instance(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def prepare(workspace: Workspace, variables: Mapping[str, str]) -> dict[str, str]:
    """Make Jupyter's folders in the workspace; returns the environment for JupyterLab and its kernels.

    That is `variables` without AWS's and Jupyter's own, with Jupyter's folders moved and AWS's files put out of reach.
    """
    folder = workspace.data / "jupyter"
    config, overrides = folder / "config", folder / "config" / "labconfig"
    for place in (overrides, folder / "data", folder / "ipython"):
        place.mkdir(parents=True, exist_ok=True)
    _write_json(config / "jupyter_lab_config.json", _LAB)
    _write_json(config / "jupyter_server_config.json", {**_SERVER, **(_ENCRYPTED if _can_encrypt() else {})})
    _write_json(overrides / "default_setting_overrides.json", _OVERRIDES)
    kept = {
        name: value for name, value in variables.items() if name in _WELCOME or not name.startswith(_FOREIGN)
    }
    return kept | {
        VARIABLE: str(workspace.root),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "AWS_CONFIG_FILE": str(workspace.data / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(workspace.data / "no-aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _can_encrypt() -> bool:
    import zmq
    from jupyter_client.manager import KernelManager

    return bool(zmq.has("curve")) and KernelManager.class_traits().get("transport_encryption") is not None


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _trust_lessons(workspace: Workspace, data: Path) -> None:
    """Sign the lessons as they ship, so that their stored pictures show before a cell has run.

    JupyterLab hides active output of notebooks it has no signature for. Only a copy that is still byte for byte the
    shipped one is signed here; what a learner has changed, their own Jupyter has signed.
    """
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary(data_dir=str(data))
    for path in workspace.unchanged():
        notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()
