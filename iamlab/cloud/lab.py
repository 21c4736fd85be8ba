"""The lab: one running AWS inside this process.

`Lab.start()` puts moto behind the gate, makes the account's administrator and lets plain boto3 be it. From then on
IAM is enforced for every call of this process, and nothing of it reaches the network; `lab.stop()` gives
everything back.
"""

from __future__ import annotations

import threading
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

import boto3

from iamlab.cloud.callers import make_root_key
from iamlab.cloud.clock import SEEDED_START, Clock
from iamlab.cloud.environment import Environment, variables
from iamlab.cloud.interception import Interception
from iamlab.cloud.moto_seam import accounts
from iamlab.cloud.shared_models import SharedModels
from iamlab.cloud.state import DEFAULT_ACCOUNT, DEFAULT_REGION, LabState
from iamlab.cloud.trail import Trail

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from iamlab.analysis.snapshot import Account
    from iamlab.cloud.instance import Instance
    from iamlab.cloud.moto_seam.dispatch import Endpoint
    from iamlab.cloud.moto_seam.operations import Reply
    from iamlab.cloud.pod import Pod
    from iamlab.cloud.server import Server
    from iamlab.cloud.web_identity import WebIdentity
    from iamlab.cloud.workload import Workload
    from iamlab.engine import Decision

__all__ = ["Lab", "LabError", "LabState"]


class LabError(RuntimeError):
    """The lab can't do what it was asked to in its present state."""


class Lab:
    """An AWS in this process in which IAM is enforced.

    Args:
        seed: makes ids, keys and secrets reproducible and the clock start at a fixed instant.
        account: the account that plain boto3 works in.
        region: the default region.
    """

    _current: Lab | None = None
    _starting = threading.RLock()

    def __init__(
        self, *, seed: int | None = None, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> None:
        if not (account.isascii() and account.isdigit() and len(account) == 12):
            raise ValueError(f"an account id has twelve digits, not `{account}`")
        self.seed = seed
        self.region = region
        self._account = account
        self._environment = Environment()
        self._models = SharedModels()
        self._servers: list[Server | Workload | Instance] = []
        self._keys: accounts.Keys | None = None
        self._interception: Interception | None = None
        self.state = self._new_state()

    # -------------------------------------------------------------- life
    @classmethod
    def start(
        cls, *, seed: int | None = None, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> Lab:
        """Start the lab, or return the one that runs.

        Raises:
            LabError: a lab with another seed, account or region is running.
        """
        with cls._starting:
            running = Lab._current
            if running is None:
                return cls(seed=seed, account=account, region=region).__enter__()
            if (running.seed, running.account_id, running.region) != (seed, account, region):
                raise LabError(
                    f"a lab with seed={running.seed}, account={running.account_id}, region={running.region} "
                    "is running: stop it first with `lab.stop()`"
                )
            return running

    @classmethod
    def current(cls) -> Lab | None:
        """The lab that runs in this process."""
        return Lab._current

    def __enter__(self) -> Lab:
        with Lab._starting:
            if Lab._current is not None:
                raise LabError("a lab is already running in this process: stop it first")
            self._environment.take({})
            self.state = self._new_state()
            self._interception = Interception(self.state)
            try:
                self._interception.start()
                self._populate()
            except BaseException:
                self._interception.stop()
                self._environment.restore()
                self._interception = None
                raise
            Lab._current = self
            return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the lab: its resources are gone, the environment is as it was before. Idempotent."""
        with Lab._starting:
            if self._interception is None:
                return
            self.state.close()
            while self._servers:
                self._servers.pop().stop()
            self._interception.stop()
            self._interception = None
            self._environment.restore()
            self._keys = None
            Lab._current = None

    def reset(self) -> None:
        """Start over with an empty account; the administrator's key stays valid, all others are gone."""
        with Lab._starting:
            self._running()
            accounts.forget_everything()
            self.state.start_over(self._new_clock())
            self._populate()

    def _new_clock(self) -> Clock:
        return Clock(SEEDED_START if self.seed is not None else None)

    def _new_state(self) -> LabState:
        return LabState(
            account_id=self._account,
            region=self.region,
            clock=self._new_clock(),
            random=accounts.random_source(),
        )

    def _populate(self) -> None:
        self.state.random.seed(self.seed)
        self._keys = accounts.make_administrator(self._account, self._keys)
        self._environment.take(self.environ())

    def _running(self) -> None:
        if self._interception is None:
            raise LabError("the lab is not running: start it with `Lab.start()`")

    # -------------------------------------------------------------- what one asks it
    @property
    def account_id(self) -> str:
        """The account that plain boto3 works in."""
        return self._account

    @property
    def enforcing(self) -> bool:
        """True while IAM is enforced for every call of this process."""
        return self._interception is not None

    @property
    def clock(self) -> Clock:
        """The lab's clock."""
        return self.state.clock

    @property
    def trail(self) -> Trail:
        """What happened so far, as CloudTrail would tell it."""
        return Trail(self.state.events)

    @property
    def source_ip(self) -> str:
        """The address that calls come from, as `aws:SourceIp` shows it; may be set."""
        return self.state.source_ip

    @source_ip.setter
    def source_ip(self, address: str) -> None:
        from ipaddress import ip_address

        self.state.source_ip = str(ip_address(address))

    def why(self, error: Any = None) -> Decision | None:
        """The decision about the latest call, or about the one that raised `error`.

        Args:
            error: botocore's ClientError, or a response of the call.

        Returns:
            None if no call has needed a decision.

        Raises:
            LabError: IAM's policies had no part in this error, or in that of the latest call (a wrong signature, a
                forged assertion …).
        """
        if error is not None:
            response = error if isinstance(error, dict) else getattr(error, "response", {})
            request_id = response.get("ResponseMetadata", {}).get("RequestId")
            code = response.get("Error", {}).get("Code", "this result")
        elif self.state.refusal is not None:
            request_id, code = self.state.refusal
        else:
            return self.state.decisions[-1].decision if self.state.decisions else None
        for decided in reversed(self.state.decisions):
            if decided.request_id == request_id:
                return decided.decision
        raise LabError(f"no policy was asked about `{code}`: the call failed before or after IAM's decision")

    def snapshot(self, account: str | None = None) -> Account:
        """An account of the lab as plain values, for `iamlab.analysis`.

        Args:
            account: its id; the account that plain boto3 works in by default.
        """
        self._running()
        from iamlab.cloud.snapshot import snapshot_of

        return snapshot_of(self.state, account or self._account)

    def decisions(self, who: str | None = None) -> tuple[Decision, ...]:
        """Every decision on the calls so far, oldest first, as `least_privilege` takes them.

        Args:
            who: only those of `user/ana` or `role/App` (all of its sessions), or of that ARN.
        """
        made = [decision for call in self.state.decisions for decision in call.decisions]
        return tuple(decision for decision in made if who is None or _made_by(decision, who))

    def answer(self, endpoint: Endpoint, request: Any, *, secure: bool = True) -> Reply:
        """Let one request through the gate; `server.py` and tests bring requests of their own."""
        self._running()
        assert self._interception is not None
        return self._interception.gate.handle(endpoint, request, secure=secure)

    # -------------------------------------------------------------- who one can be
    def environ(self, profile: Mapping[str, str] | None = None) -> dict[str, str]:
        """The AWS variables of a program that works in this lab.

        Args:
            profile: `AccessKeyId`, `SecretAccessKey` and perhaps `SessionToken`; None for the administrator.
        """
        if profile is None:
            assert self._keys is not None
            return variables(self._keys.access_key_id, self._keys.secret_access_key, self.region)
        made = variables(profile["AccessKeyId"], profile["SecretAccessKey"], self.region)
        if profile.get("SessionToken"):
            made["AWS_SESSION_TOKEN"] = profile["SessionToken"]
        return made

    def session(self, key: Mapping[str, Any], region: str | None = None) -> boto3.Session:
        """boto3 as the holder of a key.

        Args:
            key: the `AccessKey` part of CreateAccessKey's response, the `Credentials` part of one of STS's, or
                either response whole.
        """
        self._running()
        part = key.get("AccessKey") or key.get("Credentials") or key
        return self._models.session(
            aws_access_key_id=part["AccessKeyId"],
            aws_secret_access_key=part["SecretAccessKey"],
            aws_session_token=part.get("SessionToken"),
            region_name=region or self.region,
        )

    def root_session(self, account: str | None = None) -> boto3.Session:
        """boto3 as the root user of an account."""
        self._running()
        key = make_root_key(self.state, account or self._account)
        return self.session({"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key})

    def sign_in(
        self,
        name: str,
        password: str,
        mfa_code: str | None = None,
        *,
        new_password: str | None = None,
        account: str | None = None,
    ) -> boto3.Session:
        """boto3 as the console works for an IAM user who has signed in.

        Args:
            name: the user's name.
            mfa_code: what the user's MFA device shows, where there is one.
            new_password: replaces a password that has expired, or that an administrator has handed out.
            account: where the user lives; None for the lab's own account.

        Raises:
            iamlab.cloud.sign_in.SignInError: nobody was signed in, and why.
        """
        self._running()
        from iamlab.cloud.sign_in import sign_in

        return sign_in(self, name, password, mfa_code, new_password=new_password, account=account)

    def serve(self, port: int = 0) -> Server:
        """Offer this same AWS on a loopback port, for the AWS CLI and other programs.

        Args:
            port: 0 for any free one.
        """
        self._running()
        from iamlab.cloud.server import Server

        server = Server(self, port)
        server.start()
        self._servers.append(server)
        return server

    def served(self) -> Server:
        """The address at which the lab is served already, or a new one."""
        from iamlab.cloud.server import Server

        running = (one for one in self._servers if isinstance(one, Server) and not one.stopped)
        return next(running, None) or self.serve()

    def trust_issuer(self, issuer: str, address: str) -> None:
        """Let an OpenID Connect issuer be played by a server on loopback, as a hosts file would.

        STS fetches the keys of `issuer` from there; of every other issuer it can have none. Whether anybody gets in
        with the issuer's tokens is said by IAM's providers and the roles' trust policies alone.

        Args:
            issuer: its URL as tokens name it, `https://token.actions.githubusercontent.com`.
            address: where it really listens, `http://127.0.0.1:40123`.

        Raises:
            ValueError: the issuer is no https URL, or the address isn't on loopback.
        """
        self._running()
        from iamlab.cloud.federation.issuers import register

        register(self.state, issuer, address)

    def workload(self, role: str) -> Workload:
        """An application that runs under a role and finds its credentials by its SDK's own chain.

        Args:
            role: name or ARN; its trust policy has to let `ecs-tasks.amazonaws.com` assume it.

        Raises:
            WorkloadError: there is no such role, or it doesn't trust the service.
        """
        self._running()
        from iamlab.cloud.workload import Workload

        made = Workload(self, role)
        self._servers.append(made)
        return made

    def pod(self, role: str, service_account: str, namespace: str = "default", cluster: str = "lab") -> Pod:
        """A pod of EKS that gets its role by a Pod Identity association.

        Args:
            role: name or ARN; its trust policy has to let `pods.eks.amazonaws.com` assume it and tag the session.
            service_account: the Kubernetes service account that the pod runs under.
            namespace: where both live.
            cluster: name of the EKS cluster.

        Raises:
            WorkloadError: there is no such role, or it doesn't trust the service.
        """
        self._running()
        from iamlab.cloud.pod import Pod

        made = Pod(self, role, service_account, namespace, cluster)
        self._servers.append(made)
        return made

    def web_identity(
        self, role: str, token_file: str | os.PathLike[str], session_name: str | None = None
    ) -> WebIdentity:
        """The surroundings of a program that trades a token in a file for a role (IRSA, and its like).

        Args:
            role: name or ARN; its trust policy decides when the program makes its first call.
            token_file: the file with the token.
            session_name: of the role's sessions; None leaves it to the SDK.
        """
        self._running()
        from iamlab.cloud.web_identity import WebIdentity

        return WebIdentity(self, role, token_file, session_name)

    def instance(self, profile: str) -> Instance:
        """An EC2 instance's metadata service (version 2), with the credentials of an instance profile's role.

        Args:
            profile: name of the instance profile.

        Raises:
            WorkloadError: there is no such instance profile, or no role in it.
        """
        self._running()
        from iamlab.cloud.instance import Instance

        made = Instance(self, profile)
        self._servers.append(made)
        return made

    # -------------------------------------------------------------- how it shows itself
    def __repr__(self) -> str:
        if not self.enforcing:
            return "iamlab: stopped, IAM is not enforced"
        return (
            f"iamlab: IAM is enforced · account {self._account} · {self.region} · {_time(self.clock.now())}"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        mark, word = ("✔", "enforced") if self.enforcing else ("✘", "not enforced")
        facts = f"account {self._account} · {self.region} · {_time(self.clock.now())}"
        html = (
            '<div style="border-left:4px solid currentColor;padding:.3em .8em">'
            f"{mark} <b>IAM is {word}</b> <span style='opacity:.7'>{escape(facts)}</span></div>"
        )
        return {"text/plain": repr(self), "text/html": html}


def _made_by(decision: Decision, who: str) -> bool:
    """Whether a decision is about a call of `user/ana`, `role/App`, or the holder of an ARN."""
    kind, _, name = who.partition("/")
    entity = decision.request.issuer or decision.request.caller
    parts = entity.rpartition(":")[2].split("/")
    return who in (entity, decision.request.caller) or (kind == parts[0] and name == parts[-1])


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
