"""Reading an account from the JSON of GetAccountAuthorizationDetails, of whatever account.

Comes in: one response or the list of all pages, as boto3 returns them (documents decoded), as the AWS CLI prints
them, or as the raw API sends them (documents URL-encoded). Goes out: a `snapshot.Account`. The response knows nothing
of resource policies and SCPs: give them along.

See https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from iamlab.analysis.snapshot import Account, Group, ManagedPolicy, Principal
from iamlab.policy import Policy
from iamlab.policy.arn import parse_arn

__all__ = ["account_from_json"]

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_NO_STATEMENTS = {"Version": "2012-10-17", "Statement": []}

Document = Policy | Mapping[str, Any] | str


def account_from_json(
    details: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    account: str | None = None,
    resource_policies: Mapping[str, Document] | None = None,
    scps: Iterable[Iterable[Document]] = (),
    rcps: Iterable[Iterable[Document]] = (),
    management: bool = False,
) -> Account:
    """Read an account.

    Args:
        details: the response, or the list of its pages.
        account: its id; taken from the ARNs when absent.
        resource_policies: policies of resources by ARN.
        scps, rcps: levels from the root to the account, each a list of documents.
        management: the account manages its organisation.

    Raises:
        ValueError: this is no such response.
    """
    pages = [details] if isinstance(details, Mapping) else list(details)
    merged = {name: _merged(pages, name) for name in _LISTS}
    reader = _Reader(merged["Policies"])
    users = tuple(reader.user(row) for row in merged["UserDetailList"])
    groups = tuple(reader.group(row) for row in merged["GroupDetailList"])
    roles = tuple(reader.role(row) for row in merged["RoleDetailList"])
    arns = [principal.arn for principal in (*users, *roles)] + [group.arn for group in groups]
    arns += [arn for arn, policy in reader.managed.items() if policy.own]
    if account is None:
        account = next((found.account for found in map(parse_arn, arns) if found is not None), None)
    if account is None:
        raise ValueError("the account's id is in none of the ARNs: give it as `account`")
    return Account(
        id=account,
        users=users,
        roles=roles,
        groups=groups,
        managed=reader.managed,
        resource_policies={arn: _policy(text) for arn, text in (resource_policies or {}).items()},
        scps=tuple(tuple(map(_policy, level)) for level in scps),
        rcps=tuple(tuple(map(_policy, level)) for level in rcps),
        management=management,
        missing=tuple(reader.missing),
    )


_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def _merged(pages: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    if not all(isinstance(page, Mapping) for page in pages) or not any(
        known in page for page in pages for known in _LISTS
    ):
        raise ValueError(
            f"this is no response of GetAccountAuthorizationDetails: it has none of {', '.join(_LISTS)}"
        )
    return [row for page in pages for row in page.get(name) or ()]


class _Reader:
    """Rows to records; the managed policies are read first, since everything else points to them."""

    def __init__(self, policies: Iterable[Mapping[str, Any]]) -> None:
        self.missing: dict[str, None] = {}
        self.managed: dict[str, ManagedPolicy] = {}
        for row in policies:
            arn = str(row["Arn"])
            versions = {
                str(version["VersionId"]): _policy(version["Document"], arn.rpartition("/")[2], arn)
                for version in row.get("PolicyVersionList") or ()
            }
            self.managed[arn] = ManagedPolicy(arn, str(row.get("DefaultVersionId") or ""), versions)

    def user(self, row: Mapping[str, Any]) -> Principal:
        return Principal(
            "user",
            str(row["UserName"]),
            str(row["Arn"]),
            policies=tuple(self._policies(row, "UserPolicyList")),
            groups=tuple(row.get("GroupList") or ()),
            boundary=self._boundary(row),
            tags=_tags(row),
            id=str(row.get("UserId") or ""),
        )

    def group(self, row: Mapping[str, Any]) -> Group:
        return Group(
            str(row["GroupName"]),
            str(row["Arn"]),
            tuple(self._policies(row, "GroupPolicyList")),
            str(row.get("GroupId") or ""),
        )

    def role(self, row: Mapping[str, Any]) -> Principal:
        name = str(row["RoleName"])
        return Principal(
            "role",
            name,
            str(row["Arn"]),
            policies=tuple(self._policies(row, "RolePolicyList")),
            boundary=self._boundary(row),
            trust=_policy(row["AssumeRolePolicyDocument"], f"trust policy of {name}"),
            tags=_tags(row),
            id=str(row.get("RoleId") or ""),
        )

    def _policies(self, row: Mapping[str, Any], inline: str) -> Iterator[Policy]:
        for policy in row.get(inline) or ():
            yield _policy(policy["PolicyDocument"], policy["PolicyName"])
        for attached in row.get("AttachedManagedPolicies") or ():
            yield self._attached(str(attached["PolicyArn"]))

    def _boundary(self, row: Mapping[str, Any]) -> Policy | None:
        arn = (row.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return None if not arn else self._attached(str(arn))

    def _attached(self, arn: str) -> Policy:
        managed = self.managed.get(arn)
        found = None if managed is None else managed.versions.get(managed.default)
        if found is None:
            self.missing[arn] = None
            return _policy(_NO_STATEMENTS, arn.rpartition("/")[2], arn)
        return found


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["Key"]): str(tag["Value"]) for tag in row.get("Tags") or ()}


def _policy(document: Document, name: str | None = None, arn: str | None = None) -> Policy:
    if isinstance(document, str) and document.lstrip().startswith("%"):
        document = _unquoted(document)
    return Policy(document, name=name, arn=arn)


def _unquoted(text: str) -> str:
    """Text without its percent signs, RFC 3986."""
    plain = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), text.encode())
    return plain.decode("utf-8", "replace")
