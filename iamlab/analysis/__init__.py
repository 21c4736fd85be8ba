"""Answers for every possible request: what policies allow, compared, bounded and made small.

The names are loaded on first use, so that one question doesn't wait for the others' code.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.analysis.comparison import Comparison, Relation, compare
    from iamlab.analysis.spaces import Answer, Space, allows, never_allows

__all__ = ["Answer", "Comparison", "Relation", "Space", "allows", "compare", "never_allows"]

_HOMES = {
    "Answer": "spaces",
    "Comparison": "comparison",
    "Relation": "comparison",
    "Space": "spaces",
    "allows": "spaces",
    "compare": "comparison",
    "never_allows": "spaces",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'iamlab.analysis' has no attribute {name!r}")
    return getattr(import_module(f"iamlab.analysis.{home}"), name)
