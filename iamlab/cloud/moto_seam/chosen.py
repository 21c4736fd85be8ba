"""moto runs the operation that the gate has decided about, and copies from where the gate has looked.

moto reads a request's operation once more, and finds it where no client put it: in the query of the URL, or in any
text of a JSON body that has `&Action=` in it. It splits the source of a copy as a URL, so that `//a/b/c` is of bucket
`b`.

In: moto's request. Out: what its handlers shall take from it. Pinned to moto by `tests/cloud/test_chosen.py`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from moto.core.responses import BaseResponse

_CHOSEN = "iamlab.operation"
_COPY_SOURCE = "HTTP_X_AMZ_COPY_SOURCE"
_BY_NAME = ("ec2", "json", "query")

_read = BaseResponse._get_action


def choose(request: Any, operation: str, protocol: str) -> None:
    """Let a handler run this operation, whatever the request says.

    Args:
        protocol: of REST's, method and path alone say what is asked for.
    """
    request.environ[_CHOSEN] = operation if protocol in _BY_NAME else ""


def chosen(handler: Any) -> str:
    """The operation that one of moto's handlers is to run; stands in for `BaseResponse._get_action`."""
    request = handler.normalized_request
    name = request.environ.get(_CHOSEN)
    if name is None:  # a request that moto made itself
        return str(_read(handler))
    found: str = name or handler._get_action_from_method_and_request_uri(request)
    return found


def copy_from(request: Any, bucket: str, key: str, version: str | None) -> None:
    """Let a copy read this object."""
    source = quote(f"{bucket}/object/{key}" if bucket.startswith("arn:") else f"{bucket}/{key}")
    request.environ[_COPY_SOURCE] = f"{source}?versionId={quote(version)}" if version else source
