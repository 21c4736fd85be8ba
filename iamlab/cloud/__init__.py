"""The cloud: an AWS inside this process, with IAM enforced at its door.

The names load on first use: pytest imports this package, for the fixture `iam_lab`, in every run of everybody's
tests, and boto3 and moto take half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab, LabError

__all__ = ["Lab", "LabError"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'iamlab.cloud' has no attribute {name!r}")
    from iamlab.cloud import lab

    value = getattr(lab, name)
    globals()[name] = value
    return value
