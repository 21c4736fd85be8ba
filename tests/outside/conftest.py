"""A clock that stands still, and keys that are made once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.outside.keys import new_private_key

Clock = Callable[[], datetime]


@pytest.fixture(scope="session")
def now() -> Clock:
    return lambda: datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return new_private_key()
