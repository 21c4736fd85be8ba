"""A call that names several resources, or one in several ways, needs the permission for each that it could reach.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

MakeUser = Callable[..., boto3.Session]
R = "us-east-1:123456789012"

# service, operation, a second name for something else than `mine`, resources that the caller may use
CALLS: list[tuple[str, str, dict[str, Any], list[str]]] = [
    (
        "kinesis",
        "delete_stream",
        {"StreamName": "mine", "StreamARN": f"arn:aws:kinesis:{R}:stream/theirs"},
        [],
    ),
    (
        "kinesis",
        "delete_stream",
        {"StreamARN": f"arn:aws:kinesis:{R}:stream/mine", "StreamName": "theirs"},
        [],
    ),
    (
        "logs",
        "start_query",
        {
            "logGroupName": "mine",
            "logGroupNames": ["theirs"],
            "startTime": 0,
            "endTime": 1,
            "queryString": "x",
        },
        [],
    ),
    (
        "logs",
        "start_query",
        {"logGroupNames": ["mine", "theirs"], "startTime": 0, "endTime": 1, "queryString": "fields x"},
        [],
    ),
    (
        "dsql",
        "update_cluster",
        {"identifier": "theirs1234567890", "multiRegionProperties": {"clusters": ["mine"]}},
        [],
    ),
    (
        "dsql",
        "update_cluster",
        {
            "identifier": "theirs1234567890",
            "multiRegionProperties": {"clusters": [f"arn:aws:dsql:{R}:cluster/mine"]},
        },
        [],
    ),
    # a default is not for calls that can't say otherwise
    (
        "scheduler",
        "delete_schedule_group",
        {"Name": "theirs"},
        [f"arn:aws:scheduler:{R}:schedule-group/default"],
    ),
    (
        "scheduler",
        "create_schedule_group",
        {"Name": "theirs"},
        [f"arn:aws:scheduler:{R}:schedule-group/default"],
    ),
    ("athena", "create_work_group", {"Name": "theirs"}, [f"arn:aws:athena:{R}:workgroup/primary"]),
]


@pytest.mark.parametrize(
    ("service", "operation", "params", "resources"),
    CALLS,
    ids=[f"{operation}-{number}" for number, (_, operation, _, _) in enumerate(CALLS)],
)
def test_the_other_name_is_asked_for_too(
    lab: Lab,
    make_user: MakeUser,
    service: str,
    operation: str,
    params: dict[str, Any],
    resources: list[str],
) -> None:
    mine = [f"arn:aws:{service}:{R}:*mine*", *resources]
    ana = make_user("ana", {"Effect": "Allow", "Action": f"{service}:*", "Resource": mine})
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized to perform"):
        getattr(ana.client(service), operation)(**params)


def test_a_query_belongs_to_the_work_group_that_it_was_made_in(lab: Lab, make_user: MakeUser) -> None:
    admin = boto3.client("athena")
    for name in ("mine", "theirs"):
        admin.create_work_group(Name=name)
    queries = {
        name: admin.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=name)[
            "NamedQueryId"
        ]
        for name in ("mine", "theirs", "primary")
    }
    groups = [f"arn:aws:athena:{R}:workgroup/{name}" for name in ("mine", "primary")]
    ana = make_user("ana", {"Effect": "Allow", "Action": "athena:*", "Resource": groups}).client("athena")
    assert ana.get_named_query(NamedQueryId=queries["mine"])["NamedQuery"]["WorkGroup"] == "mine"
    assert ana.get_named_query(NamedQueryId=queries["primary"])["NamedQuery"]["WorkGroup"] == "primary"
    with pytest.raises(ClientError, match="AccessDenied"):
        ana.get_named_query(NamedQueryId=queries["theirs"])
    ran = admin.start_query_execution(QueryString="SELECT 1", WorkGroup="theirs")["QueryExecutionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        ana.get_query_execution(QueryExecutionId=ran)
