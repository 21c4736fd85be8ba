"""Policies generated from a trail: what a user or role has really done, as a policy to start from.

A job is done by the time it is asked for. Access Analyzer assumes the access role that the caller passes, and needs
with it what its page says. It takes the actions from the management events that the trail records; of all else that
was used it knows the service. What was used is `analysis.usage`'s to say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_StartPolicyGeneration.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from iamlab.analysis.universe import universe
from iamlab.analysis.usage import least_privilege
from iamlab.cloud.call import Call
from iamlab.cloud.callers import find_caller
from iamlab.cloud.delivery.model import LogTrail
from iamlab.cloud.delivery.recorder import trails_of
from iamlab.cloud.delivery.selectors import wants
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.rehearsal import rehearse
from iamlab.cloud.service_calls import assume_for_service
from iamlab.cloud.services import operation
from iamlab.cloud.services.analyzer_answers import invalid, page, quota_exceeded
from iamlab.cloud.services.analyzer_store import PRINCIPAL
from iamlab.cloud.services.iam_access_advisor import UNTRACKED, namespace_of
from iamlab.cloud.services.moments import moment
from iamlab.cloud.state import LabState
from iamlab.cloud.trail import Event

LONGEST = timedelta(days=90)
"""How much of a trail one job looks at."""

PER_DAY = 50
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html"""

_DAY = timedelta(days=1)
_STORE = "access analyzer policy generations"
_SESSION = "AccessAnalyzerPolicyGeneration"


@dataclass(slots=True)
class Job:
    """A policy generation."""

    id: str
    principal: str
    started: datetime
    trail: Mapping[str, Any] | None
    """`cloudTrailProperties` of the answer."""
    status: str = "SUCCEEDED"
    error: Mapping[str, str] | None = None
    actions: tuple[str, ...] = ()
    """Used, by management events."""
    services: tuple[str, ...] = ()
    """Prefixes of all services used."""
    complete: bool = True
    """Nothing was used that the policy leaves out."""
    token: str | None = None


@operation("accessanalyzer", "StartPolicyGeneration")
def start_policy_generation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_StartPolicyGeneration.html"""
    arn, token = call.params["policyGenerationDetails"]["principalArn"], call.params.get("clientToken")
    with state.lock:
        jobs = _jobs(state, call)
        for job in jobs.values():
            if token is not None and job.token == token:
                return {"jobId": job.id}
        _existing(call.account, arn)
        if sum(call.now - job.started < _DAY for job in jobs.values()) >= PER_DAY:
            raise quota_exceeded("PolicyGeneration", arn, f"policy generations per day ({PER_DAY})")
        details = call.params.get("cloudTrailDetails")
        made = Job(
            id=str(uuid.UUID(int=state.random.getrandbits(128), version=4)),
            principal=arn,
            started=call.now,
            trail=_trail_properties(details, call.now) if details is not None else None,
            token=token,
        )
        jobs[made.id] = made
        refusal = _refusal(call, state, details) if details is not None else None
        if refusal is None:
            _look(made, state)
        else:
            made.status, made.error, made.complete = "FAILED", refusal, False
    return {"jobId": made.id}


@operation("accessanalyzer", "GetGeneratedPolicy")
def get_generated_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetGeneratedPolicy.html"""
    job = _job(state, call)
    properties: dict[str, Any] = {"isComplete": job.complete, "principalArn": job.principal}
    if job.trail is not None:
        properties["cloudTrailProperties"] = job.trail
    policies: list[str] = []
    if job.status == "SUCCEEDED":
        if job.actions:
            policies.append(
                _policy(job.actions, placeholders=bool(call.params.get("includeResourcePlaceholders")))
            )
        if call.params.get("includeServiceLevelTemplate") and job.services:
            policies.append(_document([_statement([f"{prefix}:*" for prefix in job.services], ["*"])]))
    details = {**_brief(job), **({"jobError": job.error} if job.error is not None else {})}
    del details["principalArn"]
    return {
        "jobDetails": details,
        "generatedPolicyResult": {
            "properties": properties,
            "generatedPolicies": [{"policy": policy} for policy in policies],
        },
    }


@operation("accessanalyzer", "ListPolicyGenerations")
def list_policy_generations(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListPolicyGenerations.html

    The latest first.
    """
    wanted = call.params.get("principalArn")
    found = [job for job in reversed(_jobs(state, call).values()) if wanted in (None, job.principal)]
    shown, more = page(call, found)
    return {"policyGenerations": [_brief(job) for job in shown], **more}


@operation("accessanalyzer", "CancelPolicyGeneration")
def cancel_policy_generation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CancelPolicyGeneration.html"""
    job = _job(state, call)
    raise invalid(f"The job {job.id} is {job.status} and can't be canceled.", "jobId")


def _jobs(state: LabState, call: Call) -> dict[str, Job]:
    found: dict[str, Job] = state.stores.setdefault(_STORE, {}).setdefault((call.account, call.region), {})
    return found


def _job(state: LabState, call: Call) -> Job:
    found = _jobs(state, call).get(call.params["jobId"])
    if found is None:
        raise invalid(f"There is no policy generation with the jobId {call.params['jobId']}.", "jobId")
    return found


def _brief(job: Job) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "principalArn": job.principal,
        "status": job.status,
        "startedOn": job.started,
        "completedOn": job.started,
    }


# ------------------------------------------------------------------ what is asked for
def _existing(account: str, arn: str) -> None:
    kind, _, path = arn.split(":", 5)[-1].partition("/")
    find = identities.role_by_name if kind == "role" else identities.user_by_name
    record = find(account, path.rpartition("/")[2])
    if record is None or record.arn != arn:
        raise invalid(f"The principal {arn} does not exist in the account.", "principalArn")


def _trail_properties(details: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if len(details["trails"]) != 1:
        raise invalid("Exactly one trail must be given.", "trails")
    start, end = moment(details["startTime"]), moment(details.get("endTime") or now)
    if start >= end:
        raise invalid("startTime must be before endTime.", "startTime")
    if end - start > LONGEST:
        raise invalid(f"The time range can be {LONGEST.days} days at most.", "startTime")
    trail = details["trails"][0]
    shown = {"cloudTrailArn": trail["cloudTrailArn"]}
    for name in ("regions", "allRegions"):
        if trail.get(name) is not None:
            shown[name] = trail[name]
    return {"trailProperties": [shown], "startTime": start, "endTime": end}


def _trail(arn: str, state: LabState) -> LogTrail | None:
    return next((trail for trail in trails_of(state) if trail.arn == arn), None)


def _refusal(call: Call, state: LabState, details: Mapping[str, Any]) -> dict[str, str] | None:
    """Why the trail can't be read with the access role, as `jobError`; None if it can.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html#access-analyzer-policy-generation-perms
    """
    trail, role_arn = details["trails"][0]["cloudTrailArn"], details["accessRole"]
    found = _trail(trail, state)
    if found is None:
        return {"code": "RESOURCE_NOT_FOUND_ERROR", "message": f"The trail {trail} does not exist."}
    source = f"arn:aws:access-analyzer:{call.region}:{call.account}:*"
    try:
        session = assume_for_service(state, PRINCIPAL, role_arn, _SESSION, timedelta(hours=1), source)
    except AwsError as error:
        return {"code": "AUTHORIZATION_ERROR", "message": error.message}
    caller = find_caller(session.access_key_id, state)
    assert caller is not None, "the session was made just now"
    asked = call.params["policyGenerationDetails"]["principalArn"]
    needed: list[tuple[str, str, dict[str, Any]]] = [
        ("cloudtrail", "GetTrail", {"Name": trail}),
        ("s3", "ListObjectsV2", {"Bucket": found.bucket}),
        ("s3", "GetObject", {"Bucket": found.bucket, "Key": f"{found.folder(call.region)}/log.json.gz"}),
        ("iam", "GenerateServiceLastAccessedDetails", {"Arn": asked}),
        ("iam", "GetServiceLastAccessedDetails", {"JobId": _SESSION}),
    ]
    if found.key is not None:
        needed.append(("kms", "Decrypt", {"KeyId": found.key, "CiphertextBlob": b""}))
    for service, name, params in needed:
        for decision in rehearse(state, caller, service, name, params, call.region):
            if not decision.allowed:
                return {"code": "AUTHORIZATION_ERROR", "message": decision.message}
    return None


# ------------------------------------------------------------------ what was used
def _look(job: Job, state: LabState) -> None:
    """Note what the principal has done."""
    events = list(_events(job, state))
    trail = _trail(job.trail["trailProperties"][0]["cloudTrailArn"], state) if job.trail is not None else None
    recorded = [event for event in events if trail is not None and wants(trail, event)]
    wanted = {event.request_id for event in recorded if not event.data_event}
    used = [
        decision
        for made in list(state.decisions)
        if made.request_id in wanted
        for decision in made.decisions
        if decision.request.action not in UNTRACKED
    ]
    found = least_privilege(used)
    known = universe()
    names = {known.names[number] for request in found.requests if (number := known.number(request.action))}
    job.actions = tuple(sorted(names))
    job.services = tuple(sorted({namespace_of(event) for event in events} & set(known.ranges)))
    job.complete = not found.unknown and len(wanted) == len(events)


def _events(job: Job, state: LabState) -> Iterator[Event]:
    """The principal's successful calls within the job's time and Regions; without a trail it looks at none."""
    if job.trail is None:
        return
    trail = job.trail["trailProperties"][0]
    named = trail.get("regions") or [trail["cloudTrailArn"].split(":")[3]]
    for event in list(state.events):
        if (
            event.caller.entity_arn == job.principal
            and event.error_code is None
            and job.trail["startTime"] <= event.time <= job.trail["endTime"]
            and (trail.get("allRegions") or event.region in named)
        ):
            yield event


# ------------------------------------------------------------------ the policy
def _policy(actions: Iterable[str], *, placeholders: bool) -> str:
    """One statement for all actions of a service that name the same resources."""
    known = universe()
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name in actions:
        number = known.number(name)
        templates = known.templates(number) if placeholders and number is not None else ("*",)
        shown = tuple(template.replace("${Partition}", identities.PARTITION) for template in templates)
        grouped.setdefault((name.partition(":")[0], shown), []).append(name)
    return _document([_statement(names, resources) for (_, resources), names in grouped.items()])


def _statement(actions: list[str], resources: Iterable[str]) -> dict[str, Any]:
    listed = list(resources)
    return {"Effect": "Allow", "Action": actions, "Resource": listed[0] if len(listed) == 1 else listed}


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
