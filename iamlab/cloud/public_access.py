"""S3 Block Public Access: four settings of a bucket and four of its owner's account, the stricter of which holds.

In: a call of S3 and one of its checks. Out: the Denies that the settings put beside the bucket's own policy. They
decide like statements of that policy, so that a refusal explains itself as any other does; AWS, too, calls what
`RestrictPublicBuckets` denies an explicit deny in a resource-based policy.

`IgnorePublicAcls` has nothing to deny: an ACL gives nobody anything in the lab.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html#access-denied-bpa-examples
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.cloud.moto_seam import buckets, resources
from iamlab.policy import Policy

if TYPE_CHECKING:
    from iamlab.cloud.call import Call
    from iamlab.cloud.catalogue import Check

RESTRICT = "RestrictPublicBuckets"
BLOCK_ACLS = "BlockPublicAcls"
BLOCK_POLICY = "BlockPublicPolicy"

REASONS: Mapping[str, str] = {
    BLOCK_ACLS: f"because public ACLs are prevented by the {BLOCK_ACLS} setting in S3 Block Public Access.",
    BLOCK_POLICY: f"because public policies are prevented by the {BLOCK_POLICY} setting in S3 Block Public Access.",
}
"""What a refusal says in place of the layer that denied."""

_PUBLIC_ACLS = frozenset({"authenticated-read", "public-read", "public-read-write"})
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
# Operations whose request may carry an ACL -> the checks that it concerns.
_WITH_ACL: Mapping[str, tuple[str, ...]] = {
    "CopyObject": ("s3:PutObject",),
    "CreateMultipartUpload": ("s3:PutObject",),
    "PutBucketAcl": ("s3:PutBucketAcl",),
    "PutObject": ("s3:PutObject",),
    "PutObjectAcl": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is blocked."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False


def settings_of(bucket: str) -> Settings:
    """What holds for a bucket: its own settings and its owner's account's together."""
    found = resources.bucket(bucket)
    if found is None:
        return Settings()
    return Settings(
        *map(any, zip(buckets.blocks(found), buckets.account_blocks(found.account_id), strict=True))
    )


def account_settings(account: str) -> Settings:
    """The settings of an account alone, which a bucket that isn't there yet comes under."""
    return Settings(*buckets.account_blocks(account))


def is_public(policy: Policy) -> bool:
    """Whether S3 takes a bucket's policy for public."""
    return _is_public(policy.text)


@lru_cache(maxsize=1024)
def _is_public(text: str) -> bool:
    from iamlab.analysis.public import public_statements

    return bool(public_statements(Policy(text)))


def grants_to_everybody(params: Mapping[str, Any]) -> bool:
    """Whether the ACL in a request gives something to all users, or to all of AWS's customers."""
    if params.get("ACL") in _PUBLIC_ACLS:
        return True
    said = [str(params.get(name) or "") for name in _GRANTS]
    for grant in (params.get("AccessControlPolicy") or {}).get("Grants") or ():
        said.append(str((grant.get("Grantee") or {}).get("URI") or ""))
    return any(group in text for text in said for group in _EVERYBODY)


# ---------------------------------------------------------------- Denies beside the bucket's policy
def shut(call: Call, check: Check) -> Check:
    """A check with the Denies that block public access.

    Args:
        call: the call that the check belongs to.
    """
    if not check.resource.startswith("arn:aws") or not check.action.startswith("s3:"):
        return check
    bucket = _bucket_in(check.resource)
    if not bucket or call.operation == "CreateBucket":
        return check
    settings = settings_of(bucket)
    names = [RESTRICT] if settings.restrict and _has_public_policy(check) else []
    if (
        settings.block_acls
        and check.action in _WITH_ACL.get(call.operation, ())
        and grants_to_everybody(call.params)
    ):
        names.append(BLOCK_ACLS)
    if (
        settings.block_policy
        and call.operation == "PutBucketPolicy"
        and _is_public(text := str(call.params.get("Policy")))
        and not Policy(text).errors("resource")  # what isn't one is refused as such
    ):
        names.append(BLOCK_POLICY)
    return replace(check, barriers=tuple(names)) if names else check


def _bucket_in(arn: str) -> str:
    """The bucket of an ARN; access points have ARNs with an account."""
    parts = arn.split(":", 5)
    return parts[5].split("/", 1)[0] if len(parts) == 6 and parts[2] == "s3" and not parts[4] else ""


def _has_public_policy(check: Check) -> bool:
    return check.resource_policy is not None and is_public(check.resource_policy)


def behind(policy: Policy | None, barriers: tuple[str, ...], owner: str, resource: str) -> Policy:
    """A bucket's policy (or none) with the Denies of these settings.

    Args:
        owner: the account that the bucket belongs to.
        resource: the ARN that is asked for.
    """
    bucket = _bucket_in(resource)
    text = policy.text if policy is not None else '{"Version": "2012-10-17", "Statement": []}'
    return _behind(text, barriers, owner, f"bucket policy of {bucket} with S3 Block Public Access")


@lru_cache(maxsize=1024)
def _behind(text: str, barriers: tuple[str, ...], owner: str, name: str) -> Policy:
    document = Policy(text).document
    document = dict(document) if isinstance(document, Mapping) else {"Version": "2012-10-17"}
    stated = document.get("Statement", [])
    document["Statement"] = [
        *(stated if isinstance(stated, list) else [stated]),
        *(_deny(barrier, owner) for barrier in barriers),
    ]
    return Policy(json.dumps(document, indent=2), name=name)


def _deny(barrier: str, owner: str) -> dict[str, Any]:
    deny: dict[str, Any] = {
        "Sid": barrier,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
    }
    if barrier == RESTRICT:
        # only AWS's services and the owner's own users get in
        deny["Condition"] = {
            "StringNotEquals": {"aws:PrincipalAccount": owner},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        }
    return deny


def restricted(bucket: str, policy: Policy) -> Policy:
    """A bucket's policy as it works: with the Deny of `RestrictPublicBuckets` where that applies."""
    if not settings_of(bucket).restrict or not is_public(policy):
        return policy
    owner = resources.bucket_owner(bucket) or ""
    return behind(policy, (RESTRICT,), owner, f"arn:aws:s3:::{bucket}")
