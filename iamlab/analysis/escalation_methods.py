"""The well-known ways to become somebody else in an account, or to become more: a table.

A method is a row: whom it is used on, the calls that walk it, and for each call the permissions it takes. Texts in
braces are filled in by the search: `{arn}` and `{name}` of the principal it is used on, `{policy}`, `{document}`,
`{group}`, `{account}`. Nothing here decides: every permission is asked of the engine.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html and, for actions, resources and keys,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["ADMINISTRATOR", "ASSUMING", "BECOMING", "CHANGING", "Method", "Need", "Step"]

ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"

_BOUNDARY: Final = (("iam:PermissionsBoundary", "{boundary}"),)


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a call takes: action, resource, and what the request's context holds beside the usual.

    A key whose value is empty once filled in is absent.
    """

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One call.

    Attributes:
        operation: `service.Operation` by boto3's service name.
        parameters: its input.
        needs: the permissions.
        takes: the part of the response that holds the credentials to go on with.
    """

    operation: str
    parameters: Mapping[str, object]
    needs: tuple[Need, ...]
    takes: str | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """One way.

    Attributes:
        name: what people call it, by its decisive call.
        on: the kind of principal it is used on.
        change: what it does to a principal's policies; None for those that take its credentials.
        service: for a role that is passed, the service that has to be trusted.
        presumes: what has to exist beside, and a snapshot doesn't show; '' for nothing.
        replayable: the lab can run all of its calls, and what they yield.
    """

    name: str
    on: Literal["user", "role"]
    steps: tuple[Step, ...]
    change: str | None = None
    service: str | None = None
    presumes: str = ""
    replayable: bool = True


def _iam(
    operation: str,
    parameters: Mapping[str, object],
    resource: str,
    *,
    takes: str | None = None,
    context: tuple[tuple[str, str], ...] = (),
) -> Step:
    return Step(f"iam.{operation}", parameters, (Need(f"iam:{operation}", resource, context),), takes)


_ASSUME: Final = Step(
    "sts.AssumeRole",
    {"RoleArn": "{arn}", "RoleSessionName": "iamlab"},
    (Need("sts:AssumeRole", "{arn}", (("sts:RoleSessionName", "iamlab"),)),),
    "Credentials",
)

ASSUMING: Final = Method("AssumeRole", "role", (_ASSUME,))
"""Being trusted by a role."""

BECOMING: Final = (
    ASSUMING,
    Method(
        "UpdateAssumeRolePolicy",
        "role",
        (
            _iam("UpdateAssumeRolePolicy", {"RoleName": "{name}", "PolicyDocument": "{trust}"}, "{arn}"),
            _ASSUME,
        ),
    ),
    Method(
        "CreateAccessKey",
        "user",
        (_iam("CreateAccessKey", {"UserName": "{name}"}, "{arn}", takes="AccessKey"),),
    ),
    Method(
        "CreateLoginProfile",
        "user",
        (_iam("CreateLoginProfile", {"UserName": "{name}", "Password": "{password}"}, "{arn}"),),
        presumes="a user without a console password, and a sign-in to the console",
        replayable=False,
    ),
    Method(
        "UpdateLoginProfile",
        "user",
        (_iam("UpdateLoginProfile", {"UserName": "{name}", "Password": "{password}"}, "{arn}"),),
        presumes="a user with a console password, and a sign-in to the console",
        replayable=False,
    ),
)
"""Taking somebody's place."""


_REWRITE: Final = _iam(
    "CreatePolicyVersion",
    {"PolicyArn": "{policy}", "PolicyDocument": "{document}", "SetAsDefault": True},
    "{policy}",
)
_MAKE_ROOM: Final = _iam(
    "DeletePolicyVersion", {"PolicyArn": "{policy}", "VersionId": "{version}"}, "{policy}"
)


def _changes(kind: Literal["user", "role"]) -> tuple[Method, ...]:
    title = kind.capitalize()
    who = {f"{title}Name": "{name}"}
    attached = (("iam:PolicyARN", "{policy}"), *_BOUNDARY)
    named = {**who, "PolicyName": "iamlab", "PolicyDocument": "{document}"}
    return (
        Method(
            f"Put{title}Policy", kind, (_iam(f"Put{title}Policy", named, "{arn}", context=_BOUNDARY),), "put"
        ),
        Method(
            f"Attach{title}Policy",
            kind,
            (_iam(f"Attach{title}Policy", {**who, "PolicyArn": "{policy}"}, "{arn}", context=attached),),
            "attach",
        ),
        Method(
            f"Delete{title}PermissionsBoundary",
            kind,
            (_iam(f"Delete{title}PermissionsBoundary", who, "{arn}", context=_BOUNDARY),),
            "unbound",
        ),
        Method(
            f"Put{title}PermissionsBoundary",
            kind,
            (
                _iam(
                    f"Put{title}PermissionsBoundary",
                    {**who, "PermissionsBoundary": ADMINISTRATOR},
                    "{arn}",
                    context=(("iam:PermissionsBoundary", ADMINISTRATOR),),
                ),
            ),
            "rebound",
        ),
        Method(
            f"Delete{title}Policy",
            kind,
            (_iam(f"Delete{title}Policy", {**who, "PolicyName": "{policy}"}, "{arn}", context=_BOUNDARY),),
            "delete",
        ),
        Method(
            f"Detach{title}Policy",
            kind,
            (_iam(f"Detach{title}Policy", {**who, "PolicyArn": "{policy}"}, "{arn}", context=attached),),
            "detach",
        ),
        Method("CreatePolicyVersion", kind, (_REWRITE,), "rewrite"),
        Method("DeletePolicyVersion, CreatePolicyVersion", kind, (_MAKE_ROOM, _REWRITE), "rewrite full"),
        Method(
            "SetDefaultPolicyVersion",
            kind,
            (
                _iam(
                    "SetDefaultPolicyVersion", {"PolicyArn": "{policy}", "VersionId": "{version}"}, "{policy}"
                ),
            ),
            "version",
        ),
    )


CHANGING: Final = (
    *_changes("user"),
    *_changes("role"),
    Method(
        "AddUserToGroup",
        "user",
        (_iam("AddUserToGroup", {"GroupName": "{group}", "UserName": "{name}"}, "{group_arn}"),),
        "join",
    ),
    Method(
        "RemoveUserFromGroup",
        "user",
        (_iam("RemoveUserFromGroup", {"GroupName": "{group}", "UserName": "{name}"}, "{group_arn}"),),
        "leave",
    ),
    Method(
        "PutGroupPolicy",
        "user",
        (
            _iam(
                "PutGroupPolicy",
                {"GroupName": "{group}", "PolicyName": "iamlab", "PolicyDocument": "{document}"},
                "{group_arn}",
            ),
        ),
        "put to group",
    ),
    Method(
        "AttachGroupPolicy",
        "user",
        (
            _iam(
                "AttachGroupPolicy",
                {"GroupName": "{group}", "PolicyArn": "{policy}"},
                "{group_arn}",
                context=(("iam:PolicyARN", "{policy}"),),
            ),
        ),
        "attach to group",
    ),
)
"""Making a principal's permissions more: one's own, or those of somebody whose place one can take."""
