"""Files that hold keys: readable by their owner alone, from their first moment on."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["write_private"]


def write_private(path: Path, text: str, mode: int = 0o600) -> Path:
    """Write a file anew.

    Args:
        mode: its permissions; what is there already doesn't pass its own on.

    Raises:
        OSError: it can't be written.
    """
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return path
