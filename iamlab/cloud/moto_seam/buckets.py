"""moto's buckets: made, and named by the host of a URL.

In: names and settings. Out: moto's bucket. Pinned to moto by `tests/cloud/services/test_s3_buckets.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from iamlab.cloud.moto_seam import resources

# `bucket.s3.eu-west-1.amazonaws.com`, `bucket.s3-eu-west-1…`, `bucket.s3.dualstack.…`: what comes before is the bucket,
# dots and `www.` included.
IN_HOST = re.compile(
    r"https?://(?P<bucket>[^/]+)\.s3(?!-control|-outposts|tables|vectors)([.-][^/]*)?\.amazonaws\.com(?=[:/]|$)",
    re.IGNORECASE,
)


HOST_ID = "9Gjjt1m+cjU4OPvX9O9/8RuvnG41MRb/18Oux2o5H5MY7ISNTlXN+Dz9IG62/ILVxhAGI0qyPfg="
"""What moto's errors call the host that answered."""

MOTOS_OWNER = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
"""The one canonical user id that moto has for all accounts."""


def canonical_id(account: str) -> str:
    """The canonical user id by which S3 knows an account."""
    return hashlib.sha256(f"canonical user {account}".encode()).hexdigest()


def is_owner(who: str, bucket: Any) -> bool:
    """Whether a canonical user id of an ACL is that of the bucket's owner."""
    return who in (MOTOS_OWNER, canonical_id(bucket.account_id))


def in_host(url: str) -> str | None:
    """The bucket that a URL's host names; moto's own rule for hosts that aren't S3's."""
    found = IN_HOST.match(url)
    if found is not None:
        return found["bucket"]
    return None if ".amazonaws.com" in url.split("/", 3)[2] else _custom(url)


def _custom(url: str) -> str | None:
    """The first label of any other host with more than one."""
    host = url.split("/", 3)[2]
    return host.split(".")[0] if "." in host else None


def create(name: str, account: str, region: str, *, namespace: str | None = None) -> Any:
    """A new bucket; there must be none of that name.

    Args:
        region: where it lies.
        namespace: `account-regional`, or None for the namespace that all accounts share.
    """
    from moto.s3.models import s3_backends

    store = s3_backends[account][resources.partition_of(region)]
    return store.create_bucket(name, region, bucket_namespace=namespace)


def tag(bucket: Any, tags: Mapping[str, str]) -> None:
    """Give a bucket its tags, in place of any that it had."""
    store = resources.backend("s3", bucket.account_id, bucket.partition)
    assert store is not None
    store.put_bucket_tagging(bucket.name, dict(tags))


# ---------------------------------------------------------------- S3 Block Public Access, ownership, ACLs
Blocks = tuple[bool, bool, bool, bool]
"""BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets."""


def blocks(bucket: Any) -> Blocks:
    """A bucket's own settings."""
    return _as_blocks(bucket.public_access_block)


def account_blocks(account: str) -> Blocks:
    """The settings of an account for all its buckets."""
    found = (
        resources.backend("s3control", account, region)
        for region in resources.regions_of("s3control", account)
    )
    return _as_blocks(next((store.public_access_block for store in found if store is not None), None))


def _as_blocks(settings: Any) -> Blocks:
    if settings is None:
        return False, False, False, False
    return (
        bool(settings.block_public_acls),
        bool(settings.ignore_public_acls),
        bool(settings.block_public_policy),
        bool(settings.restrict_public_buckets),
    )


def close(bucket: Any) -> None:
    """Settings that a new bucket has: public access blocked, ACLs disabled."""
    from moto.s3.models import PublicAccessBlock

    bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
    bucket.ownership_rule = OWNER_ENFORCED


OWNER_ENFORCED = "BucketOwnerEnforced"


def acls_disabled(bucket: Any) -> bool:
    """Whether the bucket's owner owns all objects, and ACLs mean nothing."""
    return bool(bucket.ownership_rule == OWNER_ENFORCED)


def set_acl(bucket: Any, headers: Mapping[str, str]) -> None:
    """Give a bucket the ACL of a request's headers, or the one that only its owner is on."""
    from moto.s3.models import get_canned_acl
    from moto.s3.responses import S3Response

    bucket.acl = S3Response()._acl_from_headers(headers) or get_canned_acl("private")


def acl_of(bucket: Any) -> dict[str, Any]:
    """A bucket's ACL as GetBucketAcl shows it."""
    from moto.s3.responses import S3Response

    shown: dict[str, Any] = S3Response._acl_to_dict(bucket.acl)
    return shown


def private(bucket: Any) -> bool:
    """Whether the bucket's ACL names nobody but its owner."""
    return bucket.acl is None or all(
        is_owner(grantee.id, bucket) for grant in bucket.acl.grants for grantee in grant.grantees
    )


def holds_versions(bucket: Any) -> bool:
    """Whether a bucket that has ever kept versions still holds some, delete markers included."""
    return bool(bucket.versioning_status) and bool(list(bucket.keys.keys()))


# ---------------------------------------------------------------- policy, all buckets
def set_policy(bucket: Any, text: str) -> None:
    """Give a bucket its policy."""
    bucket.policy = text.encode()


def of_account(account: str, partition: str) -> list[Any]:
    """An account's buckets, by their names."""
    store = resources.backend("s3", account, partition)
    return sorted(store.buckets.values(), key=lambda bucket: str(bucket.name)) if store is not None else []
