"""What a call of IAM works on: the names in its parameters, turned into ARNs, records and tags.

Names become ARNs with the entity's real path, which only the account's state knows. Each finder takes the
call and the value of one parameter and gives a `Target`, of what doesn't exist, too: its ARN is decided on
before anybody learns whether it exists.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.cloud import service_linked
from iamlab.cloud.moto_seam import identities, resources

if TYPE_CHECKING:
    from iamlab.cloud.call import Call


class Target(NamedTuple):
    """What an operation works on."""

    arn: str
    entity: Any = None
    """moto's record of it, where it exists and has tags or a boundary."""
    tags: Mapping[str, str] = {}
    shown: str = ""
    """How AWS's denials call it, `role MyAppRole`; '' for its ARN."""


Find = Callable[["Call", Any], Target]


def _arn(call: Call, kind: str, path: str, name: str) -> str:
    return f"arn:{resources.partition_of(call.region)}:iam::{call.account}:{kind}{path}{name}"


def _path(call: Call) -> str:
    path = call.params.get("Path") or "/"
    return path if path.endswith("/") else path + "/"


def user(call: Call, name: Any) -> Target:
    """A user by name; without a name the caller itself, as AWS takes it."""
    if not name:
        caller = call.caller
        shown = f"user {caller.arn.rsplit('/', 1)[-1]}"
        if caller.type == "User":
            return Target(caller.arn, caller.record, caller.tags, shown)
        return Target(caller.arn, shown=shown)
    entity, shown = identities.named(call.account, "user", name), f"user {name}"
    if entity is None:
        return Target(_arn(call, "user", "/", name), shown=shown)
    tags = identities.user_tags(call.account, entity)
    return Target(_arn(call, "user", entity.path, entity.name), entity, tags, shown)


def group(call: Call, name: Any) -> Target:
    """A group by name."""
    entity = identities.named(call.account, "group", name)
    path, known = (entity.path, entity.name) if entity is not None else ("/", name)
    return Target(_arn(call, "group", path, known), shown=f"group {name}")


def role(call: Call, name: Any) -> Target:
    """A role by name."""
    entity, shown = identities.named(call.account, "role", name), f"role {name}"
    if entity is None:
        return Target(_arn(call, "role", "/", name), shown=shown)
    tags = resources.tag_map(entity.tags)
    return Target(_arn(call, "role", entity.path, entity.name), entity, tags, shown)


def instance_profile(call: Call, name: Any) -> Target:
    """An instance profile by name."""
    entity = identities.named(call.account, "instance profile", name)
    path, known = (entity.path, entity.name) if entity is not None else ("/", name)
    return Target(
        _arn(call, "instance-profile", path, known),
        entity,
        resources.tag_map(getattr(entity, "tags", None)),
        f"instance profile {name}",
    )


def server_certificate(call: Call, name: Any) -> Target:
    """A server certificate by name."""
    entity = resources.iam_server_certificate(call.account, resources.partition_of(call.region), name)
    path = (getattr(entity, "path", None) or "/") if entity is not None else "/"
    tags = resources.tag_map(getattr(entity, "tags", None))
    return Target(_arn(call, "server-certificate", path, name), entity, tags)


def policy(call: Call, arn: Any) -> Target:
    """A managed policy."""
    return by_arn(call, arn)._replace(shown=f"policy {arn}")


def by_arn(call: Call, arn: Any) -> Target:
    """A policy, MFA device, SAML or OIDC provider, named by its ARN in the request."""
    entity = resources.iam_by_arn(call.account, resources.partition_of(call.region), arn)
    return Target(str(arn), entity, resources.tag_map(getattr(entity, "tags", None)))


def principal(call: Call, arn: Any) -> Target:
    """A user, group, role or policy, named by its ARN."""
    kind, _, rest = str(arn).split(":", 5)[-1].partition("/")
    finder = {"user": user, "role": role}.get(kind)
    found = finder(call, rest.rsplit("/", 1)[-1]) if finder else by_arn(call, arn)
    return Target(str(arn), found.entity, found.tags)


def new(kind: str) -> Find:
    """Something that doesn't exist yet: its path comes with the request."""
    return lambda call, name: Target(_arn(call, kind, _path(call), name))


def new_policy(call: Call, name: Any) -> Target:
    """A managed policy about to be made."""
    return new("policy")(call, name)._replace(shown=f"policy {name}")


def listing(kind: str) -> Find:
    """Listings by path: AWS names the path prefix as the resource (`…:user/`), though only `*` is documented.

    `… is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/`
    """
    return lambda call, prefix: Target(_arn(call, kind, prefix or "/", ""))


def oidc_url(call: Call, url: Any) -> Target:
    """An OIDC provider about to be made: its ARN is its URL without the scheme."""
    return Target(_arn(call, "oidc-provider", "/", str(url).split("://", 1)[-1].rstrip("/")))


def service_linked_role(call: Call, service: Any) -> Target:
    """A service-linked role about to be made."""
    kind = service_linked.service_linked_role(str(service))
    # the service chooses the name; the caller, of some, a suffix
    name = kind.named(call.params.get("CustomSuffix")) if kind is not None else "*"
    return Target(_arn(call, "role", f"{service_linked.PATH}{service}/", name))


def deletion_task(call: Call, task: Any) -> Target:
    """The role that a deletion task (`task/aws-service-role/<service>/<role>/<id>`) is about."""
    parts = str(task).split("/")
    return role(call, parts[-2]) if len(parts) >= 5 else Target(_arn(call, "role", "/", str(task)))


def key_owner(call: Call, key_id: Any) -> Target:
    """The user whose access key it is; unknown keys belong to nobody, so any user stands for them."""
    found = identities.user_key(str(key_id))
    if found is None or found[0] != call.account:
        return Target(_arn(call, "user", "/", "*"), shown=f"access key {key_id}")
    return user(call, found[1].name)


def new_user_name(call: Call, name: Any) -> Target:
    """A user under the name, and path, that it is about to get."""
    return _renamed(call, "user", "NewUserName", user(call, call.params.get("UserName")))


def new_group_name(call: Call, name: Any) -> Target:
    """A group under the name, and path, that it is about to get."""
    return _renamed(call, "group", "NewGroupName", group(call, call.params.get("GroupName")))


def new_certificate_name(call: Call, name: Any) -> Target:
    """A server certificate under the name, and path, that it is about to get."""
    old = "ServerCertificateName"
    return _renamed(call, "server-certificate", f"New{old}", server_certificate(call, call.params.get(old)))


def _renamed(call: Call, kind: str, new_: str, current: Target) -> Target:
    """What an entity will be called: to rename it one needs permission on both names."""
    path, _, name = current.arn.split(f":{kind}", 1)[-1].rpartition("/")
    path = call.params.get("NewPath") or f"{path}/"
    return Target(_arn(call, kind, path, call.params.get(new_) or name))


def anything(call: Call, value: Any) -> Target:
    """No resource in particular."""
    return Target("*")


def policies_path(call: Call, prefix: Any) -> Target:
    """AWS's own denials of ListPolicies name this instead of an ARN."""
    return Target(f"policy path {prefix or '/'}")


def prefixed(kind: str) -> Find:
    """Something whose ARN is `kind/<the parameter>`."""
    return lambda call, value: Target(_arn(call, kind, "/", str(value)))
