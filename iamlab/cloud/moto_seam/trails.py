"""Where moto's CloudTrail keeps its trails, looked at without making any.

In: a trail's ARN. Out: the bucket that it delivers to. Pinned to moto by
`tests/cloud/services/test_policy_generation.py`."""

from __future__ import annotations

from iamlab.cloud.moto_seam.resources import backend


def trail_bucket(arn: str) -> str | None:
    """The bucket of the trail of this ARN; None if there is no such trail."""
    parts = arn.split(":", 5)
    found = backend("cloudtrail", parts[4], parts[3]) if len(parts) == 6 else None
    trail = found.trails.get(parts[5].removeprefix("trail/")) if found is not None else None
    return str(trail.bucket_name) if trail is not None else None
