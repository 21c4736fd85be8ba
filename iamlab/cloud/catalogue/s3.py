"""What each operation of S3 needs; the names of the actions are in :mod:`.s3_actions`.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from iamlab.cloud.catalogue import s3_actions as table
from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.pass_role import pass_role
from iamlab.cloud.catalogue.tags import request_tags, tags_in
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.resource_policies import owner_of, policy_of

if TYPE_CHECKING:
    from iamlab.cloud.call import Call
    from iamlab.policy import Policy

# A connection to S3 negotiates this today; the lab's own transport has no TLS version to report.
_TLS_VERSION = 1.3
_BYPASS = ("DeleteObject", "DeleteObjects", "PutObjectRetention")


class _Place:
    """A bucket (or access point) of a call, with what all checks on it share."""

    __slots__ = ("arn", "name", "owner", "policy", "shared")

    def __init__(self, call: Call, bucket: str) -> None:
        # an access point's ARN stands where a bucket's name does
        self.arn = (
            bucket
            if bucket.startswith("arn:")
            else f"arn:{resources.partition_of(call.region)}:s3:::{bucket}"
        )
        self.name = "" if bucket.startswith("arn:") else bucket
        self.owner = owner_of(self.arn, call.account)
        self.policy: Policy | None = policy_of(self.arn)
        self.shared = _transport(call)
        self.shared["s3:ResourceAccount"] = self.owner
        found = resources.bucket(self.name)
        if found is not None and found.region_name != call.region:
            # a bucket answers in its own region, wherever a client asks first
            self.shared["aws:RequestedRegion"] = str(found.region_name)
        if not self.name and ":accesspoint" in self.arn:
            self.shared["s3:DataAccessPointArn"] = self.arn
            self.shared["s3:DataAccessPointAccount"] = self.owner

    def make_own(self, account: str) -> None:
        """A bucket that is still to be made: whoever has one of that name has no say in it."""
        self.owner, self.policy = account, None
        self.shared.pop("aws:RequestedRegion", None)
        self.shared["s3:ResourceAccount"] = account

    def object_arn(self, key: str) -> str:
        return f"{self.arn}/{key}" if self.name else f"{self.arn}/object/{key}"

    def check(
        self,
        action: str,
        arn: str,
        context: Context | None = None,
        *,
        dependent: bool = False,
        item: int | None = None,
    ) -> Check:
        return Check(
            f"s3:{action}",
            arn,
            self.owner,
            {**self.shared, **context} if context else self.shared,
            resource_policy=self.policy,
            dependent=dependent,
            item=item,
        )


def _transport(call: Call) -> Context:
    """How the request was signed and sent: keys that every S3 action has."""
    context: Context = {}
    if call.auth != "anonymous":
        context["s3:authType"] = str(call.auth)
        context["s3:signatureversion"] = "AWS4-HMAC-SHA256"
        if call.signed_at is not None:
            age = (call.now - call.signed_at).total_seconds()
            context["s3:signatureAge"] = max(0, int(age * 1000))
        digest = call.request.headers.get("x-amz-content-sha256") if call.request is not None else None
        if digest:
            context["s3:x-amz-content-sha256"] = digest
    if call.secure:
        context["s3:TlsVersion"] = _TLS_VERSION
    return context


def _keys(call: Call, action: str) -> Context:
    """The keys that stand for parameters of the request."""
    context: Context = {}
    for parameter, value in call.params.items():
        key = table.KEYS.get(parameter)
        if key is None or value is None or (value == "" and parameter != "Prefix"):
            continue
        if key in table.LISTING_KEYS and action not in table.LISTING_ACTIONS:
            continue
        if key in ("s3:if-match", "s3:if-none-match") and action not in table.CONDITIONAL_ACTIONS:
            continue
        if key == "s3:VersionId" and "Version" not in action:
            continue
        context[key] = value
    return context


def _retention(call: Call, mode: Any, until: Any) -> Context:
    """Object Lock's keys; the remaining days are counted from now."""
    context: Context = {}
    if mode:
        context["s3:object-lock-mode"] = str(mode)
    if isinstance(until, str):
        try:
            until = datetime.fromisoformat(until)
        except ValueError:
            return context
    if isinstance(until, datetime):
        moment = until if until.tzinfo else until.replace(tzinfo=UTC)
        context["s3:object-lock-retain-until-date"] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        context["s3:object-lock-remaining-retention-days"] = max(0, (moment - call.now).days)
    return context


def _passed_tags(params: Mapping[str, Any]) -> dict[str, str]:
    """Object tags in a request: the header's `a=1&b=2`, or PutObjectTagging's document."""
    tagging = params.get("Tagging")
    if isinstance(tagging, str):
        return dict(parse_qsl(tagging, keep_blank_values=True))
    return tags_in(tagging) or {}


def _request_object_tags(tags: Mapping[str, str]) -> Context:
    if not tags:
        return {}
    context: Context = {f"s3:RequestObjectTag/{key}": value for key, value in tags.items()}
    context["s3:RequestObjectTagKeys"] = list(tags)
    return context


def _kms_key_arn(call: Call, owner: str, key_id: str) -> str:
    """S3 compares with the key's ARN whatever way the request names it."""
    if key_id.startswith("arn:") and ":alias/" not in key_id:
        return key_id
    found = resources.kms_key(call.account, call.region, key_id)
    if found is not None:
        return str(found.arn)
    return f"arn:{resources.partition_of(call.region)}:kms:{call.region}:{call.account}:key/{key_id}"


# ---------------------------------------------------------------- objects


def _object(call: Call, row: table.ObjectRow) -> tuple[Check, ...]:
    params = call.params
    place, key, version = _Place(call, str(params.get("Bucket", ""))), str(params.get("Key", "")), None
    if row.version_action:
        version = params.get("VersionId")
    action = row.version_action if version else row.action
    arn = place.object_arn(key)
    context = _keys(call, action)
    if action in table.EXISTING_TAG_ACTIONS:
        context.update(_existing_tags(place, key, version))
    if action == "PutObject":
        context.update(_put_context(call, place))
    elif call.operation in _SPECIAL_CONTEXT:
        context.update(_SPECIAL_CONTEXT[call.operation](call))

    found = []
    if "CopySource" in params:
        found += _copy_source(call, place)
    found.append(place.check(action, arn, context))
    if row.also:
        found.append(place.check(row.also_version if version else row.also, arn, context))
    if call.operation in table.WRITES_OBJECT:
        found += [
            place.check(extra, arn, context, dependent=True)
            for names, extra in table.OBJECT_EXTRAS
            if any(params.get(name) for name in names)
        ]
    if params.get("BypassGovernanceRetention") and call.operation in _BYPASS:
        found.append(place.check("BypassGovernanceRetention", arn, context, dependent=True))
    if row.reads and place.name and resources.s3_object(place.name, key, version) is None:
        found += _missing(place)
    # the operation itself before what it carries along
    found.sort(key=lambda check: check.dependent)
    return tuple(found)


def _missing(place: _Place) -> list[Check]:
    """Whether an object exists is told only to those who may list the bucket; others get a denial of that.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"
    """
    if resources.bucket(place.name) is None:
        return []  # NoSuchBucket comes first
    return [place.check("ListBucket", place.arn, dependent=True)]


def _existing_tags(place: _Place, key: str, version: str | None) -> Context:
    if not place.name:
        return {}
    tags = resources.object_tags(place.name, key, version)
    return {f"s3:ExistingObjectTag/{name}": value for name, value in tags.items()}


def _put_context(call: Call, place: _Place) -> Context:
    params = call.params
    context = _request_object_tags(_passed_tags(params))
    context.update(_retention(call, None, params.get("ObjectLockRetainUntilDate")))
    if params.get("SSEKMSKeyId"):
        context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = _kms_key_arn(
            call, place.owner, str(params["SSEKMSKeyId"])
        )
    # False for the steps of a multipart upload that don't yet make the object visible.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    context["s3:ObjectCreationOperation"] = call.operation in (
        "PutObject",
        "CopyObject",
        "CompleteMultipartUpload",
    )
    return context


_SPECIAL_CONTEXT: Mapping[str, Callable[[Call], Context]] = {
    "PutObjectTagging": lambda call: _request_object_tags(_passed_tags(call.params)),
    "PutObjectRetention": lambda call: _retention(
        call,
        (call.params.get("Retention") or {}).get("Mode"),
        (call.params.get("Retention") or {}).get("RetainUntilDate"),
    ),
    "PutObjectLegalHold": lambda call: (
        {"s3:object-lock-legal-hold": call.params["LegalHold"]["Status"]}
        if (call.params.get("LegalHold") or {}).get("Status")
        else {}
    ),
}


def _copy_source(call: Call, target: _Place) -> list[Check]:
    """Reading the source of a copy, its tags included where they come along."""
    bucket, key, version = split_copy_source(call.params["CopySource"])
    source = _Place(call, bucket)
    arn = source.object_arn(key)
    action = "GetObjectVersion" if version else "GetObject"
    context = _existing_tags(source, key, version)
    if version:
        context["s3:VersionId"] = version
    found = [source.check(action, arn, context)]
    if call.operation != "CopyObject":
        return found
    if _has_tags(context) and call.params.get("TaggingDirective", "COPY") == "COPY":
        read = "GetObjectVersionTagging" if version else "GetObjectTagging"
        found.append(source.check(read, arn, context, dependent=True))
        written = {key.split("/", 1)[1]: str(value) for key, value in context.items() if "Tag/" in key}
        target_arn = target.object_arn(str(call.params.get("Key", "")))
        found.append(
            target.check("PutObjectTagging", target_arn, _request_object_tags(written), dependent=True)
        )
    if source.name and resources.s3_object(source.name, key, version) is None:
        found += _missing(source)
    return found


def _has_tags(context: Context) -> bool:
    return any(key.startswith("s3:ExistingObjectTag/") for key in context)


def split_copy_source(source: Any) -> tuple[str, str, str | None]:
    """Bucket (or access point ARN), key and version of a `CopySource`, which may be text or a mapping."""
    if isinstance(source, Mapping):
        return str(source.get("Bucket", "")), str(source.get("Key", "")), source.get("VersionId")
    path, _, query = str(source).partition("?versionId=")
    path = unquote(path).lstrip("/")
    if path.startswith("arn:") and "/object/" in path:
        bucket, _, key = path.partition("/object/")
    else:
        bucket, _, key = path.partition("/")
    return bucket, key, query or None


def _delete_objects(call: Call) -> tuple[Check, ...]:
    """Each key is a decision of its own: the others are deleted, whatever becomes of one."""
    place = _Place(call, str(call.params.get("Bucket", "")))
    bypass = bool(call.params.get("BypassGovernanceRetention"))
    found = []
    for item, entry in enumerate((call.params.get("Delete") or {}).get("Objects") or ()):
        arn, version = place.object_arn(str(entry.get("Key", ""))), entry.get("VersionId")
        if version:
            found.append(place.check("DeleteObjectVersion", arn, {"s3:VersionId": version}, item=item))
        else:
            found.append(place.check("DeleteObject", arn, item=item))
        if bypass:
            found.append(place.check("BypassGovernanceRetention", arn, dependent=True, item=item))
    return tuple(found) or (place.check("DeleteObject", place.object_arn("*")),)


# ---------------------------------------------------------------- buckets


def _bucket(call: Call, action: str) -> tuple[Check, ...]:
    params = call.params
    place = _Place(call, str(params.get("Bucket", "")))
    context = _keys(call, action)
    found = []
    if call.operation == "CreateBucket":
        place.make_own(call.account)
        settings = params.get("CreateBucketConfiguration") or {}
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html: absent in us-east-1
        if settings.get("LocationConstraint"):
            context["s3:locationconstraint"] = settings["LocationConstraint"]
        tags = tags_in(settings.get("Tags")) or {}
        context.update(request_tags(tags))
        extras = [e for names, es in table.BUCKET_EXTRAS if any(params.get(n) for n in names) for e in es]
        if tags:
            extras.append("TagResource")
        found = [place.check(extra, place.arn, context, dependent=True) for extra in extras]
    elif call.operation == "PutBucketReplication":
        role = (params.get("ReplicationConfiguration") or {}).get("Role")
        if role:
            found.append(pass_role(call, str(role), "s3.amazonaws.com", place.arn))
    elif call.operation == "PutBucketInventoryConfiguration":
        fields = (params.get("InventoryConfiguration") or {}).get("OptionalFields")
        if fields:
            context["s3:InventoryAccessibleOptionalFields"] = list(fields)
    return place.check(action, place.arn, context), *found


def _elsewhere(call: Call, action: str) -> tuple[Check, ...]:
    """Directory buckets and Object Lambda have their own prefixes and ARNs."""
    region, account = call.region, call.account
    start = f"arn:{resources.partition_of(region)}"
    if action == "s3express:CreateSession":
        arn = f"{start}:s3express:{region}:{account}:bucket/{call.params.get('Bucket', '')}"
        mode = call.params.get("SessionMode") or "ReadWrite"
        context: Context = {"s3express:SessionMode": mode, "s3express:ResourceAccount": account}
        return (Check(action, arn, account, context),)
    if action == "s3-object-lambda:WriteGetObjectResponse":
        return (Check(action, f"{start}:s3-object-lambda:{region}:{account}:accesspoint/*", account),)
    return (Check(action, "*", account, wildcard_only=True),)


def _list_buckets(call: Call) -> tuple[Check, ...]:
    return (Check("s3:ListAllMyBuckets", "*", call.account, _transport(call), wildcard_only=True),)


def _object_row(row: table.ObjectRow) -> Callable[[Call], tuple[Check, ...]]:
    return lambda call: _object(call, row)


def _bucket_row(action: str) -> Callable[[Call], tuple[Check, ...]]:
    return lambda call: _bucket(call, action)


def _elsewhere_row(action: str) -> Callable[[Call], tuple[Check, ...]]:
    return lambda call: _elsewhere(call, action)


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    "ListBuckets": _list_buckets,
    "DeleteObjects": _delete_objects,
    **{operation: _bucket_row(action) for operation, action in table.BUCKET.items()},
    **{operation: _object_row(row) for operation, row in table.OBJECT.items()},
    **{operation: _elsewhere_row(action) for operation, action in table.ELSEWHERE.items()},
}
