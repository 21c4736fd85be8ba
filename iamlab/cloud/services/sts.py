"""STS: AssumeRole, and the operations that tell who one is.

The gate has decided by the time an operation runs: AssumeRole's trust policy was the resource policy of that decision.
What is left is what AWS checks beside policies: durations, session names, tags, source identity, session policies.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import Caller, find_credential
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation, proof
from iamlab.cloud.services.session_policies import accepted, packed_size
from iamlab.cloud.services.sts_mfa import PRESENT
from iamlab.cloud.sessions import Session, SessionKind, account_of_key, issue
from iamlab.cloud.state import LabState

HOUR = 3_600


_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")


@proof("sts", "AssumeRole")
def role_arn_is_an_arn(call: Call, state: LabState) -> None:
    """What is no ARN is refused before anybody asks whether one may assume it.

    An ARN of anything but a role is one more role that one may not assume.
    """
    _check_arn(call.params["RoleArn"])


def check_role_arn(arn: str) -> None:
    """What federated callers name has to be a role's ARN.

    Raises:
        AwsError: `ValidationError`.
    """
    _check_arn(arn)
    if not _ROLE_ARN.fullmatch(arn):
        raise AwsError("ValidationError", "Request ARN is invalid")


def _check_arn(arn: str) -> None:
    if not arn.startswith("arn:"):
        raise AwsError("ValidationError", f"{arn} is invalid")


@operation("sts", "AssumeRole")
def assume_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    params, caller = call.params, call.caller
    if caller.is_root:
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    role = identities.role_by_arn(params["RoleArn"])
    if role is None:
        raise _not_authorized(caller, params["RoleArn"])
    if params.get("ProvidedContexts"):
        # Context is asserted by IAM Identity Center, which no account of the lab has.
        raise AwsError("InvalidParameterValue", "The context assertion that was provided is not valid.")
    session, packed = assume(state, caller, role, params, mfa_at=_proven_at(call))
    answer: dict[str, Any] = {
        "Credentials": session.credentials(),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{session.name}",
            "Arn": f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}/{session.name}",
        },
    }
    if packed is not None:
        answer["PackedPolicySize"] = packed
    if session.source_identity is not None:
        answer["SourceIdentity"] = session.source_identity
    return answer | session.token_facts(params)


def assume(
    state: LabState, caller: Caller, role: Any, params: Mapping[str, Any], **facts: Any
) -> tuple[Session, int | None]:
    """A session of `role` for `caller`, whom the role's trust policy has let in.

    Args:
        params: AssumeRole's parameters.
        facts: further fields of the session.

    Returns:
        The session and its PackedPolicySize.
    """
    seconds = int(params.get("DurationSeconds") or HOUR)
    chained = _is_chained(caller)
    if chained and seconds > HOUR:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    if seconds > int(role.max_session_duration or HOUR):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    tags, transitive = session_tags(params, caller.session)
    text, arns = accepted(params, role.account_id)
    packed = packed_size(text, arns, tags)
    session = issue(
        state,
        SessionKind.ROLE,
        role.account_id,
        timedelta(seconds=seconds),
        token_size=int(params.get("MinimumSessionTokenSize") or 0),
        issuer_id=role.id,
        name=params["RoleSessionName"],
        policy=text,
        policy_arns=arns,
        tags=tags,
        transitive=transitive,
        source_identity=_source_identity(params, caller.session),
        chained=chained,
        **facts,
    )
    return session, packed


@operation("sts", "GetCallerIdentity")
def get_caller_identity(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


@operation("sts", "GetAccessKeyInfo")
def get_access_key_info(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html

    The account is written into the id itself, so that AWS answers for deleted keys too.
    """
    key_id = call.params["AccessKeyId"]
    credential = find_credential(key_id, state)
    account = credential.account if credential is not None else account_of_key(key_id)
    if account is None:
        raise AwsError("ValidationError", f"The access key id {key_id} is invalid")
    return {"Account": account}


@operation("sts", "DecodeAuthorizationMessage")
def decode_authorization_message(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html"""
    decoded = state.encoded_messages.get(call.params["EncodedMessage"])
    if decoded is None:
        raise AwsError("InvalidAuthorizationMessageException", "Message is not valid")
    return {"DecodedMessage": decoded}


def session_tags(params: Mapping[str, Any], parent: Session | None) -> tuple[dict[str, str], frozenset[str]]:
    """The tags of a new session, and which of them go on to the next one.

    Inherited tags come first; nobody further down a chain of roles can change them.
    """
    requested: dict[str, str] = {}
    folded: set[str] = set()
    for tag in params.get("Tags") or ():
        if tag["Key"].casefold() in folded:
            raise AwsError(
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            )
        if tag["Key"].casefold().startswith("aws:"):
            raise AwsError("InvalidParameterValue", "System tags cannot be added/updated by requester.")
        folded.add(tag["Key"].casefold())
        requested[tag["Key"]] = tag["Value"]
    inherited = (
        {key: value for key, value in parent.tags.items() if key in parent.transitive} if parent else {}
    )
    if any(key.casefold() in folded for key in inherited):
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session.",
        )
    wanted = {key.casefold() for key in params.get("TransitiveTagKeys") or ()}
    if not wanted <= folded:
        raise AwsError(
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
        )
    return inherited | requested, frozenset(inherited) | {
        key for key in requested if key.casefold() in wanted
    }


def _proven_at(call: Call) -> datetime | None:
    """When the caller proved a second factor: now, or before it got its own credentials. The trail tells it.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    if PRESENT in call.proven:
        return call.now
    return call.caller.session.mfa_at if call.caller.session is not None else None


def _is_chained(caller: Caller) -> bool:
    """A role that assumes a role does so for an hour at most; those that AWS delivers to compute don't count.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html (role chaining)
    """
    session = caller.session
    return session is not None and session.kind is SessionKind.ROLE and session.delivered_by is None


def _source_identity(params: Mapping[str, Any], parent: Session | None) -> str | None:
    wanted: str | None = params.get("SourceIdentity")
    already = parent.source_identity if parent is not None else None
    if already is not None and wanted not in (None, already):
        raise AwsError("ValidationError", "The source identity is already set for this assume role session")
    return already or wanted


def _not_authorized(caller: Caller, role_arn: str) -> AwsError:
    """A role that doesn't exist is refused in the words for one that one may not assume."""
    return AwsError(
        "AccessDenied",
        f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
        403,
    )
