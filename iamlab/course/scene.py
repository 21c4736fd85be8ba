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

Document = Mapping[str, Any]
Standing = dict[str, Any] | None
"""What stands in the account of one piece: its policies, members and keys; None if it doesn't exist."""


class Root:
    """The account's root user, with one client per service and region: making a client takes longer than a call."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._clients: dict[tuple[str, str | None], Any] = {}

    def client(self, service: str, region_name: str | None = None) -> Any:
        key = (service, region_name)
        if key not in self._clients:
            self._clients[key] = self._session.client(service, region_name=region_name)  # type: ignore[call-overload]
        return self._clients[key]


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


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role as it stands when the exercise begins."""

    name: str
    trust: Document
    policies: Mapping[str, Document] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an exercise begins."""

    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    groups: tuple[Group, ...] = ()
    tables: tuple[Table, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    to_make: tuple[str, ...] = ()
    """Pieces that the learner is asked to make, as `user/ana`, `role/App`, `group/Devs`, `policy/Read`."""

    def lay_out(self, root: Root) -> None:
        """Make everything as it is when the exercise begins, whatever stands there now."""
        self.clear(root)
        iam = root.client("iam")
        for user in self.users:
            iam.create_user(UserName=user.name)
            for name, document in user.policies.items():
                iam.put_user_policy(UserName=user.name, PolicyName=name, PolicyDocument=_json(document))
            for _ in range(user.keys):
                iam.create_access_key(UserName=user.name)
        for role in self.roles:
            iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=_json(role.trust))
            for name, document in role.policies.items():
                iam.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=_json(document))
        for group in self.groups:
            iam.create_group(GroupName=group.name)
            for member in group.members:
                iam.add_user_to_group(GroupName=group.name, UserName=member)
            for name, document in group.policies.items():
                iam.put_group_policy(GroupName=group.name, PolicyName=name, PolicyDocument=_json(document))
        for table in self.tables:
            _make_table(root, table)
        for bucket in self.buckets:
            s3 = root.client("s3")
            s3.create_bucket(Bucket=bucket.name)
            for key in bucket.objects:
                s3.put_object(Bucket=bucket.name, Key=key, Body=b"hello")

    def clear(self, root: Root) -> None:
        """Take away every piece of this exercise, those that the learner made included."""
        iam = root.client("iam")
        for piece in (*self._given(), *self.to_make):
            kind, _, name = piece.partition("/")
            with suppress(iam.exceptions.NoSuchEntityException):
                _REMOVE[kind](iam, name)
        for table in self.tables:
            client = root.client("dynamodb", region_name=table.region)
            with suppress(client.exceptions.ResourceNotFoundException):
                client.delete_table(TableName=table.name)
        for bucket in self.buckets:
            _remove_bucket(root, bucket.name)

    def gone(self, look: Look, root: Root) -> bool:
        """True if there were pieces to begin with and none of them stands any more: the lab was reset."""
        given = self._given()
        return all(look(piece) is None for piece in given) if given else self._things_missing(root)

    def incomplete(self, look: Look, root: Root) -> bool:
        """True if any piece to begin with is not there, so that the exercise can't be worked at."""
        return any(look(piece) is None for piece in self._given()) or self._things_missing(root)

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

    def names(self) -> frozenset[str]:
        """The names of all its pieces, those that the learner makes included."""
        pieces = {piece.partition("/")[2] for piece in (*self._given(), *self.to_make)}
        return frozenset(pieces | {table.name for table in self.tables} | {b.name for b in self.buckets})

    def _things_missing(self, root: Root) -> bool:
        return not all(_table_stands(root, table) for table in self.tables) or not all(
            _bucket_stands(root, bucket) for bucket in self.buckets
        )

    def _given(self) -> tuple[str, ...]:
        return (
            *(f"user/{user.name}" for user in self.users),
            *(f"role/{role.name}" for role in self.roles),
            *(f"group/{group.name}" for group in self.groups),
        )

    def _beginning(self) -> dict[str, Standing]:
        states: dict[str, Standing] = dict.fromkeys(self.to_make)
        for user in self.users:
            states[f"user/{user.name}"] = {
                "policies": dict(user.policies),
                "attached": [],
                "groups": sorted(group.name for group in self.groups if user.name in group.members),
                "keys": ["Active"] * user.keys,
            }
        for role in self.roles:
            states[f"role/{role.name}"] = {
                "trust": role.trust,
                "policies": dict(role.policies),
                "attached": [],
            }
        for group in self.groups:
            states[f"group/{group.name}"] = {
                "policies": dict(group.policies),
                "attached": [],
                "members": sorted(group.members),
            }
        return states


# ---------------------------------------------------------------- what stands in the account
def standing(iam: Any, piece: str) -> Standing:
    """What the account knows of `user/ana`, `role/App`, `group/Devs` or `policy/Read`."""
    kind, _, name = piece.partition("/")
    try:
        return _STANDING[kind](iam, name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return None
        raise


def _user(iam: Any, name: str) -> dict[str, Any]:
    keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    return {
        "policies": _inline(iam, "user", name),
        "attached": _attached(iam, "user", name),
        "groups": sorted(g["GroupName"] for g in iam.list_groups_for_user(UserName=name)["Groups"]),
        "keys": sorted(key["Status"] for key in keys),
    }


def _role(iam: Any, name: str) -> dict[str, Any]:
    return {
        "trust": iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"],
        "policies": _inline(iam, "role", name),
        "attached": _attached(iam, "role", name),
    }


def _group(iam: Any, name: str) -> dict[str, Any]:
    return {
        "policies": _inline(iam, "group", name),
        "attached": _attached(iam, "group", name),
        "members": sorted(user["UserName"] for user in iam.get_group(GroupName=name)["Users"]),
    }


def _policy(iam: Any, name: str) -> dict[str, Any]:
    arn = _policy_arn(iam, name)
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return {"document": iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]}


def _policy_arn(iam: Any, name: str) -> str:
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            if policy["PolicyName"] == name:
                return str(policy["Arn"])
    raise iam.exceptions.NoSuchEntityException(
        {"Error": {"Code": "NoSuchEntity", "Message": f"policy `{name}` does not exist"}}, "GetPolicy"
    )


def _inline(iam: Any, kind: str, name: str) -> dict[str, Any]:
    holder = {f"{kind.title()}Name": name}
    names = getattr(iam, f"list_{kind}_policies")(**holder)["PolicyNames"]
    get = getattr(iam, f"get_{kind}_policy")
    return {policy: get(**holder, PolicyName=policy)["PolicyDocument"] for policy in names}


def _attached(iam: Any, kind: str, name: str) -> list[str]:
    answer = getattr(iam, f"list_attached_{kind}_policies")(**{f"{kind.title()}Name": name})
    return sorted(policy["PolicyArn"] for policy in answer["AttachedPolicies"])


_STANDING = {"user": _user, "role": _role, "group": _group, "policy": _policy}


# ---------------------------------------------------------------- taking away
def _strip(iam: Any, kind: str, name: str) -> None:
    """Remove every policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html"""
    holder = {f"{kind.title()}Name": name}
    for policy in getattr(iam, f"list_{kind}_policies")(**holder)["PolicyNames"]:
        getattr(iam, f"delete_{kind}_policy")(**holder, PolicyName=policy)
    for arn in _attached(iam, kind, name):
        getattr(iam, f"detach_{kind}_policy")(**holder, PolicyArn=arn)


def _remove_user(iam: Any, name: str) -> None:
    _strip(iam, "user", name)
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for group in iam.list_groups_for_user(UserName=name)["Groups"]:
        iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_login_profile(UserName=name)
    iam.delete_user(UserName=name)


def _remove_role(iam: Any, name: str) -> None:
    _strip(iam, "role", name)
    for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
        iam.remove_role_from_instance_profile(
            InstanceProfileName=profile["InstanceProfileName"], RoleName=name
        )
    iam.delete_role(RoleName=name)


def _remove_group(iam: Any, name: str) -> None:
    _strip(iam, "group", name)
    for user in iam.get_group(GroupName=name)["Users"]:
        iam.remove_user_from_group(GroupName=name, UserName=user["UserName"])
    iam.delete_group(GroupName=name)


def _remove_policy(iam: Any, name: str) -> None:
    arn = _policy_arn(iam, name)
    held = iam.list_entities_for_policy(PolicyArn=arn)
    for kind in ("user", "role", "group"):
        for holder in held[f"Policy{kind.title()}s"]:
            key = f"{kind.title()}Name"
            getattr(iam, f"detach_{kind}_policy")(PolicyArn=arn, **{key: holder[key]})
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


_REMOVE = {"user": _remove_user, "role": _remove_role, "group": _remove_group, "policy": _remove_policy}


def _remove_bucket(root: Root, name: str) -> None:
    s3 = root.client("s3")
    with suppress(ClientError):  # NoSuchBucket: there is nothing to take away
        for item in s3.list_objects_v2(Bucket=name).get("Contents", ()):
            s3.delete_object(Bucket=name, Key=item["Key"])
        s3.delete_bucket(Bucket=name)


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
