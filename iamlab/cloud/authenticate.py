"""Who signed this request: the gate's second step.

In: a request and its operation. Out: an `Identity`, or the `AwsError` that the service sends to someone whose
signature, key, token or clock is wrong. Requests without any credentials are anonymous; whether that is enough
is said by the operation (its model asks for no authentication) or, for S3, decided by the bucket's policy.

SDKs sign with the computer's clock, so the skew of a signature is judged by real time. The age of a presigned
URL and of a session is judged by the lab's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from iamlab.cloud import sigv4
from iamlab.cloud.call import AuthKind
from iamlab.cloud.callers import ANONYMOUS, Caller, Credential, caller_for, find_credential
from iamlab.cloud.errors import AwsError, Failure, failure
from iamlab.cloud.moto_seam.operations import Operation
from iamlab.cloud.state import LabState

_S3 = frozenset({"s3", "s3control"})
_SKEW = timedelta(minutes=5)
_S3_SKEW = timedelta(minutes=15)
_LONGEST_URL = 604_800
_V2_LIFETIME = timedelta(hours=1)
_DATE = "%Y%m%dT%H%M%SZ"


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


@dataclass(frozen=True, slots=True)
class Identity:
    """A believed request."""

    caller: Caller
    kind: AuthKind
    access_key: str | None = None
    signing_service: str = ""
    region: str | None = None
    signed_at: datetime | None = None


def is_public(operation: Operation) -> bool:
    """AWS takes this operation unsigned: `AssumeRoleWithSAML`, Cognito's sign-up and the like."""
    return operation.model.auth_type == "none" or "smithy.api#noAuth" in (operation.model.auth or ())


def authenticate(operation: Operation, request: Any, body: bytes, state: LabState) -> Identity:
    """Check a request's signature and name its caller.

    Raises:
        AwsError: as the service would answer.
    """
    service, protocol = operation.service, operation.protocol
    signed = read_signature(request, service, protocol)
    if signed is None:
        if service == "s3" or is_public(operation):
            return Identity(ANONYMOUS, AuthKind.ANONYMOUS)
        raise failure(Failure.NO_CREDENTIALS, service, protocol)
    credential = find_credential(signed.access_key, state)
    if credential is None or not credential.active:
        raise _s3_extra(failure(Failure.UNKNOWN_KEY, service, protocol), service, signed)
    _check_token(credential, signed, service, protocol)
    signed_at = _check_time(signed, service, protocol, state)
    _check_signature(credential, signed, request, body, service, protocol)
    if credential.expired(state.clock.now()):
        raise failure(Failure.EXPIRED_TOKEN, service, protocol)
    return Identity(
        caller_for(credential),
        signed.kind,
        signed.access_key,
        signed.scope.service if signed.scope else "s3",
        signed.scope.region if signed.scope else None,
        signed_at,
    )


# ------------------------------------------------------------------ reading
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
        if service in _S3:
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
    expires = args.get("X-Amz-Expires", "" if service in _S3 else "900")
    bad = args["X-Amz-Algorithm"] != sigv4.ALGORITHM or any(not args.get(name) for name in names)
    if bad or not expires:
        if service in _S3:
            raise _query_error(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            )
        raise failure(Failure.INCOMPLETE, service, protocol)
    if not expires.isdigit() or int(expires) > _LONGEST_URL:
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
    if not expires.isdigit():
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
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{text}'",
        )
    return parts[0], sigv4.Scope(parts[1], parts[2], parts[3])


# ------------------------------------------------------------------ checking
def _check_token(credential: Credential, signed: Signed, service: str, protocol: str) -> None:
    if credential.token is None:
        if signed.token is not None:
            raise failure(Failure.BAD_TOKEN, service, protocol)
    elif signed.token is None:
        # Without its token a temporary key is a key that nobody knows.
        raise _s3_extra(failure(Failure.UNKNOWN_KEY, service, protocol), service, signed)
    elif not hmac.compare_digest(credential.token.encode(), signed.token.encode()):
        raise failure(Failure.BAD_TOKEN, service, protocol)


def _check_time(signed: Signed, service: str, protocol: str, state: LabState) -> datetime:
    """The lab's time of signing, if the signature is neither stale nor of the future."""
    now = state.clock.signing_now()
    if signed.scope is None:
        return _check_v2_time(signed, service, protocol, state)
    try:
        at = datetime.strptime(signed.amz_date, _DATE).replace(tzinfo=UTC)
    except ValueError:
        raise failure(
            Failure.INCOMPLETE,
            service,
            protocol,
            f"Date must be in ISO-8601 'basic format'. Got '{signed.amz_date}'.",
        ) from None
    if signed.amz_date[:8] != signed.scope.date:
        raise failure(
            Failure.BAD_SIGNATURE,
            service,
            protocol,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signed.scope.date}' != '{signed.amz_date[:8]}', from '{signed.amz_date}'.",
        )
    signed_at = state.clock.at_real(at)
    skew = _S3_SKEW if service in _S3 else _SKEW
    if signed.kind is AuthKind.QUERY:
        if at > now + skew:
            raise failure(Failure.EXPIRED_URL, service, protocol, "Request is not yet valid")
        if state.clock.now() >= signed_at + timedelta(seconds=signed.expires):
            raise failure(Failure.EXPIRED_URL, service, protocol)
    elif signed.kind is AuthKind.HEADER and abs(now - at) > skew:
        raise failure(Failure.SKEWED, service, protocol, _skew_words(signed.amz_date, at, now, skew, service))
    return signed_at


def _check_v2_time(signed: Signed, service: str, protocol: str, state: LabState) -> datetime:
    """Version 2 says when a URL ends, not when it began: it is taken to be an hour old at its end."""
    if signed.kind is AuthKind.POST:
        return state.clock.now()
    end = datetime.fromtimestamp(signed.expires, UTC)
    now = state.clock.signing_now()
    began = min(end - _V2_LIFETIME, now)
    signed_at = state.clock.at_real(began)
    if now >= end or state.clock.now() >= signed_at + (end - began):
        raise failure(Failure.EXPIRED_URL, service, protocol)
    return signed_at


def _skew_words(amz_date: str, at: datetime, now: datetime, skew: timedelta, service: str) -> str:
    if service in _S3:
        return ""
    minutes = int(skew.total_seconds() // 60)
    if at > now:
        edge = now + skew
        return (
            f"Signature not yet current: {amz_date} is still later than {edge:{_DATE}} "
            f"({now:{_DATE}} + {minutes} min.)"
        )
    edge = now - skew
    return (
        f"Signature expired: {amz_date} is now earlier than {edge:{_DATE}} ({now:{_DATE}} - {minutes} min.)"
    )


def _check_signature(
    credential: Credential, signed: Signed, request: Any, body: bytes, service: str, protocol: str
) -> None:
    if signed.kind is AuthKind.POST:
        expected = _post_signature(credential, signed, request)
    elif signed.scope is None:
        expected = sigv4.sign_v2(
            credential.secret,
            request.method,
            _bucket_path(request),
            request.environ.get("QUERY_STRING", ""),
            request.headers.items(),
            str(signed.expires),
        )
    else:
        declared = request.headers.get("X-Amz-Content-SHA256")
        expected = sigv4.sign(
            credential.secret,
            signed.scope,
            signed.amz_date,
            sigv4.canonical_request(
                request.method,
                request.raw_path,
                request.environ.get("QUERY_STRING", ""),
                request.headers,
                signed.headers,
                _payload_hash(declared, signed, body, service),
                signed.scope.service,
            ),
        )
        if "host" not in signed.headers:
            raise failure(Failure.BAD_SIGNATURE, service, protocol, "'Host' must be a 'SignedHeader'.")
    if not hmac.compare_digest(expected.encode(), signed.signature.encode()):
        raise _s3_extra(failure(Failure.BAD_SIGNATURE, service, protocol), service, signed)
    if signed.scope is not None and signed.kind is not AuthKind.POST:
        _check_payload(credential, signed, request, body, service, protocol)


def _payload_hash(declared: str | None, signed: Signed, body: bytes, service: str) -> str:
    if declared:
        return declared
    if signed.kind is AuthKind.QUERY and service in _S3:
        return sigv4.UNSIGNED
    return hashlib.sha256(body).hexdigest()


def _check_payload(
    credential: Credential, signed: Signed, request: Any, body: bytes, service: str, protocol: str
) -> None:
    """The body is the one whose hash was signed."""
    declared = request.headers.get("X-Amz-Content-SHA256")
    if not declared or declared == sigv4.UNSIGNED:
        return
    assert signed.scope is not None
    if declared.startswith(sigv4.STREAMING):
        if declared == sigv4.SIGNED_CHUNKS and not sigv4.chunks_match(
            body, credential.secret, signed.scope, signed.amz_date, signed.signature
        ):
            raise failure(Failure.BAD_SIGNATURE, service, protocol)
        return
    actual = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(actual.encode(), declared.encode()):
        if service in _S3:
            raise AwsError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ClientComputedContentSHA256=declared,
                S3ComputedContentSHA256=actual,
            )
        raise failure(Failure.BAD_SIGNATURE, service, protocol)


def _post_signature(credential: Credential, signed: Signed, request: Any) -> str:
    policy = next((value for name, value in request.form.items() if name.lower() == "policy"), "")
    if signed.scope is not None:
        return sigv4.sign_policy(credential.secret, signed.scope, policy)
    import base64

    return base64.b64encode(hmac.digest(credential.secret.encode(), policy.encode(), "sha1")).decode()


def _bucket_path(request: Any) -> str:
    """The raw path as Version 2 signs it: the bucket comes first even where the host names it."""
    from iamlab.cloud.moto_seam.operations import virtual_bucket

    bucket = virtual_bucket(request)
    path: str = request.raw_path
    return f"/{bucket}{path}" if bucket else path


def _s3_extra(error: AwsError, service: str, signed: Signed) -> AwsError:
    """S3 tells which key it means."""
    if service in _S3:
        error.members["AWSAccessKeyId"] = signed.access_key
    return error


def _query_error(message: str) -> AwsError:
    return AwsError("AuthorizationQueryParametersError", message)


def _http_date(value: str | None) -> str:
    if not value:
        return ""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(unquote(value)).astimezone(UTC).strftime(_DATE)
    except (TypeError, ValueError):
        return ""
