"""How a resource would be shared: a proposed configuration, as an access preview is given one.

In: the resource's ARN and its proposed configuration. Out: the `Resource`, and the `Arrangement` it would have. What
the configuration leaves out stays as it is; an empty text stands for no policy.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Configuration.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from iamlab.cloud.public_access import Settings
from iamlab.cloud.resource_policies import owner_of
from iamlab.cloud.services.analyzer_answers import invalid, unsupported
from iamlab.cloud.services.analyzer_external import BUCKET, KEY, Arrangement, Resource, arrangement_of
from iamlab.policy import Policy

# Member of a configuration -> type of the resource, its ARN's service, and the member that holds its policy.
_POLICIES: Mapping[str, tuple[str, str, str]] = {
    "dynamodbStream": ("AWS::DynamoDB::Stream", "dynamodb", "streamPolicy"),
    "dynamodbTable": ("AWS::DynamoDB::Table", "dynamodb", "tablePolicy"),
    "ecrRepository": ("AWS::ECR::Repository", "ecr", "repositoryPolicy"),
    "iamRole": ("AWS::IAM::Role", "iam", "trustPolicy"),
    "kmsKey": (KEY, "kms", "keyPolicies"),
    "s3Bucket": (BUCKET, "s3", "bucketPolicy"),
    "secretsManagerSecret": ("AWS::SecretsManager::Secret", "secretsmanager", "secretPolicy"),
    "snsTopic": ("AWS::SNS::Topic", "sns", "topicPolicy"),
    "sqsQueue": ("AWS::SQS::Queue", "sqs", "queuePolicy"),
}
_DEFAULT = "default"
"""The name of a key's only policy."""


class InvalidConfigurationError(Exception):
    """The proposed configuration can't be analysed; the preview fails."""


def resource_of(arn: str, configuration: Mapping[str, Any], account: str) -> Resource:
    """The resource that a configuration is for.

    Args:
        arn: its ARN; there need be no such resource yet.
        configuration: one member of the union.
        account: whose it is where neither ARN nor resource says so.

    Raises:
        AwsError: the lab can't preview such resources, or the ARN is of another kind.
    """
    (member,) = configuration
    if member not in _POLICIES:
        raise unsupported(f"Access previews of {member} are not supported.")
    kind, service, _ = _POLICIES[member]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != service:
        raise invalid(f"The ARN {arn} is not of a resource of type {kind}.", "configurations")
    return Resource(kind, arn, owner_of(arn, account))


def proposed(resource: Resource, configuration: Mapping[str, Any]) -> Arrangement:
    """How the resource would be shared.

    Raises:
        AwsError: a part of the configuration can't be previewed.
        InvalidConfigurationError: a policy can't be read.
    """
    ((member, given),) = configuration.items()
    arranged = arrangement_of(resource)
    text = given.get(_POLICIES[member][2])
    if isinstance(text, Mapping):
        text = text.get(_DEFAULT)
    if text is not None:
        arranged = replace(arranged, policy=_policy(text, resource) if text else None)
    return _MORE[member](arranged, given) if member in _MORE else arranged


def _policy(text: str, resource: Resource) -> Policy:
    policy = Policy(text)
    role = resource.type == "AWS::IAM::Role"
    for error in policy.errors("trust" if role else "resource"):
        # A repository's policy has no resources.
        if error.code != "MISSING_RESOURCE":
            raise InvalidConfigurationError(error.message)
    return policy


def _bucket(arranged: Arrangement, given: Mapping[str, Any]) -> Arrangement:
    if given.get("accessPoints"):
        raise unsupported("Access previews of access points are not supported.")
    block = given.get("bucketPublicAccessBlock")
    if block is not None:
        settings = Settings(ignore_acls=block["ignorePublicAcls"], restrict=block["restrictPublicBuckets"])
        arranged = replace(arranged, blocked=settings)
    grants = given.get("bucketAclGrants")
    if grants is not None:
        acl = tuple((next(iter(grant["grantee"].values())), grant["permission"]) for grant in grants)
        arranged = replace(arranged, acl=acl)
    return arranged


def _key(arranged: Arrangement, given: Mapping[str, Any]) -> Arrangement:
    grants = given.get("grants")
    if grants is None:
        return arranged
    listed = tuple(
        (
            grant["granteePrincipal"],
            tuple(grant["operations"]),
            {
                f"{name[0].upper()}{name[1:]}": pairs
                for name, pairs in (grant.get("constraints") or {}).items()
            },
        )
        for grant in grants
    )
    return replace(arranged, grants=listed)


_MORE: Mapping[str, Callable[[Arrangement, Mapping[str, Any]], Arrangement]] = {
    "kmsKey": _key,
    "s3Bucket": _bucket,
}
