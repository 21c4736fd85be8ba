"""Requests that arrive over HTTP instead of in-process: which service they mean, and their form for moto.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)

from iamlab.cloud.moto_seam import dispatch, operations
from iamlab.cloud.moto_seam.dispatch import Endpoint


class ServerRequest(Request):  # type: ignore[misc]  # moto carries no types
    """A request from a real HTTP server."""

    from_wsgi_server = True


# Scopes whose host name isn't `<scope>.<region>.amazonaws.com`, and scopes that several services sign with.
# The first package that knows the request's operation answers.
_PACKAGES: dict[str, tuple[str, ...]] = {
    "bedrock": ("bedrock", "bedrockagent", "bedrockruntime"),
    "bedrock-agentcore": ("bedrockagentcore", "bedrockagentcorecontrol"),
    "budgets": ("budgets",),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "execute-api": ("apigatewaymanagementapi",),
    "iotdata": ("iotdata",),
    "mediastore": ("mediastore", "mediastoredata"),
    "memorydb": ("memorydb",),
    "mobiletargeting": ("pinpoint",),
    "payment-cryptography": ("paymentcryptography",),
    "s3": ("s3",),
    "sagemaker": ("sagemaker", "sagemakermetrics", "sagemakerruntime"),
    "servicecatalog": ("servicecatalog", "servicecatalogappregistry"),
    "ses": ("ses", "sesv2"),
    "timestream": ("timestreamquery", "timestreamwrite"),
}
_S3_CONTROL = "/v20180820/"
_UNSIGNED_ACTIONS = {"AssumeRoleWithSAML": "sts", "AssumeRoleWithWebIdentity": "sts"}
_UNSIGNED_TARGETS = {
    "AWSCognitoIdentityService": "cognito-identity",
    "AWSCognitoIdentityProviderService": "cognito-idp",
}


def endpoint_of(request: ServerRequest) -> Endpoint | None:
    """The handler that a request over HTTP means; None if there is none."""
    scope, region = scope_of(request)
    if scope == "s3" and request.path.startswith(_S3_CONTROL):
        packages: tuple[str, ...] = ("s3control",)
    elif scope in _PACKAGES:
        packages = _PACKAGES[scope]
    else:
        package = dispatch.package_for_host(f"{scope}.{region}.amazonaws.com") or dispatch.package_for_host(
            f"{scope}.{region}.api.aws"
        )
        packages = (package,) if package else ()
    found = [
        endpoint for package in packages if (endpoint := dispatch.find_in_package(package, request.raw_path))
    ]
    if len(found) > 1:
        return next((endpoint for endpoint in found if operations.knows(endpoint.service, request)), found[0])
    return found[0] if found else None


def scope_of(request: ServerRequest) -> tuple[str, str]:
    """Service and region of the credential scope, or what an unsigned request seems to want."""
    header = request.headers.get("Authorization", "")
    credential = header.partition("Credential=")[2].partition(",")[0] if header else ""
    credential = credential or request.args.get("X-Amz-Credential", "")
    parts = credential.strip().split("/")
    if len(parts) == 5:
        return parts[3].lower(), parts[2].lower()
    target = request.headers.get("X-Amz-Target", "").partition(".")[0]
    if target in _UNSIGNED_TARGETS:
        return _UNSIGNED_TARGETS[target], "us-east-1"
    return _UNSIGNED_ACTIONS.get(_action(request), "s3"), "us-east-1"


def _action(request: ServerRequest) -> str:
    if not (request.mimetype or "").startswith("application/x-www-form-urlencoded"):
        return str(request.args.get("Action", ""))
    body = operations.take_body(request)
    return str(parse_qs(body.decode("latin-1")).get("Action", [""])[0])


def preserve_names(environ: dict[str, Any], headers: Iterable[tuple[str, str]]) -> None:
    """Keep S3 metadata whose names have underscores, which WSGI can't tell from dashes."""
    names: dict[str, str] = {}
    for name, value in headers:
        if should_preserve_original_header_name(name):
            key = environ_key_for_header(name)
            environ[key] = value
            names[key] = name
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = names
