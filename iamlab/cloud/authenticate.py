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
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from iamlab.cloud import s3_refusals, sigv4
from iamlab.cloud.call import AuthKind
from iamlab.cloud.callers import ANONYMOUS, Caller, Credential, caller_for, find_credential
from iamlab.cloud.errors import AwsError, Failure, failure
from iamlab.cloud.moto_seam import operations
from iamlab.cloud.moto_seam.operations import Operation
from iamlab.cloud.signed import DATE, S3, Signed, read_signature
from iamlab.cloud.state import LabState

_SKEW = timedelta(minutes=5)
_S3_SKEW = timedelta(minutes=15)
_V2_LIFETIME = timedelta(hours=1)
# A region in the name of a host; in S3's it stands right before the domain, for buckets may be called like regions.
_IN_HOST = re.compile(
    r"(?:^|[.-])([a-z]{2}(?:-[a-z]+)+-\d)\.(?:[a-z]+\.)*(?:amazonaws\.com|api\.aws)", re.IGNORECASE
)
_IN_S3_HOST = re.compile(
    r"(?:^|\.)s3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com", re.IGNORECASE
)

# Names under which requests to S3 are signed, besides its own.
_S3_NAMES = frozenset({"s3express", "s3-object-lambda", "s3-outposts"})


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
    _check_scope(signed, operation)
    if signed.kind is AuthKind.POST and operation.model.name != "PutObject":
        # What a form's policy allows is an upload.
        raise AwsError("AccessDenied", "Access Denied", 403)
    credential = find_credential(signed.access_key, state)
    if credential is None or not credential.active:
        raise _telling(
            failure(Failure.UNKNOWN_KEY, service, protocol), service, s3_refusals.of_key(signed.access_key)
        )
    _check_token(credential, signed, service, protocol)
    signed_at = _check_time(signed, service, protocol, state)
    _check_signature(credential, signed, request, body, service, protocol)
    _check_region(signed, request, service, protocol)
    if credential.expired(state.clock.now()):
        raise _telling(
            failure(Failure.EXPIRED_TOKEN, service, protocol),
            service,
            s3_refusals.of_token(signed.token or ""),
        )
    return Identity(
        caller_for(credential),
        signed.kind,
        signed.access_key,
        signed.scope.service if signed.scope else "s3",
        signed.scope.region if signed.scope else None,
        signed_at,
    )


def _check_scope(signed: Signed, operation: Operation) -> None:
    """A signature counts for the service that it was made for alone."""
    service, protocol = operation.service, operation.protocol
    if signed.scope is None:
        return
    made_for, meant = signed.scope.service, operation.model.service_model.signing_name
    if made_for == meant or (service in S3 and made_for in _S3_NAMES):
        return
    if service in S3:
        raise failure(Failure.INCOMPLETE, service, protocol, s3_refusals.wrong_service(made_for))
    words = f"Credential should be scoped to correct service: '{meant}'. "
    raise failure(Failure.BAD_SIGNATURE, service, protocol, words)


def _check_token(credential: Credential, signed: Signed, service: str, protocol: str) -> None:
    if credential.token is None:
        if signed.token is not None:
            raise _bad_token(signed.token, service, protocol)
    elif signed.token is None:
        # Without its token a temporary key is a key that nobody knows.
        raise _telling(
            failure(Failure.UNKNOWN_KEY, service, protocol), service, s3_refusals.of_key(signed.access_key)
        )
    elif not hmac.compare_digest(credential.token.encode(), signed.token.encode()):
        raise _bad_token(signed.token, service, protocol)


def _bad_token(token: str, service: str, protocol: str) -> AwsError:
    return _telling(failure(Failure.BAD_TOKEN, service, protocol), service, s3_refusals.of_token(token))


def _check_time(signed: Signed, service: str, protocol: str, state: LabState) -> datetime:
    """The lab's time of signing, if the signature is neither stale nor of the future."""
    now = state.clock.signing_now()
    if signed.scope is None:
        return _check_v2_time(signed, service, protocol, state)
    try:
        at = datetime.strptime(signed.amz_date, DATE).replace(tzinfo=UTC)
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
    skew = _S3_SKEW if service in S3 else _SKEW
    if signed.kind is AuthKind.QUERY:
        if at > now + skew:
            raise failure(Failure.EXPIRED_URL, service, protocol, "Request is not yet valid")
        end = signed_at + timedelta(seconds=signed.expires)
        if state.clock.now() >= end:
            ended = s3_refusals.of_lifetime(end, state.clock.now(), signed.expires)
            raise _telling(failure(Failure.EXPIRED_URL, service, protocol), service, ended)
    elif signed.kind is AuthKind.HEADER and abs(now - at) > skew:
        words = _skew_words(signed.amz_date, at, now, skew, service)
        skewed = failure(Failure.SKEWED, service, protocol, words)
        raise _telling(skewed, service, s3_refusals.of_skew(signed.amz_date, now, skew))
    return signed_at


def _check_v2_time(signed: Signed, service: str, protocol: str, state: LabState) -> datetime:
    """Version 2 says when a URL ends, not when it began: it is taken to be an hour old at its end."""
    if signed.kind is AuthKind.POST:
        return state.clock.now()
    end = datetime.fromtimestamp(signed.expires, UTC)
    now = state.clock.signing_now()
    began = min(end - _V2_LIFETIME, now)
    signed_at = state.clock.at_real(began)
    lab_end = signed_at + (end - began)
    if now >= end or state.clock.now() >= lab_end:
        ended = s3_refusals.of_lifetime(lab_end, state.clock.now())
        raise _telling(failure(Failure.EXPIRED_URL, service, protocol), service, ended)
    return signed_at


def _skew_words(amz_date: str, at: datetime, now: datetime, skew: timedelta, service: str) -> str:
    if service in S3:
        return ""
    minutes = int(skew.total_seconds() // 60)
    if at > now:
        edge = now + skew
        return (
            f"Signature not yet current: {amz_date} is still later than {edge:{DATE}} "
            f"({now:{DATE}} + {minutes} min.)"
        )
    edge = now - skew
    return f"Signature expired: {amz_date} is now earlier than {edge:{DATE}} ({now:{DATE}} - {minutes} min.)"


def _check_signature(
    credential: Credential, signed: Signed, request: Any, body: bytes, service: str, protocol: str
) -> None:
    text, canonical = _signed_text(signed, request, body, service)
    if signed.scope is None:
        expected = sigv4.sign_v2(credential.secret, text)
    else:
        expected = sigv4.sign(credential.secret, signed.scope, text)
    if canonical and "host" not in signed.headers:
        raise failure(Failure.BAD_SIGNATURE, service, protocol, "'Host' must be a 'SignedHeader'.")
    if not hmac.compare_digest(expected.encode(), signed.signature.encode()):
        raise _telling(
            failure(Failure.BAD_SIGNATURE, service, protocol),
            service,
            s3_refusals.of_signature(signed.access_key, signed.signature, text, canonical),
        )
    if signed.scope is None:
        _check_v2_query(signed, request, service, protocol)
    if canonical:
        _check_payload(credential, signed, request, body, service, protocol)
        _check_headers(signed, request, service)


def _check_v2_query(signed: Signed, request: Any, service: str, protocol: str) -> None:
    """Version 2 signs a list of parameters; one that isn't on it must not make another operation of a URL."""
    told = sigv4.V2_RESOURCES | {"list-type"}  # both listings need the same permission
    unsigned = request.args.keys() & operations.subresources(service) - told
    if unsigned and signed.kind is AuthKind.QUERY:
        raise failure(Failure.BAD_SIGNATURE, service, protocol)


def _check_headers(signed: Signed, request: Any, service: str) -> None:
    """Whoever holds a signed request can't add to it what S3 would obey (`x-amz-copy-source`, `x-amz-acl`).

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    if service not in S3:
        return
    names = {str(name).lower() for name, _ in request.headers.items()}
    unsigned = sorted(name for name in names - set(signed.headers) if name.startswith("x-amz-"))
    if unsigned:
        raise AwsError(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            403,
            HeadersNotSigned=", ".join(unsigned),
        )


_S3_REGION = {
    AuthKind.HEADER: ("AuthorizationHeaderMalformed", "The authorization header is malformed"),
    AuthKind.QUERY: ("AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter"),
}


def _check_region(signed: Signed, request: Any, service: str, protocol: str) -> None:
    """The region that was signed for is the one that the host stands in, where its name says so.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
    """
    if signed.scope is None or signed.kind is AuthKind.POST:
        return
    host = request.headers.get("Host", "")
    found = (_IN_S3_HOST if service == "s3" else _IN_HOST).search(host)
    if found is None or found[1].lower() == signed.scope.region:
        return
    if service in S3:
        code, start = _S3_REGION[signed.kind]
        right = found[1].lower()
        raise AwsError(
            code, f"{start}; the region '{signed.scope.region}' is wrong; expecting '{right}'", Region=right
        )
    raise failure(Failure.BAD_SIGNATURE, service, protocol, "Credential should be scoped to a valid region. ")


def _signed_text(signed: Signed, request: Any, body: bytes, service: str) -> tuple[str, str]:
    """The string to sign, and the canonical request in it, which only Version 4 has in headers and URLs."""
    if signed.kind is AuthKind.POST:
        return next((value for name, value in request.form.items() if name.lower() == "policy"), ""), ""
    query = request.environ.get("QUERY_STRING", "")
    if signed.scope is None:
        path, headers = _bucket_path(request), request.headers.items()
        return sigv4.string_to_sign_v2(request.method, path, query, headers, str(signed.expires)), ""
    declared = request.headers.get("X-Amz-Content-SHA256")
    canonical = sigv4.canonical_request(
        request.method,
        request.raw_path,
        query,
        request.headers,
        signed.headers,
        _payload_hash(declared, signed, body, service),
        signed.scope.service,
    )
    return sigv4.string_to_sign(signed.scope, signed.amz_date, canonical), canonical


def _payload_hash(declared: str | None, signed: Signed, body: bytes, service: str) -> str:
    if declared:
        return declared
    if signed.kind is AuthKind.QUERY and service in S3:
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
        signed_chunks = declared in sigv4.SIGNED_CHUNKS and sigv4.chunks_match(
            body, credential.secret, signed.scope, signed.amz_date, signed.signature
        )
        if not (signed_chunks or declared == sigv4.UNSIGNED_CHUNKS):
            raise failure(Failure.BAD_SIGNATURE, service, protocol)
        return
    actual = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(actual.encode(), declared.encode()):
        if service in S3:
            raise AwsError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ClientComputedContentSHA256=declared,
                S3ComputedContentSHA256=actual,
            )
        raise failure(Failure.BAD_SIGNATURE, service, protocol)


def _bucket_path(request: Any) -> str:
    """The raw path as Version 2 signs it: the bucket comes first even where the host names it."""
    from iamlab.cloud.moto_seam.operations import virtual_bucket

    bucket = virtual_bucket(request)
    path: str = request.raw_path
    return f"/{bucket}{path}" if bucket else path


def _telling(error: AwsError, service: str, members: s3_refusals.Members) -> AwsError:
    """The error with what S3 tells of it."""
    if service in S3:
        error.members.update(members)
    return error
