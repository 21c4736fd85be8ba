"""The pieces an exercise starts from, and how they are laid out in the lab, compared and cleared away.

A `Scene` says which users, roles, groups, policies, tables and buckets stand in the account when an exercise
begins, and which ones the learner is asked to make. From that alone follows whether anything has been tried
(`touched`), whether the pieces are gone because the lab was reset (`gone`), and how to begin again
(`lay_out`). Everything is done with ordinary API calls of the account's root user, so a learner's own
policies can't get in the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import ClientError

from iamlab.course.clearing import REMOVE, remove_bucket
from iamlab.course.documents import policy_arn
from iamlab.course.providers import NO_PROVIDERS, Providers
from iamlab.course.standing import Root, Standing
from iamlab.outside.authority import CertificateAuthority

Document = Mapping[str, Any]


Look = Callable[[str], Standing]
"""Says what stands of a piece."""


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user as it stands when the exercise begins."""

    name: str
    policies: Mapping[str, Document] = field(default_factory=dict)
    """Inline policies by name."""
    keys: int = 0
    """How many access keys, all active."""
    used: int = 0
    """How many of them, the newest, have been used once."""
    attached: tuple[str, ...] = ()
    """ARNs of managed policies, or names of the scene's own."""
    boundary: str | None = None
    """Its permissions boundary: an ARN, or the name of one of the scene's own managed policies."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role as it stands when the exercise begins."""

    name: str
    trust: Document
    policies: Mapping[str, Document] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy as it stands when the exercise begins."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class Group:
    """An IAM group as it stands when the exercise begins."""

    name: str
    members: tuple[str, ...] = ()
    policies: Mapping[str, Document] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table with a text key `id`."""

    name: str
    items: tuple[str, ...] = ("1",)
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket with small text objects."""

    name: str
    objects: tuple[str, ...] = ()
    policy: Document | None = None
    """Its bucket policy."""
    unblocked: bool = False
    """Somebody has taken S3 Block Public Access off it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server certificate of a private authority."""

    name: str
    host: str
    days: int
    """How long it is still good."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an exercise begins."""

    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    groups: tuple[Group, ...] = ()
    tables: tuple[Table, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    managed: tuple[ManagedPolicy, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    providers: Providers = NO_PROVIDERS
    to_make: tuple[str, ...] = ()
    """What the learner is asked to make: `user/ana`, `role/App`, `group/Devs`, `policy/Read`, `mfa/ana-phone`,
    `certificate/www`, `account/password-policy`."""

    def lay_out(self, root: Root) -> None:
        """Make everything as it is when the exercise begins, whatever stands there now."""
        self.clear(root)
        iam = root.client("iam")
        for managed in self.managed:
            iam.create_policy(PolicyName=managed.name, PolicyDocument=_json(managed.document))
        self.providers.make(root)
        for user in self.users:
            iam.create_user(UserName=user.name, **_options(user))
            _equip(iam, "user", user)
            for number in range(user.keys):
                key = iam.create_access_key(UserName=user.name)["AccessKey"]
                if number >= user.keys - user.used:
                    _use(key)
        for role in self.roles:
            iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=_json(role.trust), **_options(role))
            _equip(iam, "role", role)
        for group in self.groups:
            iam.create_group(GroupName=group.name)
            for member in group.members:
                iam.add_user_to_group(GroupName=group.name, UserName=member)
            for name, document in group.policies.items():
                iam.put_group_policy(GroupName=group.name, PolicyName=name, PolicyDocument=_json(document))
        for certificate in self.certificates:
            _upload(root, certificate)
        for table in self.tables:
            _make_table(root, table)
        for bucket in self.buckets:
            s3 = root.client("s3")
            s3.create_bucket(Bucket=bucket.name)
            for key in bucket.objects:
                s3.put_object(Bucket=bucket.name, Key=key, Body=b"hello")
            if bucket.unblocked:
                s3.delete_public_access_block(Bucket=bucket.name)
            if bucket.policy is not None:
                s3.put_bucket_policy(Bucket=bucket.name, Policy=_json(bucket.policy))

    def clear(self, root: Root) -> None:
        """Take away every piece of this exercise, those that the learner made included."""
        iam = root.client("iam")
        # Policies last: what they hang on goes first.
        pieces = (*self._given(), *self._certificates(), *self.to_make)
        for piece in sorted(pieces, key=lambda piece: piece.startswith("policy/")):
            kind, _, name = piece.partition("/")
            if kind in REMOVE:
                with suppress(iam.exceptions.NoSuchEntityException):
                    REMOVE[kind](iam, name)
        self.providers.remove(root)
        for table in self.tables:
            client = root.client("dynamodb", region_name=table.region)
            with suppress(client.exceptions.ResourceNotFoundException):
                client.delete_table(TableName=table.name)
        for bucket in self.buckets:
            remove_bucket(root, bucket.name)

    def gone(self, look: Look, root: Root) -> bool:
        """True if there were pieces to begin with and none of them stands any more: the lab was reset."""
        given = self._given()
        return all(look(piece) is None for piece in given) if given else self._things_missing(look, root)

    def incomplete(self, look: Look, root: Root) -> bool:
        """True if any piece to begin with is not there, so that the exercise can't be worked at."""
        return any(look(piece) is None for piece in self._given()) or self._things_missing(look, root)

    def touched(self, look: Look) -> bool:
        """True if any identity or policy of this exercise differs from the beginning."""
        return any(look(piece) != state for piece, state in self._beginning().items())

    def documents(self, look: Look) -> Iterator[tuple[str, str, Document]]:
        """Every policy that now hangs on a piece of this exercise: name for messages, kind, document."""
        for piece in (*self._given(), *self.to_make):
            state = look(piece) or {}
            for name, document in state.get("policies", {}).items():
                yield f"{name} of {piece}", "identity", document
            if "trust" in state:
                yield f"trust policy of {piece}", "trust", state["trust"]
            if "document" in state:
                yield piece, "identity", state["document"]
            if "resource" in state:
                yield f"policy of {piece}", "resource", state["resource"]

    def names(self) -> frozenset[str]:
        """The names of all its pieces, those that the learner makes included."""
        pieces = {piece.partition("/")[2] for piece in (*self._given(), *self._certificates(), *self.to_make)}
        things = (table.name for table in self.tables), (bucket.name for bucket in self.buckets)
        return frozenset(pieces.union(*things, self.providers.names()))

    def _certificates(self) -> tuple[str, ...]:
        return tuple(f"certificate/{certificate.name}" for certificate in self.certificates)

    def _things_missing(self, look: Look, root: Root) -> bool:
        # A certificate may be replaced by one that the learner makes.
        if self.certificates and not any(map(look, (*self._certificates(), *self.to_make))):
            return True
        return not (
            all(_table_stands(root, table) for table in self.tables)
            and all(_bucket_stands(root, bucket) for bucket in self.buckets)
            and self.providers.stand(root)
        )

    def _given(self) -> tuple[str, ...]:
        return (
            *(f"user/{user.name}" for user in self.users),
            *(f"role/{role.name}" for role in self.roles),
            *(f"group/{group.name}" for group in self.groups),
            *(f"policy/{managed.name}" for managed in self.managed),
            *(f"bucket/{bucket.name}" for bucket in self.buckets if bucket.policy is not None),
        )

    def _beginning(self) -> dict[str, Standing]:
        states: dict[str, Standing] = dict.fromkeys(self.to_make)
        for user in self.users:
            states[f"user/{user.name}"] = {
                "policies": dict(user.policies),
                "attached": sorted(map(_arn, user.attached)),
                "boundary": _arn(user.boundary),
                "tags": dict(user.tags),
                "groups": sorted(group.name for group in self.groups if user.name in group.members),
                "keys": ["Active"] * user.keys,
                "mfa": [],
            }
        for role in self.roles:
            states[f"role/{role.name}"] = {
                "trust": role.trust,
                "policies": dict(role.policies),
                "attached": sorted(map(_arn, role.attached)),
                "boundary": _arn(role.boundary),
                "tags": dict(role.tags),
            }
        for group in self.groups:
            states[f"group/{group.name}"] = {
                "policies": dict(group.policies),
                "attached": [],
                "members": sorted(group.members),
            }
        for managed in self.managed:
            states[f"policy/{managed.name}"] = {"document": managed.document}
        for certificate in self.certificates:
            states[f"certificate/{certificate.name}"] = {"host": certificate.host}
        for bucket in self.buckets:
            if bucket.policy is not None:
                states[f"bucket/{bucket.name}"] = {"resource": bucket.policy}
        return states


def _options(holder: User | Role) -> dict[str, Any]:
    """What a user or role is created with."""
    options: dict[str, Any] = {}
    if holder.boundary is not None:
        options["PermissionsBoundary"] = _arn(holder.boundary)
    if holder.tags:
        options["Tags"] = [{"Key": key, "Value": value} for key, value in holder.tags.items()]
    return options


def _equip(iam: Any, kind: str, holder: User | Role) -> None:
    """Give a user or role its policies."""
    named = {f"{kind.title()}Name": holder.name}
    for name, document in holder.policies.items():
        getattr(iam, f"put_{kind}_policy")(**named, PolicyName=name, PolicyDocument=_json(document))
    for policy in holder.attached:
        getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=_arn(policy))


def _arn(policy: str | None) -> Any:
    """The ARN of a managed policy, which a scene may name by its name alone."""
    return policy if policy is None or policy.startswith("arn:") else policy_arn(policy)


def _use(key: Mapping[str, str]) -> None:
    """Make one harmless call with a key."""
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"])
    session.client("sts").get_caller_identity()


def _upload(root: Root, certificate: Certificate) -> None:
    made = CertificateAuthority(root.now).issue(certificate.host, days=certificate.days)
    root.client("iam").upload_server_certificate(
        ServerCertificateName=certificate.name, CertificateBody=made.pem, PrivateKey=made.key_pem
    )


# ---------------------------------------------------------------- tables and buckets
def _make_table(root: Root, table: Table) -> None:
    client = root.client("dynamodb", region_name=table.region)
    client.create_table(
        TableName=table.name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in table.items:
        client.put_item(TableName=table.name, Item={"id": {"S": item}})


def _table_stands(root: Root, table: Table) -> bool:
    client = root.client("dynamodb", region_name=table.region)
    return _answers(partial(client.describe_table, TableName=table.name))


def _bucket_stands(root: Root, bucket: Bucket) -> bool:
    return _answers(partial(root.client("s3").head_bucket, Bucket=bucket.name))


def _answers(call: Any) -> bool:
    try:
        call()
    except ClientError:
        return False
    return True


def _json(document: Document) -> str:
    return json.dumps(document)
