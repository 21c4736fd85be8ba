"""The tags that an account's trails have, for what CloudTrail's calls need by the general rule.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cloud.catalogue.tags import with_resource_tags
from iamlab.cloud.delivery.recorder import trails_of

if TYPE_CHECKING:
    from iamlab.cloud.call import Call
    from iamlab.cloud.catalogue.check import Check
    from iamlab.cloud.state import LabState


def with_tags(call: Call, found: tuple[Check, ...], state: LabState) -> tuple[Check, ...]:
    """The checks with the tags of the trails that they are about."""
    return with_resource_tags(found, {trail.arn: trail.tags for trail in trails_of(state)})
