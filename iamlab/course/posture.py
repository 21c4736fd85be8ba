"""How well an account is kept: seven practices, each asked for with ordinary API calls.

In: boto3 as somebody who may read IAM and CloudTrail, and the time by which keys and certificates are old. Out: a
`Posture` with one `Check` for each practice: passed or not, what was found, what to do. Nothing is changed, nothing
is kept: the next call looks again.

https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from html import escape
from typing import Any, Final

import boto3

from iamlab.analysis import Account, account_from_json
from iamlab.analysis.snapshot import Group, Principal
from iamlab.cloud import Lab
from iamlab.policy import Policy

__all__ = ["Check", "Posture", "posture"]

OLD: Final = timedelta(days=90)
"""From this age on a key is to be rotated, and a key that was idle so long is to go."""
SOON: Final = timedelta(days=30)
"""A certificate that ends within this time is to be replaced now."""
LONG_PASSWORD: Final = 14
REMEMBERED_PASSWORDS: Final = 24
OWN: Final = "Administrator"
"""The lab's own user, whose key plain boto3 works with. It is left out."""

# Whoever may do one of these on everybody can make themselves an administrator.
_POWERS: Final = ("iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:CreateAccessKey")


@dataclass(frozen=True, slots=True)
class Check:
    """One practice, and how the account stands to it."""

    practice: str
    advice: str
    """What to do while it isn't followed."""
    found: tuple[str, ...] = ()
    """What speaks against it; empty if it is followed."""

    @property
    def passed(self) -> bool:
        return not self.found


@dataclass(frozen=True, slots=True)
class Posture:
    """The state of an account, practice by practice."""

    checks: tuple[Check, ...]

    @property
    def score(self) -> int:
        """How many practices are followed."""
        return sum(check.passed for check in self.checks)

    @property
    def colour(self) -> str:
        """`red`, `amber` or `green`."""
        if self.score == len(self.checks):
            return "green"
        return "red" if 2 * self.score < len(self.checks) else "amber"

    @property
    def headline(self) -> str:
        return f"{self.score} of {len(self.checks)} practices · {self.colour}"

    def __repr__(self) -> str:
        lines = [self.headline]
        for number, check in enumerate(self.checks, 1):
            lines.append(f"{'✔' if check.passed else '✘'} {number}. {check.practice}")
            lines += [f"     - {what}" for what in check.found]
            if not check.passed:
                lines.append(f"     → {check.advice}")
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.to_html()}

    def to_html(self) -> str:
        """The same as a table; its colours come from JupyterLab's theme."""
        edge = _EDGES[self.colour]
        rows = "".join(
            f'<tr><td style="color:{_EDGES["green" if check.passed else "red"]}">'
            f"{'✔' if check.passed else '✘'}</td>"
            f'<td style="text-align:left">{number}. {escape(check.practice)}</td>'
            f'<td style="text-align:left">{"<br>".join(map(escape, check.found)) or "–"}</td>'
            f'<td style="text-align:left">{"" if check.passed else escape(check.advice)}</td></tr>'
            for number, check in enumerate(self.checks, 1)
        )
        head = "".join(
            f'<th style="text-align:left">{title}</th>' for title in ("", "Practice", "Found", "To do")
        )
        return (
            f'<div style="border-left:4px solid {edge};padding:.2em .9em;'
            'color:var(--jp-content-font-color1, inherit)">'
            f"<p><strong>{escape(self.headline)}</strong></p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )


_EDGES: Final = {
    "red": "var(--jp-error-color1, #c62828)",
    "amber": "var(--jp-warn-color1, #e65100)",
    "green": "var(--jp-success-color1, #2e7d32)",
}


def posture(session: boto3.Session | None = None, *, now: datetime | None = None) -> Posture:
    """Look at an account.

    Args:
        session: who looks; plain boto3, the lab's administrator, if None.
        now: the time by which keys and certificates are old; that of the running lab if None.

    Raises:
        RuntimeError: no lab runs and no time is given.
        botocore.exceptions.ClientError: the looker may not read something.
    """
    if now is None:
        lab = Lab.current()
        if lab is None:
            raise RuntimeError("no lab is running: start it with `Lab.start()`")
        now = lab.clock.now()
    view = _View(session or boto3.Session(), now)
    return Posture(tuple(Check(title, advice, tuple(look(view))) for title, advice, look in _PRACTICES))


# ---------------------------------------------------------------- what is asked
@dataclass(slots=True)
class _Key:
    user: str
    id: str
    active: bool
    created: datetime
    used: datetime | None


@dataclass
class _View:
    """The account as its APIs tell it; each thing is asked once."""

    session: boto3.Session
    now: datetime
    iam: Any = field(init=False)

    def __post_init__(self) -> None:
        self.iam = self.session.client("iam")

    def listed(self, operation: str, part: str, **params: Any) -> list[Any]:
        """All pages of a list."""
        pages = self.iam.get_paginator(operation).paginate(**params)
        return [row for page in pages for row in page[part]]

    @cached_property
    def account(self) -> Account:
        return account_from_json(list(self.iam.get_paginator("get_account_authorization_details").paginate()))

    @cached_property
    def users(self) -> list[Principal]:
        return [user for user in self.account.users if user.name != OWN]

    @cached_property
    def keys(self) -> list[_Key]:
        found = []
        for user in self.users:
            for row in self.listed("list_access_keys", "AccessKeyMetadata", UserName=user.name):
                used = self.iam.get_access_key_last_used(AccessKeyId=row["AccessKeyId"])["AccessKeyLastUsed"]
                found.append(
                    _Key(
                        user.name,
                        row["AccessKeyId"],
                        row["Status"] == "Active",
                        row["CreateDate"],
                        used.get("LastUsedDate"),
                    )
                )
        return found

    def has_password(self, user: str) -> bool:
        try:
            self.iam.get_login_profile(UserName=user)
        except self.iam.exceptions.NoSuchEntityException:
            return False
        return True

    @cached_property
    def programs(self) -> list[Principal]:
        """Roles, and users who have a key that works and no password."""
        with_keys = {key.user for key in self.keys if key.active}
        users = [user for user in self.users if user.name in with_keys and not self.has_password(user.name)]
        return [*users, *(role for role in self.account.roles if not role.service_linked)]

    def services(self, arn: str) -> Iterator[tuple[str, bool]]:
        """Access advisor: each service that a principal may use, and whether it has tried to."""
        job = self.iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
        more: dict[str, str] = {}
        while True:
            answer = self.iam.get_service_last_accessed_details(JobId=job, **more)
            for row in answer["ServicesLastAccessed"]:
                yield row["ServiceNamespace"], "LastAuthenticated" in row
            if not answer.get("IsTruncated"):
                return
            more = {"Marker": answer["Marker"]}


# ---------------------------------------------------------------- the seven
def _idle_services(view: _View) -> Iterator[str]:
    for program in view.programs:
        services = dict(view.services(program.arn))
        idle = [name for name, used in services.items() if not used]
        if idle:
            some = "" if len(idle) > 3 else f" (not {', '.join(idle)})"
            used = len(services) - len(idle)
            yield f"{program} may use {_services(len(services))}, and has used {used}{some}"


def _services(count: int) -> str:
    return f"{count} service{'s' * (count != 1)}"


def _policies(view: _View) -> Iterator[str]:
    for policy in view.listed("list_policies", "Policies", Scope="Local"):
        if not policy["AttachmentCount"] and not policy["PermissionsBoundaryUsageCount"]:
            yield f"{policy['PolicyName']} is attached to nobody"
    for managed in view.account.managed.values():
        if managed.own:
            yield from _weak(view, managed.name, managed.versions[managed.default])
    holders: list[Principal | Group] = [*view.users, *view.account.roles, *view.account.groups]
    for holder in holders:
        for policy in holder.policies:
            if policy.arn is None:
                yield from _weak(view, f"{policy.name} of {holder.name}", policy)


def _weak(view: _View, name: str, policy: Policy) -> Iterator[str]:
    """What IAM Access Analyzer calls an error or a security warning."""
    found = view.session.client("accessanalyzer").validate_policy(
        policyDocument=policy.text, policyType="IDENTITY_POLICY"
    )
    for finding in found["findings"]:
        if finding["findingType"] in ("ERROR", "SECURITY_WARNING"):
            yield f"{name}: {finding['issueCode']}"


def _privileged(view: _View) -> Iterator[str]:
    for user in view.users:
        if any(_may(view.account, user, power) for power in _POWERS) and not view.listed(
            "list_mfa_devices", "MFADevices", UserName=user.name
        ):
            yield f"{user} can become anybody, and has no MFA device"


def _may(account: Account, user: Principal, power: str) -> bool:
    return account.decide(user, power, f"arn:aws:iam::{account.id}:user/somebody").allowed


def _long_term(view: _View) -> Iterator[str]:
    programs = {program.name for program in view.programs if program.kind == "user"}
    for key in view.keys:
        if key.active and view.now - (key.used or key.created) > OLD:
            yield f"{key.id} of user/{key.user} works and is unused for more than {OLD.days} days"
        elif key.active and key.user in programs:
            yield f"user/{key.user} is a program that works with a long-term key"


def _watched(view: _View) -> Iterator[str]:
    cloudtrail = view.session.client("cloudtrail")
    for trail in cloudtrail.describe_trails()["trailList"]:
        if (
            trail["IsMultiRegionTrail"]
            and trail["IncludeGlobalServiceEvents"]
            and trail["LogFileValidationEnabled"]
            and cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
        ):
            return
    yield "no trail records all regions, with validated log files"


def _passwords(view: _View) -> Iterator[str]:
    try:
        policy = view.iam.get_account_password_policy()["PasswordPolicy"]
    except view.iam.exceptions.NoSuchEntityException:
        yield "the account has no password policy of its own"
        return
    if policy["MinimumPasswordLength"] < LONG_PASSWORD:
        yield f"passwords of {policy['MinimumPasswordLength']} characters are taken"
    for kind in ("Symbols", "Numbers", "UppercaseCharacters", "LowercaseCharacters"):
        if not policy[f"Require{kind}"]:
            yield f"passwords need no {kind.removesuffix('Characters').lower()}"
    if policy.get("PasswordReusePrevention", 0) < REMEMBERED_PASSWORDS:
        yield "an old password can be used again"


def _old(view: _View) -> Iterator[str]:
    for key in view.keys:
        if key.active and view.now - key.created > OLD:
            yield f"{key.id} of user/{key.user} is {(view.now - key.created).days} days old"
    for row in view.listed("list_server_certificates", "ServerCertificateMetadataList"):
        left = row["Expiration"] - view.now
        if left < SOON:
            yield f"certificate {row['ServerCertificateName']} " + (
                f"ends in {left.days} days" if left > timedelta() else "has expired"
            )


_PRACTICES: Final[tuple[tuple[str, str, Callable[[_View], Iterator[str]]], ...]] = (
    (
        "Least privilege: programs may use only what they use",
        "write a policy from what was used, and put it in place of the wide one",
        _idle_services,
    ),
    (
        "Policies are reviewed: none is idle, none has security findings",
        "delete what nobody needs, narrow what the finding names",
        _policies,
    ),
    (
        "Whoever is privileged has a second factor",
        "enable an MFA device, or take the privilege away",
        _privileged,
    ),
    (
        "Programs work in roles, and no key lies idle",
        "move the program to a role, then delete its keys",
        _long_term,
    ),
    (
        "CloudTrail records every region",
        "make a multi-region trail with log file validation, and start it",
        _watched,
    ),
    (
        "Weak passwords are refused",
        f"at least {LONG_PASSWORD} characters of all four kinds, the last {REMEMBERED_PASSWORDS} remembered",
        _passwords,
    ),
    (
        f"Keys are younger than {OLD.days} days, certificates last {SOON.days} days more",
        "rotate them: put the new one beside the old, change over, take the old one away",
        _old,
    ),
)
