"""Where moto keeps IAM's identities, and how the lab reads and changes them.

Everything here leans on the inside of `moto.iam.models`, pinned in pyproject.toml.
In: account ids, names, ARNs. Out: moto's own records, or plain values.

What moto does not keep, and AWS does, is kept here beside its records: the permissions boundary of a user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from moto.iam import models
from moto.iam.models import IAMBackend, iam_backends
from moto.iam.utils import generate_access_key_id_from_account_id

PARTITION = "aws"

# Keyed by moto's own record, so that a deleted user takes its boundary along.
_user_boundaries: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def iam(account: str) -> IAMBackend:
    """IAM's state of one account; an account nobody has used yet comes up empty."""
    return iam_backends[account][PARTITION]


def known_accounts() -> list[str]:
    """Accounts that hold any IAM state."""
    return list(iam_backends)  # a copy: other threads may add accounts while we look


def account_exists(account: str) -> bool:
    return account in iam_backends


# ------------------------------------------------------------------ users
def user_by_name(account: str, name: str) -> Any | None:
    return iam(account).users.get(name)


def user_by_id(account: str, user_id: str) -> Any | None:
    return next((user for user in list(iam(account).users.values()) if user.id == user_id), None)


def groups_of(account: str, user: Any) -> list[Any]:
    """The groups that hold this user, in the order they were made."""
    return [group for group in list(iam(account).groups.values()) if user in group.users]


def user_boundary(user: Any) -> str | None:
    """ARN of the user's permissions boundary."""
    return _user_boundaries.get(user)


def set_user_boundary(user: Any, arn: str | None) -> None:
    if arn is None:
        _user_boundaries.pop(user, None)
    else:
        _user_boundaries[user] = arn


def user_tags(account: str, user: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in iam(account).tagger.list_tags_for_resource(user.arn)["Tags"]}


def rename_user(account: str, user: Any, name: str | None, path: str | None) -> None:
    """Give a user another name or path; its keys and tags, which moto files under the old ones, follow."""
    tags, old_arn = user_tags(account, user), user.arn
    backend = iam(account)
    backend.update_user(user.name, path, name)
    for key in user.access_keys:
        key.user_name = user.name
    if user.arn != old_arn:
        backend.tagger.delete_all_tags_for_resource(old_arn)
        set_tags(account, user, tags)


# ------------------------------------------------------------------ groups
def group_by_name(account: str, name: str) -> Any | None:
    return iam(account).groups.get(name)


def rename_group(account: str, group: Any, name: str | None, path: str | None) -> None:
    """Give a group another name or path."""
    groups = iam(account).groups
    if name is not None and name != group.name:
        del groups[group.name]
        group.name = name
        groups[name] = group
    if path is not None:
        group.path = path


# ------------------------------------------------------------------ roles
def role_by_name(account: str, name: str) -> Any | None:
    return next((role for role in list(iam(account).roles.values()) if role.name == name), None)


def role_by_arn(arn: str) -> Any | None:
    """The role an ARN names, path included; None for a ghost or another kind of ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    account = parts[4]
    if not account_exists(account):
        return None
    return next((role for role in list(iam(account).roles.values()) if role.arn == arn), None)


def role_by_id(account: str, role_id: str) -> Any | None:
    return iam(account).roles.get(role_id)


def role_tags(role: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.tags or ()}


def is_service_linked(role: Any) -> bool:
    return bool(role.path.startswith("/aws-service-role/"))


# ------------------------------------------------------------------ tags
# These keep their tags by key; everything else but users has a list.
_TAGS_BY_KEY = (models.Policy, models.OpenIDConnectProvider)


def tags_of(account: str, record: Any) -> dict[str, str]:
    """Tags of anything in IAM that can have some; moto itself gives none to MFA devices, SAML providers and
    server certificates."""
    if isinstance(record, models.User):
        return user_tags(account, record)
    tags = getattr(record, "tags", None) or ()
    return {tag["Key"]: tag["Value"] for tag in (tags.values() if isinstance(tags, dict) else tags)}


def set_tags(account: str, record: Any, tags: dict[str, str]) -> None:
    """Replace all tags of a record."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    if isinstance(record, models.User):
        tagger = iam(account).tagger
        tagger.delete_all_tags_for_resource(record.arn)
        tagger.tag_resource(record.arn, listed)
    elif isinstance(record, _TAGS_BY_KEY):
        record.tags = {tag["Key"]: tag for tag in listed}
    else:
        record.tags = listed


# ------------------------------------------------------------------ devices, providers, certificates
def virtual_mfa_device(account: str, serial: str) -> Any | None:
    return iam(account).virtual_mfa_devices.get(serial)


def saml_provider(account: str, arn: str) -> Any | None:
    return next((found for found in list(iam(account).saml_providers.values()) if found.arn == arn), None)


def oidc_provider(account: str, arn: str) -> Any | None:
    return next((found for found in list(iam(account).open_id_providers.values()) if found.arn == arn), None)


def server_certificate(account: str, name: str) -> Any | None:
    return next(
        (found for found in list(iam(account).certificates.values()) if found.cert_name == name), None
    )


# ------------------------------------------------------------------ identity providers
def saml_providers(account: str) -> dict[str, Any]:
    """SAML providers by name; the records are those of `services.iam_saml_providers`, not moto's."""
    found: dict[str, Any] = iam(account).saml_providers
    return found


def oidc_providers(account: str) -> dict[str, Any]:
    """OIDC providers by ARN; the records are those of `services.iam_oidc_providers`, not moto's."""
    found: dict[str, Any] = iam(account).open_id_providers
    return found


# ------------------------------------------------------------------ names and ids
def named(account: str, kind: str, name: str | None) -> Any | None:
    """The user, role, group or instance profile that a parameter names: IAM doesn't distinguish names by case.

    Where a name stands in an ARN, it does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
    https://github.com/saltstack/salt/issues/24947
    """
    if name is None:  # a call without it is decided on before its parameters are looked at
        return None
    backend = iam(account)
    records: dict[str, Any] = {
        "user": backend.users,
        "role": backend.roles,
        "group": backend.groups,
        "instance profile": backend.instance_profiles,
    }[kind]
    exact = records.get(name)  # some are filed by name, others by id
    if exact is not None and exact.name == name:
        return exact
    folded = name.casefold()
    return next((record for record in list(records.values()) if record.name.casefold() == folded), None)


def is_taken(account: str, kind: str, name: str) -> bool:
    """A user, role, group or instance profile of this name exists; names are unique whatever their case."""
    return named(account, kind, name) is not None


def is_policy_taken(account: str, name: str) -> bool:
    """One of the account's own policies has this name, under whatever path."""
    folded = name.casefold()
    own = f":{account}:policy/"
    return any(
        own in arn and policy.name.casefold() == folded
        for arn, policy in list(iam(account).managed_policies.items())
    )


def instance_profile_by_name(account: str, name: str) -> Any | None:
    return next(
        (profile for profile in list(iam(account).instance_profiles.values()) if profile.name == name), None
    )


_PREFIXES = {models.User: "AIDA", models.Group: "AGPA", models.InstanceProfile: "AIPA", models.Policy: "ANPA"}


def install_unique_ids() -> Callable[[], None]:
    """Let users, groups, policies and instance profiles be born with ids as AWS's. Returns what undoes it.

    moto gives them lowercase letters, without the prefix that tells what an id belongs to.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    originals = {kind: kind.__init__ for kind in _PREFIXES}

    def with_id(kind: Any, prefix: str) -> None:
        original = originals[kind]

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            self.id = generate_access_key_id_from_account_id(self.account_id, prefix, total_length=21)

        kind.__init__ = init

    for kind, prefix in _PREFIXES.items():
        with_id(kind, prefix)

    def undo() -> None:
        for kind, original in originals.items():
            kind.__init__ = original

    return undo


# ------------------------------------------------------------------ access keys
def user_key(access_key_id: str) -> tuple[str, Any, Any] | None:
    """(account, user, key) of a user's long-term access key, whatever its status."""
    for account in known_accounts():
        backend = iam(account)
        key = backend.access_keys.get(access_key_id)
        if key is None or key.user_name is None:
            continue
        # moto leaves `key.user_name` behind when a user is renamed: the key hangs at the user itself
        user = backend.users.get(key.user_name)
        if user is None or key not in user.access_keys:
            user = next((u for u in list(backend.users.values()) if key in u.access_keys), None)
        return (account, user, key) if user is not None else None
    return None


def add_access_key(account: str, user: Any, key_id: str, secret: str) -> Any:
    """Give a user a key with this id and secret."""
    key = models.AccessKey(user.name, prefix="AKIA", account_id=account)
    key.access_key_id, key.secret_access_key = key_id, secret
    user.access_keys.append(key)
    iam(account).access_keys[key_id] = key
    return key


def remove_access_key(account: str, user: Any, key: Any) -> None:
    user.access_keys.remove(key)
    iam(account).access_keys.pop(key.access_key_id, None)


# ------------------------------------------------------------------ policies
def make_policy(
    account: str,
    region: str,
    name: str,
    document: str,
    path: str | None,
    description: str | None,
    tags: list[dict[str, str]],
) -> Any:
    """A managed policy of the account's own. moto's way there would validate the document by its own lights."""
    policy = models.ManagedPolicy(
        name,
        account_id=account,
        region=region,
        description=description,
        document=document,
        path=path,
        tags={tag["Key"]: tag for tag in tags},
    )
    iam(account).managed_policies[policy.arn] = policy
    return policy


def add_version(policy: Any, document: str, default: bool) -> Any:
    """The next version of a managed policy."""
    version = models.PolicyVersion(policy.arn, document, default, f"v{policy.next_version_num}")
    policy.next_version_num += 1
    policy.versions.append(version)
    policy.update_date = version.create_date
    if default:
        policy.update_default_version(version.version_id)
    return version


def managed_policy(account: str, arn: str) -> Any | None:
    """A managed policy as this account sees it: one of its own, or one of AWS's."""
    return iam(account).managed_policies.get(arn)


def default_document(policy: Any) -> str:
    """Text of the default version."""
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return str(version.document)
    return ""


def attached(entity: Any) -> Iterator[tuple[str, str, str]]:
    """(name, arn, document) of the managed policies attached to a user, group or role."""
    for arn, policy in list(entity.managed_policies.items()):
        yield policy.name, arn, default_document(policy)


def inline(entity: Any) -> list[tuple[str, str]]:
    """(name, document) of the inline policies of a user, group or role."""
    return list(entity.policies.items())
