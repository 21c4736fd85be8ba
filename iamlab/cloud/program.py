"""A program that gets AWS credentials from where it runs: what every such place has in common.

In: the variables by which an SDK's own chain finds the credentials, and botocore's links that read them. Out: a session
in this process, an environment for programs of their own, and their runs.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.credentials import ContainerProvider, EnvProvider, create_credential_resolver

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab
    from iamlab.cloud.server import Server

_AWS = ("AWS_", "BOTO_", "MOTO_")
_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})


class Place(ABC):
    """Somewhere that programs run and find a role; subclasses say by which variables.

    Args:
        lab: the running lab.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._server: Server | None = None

    @abstractmethod
    def variables(self) -> dict[str, str]:
        """The variables by which an SDK finds the credentials."""

    @property
    def environ(self) -> dict[str, str]:
        """The whole environment of a program that runs here: this process's, without any AWS key.

        The lab is served on a loopback port from the first use on.
        """
        if self._server is None:
            self._server = self._lab.served()
        return program_environ(self._server) | self.variables()

    def run(
        self,
        program: str | os.PathLike[str],
        *arguments: str,
        input: str | None = None,
        timeout: float | None = 120,
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python file here, in a process of its own.

        Args:
            program: the file.
            arguments: what stands behind it on the command line.
            input: what it reads from its standard input.
            timeout: seconds after which it is ended.
            environ: further variables.

        Returns:
            The finished process with `.stdout`, `.stderr` and `.returncode`.

        Raises:
            FileNotFoundError: there is no such file.
            subprocess.TimeoutExpired: it took too long.
        """
        path = Path(program)
        if not path.is_file():
            raise FileNotFoundError(f"there is no program `{path}`")
        command: Sequence[str] = [sys.executable, str(path), *arguments]
        return subprocess.run(
            command,
            env=self.environ | dict(environ or {}),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    def chained(
        self,
        links: Callable[[botocore.session.Session], Mapping[str, Any]],
        region: str | None,
    ) -> boto3.Session:
        """boto3 in this process, with credentials found by botocore's own provider chain.

        The chain is botocore's, link by link; only the environment that it looks at is that of the place instead of
        this process's, in which the administrator's key stands.

        Args:
            links: makes the links that read the place's variables, by name; the others find no variables.
        """
        core = botocore.session.Session()
        chain = create_credential_resolver(core)
        ours: dict[str, Any] = {
            str(EnvProvider.METHOD): EnvProvider({}),
            str(ContainerProvider.METHOD): ContainerProvider({}),
            **links(core),
        }
        chain.providers[:] = [ours.get(str(provider.METHOD), provider) for provider in chain.providers]
        core.register_component("credential_provider", chain)
        return boto3.Session(botocore_session=core, region_name=region or self._lab.region)


def program_environ(server: Server) -> dict[str, str]:
    """The environment of a program that talks to a served lab and has to find its credentials by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_AWS)}
    served = {name: value for name, value in server.environ().items() if name not in _KEYS}
    return kept | served | {"PYTHONUTF8": "1"}
