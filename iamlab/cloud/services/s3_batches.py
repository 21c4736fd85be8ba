"""S3's DeleteObjects: what the caller may delete is deleted, all else is reported key by key.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import objects
from iamlab.cloud.services import operation
from iamlab.cloud.services.s3_errors import bucket_of, malformed_xml
from iamlab.cloud.state import LabState

_MOST = 1_000


@operation("s3", "DeleteObjects")
def delete_objects(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
    params = call.params
    name, request = str(params["Bucket"]), params.get("Delete") or {}
    entries = request.get("Objects") or []
    if not 1 <= len(entries) <= _MOST:
        raise malformed_xml()
    bucket_of(call)
    deleted, errors = [], []
    for position, entry in enumerate(entries):
        error = call.refused.get(position)
        if error is None:
            try:
                deleted.append(_delete(name, entry, bypass=bool(params.get("BypassGovernanceRetention"))))
                continue
            except objects.LockedError:
                error = AwsError(
                    "AccessDenied", "Access Denied because object protected by object lock.", 403
                )
        errors.append({**_named(entry), "Code": error.code, "Message": error.message})
    return {"Deleted": [] if request.get("Quiet") else deleted, "Errors": errors}


def _delete(bucket: str, entry: dict[str, Any], *, bypass: bool) -> dict[str, Any]:
    done = objects.delete(bucket, entry["Key"], entry.get("VersionId"), bypass=bypass)
    if done.marker is None:
        return _named(entry)
    return {**_named(entry), "DeleteMarker": True, "DeleteMarkerVersionId": done.marker}


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("Key", "VersionId") if entry.get(name)}
