"""Analyzers: made, shown, changed, deleted, tagged.

The first analyzer of an account brings the service-linked role along that Access Analyzer looks around with.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities, organizations
from iamlab.cloud.moto_seam.resources import partition_of
from iamlab.cloud.service_linked import service_linked_role
from iamlab.cloud.services import operation
from iamlab.cloud.services.analyzer_answers import (
    conflict,
    invalid,
    not_found,
    page,
    quota_exceeded,
    unsupported,
)
from iamlab.cloud.services.analyzer_internal import INTERNAL_TYPES
from iamlab.cloud.services.analyzer_rules import made_rule
from iamlab.cloud.services.analyzer_store import PRINCIPAL, Analyzer, Kind, analyzer_named, analyzers
from iamlab.cloud.services.iam_service_linked_roles import make_service_linked_role
from iamlab.cloud.state import LabState

_QUOTAS = {
    Kind.ACCOUNT: 1,
    Kind.ORGANIZATION: 5,
    Kind.ACCOUNT_UNUSED: 1,
    Kind.ORGANIZATION_UNUSED: 5,
    Kind.ACCOUNT_INTERNAL: 1,
    Kind.ORGANIZATION_INTERNAL: 1,
}
"""How many analyzers of each type an account may have in a Region."""
DEFAULT_AGE = 90
"""Days without use after which access counts as unused."""
_AGES = range(1, 366)
_TAGS = 50


@operation("accessanalyzer", "CreateAnalyzer")
def create_analyzer(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html"""
    params, name = call.params, call.params["analyzerName"]
    kind = Kind(params["type"])
    configuration = _configuration(kind, params.get("configuration"))
    tags = _tags(params.get("tags") or {})
    if kind.whole_organization:
        _may_look_at_organization(call.account)
    with state.lock:
        known = analyzers(state, call.account, call.region)
        token = params.get("clientToken")
        if name in known:
            if token is not None and known[name].token == token:
                return {"arn": known[name].arn}
            raise conflict("Analyzer", name)
        quota = _QUOTAS[kind]
        if sum(other.kind is kind for other in known.values()) >= quota:
            raise quota_exceeded("Analyzer", name, f"analyzers of type {kind} ({quota})")
        made = Analyzer(
            name=name,
            kind=kind,
            arn=f"arn:{partition_of(call.region)}:access-analyzer:{call.region}:{call.account}:analyzer/{name}",
            account=call.account,
            region=call.region,
            created=call.now,
            configuration=configuration,
            tags=tags,
            token=token,
        )
        for rule in params.get("archiveRules") or []:
            made.rules[rule["ruleName"]] = made_rule(rule["ruleName"], rule["filter"], call.now)
        _take_role(call.account)
        known[name] = made
    return {"arn": made.arn}


@operation("accessanalyzer", "CreateServiceLinkedAnalyzer")
def create_service_linked_analyzer(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateServiceLinkedAnalyzer.html

    Only AWS's services may.
    """
    raise AwsError(
        "AccessDeniedException", "Only AWS services can create and delete service-linked analyzers.", 403
    )


operation("accessanalyzer", "DeleteServiceLinkedAnalyzer")(create_service_linked_analyzer)


@operation("accessanalyzer", "GetAnalyzer")
def get_analyzer(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetAnalyzer.html"""
    return {
        "analyzer": _summary(analyzer_named(state, call.account, call.region, call.params["analyzerName"]))
    }


@operation("accessanalyzer", "ListAnalyzers")
def list_analyzers(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAnalyzers.html"""
    wanted = call.params.get("type")
    found = [
        analyzer
        for analyzer in list(analyzers(state, call.account, call.region).values())
        if wanted in (None, analyzer.kind)
    ]
    shown, more = page(call, found)
    return {"analyzers": [_summary(analyzer) for analyzer in shown], **more}


@operation("accessanalyzer", "UpdateAnalyzer")
def update_analyzer(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UpdateAnalyzer.html

    The rules of an analyzer for unused or internal access can be changed, a tracking period can't.
    """
    with state.lock:
        analyzer = analyzer_named(state, call.account, call.region, call.params["analyzerName"])
        if analyzer.kind.external:
            raise unsupported("UpdateAnalyzer is not supported for external access analyzers.")
        given = call.params.get("configuration")
        if given is not None:
            analyzer.configuration = _changed(analyzer, given)
    return {"configuration": analyzer.configuration}


@operation("accessanalyzer", "DeleteAnalyzer")
def delete_analyzer(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_DeleteAnalyzer.html

    Its findings go with it.
    """
    with state.lock:
        analyzer = analyzer_named(state, call.account, call.region, call.params["analyzerName"])
        del analyzers(state, call.account, call.region)[analyzer.name]
    return {}


# ------------------------------------------------------------------ tags
@operation("accessanalyzer", "ListTagsForResource")
def list_tags_for_resource(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListTagsForResource.html"""
    return {"tags": dict(_tagged(call, state).tags)}


@operation("accessanalyzer", "TagResource")
def tag_resource(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_TagResource.html"""
    with state.lock:
        analyzer = _tagged(call, state)
        analyzer.tags = _tags({**analyzer.tags, **call.params["tags"]})
    return {}


@operation("accessanalyzer", "UntagResource")
def untag_resource(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UntagResource.html"""
    with state.lock:
        analyzer = _tagged(call, state)
        for key in call.params["tagKeys"]:
            analyzer.tags.pop(key, None)
    return {}


def _tagged(call: Call, state: LabState) -> Analyzer:
    arn = call.params["resourceArn"]
    for analyzer in analyzers(state, call.account, call.region).values():
        if analyzer.arn == arn:
            return analyzer
    raise not_found("Analyzer", arn)


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:") or len(value) > 256:
            raise invalid(f"The tag {key} is invalid.", "tags")
    if len(tags) > _TAGS:
        raise invalid(f"A resource can have {_TAGS} tags at most.", "tags")
    return dict(tags)


# ------------------------------------------------------------------ what an analyzer is made of
def _configuration(kind: Kind, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if kind.external:
        if given:
            raise invalid("External access analyzers have no configuration.", "configuration")
        return None
    member = "unusedAccess" if kind.unused else "internalAccess"
    if given and member not in given:
        raise invalid(f"Analyzers of type {kind} are configured by {member}.", "configuration")
    inner = dict((given or {}).get(member) or {})
    if kind.unused:
        age = inner.setdefault("unusedAccessAge", DEFAULT_AGE)
        if age not in _AGES:
            raise invalid(f"unusedAccessAge must be between {_AGES[0]} and {_AGES[-1]}.", "configuration")
    rule = inner.get("analysisRule") or {}
    for criteria in [*(rule.get("exclusions") or ()), *(rule.get("inclusions") or ())]:
        if criteria.get("accountIds") and not kind.whole_organization:
            raise invalid("accountIds are for analyzers of an organization.", "configuration")
        if not INTERNAL_TYPES.issuperset(criteria.get("resourceTypes") or ()):
            raise invalid("One of the resourceTypes is not supported.", "configuration")
    return {member: inner}


def _changed(analyzer: Analyzer, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The configuration with new rules."""
    if not analyzer.kind.unused:
        return _configuration(analyzer.kind, given)
    assert analyzer.configuration is not None, "analyzers for unused access have a configuration"
    age = analyzer.configuration["unusedAccess"]["unusedAccessAge"]
    inner = {"unusedAccessAge": age, **(given.get("unusedAccess") or {})}
    changed = _configuration(analyzer.kind, {**given, "unusedAccess": inner})
    if inner["unusedAccessAge"] != age:
        raise invalid("The unusedAccessAge of an analyzer can't be changed.", "configuration")
    return changed


def _may_look_at_organization(account: str) -> None:
    """Only the management account, and whom it has put in charge, of an organisation that trusts the service.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-delegated-administrator.html
    """
    found = organizations.organization(account)
    if found is None:
        raise invalid("The account is not a member of an organization.", "type")
    if account != found.management and PRINCIPAL not in found.delegated.get(account, ()):
        raise invalid(
            "Only the management account or a delegated administrator can create an analyzer of this type.",
            "type",
        )
    if PRINCIPAL not in found.trusted:
        raise invalid(f"The organization has not enabled trusted access for {PRINCIPAL}.", "type")


def _take_role(account: str) -> None:
    role = service_linked_role(PRINCIPAL)
    assert role is not None, "the table of service-linked roles has Access Analyzer's"
    if not identities.is_taken(account, "role", role.name):
        make_service_linked_role(account, role)


def _summary(analyzer: Analyzer) -> dict[str, Any]:
    made: dict[str, Any] = {
        "arn": analyzer.arn,
        "name": analyzer.name,
        "type": str(analyzer.kind),
        "createdAt": analyzer.created,
        "tags": dict(analyzer.tags),
        "status": "ACTIVE",
    }
    if analyzer.last_analyzed is not None:
        made["lastResourceAnalyzed"], made["lastResourceAnalyzedAt"] = analyzer.last_analyzed
    if analyzer.configuration is not None:
        made["configuration"] = analyzer.configuration
    return made
