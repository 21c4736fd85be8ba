"""Tags as condition keys: those that a request brings, and those that a resource already has.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from iamlab.cloud.catalogue.check import Check, Context

_PAIRS = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"), ("tagKey", "tagValue"))


def tags_in(value: Any) -> dict[str, str] | None:
    """A request's tags as a mapping, in any of the shapes that AWS's services use; None if it isn't one.

    Lists of `{Key, Value}` in four spellings, plain maps, and the text form `a=1&b=2` of S3's header.
    """
    if isinstance(value, Mapping):
        inner = value.get("TagSet", value.get("Items"))
        if isinstance(inner, list):
            return tags_in(inner)
        if all(isinstance(v, str) or v is None for v in value.values()):
            return {str(k): v or "" for k, v in value.items()}
        return None
    if not isinstance(value, list):
        return None
    found: dict[str, str] = {}
    for tag in value:
        if not isinstance(tag, Mapping):
            return None
        for key, text in _PAIRS:
            if key in tag:
                found[str(tag[key])] = str(tag.get(text) or "")
                break
        else:
            return None
    return found


def request_tags(tags: Mapping[str, str]) -> Context:
    """`aws:RequestTag/…` and `aws:TagKeys` of tags that a request passes; nothing where it passes none."""
    if not tags:
        return {}
    context: Context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    context["aws:TagKeys"] = list(tags)
    return context


def tag_keys(keys: Iterable[str]) -> Context:
    """`aws:TagKeys` of a request that removes tags."""
    listed = [str(key) for key in keys]
    return {"aws:TagKeys": listed} if listed else {}


def resource_tags(tags: Mapping[str, str], *prefixes: str) -> Context:
    """`<prefix>:ResourceTag/…` for each prefix: `aws`, and the service's own where it has such a key."""
    if not tags:
        return {}
    return {f"{prefix}:ResourceTag/{key}": value for prefix in prefixes for key, value in tags.items()}


def with_resource_tags(found: tuple[Check, ...], tags: Mapping[str, Mapping[str, str]]) -> tuple[Check, ...]:
    """Checks with the tags of the resources that they are about.

    Args:
        tags: of each resource that has any, by ARN.
    """
    return tuple(
        replace(check, context={**check.context, **resource_tags(tags[check.resource], "aws")})
        if tags.get(check.resource)
        else check
        for check in found
    )
