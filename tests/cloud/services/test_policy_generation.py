"""Policies generated from a trail.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetGeneratedPolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

OWN = "123456789012"
ANA = f"arn:aws:iam::{OWN}:user/ana"
READER = f"arn:aws:iam::{OWN}:role/Reader"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{OWN}:trail/all"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def trust(service: str) -> str:
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


ACCESS = (
    allow(
        "cloudtrail:GetTrail", "iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"
    ),
    allow("s3:GetObject", "s3:ListBucket"),
)


@pytest.fixture
def client(lab: Lab) -> Any:
    """Access Analyzer, in an account with a trail and a role for reading it."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="logs-of-all")
    delivery = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    bucket = "arn:aws:s3:::logs-of-all"
    policy = document(
        delivery | {"Action": "s3:GetBucketAcl", "Resource": bucket},
        delivery
        | {
            "Action": "s3:PutObject",
            "Resource": f"{bucket}/AWSLogs/{OWN}/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    )
    s3.put_bucket_policy(Bucket="logs-of-all", Policy=policy)
    trails = boto3.client("cloudtrail")
    trails.create_trail(Name="all", S3BucketName="logs-of-all", IsMultiRegionTrail=True)
    trails.start_logging(Name="all")
    iam = boto3.client("iam")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust("access-analyzer.amazonaws.com"))
    iam.put_role_policy(RoleName="Reader", PolicyName="reads", PolicyDocument=document(*ACCESS))
    return boto3.client("accessanalyzer")


@pytest.fixture
def ana(client: Any, make_user: Any) -> boto3.Session:
    """A user who may do everything and has done a little."""
    session: boto3.Session = make_user("ana", allow("*"))
    session.client("s3").create_bucket(Bucket="of-ana")
    session.client("s3").list_buckets()
    session.client("sqs", region_name="eu-west-1").list_queues()
    with pytest.raises(ClientError):
        session.client("iam").get_user(UserName="nobody")
    return session


@pytest.fixture
def start(client: Any, lab: Lab) -> Callable[..., str]:
    """`start(access_role=…, **settings of the trail)`: a job's id."""

    def ask(
        who: str = ANA, role: str = READER, *, trail: str = TRAIL, since: float = 1, **settings: Any
    ) -> str:
        settings = settings or {"allRegions": True}
        job = client.start_policy_generation(
            policyGenerationDetails={"principalArn": who},
            cloudTrailDetails={
                "trails": [{"cloudTrailArn": trail, **settings}],
                "accessRole": role,
                "startTime": lab.clock.now() - timedelta(days=since),
            },
        )
        return str(job["jobId"])

    return ask


def statements(policy: dict[str, str]) -> list[tuple[list[str], Any]]:
    found = json.loads(policy["policy"])["Statement"]
    assert all(statement["Effect"] == "Allow" for statement in found)
    return [(statement["Action"], statement["Resource"]) for statement in found]


def test_the_policy_allows_what_was_done(client: Any, ana: Any, start: Any, lab: Lab) -> None:
    job = start()
    found = client.get_generated_policy(jobId=job)
    assert {name: found["jobDetails"][name] for name in ("jobId", "status")} == {
        "jobId": job,
        "status": "SUCCEEDED",
    }
    assert found["jobDetails"]["startedOn"] <= found["jobDetails"]["completedOn"] <= lab.clock.now()
    result = found["generatedPolicyResult"]
    properties = result["properties"]
    trail = properties.pop("cloudTrailProperties")
    assert properties == {"isComplete": True, "principalArn": ANA}
    assert trail["trailProperties"] == [{"cloudTrailArn": TRAIL, "allRegions": True}]
    (policy,) = result["generatedPolicies"]
    assert statements(policy) == [
        (["s3:CreateBucket", "s3:ListAllMyBuckets"], "*"),
        (["sqs:ListQueues"], "*"),
    ]


def test_resources_can_be_placeholders(client: Any, ana: Any, start: Any) -> None:
    found = client.get_generated_policy(jobId=start(), includeResourcePlaceholders=True)
    (policy,) = found["generatedPolicyResult"]["generatedPolicies"]
    assert statements(policy)[:2] == [
        (["s3:CreateBucket"], "arn:aws:s3:::${BucketName}"),
        (["s3:ListAllMyBuckets"], "*"),
    ]


def test_calls_on_data_show_up_as_their_service_alone(client: Any, ana: Any, start: Any) -> None:
    ana.client("s3").put_object(Bucket="of-ana", Key="x", Body=b"")
    found = client.get_generated_policy(jobId=start(), includeServiceLevelTemplate=True)[
        "generatedPolicyResult"
    ]
    assert found["properties"]["isComplete"] is False
    policy, template = found["generatedPolicies"]
    assert "s3:PutObject" not in policy["policy"]
    assert statements(template) == [(["s3:*", "sqs:*"], "*")]


def test_regions_and_time_limit_what_is_looked_at(client: Any, ana: Any, start: Any, lab: Lab) -> None:
    def policies(**settings: Any) -> list[Any]:
        found = client.get_generated_policy(jobId=start(**settings))
        return [statements(policy) for policy in found["generatedPolicyResult"]["generatedPolicies"]]

    assert policies(regions=["eu-west-1"]) == [[(["sqs:ListQueues"], "*")]]
    lab.clock.advance(days=2)
    assert policies(since=1) == []
    assert len(policies(since=3)) == 1


def test_what_a_role_s_sessions_did_counts_for_the_role(client: Any, start: Any, lab: Lab) -> None:
    iam = boto3.client("iam")
    trusts = document({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName="Worker", AssumeRolePolicyDocument=trusts)["Role"]["Arn"]
    iam.put_role_policy(RoleName="Worker", PolicyName="works", PolicyDocument=document(allow("s3:*")))
    session = lab.session(boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="shift"))
    session.client("s3").list_buckets()
    (policy,) = client.get_generated_policy(jobId=start(arn))["generatedPolicyResult"]["generatedPolicies"]
    assert statements(policy) == [(["s3:ListAllMyBuckets"], "*")]


def test_jobs_are_listed_latest_first(client: Any, ana: Any, start: Any) -> None:
    jobs = [start(), start(READER), start()]
    listed = client.list_policy_generations()["policyGenerations"]
    assert [job["jobId"] for job in listed] == jobs[::-1]
    of_ana = client.list_policy_generations(principalArn=ANA)["policyGenerations"]
    assert [job["principalArn"] for job in of_ana] == [ANA, ANA]


def test_the_same_client_token_is_the_same_job(client: Any, ana: Any) -> None:
    ask = {"policyGenerationDetails": {"principalArn": ANA}, "clientToken": "one"}
    assert client.start_policy_generation(**ask) | {"ResponseMetadata": 0} == client.start_policy_generation(
        **ask
    ) | {"ResponseMetadata": 0}


FAILED: dict[str, tuple[Callable[[Any], Any], dict[str, Any], str, str]] = {
    # (what is changed before, the job's settings, code, what the message names)
    "a trail that there is not": (
        lambda iam: None,
        {"trail": TRAIL.replace("all", "none")},
        "RESOURCE_NOT_FOUND_ERROR",
        "trail/none",
    ),
    "a role that trusts another service": (
        lambda iam: iam.update_assume_role_policy(
            RoleName="Reader", PolicyDocument=trust("ec2.amazonaws.com")
        ),
        {},
        "AUTHORIZATION_ERROR",
        "sts:AssumeRole",
    ),
    "a role that is not there": (
        lambda iam: None,
        {"role": READER.replace("Reader", "Ghost")},
        "AUTHORIZATION_ERROR",
        "sts:AssumeRole",
    ),
    "a role that may not read the trail": (
        lambda iam: iam.put_role_policy(
            RoleName="Reader", PolicyName="reads", PolicyDocument=document(ACCESS[1])
        ),
        {},
        "AUTHORIZATION_ERROR",
        "cloudtrail:GetTrail",
    ),
    "a role that may not read the bucket": (
        lambda iam: iam.put_role_policy(
            RoleName="Reader", PolicyName="reads", PolicyDocument=document(ACCESS[0])
        ),
        {},
        "AUTHORIZATION_ERROR",
        "s3:ListBucket",
    ),
}


@pytest.mark.parametrize("case", FAILED)
def test_a_job_that_can_not_read_the_trail_fails(
    client: Any, ana: Any, start: Any, iam: Any, case: str
) -> None:
    change, settings, code, named = FAILED[case]
    change(iam)
    found = client.get_generated_policy(jobId=start(**settings))
    assert found["jobDetails"]["status"] == "FAILED"
    assert found["jobDetails"]["jobError"]["code"] == code
    assert named in found["jobDetails"]["jobError"]["message"]
    assert found["generatedPolicyResult"]["generatedPolicies"] == []


def test_logs_under_a_key_need_the_key(client: Any, ana: Any, start: Any, iam: Any) -> None:
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    logs = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
    }
    key = boto3.client("kms").create_key(Policy=document(root, logs))["KeyMetadata"]["Arn"]
    boto3.client("cloudtrail").update_trail(Name="all", KmsKeyId=key)
    error = client.get_generated_policy(jobId=start())["jobDetails"]["jobError"]
    assert (error["code"], "kms:Decrypt" in error["message"]) == ("AUTHORIZATION_ERROR", True)
    policy = document(*ACCESS, allow("kms:Decrypt", resource=key))
    iam.put_role_policy(RoleName="Reader", PolicyName="reads", PolicyDocument=policy)
    assert client.get_generated_policy(jobId=start())["jobDetails"]["status"] == "SUCCEEDED"


def test_a_day_has_fifty_jobs(client: Any, ana: Any, lab: Lab) -> None:
    ask = {"policyGenerationDetails": {"principalArn": ANA}}
    for _ in range(50):
        client.start_policy_generation(**ask)
    with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
        client.start_policy_generation(**ask)
    lab.clock.advance(days=1)
    assert client.start_policy_generation(**ask)["jobId"]


REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "a principal that there is not": lambda client, start: start(f"{ANA}a"),
    "a time range of more than 90 days": lambda client, start: start(since=91),
    "a time range that ends before it starts": lambda client, start: start(since=-1),
    "a job that there is not": lambda client, start: client.get_generated_policy(jobId="x"),
    "canceling what is done": lambda client, start: client.cancel_policy_generation(jobId=start()),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(client: Any, ana: Any, start: Any, case: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        REFUSED[case](client, start)


def test_the_access_role_has_to_be_passed(client: Any, ana: Any, make_user: Any, lab: Lab) -> None:
    details: Any = {
        "policyGenerationDetails": {"principalArn": ANA},
        "cloudTrailDetails": {
            "trails": [{"cloudTrailArn": TRAIL, "allRegions": True}],
            "accessRole": READER,
            "startTime": lab.clock.now() - timedelta(days=1),
        },
    }
    ben = make_user("ben", allow("access-analyzer:*")).client("accessanalyzer")
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {READER}"):
        ben.start_policy_generation(**details)
    passing = allow("iam:PassRole", resource=READER) | {
        "Condition": {"StringEquals": {"iam:PassedToService": "access-analyzer.amazonaws.com"}}
    }
    eve = make_user("eve", allow("access-analyzer:*"), passing).client("accessanalyzer")
    assert eve.start_policy_generation(**details)["jobId"]


def test_a_trail_that_does_not_log_tells_nothing(client: Any, make_user: Any, start: Any) -> None:
    boto3.client("cloudtrail").stop_logging(Name="all")
    make_user("ana", allow("*")).client("s3").list_buckets()
    found = client.get_generated_policy(jobId=start())["generatedPolicyResult"]
    assert found["properties"]["isComplete"] is False
    assert found["generatedPolicies"] == []
