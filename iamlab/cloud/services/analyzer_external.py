"""Access from outside of a zone of trust, as the world is now: what an external access analyzer would find.

In: an analyzer. Out: `Observation`s, one for each resource, principal and condition. Policies are answered by
`iamlab.analysis`; bucket ACLs and grants on keys are read as they stand.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from iamlab.analysis.external_access import ExternalAccess, Zone, external_access
from iamlab.cloud.grants import grants_on
from iamlab.cloud.moto_seam import buckets, organizations, sharing
from iamlab.cloud.moto_seam.resources import kms_key
from iamlab.cloud.public_access import Settings, is_public, settings_of
from iamlab.cloud.resource_policies import policy_of
from iamlab.cloud.services.analyzer_store import Analyzer, Observation
from iamlab.policy import Policy

BUCKET, KEY = "AWS::S3::Bucket", "AWS::KMS::Key"
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


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Everything by which a resource can be shared.

    Attributes:
        policy: its policy.
        acl: a bucket's (who, permission), where ACLs count.
        blocked: what of a bucket's sharing is blocked.
        grants: a key's (grantee, operations, constraints as KMS names them).
    """

    policy: Policy | None = None
    acl: tuple[tuple[str, str], ...] = ()
    blocked: Settings = field(default_factory=Settings)
    grants: tuple[tuple[str, tuple[str, ...], Mapping[str, Any]], ...] = ()


def arrangement_of(resource: Resource) -> Arrangement:
    """How a resource is shared at this moment; not at all where there is none."""
    policy = policy_of(resource.arn)
    if resource.type == BUCKET:
        name = resource.arn.rpartition(":")[2]
        return Arrangement(policy, sharing.bucket_acl(name), settings_of(name))
    if resource.type == KEY:
        parts = resource.arn.split(":", 5)
        key = kms_key(parts[4], parts[3], parts[5])
        grants = grants_on(key) if key is not None else ()
        listed = tuple((grant.grantee, grant.operations, grant.constraints) for grant in grants)
        return Arrangement(policy, grants=listed)
    return Arrangement(policy)


def zone_of(analyzer: Analyzer) -> Zone:
    """Whom the analyzer trusts."""
    return Zone(frozenset(analyzer.accounts), analyzer.organization)


def resources_of(analyzer: Analyzer) -> Iterator[Resource]:
    """What the analyzer looks at: the resources of its accounts in its Region."""
    for account in analyzer.accounts:
        for kind, arn in sharing.shareable(account, analyzer.region):
            yield Resource(kind, arn, account)


def external_observations(analyzer: Analyzer, now: datetime) -> Iterator[Observation]:
    """Whom outside of the zone of trust the analyzer's resources let in at this moment."""
    zone = zone_of(analyzer)
    for resource in resources_of(analyzer):
        analyzer.last_analyzed = (resource.arn, now)
        yield from observations_of(resource, arrangement_of(resource), zone)


def observations_of(resource: Resource, arranged: Arrangement, zone: Zone) -> Iterator[Observation]:
    """Whom outside of the zone one resource lets in.

    Args:
        resource: the resource.
        arranged: how it is shared, or might be.
        zone: who is trusted.
    """
    found: dict[tuple[Any, ...], tuple[ExternalAccess, tuple[str, ...]]] = {}
    for access, source in _accesses(resource, arranged, zone):
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
        "resourceControlPolicyRestriction": rcp_restriction(resource),
    }
    if resource.type == BUCKET:
        made["sources"] = [{"type": source} for source in sources]
    return made


def _accesses(resource: Resource, arranged: Arrangement, zone: Zone) -> Iterator[tuple[ExternalAccess, str]]:
    """(access, its source) of each way in which a resource is shared."""
    policy = arranged.policy
    # A public policy of a bucket that restricts such policies is good for the owner's account and services alone.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    if policy is not None and not (arranged.blocked.restrict and is_public(policy)):
        yield from ((access, _POLICY) for access in external_access(policy, resource.arn, zone))
    yield from ((access, _ACL) for access in _by_acl(arranged, zone))
    yield from ((access, _POLICY) for access in _by_grants(arranged, zone))


def _by_acl(arranged: Arrangement, zone: Zone) -> Iterator[ExternalAccess]:
    inside = {buckets.canonical_id(account) for account in zone.accounts}
    for grantee, permission in arranged.acl:
        actions = _ACL_ACTIONS.get(permission, ())
        if grantee in (sharing.ALL_USERS, sharing.AUTHENTICATED_USERS):
            if not arranged.blocked.ignore_acls:
                yield ExternalAccess("AWS", "*", actions, public=True)
        elif "://" not in grantee and grantee not in inside:
            yield ExternalAccess("CanonicalUser", grantee, actions)


def _by_grants(arranged: Arrangement, zone: Zone) -> Iterator[ExternalAccess]:
    for who, operations, constraints in arranged.grants:
        grantee = who.split(":", 5)
        if len(grantee) != 6 or grantee[4] in zone.accounts:
            continue  # a service, or somebody of the zone
        principal = grantee[4] if grantee[5] == "root" else who
        actions = tuple(f"kms:{name}" for name in operations)
        yield ExternalAccess("AWS", principal, actions, dict(_limits(constraints)))


def _limits(constraints: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A grant's constraints as condition keys and values."""
    for name in ("EncryptionContextEquals", "EncryptionContextSubset"):
        for key, value in (constraints.get(name) or {}).items():
            yield f"kms:EncryptionContext:{key}", str(value)
    if constraints.get("SourceArn"):
        yield "aws:SourceArn", str(constraints["SourceArn"])


def rcp_restriction(resource: Resource) -> str:
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
