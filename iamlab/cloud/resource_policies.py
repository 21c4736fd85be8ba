"""The policy attached to a resource, and the account that owns the resource.

In comes a resource's ARN, out goes the policy that moto has stored for it, as a
:class:`~iamlab.policy.Policy`, or None. Documents are looked up anew at each call (they change), their
parsed and compiled form is kept: the same text gives the same `Policy` object.

Services with resource-based policies:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.cloud.moto_seam import resources

if TYPE_CHECKING:
    from iamlab.policy import Policy

# (account, region, resource part, whole ARN) -> (policy text, what a person calls it)
_Found = tuple[str | None, str]
_Reader = Callable[[str, str, str, str], _Found]


def policy_of(arn: str) -> Policy | None:
    """The resource-based policy of a resource, a role's trust policy included.

    Args:
        arn: the resource's ARN; an object's or index's ARN leads to its bucket's or table's policy.

    Returns:
        The policy, or None where the resource has none, is unknown, or its service has no such policies.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return None
    reader = _READERS.get(parts[2])
    if reader is None:
        return None
    text, name = reader(parts[4], parts[3], parts[5], arn)
    return _parsed(text, name) if text else None


def owner_of(arn: str, default: str) -> str:
    """The account that owns a resource: a bucket's owner, else the account in the ARN, else `default`."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return default
    if parts[2] == "organizations":  # the service itself tells which accounts may ask
        return default
    if parts[2] == "s3" and not parts[4]:
        return resources.bucket_owner(parts[5].split("/", 1)[0]) or default
    # AWS's own resources (`arn:aws:iam::aws:policy/…`) are read as if they were one's own
    return parts[4] if parts[4].isdigit() else default


@lru_cache(maxsize=1024)
def _parsed(text: str, name: str) -> Policy:
    from iamlab.policy import Policy  # at first need: most resources have no policy

    return Policy(text, name=name)


def _s3(account: str, region: str, resource: str, arn: str) -> _Found:
    if account:  # an access point: it has an account in its ARN, a bucket has none
        return None, ""
    name = resource.split("/", 1)[0]
    return resources.bucket_policy(name), f"bucket policy of {name}"


def _iam(account: str, region: str, resource: str, arn: str) -> _Found:
    if not resource.startswith("role/"):
        return None, ""
    name = resource.rsplit("/", 1)[-1]
    return resources.role_trust_policy(arn), f"trust policy of {name}"


def _dynamodb(account: str, region: str, resource: str, arn: str) -> _Found:
    # An index has no policy of its own: the table's covers it. A stream has its own.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
    target = arn.split("/index/", 1)[0]
    return resources.dynamodb_policy(account, region, target), f"resource policy of {resource}"


def _kms(account: str, region: str, resource: str, arn: str) -> _Found:
    return resources.key_policy(account, region, resource), f"key policy of {resource}"


def _lambda(account: str, region: str, resource: str, arn: str) -> _Found:
    return resources.function_policy(account, region, resource), f"function policy of {resource}"


def _events(account: str, region: str, resource: str, arn: str) -> _Found:
    name = resource.removeprefix("event-bus/")
    if name == resource:
        return None, ""
    return resources.event_bus_policy(account, region, name), f"policy of event bus {name}"


_READERS: Mapping[str, _Reader] = {
    "s3": _s3,
    "iam": _iam,
    "dynamodb": _dynamodb,
    "kms": _kms,
    "lambda": _lambda,
    "events": _events,
    "sqs": lambda a, r, res, arn: (resources.queue_policy(a, r, res), f"queue policy of {res}"),
    "sns": lambda a, r, res, arn: (resources.topic_policy(a, r, arn), f"topic policy of {res}"),
    "secretsmanager": lambda a, r, res, arn: (resources.secret_policy(a, r, arn), f"policy of {res}"),
    "ecr": lambda a, r, res, arn: (
        resources.repository_policy(a, r, res.removeprefix("repository/")),
        f"policy of {res}",
    ),
}
