"""What of an account could be shared: resources of the kinds that Access Analyzer looks at, and the ACLs of buckets.

In: an account and a Region. Out: plain values. As in :mod:`iamlab.cloud.moto_seam.resources` nothing is imported or
made by looking. Pinned to moto by `tests/cloud/test_sharing.py`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from iamlab.cloud.moto_seam import buckets, identities
from iamlab.cloud.moto_seam.resources import backend, bucket, partition_of

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


def shareable(account: str, region: str) -> Iterator[tuple[str, str]]:
    """(CloudFormation's type, ARN) of an account's resources in a Region; roles are in every Region."""
    for role in list(identities.iam(account).roles.values()):
        if not identities.is_service_linked(role):
            yield "AWS::IAM::Role", str(role.arn)
    store = backend("s3", account, partition_of(region))
    for found in list(store.buckets.values()) if store is not None else ():
        if found.region_name == region:
            yield "AWS::S3::Bucket", str(found.arn)
    for kind, (service, arns) in _KINDS.items():
        records = backend(service, account, region)
        if records is not None:
            yield from ((kind, str(arn)) for arn in list(arns(records)) if arn)


def bucket_acl(name: str) -> tuple[tuple[str, str], ...]:
    """(who, permission) of a bucket's ACL; none where ACLs are disabled.

    Who is the URI of a group, or a canonical user id.
    """
    found = bucket(name)
    if found is None or found.acl is None or buckets.acls_disabled(found):
        return ()
    return tuple(
        (_who(grantee, found), str(permission))
        for grant in found.acl.grants
        for grantee in grant.grantees
        for permission in grant.permissions
    )


def _who(grantee: Any, found: Any) -> str:
    if grantee.uri:
        return str(grantee.uri)
    own = buckets.is_owner(grantee.id, found)
    return buckets.canonical_id(found.account_id) if own else str(grantee.id)
