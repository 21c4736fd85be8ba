"""Signatures: what AWS computes again from a request and compares.

In: the request's parts as sent, the secret key. Out: the signature that a holder of the key would have made.
Signature Version 4 in headers, query strings, POST policies and chunked uploads; Version 2 for S3's query
strings, which boto3 still makes for `generate_presigned_url` in us-east-1.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
STREAMING = "STREAMING-"
SIGNED_CHUNKS = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

# Services whose paths are signed as they are sent: neither dot segments removed nor encoded a second time.
_RAW_PATH = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
_CONTROL = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Scope:
    """A credential scope: `20260105/us-east-1/s3/aws4_request`."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@lru_cache(maxsize=1024)
def signing_key(secret: str, scope: Scope) -> bytes:
    """The key of one day, region and service."""
    key = ("AWS4" + secret).encode()
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_request(
    method: str,
    raw_path: str,
    query: str,
    headers: Mapping[str, str],
    signed_headers: Iterable[str],
    payload_hash: str,
    service: str,
) -> str:
    """The text that is hashed into the string to sign.

    Args:
        raw_path: the path as it stood on the wire, still percent-encoded.
        query: the raw query string.
        headers: looked up by lower-case name.
    """
    names = list(signed_headers)
    return "\n".join(
        (
            method,
            raw_path if service in _RAW_PATH else _normal_path(raw_path),
            canonical_query(query),
            "".join(f"{name}:{_header(headers.get(name) or '')}\n" for name in names),
            ";".join(names),
            payload_hash,
        )
    )


def canonical_query(query: str) -> str:
    """All parameters but the signature, encoded alike and sorted."""
    if not query:
        return ""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if part and name != "X-Amz-Signature":
            # services read a plus as a space
            pairs.append((_encode(name.replace("+", " ")), _encode(value.replace("+", " "))))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def string_to_sign(scope: Scope, amz_date: str, canonical: str) -> str:
    """What is signed of a canonical request."""
    return f"{ALGORITHM}\n{amz_date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def sign(secret: str, scope: Scope, text: str) -> str:
    """The signature of a string to sign, or of a browser upload's base64 policy document.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
    """
    return _hmac_hex(signing_key(secret, scope), text)


def chunks_match(body: bytes, secret: str, scope: Scope, amz_date: str, seed: str) -> bool:
    """True if each chunk of a chunk-signed upload carries the right signature, in the right order.

    Args:
        seed: the signature of the request's headers, with which the chain begins.
    """
    key = signing_key(secret, scope)
    previous, position = seed, 0
    while position < len(body):
        end = body.find(b"\r\n", position)
        head, _, extension = body[position : max(end, position)].partition(b";chunk-signature=")
        try:
            size = int(head, 16)
        except ValueError:
            return False
        data = body[end + 2 : end + 2 + size]
        text = "\n".join(
            (
                f"{ALGORITHM}-PAYLOAD",
                amz_date,
                str(scope),
                previous,
                EMPTY_SHA256,
                hashlib.sha256(data).hexdigest(),
            )
        )
        previous = _hmac_hex(key, text)
        if len(data) != size or not hmac.compare_digest(previous.encode(), extension):
            return False
        if size == 0:
            return True
        position = end + 2 + size + 2
    return False


_V2_RESOURCES_TEXT = """
accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics
notification object-lock partNumber policy replication requestPayment response-cache-control
response-content-disposition response-content-encoding response-content-language
response-content-type response-expires restore select select-type storageClass tagging torrent
uploadId uploads versionId versioning versions website
"""
V2_RESOURCES = frozenset(_V2_RESOURCES_TEXT.split())
"""Query parameters that are part of what Version 2 signs."""


def string_to_sign_v2(
    method: str, bucket_path: str, query: str, headers: Iterable[tuple[str, str]], expires: str
) -> str:
    """What Version 2 signs of a request with an S3 query string.

    Args:
        bucket_path: the raw path with the bucket in front, however the bucket was addressed.
        headers: all headers of the request.
        expires: the URL's `Expires`, which stands in the place of a date.
    """
    plain = {name.lower(): value for name, value in headers}
    custom: dict[str, str] = {
        name: _header(value) for name, value in plain.items() if name.startswith("x-amz-")
    }
    subresources = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if name == "x-amz-security-token":
            custom[name] = unquote(value)
        elif name in V2_RESOURCES:
            subresources.append(name + equals + unquote(value))
    resource = bucket_path + ("?" + "&".join(sorted(subresources)) if subresources else "")
    lines = [method, plain.get("content-md5", ""), plain.get("content-type", ""), expires]
    lines += [f"{name}:{custom[name]}" for name in sorted(custom)]
    return "\n".join([*lines, resource])


def sign_v2(secret: str, text: str) -> str:
    """The Version 2 signature of a string to sign, or of a browser upload's base64 policy document."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


def _hmac_hex(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()


def _header(value: str) -> str:
    return _CONTROL.sub(" ", value.strip()) if "  " in value or "\t" in value else value.strip()


def _encode(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


@lru_cache(maxsize=512)
def _normal_path(path: str) -> str:
    """RFC 3986 dot segments and double slashes removed, then encoded once more."""
    if path in ("", "/"):
        return "/"
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    normal = "/" + "/".join(kept)
    if path.endswith("/") and normal != "/":
        normal += "/"
    return quote(normal, safe="/~")
