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
import threading
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.credentials import ContainerProvider

from iamlab.cloud.errors import AwsError
from iamlab.cloud.loopback import Handler, Loopback
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.program import Place
from iamlab.cloud.service_calls import assume_for_service
from iamlab.cloud.sessions import Session

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab
    from iamlab.engine import Decision

SERVICE = "ecs-tasks.amazonaws.com"
LIFETIME = timedelta(hours=6)
"""What ECS and EKS give their workloads."""

_ROTATE = timedelta(minutes=30)  # SDKs ask anew 15 minutes before the end, and shall get a fresh session then
_LAB_TIME = "?clock=lab"


class WorkloadError(RuntimeError):
    """The role can't be given to the workload.

    Attributes:
        decision: the decision about the service's AssumeRole call; None if there was nothing to decide.
    """

    def __init__(self, message: str, decision: Decision | None = None) -> None:
        super().__init__(message)
        self.decision = decision


class Workload(Place):
    """A task that runs under a role, from its start until `stop`.

    Args:
        lab: the running lab.
        role: name or ARN of the role.

    Raises:
        WorkloadError: there is no such role, or its trust policy doesn't let `ecs-tasks.amazonaws.com` assume it.
    """

    path = "/v2/credentials/"
    """Where the endpoint hands out credentials."""

    def __init__(self, lab: Lab, role: str) -> None:
        super().__init__(lab)
        self._lock = threading.Lock()
        self.role_arn = role_arn(lab, role)
        self.task_id = uuid.UUID(int=lab.state.random.getrandbits(128), version=4).hex
        self._token = lab.state.random.randbytes(32).hex()
        self._credentials = self._assume()
        self._endpoint = _endpoint(self)

    # -------------------------------------------------------------- the role's session
    @property
    def credentials(self) -> Session:
        """The session that the endpoint hands out at this moment of the lab's clock."""
        with self._lock:
            if self._lab.clock.now() >= self._credentials.expires - _ROTATE:
                self._credentials = self._assume()
            return self._credentials

    def _assume(self) -> Session:
        try:
            return self._ask()
        except AwsError as error:
            decisions = self._lab.state.decisions
            raise WorkloadError(self._refused(), decisions[-1].decision if decisions else None) from error

    def _ask(self) -> Session:
        """Let the service assume the role."""
        state = self._lab.state
        account = self.role_arn.split(":")[4]
        task = f"arn:aws:ecs:{state.region}:{account}:task/iamlab/{self.task_id}"
        return assume_for_service(state, SERVICE, self.role_arn, self.task_id, LIFETIME, task)

    def _refused(self) -> str:
        """What the service says when it can't."""
        return (
            f"ECS was unable to assume the role '{self.role_arn}' that was provided for this task. Please verify "
            "that the role being passed has the proper trust relationship and permissions and that your IAM "
            "user has permissions to pass this role."
        )

    # -------------------------------------------------------------- how an application gets it
    @property
    def container(self) -> dict[str, str]:
        """The two variables by which an SDK finds the credentials."""
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self._url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token,
        }

    def variables(self) -> dict[str, str]:
        """The two variables by which an SDK finds the credentials."""
        return self.container

    @property
    def _url(self) -> str:
        return self._endpoint.url + self.path + self.task_id

    def session(self, region: str | None = None) -> boto3.Session:
        """boto3 in this process, as an application in the container finds its credentials."""
        environ = self.container
        environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] += _LAB_TIME
        return self.chained(lambda _: {str(ContainerProvider.METHOD): ContainerProvider(environ)}, region)

    # -------------------------------------------------------------- life
    def stop(self) -> None:
        """End the workload: its endpoint closes. What it got so far lives until it expires, as on AWS."""
        self._endpoint.close()

    def __enter__(self) -> Self:
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
    path = workload.path + workload.task_id

    class Credentials(Handler):
        def do_GET(self) -> None:
            asked, _, query = self.path.partition("?")
            if asked != path:
                status, body = 404, {"code": "NotFound", "message": "no such task"}
            else:
                status, body = workload.answer(self.headers.get("Authorization"), "clock=lab" in query)
            self.reply(status, "application/json", json.dumps(body).encode())

    return Loopback(Credentials, "iamlab-workload")


def role_arn(lab: Lab, role: str) -> str:
    """The ARN of a role that is named by name or ARN.

    Raises:
        WorkloadError: there is none.
    """
    found = (
        identities.role_by_arn(role)
        if role.startswith("arn:")
        else identities.role_by_name(lab.account_id, role)
    )
    if found is None:
        raise WorkloadError(f"there is no role `{role}`: create it first")
    return str(found.arn)
