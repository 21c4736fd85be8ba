"""boto3 sessions that share what they read from disk.

A boto3 session reads the models of its services anew, a quarter of a second for EC2's. A lesson makes a session for
each of its people: they share one loader, which keeps what it has read.

https://botocore.amazonaws.com/v1/documentation/api/latest/reference/loaders.html
"""

from __future__ import annotations

import threading
from typing import Any

import boto3
import botocore.session

__all__ = ["SharedModels"]


class SharedModels:
    """Makes sessions that have one loader of service models."""

    def __init__(self) -> None:
        self._loader: Any = None
        self._lock = threading.Lock()

    def session(self, **arguments: Any) -> boto3.Session:
        """A session of its own, `boto3.Session(**arguments)`, but for the models."""
        core = botocore.session.get_session()
        with self._lock:
            if self._loader is None:
                self._loader = core.get_component("data_loader")
            core.register_component("data_loader", self._loader)
            made = boto3.Session(botocore_session=core, **arguments)
            # each session adds boto3's own folder once more
            self._loader.search_paths[:] = dict.fromkeys(self._loader.search_paths)
        return made
