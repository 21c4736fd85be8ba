"""Answers for every possible request: what policies allow, compared, bounded and made small.

The names are loaded on first use, so that one question doesn't wait for the others' code.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.analysis.access import WhoCan, who_can
    from iamlab.analysis.authorization_details import account_from_json
    from iamlab.analysis.comparison import Comparison, Relation, compare
    from iamlab.analysis.escalation import Escalations, escalations
    from iamlab.analysis.external_access import ExternalAccess, Zone, external_access
    from iamlab.analysis.internal_access import InternalAccess, internal_access
    from iamlab.analysis.permissiveness import Reach, reach
    from iamlab.analysis.snapshot import Account
    from iamlab.analysis.spaces import Answer, Space, allows, never_allows
    from iamlab.analysis.usage import LeastPrivilege, least_privilege

__all__ = [
    "Account",
    "Answer",
    "Comparison",
    "Escalations",
    "ExternalAccess",
    "InternalAccess",
    "LeastPrivilege",
    "Reach",
    "Relation",
    "Space",
    "WhoCan",
    "Zone",
    "account_from_json",
    "allows",
    "compare",
    "escalations",
    "external_access",
    "internal_access",
    "least_privilege",
    "never_allows",
    "reach",
    "who_can",
]

_HOMES = {
    "Account": "snapshot",
    "Answer": "spaces",
    "Comparison": "comparison",
    "Escalations": "escalation",
    "ExternalAccess": "external_access",
    "InternalAccess": "internal_access",
    "LeastPrivilege": "usage",
    "Reach": "permissiveness",
    "Relation": "comparison",
    "Space": "spaces",
    "WhoCan": "access",
    "Zone": "external_access",
    "account_from_json": "authorization_details",
    "allows": "spaces",
    "compare": "comparison",
    "escalations": "escalation",
    "external_access": "external_access",
    "internal_access": "internal_access",
    "least_privilege": "usage",
    "never_allows": "spaces",
    "reach": "permissiveness",
    "who_can": "access",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'iamlab.analysis' has no attribute {name!r}")
    return getattr(import_module(f"iamlab.analysis.{home}"), name)
