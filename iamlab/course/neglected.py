"""A small company's account that nobody has looked after: what the lesson on best practices cleans up.

`neglected(lab)` makes it with ordinary API calls and lets four months pass. Comes out: a `Company` that knows how its
programs work, so that a lesson can see whether they still do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from iamlab.cloud import Lab
from iamlab.course.documents import allow
from iamlab.outside.authority import CertificateAuthority

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
HOST = "www.example.org"
BUCKET = "example-reports"

_MONTHS = 120


@dataclass(frozen=True, slots=True)
class Company:
    """What stands outside of the account: the program with its key, and who issues the certificates."""

    key: Mapping[str, str] = field(repr=False)
    """The access key that the nightly program was given."""
    authority: CertificateAuthority

    def export(self, session: boto3.Session) -> None:
        """The nightly program's work: read the list of reports, read one, write its summary."""
        s3 = session.client("s3")
        s3.list_objects_v2(Bucket=BUCKET)
        s3.get_object(Bucket=BUCKET, Key="raw.csv")
        s3.put_object(Bucket=BUCKET, Key="summary.csv", Body=b"total,42\n")


def neglected(lab: Lab) -> Company:
    """Make the account, and let four months pass.

    Args:
        lab: a running lab in which none of this stands yet.
    """
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="raw.csv", Body=b"1\n41\n")

    iam.create_user(UserName="dana")
    iam.attach_user_policy(UserName="dana", PolicyArn=ADMINISTRATOR)
    iam.create_login_profile(UserName="dana", Password="Sunshine1")

    iam.create_user(UserName="nightly-export")
    iam.attach_user_policy(UserName="nightly-export", PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName="nightly-export")["AccessKey"]

    iam.create_user(UserName="old-intern")
    iam.put_user_policy(
        UserName="old-intern", PolicyName="Look", PolicyDocument=json.dumps(allow("s3:ListAllMyBuckets"))
    )
    iam.create_access_key(UserName="old-intern")

    iam.create_policy(PolicyName="OldProject", PolicyDocument=json.dumps(allow("iam:PassRole", "ec2:*")))

    authority = CertificateAuthority(lab.clock.now)
    certificate: Any = authority.issue(HOST, days=_MONTHS + 20)
    iam.upload_server_certificate(
        ServerCertificateName="www",
        CertificateBody=certificate.pem,
        PrivateKey=certificate.key_pem,
    )
    company = Company({name: key[name] for name in ("AccessKeyId", "SecretAccessKey")}, authority)
    lab.clock.advance(days=_MONTHS)
    company.export(lab.session(company.key))
    return company
