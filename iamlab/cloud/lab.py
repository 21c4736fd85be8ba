"""The lab: one running AWS inside this process."""

from __future__ import annotations

from iamlab.cloud.state import LabState

__all__ = ["LabState"]
