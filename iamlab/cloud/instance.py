"""An EC2 instance's metadata service: a program on the instance finds its role with no key and no code.

As EC2 does, `Instance` lets `ec2.amazonaws.com` assume the role of an instance profile (its trust policy decides,
and the trail shows it) and hands the session out on loopback, by version 2 of the service only: a token first, by PUT,
then GETs that carry it. A role that doesn't trust EC2 keeps nobody from starting the instance; the metadata say so.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from email.message import Message
from typing import TYPE_CHECKING, Any

import boto3
from botocore.credentials import InstanceMetadataProvider
from botocore.utils import InstanceMetadataFetcher

from iamlab.cloud.errors import AwsError
from iamlab.cloud.loopback import Handler, Loopback
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.program import Place
from iamlab.cloud.service_calls import assume_for_service
from iamlab.cloud.sessions import Session
from iamlab.cloud.workload import WorkloadError

if TYPE_CHECKING:
    import botocore.session

    from iamlab.cloud.lab import Lab

SERVICE = "ec2.amazonaws.com"

_LIFETIME = timedelta(hours=6)
_ROTATE = timedelta(hours=1)  # well before botocore stretches what is about to expire
_LONGEST_TOKEN_LIFE = 21_600
_TOKEN_PATH = "/latest/api/token"
_DATA = "/latest/meta-data/"
_LAB_TIME = "/lab-time"  # before the path: expiry by the lab's clock, for boto3 in this process
_HELP = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html"
    "#troubleshoot_iam-ec2_errors-info-doc"
)


class Instance(Place):
    """An instance with an instance profile, from its start until `stop`.

    Args:
        lab: the running lab.
        profile: name of the instance profile, in the lab's own account.

    Raises:
        WorkloadError: there is no such instance profile, or no role in it.
    """

    def __init__(self, lab: Lab, profile: str) -> None:
        found = identities.instance_profile_by_name(lab.account_id, profile)
        if found is None:
            raise WorkloadError(f"there is no instance profile `{profile}`: create it first")
        if not found.roles:
            raise WorkloadError(f"the instance profile `{profile}` has no role: add one to it first")
        super().__init__(lab)
        self._profile = found
        self._lock = threading.Lock()
        self._credentials: Session | None = None
        self._tokens: dict[str, datetime] = {}
        self.instance_id = f"i-0{lab.state.random.getrandbits(64):016x}"
        self.arn = f"arn:aws:ec2:{lab.region}:{lab.account_id}:instance/{self.instance_id}"
        self._endpoint = _endpoint(self)

    # -------------------------------------------------------------- how a program gets the role
    @property
    def endpoint(self) -> str:
        """Where the metadata service listens, in place of `http://169.254.169.254`."""
        return self._endpoint.url

    def variables(self) -> dict[str, str]:
        """The variables by which an SDK finds the service."""
        return {
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.endpoint,
        }

    def session(self, region: str | None = None) -> boto3.Session:
        """boto3 in this process as on the instance: botocore's own chain, which sees the instance's environment."""

        def links(core: botocore.session.Session) -> dict[str, Any]:
            fetcher = InstanceMetadataFetcher(
                timeout=10, base_url=self.endpoint + _LAB_TIME, env={}, user_agent=core.user_agent()
            )
            return {str(InstanceMetadataProvider.METHOD): InstanceMetadataProvider(fetcher)}

        return self.chained(links, region)

    def stop(self) -> None:
        """End the instance: its metadata service closes. What it got so far lives until it expires."""
        self._endpoint.close()

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<instance {self.instance_id} with profile {self._profile.name}>"

    # -------------------------------------------------------------- what the service says
    def new_token(self, headers: Message) -> tuple[int, str]:
        """Status and text for a PUT that asks for a token."""
        if "X-Forwarded-For" in headers:
            return 403, ""  # a proxy that is open to the world must not fetch tokens for it
        asked = headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        life = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
        if not 1 <= life <= _LONGEST_TOKEN_LIFE:
            return 400, ""
        with self._lab.state.lock:
            token = self._lab.state.random.randbytes(42).hex()
            now = self._lab.clock.now()
            self._tokens = {known: end for known, end in self._tokens.items() if end > now}
            self._tokens[token] = now + timedelta(seconds=life)
        return 200, token

    def answer(self, path: str, token: str | None, lab_time: bool) -> tuple[int, str]:
        """Status and text for a GET."""
        end = self._tokens.get(token or "")
        if end is None or end <= self._lab.clock.now():
            return 401, ""
        role = next(iter(self._profile.roles), None)
        facts = {"instance-id": self.instance_id, "placement/region": self._lab.region}
        if role is not None:
            facts["iam/security-credentials/"] = role.name
        name = path.removeprefix(_DATA)
        if path.startswith(_DATA) and name in facts:
            return 200, facts[name]
        if role is not None and path == f"{_DATA}iam/security-credentials/{role.name}":
            return 200, json.dumps(self._role_credentials(role, lab_time), indent=2)
        return 404, ""

    def _role_credentials(self, role: Any, lab_time: bool) -> dict[str, str]:
        clock = self._lab.clock
        try:
            session = self._current(role)
        except AwsError:
            return {
                "Code": "AssumeRoleUnauthorizedAccess",
                "Message": f"EC2 cannot assume the role {role.name}. Please see documentation at {_HELP}.",
                "LastUpdated": _stamp(clock.now()),
            }
        # Another process compares the expiry with its own clock, which knows nothing of the lab's.
        issued, expires = (
            when if lab_time else clock.to_real(when) for when in (session.issued, session.expires)
        )
        return {
            "Code": "Success",
            "LastUpdated": _stamp(issued),
            "Type": "AWS-HMAC",
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "Token": session.session_token,
            "Expiration": _stamp(expires),
        }

    def _current(self, role: Any) -> Session:
        with self._lock:
            known = self._credentials
            fresh = known is not None and self._lab.clock.now() < known.expires - _ROTATE
            if known is None or not fresh or known.issuer_id != role.id:
                known = self._credentials = assume_for_service(
                    self._lab.state,
                    SERVICE,
                    role.arn,
                    self.instance_id,
                    _LIFETIME,
                    self.arn,
                    {"ec2:RoleDelivery": "2.0", "ec2:SourceInstanceArn": self.arn},
                )
            return known


def _endpoint(instance: Instance) -> Loopback:
    """The loopback address of one instance's metadata service."""

    class Metadata(Handler):
        def do_PUT(self) -> None:
            known = self.path.removeprefix(_LAB_TIME) == _TOKEN_PATH
            self._say(*(instance.new_token(self.headers) if known else (404, "")))

        def do_GET(self) -> None:
            token = self.headers.get("X-aws-ec2-metadata-token")
            path = self.path.removeprefix(_LAB_TIME)
            self._say(*instance.answer(path, token, path != self.path))

        def _say(self, status: int, text: str) -> None:
            self.reply(status, "text/plain", text.encode())

    return Loopback(Metadata, "iamlab-instance")


def _stamp(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
