"""Trails: their names, limits and settings, and the files that they deliver.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT = "123456789012"
BUCKET = "audit-logs"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def statement(action: str, resource: str, **condition: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": SERVICE, "Action": action, "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


def policy(bucket: str = BUCKET, source: str = ARN, prefix: str = "") -> list[dict[str, Any]]:
    """The policy that CloudTrail's user guide gives."""
    return [
        statement("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", StringEquals={"aws:SourceArn": source}),
        statement(
            "s3:PutObject",
            f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{ACCOUNT}/*",
            StringEquals={"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": source},
        ),
    ]


def put_policy(*statements: dict[str, Any], bucket: str = BUCKET) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    boto3.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


@pytest.fixture
def trails(lab: Lab) -> Any:
    """CloudTrail, with a bucket that any trail of the account may write to."""
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    put_policy(
        statement("s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}"),
        statement("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"),
    )
    return boto3.client("cloudtrail")


@pytest.fixture
def logging(trails: Any) -> Any:
    trails.create_trail(Name="all", S3BucketName=BUCKET)
    trails.start_logging(Name="all")
    return trails


def files(bucket: str = BUCKET) -> dict[str, list[dict[str, Any]]]:
    """Key → records of each log file."""
    s3 = boto3.client("s3")
    found = {}
    for row in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=row["Key"])["Body"].read()
        found[row["Key"]] = json.loads(gzip.decompress(body))["Records"]
    return found


def delivered(lab: Lab) -> list[str]:
    """The names of all events in the bucket, after five minutes."""
    lab.clock.advance(minutes=5)
    return [record["eventName"] for records in files().values() for record in records]


# ------------------------------------------------------------------ settings
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ab", "too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."),
        ("a" * 129, "too long. Maximum allowed length: 128 characters. Specified name length: 129"),
        ("-all", "must starts with a letter or number."),
        ("all-", "must ends with a letter or number."),
        ("all events", "can only contain uppercase letters, lowercase letters, numbers"),
        ("my-_trail", "can not have adjacent"),
        ("192.168.5.4", "can not be in IP address format"),
    ],
)
def test_a_trails_name_keeps_to_the_rules(trails: Any, refusal: Any, name: str, words: str) -> None:
    code, status, message = refusal(trails.create_trail, Name=name, S3BucketName=BUCKET)
    assert (code, status) == ("InvalidTrailNameException", 400)
    assert words in message


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"S3BucketName": "nowhere"}, "S3BucketDoesNotExistException", "S3 bucket nowhere does not exist!"),
        (
            {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False},
            "InvalidParameterCombinationException",
            "Multi-Region trail must include global service events.",
        ),
        ({"S3KeyPrefix": "p" * 201}, "InvalidS3PrefixException", "longer than maximum length: 200"),
        ({"IsOrganizationTrail": True}, "UnsupportedOperationException", "whole organization"),
        ({"KmsKeyId": "alias/none"}, "KmsKeyNotFoundException", "alias/none"),
        ({"SnsTopicName": "none"}, "InsufficientSnsTopicPolicyException", "SNS Topic does not exist or"),
        (
            {"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"},
            "CloudWatchLogsDeliveryUnavailableException",
            "CloudWatch Logs",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_settings_that_cannot_be_are_refused(
    trails: Any, refusal: Any, params: dict[str, Any], code: str, words: str
) -> None:
    found, _, message = refusal(trails.create_trail, **{"Name": "all", "S3BucketName": BUCKET} | params)
    assert found == code
    assert words in message
    assert trails.list_trails()["Trails"] == []


WRONG = {
    "no policy": [],
    "no GetBucketAcl": policy()[1:],
    "no PutObject": policy()[:1],
    "another folder": [policy()[0], statement("s3:PutObject", f"arn:aws:s3:::{BUCKET}/logs/*")],
    "another account's folder": [
        policy()[0],
        statement("s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/999999999999/*"),
    ],
    "another ACL": [
        policy()[0],
        statement("s3:PutObject", "*", StringEquals={"s3:x-amz-acl": "private"})
        | {"Resource": f"arn:aws:s3:::{BUCKET}/*"},
    ],
    "another trail": policy(source=ARN + "2"),
    "another service": [one | {"Principal": {"Service": "config.amazonaws.com"}} for one in policy()],
    "denied": [*policy(), statement("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*") | {"Effect": "Deny"}],
}


@pytest.mark.parametrize("statements", WRONG.values(), ids=WRONG)
def test_the_buckets_policy_has_to_let_cloudtrail_write(
    lab: Lab, refusal: Any, statements: list[dict[str, Any]]
) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    if statements:
        put_policy(*statements)
    create = boto3.client("cloudtrail").create_trail
    assert refusal(create, Name="all", S3BucketName=BUCKET) == (
        "InsufficientS3BucketPolicyException",
        400,
        f"Incorrect S3 bucket policy is detected for bucket: {BUCKET}",
    )
    decision = lab.why()
    assert decision is not None
    assert not decision.allowed
    assert decision.request.caller == "cloudtrail.amazonaws.com"


def test_the_documented_policy_is_enough(lab: Lab) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    put_policy(*policy(prefix="audit/"))
    trails = boto3.client("cloudtrail")
    made = trails.create_trail(Name="all", S3BucketName=BUCKET, S3KeyPrefix="audit")
    trails.start_logging(Name="all")
    del made["ResponseMetadata"]
    assert made == {
        "Name": "all",
        "S3BucketName": BUCKET,
        "S3KeyPrefix": "audit",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": ARN,
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    }
    lab.clock.advance(minutes=5)
    (key,) = files()
    assert key.startswith(f"audit/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/01/05/")


def test_a_name_is_taken_once_and_a_region_takes_five(trails: Any, refusal: Any) -> None:
    for name in ("all", "two", "three", "four", "five"):
        trails.create_trail(Name=name, S3BucketName=BUCKET, IsMultiRegionTrail=name == "all")
    assert refusal(trails.create_trail, Name="all", S3BucketName=BUCKET) == (
        "TrailAlreadyExistsException",
        400,
        f"Trail all already exists for customer: {ACCOUNT}",
    )
    assert refusal(trails.create_trail, Name="six", S3BucketName=BUCKET) == (
        "MaximumNumberOfTrailsExceededException",
        400,
        f"User: {ACCOUNT} already has 5 trails in us-east-1.",
    )
    elsewhere = boto3.client("cloudtrail", region_name="eu-west-1")
    assert (
        refusal(elsewhere.create_trail, Name="all", S3BucketName=BUCKET)[0] == "TrailAlreadyExistsException"
    )
    elsewhere.create_trail(Name="six", S3BucketName=BUCKET)
    assert refusal(elsewhere.update_trail, Name="six", IsMultiRegionTrail=True)[2].endswith("us-east-1.")


def test_trails_of_all_regions_are_seen_everywhere_and_changed_at_home(trails: Any, refusal: Any) -> None:
    trails.create_trail(Name="all", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    trails.create_trail(Name="here", S3BucketName=BUCKET)
    elsewhere = boto3.client("cloudtrail", region_name="eu-west-1")
    (shadow,) = elsewhere.describe_trails()["trailList"]
    assert (shadow["TrailARN"], shadow["HomeRegion"]) == (ARN, "us-east-1")
    assert elsewhere.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert elsewhere.get_trail(Name=ARN)["Trail"]["Name"] == "all"
    assert len(elsewhere.list_trails()["Trails"]) == 2
    for name, code in (
        (ARN, "InvalidHomeRegionException"),
        ("all", "InvalidHomeRegionException"),
        ("here", "TrailNotFoundException"),
        (ARN.replace("/all", "/here"), "TrailNotFoundException"),
    ):
        assert refusal(elsewhere.start_logging, Name=name)[0] == code
    assert [row["Name"] for row in trails.describe_trails(trailNameList=["here", "x-1"])["trailList"]] == [
        "here"
    ]


@pytest.mark.parametrize(
    "operation", ["get_trail", "get_trail_status", "delete_trail", "start_logging", "stop_logging"]
)
def test_an_unknown_trail_is_said_to_be(trails: Any, refusal: Any, operation: str) -> None:
    assert refusal(getattr(trails, operation), Name="all") == (
        "TrailNotFoundException",
        400,
        f"Unknown trail: {ARN} for the user: {ACCOUNT}",
    )
    assert refusal(getattr(trails, operation), Name="arn:aws:s3:::x")[0] == "CloudTrailARNInvalidException"


def test_update_checks_what_it_changes(logging: Any, refusal: Any) -> None:
    boto3.client("s3").create_bucket(Bucket="closed-bucket")
    code, *_ = refusal(logging.update_trail, Name="all", S3BucketName="closed-bucket")
    assert code == "InsufficientS3BucketPolicyException"
    assert logging.get_trail(Name="all")["Trail"]["S3BucketName"] == BUCKET
    assert logging.update_trail(Name=ARN, EnableLogFileValidation=True)["LogFileValidationEnabled"]
    assert logging.get_trail_status(Name="all")["IsLogging"]


def test_tags_come_and_go(trails: Any, refusal: Any) -> None:
    trails.create_trail(Name="all", S3BucketName=BUCKET, TagsList=[{"Key": "team", "Value": "audit"}])
    trails.add_tags(ResourceId=ARN, TagsList=[{"Key": "stage", "Value": "live"}])
    trails.remove_tags(ResourceId=ARN, TagsList=[{"Key": "team"}])
    (row,) = trails.list_tags(ResourceIdList=[ARN])["ResourceTagList"]
    assert row == {"ResourceId": ARN, "TagsList": [{"Key": "stage", "Value": "live"}]}
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    assert refusal(trails.add_tags, ResourceId=ARN, TagsList=many)[0] == "TagsLimitExceededException"
    assert refusal(trails.list_tags, ResourceIdList=[ARN + "x"])[0] == "ResourceNotFoundException"


# ------------------------------------------------------------------ delivery
def test_a_trail_writes_what_happened_to_its_bucket(lab: Lab, logging: Any) -> None:
    boto3.client("iam").create_login_profile(
        UserName=boto3.client("iam").create_user(UserName="ana")["User"]["UserName"],
        Password="Correct-horse-7",
    )
    assert files() == {}
    lab.clock.advance(minutes=5)
    ((key, records),) = files().items()
    assert re.fullmatch(
        rf"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/01/05/"
        rf"{ACCOUNT}_CloudTrail_us-east-1_20260105T0905Z_[0-9A-Za-z]{{16}}\.json\.gz",
        key,
    )
    assert [record["eventName"] for record in records] == ["StartLogging", "CreateUser", "CreateLoginProfile"]
    assert records[1] == lab.trail.filter(name="CreateUser")[-1].record()
    assert records[2]["requestParameters"] == {"userName": "ana"}
    head = boto3.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["ContentEncoding"]) == ("application/json", "gzip")


def test_files_of_each_region_have_their_own_folder(lab: Lab, trails: Any) -> None:
    trails.create_trail(Name="all", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    trails.create_trail(Name="here", S3BucketName=BUCKET, S3KeyPrefix="here")
    for name in ("all", "here"):
        trails.start_logging(Name=name)
    boto3.client("sqs", region_name="eu-west-1").create_queue(QueueName="q")
    lab.clock.advance(minutes=5)
    folders = {key.partition("/CloudTrail/")[0] + key.split("/")[-5] for key in files()}
    assert folders == {
        f"AWSLogs/{ACCOUNT}us-east-1",
        f"AWSLogs/{ACCOUNT}eu-west-1",
        f"here/AWSLogs/{ACCOUNT}us-east-1",
    }


def test_events_before_the_start_and_after_the_stop_are_not_logged(lab: Lab, trails: Any) -> None:
    trails.create_trail(Name="all", S3BucketName=BUCKET)
    trails.start_logging(Name="all")
    trails.stop_logging(Name="all")
    boto3.client("iam").create_user(UserName="ana")
    status = trails.get_trail_status(Name="all")
    assert not status["IsLogging"]
    assert status["StopLoggingTime"] > status["StartLoggingTime"]
    assert delivered(lab) == ["StartLogging", "StopLogging"]


def test_a_deleted_trail_leaves_its_files(lab: Lab, logging: Any) -> None:
    logging.delete_trail(Name="all")
    assert lab.state.recorder is None
    assert [[record["eventName"] for record in records] for records in files().values()] == [["StartLogging"]]


def test_a_lab_without_trails_collects_nothing(lab: Lab) -> None:
    boto3.client("iam").create_user(UserName="ana")
    assert lab.state.recorder is None


ALL_S3 = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]

# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
BASIC: dict[str, tuple[dict[str, Any], set[str]]] = {
    "management alone": ({}, {"CreateUser", "GetUser"}),
    "reads": ({"ReadWriteType": "ReadOnly"}, {"GetUser"}),
    "writes": ({"ReadWriteType": "WriteOnly"}, {"CreateUser"}),
    "data events too": ({"DataResources": ALL_S3}, {"CreateUser", "GetUser", "PutObject", "GetObject"}),
    "data events alone": (
        {"IncludeManagementEvents": False, "DataResources": ALL_S3},
        {"PutObject", "GetObject"},
    ),
    "writes on objects": (
        {"IncludeManagementEvents": False, "DataResources": ALL_S3, "ReadWriteType": "WriteOnly"},
        {"PutObject"},
    ),
    "a bucket": (
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::shelf-a/"]}]},
        {"CreateUser", "GetUser", "PutObject", "GetObject"},
    ),
    "another bucket": (
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::shelf-b/"]}]},
        {"CreateUser", "GetUser"},
    ),
    "a prefix": (
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::shelf-a/pub"]}]},
        {"CreateUser", "GetUser", "PutObject", "GetObject"},
    ),
    "tables": (
        {"DataResources": [{"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}]},
        {"CreateUser", "GetUser"},
    ),
}


def some_calls() -> None:
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    iam.create_user(UserName="ana")
    iam.get_user(UserName="ana")
    s3.put_object(Bucket="shelf-a", Key="public/a.txt", Body=b"a")
    s3.get_object(Bucket="shelf-a", Key="public/a.txt")


@pytest.mark.parametrize(("selector", "expected"), BASIC.values(), ids=BASIC)
def test_event_selectors_choose(lab: Lab, logging: Any, selector: dict[str, Any], expected: set[str]) -> None:
    boto3.client("s3").create_bucket(Bucket="shelf-a")
    lab.clock.advance(minutes=5)
    logging.put_event_selectors(TrailName="all", EventSelectors=[selector])
    earlier = set(files())
    some_calls()
    lab.clock.advance(minutes=5)
    names = {
        record["eventName"]
        for key, records in files().items()
        if key not in earlier
        for record in records
        if (record.get("requestParameters") or {}).get("bucketName") != BUCKET
    }
    assert names - {"PutEventSelectors"} == expected


def fields(**equals: str | list[str]) -> list[dict[str, Any]]:
    return [
        {"Field": name.replace("__", "."), "Equals": [value] if isinstance(value, str) else value}
        for name, value in equals.items()
    ]


# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
ADVANCED: dict[str, tuple[list[dict[str, Any]], set[str]]] = {
    "management": (fields(eventCategory="Management"), {"CreateUser", "GetUser"}),
    "management writes": (fields(eventCategory="Management", readOnly="false"), {"CreateUser"}),
    "not of IAM": (
        [*fields(eventCategory="Management"), {"Field": "eventSource", "NotEquals": ["iam.amazonaws.com"]}],
        set(),
    ),
    "objects": (
        fields(eventCategory="Data", resources__type="AWS::S3::Object"),
        {"PutObject", "GetObject"},
    ),
    "objects of one folder, by name of the event": (
        [
            *fields(eventCategory="Data", resources__type="AWS::S3::Object"),
            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::shelf-a/public/"]},
            {"Field": "eventName", "NotStartsWith": ["Get"]},
        ],
        {"PutObject"},
    ),
    "other folders": (
        [
            *fields(eventCategory="Data", resources__type="AWS::S3::Object"),
            {
                "Field": "resources.ARN",
                "NotStartsWith": ["arn:aws:s3:::shelf-a/public/", "arn:aws:s3:::audit"],
            },
        ],
        set(),
    ),
}


@pytest.mark.parametrize(("selector", "expected"), ADVANCED.values(), ids=ADVANCED)
def test_advanced_selectors_compare_fields(
    lab: Lab, logging: Any, selector: list[dict[str, Any]], expected: set[str]
) -> None:
    boto3.client("s3").create_bucket(Bucket="shelf-a")
    kept = logging.put_event_selectors(
        TrailName="all", AdvancedEventSelectors=[{"Name": "some", "FieldSelectors": selector}]
    )
    assert "EventSelectors" not in kept
    assert logging.get_trail(Name="all")["Trail"]["HasCustomEventSelectors"]
    some_calls()
    lab.clock.advance(minutes=5)
    names = {
        record["eventName"]
        for records in files().values()
        for record in records
        if record["eventSource"] != "cloudtrail.amazonaws.com" and record["eventName"] != "CreateBucket"
    }
    assert names == expected


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "Specify a valid number of selectors"),
        ({"EventSelectors": [{}] * 6}, "Specify a valid number of selectors"),
        ({"EventSelectors": [{"ReadWriteType": "Some"}]}, "Some"),
        (
            {"EventSelectors": [{"DataResources": [{"Type": "AWS::SQS::Queue", "Values": []}]}]},
            "Value AWS::SQS::Queue for DataResources.Type is invalid.",
        ),
        *(
            (
                {"EventSelectors": [{"DataResources": [{"Type": kind, "Values": [value]}]}]},
                f"Value {value} for DataResources.Values is invalid.",
            )
            for kind, value in (
                ("AWS::S3::Object", "arn:aws:s3:::*"),
                ("AWS::S3::Object", "arn:aws:s3:::shelf"),
                ("AWS::Lambda::Function", "arn:aws:lambda:*"),
                ("AWS::DynamoDB::Table", "Books"),
            )
        ),
        (
            {
                "EventSelectors": [
                    {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a-b/"] * 251}]}
                ]
            },
            "(0 to 250)",
        ),
        ({"EventSelectors": [{"ExcludeManagementEventSources": ["iam.amazonaws.com"]}]}, "iam.amazonaws.com"),
        ({"AdvancedEventSelectors": [{"FieldSelectors": fields(readOnly="true")}]}, "eventCategory"),
        ({"AdvancedEventSelectors": [{"FieldSelectors": fields(eventCategory="Data")}]}, "resources.type"),
        (
            {
                "AdvancedEventSelectors": [
                    {"FieldSelectors": [{"Field": "eventCategory", "StartsWith": ["Data"]}]}
                ]
            },
            "eventCategory",
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:40],
)
def test_selectors_that_make_no_sense_are_refused(
    logging: Any, refusal: Any, params: dict[str, Any], words: str
) -> None:
    code, _, message = refusal(logging.put_event_selectors, TrailName="all", **params)
    assert code == "InvalidEventSelectorsException"
    assert words in message
    assert logging.get_event_selectors(TrailName="all")["EventSelectors"] == [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]


def test_global_services_are_logged_in_virginia_or_everywhere(lab: Lab, trails: Any) -> None:
    elsewhere = boto3.client("cloudtrail", region_name="eu-west-1")
    trails.create_trail(
        Name="regional", S3BucketName=BUCKET, S3KeyPrefix="a", IncludeGlobalServiceEvents=False
    )
    trails.create_trail(Name="virginia", S3BucketName=BUCKET, S3KeyPrefix="b")
    elsewhere.create_trail(Name="ireland", S3BucketName=BUCKET, S3KeyPrefix="c")
    elsewhere.create_trail(Name="world", S3BucketName=BUCKET, S3KeyPrefix="d", IsMultiRegionTrail=True)
    for client, name in (
        (trails, "regional"),
        (trails, "virginia"),
        (elsewhere, "ireland"),
        (elsewhere, "world"),
    ):
        client.start_logging(Name=name)
    boto3.client("iam").create_user(UserName="ana")
    lab.clock.advance(minutes=5)
    with_it = {
        key[0]
        for key, records in files().items()
        if any(record["eventName"] == "CreateUser" for record in records)
    }
    assert with_it == {"b", "d"}


def test_insights_are_kept_and_missed(logging: Any, refusal: Any) -> None:
    assert refusal(logging.get_insight_selectors, TrailName="all")[0] == "InsightNotEnabledException"
    chosen = [{"InsightType": "ApiCallRateInsight"}]
    logging.put_insight_selectors(TrailName="all", InsightSelectors=chosen)
    assert logging.get_insight_selectors(TrailName="all")["InsightSelectors"] == chosen
    assert logging.get_trail(Name="all")["Trail"]["HasInsightSelectors"]


# ------------------------------------------------------------------ trouble with the destination
def test_what_cannot_be_delivered_waits(lab: Lab, logging: Any) -> None:
    s3 = boto3.client("s3")
    boto3.client("iam").create_user(UserName="ana")
    kept = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.delete_bucket_policy(Bucket=BUCKET)
    lab.clock.advance(minutes=5)
    status = logging.get_trail_status(Name="all")
    assert status["LatestDeliveryError"] == "AccessDenied"
    assert status["LatestDeliveryAttemptTime"] == "2026-01-05T09:05:00Z"
    assert status["LatestDeliveryAttemptSucceeded"] == ""
    assert "LatestDeliveryTime" not in status
    s3.put_bucket_policy(Bucket=BUCKET, Policy=kept)
    assert files() == {}
    assert "CreateUser" in delivered(lab)
    assert "LatestDeliveryError" not in logging.get_trail_status(Name="all")


def test_a_bucket_that_is_gone_is_named_in_the_status(lab: Lab, logging: Any) -> None:
    boto3.client("s3").delete_bucket(Bucket=BUCKET)
    lab.clock.advance(minutes=5)
    assert logging.get_trail_status(Name="all")["LatestDeliveryError"] == "NoSuchBucket"
    lab.clock.advance(days=31)
    logging.get_trail_status(Name="all")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    put_policy(statement("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"))
    assert "StartLogging" not in delivered(lab)


def test_a_bucket_of_another_account_has_to_allow_this_one(lab: Lab, refusal: Any) -> None:
    other = "111122223333"
    owner = lab.root_session(other).client("s3")
    owner.create_bucket(Bucket="central-logs")
    trails = boto3.client("cloudtrail")
    assert refusal(trails.create_trail, Name="all", S3BucketName="central-logs")[0] == (
        "InsufficientS3BucketPolicyException"
    )
    document = {"Version": "2012-10-17", "Statement": policy("central-logs")}
    owner.put_bucket_policy(Bucket="central-logs", Policy=json.dumps(document))
    trails.create_trail(Name="all", S3BucketName="central-logs")
    trails.start_logging(Name="all")
    lab.clock.advance(minutes=5)
    (row,) = owner.list_objects_v2(Bucket="central-logs")["Contents"]
    assert row["Key"].startswith(f"AWSLogs/{ACCOUNT}/CloudTrail/")


def test_the_keys_policy_decides_about_encryption(lab: Lab, trails: Any, refusal: Any) -> None:
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    code, _, message = refusal(trails.create_trail, Name="all", S3BucketName=BUCKET, KmsKeyId=key)
    assert code == "InsufficientEncryptionPolicyException"
    assert message == f"Insufficient permissions to access S3 bucket {BUCKET} or KMS key {key}."
    admin = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    use = statement(
        "kms:GenerateDataKey*",
        "*",
        StringLike={"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"},
    )
    document = {"Version": "2012-10-17", "Statement": [admin, use]}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    made = trails.create_trail(Name="all", S3BucketName=BUCKET, KmsKeyId=key.rpartition("/")[2])
    assert made["KmsKeyId"] == key
    trails.start_logging(Name="all")
    lab.clock.advance(minutes=5)
    (name,) = files()
    head = boto3.client("s3").head_object(Bucket=BUCKET, Key=name)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_topic_hears_of_new_files(lab: Lab, trails: Any, refusal: Any) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="files")["TopicArn"]
    asked = {"Name": "all", "S3BucketName": BUCKET, "SnsTopicName": "files"}
    assert refusal(trails.create_trail, **asked)[0] == "InsufficientSnsTopicPolicyException"
    document = {"Version": "2012-10-17", "Statement": [statement("SNS:Publish", topic)]}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(document))
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
    assert trails.create_trail(**asked)["SnsTopicARN"] == topic
    trails.start_logging(Name="all")
    lab.clock.advance(minutes=5)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(json.loads(message["Body"])["Message"])
    assert told["s3Bucket"] == BUCKET
    assert told["s3ObjectKey"][0] in files()


def test_a_trail_is_a_resource_of_policies(lab: Lab, trails: Any) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ana")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": ARN}],
    }
    iam.put_user_policy(UserName="ana", PolicyName="one", PolicyDocument=json.dumps(document))
    ana = lab.session(iam.create_access_key(UserName="ana")).client("cloudtrail")
    ana.create_trail(Name="all", S3BucketName=BUCKET)
    ana.start_logging(Name=ARN)
    with pytest.raises(ClientError, match="not authorized to perform: cloudtrail:CreateTrail on resource"):
        ana.create_trail(Name="other", S3BucketName=BUCKET)


def test_policies_see_a_trails_tags(lab: Lab, trails: Any) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ana")
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "cloudtrail:*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceTag/team": "audit"}},
            }
        ],
    }
    iam.put_user_policy(UserName="ana", PolicyName="one", PolicyDocument=json.dumps(document))
    ana = lab.session(iam.create_access_key(UserName="ana")).client("cloudtrail")
    trails.create_trail(Name="all", S3BucketName=BUCKET, TagsList=[{"Key": "team", "Value": "audit"}])
    trails.create_trail(Name="other", S3BucketName=BUCKET, TagsList=[{"Key": "team", "Value": "web"}])
    ana.start_logging(Name="all")
    with pytest.raises(ClientError, match="cloudtrail:StartLogging on resource"):
        ana.start_logging(Name="other")


def test_a_seeded_lab_delivers_the_same_files(lab: Lab) -> None:
    def once() -> list[str]:
        lab.reset()
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        put_policy(*policy())
        trails = boto3.client("cloudtrail")
        trails.create_trail(Name="all", S3BucketName=BUCKET)
        trails.start_logging(Name="all")
        lab.clock.advance(minutes=5)
        return list(files())

    assert once() == once()
