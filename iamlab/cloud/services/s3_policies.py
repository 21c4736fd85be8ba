"""S3's bucket policies: put, shown, and asked whether they are public.

A bucket's policy is its owner's account's alone, whomever it lets in.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import buckets, resources
from iamlab.cloud.public_access import is_public
from iamlab.cloud.resource_policies import policy_of
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.resource_documents import as_shown
from iamlab.cloud.services.s3_errors import bucket_of
from iamlab.cloud.state import LabState
from iamlab.policy import Policy


@guard("s3", "DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
def only_the_owners_account(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: `MethodNotAllowed`, 405, to other accounts.
    """
    owner = resources.bucket_owner(str(call.params["Bucket"]))
    if owner is not None and owner != call.account:
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            Method=call.request.method,
            ResourceType="BUCKETPOLICY",
        )


@operation("s3", "PutBucketPolicy")
def put_bucket_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html"""
    text = call.params["Policy"]
    with state.lock:
        buckets.set_policy(bucket_of(call), text.decode() if isinstance(text, bytes) else str(text))
    return {}


@operation("s3", "GetBucketPolicy")
def get_bucket_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html"""
    return {"Policy": as_shown(_policy(call).text, call.region)}


@operation("s3", "GetBucketPolicyStatus")
def get_bucket_policy_status(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html"""
    return {"PolicyStatus": {"IsPublic": is_public(_policy(call))}}


def _policy(call: Call) -> Policy:
    name = str(bucket_of(call).name)
    policy = policy_of(f"arn:aws:s3:::{name}")
    if policy is None:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404, BucketName=name)
    return policy
