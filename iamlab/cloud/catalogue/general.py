"""The rule for all operations without an exact entry.

The operation's name is the action's name, save for a table of exceptions (:mod:`.services`); its resources are
those that the service reference lists for the action, named by the request's parameters (:mod:`.arns`);
condition keys are filled from parameters of the same name, from tags passed, and from the tags of the
resource. Passing a role to a service needs `iam:PassRole` besides.

An action that the reference doesn't know is asked on `*`: a policy has to allow just that.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.arns import Filled, Template, flatten, normal, resolve, template
from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.parameters import PREPARE
from iamlab.cloud.catalogue.pass_role import pass_role
from iamlab.cloud.catalogue.services import (
    ACTIONS,
    HTTP_VERBS,
    ID_STARTS,
    NO_GENERIC_NAMES,
    OWNERS,
    PASSED_TO,
    PREFIXES,
    TEMPLATES,
)
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tag_keys, tags_in
from iamlab.cloud.moto_seam import identities, resources
from iamlab.cloud.resource_policies import owner_of, policy_of
from iamlab.policy.reference import AccessLevel, Action, Service, reference

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/\S+")
_ACCOUNT = re.compile(r"\d{12}")
_TAGS = ("tags", "taglist", "tagslist", "tagset", "newtags", "tagstoadd")
_TAG_KEYS = ("tagkeys", "tagkeylist", "tagstoremove")
_ANY_ARN = ("resourcearn", "arn", "targetarn", "resourcename", "resourceid", "resource", "sourcearn")
_ROLE_PARAMETERS = ("Role", "role", "ServiceRole", "serviceRole", "IamRole", "JobFlowRole")
# Parameters that take a role's ARN and don't say so in their name.
_ROLES_TOO = frozenset({"callerarn", "deliverlogspermissionarn", "keycachesecretiamarn", "snscallerarn"})
# Services that are told about roles and are handed none.
_TOLD = frozenset({"securityhub"})
# https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
_PASSED_IN = {("ec2", "CreateFlowLogs"): "vpc-flow-logs.amazonaws.com"}
_DEPTH = 12


def checks(call: Call) -> tuple[Check, ...]:
    """What a call needs by the general rule; at least one check."""
    prefix = PREFIXES.get(call.service, call.service)
    service = reference().service(prefix)
    names = ACTIONS.get((call.service, call.operation), (call.operation,))
    params = flatten(PREPARE[call.service](call) if call.service in PREPARE else call.params)
    tags = _request_context(params)
    found: list[Check] = []
    writes = True
    for name in names:
        action = service.action(name) if service is not None else None
        if action is None or service is None:
            found.append(_unknown(call, prefix, name, tags))
            continue
        writes = action.level not in (AccessLevel.READ, AccessLevel.LIST)
        found.extend(_known(call, service, action, params, tags))
    if writes:
        found.extend(_passed_roles(call, prefix, found[0].resource))
    return tuple(found)


def _unknown(call: Call, prefix: str, name: str, tags: Context) -> Check:
    if call.service in HTTP_VERBS:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
        arn = f"arn:{resources.partition_of(call.region)}:apigateway:{call.region}::{call.request.path}"
        return Check(f"apigateway:{call.request.method}", arn, call.account, tags)
    return Check(f"{prefix}:{name}", "*", call.account, tags)


def _known(
    call: Call, service: Service, action: Action, params: Mapping[str, Any], tags: Context
) -> Iterator[Check]:
    context = {**tags, **_own_keys(service, action, params)}
    if action.wildcard_only:
        yield Check(str(action), "*", call.account, context, wildcard_only=True)
        return
    own_tags = ("aws", service.prefix) if _has_own_tag_key(service.prefix) else ("aws",)
    for arn in _arns(call, service, action, params):
        existing = resources.resource_tags(arn)
        yield Check(
            str(action),
            arn,
            owner_of(arn, call.account),
            {**context, **resource_tags(existing, *own_tags)} if existing else context,
            resource_policy=policy_of(arn),
        )


def _arns(call: Call, service: Service, action: Action, params: Mapping[str, Any]) -> list[str]:
    """The resources to ask for: all required types, and those optional ones that the request names."""
    places = {
        "Partition": resources.partition_of(call.region),
        "Region": call.region,
        "Account": _owner(call),
    }
    required: list[Filled] = []
    optional: list[Filled] = []
    kinds = _templates(service.prefix, action.name)
    alone = len(kinds) == 1 or not any(must for _, must in kinds)
    for shape, must in kinds:
        about_it = alone or normal(shape.kind) in call.operation.lower()
        about_it = about_it and service.prefix not in NO_GENERIC_NAMES
        filled = resolve(shape, params, places, generic=about_it)
        start = ID_STARTS.get((service.prefix, shape.kind))
        if start and filled.used:
            arns = tuple(arn for arn in filled.arns if arn.rpartition("/")[2].startswith(start))
            filled = replace(filled, arns=arns)
        (required if must else optional).append(filled)
    if any(filled.by_arn for filled in required):
        # `ResourceArn` names one of several types: the others are not meant
        required = [filled for filled in required if filled.used]
    found = [arn for filled in (*required, *_meant(optional)) for arn in filled.arns]
    if not found:
        given = (params.get(name) for name in _ANY_ARN)
        found = [value for value in given if isinstance(value, str) and value.startswith("arn:")][:1]
    return list(dict.fromkeys(found)) or ["*"]


def _owner(call: Call) -> str:
    """The account whose resource a call means, where a parameter can say so."""
    named = call.params.get(OWNERS.get(call.service, ""))
    return named if isinstance(named, str) and _ACCOUNT.fullmatch(named) else call.account


def _meant(optional: list[Filled]) -> list[Filled]:
    """Of the optional types, those that the request names: fully if any is, and the most exactly.

    An EventBridge rule is of one type on the default bus and of another on a bus that is named; the name of the
    rule fits both.
    """
    named = [filled for filled in optional if filled.used]
    if any(filled.complete for filled in named):
        named = [filled for filled in named if filled.complete]
    return [filled for filled in named if not any(filled.used < other.used for other in named)]


@lru_cache(maxsize=2048)
def _templates(prefix: str, name: str) -> tuple[tuple[Template, bool], ...]:
    service = reference().service(prefix)
    action = service.action(name) if service is not None else None
    if service is None or action is None:
        return ()
    types = service.resource_types
    return tuple(
        (template(used.name, TEMPLATES.get((prefix, used.name), types[used.name].arn)), used.required)
        for used in action.resources
        if used.name in types and types[used.name].arn
    )


@lru_cache(maxsize=512)
def _has_own_tag_key(prefix: str) -> bool:
    service = reference().service(prefix)
    start = f"{prefix}:resourcetag/"
    return service is not None and any(key.startswith(start) for key in service.condition_keys)


def _own_keys(service: Service, action: Action, params: Mapping[str, Any]) -> Context:
    """The service's own condition keys whose name is a parameter's name: `sns:Protocol`, `kms:KeySpec` …"""
    context: Context = {}
    for key in action.condition_keys:
        prefix, _, name = key.partition(":")
        if prefix != service.prefix or "$" in name or "<" in name:
            continue
        value = params.get(normal(name))
        if value is None or isinstance(value, Mapping):
            continue
        declared = service.condition_keys.get(key.lower())
        if declared is not None and declared.multivalued:
            context[key] = [str(item) for item in value] if isinstance(value, list) else [str(value)]
        elif isinstance(value, str | bool | int | float):
            context[key] = value
    return context


def _request_context(params: Mapping[str, Any]) -> Context:
    """Tags that the request passes or takes away."""
    for name in _TAGS:
        tags = tags_in(params.get(name))
        if tags:
            return request_tags(tags)
    for name in _TAG_KEYS:
        keys = params.get(name)
        if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
            return tag_keys(keys)
    return {}


# ---------------------------------------------------------------- passed roles


def passed_to(prefix: str) -> str:
    """The service that a role is passed to, as `iam:PassedToService` names it."""
    return PASSED_TO.get(prefix, f"{prefix}.amazonaws.com")


def _passed_roles(call: Call, prefix: str, associated: str) -> Iterator[Check]:
    """One `iam:PassRole` for each role that the request hands over.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    target = associated if associated.startswith("arn:") and "*" not in associated else None
    if call.service in _TOLD:
        return
    to = _PASSED_IN.get((call.service, call.operation)) or passed_to(prefix)
    for arn in dict.fromkeys((*roles_in(call.params), *_roles_by_name(call))):
        yield pass_role(call, arn, to, target)
    profile = call.params.get("IamInstanceProfile")
    for arn in instance_profile_roles(call, profile) if profile else ():
        yield pass_role(call, arn, "ec2.amazonaws.com")


def roles_in(value: Any, name: str = "", depth: int = 0) -> Iterator[str]:
    """Role ARNs in parameters whose name speaks of a role."""
    if isinstance(value, str):
        if ("role" in name or name in _ROLES_TOO) and _ROLE_ARN.fullmatch(value):
            yield value
    elif depth < _DEPTH and isinstance(value, Mapping):
        for key, inner in value.items():
            yield from roles_in(inner, str(key).lower(), depth + 1)
    elif depth < _DEPTH and isinstance(value, list):
        for inner in value:
            yield from roles_in(inner, name, depth + 1)


def _roles_by_name(call: Call) -> Iterator[str]:
    """Some services (Glue, CodeBuild) take a role's name where they take its ARN."""
    for name in _ROLE_PARAMETERS:
        value = call.params.get(name)
        if isinstance(value, str) and value and not value.startswith("arn:"):
            found = identities.role_by_name(call.account, value.rsplit("/", 1)[-1])
            if found is not None:
                yield str(found.arn)


def instance_profile_roles(call: Call, profile: Any) -> list[str]:
    """The roles inside an instance profile named by name, ARN, or EC2's `{Name | Arn}`."""
    if isinstance(profile, Mapping):
        profile = profile.get("Arn") or profile.get("Name")
    name = str(profile or "").rsplit("/", 1)[-1]
    found = resources.iam_instance_profile(call.account, resources.partition_of(call.region), name)
    return [str(role.arn) for role in found.roles] if found is not None else []
