"""Services read a resource's policy before they keep it, and refuse in their own words.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud.lab import Lab
from iamlab.cloud.services.resource_documents import as_shown

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
GHOST = f"arn:aws:iam::{ACCOUNT}:user/ghost"
OBJECTS = "arn:aws:s3:::shelf/*"
READ = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "s3:GetObject", "Resource": OBJECTS}


@pytest.fixture(scope="module", autouse=True)
def refusing() -> Iterator[Lab]:
    """One lab for all calls: what is refused changes nothing."""
    with Lab(seed=7) as lab:
        boto3.client("s3").create_bucket(Bucket="shelf")
        yield lab


def document(*statements: Any, **top: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | top)


def without(element: str) -> dict[str, Any]:
    return {name: value for name, value in READ.items() if name != element}


def refusal(call: Any, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


# ------------------------------------------------------------------ S3
BUCKET_POLICIES: list[tuple[str, str, str]] = [
    ("no JSON", "hello", "Policies must be valid JSON and the first byte must be '{'"),
    ("half a JSON", "{", "This policy contains invalid Json"),
    ("nothing in it", "{}", "Missing required field Statement"),
    ("no statements", document(), "Could not parse the policy: Statement is empty!"),
    ("an unknown field", document(READ, Owner="me"), "Unknown field Owner"),
    ("an unknown element", document(READ | {"Actions": "*"}), "Unknown field Actions"),
    (
        "another version",
        document(READ, Version="2013-10-17"),
        "The policy must contain a valid version string",
    ),
    ("nobody", document(without("Principal")), "Missing required field Principal"),
    ("no effect", document(without("Effect")), "Missing required field Effect"),
    ("no action", document(without("Action")), "Missing required field Action"),
    ("no resource", document(without("Resource")), "Missing required field Resource"),
    ("another effect", document(READ | {"Effect": "Permit"}), "Invalid effect: Permit"),
    ("a ghost", document(READ | {"Principal": {"AWS": GHOST}}), "Invalid principal in policy"),
    ("a name", document(READ | {"Principal": {"AWS": "ada"}}), "Invalid principal in policy"),
    ("another service", document(READ | {"Action": "sqs:SendMessage"}), "Policy has invalid action"),
    ("an action that isn't", document(READ | {"Action": "s3:Fetch"}), "Policy has invalid action"),
    ("another bucket", document(READ | {"Resource": "arn:aws:s3:::attic/*"}), "Policy has invalid resource"),
    ("no ARN", document(READ | {"Resource": "shelf/*"}), "Policy has invalid resource"),
    ("everything", document(READ | {"Action": "s3:*", "Resource": "*"}), "Policy has invalid resource"),
    (
        "a bucket's action on objects",
        document(READ | {"Action": ["s3:GetObject", "s3:ListBucket"]}),
        "Action does not apply to any resource(s) in statement",
    ),
    (
        "an unknown operator",
        document(READ | {"Condition": {"StringEqual": {"aws:PrincipalOrgID": "o-1"}}}),
        "Invalid Condition type : StringEqual",
    ),
    (
        "a key that S3 doesn't know",
        document(READ | {"Condition": {"StringEquals": {"s3:colour": "red"}}}),
        "Policy has an invalid condition key",
    ),
    (
        "a key of another action",
        document(
            READ
            | {
                "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                "Resource": "arn:aws:s3:::shelf",
                "Condition": {"StringLike": {"s3:prefix": "a/*"}},
            }
        ),
        "Conditions do not apply to combination of actions and resources in statement",
    ),
    ("numbers as actions", document(READ | {"Action": 1}), "Invalid policy syntax."),
    (
        "too much",
        document(*[READ | {"Sid": f"n{number:04}"} for number in range(150)]),
        "Policy exceeds the maximum allowed document size.",
    ),
]


@pytest.mark.parametrize(
    ("case", "text", "message"), BUCKET_POLICIES, ids=[row[0] for row in BUCKET_POLICIES]
)
def test_s3_names_the_first_fault(case: str, text: str, message: str) -> None:
    s3 = boto3.client("s3")
    assert refusal(s3.put_bucket_policy, Bucket="shelf", Policy=text) == ("MalformedPolicy", 400, message)


def test_s3_tells_which_principal_it_does_not_know() -> None:
    with pytest.raises(ClientError) as caught:
        boto3.client("s3").put_bucket_policy(
            Bucket="shelf", Policy=document(READ | {"Principal": {"AWS": [ROOT, GHOST]}})
        )
    error: dict[str, Any] = dict(caught.value.response["Error"])
    assert error["Detail"] == f'"AWS" : "{GHOST}"'


SOUND = [
    document(
        READ
        | {
            "Action": "*",
            "Resource": ["arn:aws:s3:::shelf", OBJECTS],
            "Condition": {"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
        }
    ),
    document(
        READ
        | {
            "Action": ["s3:List*", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::shelf", OBJECTS],
            "Condition": {"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}},
        }
    ),
    document(
        READ
        | {
            "Action": "s3:ListBucket*",
            "Resource": "arn:aws:s3:::shelf",
            "Condition": {"StringLike": {"s3:prefix": ["", "home/*"]}},
        }
    ),
    document(
        READ
        | {
            "Action": ["s3:PutObject", "s3:PutObjectAcl"],
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        }
    ),
    document(READ),
    json.dumps({"Statement": READ}),
    document(READ | {"Action": "s3:*", "Resource": ["arn:aws:s3:::shelf", OBJECTS]}),
    document(READ | {"Action": ["s3:Get*", "s3:ListBucket"], "Resource": ["arn:aws:s3:::shelf", OBJECTS]}),
    document(READ | {"Resource": "arn:aws:s3:::shel*"}),
    document(READ | {"Resource": "arn:aws:s3:::shelf/${aws:username}/*"}),
    document(READ | {"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Sid": "any thing"}),
    document(READ | {"Principal": {"CanonicalUser": "a" * 64}}),
    document(
        READ
        | {
            "Principal": {
                "AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1A2B3C4D5E6F7"
            }
        }
    ),
    document(
        READ
        | {"Condition": {"StringEquals": {"s3:ExistingObjectTag/team": "red", "aws:PrincipalTag/a": "b"}}}
    ),
    document(READ | {"Effect": "Deny", "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}}),
]


@pytest.mark.parametrize("text", SOUND, ids=range(len(SOUND)))
def test_s3_takes_what_is_sound(text: str) -> None:
    s3 = boto3.client("s3")
    s3.put_bucket_policy(Bucket="shelf", Policy=text)
    assert json.loads(s3.get_bucket_policy(Bucket="shelf")["Policy"])["Statement"]
    s3.delete_bucket_policy(Bucket="shelf")


# What services make of a policy that they keep, by its parts.
SHOWN: list[tuple[str, str, str]] = [
    (
        "white space",
        '{ "Version": "2012-10-17",\n "Id": "x", "Statement": [] }',
        '{"Version":"2012-10-17","Id":"x","Statement":[]}',
    ),
    ("no version", '{"Statement": []}', '{"Version":"2008-10-17","Statement":[]}'),
    (
        "one statement",
        '{"Version": "1", "Statement": {"Sid": "a"}}',
        '{"Version":"1","Statement":[{"Sid":"a"}]}',
    ),
    (
        "an order",
        '{"Statement": [{"Action": "a", "Effect": "Allow", "Sid": "b"}], "Version": "1"}',
        '{"Version":"1","Statement":[{"Sid":"b","Effect":"Allow","Action":"a"}]}',
    ),
    (
        "lists of one",
        '{"Version": "1", "Statement": [{"NotAction": ["a"], "Resource": ["b", "c"]}]}',
        '{"Version":"1","Statement":[{"NotAction":"a","Resource":["b","c"]}]}',
    ),
    (
        "accounts",
        '{"Version": "1", "Statement": [{"Principal": {"AWS": ["111122223333", "*"], "Service": ["a"]}}]}',
        '{"Version":"1","Statement":[{"Principal":{"AWS":["arn:aws:iam::111122223333:root","*"],"Service":"a"}}]}',
    ),
    (
        "values of conditions",
        '{"Version": "1", "Statement": [{"Condition": {"Bool": {"a": true}, "NumericEquals": {"b": [1, 2.5]}}}]}',
        '{"Version":"1","Statement":[{"Condition":{"Bool":{"a":"true"},"NumericEquals":{"b":["1","2.5"]}}}]}',
    ),
    ("no policy", "[]", "[]"),
]


@pytest.mark.parametrize(("case", "text", "shown"), SHOWN, ids=[row[0] for row in SHOWN])
def test_a_policy_is_shown_in_one_form(case: str, text: str, shown: str) -> None:
    assert as_shown(text, "us-east-1") == shown


def test_a_bucket_that_is_not_there_has_no_policy() -> None:
    code, _, _ = refusal(boto3.client("s3").put_bucket_policy, Bucket="no-such-shelf", Policy="{")
    assert code == "NoSuchBucket"


# ------------------------------------------------------------------ SQS and SNS
def of(vendor: str, **changed: Any) -> str:
    allow = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": f"{vendor}:*", "Resource": "*"}
    return document(allow | changed)


SENDS = [f"sqs:{name}" for name in ["SendMessage", "ReceiveMessage", "DeleteMessage", "PurgeQueue"]] * 2
INVALID = ("InvalidAttributeValue", 400, "Invalid value for the parameter Policy.")
QUEUES: list[tuple[str, str, tuple[str, int, str]]] = [
    ("no JSON", "{", INVALID),
    ("nothing in it", "{}", INVALID),
    ("nobody", document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}), INVALID),
    ("a ghost", of("sqs", Principal={"AWS": GHOST}), INVALID),
    (
        "another service",
        of("s3"),
        (
            "InvalidParameterValue",
            400,
            f"Value {of('s3')} for parameter Policy is invalid. Reason: Policy statement action out of service scope!.",
        ),
    ),
    (
        "too many actions",
        of("sqs", Action=SENDS),
        (
            "OverLimit",
            403,
            "8 actions were found in a statement from the submitted policy, max allowed is 7",
        ),
    ),
]


@pytest.mark.parametrize(("case", "text", "answer"), QUEUES, ids=[row[0] for row in QUEUES])
def test_sqs_reads_a_queues_policy(case: str, text: str, answer: tuple[str, int, str]) -> None:
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="line")["QueueUrl"]
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": text}) == answer
    assert refusal(sqs.create_queue, QueueName="other", Attributes={"Policy": text}) == answer
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])


TOPICS: list[tuple[str, str, str]] = [
    ("no JSON", "{", "Invalid parameter: Policy Error: null"),
    (
        "nobody",
        document({"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}),
        "Invalid parameter: Policy Error: null",
    ),
    ("a ghost", of("sns", Principal={"AWS": GHOST}), "Invalid parameter: Policy Error: PrincipalNotFound"),
    ("another service", of("sqs"), "Invalid parameter: Policy statement action out of service scope!"),
    (
        "no topic's action",
        of("sns", Action=["sns:Publish", "sns:CreateTopic"]),
        "Invalid parameter: Policy statement action out of service scope!",
    ),
    ("no statement", '{"Statement": []}', "Invalid parameter: Policy Error: null"),
]


@pytest.mark.parametrize(("case", "text", "message"), TOPICS, ids=[row[0] for row in TOPICS])
def test_sns_reads_a_topics_policy(case: str, text: str, message: str) -> None:
    sns = boto3.client("sns", region_name="us-east-1")
    topic = sns.create_topic(Name="news")["TopicArn"]
    answer = ("InvalidParameter", 400, message)
    put = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": text}
    assert refusal(sns.set_topic_attributes, **put) == answer
    assert refusal(sns.create_topic, Name="other", Attributes={"Policy": text}) == answer


# ------------------------------------------------------------------ KMS
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
NOBODY = "Policy contains a statement with one or more invalid principals."
KEYS: list[tuple[str, str, str]] = [
    ("no JSON", "{", "The policy has syntax errors."),
    ("a ghost", of("kms", Principal={"AWS": [ROOT, GHOST]}), NOBODY),
    ("a policy that can't be changed", of("kms", Action="kms:Decrypt"), LOCKED_OUT),
    ("somebody else's", of("kms", Principal={"AWS": "arn:aws:iam::210987654321:root"}), LOCKED_OUT),
]


@pytest.mark.parametrize(("case", "text", "message"), KEYS, ids=[row[0] for row in KEYS])
def test_kms_reads_a_keys_policy(case: str, text: str, message: str) -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    answer = ("MalformedPolicyDocumentException", 400, message)
    assert refusal(kms.put_key_policy, KeyId=key, Policy=text) == answer
    assert refusal(kms.create_key, Policy=text) == answer


def test_who_says_so_may_lock_itself_out_of_a_key() -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    text = of("kms", Action=["kms:GetKeyPolicy", "kms:DescribeKey"])
    key = kms.create_key(Policy=text, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["KeyId"]
    assert refusal(kms.put_key_policy, KeyId=key, Policy=of("kms"))[0] == "AccessDeniedException"
    answer = kms.get_key_policy(KeyId=key)
    assert (json.loads(answer["Policy"]), answer["PolicyName"]) == (json.loads(text), "default")
    unknown = refusal(kms.get_key_policy, KeyId=key, PolicyName="mine")
    assert unknown == ("NotFoundException", 400, "No such policy exists")
