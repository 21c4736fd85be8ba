"""S3's `ExpectedBucketOwner`: a call that names the owner of its bucket fails if somebody else has it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import re

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.s3 import split_copy_source
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.services import EVERY, guard
from iamlab.cloud.state import LabState

_ACCOUNT = re.compile(r"\d{12}")


@guard("s3", EVERY)
def owner_is_as_expected(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: `AccessDenied`, 403.
    """
    params = call.params
    if "ExpectedBucketOwner" in params:
        _check(str(params.get("Bucket", "")), str(params["ExpectedBucketOwner"]))
    if "ExpectedSourceBucketOwner" in params and "CopySource" in params:
        bucket, _, _ = split_copy_source(params["CopySource"])
        _check(bucket, str(params["ExpectedSourceBucketOwner"]))


def _check(bucket: str, expected: str) -> None:
    if not _ACCOUNT.fullmatch(expected):
        raise AwsError(
            "InvalidBucketOwnerAWSAccountID",
            f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]",
        )
    owner = resources.bucket_owner(bucket)
    if owner is not None and owner != expected:
        raise AwsError("AccessDenied", "Access Denied", 403)
