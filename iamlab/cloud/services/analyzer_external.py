"""Access from outside of a zone of trust, as the world is now: what an external access analyzer would find.

In: an analyzer. Out: `Observation`s, one for each resource, principal and condition. Policies are answered by
`iamlab.analysis`; bucket ACLs and grants on keys are read as they stand.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from iamlab.analysis.external_access import ExternalAccess, Zone, external_access
from iamlab.cloud.grants import grants_on
from iamlab.cloud.moto_seam import organizations, sharing
from iamlab.cloud.moto_seam.resources import kms_key
from iamlab.cloud.public_access import Settings, is_public, settings_of
from iamlab.cloud.resource_policies import policy_of
from iamlab.cloud.services.analyzer_store import Analyzer, Observation
from iamlab.policy import Policy

_BUCKET, _KEY = "AWS::S3::Bucket", "AWS::KMS::Key"
_POLICY, _ACL = "POLICY", "BUCKET_ACL"

# What an ACL's permission on a bucket lets one do.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping
_READ = ("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions")
_ACL_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "READ": _READ,
    "WRITE": ("s3:PutObject",),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
    "FULL_CONTROL": ("s3:GetBucketAcl", *_READ, "s3:PutBucketAcl", "s3:PutObject"),
}
_FULL_ACCESS = "RCPFullAWSAccess"


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that could be shared."""

    type: str
    arn: str
    owner: str


def zone_of(analyzer: Analyzer) -> Zone:
    """Whom the analyzer trusts."""
    return Zone(frozenset(analyzer.accounts), analyzer.organization)


def resources_of(analyzer: Analyzer) -> Iterator[Resource]:
    """What the analyzer looks at: the resources of its accounts in its Region."""
    for account in analyzer.accounts:
        for kind, arn in sharing.shareable(account, analyzer.region):
            yield Resource(kind, arn, account)


def external_observations(analyzer: Analyzer) -> Iterator[Observation]:
    """Whom outside of the zone of trust the analyzer's resources let in at this moment."""
    zone = zone_of(analyzer)
    for resource in resources_of(analyzer):
        yield from observations_of(resource, policy_of(resource.arn), zone)


def observations_of(resource: Resource, policy: Policy | None, zone: Zone) -> Iterator[Observation]:
    """Whom outside of the zone one resource lets in.

    Args:
        resource: the resource.
        policy: its policy, or the one it might get.
        zone: who is trusted.
    """
    found: dict[tuple[Any, ...], tuple[ExternalAccess, tuple[str, ...]]] = {}
    for access, source in _accesses(resource, policy, zone):
        key = (access.kind, access.principal, tuple(sorted(access.condition.items())))
        known = found.get(key)
        if known is not None:
            actions = tuple(sorted({*known[0].actions, *access.actions}))
            access = replace(access, actions=actions, public=access.public or known[0].public)
        sources = known[1] if known is not None else ()
        found[key] = (access, tuple(dict.fromkeys((*sources, source))))
    for key, (access, sources) in found.items():
        yield Observation(
            key=(resource.arn, *key),
            type="ExternalAccess",
            resource=resource.arn,
            resource_type=resource.type,
            owner=resource.owner,
            details=({"externalAccessDetails": _details(resource, access, sources)},),
        )


def _details(resource: Resource, access: ExternalAccess, sources: tuple[str, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "action": list(access.actions),
        "condition": dict(access.condition),
        "isPublic": access.public,
        "principal": {access.kind: access.principal},
        "resourceControlPolicyRestriction": _restriction(resource),
    }
    if resource.type == _BUCKET:
        made["sources"] = [{"type": source} for source in sources]
    return made


def _accesses(resource: Resource, policy: Policy | None, zone: Zone) -> Iterator[tuple[ExternalAccess, str]]:
    """(access, its source) of each way in which a resource is shared."""
    by_policy = external_access(policy, resource.arn, zone) if policy is not None else ()
    bucket = resource.arn.rpartition(":")[2] if resource.type == _BUCKET else ""
    blocked = settings_of(bucket) if bucket else Settings()
    # A public policy of a bucket that restricts such policies is good for the owner's account and services alone.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    if not (blocked.restrict and policy is not None and is_public(policy)):
        yield from ((access, _POLICY) for access in by_policy)
    if bucket:
        yield from ((access, _ACL) for access in _by_acl(bucket, blocked))
    if resource.type == _KEY:
        yield from ((access, _POLICY) for access in _by_grants(resource, zone))


def _by_acl(bucket: str, blocked: Settings) -> Iterator[ExternalAccess]:
    for grantee, permission in sharing.bucket_acl(bucket):
        actions = _ACL_ACTIONS.get(permission, ())
        if grantee in (sharing.ALL_USERS, sharing.AUTHENTICATED_USERS):
            if not blocked.ignore_acls:
                yield ExternalAccess("AWS", "*", actions, public=True)
        elif "://" not in grantee and grantee != sharing.own_canonical_id():
            yield ExternalAccess("CanonicalUser", grantee, actions)


def _by_grants(resource: Resource, zone: Zone) -> Iterator[ExternalAccess]:
    parts = resource.arn.split(":", 5)
    key = kms_key(parts[4], parts[3], parts[5])
    for grant in grants_on(key) if key is not None else ():
        grantee = grant.grantee.split(":", 5)
        if len(grantee) != 6 or grantee[4] in zone.accounts:
            continue  # a service, or somebody of the zone
        principal = grantee[4] if grantee[5] == "root" else grant.grantee
        actions = tuple(f"kms:{name}" for name in grant.operations)
        yield ExternalAccess("AWS", principal, actions, dict(_limits(grant.constraints)))


def _limits(constraints: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A grant's constraints as condition keys and values."""
    for name in ("EncryptionContextEquals", "EncryptionContextSubset"):
        for key, value in (constraints.get(name) or {}).items():
            yield f"kms:EncryptionContext:{key}", str(value)
    if constraints.get("SourceArn"):
        yield "aws:SourceArn", str(constraints["SourceArn"])


def _restriction(resource: Resource) -> str:
    """Whether an RCP says something of the resource; what it denies is not taken off the actions.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ExternalAccessDetails.html
    """
    place = organizations.membership(resource.owner)
    if place is None or place.management:
        return "NOT_APPLICABLE"
    service = resource.arn.split(":", 3)[2]
    prefix = "sts" if service == "iam" else service
    for level in place.rcps:
        for attached in level:
            if attached.name != _FULL_ACCESS and _speaks_of(attached.document, prefix):
                return "APPLICABLE"
    return "NOT_APPLICABLE"


def _speaks_of(document: str, prefix: str) -> bool:
    for statement in Policy(document).statements:
        actions = statement.actions
        if actions is None or actions.negated:
            return True
        if any(text == "*" or text.lower().startswith((f"{prefix}:", "*:")) for text in actions.texts):
            return True
    return False
