"""Services whose parameters don't name their resources plainly: aliases, partial names, defaults.

The general rule gets these parameters in place of the request's own. What is added is what the service itself
resolves before it authorises: a function's full ARN, a secret's ARN with its random suffix, the default bus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.services import ALIASES, DEFAULTS
from iamlab.cloud.moto_seam import operations, organizations, queries, resources

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

Prepared = Mapping[str, Any]


def _start(call: Call, service: str) -> str:
    return f"arn:{resources.partition_of(call.region)}:{service}:{call.region}:{call.account}"


def _by_table(call: Call) -> Prepared:
    """Parameters that have a default, and those that go by another name in ARNs."""
    params = dict(call.params)
    for (service, name), value in DEFAULTS.items():
        if service == call.service and not params.get(name) and _takes(call, name):
            params[name] = value
    for name, other in ALIASES.get(call.service, {}).items():
        if name in params:
            params[other] = params[name]
    return params


def _takes(call: Call, parameter: str) -> bool:
    """Whether the request could have said it: of a query that is named by its id, the work group is another matter."""
    shape = operations.operation_named(call.service, call.operation).input_shape
    return shape is not None and parameter in shape.members


def _athena(call: Call) -> Prepared:
    """A query belongs to the work group that it was made in.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
    """
    params = dict(_by_table(call))
    ids = [params.get(name) for name in ("QueryExecutionId", "NamedQueryId")]
    ids += [*params.get("QueryExecutionIds", ()), *params.get("NamedQueryIds", ())]
    groups = [queries.work_group(call.account, call.region, str(one)) for one in ids if one]
    if groups and None not in groups:
        params["WorkGroup"] = list(dict.fromkeys(groups))
    return params


def _rds(call: Call) -> Prepared:
    """`DBClusterIdentifier` names the `ClusterIdentifier` of ARNs, and so on."""
    plain = {name[2:]: value for name, value in call.params.items() if name.startswith("DB")}
    return {**call.params, **plain}


def _route53(call: Call) -> Prepared:
    """Ids may be written as paths, `/hostedzone/Z1`."""
    return {
        name: value.rsplit("/", 1)[-1] if isinstance(value, str) and name.endswith("Id") else value
        for name, value in call.params.items()
    }


def _ssm(call: Call) -> Prepared:
    """AWS's own documents have ARNs without an account; a path is asked for as if it were a parameter."""
    params = dict(_by_table(call))
    if call.operation == "GetParametersByPath":
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
        params["Name"] = params.pop("Path", "/")
    for name in ("DocumentName", "Name"):
        document = params.get(name)
        if (
            isinstance(document, str)
            and document.startswith(("AWS-", "Amazon"))
            and "Parameter" not in call.operation
        ):
            partition = resources.partition_of(call.region)
            params[name] = f"arn:{partition}:ssm:{call.region}::document/{document}"
    return params


# How the ids of organizations' entities start, and which variable of ARNs each is.
_ORGANIZATION_IDS = (
    ("r-", "RootId"),
    ("ou-", "OrganizationalUnitId"),
    ("p-", "PolicyId"),
    ("rp-", "ResourcePolicyId"),
    ("rt-", "ResponsibilityTransferId"),
    ("", "AccountId"),
)
_AWS_POLICIES = frozenset({"p-FullAWSAccess", "p-RCPFullAWSAccess"})
_ORGANIZATION_TARGETS = (
    "TargetId",
    "ParentId",
    "ChildId",
    "ResourceId",
    "SourceParentId",
    "DestinationParentId",
)


def _organizations(call: Call) -> Prepared:
    """A target, parent or child is a root, a unit or an account: its id tells which; ARNs name the organization.

    A policy's type is a condition key, and in small letters a part of its ARN. AWS's own policies are of no account.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
    """
    params = {name: value for name, value in call.params.items() if name != "Name"}
    for name in _ORGANIZATION_TARGETS:
        value = params.pop(name, None)
        if isinstance(value, str) and value:
            kind = next(kind for start, kind in _ORGANIZATION_IDS if value.startswith(start))
            params.setdefault(kind, value)
    place = organizations.organization(call.account)
    if place is not None:
        params["OrganizationId"] = place.id
    policy = str(params.get("PolicyId", ""))
    ours = f"{place.management}:policy/{place.id}" if place is not None else f"{call.account}:policy/o-*"
    params["PolicyOwner"] = "aws:policy" if policy in _AWS_POLICIES else ours
    known = organizations.policy_type(call.account, policy)
    about = known or params.get("PolicyType") or params.get("Type") or params.get("Filter")
    if isinstance(about, str):
        params["PolicyType"], params["PolicyKind"] = about, about.lower()
    return params


def _lambda(call: Call) -> Prepared:
    """A function is named by name, `account:function:name` or ARN, and its version apart or at the end.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
    """
    params = dict(call.params)
    named = params.get("FunctionName")
    if isinstance(named, str) and named:
        parts = named.split(":")
        if named.startswith("arn:"):
            arn = named
        elif len(parts) >= 3 and parts[1] == "function":
            arn = f"arn:{resources.partition_of(call.region)}:lambda:{call.region}:{named}"
        else:
            arn = f"{_start(call, 'lambda')}:function:{named}"
        qualifier = params.get("Qualifier")
        if qualifier and arn.count(":") == 6:
            arn = f"{arn}:{qualifier}"
        params["FunctionName"] = params["FunctionArn"] = arn
    elif "Resource" in params:  # the tag operations
        params["ResourceArn"] = params["Resource"]
    return params


def _secret(call: Call) -> Prepared:
    """A secret's ARN ends in six random characters that its name doesn't tell."""
    params = dict(call.params)
    for name in ("SecretId", "Name"):
        if isinstance(params.get(name), str):
            found = resources.secret(call.account, call.region, params[name])
            if found is not None:
                params[name] = str(found.arn)
    if isinstance(params.get("SecretIdList"), list):
        known = (resources.secret(call.account, call.region, str(id_)) for id_ in params["SecretIdList"])
        params["SecretId"] = [str(found.arn) for found in known if found is not None]
    return params


def _events(call: Call) -> Prepared:
    """PutEvents names a bus an entry; rules belong to a bus that may go unsaid."""
    params = dict(call.params)
    entries = params.get("Entries")
    if call.operation == "PutEvents":
        buses = [str(e.get("EventBusName") or "default") for e in entries or [{}]]
        params["EventBusName"] = list(dict.fromkeys(buses))
    elif params.get("EventBusName") == "default" and ("Rule" in params or "Rule" in call.operation):
        del params["EventBusName"]  # rules on the default bus have ARNs without it
    return params


def _sns(call: Call) -> Prepared:
    """A subscription's ARN is its topic's and an id; the topic is what is authorised."""
    params = dict(call.params)
    subscription = params.get("SubscriptionArn")
    if isinstance(subscription, str) and subscription.count(":") == 6:
        params["TopicArn"] = subscription.rsplit(":", 1)[0]
        del params["SubscriptionArn"]
    return params


PREPARE: Mapping[str, Callable[[Call], Prepared]] = {
    **{service: _by_table for service, _ in DEFAULTS},
    **dict.fromkeys(ALIASES, _by_table),
    "athena": _athena,
    "events": _events,
    "lambda": _lambda,
    "organizations": _organizations,
    "rds": _rds,
    "route53": _route53,
    "secretsmanager": _secret,
    "sns": _sns,
    "ssm": _ssm,
}
