"""Findings follow the world: what an analyzer has seen before is compared with what there is now.

AWS looks again within half an hour of a change, and once a day; here each question looks at the present moment. A
finding keeps its id for as long as it is about the same thing: it is resolved when that is gone, and comes back when
that does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-work-with-findings.html
"""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta

from iamlab.cloud.services.analyzer_external import external_observations
from iamlab.cloud.services.analyzer_filters import meets
from iamlab.cloud.services.analyzer_internal import internal_observations
from iamlab.cloud.services.analyzer_store import Analyzer, Finding, Observation, Status
from iamlab.cloud.services.analyzer_unused import unused_observations
from iamlab.cloud.state import LabState

KEPT = timedelta(days=90)
"""How long a resolved finding is kept."""


def observe(analyzer: Analyzer, state: LabState, now: datetime) -> None:
    """Bring an analyzer's findings up to the present moment.

    Args:
        analyzer: whose findings; they are changed in place.
        state: the lab's state.
        now: the lab's time.
    """
    with state.lock:
        if analyzer.kind.unused:
            seen = unused_observations(analyzer, state, now)
        elif analyzer.kind.internal:
            seen = internal_observations(analyzer, state, now)
        else:
            seen = external_observations(analyzer, now)
        _follow(analyzer, state, now, seen)


def _follow(analyzer: Analyzer, state: LabState, now: datetime, seen: Iterable[Observation]) -> None:
    known: dict[Hashable, Finding] = {finding.seen.key: finding for finding in analyzer.findings.values()}
    present: set[Hashable] = set()
    for observation in seen:
        present.add(observation.key)
        finding = known.get(observation.key)
        if finding is None:
            name = str(uuid.UUID(int=state.random.getrandbits(128), version=4))
            finding = analyzer.findings[name] = Finding(name, observation, now, now, now)
            _archive(analyzer, finding)
            continue
        if finding.status is Status.RESOLVED:
            finding.status, finding.updated = Status.ACTIVE, now
            finding.seen = observation
            _archive(analyzer, finding)
        elif finding.seen != observation:
            finding.seen, finding.updated = observation, now
        finding.analyzed = now
    for finding in list(analyzer.findings.values()):
        if finding.seen.key in present:
            continue
        if finding.status is not Status.RESOLVED:
            finding.status, finding.updated, finding.analyzed = Status.RESOLVED, now, now
        elif now - finding.updated > KEPT:
            del analyzer.findings[finding.id]


def _archive(analyzer: Analyzer, finding: Finding) -> None:
    """Archive rules are asked when a finding becomes active."""
    if any(meets(finding, rule.filter) for rule in analyzer.rules.values()):
        finding.status = Status.ARCHIVED
