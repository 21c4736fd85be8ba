"""A workload that trades a token from outside of AWS for its role: IAM roles for service accounts (IRSA), and its like.

Nothing of AWS delivers credentials here. Two variables name a role and a file with a token; the SDK's own chain reads
the file and calls AssumeRoleWithWebIdentity, and does so again when the credentials lapse. STS verifies the token.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.credentials import AssumeRoleWithWebIdentityProvider

from iamlab.cloud.program import Place

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab


class WebIdentity(Place):
    """A program's surroundings that hold a token for a role.

    Args:
        lab: the running lab.
        role: ARN of the role; nobody but STS looks whether there is one.
        token_file: the file with the token; a path-like object is asked for its path at every use, so that it can see
            to a fresh token.
        session_name: of the role's sessions; None leaves it to the SDK.
    """

    def __init__(
        self, lab: Lab, role: str, token_file: str | os.PathLike[str], session_name: str | None = None
    ) -> None:
        super().__init__(lab)
        self.role_arn = (
            role if role.startswith("arn:") else f"arn:aws:iam::{lab.account_id}:role/{role.lstrip('/')}"
        )
        self._file = token_file
        self._session_name = session_name

    def variables(self) -> dict[str, str]:
        """The variables by which an SDK finds role and token."""
        made = {"AWS_ROLE_ARN": self.role_arn, "AWS_WEB_IDENTITY_TOKEN_FILE": os.fspath(self._file)}
        if self._session_name is not None:
            made["AWS_ROLE_SESSION_NAME"] = self._session_name
        return made

    def session(self, region: str | None = None) -> boto3.Session:
        """boto3 in this process, as the program finds its credentials."""
        settings = {"role_arn": self.role_arn, "web_identity_token_file": self._file}
        if self._session_name is not None:
            settings["role_session_name"] = self._session_name

        def links(core: botocore.session.Session) -> dict[str, Any]:
            # botocore reads this link's variables from the process alone; a profile says the same
            link = AssumeRoleWithWebIdentityProvider(
                load_config=lambda: {"profiles": {"lab": settings}},
                client_creator=_creator(core, region or self._lab.region),
                profile_name="lab",
                disable_env_vars=True,
            )
            return {str(AssumeRoleWithWebIdentityProvider.METHOD): link}

        return self.chained(links, region)

    def __repr__(self) -> str:
        return f"<web identity for {self.role_arn}>"


def _creator(core: botocore.session.Session, region: str) -> Any:
    def create(service: str, **arguments: Any) -> Any:
        return core.create_client(service, region_name=region, **arguments)

    return create
