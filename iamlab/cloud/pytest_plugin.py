"""The pytest fixture ``iam_lab``: a lab of its own for each test that asks for it.

Registered through the entry point ``pytest11``; loads nothing of the lab before a test uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from iamlab.cloud.lab import Lab


@pytest.fixture
def iam_lab() -> Iterator[Lab]:
    """A started, empty lab in which IAM is enforced; stopped after the test."""
    from iamlab.cloud.lab import Lab

    with Lab() as lab:
        yield lab
