"""The shapes of ARNs: what the service reference says the ARNs of a service's resource types look like.

Comes in: the service part of an ARN, or an action. Goes out: `Shape`s with patterns that `patterns.meets` compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from iamlab.policy.reference import Action, reference
from iamlab.policy.validation.patterns import NO_SLASH, meets

__all__ = ["ArnText", "Shape", "fits", "read_arn", "shapes_of_action", "shapes_of_service"]

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
# One that is never closed runs to the end, which also keeps the time linear.
_VARIABLE = re.compile(r"\$\{[^}]*(?:\}|\Z)")
_FLAT: Final = frozenset(("BucketName",))
"""Placeholders that never hold a slash, where it matters: a bucket's ARN is not the beginning of an object's."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The ARN of a resource type.

    Attributes:
        name: the resource type.
        service: the service part of the ARN, a pattern.
        region, account: empty when such ARNs have none, else a pattern.
        resource: the last part, a pattern for `meets`.
    """

    name: str
    service: str
    region: str
    account: str
    resource: str


@dataclass(frozen=True, slots=True)
class ArnText:
    """An ARN as it stands in a policy, its variables read as `*`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def read_arn(text: str) -> ArnText | None:
    """The parts of an ARN; None when there are fewer than six or they don't begin with `arn`."""
    parts = _VARIABLE.sub("*", text).split(":", 5)
    return ArnText(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None


def _pattern(text: str) -> str:
    return _PLACEHOLDER.sub(lambda match: NO_SLASH if match.group(1) in _FLAT else "*", text)


@lru_cache(maxsize=8192)
def _shape(name: str, arn: str) -> Shape | None:
    # ${Partition} holds no colon, so the parts of a template are parted like those of an ARN.
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None
    return Shape(name, *(_pattern(part) for part in parts[2:]))


# ARNs that AWS uses and the reference doesn't list: resources of AWS itself, which have no account, and a few others.
_UNLISTED: Final = (
    Shape("automation-definition", "ssm", "*", "", "automation-definition/*"),
    Shape("changetoken", "waf", "", "*", "changetoken/*"),
    Shape("changetoken", "waf", "*", "*", "changetoken/*"),
    Shape("changetoken", "waf-regional", "*", "*", "changetoken/*"),
    Shape("document", "ssm", "*", "", "document/A*"),
    Shape("parameter", "ssm", "*", "", "parameter/aws/*"),
    Shape("recoveryPoint", "backup", "*", "*", "recovery-point:*"),
    Shape("tags", "apigateway", "*", "", "/tags*"),
    Shape("transform", "cloudformation", "*", "*", "transform/*"),
    Shape("view", "resource-explorer-2", "*", "", "view/AWSServiceView*"),
)


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[Shape, ...]]:
    found: dict[str, dict[Shape, None]] = {}
    for shape in _UNLISTED:
        found.setdefault(shape.service, {})[shape] = None
    for service in reference().services.values():
        for resource_type in service.resource_types.values():
            listed = _shape(resource_type.name, resource_type.arn)
            if listed is not None:
                found.setdefault(listed.service, {})[listed] = None
    return {service: tuple(shapes) for service, shapes in found.items()}


def shapes_of_service(service: str) -> tuple[Shape, ...]:
    """The shapes of ARNs with this service part; none when the reference lists no such ARN."""
    return _index().get(service, ())


def services_in_arns() -> tuple[str, ...]:
    """All service parts that ARNs can have."""
    return tuple(service for service in _index() if "*" not in service)


@lru_cache(maxsize=4096)
def shapes_of_action(action: Action) -> tuple[Shape, ...]:
    """The shapes of the resources that an action works on."""
    service = reference().service(action.service)
    assert service is not None
    shapes = []
    for resource in action.resources:
        resource_type = service.resource_types.get(resource.name)
        shape = resource_type and _shape(resource_type.name, resource_type.arn)
        if shape:
            shapes.append(shape)
    return tuple(shapes)


def fits(arn: ArnText, shape: Shape) -> bool:
    """Whether some ARN fits both the policy's pattern and the shape."""
    return (
        meets(arn.service, shape.service)
        and meets(arn.region, shape.region)
        and meets(arn.account, shape.account)
        and meets(arn.resource, shape.resource)
    )
