"""Users and roles that are named as principals of policies and grants, and then renamed or deleted.

AWS keeps the unique id of a user or role that a policy names, and shows its present ARN. When the entity is gone, the
id shows (`AIDA…`, `AROA…`), and a new entity of the old name is somebody else. Here the stored text is changed at that
moment, which looks the same. Only the Principal element is meant: ARNs in conditions and resources are just text.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from iamlab.cloud import grants
from iamlab.cloud.moto_seam import identities, stored_policies
from iamlab.cloud.moto_seam.identities import PARTITION

PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
)
"""The partitions of AWS, as ARNs name them."""

_ACCOUNT = re.compile(r"\d{12}")
_ELEMENTS = ("Principal", "NotPrincipal")


def with_account_arns(text: str) -> str:
    """A trust policy as it is kept: an account that is named by its number alone gets its ARN."""
    return _renamed(
        text,
        "AWS",
        lambda name: f"arn:{PARTITION}:iam::{name}:root" if _ACCOUNT.fullmatch(str(name)) else name,
    )


def forget(record: Any) -> None:
    """Let policies name a deleted user or role by its unique id."""
    sessions = f"arn:{record.arn.split(':')[1]}:sts::{record.arn.split(':')[4]}:assumed-role/{record.name}/"

    def instead(name: str) -> str:
        if name == record.arn:
            return str(record.id)
        if ":role/" in record.arn and name.startswith(sessions):
            return f"{record.id}:{name.removeprefix(sessions)}"
        return name

    _everywhere(str(record.name), instead)


def follow(old_arn: str, new_arn: str) -> None:
    """Let policies name a user by its new ARN."""
    if old_arn != new_arn:
        _everywhere(old_arn, lambda name: new_arn if name == old_arn else name)


def exists(arn: str) -> bool:
    """Whether there is the account, user, role or session that an ARN names.

    Nobody can look into accounts outside of the lab: their users and roles are believed.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[1] not in PARTITIONS or not _ACCOUNT.fullmatch(parts[4]):
        return False
    service, account, path = parts[2], parts[4], parts[5]
    kind, _, rest = path.partition("/")
    known = identities.account_exists(account)
    if service == "iam":
        if path == "root":
            return True
        if kind == "user" and rest:
            return not known or any(user.arn == arn for user in list(identities.iam(account).users.values()))
        return kind == "role" and bool(rest) and (not known or identities.role_by_arn(arn) is not None)
    if service == "sts" and kind == "assumed-role":
        role, _, session = rest.partition("/")
        return bool(session) and (not known or identities.role_by_name(account, role) is not None)
    return service == "sts" and kind == "federated-user" and bool(rest)


def _everywhere(clue: str, instead: Callable[[str], str]) -> None:
    """Name principals otherwise, in all policies that say this word and in all grants."""
    stored_policies.rewrite(lambda text: _renamed(text, clue, instead))
    grants.rename(instead)


def _renamed(text: str, clue: str, instead: Callable[[str], str]) -> str:
    """A policy's text with other principals; the very text, if none of them is meant."""
    if clue not in text:
        return text
    try:
        document = json.loads(text)
    except ValueError:
        return text
    statements = document.get("Statement") if isinstance(document, dict) else None
    changed = False
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in _ELEMENTS:
            principal = statement.get(element) if isinstance(statement, dict) else None
            if isinstance(principal, dict) and "AWS" in principal:
                named = principal["AWS"]
                new = [instead(name) for name in named] if isinstance(named, list) else instead(named)
                changed = changed or new != named
                principal["AWS"] = new
    return json.dumps(document) if changed else text
