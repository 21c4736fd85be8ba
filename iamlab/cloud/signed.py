"""The authentication part of a request, as it was sent: a header, a URL's parameters or a form's fields.

In: a request and its service. Out: `Signed`, taken apart but not yet believed, or what the service answers to something
that can't be read.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

from iamlab.cloud import s3_refusals, sigv4
from iamlab.cloud.call import AuthKind
from iamlab.cloud.errors import AwsError, Failure, failure

S3 = frozenset({"s3", "s3control"})
"""Services that word their refusals in their own way."""
DATE = "%Y%m%dT%H%M%SZ"
"""How a signature writes its date."""

_LONGEST_URL = 604_800
_DIGITS = 11  # seconds since the epoch, for some thousand years


@dataclass(frozen=True, slots=True)
class Signed:
    """The authentication part of a request, taken apart but not yet believed."""

    kind: AuthKind
    access_key: str
    signature: str
    scope: sigv4.Scope | None = None
    """None for S3's Signature Version 2."""
    amz_date: str = ""
    headers: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)
    expires: int = 0


def read_signature(request: Any, service: str, protocol: str) -> Signed | None:
    """The request's authentication, None if it has none.

    Raises:
        AwsError: it has some that can't be read, or of a kind that AWS doesn't take here.
    """
    header = request.headers.get("Authorization")
    query = request.environ.get("QUERY_STRING", "")
    if header:
        return _from_header(header, request, service, protocol)
    if "X-Amz-Algorithm=" in query:
        return _from_query(request.args, service, protocol)
    if service == "s3":
        if "AWSAccessKeyId=" in query and "Signature=" in query:
            return _from_v2_query(request.args)
        if request.method == "POST" and (request.mimetype or "") == "multipart/form-data":
            return _from_form(request.form)
    return None


def _from_header(header: str, request: Any, service: str, protocol: str) -> Signed | None:
    scheme, _, rest = header.partition(" ")
    if scheme != sigv4.ALGORITHM:
        if service in S3:
            raise AwsError(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            )
        raise failure(Failure.INCOMPLETE, service, protocol)
    parts = {
        name.strip(): value.strip()
        for name, _, value in (part.partition("=") for part in rest.replace(", ", ",").split(","))
    }
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    amz_date = request.headers.get("X-Amz-Date") or _http_date(request.headers.get("Date"))
    if service in S3 and missing:
        raise failure(Failure.INCOMPLETE, service, protocol, s3_refusals.INCOMPLETE)
    if missing or not amz_date:
        words = [f"Authorization header requires '{name}' parameter." for name in missing]
        if not amz_date:
            words.append(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            )
        raise failure(Failure.INCOMPLETE, service, protocol, " ".join(words))
    access_key, scope = _credential(parts["Credential"], service, protocol)
    return Signed(
        AuthKind.HEADER,
        access_key,
        parts["Signature"],
        scope,
        amz_date,
        tuple(parts["SignedHeaders"].split(";")),
        request.headers.get("X-Amz-Security-Token"),
    )


def _from_query(args: Any, service: str, protocol: str) -> Signed:
    names = ("X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature")
    expires = args.get("X-Amz-Expires", "" if service in S3 else "900")
    bad = args["X-Amz-Algorithm"] != sigv4.ALGORITHM or any(not args.get(name) for name in names)
    if bad or not expires:
        if service in S3:
            raise _query_error(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            )
        raise failure(Failure.INCOMPLETE, service, protocol)
    if not (expires.isascii() and expires.isdigit()) or int(expires) > _LONGEST_URL:
        raise _query_error("X-Amz-Expires must be less than a week (in seconds) that is 604800")
    access_key, scope = _credential(args["X-Amz-Credential"], service, protocol)
    return Signed(
        AuthKind.QUERY,
        access_key,
        args["X-Amz-Signature"],
        scope,
        args["X-Amz-Date"],
        tuple(args["X-Amz-SignedHeaders"].split(";")),
        args.get("X-Amz-Security-Token"),
        int(expires),
    )


def _from_v2_query(args: Any) -> Signed:
    expires = args.get("Expires", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _DIGITS):
        raise AwsError("AccessDenied", "Invalid date (should be seconds since epoch): " + expires, 403)
    return Signed(
        AuthKind.QUERY,
        args["AWSAccessKeyId"],
        args["Signature"],
        token=args.get("x-amz-security-token"),
        expires=int(expires),
    )


def _from_form(form: Any) -> Signed | None:
    fields = {name.lower(): value for name, value in form.items()}
    if "policy" not in fields:
        return None
    if "awsaccesskeyid" in fields:
        return Signed(
            AuthKind.POST,
            fields["awsaccesskeyid"],
            fields.get("signature", ""),
            token=fields.get("x-amz-security-token"),
        )
    access_key, scope = _credential(fields.get("x-amz-credential", ""), "s3", "rest-xml")
    return Signed(
        AuthKind.POST,
        access_key,
        fields.get("x-amz-signature", ""),
        scope,
        fields.get("x-amz-date", ""),
        token=fields.get("x-amz-security-token"),
    )


def _credential(text: str, service: str, protocol: str) -> tuple[str, sigv4.Scope]:
    parts = text.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not all(parts):
        raise failure(
            Failure.INCOMPLETE,
            service,
            protocol,
            s3_refusals.BAD_CREDENTIAL
            if service in S3
            else "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{text}'",
        )
    return parts[0], sigv4.Scope(parts[1], parts[2], parts[3])


def _query_error(message: str) -> AwsError:
    return AwsError("AuthorizationQueryParametersError", message)


def _http_date(value: str | None) -> str:
    if not value:
        return ""
    try:
        return parsedate_to_datetime(unquote(value)).astimezone(UTC).strftime(DATE)
    except (TypeError, ValueError):
        return ""
