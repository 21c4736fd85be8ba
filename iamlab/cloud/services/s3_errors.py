"""What several operations of S3 answer to a bucket that isn't there, and to a document that isn't one.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources


def no_such_bucket(name: str) -> AwsError:
    """There is no bucket of this name."""
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)


def malformed_xml(code: str = "MalformedXML") -> AwsError:
    """A document isn't what the operation's schema says."""
    return AwsError(
        code, "The XML you provided was not well-formed or did not validate against our published schema"
    )


def bucket_of(call: Call) -> Any:
    """The bucket that a call names.

    Raises:
        AwsError: there is none.
    """
    name = str(call.params.get("Bucket", ""))
    bucket = resources.bucket(name)
    if bucket is None:
        raise no_such_bucket(name)
    return bucket
