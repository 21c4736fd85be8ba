"""iamlab: learn AWS IAM against an in-process AWS in which IAM is really enforced.

The public names are loaded on first use, so that ``import iamlab.engine`` stays free of boto3, moto and Jupyter.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.analysis import compare
    from iamlab.cloud import Lab
    from iamlab.engine import Decision, PolicySet, Request, decide
    from iamlab.policy import Policy

__version__ = "0.1.0"
__all__ = ["Decision", "Lab", "Policy", "PolicySet", "Request", "compare", "decide"]

_HOMES = {
    "Decision": "iamlab.engine",
    "Lab": "iamlab.cloud",
    "Policy": "iamlab.policy",
    "PolicySet": "iamlab.engine",
    "Request": "iamlab.engine",
    "compare": "iamlab.analysis",
    "decide": "iamlab.engine",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'iamlab' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
