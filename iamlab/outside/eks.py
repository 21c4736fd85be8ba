"""A Kubernetes cluster of EKS, as far as IAM sees it: an OpenID Connect issuer of service accounts' tokens.

The cluster publishes its keys like any issuer. The kubelet mounts a token into each pod, and renews the file when most
of the token's life is over.

    cluster = EksCluster(lab.clock.now)
    lab.trust_issuer(cluster.issuer, cluster.start())
    token = cluster.mount("shop", "orders")        # a path: AWS_WEB_IDENTITY_TOKEN_FILE

https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
"""

from __future__ import annotations

import os
import secrets
import tempfile
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.outside.oidc import AWS, OidcIdp

LIFETIME = timedelta(days=1)
"""How long the token of a mounted service account lives."""

_RENEW_AFTER = (
    0.8  # of its life: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
)


class EksCluster(OidcIdp):
    """A cluster with its issuer.

    Args:
        now: the present; `lab.clock.now` makes it live in the lab's time.
        region: stands in the issuer's address.
        cluster_id: the end of the issuer's address, 32 hexadecimal digits; None draws one.
        private: the key to sign with; None makes a new one.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        region: str = "us-east-1",
        cluster_id: str | None = None,
        *,
        private: rsa.RSAPrivateKey | None = None,
    ) -> None:
        name = cluster_id or secrets.token_hex(16).upper()
        super().__init__(now, f"https://oidc.eks.{region}.amazonaws.com/id/{name}", private=private)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._mounted: list[MountedToken] = []

    def service_account_token(
        self,
        namespace: str,
        name: str,
        audience: str = AWS,
        lifetime: timedelta = LIFETIME,
        pod: str | None = None,
    ) -> str:
        """A projected token, with the claims that Kubernetes gives it.

        Args:
            namespace: of the service account.
            name: of the service account.
            pod: name of the pod that it is bound to.
        """
        present = int(self._now().timestamp())
        bound = pod or f"{name}-{secrets.token_hex(5)}"
        return self.token(
            f"system:serviceaccount:{namespace}:{name}",
            [audience],
            nbf=present,
            exp=present + int(lifetime.total_seconds()),
            **{
                "kubernetes.io": {
                    "namespace": namespace,
                    "pod": {"name": bound, "uid": str(uuid.uuid4())},
                    "serviceaccount": {"name": name, "uid": str(uuid.uuid4())},
                }
            },
        )

    def mount(self, namespace: str, name: str, audience: str = AWS) -> MountedToken:
        """The file that a pod of this service account finds its token in."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="iamlab-eks-")
        path = Path(self._folder.name, f"{len(self._mounted)}", "token")
        path.parent.mkdir()
        made = MountedToken(path, lambda: self.service_account_token(namespace, name, audience), self._now)
        self._mounted.append(made)
        return made

    def renew(self) -> None:
        """What the kubelet does from time to time: renew the mounted tokens that are due."""
        for mounted in self._mounted:
            mounted.renew()

    def close(self) -> None:
        """Stop answering; the mounted files are gone. Idempotent."""
        super().close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
            self._mounted.clear()


class MountedToken(os.PathLike[str]):
    """A file with a token, which is renewed when most of the token's life is over.

    The kubelet works in the background; this file is looked after whenever somebody asks for its path.

    Args:
        path: the file.
        issue: makes a token.
        now: the present.
    """

    def __init__(self, path: Path, issue: Callable[[], str], now: Callable[[], datetime]) -> None:
        self.path = path
        self._issue, self._now = issue, now
        self._renew_at: datetime | None = None
        self.renew()

    def renew(self) -> None:
        """Write a new token, if the old one's time has come."""
        present = self._now()
        if self._renew_at is None or present >= self._renew_at:
            self.path.write_text(self._issue(), encoding="ascii")
            self.path.chmod(0o600)
            self._renew_at = present + LIFETIME * _RENEW_AFTER

    def read(self) -> str:
        """The token that is mounted now."""
        return Path(self).read_text(encoding="ascii")

    def __fspath__(self) -> str:
        self.renew()
        return str(self.path)

    def __repr__(self) -> str:
        return f"<mounted token {self.path.name}>"
