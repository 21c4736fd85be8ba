"""What S3 tells, beside code and words, when it doesn't believe a request.

S3 helps a client that signs for itself: it names the key, the token or the times that it means, and shows the text that
it signed in order to compare.

In: what is known of the refused request. Out: members of the error, in S3's names and order.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AmazonS3/latest/developerguide/RESTAuthentication.html#RESTAuthenticationDebugging
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Members = dict[str, Any]

_TIME = "%Y-%m-%dT%H:%M:%SZ"

MALFORMED = "The authorization header is malformed; "
"""How S3 begins what it says of a header that it can't read."""
INCOMPLETE = (
    MALFORMED
    + "the authorization header requires three components: Credential, SignedHeaders, and Signature."
)
BAD_CREDENTIAL = (
    MALFORMED + 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)


def wrong_service(made_for: str) -> str:
    """Words for a signature that was made for another service."""
    return f'{MALFORMED}incorrect service "{made_for}". This endpoint belongs to "s3".'


def of_key(access_key: str) -> Members:
    """A key that S3 doesn't know."""
    return {"AWSAccessKeyId": access_key}


def of_token(token: str) -> Members:
    """A session token that is wrong or has expired."""
    return {"Token-0": token}


def of_signature(access_key: str, provided: str, text: str, canonical: str) -> Members:
    """A signature that is another.

    Args:
        text: the string to sign, as S3 made it.
        canonical: the canonical request in it; Version 2 and browsers' forms have none.
    """
    members = of_key(access_key) | {
        "StringToSign": text,
        "SignatureProvided": provided,
        "StringToSignBytes": _bytes(text),
    }
    if canonical:
        members |= {"CanonicalRequest": canonical, "CanonicalRequestBytes": _bytes(canonical)}
    return members


def of_skew(sent: str, now: datetime, most: timedelta) -> Members:
    """A request of another time.

    Args:
        sent: the request's date, as it was sent.
        most: how far it may be off.
    """
    return {
        "RequestTime": sent,
        "ServerTime": now.strftime(_TIME),
        "MaxAllowedSkewMilliseconds": most // timedelta(milliseconds=1),
    }


def of_lifetime(end: datetime, now: datetime, seconds: int | None = None) -> Members:
    """A presigned URL that has expired.

    Args:
        seconds: its lifetime, which Version 2 doesn't tell.
    """
    lasted = {} if seconds is None else {"X-Amz-Expires": seconds}
    return lasted | {"Expires": end.strftime(_TIME), "ServerTime": now.strftime(_TIME)}


def _bytes(text: str) -> str:
    return text.encode().hex(" ")
