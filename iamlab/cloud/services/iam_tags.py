"""Tags on everything in IAM that can have some: shown, added, taken away.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import (
    instance_profile,
    labelled_role,
    limit_exceeded,
    mfa_device,
    oidc_provider,
    own_policy,
    policy,
    role,
    saml_provider,
    server_certificate,
    user,
)
from iamlab.cloud.state import LabState

MOST = 50


def checked(
    tags: list[dict[str, str]] | None, already: dict[str, str] | None = None, *, fold: bool = False
) -> list[dict[str, Any]]:
    """Tags of a request, if they may stand beside those that are `already` there; sorted by key, as IAM shows them.

    Args:
        fold: keys that differ only in case are the same key, as they are for users and roles.

    Raises:
        AwsError: a key stands twice, one is AWS's own, or there are too many.
    """
    wanted = tags or []
    same = str.casefold if fold else str
    keys = [same(tag["Key"]) for tag in wanted]
    if len(set(keys)) < len(keys):
        raise AwsError(
            "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if any(key.casefold().startswith("aws:") for key in keys):
        raise AwsError("InvalidInput", "System tags cannot be added/updated by requester.")
    if len({same(key) for key in already or {}} | set(keys)) > MOST:
        raise limit_exceeded(f"The number of tags has reached the maximum limit: {MOST}")
    in_order = sorted(wanted, key=lambda tag: tag["Key"])
    return [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in in_order]


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as answers show them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass(frozen=True, slots=True)
class Taggable:
    """A kind of thing that has tags."""

    kind: str
    """As the operations' names spell it."""
    parameter: str
    find: Callable[[str, str], Any]
    find_to_change: Callable[[str, str], Any] | None = None
    """Where some of the kind are not the account's to change."""
    fold: bool = False
    """Keys are the same whatever their case."""

    def of(self, call: Call, *, to_change: bool) -> Any:
        find = (self.find_to_change if to_change else None) or self.find
        return find(call.account, call.params[self.parameter])


KINDS = (
    Taggable("User", "UserName", user, fold=True),
    Taggable("Role", "RoleName", role, labelled_role, fold=True),
    Taggable("Policy", "PolicyArn", policy, own_policy),
    Taggable("InstanceProfile", "InstanceProfileName", instance_profile),
    Taggable("MFADevice", "SerialNumber", mfa_device),
    Taggable("SAMLProvider", "SAMLProviderArn", saml_provider),
    Taggable("OpenIDConnectProvider", "OpenIDConnectProviderArn", oidc_provider),
    Taggable("ServerCertificate", "ServerCertificateName", server_certificate),
)


def _register(taggable: Taggable) -> None:
    same = str.casefold if taggable.fold else str

    @operation("iam", f"List{taggable.kind}Tags")
    def show(call: Call, state: LabState) -> dict[str, Any]:
        tags = tag_list(identities.tags_of(call.account, taggable.of(call, to_change=False)))
        shown, truncation = page(call, tags, lambda tag: tag["Key"])
        return {"Tags": shown, **truncation}

    @operation("iam", f"Tag{taggable.kind}")
    def tag(call: Call, state: LabState) -> dict[str, Any]:
        # A key that is there, for users and roles in whatever case, is replaced and keeps the new letters.
        with state.lock:
            record = taggable.of(call, to_change=True)
            already = identities.tags_of(call.account, record)
            wanted = checked(call.params.get("Tags"), already, fold=taggable.fold)
            added = {tag["Key"]: tag["Value"] for tag in wanted}
            new = {same(key): key for key in added}
            kept = {new.get(same(key), key): value for key, value in already.items()}
            identities.set_tags(call.account, record, dict(sorted((kept | added).items())))
        return {}

    @operation("iam", f"Untag{taggable.kind}")
    def untag(call: Call, state: LabState) -> dict[str, Any]:
        # Keys that aren't there are no error.
        with state.lock:
            record = taggable.of(call, to_change=True)
            gone = set(map(same, call.params.get("TagKeys") or ()))
            tags = identities.tags_of(call.account, record)
            left = {key: value for key, value in tags.items() if same(key) not in gone}
            identities.set_tags(call.account, record, left)
        return {}


for _taggable in KINDS:
    _register(_taggable)
