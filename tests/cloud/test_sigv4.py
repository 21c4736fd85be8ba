"""Signatures against the worked examples of AWS's own documentation.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

import pytest

from iamlab.cloud import sigv4

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = sigv4.Scope("20130524", "us-east-1", "s3")
DATE = "20130524T000000Z"
HOST = "examplebucket.s3.amazonaws.com"

# what, method, path, query, headers, payload hash, signature
EXAMPLES = [
    (
        "GET of a part of an object",
        "GET",
        "/test.txt",
        "",
        {"host": HOST, "range": "bytes=0-9", "x-amz-content-sha256": sigv4.EMPTY_SHA256, "x-amz-date": DATE},
        sigv4.EMPTY_SHA256,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    (
        "GET of a subresource without value",
        "GET",
        "/",
        "lifecycle",
        {"host": HOST, "x-amz-content-sha256": sigv4.EMPTY_SHA256, "x-amz-date": DATE},
        sigv4.EMPTY_SHA256,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    (
        "GET with parameters in another order",
        "GET",
        "/",
        "prefix=J&max-keys=2",
        {"host": HOST, "x-amz-content-sha256": sigv4.EMPTY_SHA256, "x-amz-date": DATE},
        sigv4.EMPTY_SHA256,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
    (
        "a presigned URL",
        "GET",
        "/test.txt",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aa",
        {"host": HOST},
        sigv4.UNSIGNED,
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "payload", "expected"),
    [example[1:] for example in EXAMPLES],
    ids=[example[0] for example in EXAMPLES],
)
def test_signatures_are_those_of_the_documentation(
    method: str, path: str, query: str, headers: dict[str, str], payload: str, expected: str
) -> None:
    canonical = sigv4.canonical_request(method, path, query, headers, headers, payload, "s3")
    assert sigv4.sign(SECRET, SCOPE, sigv4.string_to_sign(SCOPE, DATE, canonical)) == expected


SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
CHUNKS = (
    b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
    + b"a" * 65536
    + b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
    + b"a" * 1024
    + b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
)


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        (CHUNKS, True),
        (CHUNKS.replace(b"aaa", b"aab", 1), False),
        (CHUNKS.replace(b"400;chunk-signature=0", b"400;chunk-signature=1"), False),
        (CHUNKS[: CHUNKS.index(b"\r\n0;")] + b"\r\n", False),
        (b"", False),
        (b"nothing that looks like a chunk", False),
    ],
    ids=[
        "as documented",
        "a byte changed",
        "a signature changed",
        "the last chunk missing",
        "empty",
        "no chunks",
    ],
)
def test_chunk_signed_uploads_are_believed_only_whole_and_unchanged(body: bytes, valid: bool) -> None:
    assert sigv4.chunks_match(body, SECRET, SCOPE, DATE, SEED) is valid


@pytest.mark.parametrize(
    ("path", "service", "expected"),
    [
        ("/a/./b/../c", "dynamodb", "/a/c"),
        ("//a//b/", "dynamodb", "/a/b/"),
        ("/a%20b", "lambda", "/a%2520b"),
        ("/a%20b/../c//d", "s3", "/a%20b/../c//d"),
        ("", "iam", "/"),
    ],
)
def test_paths_are_normalised_except_for_s3(path: str, service: str, expected: str) -> None:
    canonical = sigv4.canonical_request("GET", path, "", {}, (), "", service)
    assert canonical.split("\n")[1] == expected


def test_header_values_are_trimmed_and_their_inner_blanks_made_one() -> None:
    canonical = sigv4.canonical_request(
        "GET", "/", "", {"my-header": "  a   b \t c "}, ("my-header",), "", "iam"
    )
    assert "my-header:a b c\n" in canonical
