"""STS: AssumeRoot, a few minutes of a member account's root user for one task.

The task's policy limits the session as a session policy would. Which feature of centralised root access a task needs
is in `TASKS`.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_root_access import CREDENTIALS, SESSIONS, administers, features
from iamlab.cloud.sessions import SessionKind, issue
from iamlab.cloud.state import LabState

LONGEST = 900
_POLICIES = "arn:aws:iam::aws:policy/root-task/"

TASKS = {
    f"{_POLICIES}IAMAuditRootUserCredentials": CREDENTIALS,
    f"{_POLICIES}IAMCreateRootUserPassword": CREDENTIALS,
    f"{_POLICIES}IAMDeleteRootUserCredentials": CREDENTIALS,
    f"{_POLICIES}S3UnlockBucketPolicy": SESSIONS,
    f"{_POLICIES}SQSUnlockQueuePolicy": SESSIONS,
}

_TARGET = re.compile(r"(?:arn:aws:iam::)?(?P<account>\d{12})(?::root)?")


@operation("sts", "AssumeRoot")
def assume_root(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
    params, session = call.params, call.caller.session
    task = params["TaskPolicyArn"].get("arn", "")
    target = _member(call)
    if target is None or not _may(call, state, target, task):
        raise AwsError(
            "AccessDenied",
            f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRoot on resource: "
            f"{params['TargetPrincipal']}",
            403,
        )
    if task not in TASKS:
        raise AwsError("ValidationError", f"Policy {task} is not a valid task policy.")
    seconds = params.get("DurationSeconds")
    identity = session.source_identity if session is not None else None
    made = issue(
        state,
        SessionKind.ROOT,
        target,
        timedelta(seconds=LONGEST if seconds is None else int(seconds)),
        token_size=int(params.get("MinimumSessionTokenSize") or 0),
        issuer_id=target,
        name="",
        policy_arns=(task,),
        source_identity=identity,
        chained=session is not None,
    )
    facts = made.token_facts(params) | ({"SourceIdentity": identity} if identity else {})
    return {"Credentials": made.credentials()} | facts


def _member(call: Call) -> str | None:
    """The account id that the target names."""
    found = _TARGET.fullmatch(call.params["TargetPrincipal"])
    return found["account"] if found else None


def _may(call: Call, state: LabState, target: str, task: str) -> bool:
    """The caller's account administers root access, the target is a member, and the task's feature is on."""
    organization = organizations.organization(call.account)
    return (
        organization is not None
        and administers(call.account, organization)
        and target in organization.members
        and target != organization.management
        and (TASKS.get(task) or SESSIONS) in features(state, organization)
    )
