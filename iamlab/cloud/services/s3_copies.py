"""What a copy in S3 reads: the object that the caller's permissions were asked for, and no other reading of its name.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.s3 import split_copy_source
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import chosen
from iamlab.cloud.services import guard
from iamlab.cloud.state import LabState


@guard("s3", "CopyObject", "UploadPartCopy")
def source_is_the_one_decided_on(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the request names no object.
    """
    bucket, key, version = split_copy_source(call.params.get("CopySource", ""))
    if not bucket or not key:
        raise AwsError(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            ArgumentName="x-amz-copy-source",
            ArgumentValue=str(call.params.get("CopySource", "")),
        )
    chosen.copy_from(call.request, bucket, key, version)
