"""An application that runs under a role, with no key in its code, its files or its environment.

As Amazon ECS does for a task, `Workload` lets the service `ecs-tasks.amazonaws.com` assume the role (the role's trust
policy decides, and the trail shows it) and offers the session's credentials on a loopback endpoint. The SDK's own
provider chain finds it by two variables, asks it for credentials, and asks again before they expire.

    with lab.workload(role="MyAppRole") as app:
        app.session().client("dynamodb").scan(TableName="Books")   # in this process
        print(app.run("app.py").stdout)                            # or a program of its own

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
"""

from __future__ import annotations

import hmac
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.credentials import ContainerProvider, EnvProvider, create_credential_resolver

from iamlab.cloud.errors import AwsError
from iamlab.cloud.loopback import Handler, Loopback
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.service_calls import assume_for_service
from iamlab.cloud.sessions import Session

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab
    from iamlab.cloud.server import Server
    from iamlab.engine import Decision

SERVICE = "ecs-tasks.amazonaws.com"

_LIFETIME = timedelta(hours=6)  # what ECS gives its tasks
_ROTATE = timedelta(minutes=30)  # SDKs ask anew 15 minutes before the end, and shall get a fresh session then
_AWS = ("AWS_", "BOTO_", "MOTO_")
_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
_PATH = "/v2/credentials/"
_LAB_TIME = "?clock=lab"


class WorkloadError(RuntimeError):
    """The role can't be given to the workload.

    Attributes:
        decision: the decision about the service's AssumeRole call; None if there was nothing to decide.
    """

    def __init__(self, message: str, decision: Decision | None = None) -> None:
        super().__init__(message)
        self.decision = decision


class Workload:
    """A task that runs under a role, from its start until `stop`.

    Args:
        lab: the running lab.
        role: name or ARN of the role.

    Raises:
        WorkloadError: there is no such role, or its trust policy doesn't let `ecs-tasks.amazonaws.com` assume it.
    """

    def __init__(self, lab: Lab, role: str) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self.role_arn = _role_arn(lab, role)
        self.task_id = uuid.UUID(int=lab.state.random.getrandbits(128), version=4).hex
        self._token = lab.state.random.randbytes(32).hex()
        self._credentials = self._assume()
        self._endpoint = _endpoint(self)
        self._server: Server | None = None

    # -------------------------------------------------------------- the role's session
    @property
    def credentials(self) -> Session:
        """The session that the endpoint hands out at this moment of the lab's clock."""
        with self._lock:
            if self._lab.clock.now() >= self._credentials.expires - _ROTATE:
                self._credentials = self._assume()
            return self._credentials

    def _assume(self) -> Session:
        state = self._lab.state
        account = self.role_arn.split(":")[4]
        task = f"arn:aws:ecs:{state.region}:{account}:task/iamlab/{self.task_id}"
        try:
            return assume_for_service(state, SERVICE, self.role_arn, self.task_id, _LIFETIME, task)
        except AwsError as error:
            decision = state.decisions[-1].decision if state.decisions else None
            raise WorkloadError(
                f"ECS was unable to assume the role '{self.role_arn}' that was provided for this task. Please verify "
                "that the role being passed has the proper trust relationship and permissions and that your IAM "
                "user has permissions to pass this role.",
                decision,
            ) from error

    # -------------------------------------------------------------- how an application gets it
    @property
    def container(self) -> dict[str, str]:
        """The two variables by which an SDK finds the credentials."""
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self._endpoint.url + _PATH + self.task_id,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token,
        }

    @property
    def environ(self) -> dict[str, str]:
        """The whole environment of a program that runs as this workload: this one's, without any AWS key.

        The lab is served on a loopback port from the first use on.
        """
        if self._server is None:
            self._server = self._lab.serve()
        return program_environ(self._server) | self.container

    def session(self, region: str | None = None) -> boto3.Session:
        """boto3 in this process, with credentials found by botocore's own provider chain.

        The chain is botocore's, link by link; only the environment that it looks at is the workload's instead of
        this process's, in which the administrator's key stands.
        """
        environ = self.container
        environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] += _LAB_TIME
        core = botocore.session.Session()
        chain = create_credential_resolver(core)
        ours = {
            EnvProvider.METHOD: EnvProvider(environ),
            ContainerProvider.METHOD: ContainerProvider(environ),
        }
        chain.providers[:] = [ours.get(str(provider.METHOD), provider) for provider in chain.providers]
        core.register_component("credential_provider", chain)
        return boto3.Session(botocore_session=core, region_name=region or self._lab.region)

    def run(
        self,
        program: str | os.PathLike[str],
        *arguments: str,
        input: str | None = None,
        timeout: float | None = 120,
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python file as this workload, in a process of its own.

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

    # -------------------------------------------------------------- life
    def stop(self) -> None:
        """End the workload: its endpoint closes. What it got so far lives until it expires, as on AWS."""
        self._endpoint.close()

    def __enter__(self) -> Workload:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<workload under {self.role_arn}>"

    # -------------------------------------------------------------- what the endpoint says
    def answer(self, token: str | None, lab_time: bool) -> tuple[int, dict[str, Any]]:
        """Status and JSON for someone who asks for credentials."""
        if token is None or not hmac.compare_digest(token.encode(), self._token.encode()):
            return 401, {"code": "Unauthorized", "message": "Invalid authorization token"}
        try:
            session = self.credentials
        except WorkloadError as error:
            return 500, {"code": "CredentialsFetchError", "message": str(error)}
        clock = self._lab.clock
        # Another process compares the expiry with its own clock, which knows nothing of the lab's.
        expires = session.expires if lab_time else clock.to_real(session.expires)
        return 200, {
            "RoleArn": self.role_arn,
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "Token": session.session_token,
            "Expiration": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
        }


def _endpoint(workload: Workload) -> Loopback:
    """Where a workload's credentials are fetched."""
    path = _PATH + workload.task_id

    class Credentials(Handler):
        def do_GET(self) -> None:
            asked, _, query = self.path.partition("?")
            if asked != path:
                status, body = 404, {"code": "NotFound", "message": "no such task"}
            else:
                status, body = workload.answer(self.headers.get("Authorization"), "clock=lab" in query)
            self.reply(status, "application/json", json.dumps(body).encode())

    return Loopback(Credentials, "iamlab-workload")


def program_environ(server: Server) -> dict[str, str]:
    """The environment of a program that talks to a served lab and has to find its credentials by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_AWS)}
    served = {name: value for name, value in server.environ().items() if name not in _KEYS}
    return kept | served | {"PYTHONUTF8": "1"}


def _role_arn(lab: Lab, role: str) -> str:
    found = (
        identities.role_by_arn(role)
        if role.startswith("arn:")
        else identities.role_by_name(lab.account_id, role)
    )
    if found is None:
        raise WorkloadError(f"there is no role `{role}`: create it first")
    return str(found.arn)
