"""What moto would decide or look up by itself, switched off: the gate decides.

Left alone, moto's S3 and KMS evaluate resource policies on their own (ignoring conditions and principals), S3
asks ACLs about anonymous requests, presigned uploads are checked for headers, a switch in the environment turns
on a partial IAM, and every request walks all accounts to find its key. Each entry of `_SWITCHED_OFF` names one of
these places and what stands there instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from moto.core import responses, utils
from moto.core.responses import BaseResponse

from iamlab.cloud.moto_seam import buckets, keys, sealed
from iamlab.cloud.moto_seam.chosen import chosen, in_region, of_no_header, of_the_body, parameter
from iamlab.cloud.moto_seam.picking import pick

# module, object inside it ('' = the module itself), attribute, replacement
_EAGER: tuple[tuple[str, str, str, Any], ...] = (
    (
        "moto.core.authorization",
        "ActionAuthenticatorMixin",
        "_authenticate_and_authorize_action",
        lambda self, *_args, **_kwargs: None,
    ),
    # Last-used data of keys is written by the gate, also for the calls that moto never sees.
    ("moto.iam.models", "", "mark_account_as_visited", lambda *_args, **_kwargs: None),
    # moto would read the operation from where the gate doesn't look.
    ("moto.core.responses", "BaseResponse", "_get_action", chosen),
    ("moto.core.responses", "BaseResponse", "_get_param", parameter),
    ("moto.core.responses", "", "_decode_dict", of_no_header),
    ("moto.core.parse", "RestJSONParser", "_initial_body_parse", of_the_body),
    (
        "moto.core.responses",
        "BaseResponse",
        "get_region_from_url",
        in_region(BaseResponse.get_region_from_url),
    ),
    # … and parameters from what looks like a form inside of a JSON body.
    ("moto.core.responses", "", "parse_qsl", lambda *_args, **_kwargs: []),
    # Called for each request over a class that never changes.
    ("moto.core.responses", "", "method_names_from_class", None),
    ("moto.core.serialize", "AttributePicker", "__call__", pick),
)

_LAZY: dict[str, tuple[tuple[str, str, str, Any], ...]] = {
    "s3": (
        ("moto.s3.models", "FakeBucket", "get_permission", lambda self, *_args: _permitted()),
        ("moto.s3.responses", "S3Response", "_invalid_headers", lambda self, *_args: False),
        # moto would go through an access point to a bucket that nobody decided about
        ("moto.s3.responses", "S3Response", "is_access_point", property(lambda self: False)),
        # moto takes `www.` off the names of buckets
        ("moto.s3.utils", "", "bucket_name_from_url", buckets.in_host),
        ("moto.s3.responses", "", "bucket_name_from_url", buckets.in_host),
    ),
    # Where a service hands an event to a function, moto would run it in Docker, beside the gate.
    "awslambda": (
        (
            "moto.awslambda.models",
            "LambdaFunction",
            "_invoke_lambda",
            lambda self, *_args, **_kwargs: ("events of other services don't run functions here", True, ""),
        ),
    ),
    "emr": (
        (
            "moto.emr.responses",
            "ElasticMapReduceResponse",
            "get_region_from_url",
            in_region(BaseResponse.get_region_from_url),
        ),
    ),
    # A queue's dates are whole seconds.
    "sqs": (("moto.sqs.models", "", "unix_time", lambda: int(utils.unix_time())),),
    # moto's ciphertext of a parameter is its value behind a prefix
    "ssm": (
        ("moto.ssm.models", "Parameter", "encrypt", sealed.conceal),
        ("moto.ssm.models", "Parameter", "decrypt", sealed.reveal),
    ),
    "kms": (
        ("moto.kms.responses", "", "validate_policy", lambda *_args, **_kwargs: None),
        ("moto.kms.models", "", "generate_key_id", keys.new_id),
        # The lab's own look at names knows the ids of multi-Region keys, too.
        ("moto.kms.responses", "KmsResponse", "_validate_cmk_id", lambda *_args: None),
    ),
}


def _permitted() -> Any:
    from moto.iam.access_control import PermissionResult

    return PermissionResult.PERMITTED


class Silencer:
    """Applies the replacements, those of a service when it is first called, and takes all back."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self._pending = dict(_LAZY)

    def start(self) -> None:
        # moto.iam.models is loaded by the lab anyway; S3 and KMS would cost a start half its time.
        names = lru_cache(maxsize=None)(responses.method_names_from_class)
        for module, owner, attribute, replacement in _EAGER:
            self._replace(module, owner, attribute, replacement or names)

    def service(self, package: str) -> None:
        """Called before the first handler of a package runs."""
        if package in self._pending:
            for entry in self._pending.pop(package):
                self._replace(*entry)

    def stop(self) -> None:
        while self._undo:
            self._undo.pop()()

    def _replace(self, module: str, owner: str, attribute: str, replacement: Any) -> None:
        target = import_module(module)
        if owner:
            target = getattr(target, owner)
        original = getattr(target, attribute)  # an upgrade of moto that moves it breaks here
        setattr(target, attribute, replacement)
        self._undo.append(lambda: setattr(target, attribute, original))
