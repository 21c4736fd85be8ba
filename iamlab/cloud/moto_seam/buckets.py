"""moto's buckets: made, and named by the host of a URL.

In: names and settings. Out: moto's bucket. Pinned to moto by `tests/cloud/services/test_s3_buckets.py`.
"""

from __future__ import annotations

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
