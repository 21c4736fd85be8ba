"""Every operation has an entry that names an action of the service reference, or stands here with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue import action_prefix, checks, exact_operations
from iamlab.policy.reference import reference

MakeCall = Callable[..., Call]

_SESSION = botocore.session.get_session()

# Operations newer than the copy of the reference that we carry: checked under their own name.
NOT_IN_REFERENCE = {
    "iam:AcquireRole": "role templates: the reference lists GetRoleTemplateVersion alone so far",
    "iam:UpdateDelegationRequest": "delegation requests: listed without an update so far",
    "dynamodb:CancelBulkOperation": "bulk operations are not listed yet",
    "dynamodb:DescribeBulkOperation": "bulk operations are not listed yet",
    "dynamodb:ListBulkOperations": "bulk operations are not listed yet",
    "dynamodb:StartBulkPutItems": "bulk operations are not listed yet",
}


def _operations(service: str) -> list[str]:
    return list(_SESSION.get_service_model(service).operation_names)


def _sample(shape: Any, name: str = "", depth: int = 0) -> Any:
    """Some value of a shape, every member filled."""
    kind = shape.type_name
    if kind == "structure":
        return {m: _sample(s, m, depth + 1) for m, s in shape.members.items()} if depth < 4 else {}
    if kind == "list":
        return [_sample(shape.member, name, depth + 1)]
    if kind == "map":
        return {"example": _sample(shape.value, name, depth + 1)}
    if kind == "string":
        return "arn:aws:iam::123456789012:role/example" if name.lower().endswith("rolearn") else "example"
    simple = {"boolean": True, "blob": b"x", "float": 1.0, "double": 1.0, "timestamp": "2026-11-23T00:00:00Z"}
    return simple.get(kind, 1)


@pytest.mark.parametrize("service", ["iam", "sts", "dynamodb", "dynamodbstreams", "s3", "kms"])
def test_every_operation_has_an_exact_entry(service: str) -> None:
    assert exact_operations(service) == frozenset(_operations(service))


@pytest.mark.parametrize("service", ["iam", "sts", "dynamodb", "dynamodbstreams", "s3", "kms", "ec2"])
def test_exact_entries_name_actions_that_exist_in_the_case_that_aws_uses(
    service: str, make_call: MakeCall
) -> None:
    unknown = set()
    model = _SESSION.get_service_model(service)
    for operation in sorted(exact_operations(service)):
        shape = model.operation_model(operation).input_shape
        for params in ({}, _sample(shape) if shape is not None else {}):
            for check in checks(make_call(service, operation, **params)):
                known = reference().action(check.action)
                if known is None or str(known) != check.action:
                    unknown.add(check.action)
    assert unknown == {a for a in NOT_IN_REFERENCE if a.startswith(f"{service}:")}


# AWS's denials name a path for these; everything else agrees with the reference.
_PATHS_IN_DENIALS = {"ListUsers", "ListGroups", "ListRoles", "ListPolicies", "ListInstanceProfiles"} | {
    "ListServerCertificates",
    "ListVirtualMFADevices",
}


@pytest.mark.parametrize("service", ["iam", "sts", "dynamodb", "dynamodbstreams", "s3", "kms", "ec2"])
def test_only_actions_without_resource_types_are_asked_as_wildcard_only(
    service: str, make_call: MakeCall
) -> None:
    model = _SESSION.get_service_model(service)
    differing = []
    for operation in sorted(exact_operations(service)):
        shape = model.operation_model(operation).input_shape
        for check in checks(make_call(service, operation, **(_sample(shape) if shape else {}))):
            known = reference().action(check.action)
            if known is None:
                continue
            if known.wildcard_only != check.wildcard_only and not check.dependent:
                differing.append((operation, check.action, check.resource))
            if check.wildcard_only and check.resource != "*":
                assert operation in _PATHS_IN_DENIALS
    assert differing == []


def test_every_service_of_boto3_has_a_prefix_that_the_reference_knows() -> None:
    unknown = {
        service
        for service in _SESSION.get_available_services()
        if reference().service(action_prefix(service)) is None
    }
    # Each of them is checked under its own name, which a policy can still allow.
    assert unknown == {"applicationcostprofiler", "connectparticipant", "iotthingsgraph"}


@pytest.mark.slow
@pytest.mark.parametrize("first", "abcdefghijklmnopqrstuvwxyz")
def test_no_operation_of_any_service_goes_unchecked(first: str, make_call: MakeCall) -> None:
    for service in _SESSION.get_available_services():
        if not service.startswith(first):
            continue
        model = _SESSION.get_service_model(service)
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            for params in ({}, _sample(shape) if shape is not None else {}):
                found = checks(make_call(service, operation, **params))
                assert found, (service, operation)
                for check in found:
                    prefix, _, name = check.action.partition(":")
                    assert all((prefix, name, check.resource, check.owner)), (service, operation, check)
