"""Archive rules: criteria by which new findings of an analyzer are archived at once.

A rule says nothing of findings that are there already, unless it is applied to them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-archive-rules.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.services import operation
from iamlab.cloud.services.analyzer_answers import conflict, not_found, page, quota_exceeded
from iamlab.cloud.services.analyzer_filters import Filter, checked, meets
from iamlab.cloud.services.analyzer_observing import observe
from iamlab.cloud.services.analyzer_store import (
    Analyzer,
    ArchiveRule,
    Status,
    analyzer_asked_for,
    analyzer_named,
)
from iamlab.cloud.state import LabState

RULES = 100
"""How many archive rules an analyzer may have."""


def made_rule(name: str, criteria: Filter, now: datetime) -> ArchiveRule:
    """A new rule.

    Raises:
        AwsError: its criteria can't be asked.
    """
    return ArchiveRule(name, checked(criteria, rule=True), now, now)


@operation("accessanalyzer", "CreateArchiveRule")
def create_archive_rule(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateArchiveRule.html"""
    name = call.params["ruleName"]
    with state.lock:
        rules = _analyzer(call, state).rules
        if name in rules:
            raise conflict("ArchiveRule", name)
        if len(rules) >= RULES:
            raise quota_exceeded("ArchiveRule", name, f"archive rules per analyzer ({RULES})")
        rules[name] = made_rule(name, call.params["filter"], call.now)
    return {}


@operation("accessanalyzer", "GetArchiveRule")
def get_archive_rule(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetArchiveRule.html"""
    return {"archiveRule": _shown(_rule(_analyzer(call, state), call.params["ruleName"]))}


@operation("accessanalyzer", "ListArchiveRules")
def list_archive_rules(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListArchiveRules.html"""
    shown, more = page(call, list(_analyzer(call, state).rules.values()))
    return {"archiveRules": [_shown(rule) for rule in shown], **more}


@operation("accessanalyzer", "UpdateArchiveRule")
def update_archive_rule(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UpdateArchiveRule.html"""
    with state.lock:
        rule = _rule(_analyzer(call, state), call.params["ruleName"])
        rule.filter = checked(call.params["filter"], rule=True)
        rule.updated = call.now
    return {}


@operation("accessanalyzer", "DeleteArchiveRule")
def delete_archive_rule(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_DeleteArchiveRule.html"""
    with state.lock:
        analyzer = _analyzer(call, state)
        del analyzer.rules[_rule(analyzer, call.params["ruleName"]).name]
    return {}


@operation("accessanalyzer", "ApplyArchiveRule")
def apply_archive_rule(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ApplyArchiveRule.html"""
    with state.lock:
        analyzer = analyzer_asked_for(call, state)
        rule = _rule(analyzer, call.params["ruleName"])
        observe(analyzer, state, call.now)
        for finding in analyzer.findings.values():
            if finding.status is Status.ACTIVE and meets(finding, rule.filter):
                finding.status, finding.updated = Status.ARCHIVED, call.now
    return {}


def _analyzer(call: Call, state: LabState) -> Analyzer:
    return analyzer_named(state, call.account, call.region, call.params["analyzerName"])


def _rule(analyzer: Analyzer, name: str) -> ArchiveRule:
    found = analyzer.rules.get(name)
    if found is None:
        raise not_found("ArchiveRule", name)
    return found


def _shown(rule: ArchiveRule) -> dict[str, Any]:
    return {
        "ruleName": rule.name,
        "filter": rule.filter,
        "createdAt": rule.created,
        "updatedAt": rule.updated,
    }
