"""What of an account could be shared with others: resources of the kinds that Access Analyzer looks at, and the ways
beside their policies by which moto's records share them: bucket ACLs, Block Public Access, grants on keys.

In: an account and a Region. Out: plain values. As in :mod:`iamlab.cloud.moto_seam.resources` nothing is imported or
made by looking. Pinned to moto by `tests/cloud/test_sharing.py`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.moto_seam import identities
from iamlab.cloud.moto_seam.resources import backend, bucket, kms_key, partition_of

# CloudFormation's type → (boto3's service, the ARNs in its backend). S3's backends stand under the partition.
_KINDS: Mapping[str, tuple[str, Callable[[Any], Iterable[str]]]] = {
    "AWS::SQS::Queue": ("sqs", lambda found: [queue.queue_arn for queue in found.queues.values()]),
    "AWS::SNS::Topic": ("sns", lambda found: list(found.topics)),
    "AWS::KMS::Key": ("kms", lambda found: [key.arn for key in found.keys.values()]),
    "AWS::SecretsManager::Secret": (
        "secretsmanager",
        lambda found: [secret.arn for secret in found.secrets.values()],
    ),
    "AWS::Lambda::Function": (
        "lambda",
        lambda found: [versions["latest"].function_arn for versions in found._lambdas._functions.values()],
    ),
    "AWS::DynamoDB::Table": ("dynamodb", lambda found: [table.table_arn for table in found.tables.values()]),
    "AWS::DynamoDB::Stream": (
        "dynamodb",
        lambda found: [
            table.latest_stream_label and f"{table.table_arn}/stream/{table.latest_stream_label}"
            for table in found.tables.values()
        ],
    ),
    "AWS::ECR::Repository": (
        "ecr",
        lambda found: [repository.arn for repository in found.repositories.values()],
    ),
}

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_OWNER_ENFORCED = "BucketOwnerEnforced"


@dataclass(frozen=True, slots=True)
class BucketSharing:
    """How a bucket is shared beside its policy.

    Attributes:
        acl: (who, permission) of its ACL where ACLs count; who is a group's URI or a canonical user id.
        ignores_public_acls, restricts_public: Block Public Access, the bucket's and the account's together.
    """

    acl: tuple[tuple[str, str], ...]
    ignores_public_acls: bool
    restricts_public: bool


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """A grant on a KMS key.

    Attributes:
        grantee: ARN, or a service.
        operations: `Decrypt` …
        context: what the encryption context has to be, or to hold.
    """

    grantee: str
    operations: tuple[str, ...]
    context: Mapping[str, str]


def shareable(account: str, region: str) -> Iterator[tuple[str, str]]:
    """(CloudFormation's type, ARN) of an account's resources in a Region; roles are in every Region."""
    for role in list(identities.iam(account).roles.values()):
        if not identities.is_service_linked(role):
            yield "AWS::IAM::Role", str(role.arn)
    buckets = backend("s3", account, partition_of(region))
    for found in list(buckets.buckets.values()) if buckets is not None else ():
        if found.region_name == region:
            yield "AWS::S3::Bucket", str(found.arn)
    for kind, (service, arns) in _KINDS.items():
        records = backend(service, account, region)
        if records is not None:
            yield from ((kind, str(arn)) for arn in list(arns(records)) if arn)


def bucket_sharing(name: str) -> BucketSharing | None:
    """How a bucket is shared beside its policy; None if there is none of this name."""
    found = bucket(name)
    if found is None:
        return None
    account = backend("s3control", found.account_id, found.partition)
    blocks = [found.public_access_block, account.public_access_block if account is not None else None]
    ownership = _ownership(found.ownership_rule)
    grants = found.acl.grants if found.acl is not None and ownership != _OWNER_ENFORCED else ()
    return BucketSharing(
        acl=tuple(
            (str(grantee.uri or grantee.id), str(permission))
            for grant in grants
            for grantee in grant.grantees
            for permission in grant.permissions
        ),
        ignores_public_acls=any(block is not None and block.ignore_public_acls for block in blocks),
        restricts_public=any(block is not None and block.restrict_public_buckets for block in blocks),
    )


def _ownership(rule: Any) -> str:
    """A bucket is made without ACLs unless it says otherwise; moto keeps a text, or one rule or several.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """
    if isinstance(rule, str):
        return rule
    rules = (rule or {}).get("Rule") or []
    for listed in rules if isinstance(rules, list) else [rules]:
        return str(listed["ObjectOwnership"])
    return _OWNER_ENFORCED


def own_canonical_id() -> str:
    """The canonical user id that all buckets of moto's accounts belong to."""
    from moto.s3.models import OWNER

    return str(OWNER)


def key_grants(account: str, region: str, key_id: str) -> list[KeyGrant]:
    """The grants on a KMS key."""
    key = kms_key(account, region, key_id)
    made = []
    for grant in list(key.grants.values()) if key is not None else ():
        constraints = grant.constraints or {}
        context = (
            constraints.get("EncryptionContextEquals") or constraints.get("EncryptionContextSubset") or {}
        )
        made.append(KeyGrant(str(grant.grantee_principal), tuple(grant.operations), dict(context)))
    return made
