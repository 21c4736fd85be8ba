"""Looking at what moto has stored, without changing it: names to entities, tags, resource policies.

Everything here reads moto's internals and is pinned to the supported versions by
`tests/cloud/test_resource_policies.py`. Two habits matter:

* a service's moto package is never imported for a look-up: if nobody imported it, nothing is stored;
* `BackendDict.__getitem__` *creates* accounts and regions, so plain `dict.get` is used instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from iamlab.cloud.moto_seam import identities

# moto's package and the name of its table of backends, by boto3's service name.
_BACKENDS: Mapping[str, tuple[str, str]] = {
    "iam": ("moto.iam.models", "iam_backends"),
    "s3": ("moto.s3.models", "s3_backends"),
    "s3control": ("moto.s3control.models", "s3control_backends"),
    "dynamodb": ("moto.dynamodb.models", "dynamodb_backends"),
    "ec2": ("moto.ec2.models", "ec2_backends"),
    "sqs": ("moto.sqs.models", "sqs_backends"),
    "sns": ("moto.sns.models", "sns_backends"),
    "kms": ("moto.kms.models", "kms_backends"),
    "lambda": ("moto.awslambda.models", "lambda_backends"),
    "secretsmanager": ("moto.secretsmanager.models", "secretsmanager_backends"),
    "ecr": ("moto.ecr.models", "ecr_backends"),
    "events": ("moto.events.models", "events_backends"),
    "ssm": ("moto.ssm.models", "ssm_backends"),
    "athena": ("moto.athena.models", "athena_backends"),
}


def partition_of(region: str) -> str:
    """The partition that a region lies in; `aws` for anything unknown."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    if region.startswith("us-iso-"):
        return "aws-iso"
    if region.startswith("us-isob-"):
        return "aws-iso-b"
    return "aws"


def backend(service: str, account: str, region: str) -> Any | None:
    """moto's backend of one service, account and region (or partition), or None if it was never used."""
    package, attribute = _BACKENDS[service]
    module = sys.modules.get(package)
    if module is None:
        return None
    accounts = getattr(module, attribute, None)
    regions = dict.get(accounts, account) if accounts is not None else None
    return dict.get(regions, region) if regions is not None else None


def regions_of(service: str, account: str) -> list[str]:
    """The regions (or partitions) in which an account has used a service."""
    package, attribute = _BACKENDS[service]
    accounts = getattr(sys.modules.get(package), attribute, None)
    return sorted((dict.get(accounts, account) or {}) if accounts is not None else ())


def backends(service: str) -> list[Any]:
    """moto's backends of one service in all accounts and regions where it was used."""
    package, attribute = _BACKENDS[service]
    accounts = getattr(sys.modules.get(package), attribute, None) or {}
    return [found for regions in list(dict.values(accounts)) for found in list(dict.values(regions))]


def tag_map(tags: Any) -> dict[str, str]:
    """Any of moto's ways to keep tags, as a plain mapping."""
    if not tags:
        return {}
    if isinstance(tags, Mapping):
        return {
            str(k): str(v.get("Value", "")) if isinstance(v, Mapping) else str(v) for k, v in tags.items()
        }
    found = {}
    for tag in tags:
        for key, value in (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue")):
            if key in tag:
                found[str(tag[key])] = str(tag.get(value) or "")
    return found


# ---------------------------------------------------------------- iam


def iam_instance_profile(account: str, partition: str, name: str) -> Any | None:
    """The instance profile of that name."""
    found = backend("iam", account, partition)
    if found is not None:
        for profile in found.instance_profiles.values():
            if profile.name == name:
                return profile
    return None


def iam_server_certificate(account: str, partition: str, name: str) -> Any | None:
    """The server certificate of that name."""
    found = backend("iam", account, partition)
    if found is not None:
        for certificate in found.certificates.values():
            if certificate.cert_name == name:
                return certificate
    return None


def iam_by_arn(account: str, partition: str, arn: str) -> Any | None:
    """A managed policy, MFA device, SAML or OIDC provider by its ARN."""
    found = backend("iam", account, partition)
    if found is None:
        return None
    kind = arn.split(":", 5)[-1].split("/", 1)[0]
    if kind == "policy":
        return found.managed_policies.get(arn)
    if kind == "mfa":
        return found.virtual_mfa_devices.get(arn)
    if kind == "oidc-provider":
        return found.open_id_providers.get(arn)
    if kind == "saml-provider":
        return found.saml_providers.get(arn.rsplit("/", 1)[-1])
    return None


# ---------------------------------------------------------------- s3


def bucket_owner(name: str) -> str | None:
    """The account that owns a bucket, wherever the caller is."""
    module = sys.modules.get("moto.s3.models")
    known = module.s3_backends.bucket_accounts.get(name) if module is not None else None
    return str(known[1]) if known else None


def bucket(name: str) -> Any | None:
    """The bucket of that name in any account."""
    module = sys.modules.get("moto.s3.models")
    known = module.s3_backends.bucket_accounts.get(name) if module is not None else None
    if not known:
        return None
    found = backend("s3", known[1], known[0])
    return found.buckets.get(name) if found is not None else None


def bucket_tags(name: str) -> dict[str, str]:
    """A bucket's tags."""
    found = bucket(name)
    return _s3_tags(found.arn, found) if found is not None else {}


def object_tags(name: str, key: str, version: str | None = None) -> dict[str, str]:
    """An object's tags, of the current version unless one is named."""
    found = bucket(name)
    entity = s3_object(name, key, version) if found is not None else None
    return _s3_tags(entity.arn, found) if entity is not None else {}


def _s3_tags(arn: str, of_bucket: Any) -> dict[str, str]:
    store = backend("s3", of_bucket.account_id, of_bucket.partition)
    return dict(store.tagger.get_tag_dict_for_resource(arn)) if store is not None else {}


def s3_object(name: str, key: str, version: str | None = None) -> Any | None:
    """An object (or one version of it); None where it is missing or deleted."""
    found = bucket(name)
    if found is None:
        return None
    if version is None:
        entity = found.keys.get(key)
    else:
        entity = next((k for k in found.keys.getlist(key, []) if str(k.version_id) == version), None)
    return entity if hasattr(entity, "arn") else None


# ---------------------------------------------------------------- other services


def dynamodb_table(account: str, region: str, name: str) -> Any | None:
    """The table of that name."""
    found = backend("dynamodb", account, region)
    return found.tables.get(name) if found is not None else None


def dynamodb_hash_key(table: Any, index: str | None) -> str | None:
    """The partition key's attribute name of a table or of one of its indexes."""
    if index is None:
        return str(table.hash_key_attr) or None
    for found in (*table.global_indexes, *table.indexes):
        if found.name == index:
            for part in found.schema:
                if part["KeyType"] == "HASH":
                    return str(part["AttributeName"])
    return None


def kms_key(account: str, region: str, key_id: str) -> Any | None:
    """A key by id, key ARN, alias name or alias ARN."""
    found = backend("kms", account, region)
    if found is None:
        return None
    name = key_id.split(":", 5)[-1] if key_id.startswith("arn:") else key_id
    if name.startswith("alias/"):
        return next((key for key in found.keys.values() if name in key.aliases), None)
    return found.keys.get(name.removeprefix("key/"))


def kms_aliases(key: Any) -> list[str]:
    """The aliases (`alias/…`) that point to a key."""
    return sorted(str(alias) for alias in key.aliases)


def secret(account: str, region: str, secret_id: str) -> Any | None:
    """A secret by name, ARN or ARN without its random suffix."""
    found = backend("secretsmanager", account, region)
    return found.secrets.get(secret_id) if found is not None else None


# ---------------------------------------------------------------- tags of any resource, by ARN


def resource_tags(arn: str) -> dict[str, str]:
    """The tags of an existing resource of the services that lessons use; empty where moto has none."""
    parts = arn.split(":", 5)
    reader = _TAG_READERS.get(parts[2]) if len(parts) == 6 else None
    return reader(parts[4], parts[3], parts[5], arn) if reader else {}


def _sqs_tags(account: str, region: str, resource: str, arn: str) -> dict[str, str]:
    found = backend("sqs", account, region)
    queue = found.queues.get(resource) if found is not None else None
    return tag_map(queue.tags) if queue is not None else {}


def _sns_tags(account: str, region: str, resource: str, arn: str) -> dict[str, str]:
    found = backend("sns", account, region)
    topic = found.topics.get(arn) if found is not None else None
    return tag_map(topic._tags) if topic is not None else {}


def _kms_tags(account: str, region: str, resource: str, arn: str) -> dict[str, str]:
    found = backend("kms", account, region)
    if found is None:
        return {}
    return tag_map(found.tagger.get_tag_dict_for_resource(resource.removeprefix("key/")))


def _secret_tags(account: str, region: str, resource: str, arn: str) -> dict[str, str]:
    found = secret(account, region, arn)
    return tag_map(found.tags) if found is not None else {}


def _lambda_tags(account: str, region: str, resource: str, arn: str) -> dict[str, str]:
    function = lambda_function(account, region, resource)
    return tag_map(function.tags) if function is not None else {}


def _ec2_arn_tags(account: str, region: str, resource: str, arn: str) -> dict[str, str]:
    found = backend("ec2", account, region)
    return dict(found.tags.get(resource.rsplit("/", 1)[-1], {})) if found is not None else {}


def _dynamodb_tags(account: str, region: str, resource: str, arn: str) -> dict[str, str]:
    table = dynamodb_table(account, region, resource.split("/")[1]) if "/" in resource else None
    return tag_map(table.tags) if table is not None else {}


_TAG_READERS: Mapping[str, Callable[[str, str, str, str], dict[str, str]]] = {
    "sqs": _sqs_tags,
    "sns": _sns_tags,
    "kms": _kms_tags,
    "secretsmanager": _secret_tags,
    "lambda": _lambda_tags,
    "ec2": _ec2_arn_tags,
    "dynamodb": _dynamodb_tags,
}


def lambda_function(account: str, region: str, resource: str) -> Any | None:
    """A function by the last part of its ARN, `function:name` with or without a qualifier."""
    found = backend("lambda", account, region)
    parts = resource.split(":")
    if found is None or len(parts) < 2 or parts[0] != "function":
        return None
    versions = found._lambdas._functions.get(parts[1])
    return versions["latest"] if versions else None


# ---------------------------------------------------------------- resource policies, as JSON text


def bucket_policy(name: str) -> str | None:
    """A bucket's policy."""
    found = bucket(name)
    return _text(found.policy) if found is not None else None


def role_trust_policy(arn: str) -> str | None:
    """A role's trust policy, by the role's ARN with its path."""
    role = identities.role_by_arn(arn)
    return _text(role.assume_role_policy_document) if role is not None else None


def queue_policy(account: str, region: str, name: str) -> str | None:
    """A queue's policy."""
    found = backend("sqs", account, region)
    queue = found.queues.get(name) if found is not None else None
    return _text(queue.policy) if queue is not None else None


def topic_policy(account: str, region: str, arn: str) -> str | None:
    """A topic's policy (every topic has one)."""
    found = backend("sns", account, region)
    topic = found.topics.get(arn) if found is not None else None
    return _text(topic.policy) if topic is not None else None


def key_policy(account: str, region: str, key_id: str) -> str | None:
    """A KMS key's policy (every key has one)."""
    key = kms_key(account, region, key_id)
    return _text(key.policy) if key is not None else None


def function_policy(account: str, region: str, resource: str) -> str | None:
    """A Lambda function's policy.

    moto leaves accounts, users and roles as bare texts, which no policy can say but `*`.
    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    function = lambda_function(account, region, resource)
    if function is None:
        return None
    return _statements(
        statement | {"Principal": {"AWS": principal}}
        if isinstance(principal := statement.get("Principal"), str) and principal != "*"
        else statement
        for statement in function.policy.statements
    )


def secret_policy(account: str, region: str, arn: str) -> str | None:
    """A secret's policy."""
    found = secret(account, region, arn)
    return _text(getattr(found, "policy", None)) if found is not None else None


def dynamodb_policy(account: str, region: str, arn: str) -> str | None:
    """The policy of a table or stream."""
    found = backend("dynamodb", account, region)
    if found is None or not found.resource_policies:
        return None
    policy = found.resource_policies.get(arn)
    return _text(policy.policy_doc) if policy is not None else None


def repository_policy(account: str, region: str, name: str) -> str | None:
    """An ECR repository's policy."""
    found = backend("ecr", account, region)
    repository = found.repositories.get(name) if found is not None else None
    return _text(repository.policy) if repository is not None else None


def event_bus_policy(account: str, region: str, name: str) -> str | None:
    """An EventBridge bus's policy."""
    found = backend("events", account, region)
    bus = found.event_buses.get(name) if found is not None else None
    return _text(bus.policy) if bus is not None else None


def _text(policy: Any) -> str | None:
    if not policy:
        return None
    if isinstance(policy, bytes):
        return policy.decode("utf-8", "replace")
    return policy if isinstance(policy, str) else json.dumps(policy)


def _statements(statements: Iterable[Any]) -> str | None:
    listed = list(statements)
    return json.dumps({"Version": "2012-10-17", "Statement": listed}) if listed else None
