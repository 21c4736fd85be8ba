"""The cloud: an AWS inside this process, with IAM enforced at its door."""

from __future__ import annotations

from iamlab.cloud.lab import Lab, LabError

__all__ = ["Lab", "LabError"]
