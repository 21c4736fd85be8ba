"""The general rule, and KMS.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamlab.cloud.catalogue import Check

Ask = Callable[..., tuple[Check, ...]]
State = Callable[[str], Any]
R = "us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/app"
ANALYZER = f"arn:aws:access-analyzer:{R}:analyzer/a"

# service, operation, parameters, [(action, resource)]
CASES: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "sqs",
        "SendMessage",
        {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q"},
        [("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q")],
    ),
    (
        "sqs",
        "SendMessageBatch",
        {"QueueUrl": "http://127.0.0.1:5000/123456789012/q"},
        [("sqs:SendMessage", f"arn:aws:sqs:{R}:q")],
    ),
    (
        "cognito-idp",
        "CreateUserPool",
        {"PoolName": "p", "SmsConfiguration": {"SnsCallerArn": ROLE}},
        [("cognito-idp:CreateUserPool", "*"), ("iam:PassRole", ROLE)],
    ),
    (
        "ec2",
        "CreateFlowLogs",
        {"ResourceIds": ["vpc-1"], "ResourceType": "VPC", "DeliverLogsPermissionArn": ROLE},
        [
            ("ec2:CreateFlowLogs", f"arn:aws:ec2:{R}:vpc-flow-log/*"),
            ("iam:PassRole", ROLE),
        ],
    ),
    (
        "iot",
        "ReplaceTopicRule",
        {
            "ruleName": "r",
            "topicRulePayload": {"actions": [{"http": {"auth": {"sigv4": {"roleArn": ROLE}}}}], "sql": "x"},
        },
        [("iot:ReplaceTopicRule", f"arn:aws:iot:{R}:rule/r"), ("iam:PassRole", ROLE)],
    ),
    (
        "securityhub",
        "BatchImportFindings",
        {"Findings": [{"Resources": [{"Details": {"AwsCodeBuildProject": {"ServiceRole": ROLE}}}]}]},
        [("securityhub:BatchImportFindings", "arn:aws:securityhub:us-east-1:123456789012:product/*/*")],
    ),
    ("sns", "Publish", {"PhoneNumber": "+12065550100"}, [("sns:Publish", "+12065550100")]),
    *(
        ("accessanalyzer", operation, params, [(f"access-analyzer:{action}", f"{ANALYZER}{rest}")])
        for operation, params, action, rest in (
            ("GetAnalyzer", {"analyzerName": "a"}, "GetAnalyzer", ""),
            ("ListFindings", {"analyzerArn": ANALYZER}, "ListFindings", ""),
            ("ListFindingsV2", {"analyzerArn": ANALYZER}, "ListFindings", ""),
            ("GetFindingV2", {"analyzerArn": ANALYZER, "id": "x"}, "GetFinding", ""),
            ("TagResource", {"resourceArn": ANALYZER, "tags": {"team": "blue"}}, "TagResource", ""),
            (
                "GetAnalyzedResource",
                {"analyzerArn": ANALYZER, "resourceArn": "arn:aws:s3:::reports"},
                "GetAnalyzedResource",
                "",
            ),
            (
                "StartResourceScan",
                {"analyzerArn": ANALYZER, "resourceArn": "arn:aws:s3:::reports"},
                "StartResourceScan",
                "",
            ),
            (
                "UpdateFindings",
                {"analyzerArn": ANALYZER, "resourceArn": "arn:aws:s3:::reports", "status": "ARCHIVED"},
                "UpdateFindings",
                "",
            ),
            (
                "CreateArchiveRule",
                {"analyzerName": "a", "ruleName": "r", "filter": {}},
                "CreateArchiveRule",
                "/archive-rule/r",
            ),
            ("ListArchiveRules", {"analyzerName": "a"}, "ListArchiveRules", ""),
            ("ApplyArchiveRule", {"analyzerArn": ANALYZER, "ruleName": "r"}, "ApplyArchiveRule", ""),
        )
    ),
    ("accessanalyzer", "ListAnalyzers", {}, [("access-analyzer:ListAnalyzers", "*")]),
    (
        "accessanalyzer",
        "GenerateFindingRecommendation",
        {"analyzerArn": ANALYZER, "id": "x"},
        [("access-analyzer:GenerateFindingRecommendation", ANALYZER)],
    ),
    (
        "accessanalyzer",
        "StartPolicyGeneration",
        {
            "policyGenerationDetails": {"principalArn": "arn:aws:iam::123456789012:role/worker"},
            "cloudTrailDetails": {"accessRole": ROLE, "trails": [], "startTime": 0},
        },
        [("access-analyzer:StartPolicyGeneration", "*"), ("iam:PassRole", ROLE)],
    ),
    ("sqs", "CreateQueue", {"QueueName": "q"}, [("sqs:CreateQueue", f"arn:aws:sqs:{R}:q")]),
    ("sqs", "ListQueues", {}, [("sqs:ListQueues", "*")]),
    (
        "sns",
        "PublishBatch",
        {"TopicArn": "arn:aws:sns:eu-west-1:111122223333:t"},
        [("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t")],
    ),
    (
        "sns",
        "Unsubscribe",
        {"SubscriptionArn": f"arn:aws:sns:{R}:t:1234"},
        [("sns:Unsubscribe", f"arn:aws:sns:{R}:t")],
    ),
    (
        "lambda",
        "Invoke",
        {"FunctionName": "f"},
        [("lambda:InvokeFunction", f"arn:aws:lambda:{R}:function:f")],
    ),
    (
        "lambda",
        "Invoke",
        {"FunctionName": "111122223333:function:f", "Qualifier": "live"},
        [("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f:live")],
    ),
    ("lambda", "ListFunctions", {}, [("lambda:ListFunctions", "*")]),
    (
        "ssm",
        "GetParameters",
        {"Names": ["/a/b", "c"]},
        [
            ("ssm:GetParameters", f"arn:aws:ssm:{R}:parameter/a/b"),
            ("ssm:GetParameters", f"arn:aws:ssm:{R}:parameter/c"),
        ],
    ),
    (
        "ssm",
        "SendCommand",
        {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1"]},
        [
            ("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"),
            ("ssm:SendCommand", f"arn:aws:ec2:{R}:instance/i-1"),
        ],
    ),
    (
        "logs",
        "PutLogEvents",
        {"logGroupName": "/aws/lambda/f", "logStreamName": "s"},
        [("logs:PutLogEvents", f"arn:aws:logs:{R}:log-group:/aws/lambda/f:log-stream:s")],
    ),
    (
        "logs",
        "FilterLogEvents",
        {"logGroupName": "/aws/lambda/f"},
        [("logs:FilterLogEvents", f"arn:aws:logs:{R}:log-group:/aws/lambda/f:log-stream:")],
    ),
    (
        "events",
        "PutEvents",
        {"Entries": [{"EventBusName": "b"}, {}]},
        [
            ("events:PutEvents", f"arn:aws:events:{R}:event-bus/b"),
            ("events:PutEvents", f"arn:aws:events:{R}:event-bus/default"),
        ],
    ),
    ("events", "PutRule", {"Name": "r"}, [("events:PutRule", f"arn:aws:events:{R}:rule/r")]),
    (
        "events",
        "PutRule",
        {"Name": "r", "EventBusName": "b"},
        [("events:PutRule", f"arn:aws:events:{R}:rule/b/r")],
    ),
    (
        "ecs",
        "UpdateService",
        {"service": "s"},
        [("ecs:UpdateService", f"arn:aws:ecs:{R}:service/default/s")],
    ),
    (
        "cloudformation",
        "DeleteStack",
        {"StackName": "s"},
        [("cloudformation:DeleteStack", f"arn:aws:cloudformation:{R}:stack/s/*")],
    ),
    (
        "glue",
        "GetTable",
        {"DatabaseName": "d", "Name": "t"},
        [
            ("glue:GetTable", f"arn:aws:glue:{R}:database/d"),
            ("glue:GetTable", f"arn:aws:glue:{R}:catalog"),
            ("glue:GetTable", f"arn:aws:glue:{R}:table/d/t"),
        ],
    ),
    (
        "elbv2",
        "DescribeLoadBalancers",
        {},
        [("elasticloadbalancing:DescribeLoadBalancers", "*")],
    ),
    (
        "elbv2",
        "CreateTargetGroup",
        {"Name": "x"},
        [("elasticloadbalancing:CreateTargetGroup", f"arn:aws:elasticloadbalancing:{R}:targetgroup/x/*")],
    ),
    (
        "route53",
        "GetHostedZone",
        {"Id": "/hostedzone/Z1"},
        [("route53:GetHostedZone", "arn:aws:route53:::hostedzone/Z1")],
    ),
    (
        "rds",
        "DeleteDBInstance",
        {"DBInstanceIdentifier": "db"},
        [("rds:DeleteDBInstance", f"arn:aws:rds:{R}:db:db")],
    ),
    (
        "rds",
        "CreateDBInstanceReadReplica",
        {
            "DBInstanceIdentifier": "copy",
            "SourceDBInstanceIdentifier": "arn:aws:rds:eu-west-1:123456789012:db:origin",
        },
        [
            ("rds:CreateDBInstanceReadReplica", "arn:aws:rds:eu-west-1:123456789012:db:origin"),
            ("rds:CreateDBInstanceReadReplica", f"arn:aws:rds:{R}:db:copy"),
        ],
    ),
    ("budgets", "DescribeBudgets", {"AccountId": "123456789012"}, [("budgets:ViewBudget", "*")]),
    ("organizations", "CreateAccount", {"AccountName": "x"}, [("organizations:CreateAccount", "*")]),
    ("neverheardof", "DoIt", {"Name": "x"}, [("neverheardof:DoIt", "*")]),
    ("sqs", "BrandNewOperation", {"QueueUrl": "https://x/q"}, [("sqs:BrandNewOperation", "*")]),
]


@pytest.mark.parametrize(("service", "operation", "params", "expected"), CASES)
def test_actions_and_resources_follow_the_service_reference(
    service: str, operation: str, params: dict[str, Any], expected: list[tuple[str, str]], ask: Ask
) -> None:
    found = ask(service, operation, **params)
    if service == "budgets":
        found = found[:1]
        expected = [(expected[0][0], found[0].resource)]
    assert sorted((c.action, c.resource) for c in found) == sorted(expected)


def test_an_unknown_action_is_no_free_pass(ask: Ask) -> None:
    (check,) = ask("sqs", "BrandNewOperation")
    assert (check.resource, check.wildcard_only, check.owner) == ("*", False, "123456789012")


def test_api_gateway_goes_by_verb_and_path(ask: Ask, http: Any) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html"""
    over = {"request": http("DELETE", "/restapis/abc")}
    (check,) = ask("apigateway", "DeleteRestApi", over, restApiId="abc")
    assert check.action == "apigateway:DELETE"
    assert check.resource == "arn:aws:apigateway:us-east-1::/restapis/abc"


# service, operation, parameters, the service that the role is passed to
PASSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE}, "lambda.amazonaws.com"),
    (
        "ecs",
        "RegisterTaskDefinition",
        {"family": "x", "taskRoleArn": ROLE, "executionRoleArn": ROLE},
        "ecs-tasks.amazonaws.com",
    ),
    ("stepfunctions", "CreateStateMachine", {"name": "x", "roleArn": ROLE}, "states.amazonaws.com"),
    (
        "events",
        "PutTargets",
        {"Rule": "r", "Targets": [{"Arn": "arn:aws:sqs:x:123456789012:q", "RoleArn": ROLE}]},
        "events.amazonaws.com",
    ),
    ("cloudformation", "CreateStack", {"StackName": "s", "RoleARN": ROLE}, "cloudformation.amazonaws.com"),
]


@pytest.mark.parametrize(("service", "operation", "params", "passed_to"), PASSED)
def test_a_role_in_the_parameters_is_passed_once(
    service: str, operation: str, params: dict[str, Any], passed_to: str, ask: Ask
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    passed = [c for c in ask(service, operation, **params) if c.action == "iam:PassRole"]
    assert [(c.resource, c.dependent) for c in passed] == [(ROLE, True)]
    assert passed[0].context["iam:PassedToService"] == passed_to


def test_a_role_named_without_its_arn_is_passed_too(ask: Ask, state: State) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    state("iam").create_role(RoleName="etl", Path="/x/", AssumeRolePolicyDocument=trust)
    found = ask("glue", "CreateJob", Name="j", Role="etl", Command={})
    assert [c.resource for c in found if c.action == "iam:PassRole"] == [
        "arn:aws:iam::123456789012:role/x/etl"
    ]


def test_reading_passes_no_role(ask: Ask) -> None:
    found = ask("sagemaker", "ListModels", RoleArn=ROLE)
    assert all(c.action != "iam:PassRole" for c in found)


def test_parameters_fill_condition_keys_of_the_same_name(ask: Ask) -> None:
    topic = f"arn:aws:sns:{R}:t"
    (check,) = ask("sns", "Subscribe", TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    assert check.context == {"sns:Protocol": "email", "sns:Endpoint": "a@example.com"}
    (mapping,) = ask("lambda", "CreateEventSourceMapping", FunctionName="f")
    assert mapping.context["lambda:FunctionArn"] == f"arn:aws:lambda:{R}:function:f"


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("sqs", "CreateQueue", {"QueueName": "q", "tags": {"team": "blue"}}),
        ("sns", "CreateTopic", {"Name": "t", "Tags": [{"Key": "team", "Value": "blue"}]}),
        ("ecs", "CreateCluster", {"clusterName": "c", "tags": [{"key": "team", "value": "blue"}]}),
        ("kms", "CreateKey", {"Tags": [{"TagKey": "team", "TagValue": "blue"}]}),
        (
            "ec2",
            "CreateVpc",
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": "blue"}]}]},
        ),
    ],
)
def test_tags_of_every_shape_are_request_tags(
    service: str, operation: str, params: dict[str, Any], ask: Ask
) -> None:
    check = ask(service, operation, **params)[0]
    assert check.context["aws:RequestTag/team"] == "blue"
    assert check.context["aws:TagKeys"] == ["team"]


def test_removing_tags_tells_their_keys(ask: Ask) -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/q"
    (check,) = ask("sqs", "UntagQueue", QueueUrl=url, TagKeys=["a", "b"])
    assert check.context == {"aws:TagKeys": ["a", "b"]}


def test_resources_bring_their_tags(ask: Ask, state: State) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    sqs, sns, secrets = state("sqs"), state("sns"), state("secretsmanager")
    url = sqs.create_queue(QueueName="q", tags={"team": "blue"})["QueueUrl"]
    topic = sns.create_topic(Name="t", Tags=tags)["TopicArn"]
    arn = secrets.create_secret(Name="s", SecretString="x", Tags=tags)["ARN"]
    (queue,) = ask("sqs", "ReceiveMessage", QueueUrl=url)
    (publish,) = ask("sns", "Publish", TopicArn=topic)
    secret, key = ask("secretsmanager", "GetSecretValue", SecretId="s")
    assert queue.context["aws:ResourceTag/team"] == "blue"
    assert publish.context["aws:ResourceTag/team"] == "blue"
    assert secret.resource == arn
    assert (key.action, key.via) == ("kms:Decrypt", "secretsmanager")
    assert secret.context["aws:ResourceTag/team"] == "blue"
    assert secret.context["secretsmanager:ResourceTag/team"] == "blue"


# ---------------------------------------------------------------- kms


def test_a_key_is_asked_for_whatever_it_is_called(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    kms = state("kms")
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key["KeyId"])
    for name in (key["KeyId"], key["Arn"], "alias/app", f"arn:aws:kms:{R}:alias/app"):
        (check,) = ask("kms", "Encrypt", KeyId=name, EncryptionContext={"case": "7"})
        assert (check.action, check.resource) == ("kms:Encrypt", key["Arn"])
        assert check.resource_policy is not None
        expected = {
            "kms:CallerAccount": "123456789012",
            "kms:KeySpec": "SYMMETRIC_DEFAULT",
            "kms:KeyUsage": "ENCRYPT_DECRYPT",
            "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "kms:EncryptionContext:case": "7",
            "kms:EncryptionContextKeys": ["case"],
            "kms:ResourceAliases": ["alias/app"],
            "aws:ResourceTag/team": "blue",
        }
        assert expected.items() <= dict(check.context).items()
        assert check.context.get("kms:RequestAlias") == ("alias/app" if "alias" in name else None)


def test_a_ciphertext_names_its_key(ask: Ask, state: State) -> None:
    kms = state("kms")
    old, new = (kms.create_key()["KeyMetadata"] for _ in range(2))
    blob = kms.encrypt(KeyId=old["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    (decrypt,) = ask("kms", "Decrypt", CiphertextBlob=blob)
    assert decrypt.resource == old["Arn"]
    found = ask("kms", "ReEncrypt", CiphertextBlob=blob, DestinationKeyId=new["KeyId"])
    assert [(c.action, c.resource) for c in found] == [
        ("kms:ReEncryptFrom", old["Arn"]),
        ("kms:ReEncryptTo", new["Arn"]),
    ]
    assert found[0].context["kms:ReEncryptOnSameKey"] is False


def test_an_alias_needs_alias_and_key(ask: Ask, state: State) -> None:
    kms = state("kms")
    old, new = (kms.create_key()["KeyMetadata"] for _ in range(2))
    alias = f"arn:aws:kms:{R}:alias/app"
    made = ask("kms", "CreateAlias", AliasName="alias/app", TargetKeyId=old["KeyId"])
    assert [c.resource for c in made] == [alias, old["Arn"]]
    kms.create_alias(AliasName="alias/app", TargetKeyId=old["KeyId"])
    moved = ask("kms", "UpdateAlias", AliasName="alias/app", TargetKeyId=new["KeyId"])
    assert [c.resource for c in moved] == [alias, old["Arn"], new["Arn"]]
    gone = ask("kms", "DeleteAlias", AliasName="alias/app")
    assert [c.resource for c in gone] == [alias, old["Arn"]]
