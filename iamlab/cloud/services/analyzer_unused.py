"""Access that nobody uses, as the world is now: what an unused access analyzer would find.

In: an analyzer, the lab's state and time. Out: `Observation`s: roles, access keys and passwords that nobody has used
in the tracking period, and permissions that somebody who is active has not. Use is what really happened, from the
lab's own events and what IAM keeps of keys, roles and passwords; an attempt counts, whether it was allowed or not.

A permission is reported as a service where nothing of the service was used, else as those management actions of it that
were not. What is younger than the tracking period is left alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_FindingDetails.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from iamlab.analysis.permissiveness import paper
from iamlab.analysis.universe import ones, universe
from iamlab.cloud.data_events import is_data_event
from iamlab.cloud.moto_seam import credentials, identities
from iamlab.cloud.passwords import Password
from iamlab.cloud.services.analyzer_store import Analyzer, Observation
from iamlab.cloud.services.iam_access_advisor import TRACKED, UNTRACKED, Holder, namespace_of, services_in
from iamlab.cloud.services.iam_access_keys import keys_of
from iamlab.cloud.state import LabState
from iamlab.engine import PolicySet

_ROLE, _USER = "AWS::IAM::Role", "AWS::IAM::User"


@dataclass(slots=True)
class Activity:
    """What one user or role has done.

    Attributes:
        services: prefix → when it was last used.
        actions: action → when it was last used.
    """

    services: dict[str, datetime] = field(default_factory=dict)
    actions: dict[str, datetime] = field(default_factory=dict)

    @property
    def last(self) -> datetime | None:
        """When it did anything at all."""
        return max(self.services.values(), default=None)


def activities(state: LabState, now: datetime) -> dict[str, Activity]:
    """The activity of every user and role in the tracking period of access advisor, by ARN."""
    decided = {made.request_id: made.decisions for made in list(state.decisions)}
    found: dict[str, Activity] = {}
    for event in list(state.events):
        if not now - TRACKED <= event.time <= now:
            continue
        activity = found.setdefault(event.caller.entity_arn, Activity())
        activity.services[namespace_of(event)] = event.time
        for decision in decided.get(event.request_id, ()):
            activity.actions[decision.request.action] = event.time
    return found


def unused_observations(analyzer: Analyzer, state: LabState, now: datetime) -> Iterator[Observation]:
    """What the analyzer's accounts hold that nobody has used in its tracking period."""
    assert analyzer.configuration is not None, "analyzers for unused access have a configuration"
    settings = analyzer.configuration["unusedAccess"]
    since = now - timedelta(days=settings["unusedAccessAge"])
    exclusions = (settings.get("analysisRule") or {}).get("exclusions") or []
    done = activities(state, now)
    for account in analyzer.accounts:
        for holder in _holders(account, exclusions):
            analyzer.last_analyzed = (str(holder.record.arn), now)
            activity = done.get(holder.record.arn, Activity())
            look = _Look(account, holder, activity, since)
            yield from look.role() if holder.kind == "ROLE" else look.user(state)


def unused_permissions(
    account: str, holder: Holder, activity: Activity, since: datetime
) -> list[dict[str, Any]]:
    """The `unusedPermissionDetails` of a user or role, one for each service.

    Args:
        account: whose it is.
        holder: the user or role.
        activity: what it has done.
        since: when the tracking period begins.
    """
    granted = paper(PolicySet(holder.all_policies(account)), universe())
    made = []
    for prefix in services_in(granted):
        used = activity.services.get(prefix)
        detail: dict[str, Any] = {"serviceNamespace": prefix}
        if used is not None:
            detail["lastAccessed"] = used
            if used >= since:
                actions = list(_unused_actions(prefix, granted, activity, since))
                if not actions:
                    continue
                detail["actions"] = actions
        made.append(detail)
    return made


def _unused_actions(
    prefix: str, granted: int, activity: Activity, since: datetime
) -> Iterator[dict[str, Any]]:
    """Management actions that were not used."""
    start, end = universe().ranges[prefix]
    for number in ones(granted >> start & ((1 << (end - start)) - 1)):
        name = universe().names[start + number]
        action = name.partition(":")[2]
        if name in UNTRACKED or is_data_event(prefix, action):
            continue
        used = activity.actions.get(name)
        if used is None:
            yield {"action": action}
        elif used < since:
            yield {"action": action, "lastAccessed": used}


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at one user or role."""

    account: str
    holder: Holder
    activity: Activity
    since: datetime

    def role(self) -> Iterator[Observation]:
        record = self.holder.record
        if _aware(record.create_date) > self.since:
            return
        used = max(filter(None, (_aware(record.last_used), self.activity.last)), default=None)
        if used is not None and used >= self.since:
            yield from self._permissions(_ROLE)
            return
        yield self._observation("UnusedIAMRole", _ROLE, [{"unusedIamRoleDetails": _accessed(used)}])

    def user(self, state: LabState) -> Iterator[Observation]:
        record = self.holder.record
        for key in keys_of(self.account, record, state):
            used = _aware(key.last_used[0]) if key.last_used is not None else None
            if key.status == "Active" and self._idle(key.created, used):
                details = {"unusedIamUserAccessKeyDetails": {"accessKeyId": key.key_id, **_accessed(used)}}
                yield self._observation("UnusedIAMUserAccessKey", _USER, [details], key.key_id)
        password: Password | None = credentials.password(record)
        if password is not None:
            used = _aware(credentials.password_last_used(record))
            if self._idle(password.created, used):
                yield self._observation(
                    "UnusedIAMUserPassword", _USER, [{"unusedIamUserPasswordDetails": _accessed(used)}]
                )
        if _aware(record.create_date) <= self.since and (self.activity.last or self.since) > self.since:
            yield from self._permissions(_USER)

    def _idle(self, created: Any, used: datetime | None) -> bool:
        """Neither made nor used in the tracking period."""
        made = _aware(created)
        return (made is None or made <= self.since) and (used is None or used < self.since)

    def _permissions(self, kind: str) -> Iterator[Observation]:
        found = unused_permissions(self.account, self.holder, self.activity, self.since)
        if found:
            details = [{"unusedPermissionDetails": detail} for detail in found]
            yield self._observation("UnusedPermission", kind, details)

    def _observation(
        self, type_: str, kind: str, details: list[dict[str, Any]], part: str = ""
    ) -> Observation:
        arn = str(self.holder.record.arn)
        return Observation(
            key=(type_, arn, self.holder.record.id, part),
            type=type_,
            resource=arn,
            resource_type=kind,
            owner=self.account,
            details=tuple(details),
        )


def _holders(account: str, exclusions: list[Mapping[str, Any]]) -> Iterator[Holder]:
    """Users and roles that no exclusion leaves out; service-linked roles are their services' affair."""
    backend = identities.iam(account)
    found = [Holder("USER", user) for user in list(backend.users.values())]
    found += [
        Holder("ROLE", role)
        for role in list(backend.roles.values())
        if not identities.is_service_linked(role)
    ]
    for holder in found:
        tags = identities.tags_of(account, holder.record)
        if not any(_leaves_out(exclusion, account, tags) for exclusion in exclusions):
            yield holder


def _leaves_out(exclusion: Mapping[str, Any], account: str, tags: Mapping[str, str]) -> bool:
    """An empty value stands for any value of the tag."""
    return account in (exclusion.get("accountIds") or ()) or any(
        all(key in tags and value in ("", tags[key]) for key, value in wanted.items())
        for wanted in exclusion.get("resourceTags") or ()
    )


def _accessed(used: datetime | None) -> dict[str, datetime]:
    return {} if used is None else {"lastAccessed": used}


def _aware(when: Any) -> Any:
    """moto's dates are naive."""
    return when.replace(tzinfo=UTC) if isinstance(when, datetime) and when.tzinfo is None else when
