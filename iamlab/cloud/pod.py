"""A pod of Amazon EKS that gets its role by an EKS Pod Identity association.

EKS lets the service `pods.eks.amazonaws.com` assume the role and tag the session with cluster, namespace, service
account and pod; the role's trust policy has to allow both. The pod finds the credentials on a loopback endpoint, with a
token that is mounted as a file.

https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
"""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.cloud.service_calls import assume_for_service
from iamlab.cloud.sessions import Session
from iamlab.cloud.workload import LIFETIME, Workload

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab

SERVICE = "pods.eks.amazonaws.com"
_LONGEST_NAME = 64


class Pod(Workload):
    """A pod with an association, from its start until `stop`.

    Args:
        lab: the running lab.
        role: name or ARN of the association's role.
        service_account: the Kubernetes service account that the pod runs under.
        namespace: where both live.
        cluster: name of the EKS cluster.

    Raises:
        WorkloadError: there is no such role, or its trust policy doesn't let EKS assume it and tag the session.
    """

    path = "/v1/credentials/"

    def __init__(
        self, lab: Lab, role: str, service_account: str, namespace: str = "default", cluster: str = "lab"
    ) -> None:
        random = lab.state.random
        self.namespace, self.service_account, self.cluster = namespace, service_account, cluster
        self.uid = str(uuid.UUID(int=random.getrandbits(128), version=4))
        self.name = f"{service_account}-{random.getrandbits(40):010x}"
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        super().__init__(lab, role)

    def _ask(self) -> Session:
        state = self._lab.state
        account = self.role_arn.split(":")[4]
        cluster = f"arn:aws:eks:{state.region}:{account}:cluster/{self.cluster}"
        return assume_for_service(
            state,
            SERVICE,
            self.role_arn,
            f"eks-{self.cluster}-{self.name}-{self.uid}"[:_LONGEST_NAME],
            LIFETIME,
            cluster,
            tags={
                "eks-cluster-arn": cluster,
                "eks-cluster-name": self.cluster,
                "kubernetes-namespace": self.namespace,
                "kubernetes-service-account": self.service_account,
                "kubernetes-pod-name": self.name,
                "kubernetes-pod-uid": self.uid,
            },
        )

    def _refused(self) -> str:
        return (
            f"EKS could not give the role '{self.role_arn}' to the service account "
            f"'{self.namespace}/{self.service_account}': its trust policy has to let {SERVICE} do sts:AssumeRole and "
            "sts:TagSession."
        )

    @property
    def container(self) -> dict[str, str]:
        """The two variables by which an SDK finds the credentials; the token is in a file."""
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self._url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self.token_file),
        }

    @property
    def token_file(self) -> Path:
        """The file with the token; its folder is private to this user."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="iamlab-pod-")
            path = Path(self._folder.name, "eks-pod-identity-token")
            path.write_text(self._token, encoding="ascii")
        return Path(self._folder.name, "eks-pod-identity-token")

    def stop(self) -> None:
        """End the pod: its endpoint closes, its token is gone."""
        super().stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __repr__(self) -> str:
        return f"<pod {self.namespace}/{self.name} under {self.role_arn}>"
