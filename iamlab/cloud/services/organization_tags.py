"""Tags of an organization's roots, units, accounts and policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam.organization_entities import Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_answers import (
    invalid,
    managed,
    no_target,
    other_pattern,
    page,
    seen,
    violation,
)
from iamlab.cloud.state import LabState

TAGS = 50
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""


@operation("organizations", "TagResource")
def tag_resource(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_TagResource.html"""
    tags = _tags(managed(call), call.params["ResourceId"])
    added = checked(call.params["Tags"], tags)
    tags.update(added)
    return {}


@operation("organizations", "UntagResource")
def untag_resource(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_UntagResource.html"""
    tags = _tags(managed(call), call.params["ResourceId"])
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return {}


@operation("organizations", "ListTagsForResource")
def list_tags_for_resource(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTagsForResource.html"""
    tags = _tags(seen(call), call.params["ResourceId"])
    return page(call, tags.items(), "Tags", lambda tag: {"Key": tag[0], "Value": tag[1]})


def checked(
    tags: Iterable[Mapping[str, str]] | None, present: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Tags that a call brings, as AWS takes them.

    Args:
        tags: the call's.
        present: those that the resource has.

    Raises:
        AwsError: a key comes twice, belongs to AWS, or there are too many.
    """
    found: dict[str, str] = {}
    for tag in tags or ():
        if tag["Key"] in found:
            raise invalid(
                "DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to the same entity."
            )
        if tag["Key"].lower().startswith("aws:"):
            raise invalid(
                "INVALID_SYSTEM_TAGS_PARAMETER",
                "You specified a tag key that is a system tag. You can’t add, edit, or delete system tag keys because "
                "they're reserved for AWS use. System tags don’t count against your tags per resource limit.",
            )
        found[tag["Key"]] = tag["Value"]
    if len({*(present or ()), *found}) > TAGS:
        raise violation(
            "MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource."
        )
    return found


def _tags(tree: Tree, resource: str) -> dict[str, str]:
    """The tags of a resource, to be changed in place. AWS's own policies have none."""
    policy = tree.policy(resource)
    if policy is not None and policy.aws_managed:
        raise other_pattern()
    own = tree.resource_policy
    if own is not None and own.id == resource:
        return own.tags
    found = policy or tree.node(resource)
    if found is None:
        raise no_target()
    return found.tags
