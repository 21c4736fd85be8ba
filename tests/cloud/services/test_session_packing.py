"""`PackedPolicySize` is what AWS was seen to answer for policies and tags of these forms.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_ResponseElements
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamlab.cloud.services.session_packing import packed_percent


def policy(*statements: tuple[Any, Any]) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements
            ],
        }
    )


# https://docs.aws.amazon.com/cli/latest/reference/sts/get-federation-token.html (Examples)
MONITOR = policy(
    ("ec2:Describe*", "*"),
    ("elasticloadbalancing:Describe*", "*"),
    (["cloudwatch:ListMetrics", "cloudwatch:GetMetricStatistics", "cloudwatch:Describe*"], "*"),
    ("autoscaling:Describe*", "*"),
)
READ_S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
UPLOAD = (
    "arn:aws:s3:::example-training-photos-production/incoming-picture/"
    "300d4429-93cf-4374-a785-56cf2f520c4f/00003-1444181492.png"
)
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
POD = {
    "eks-cluster-arn": "arn:aws:eks:us-west-2:123456789012:cluster/exampleshop-eksctl",
    "eks-cluster-name": "exampleshop-eksctl",
    "kubernetes-namespace": "ns-a",
    "kubernetes-service-account": "sa1",
    "kubernetes-pod-name": "app1",
    "kubernetes-pod-uid": "0cda7f85-c1f9-4dee-b6e9-a0b50c8f3012",
}
JOB = {
    "actor": "mona-lisa42",
    "ref": "refs/heads/main",
    "run_id": "6634485805",
    "event": "workflow_dispatch",
    "repository": "octo12/oidc-token-fetcher",
    "sha": "65e4b17a18e0f86c7b608703ec4a8340c3461d01",
}

SEEN: list[tuple[str, str | None, list[str], dict[str, str], int]] = [
    ("everything", policy(("*", "*")), [], {}, 4),
    ("one action", policy((["ec2:DescribeVpcEndpoints"], ["*"])), [], {}, 9),
    ("one object", policy((["s3:PutObject"], [UPLOAD])), [], {}, 35),
    ("a managed policy beside", MONITOR, [READ_S3], {}, 36),
    ("two short tags", None, [], {"c": "c", "b": "c"}, 2),
    ("three short tags", None, [], {"b": "b", "c": "b", "d": "b"}, 3),
    ("tags of a job", None, [], JOB, 43),
    ("tags of a pod", None, [], POD, 56),
]


@pytest.mark.parametrize(("case", "text", "arns", "tags", "percent"), SEEN, ids=[row[0] for row in SEEN])
def test_policies_and_tags_take_up_what_they_do_in_aws(
    case: str, text: str | None, arns: list[str], tags: dict[str, str], percent: int
) -> None:
    assert packed_percent(text, arns, tags) == percent


def test_a_statements_id_takes_up_nothing_and_its_condition_something() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    condition = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-south-2"]}}
    plain, named, narrow = (
        packed_percent(json.dumps({"Version": "2012-10-17", "Statement": statement | more}), [], {})
        for more in ({}, {"Sid": "Read"}, {"Condition": condition})
    )
    assert plain == named < narrow
