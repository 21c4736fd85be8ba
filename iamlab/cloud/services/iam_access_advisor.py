"""Access advisor: which services an identity may use, and when it last tried to.

What may be used comes from identity policies alone, on paper; what was used, from the lab's own events. An attempt
counts, whether it was allowed or not. A report is made at once and kept under the id of its job.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from iamlab.analysis.permissiveness import paper
from iamlab.analysis.universe import universe
from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.event_names import operation_of
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import no_such_entity
from iamlab.cloud.state import LabState
from iamlab.cloud.trail import Event
from iamlab.engine import PolicySet
from iamlab.policy import Policy
from iamlab.policy.reference import reference

TRACKED = timedelta(days=400)
"""How far back the tracking period reaches."""

_JOBS = "access advisor jobs"

# Event source -> service prefix of its actions, where the two differ.
_NAMESPACES = {"monitoring": "cloudwatch"}
# Events whose action goes by another name.
_ACTIONS = {("s3", "ListBuckets"): "ListAllMyBuckets"}
# Services that the reference tells of on several pages, or under a longer name.
_TITLES = {
    "apigateway": "Amazon API Gateway Management",
    "aws-marketplace": "AWS Marketplace",
    "cloudformation": "AWS CloudFormation",
    "elasticloadbalancing": "AWS Elastic Load Balancing",
    "greengrass": "AWS IoT Greengrass",
    "iam": "AWS Identity and Access Management",
    "kinesisanalytics": "Amazon Kinesis Analytics",
    "lex": "Amazon Lex",
    "ses": "Amazon SES",
}
UNTRACKED = frozenset({"iam:PassRole"})
"""Actions whose use is not looked at."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An entity with policies.

    Attributes:
        kind: `USER`, `GROUP` or `ROLE`.
        record: moto's.
    """

    kind: str
    record: Any

    def policies(self) -> Iterator[tuple[str, str | None, Policy]]:
        """(name, ARN of a managed one, the policy)."""
        for name, text in identities.inline(self.record):
            yield name, None, parsed(text, name)
        for name, arn, text in identities.attached(self.record):
            yield name, arn, parsed(text, name, arn)

    def all_policies(self, account: str) -> list[Policy]:
        """Its own policies, and those of a user's groups."""
        found = [policy for _, _, policy in self.policies()]
        if self.kind == "USER":
            for group in identities.groups_of(account, self.record):
                found += [policy for _, _, policy in Holder("GROUP", group).policies()]
        return found


@dataclass(frozen=True, slots=True)
class _Job:
    """A finished report."""

    owner: str
    granularity: str
    created: datetime
    holders: tuple[Holder, ...]
    """The users and roles whose attempts count."""
    granted: int
    """The actions that the policies grant on paper, as bits of the universe."""


@operation("iam", "GenerateServiceLastAccessedDetails")
def generate_service_last_accessed_details(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html"""
    holders, policies = _of_arn(call, call.params["Arn"])
    job = _Job(
        owner=call.caller.entity_arn,
        granularity=call.params.get("Granularity") or "SERVICE_LEVEL",
        created=call.now,
        holders=tuple(holders),
        granted=paper(PolicySet(policies), universe()),
    )
    with state.lock:
        name = str(uuid.UUID(int=state.random.getrandbits(128), version=4))
        state.stores.setdefault(_JOBS, {})[name] = job
    return {"JobId": name}


@operation("iam", "GetServiceLastAccessedDetails")
def get_service_last_accessed_details(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html"""
    job = _job(call, state)
    attempts = _attempts(job, state)
    entries = [_service(prefix, job, attempts) for prefix in services_in(job.granted)]
    shown, more = page(call, entries, lambda entry: str(entry["ServiceNamespace"]))
    return {
        "JobStatus": "COMPLETED",
        "JobType": job.granularity,
        "JobCreationDate": job.created,
        "ServicesLastAccessed": shown,
        "JobCompletionDate": job.created,
        **more,
    }


@operation("iam", "GetServiceLastAccessedDetailsWithEntities")
def get_service_last_accessed_details_with_entities(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetailsWithEntities.html"""
    job, wanted = _job(call, state), call.params["ServiceNamespace"]
    latest: dict[str, Event] = {}
    for event in _attempts(job, state):
        if namespace_of(event) == wanted:
            latest[event.caller.entity_arn] = event
    entries = [_entity(holder, latest.get(holder.record.arn)) for holder in job.holders]
    shown, more = page(call, entries, lambda entry: str(entry["EntityInfo"]["Arn"]))
    return {
        "JobStatus": "COMPLETED",
        "JobCreationDate": job.created,
        "JobCompletionDate": job.created,
        "EntityDetailsList": shown,
        **more,
    }


@operation("iam", "ListPoliciesGrantingServiceAccess")
def list_policies_granting_service_access(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPoliciesGrantingServiceAccess.html"""
    holder = _holder(call, call.params["Arn"])
    sources = [holder]
    if holder.kind == "USER":
        sources += [Holder("GROUP", group) for group in identities.groups_of(call.account, holder.record)]
    found = [
        {
            "ServiceNamespace": namespace,
            "Policies": [
                _granting(source, name, arn, through_group=source is not holder)
                for source in sources
                for name, arn, policy in source.policies()
                if namespace in services_in(paper(PolicySet((policy,)), universe()))
            ],
        }
        for namespace in call.params["ServiceNamespaces"]
    ]
    return {"PoliciesGrantingServiceAccess": found, "IsTruncated": False}


def _granting(source: Holder, name: str, arn: str | None, *, through_group: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"PolicyName": name, "PolicyType": "MANAGED" if arn else "INLINE"}
    if arn is not None:
        made["PolicyArn"] = arn
    if arn is None or through_group:
        made |= {"EntityType": source.kind, "EntityName": source.record.name}
    return made


# ------------------------------------------------------------------ who is meant
_KINDS = {
    "user": ("USER", identities.user_by_name),
    "group": ("GROUP", identities.group_by_name),
    "role": ("ROLE", identities.role_by_name),
}


def _holder(call: Call, arn: str) -> Holder:
    kind, _, path = arn.split(":", 5)[-1].partition("/")
    if kind not in _KINDS:
        raise AwsError("InvalidInput", f"Invalid ARN: {arn}")
    label, find = _KINDS[kind]
    record = find(call.account, path.rpartition("/")[2])
    if record is None or record.arn != arn:
        raise no_such_entity(f"ARN {arn} is not found.")
    return Holder(label, record)


def _of_arn(call: Call, arn: str) -> tuple[list[Holder], list[Policy]]:
    """The users and roles behind an ARN, and the policies that say what may be used."""
    if ":policy/" in arn:
        record = identities.managed_policy(call.account, arn)
        if record is None:
            raise no_such_entity(f"ARN {arn} is not found.")
        return _attached_to(call, arn), [parsed(identities.default_document(record), record.name, arn)]
    holder = _holder(call, arn)
    policies = holder.all_policies(call.account)
    if holder.kind == "GROUP":
        return [Holder("USER", user) for user in holder.record.users], policies
    return [holder], policies


def _attached_to(call: Call, arn: str) -> list[Holder]:
    backend = identities.iam(call.account)
    found: dict[str, Holder] = {}
    for kind, records in (("USER", backend.users), ("ROLE", backend.roles)):
        for record in list(records.values()):
            if arn in record.managed_policies:
                found[record.arn] = Holder(kind, record)
    for group in list(backend.groups.values()):
        if arn in group.managed_policies:
            found |= {user.arn: Holder("USER", user) for user in group.users}
    return list(found.values())


# ------------------------------------------------------------------ what happened
def _job(call: Call, state: LabState) -> _Job:
    job: _Job | None = state.stores.get(_JOBS, {}).get(call.params["JobId"])
    if job is None or job.owner != call.caller.entity_arn:
        raise no_such_entity(f"Job with id {call.params['JobId']} is not found.")
    return job


def _attempts(job: _Job, state: LabState) -> list[Event]:
    """The calls of the job's users and roles within the tracking period, up to when the report was made."""
    arns = {holder.record.arn for holder in job.holders}
    return [
        event
        for event in list(state.events)
        if event.caller.entity_arn in arns and job.created - TRACKED <= event.time <= job.created
    ]


def namespace_of(event: Event) -> str:
    """The prefix of the actions of the service that an event is of."""
    source = event.source.split(".")[0]
    return _NAMESPACES.get(source, source)


def title_of(prefix: str) -> str:
    """A service's name for people."""
    service = reference().service(prefix)
    assert service is not None, "the universe is made of the reference"
    return _TITLES.get(prefix, service.title)


def services_in(granted: int) -> list[str]:
    """The prefixes of the services with at least one action among these bits."""
    found = []
    for prefix, (start, end) in universe().ranges.items():
        if granted >> start & ((1 << (end - start)) - 1):
            found.append(prefix)
    return sorted(found)


def _service(prefix: str, job: _Job, attempts: Iterable[Event]) -> dict[str, Any]:
    own = [event for event in attempts if namespace_of(event) == prefix]
    made: dict[str, Any] = {
        "ServiceName": title_of(prefix),
        "ServiceNamespace": prefix,
        "TotalAuthenticatedEntities": len({event.caller.entity_arn for event in own}),
    }
    if own:
        made |= {
            "LastAuthenticated": own[-1].time,
            "LastAuthenticatedEntity": own[-1].caller.entity_arn,
            "LastAuthenticatedRegion": own[-1].region,
        }
    if job.granularity == "ACTION_LEVEL":
        made["TrackedActionsLastAccessed"] = list(_actions(prefix, job.granted, own))
    return made


def _actions(prefix: str, granted: int, own: list[Event]) -> Iterator[dict[str, Any]]:
    """Management actions; calls on data are not tracked, nor is iam:PassRole."""
    latest = {
        _ACTIONS.get((prefix, event.name), operation_of(event.source, event.name)): event
        for event in own
        if not event.data_event
    }
    known = universe()
    start, end = known.ranges[prefix]
    for number in range(start, end):
        name = known.names[number]
        if not granted >> number & 1 or name in UNTRACKED:
            continue
        action = name.partition(":")[2]
        event = latest.get(action)
        made: dict[str, Any] = {"ActionName": action}
        if event is not None:
            made |= {
                "LastAccessedEntity": event.caller.entity_arn,
                "LastAccessedTime": event.time,
                "LastAccessedRegion": event.region,
            }
        yield made


def _entity(holder: Holder, event: Event | None) -> dict[str, Any]:
    record = holder.record
    made: dict[str, Any] = {
        "EntityInfo": {
            "Arn": record.arn,
            "Name": record.name,
            "Type": holder.kind,
            "Id": record.id,
            "Path": record.path or "/",
        }
    }
    if event is not None:
        made["LastAuthenticated"] = event.time
    return made
