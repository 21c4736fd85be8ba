"""The policy simulator: what would be decided, without anybody calling.

`SimulateCustomPolicy` judges policies that come with the call, `SimulatePrincipalPolicy` those of a user, group or role
with its boundary and its organisation's SCPs. The engine decides; here a call's parameters become requests. As at AWS,
the context holds nothing but what the call gives and what the caller's ARN tells; a resource has no policy but the one
that the call brings, and needs none; and what anybody may call without a policy isn't known of.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import Caller, user_caller
from iamlab.cloud.collect import boundary_policies, parsed, scp_levels
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_policy_exclusions import Exclusions, exclusions
from iamlab.cloud.services.iam_shapes import no_such_entity
from iamlab.cloud.state import LabState
from iamlab.engine import PolicySet, Request, decide
from iamlab.engine.simulator import combined_result, context_keys, evaluation_result
from iamlab.policy import Policy
from iamlab.policy.reference import reference

_ARN = re.compile(r"arn:[\w-]+:(?P<service>iam|sts):[^:]*:(?P<account>\d{12}):(?P<rest>.+)")
_ASSUMING = "sts:assume"
_CALLER = re.compile(r"arn:[\w-]+:iam::\d{12}:(?P<kind>user|role)/.+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

_NOTHING = Exclusions()

Policies = tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose permissions are simulated."""

    caller: Caller | None
    """The principal as a caller; None for a group, and for policies that belong to nobody."""
    identity: Policies
    boundary: Policies | None = None
    scps: tuple[Policies, ...] = ()


@operation("iam", "SimulateCustomPolicy")
def simulate_custom_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html"""
    return _simulate(call, _Subject(None, _inputs(call, "PolicyInputList")))


@operation("iam", "SimulatePrincipalPolicy")
def simulate_principal_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
    subject = _subject(call, exclusions(call.params.get("PolicyExclusionList") or ()))
    more = _inputs(call, "PolicyInputList")
    return _simulate(call, _Subject(subject.caller, subject.identity + more, subject.boundary, subject.scps))


@operation("iam", "GetContextKeysForCustomPolicy")
def get_context_keys_for_custom_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html"""
    return {"ContextKeyNames": list(context_keys(_inputs(call, "PolicyInputList")))}


@operation("iam", "GetContextKeysForPrincipalPolicy")
def get_context_keys_for_principal_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html"""
    policies = _subject(call).identity + _inputs(call, "PolicyInputList")
    return {"ContextKeyNames": list(context_keys(policies))}


# ------------------------------------------------------------------ the simulation
def _simulate(call: Call, subject: _Subject) -> dict[str, Any]:
    params = call.params
    resources = params.get("ResourceArns") or ["*"]
    resource_policy = params.get("ResourcePolicy")
    caller = _caller(call, subject)
    if resource_policy is not None and caller is None:
        raise AwsError("InvalidInput", "CallerArn must be specified when a resource policy is included.")
    boundary = _inputs(call, "PermissionsBoundaryPolicyInputList") or subject.boundary
    alone = PolicySet(subject.identity, boundary, scps=subject.scps)
    beside = alone
    if resource_policy is not None:
        of_resource = parsed(_document(resource_policy))
        beside = PolicySet(subject.identity, boundary, resource=of_resource, scps=subject.scps)
    context = _principal_context(caller) | dict(_context(params.get("ContextEntries") or ()))
    shown, more = page(call, params["ActionNames"], str)
    results = []
    for action in shown:
        # The policies of roles are read, but have no say.
        policies = alone if action.lower().startswith(_ASSUMING) else beside
        flags = ("policies_alone",) if policies is alone else ()
        parts = [
            evaluation_result(decide(_request(call, caller, action, resource, context, flags), policies))
            for resource in resources
        ]
        results.append(parts[0] if len(parts) == 1 else combined_result(parts, _template(action)))
    return {"EvaluationResults": results, **more}


def _template(action: str) -> str:
    """What an action works on, as the service reference writes its ARN."""
    known = reference().action(action)
    service = reference().service(action.partition(":")[0])
    if known is None or service is None or not known.resources:
        return "*"
    kind = next((kind for kind in known.resources if kind.required), known.resources[-1])
    arn = service.resource_types[kind.name].arn
    return arn.replace("${Partition}", identities.PARTITION) or "*"


def _request(
    call: Call,
    caller: Caller | None,
    action: str,
    resource: str,
    context: Mapping[str, Any],
    flags: tuple[str, ...],
) -> Request:
    who = caller or _nobody(call)
    owner = None if action.lower().startswith(_ASSUMING) else _owner(call, resource)
    try:
        return Request(
            action,
            resource,
            who.arn,
            principal_type=who.type,
            account=who.account,
            issuer=who.issuer,
            flags=flags,
            resource_account=owner or who.account,
            context=context,
        )
    except ValueError as error:
        raise AwsError("InvalidInput", f"Invalid Action: {action}") from error


def _owner(call: Call, resource: str) -> str | None:
    """The account that the call names as the resources' owner, else the one in the resource's ARN."""
    named = call.params.get("ResourceOwner")
    found = re.search(r"\d{12}", named) if named else re.match(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):", resource)
    return found[found.lastindex or 0] if found else None


def _nobody(call: Call) -> Caller:
    """Stands in where policies are judged that belong to nobody in particular."""
    return Caller(arn=f"arn:aws:iam::{call.account}:user/simulated", type="User", account=call.account)


def _caller(call: Call, subject: _Subject) -> Caller | None:
    named = call.params.get("CallerArn")
    if named is None:
        own = subject.caller
        known = own is not None and (own.type == "User" or call.params.get("ResourcePolicy") is not None)
        return own if known else None
    found = _CALLER.fullmatch(named)
    if found is None:
        raise AwsError("InvalidInput", f"Invalid Caller ARN: {named}")
    record = _entity(named)
    if found["kind"] == "role":
        return _role_caller(named, record)
    if record is not None:
        return user_caller(named.split(":")[4], record)
    return Caller(arn=named, type="User", account=named.split(":")[4], username=named.rpartition("/")[2])


def _role_caller(arn: str, record: Any | None) -> Caller:
    """Some session of a role, which may be one that isn't there."""
    return Caller(
        arn=arn,
        type="AssumedRole",
        account=arn.split(":")[4],
        user_id=record.id if record is not None else None,
        issuer=arn,
        record=record,
        tags=identities.role_tags(record) if record is not None else {},
    )


def _principal_context(caller: Caller | None) -> dict[str, Any]:
    """What the simulator knows of a caller by itself."""
    if caller is None:
        return {}
    facts = {
        "aws:PrincipalArn": caller.principal_arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": caller.type,
        "aws:userid": caller.user_id,
        "aws:username": caller.username,
    }
    tags = {f"aws:PrincipalTag/{key}": value for key, value in caller.tags.items()}
    return {key: value for key, value in facts.items() if value is not None} | tags


def _context(entries: Any) -> Iterator[tuple[str, Any]]:
    for entry in entries:
        name, values = entry.get("ContextKeyName"), entry.get("ContextKeyValues") or []
        kind = str(entry.get("ContextKeyType", "string"))
        if name is None:
            raise AwsError("InvalidInput", "The context key name must be specified.")
        if kind.startswith("numeric") and not all(_NUMBER.fullmatch(value) for value in values):
            raise AwsError("InvalidInput", f"Invalid value for context key {name} of type {kind}.")
        yield (
            name,
            list(values) if kind.endswith("List") else (values[0] if len(values) == 1 else list(values)),
        )


# ------------------------------------------------------------------ whose policies
def _subject(call: Call, without: Exclusions = _NOTHING) -> _Subject:
    arn = call.params["PolicySourceArn"]
    record = _entity(arn)
    if record is None:
        raise _missing(arn)
    account, kind = arn.split(":")[4], arn.split(":")[5].partition("/")[0]
    identity = tuple(_named_policies(kind, record, without))
    scps = () if "scp" in without.types else scp_levels(account)
    if kind == "group":
        return _Subject(None, identity, scps=scps)
    if kind == "user":
        for group in identities.groups_of(account, record):
            identity += tuple(_named_policies("group", group, without))
    caller = user_caller(account, record) if kind == "user" else _role_caller(arn, record)
    boundary = None if "permission-boundary" in without.types else boundary_policies(caller)
    return _Subject(caller, identity, boundary, scps)


def _named_policies(kind: str, record: Any, without: Exclusions) -> Iterator[Policy]:
    """An entity's policies under the names by which the simulator speaks of them."""
    for name, text in identities.inline(record):
        if not without.inline_policy(name, kind, record.name):
            yield parsed(text, f"{kind}_{record.name}_{name}")
    for name, arn, text in identities.attached(record):
        if not without.managed_policy(arn):
            yield parsed(text, name, arn)


def _entity(arn: str) -> Any | None:
    """The user, group or role of an ARN."""
    found = _ARN.fullmatch(arn)
    if found is None or found["service"] != "iam":
        raise AwsError(
            "InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
        )
    kind, _, path = found["rest"].partition("/")
    name, account = path.rpartition("/")[2], found["account"]
    if kind not in _FINDERS or not name:
        raise AwsError(
            "InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
        )
    if not identities.account_exists(account):
        return None
    record = _FINDERS[kind](account, name)
    return record if record is not None and record.arn == arn else None


_FINDERS = {
    "user": identities.user_by_name,
    "role": identities.role_by_name,
    "group": identities.group_by_name,
}


def _missing(arn: str) -> AwsError:
    kind, _, path = arn.split(":", 5)[5].partition("/")
    return no_such_entity(f"The {kind} with name {path.rpartition('/')[2]} cannot be found.")


def _inputs(call: Call, parameter: str) -> Policies:
    """The policies of a list parameter, named as the simulator names them: by the list and their number in it."""
    return tuple(
        parsed(_document(text), f"{parameter}.{number}")
        for number, text in enumerate(call.params.get(parameter) or (), 1)
    )


def _document(text: str) -> str:
    """A document of a simulation is refused as one that is to be kept would be, in the code of a parameter."""
    policy = parsed(text)
    if policy.document is None:
        raise AwsError("InvalidInput", "Invalid policy: the policy is not in the valid JSON format.")
    if policy.errors():
        raise AwsError("InvalidInput", "Invalid policy: syntax errors in policy.")
    return text
