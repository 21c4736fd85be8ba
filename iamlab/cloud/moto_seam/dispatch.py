"""Which of moto's handlers answers a URL.

moto searches about 180 patterns and builds a service's URL table anew for each request. Both are pure functions
of its source, so they are computed once here: by host for the service, by service for the table.

In: a URL, or (for the HTTP server) a service and a path. Out: an `Endpoint`, or None where moto has nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore
import moto.backend_index as backend_index
from moto import backends
from moto.core.base_backend import BaseBackend
from moto.core.utils import get_equivalent_url_in_aws_domain, service_name_from_moto_package_name

from iamlab.cloud.moto_seam import buckets

Handler = Callable[..., Any]

# moto's own administration and its instance metadata are no part of AWS's API: they can reset state or hand
# out credentials, and nobody signs calls to them.
CLOSED = frozenset({"moto_api", "moto_api._internal", "instance_metadata"})

# Service names that moto's packages or response classes spell differently from boto3.
_NAMES = {"awslambda": "lambda", "dynamodb_v20111205": "dynamodb", "emr_containers": "emr-containers"}

_MODELS = Path(botocore.__file__).parent / "data"

# Services that moto hasn't got and the lab has operations of: package name of our own -> boto3's name and its hosts.
_OWN = {
    "accessanalyzer": (
        "accessanalyzer",
        re.compile(r"https?://access-analyzer\.[^./]+\.(amazonaws\.com|api\.aws)/", re.IGNORECASE),
    ),
}

# Hosts that moto's broad S3 pattern would take for buckets. Access points have policies and ARNs of their own, by which
# nothing is decided.
_NOT_S3 = re.compile(r"https?://([^/]*\.)?s3-(outposts|accesspoint|object-lambda)[.-]", re.IGNORECASE)

# INVARIANT: bound before `install` wraps them.
_urls = BaseBackend.urls.fget
_url_paths = BaseBackend.url_paths.fget


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One handler of moto, and the service that it speaks for."""

    package: str
    service: str
    """boto3's name; '' where only the request can tell (`elb` and `elbv2` share a host)."""
    handler: Handler


def find(url: str) -> Endpoint | None:
    """The handler for a full URL as an SDK sends it."""
    path_start = url.find("/", url.find("://") + 3)
    origin, rest = (url, "/") if path_start < 0 else (url[:path_start], url[path_start:])
    base, packages = _packages(origin)
    target = base + rest.split("?", 1)[0]
    for package in packages:
        for pattern, endpoint in _table(package):
            if pattern.match(target):
                return endpoint
    return None


def is_closed(url: str) -> bool:
    """True for hosts whose handlers the lab keeps shut."""
    parts = urlsplit(url)
    return any(package in CLOSED for package in _packages(f"{parts.scheme}://{parts.netloc}")[1])


def find_in_package(package: str, path: str) -> Endpoint | None:
    """The handler for a path on a host that isn't AWS's, when the service is known."""
    for pattern, endpoint in _paths(package):
        if pattern.match(path):
            return endpoint
    return None


def package_for_host(host: str) -> str | None:
    """The moto package behind an AWS host name."""
    packages = _packages(f"https://{host}")[1]
    return next((package for package in packages if package not in CLOSED), None)


@lru_cache(maxsize=8192)
def _packages(origin: str) -> tuple[str, tuple[str, ...]]:
    """An origin in the commercial partition's domain, and the packages that answer there."""
    parsed, changed = get_equivalent_url_in_aws_domain(origin + "/")
    base = f"{parsed.scheme}://{parsed.netloc}" if changed else origin
    if _NOT_S3.match(base):
        return base, ()
    if buckets.IN_HOST.match(base):
        return base, ("s3",)  # a bucket may have the name of a service, `logs` or `iam`
    own = next((name for name, (_, hosts) in _OWN.items() if hosts.match(origin + "/")), None)
    if own is not None:
        return base, (own,)
    names = (name for name, pattern in backend_index.backend_url_patterns if pattern.match(base + "/"))
    return base, tuple(dict.fromkeys(names))


@cache
def _table(package: str) -> tuple[tuple[re.Pattern[str], Endpoint], ...]:
    return _compiled(package, _urls)


@cache
def _paths(package: str) -> tuple[tuple[re.Pattern[str], Endpoint], ...]:
    return _compiled(package, _url_paths)


def _compiled(package: str, table: Callable[[Any], dict[str, Handler]]) -> tuple[Any, ...]:
    if package in CLOSED:
        return ()
    if package in _OWN:
        return ((re.compile(""), Endpoint(package, _OWN[package][0], _nothing_of_motos)),)
    try:
        backend_class = backends.get_backend(package).backend
    except ImportError:
        # An optional dependency of moto that the lab doesn't bring (API Gateway, CloudFormation, Cognito …).
        return ()
    # The tables depend on the class alone; an instance would bring up state in some account.
    bare = object.__new__(backend_class)
    return tuple(
        (re.compile(pattern), Endpoint(package, service_of(package, handler), handler))
        for pattern, handler in table(bare).items()
    )


def _nothing_of_motos(*_: Any) -> Any:
    """Stands where moto's handler would: the gate answers `NotImplemented` for what our service hasn't got."""
    raise NotImplementedError("this service is the lab's own: moto has no handler for it")


def service_of(package: str, handler: Handler) -> str:
    owner = getattr(handler, "__self__", None)
    response = owner if isinstance(owner, type) else type(owner)
    if package in ("elb", "elbv2"):
        return ""
    name = ""
    if owner is not None:
        try:
            name = response().boto3_service_name
        except Exception:
            name = ""
    name = _NAMES.get(name or package) or name or package
    # moto lists all of botocore's services to find the name without hyphens; most have none
    return name if (_MODELS / name).is_dir() else service_name_from_moto_package_name(name)
