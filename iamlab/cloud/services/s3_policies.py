"""S3's GetBucketPolicyStatus: is this bucket's policy public?

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.public_access import is_public
from iamlab.cloud.resource_policies import policy_of
from iamlab.cloud.services import operation
from iamlab.cloud.state import LabState


@operation("s3", "GetBucketPolicyStatus")
def get_bucket_policy_status(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html"""
    name = str(call.params["Bucket"])
    if resources.bucket(name) is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)
    policy = policy_of(f"arn:aws:s3:::{name}")
    if policy is None:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404, BucketName=name)
    return {"PolicyStatus": {"IsPublic": is_public(policy)}}
