"""Writing and deleting objects in moto's S3, one at a time, and what is known of one.

In: a bucket's name and an object's key and version. Out: what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from moto.s3.exceptions import AccessDeniedByLock
from moto.s3.models import FakeDeleteMarker

from iamlab.cloud.moto_seam import resources


class LockedError(Exception):
    """Object Lock protects this version."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion did to a versioned bucket; both are empty where the object is simply gone."""

    marker: str | None = None
    """The version id of the delete marker that was put on top, or that was the version deleted."""


def is_marker(bucket: str, key: str, version: str) -> bool:
    """Whether a version of an object is a delete marker."""
    found = resources.bucket(bucket)
    versions = found.keys.getlist(key, []) if found is not None else []
    return any(isinstance(one, FakeDeleteMarker) and str(one.version_id) == version for one in versions)


def delete(bucket: str, key: str, version: str | None, *, bypass: bool) -> Deletion:
    """Delete an object, or one version of it. A missing one is no error.

    Args:
        bucket: an existing bucket, in whatever account.
        bypass: governance-mode retention doesn't count.

    Raises:
        LockedError: the version is locked.
    """
    found = resources.bucket(bucket)
    assert found is not None
    was_marker = version is not None and is_marker(bucket, key, version)
    store = resources.backend("s3", found.account_id, found.partition)
    assert store is not None
    try:
        _, facts = store.delete_object(bucket, key, version_id=version, bypass=bypass)
    except AccessDeniedByLock as error:
        raise LockedError from error
    if version:
        return Deletion(version if was_marker else None)
    return Deletion((facts or {}).get("version-id"))


def put(bucket: str, key: str, data: bytes, kind: str, encoding: str, kms_key: str | None = None) -> None:
    """Write an object, as a service does: nobody is asked.

    Args:
        bucket: an existing bucket, in whatever account.
        kind: its content type.
        encoding: its content encoding.
        kms_key: ARN of the key that encrypts it; None for the bucket's default.
    """
    found = resources.bucket(bucket)
    assert found is not None
    store = resources.backend("s3", found.account_id, found.partition)
    assert store is not None
    made = store.put_object(bucket, key, data, encryption="aws:kms" if kms_key else None, kms_key_id=kms_key)
    made.set_metadata({"Content-Type": kind, "Content-Encoding": encoding}, replace=True)
