"""How boto3's names of services and operations differ from IAM's.

Two tables of differences: service → prefix of its actions, and operation → action. What stands in
neither is called the same in both worlds.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping

# boto3's service → prefix of its actions, where they differ.
PREFIXES: Mapping[str, str] = {
    "accessanalyzer": "access-analyzer",
    "account-access-runtime": "account-access",
    "agent-registry-control": "agent-registry",
    "amp": "aps",
    "apigatewaymanagementapi": "execute-api",
    "apigatewayv2": "apigateway",
    "appconfigdata": "appconfig",
    "appintegrations": "app-integrations",
    "application-insights": "applicationinsights",
    "backupsearch": "backup-search",
    "bedrock-agent": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "bedrock-data-automation": "bedrock",
    "bedrock-data-automation-runtime": "bedrock",
    "bedrock-runtime": "bedrock",
    "chime-sdk-identity": "chime",
    "chime-sdk-media-pipelines": "chime",
    "chime-sdk-meetings": "chime",
    "chime-sdk-messaging": "chime",
    "chime-sdk-voice": "chime",
    "cleanroomsml": "cleanrooms-ml",
    "cloudcontrol": "cloudformation",
    "cloudhsmv2": "cloudhsm",
    "cloudsearchdomain": "cloudsearch",
    "cloudwatchomni": "cloudwatch",
    "codeguruprofiler": "codeguru-profiler",
    "compute-optimizer-automation": "aco-automation",
    "connect-contact-lens": "connect",
    "connectcampaigns": "connect-campaigns",
    "connectcampaignsv2": "connect-campaigns",
    "connectcases": "cases",
    "connecthealth": "health-agent",
    "connectscheduling": "connect",
    "customer-profiles": "profile",
    "devops-agent": "aidevops",
    "docdb": "rds",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "elementalinference": "elemental-inference",
    "emr": "elasticmapreduce",
    "endusermessaging": "end-user-messaging",
    "eventbridgev2": "events",
    "forecastquery": "forecast",
    "greengrassv2": "greengrass",
    "iam-toolbox": "iam",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iot-managed-integrations": "iotmanagedintegrations",
    "iotsecuretunneling": "iot",
    "ivs-realtime": "ivs",
    "keyspaces": "cassandra",
    "keyspacesstreams": "cassandra",
    "kinesis-video-archived-media": "kinesisvideo",
    "kinesis-video-media": "kinesisvideo",
    "kinesis-video-signaling": "kinesisvideo",
    "kinesis-video-webrtc-storage": "kinesisvideo",
    "kinesisanalyticsv2": "kinesisanalytics",
    "lambda-core": "lambda",
    "lambda-microvms": "lambda",
    "lambda-web": "lambda",
    "launch-wizard": "launchwizard",
    "lex-models": "lex",
    "lex-runtime": "lex",
    "lexv2-models": "lex",
    "lexv2-runtime": "lex",
    "location": "geo",
    "mailmanager": "ses",
    "marketplace-agreement": "aws-marketplace",
    "marketplace-catalog": "aws-marketplace",
    "marketplace-deployment": "aws-marketplace",
    "marketplace-discovery": "aws-marketplace",
    "marketplace-entitlement": "aws-marketplace",
    "marketplace-reporting": "aws-marketplace",
    "mediastore-data": "mediastore",
    "meteringmarketplace": "aws-marketplace",
    "migration-hub-refactor-spaces": "refactor-spaces",
    "migrationhub-config": "mgh",
    "migrationhuborchestrator": "migrationhub-orchestrator",
    "migrationhubstrategy": "migrationhub-strategy",
    "mturk": "mechanicalturk",
    "mwaa": "airflow",
    "mwaa-serverless": "airflow-serverless",
    "neptune": "rds",
    "neptunedata": "neptune-db",
    "notificationscontacts": "notifications-contacts",
    "opensearch": "es",
    "opensearchmemory": "opensearch",
    "opensearchserverless": "aoss",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-revenue-measurement": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "payment-cryptography-data": "payment-cryptography",
    "personalize-events": "personalize",
    "personalize-runtime": "personalize",
    "pinpoint": "mobiletargeting",
    "pinpoint-email": "ses",
    "pinpoint-sms-voice": "sms-voice",
    "pinpoint-sms-voice-v2": "sms-voice",
    "pricing-plan-manager": "pricingplanmanager",
    "qconnect": "wisdom",
    "resiliencehubv2": "resiliencehub",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "s3outposts": "s3-outposts",
    "sagemaker-a2i-runtime": "sagemaker",
    "sagemaker-edge": "sagemaker",
    "sagemaker-featurestore-runtime": "sagemaker",
    "sagemaker-inference-router-runtime": "sagemaker",
    "sagemaker-metrics": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "sagemakerjobruntime": "sagemaker",
    "sagemakertrainingsessionruntime": "sagemaker",
    "service-quotas": "servicequotas",
    "servicecatalog-appregistry": "servicecatalog",
    "sesv2": "ses",
    "signer-data": "signer",
    "simpledbv2": "sdb",
    "socialmessaging": "social-messaging",
    "sso-admin": "sso",
    "sso-oidc": "sso-oauth",
    "stepfunctions": "states",
    "supplychain": "scn",
    "support-app": "supportapp",
    "taxsettings": "tax",
    "timestream-query": "timestream",
    "timestream-write": "timestream",
    "voice-id": "voiceid",
    "workspaces-thin-client": "thinclient",
}

# (service, operation) → the actions it needs, where the operation's name is not the action's.
ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    # https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html
    ("accessanalyzer", "ListFindingsV2"): ("ListFindings",),
    ("accessanalyzer", "GetFindingV2"): ("GetFinding",),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    ("sqs", "SendMessageBatch"): ("SendMessage",),
    ("sqs", "DeleteMessageBatch"): ("DeleteMessage",),
    ("sqs", "ChangeMessageVisibilityBatch"): ("ChangeMessageVisibility",),
    # https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
    ("sns", "PublishBatch"): ("Publish",),
    # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    ("lambda", "Invoke"): ("InvokeFunction",),
    ("lambda", "InvokeWithResponseStream"): ("InvokeFunction",),
    ("lambda", "InvokeAsync"): ("InvokeFunction",),
    ("lambda", "GetLayerVersionByArn"): ("GetLayerVersion",),
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
    ("bedrock-runtime", "Converse"): ("InvokeModel",),
    ("bedrock-runtime", "ConverseStream"): ("InvokeModelWithResponseStream",),
    ("bedrock-runtime", "InvokeModelWithBidirectionalStream"): ("InvokeModel",),
    ("bedrock-runtime", "StartAsyncInvoke"): ("InvokeModel",),
    ("bedrock-agent-runtime", "RetrieveAndGenerateStream"): ("RetrieveAndGenerate",),
    # https://docs.aws.amazon.com/budgets/latest/APIReference/API_budgets_CreateBudget.html, "ModifyBudget"
    **{
        ("budgets", operation): ("ModifyBudget",)
        for operation in (
            "CreateBudget",
            "CreateNotification",
            "CreateSubscriber",
            "DeleteBudget",
            "DeleteNotification",
            "DeleteSubscriber",
            "UpdateBudget",
            "UpdateNotification",
            "UpdateSubscriber",
        )
    },
    **{
        ("budgets", operation): ("ViewBudget",)
        for operation in (
            "DescribeBudget",
            "DescribeBudgetNotificationsForAccount",
            "DescribeBudgetPerformanceHistory",
            "DescribeBudgets",
            "DescribeNotificationsForBudget",
            "DescribeSubscribersForNotification",
        )
    },
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_CreateDistributionWithTags.html
    ("cloudfront", "CreateDistributionWithTags"): ("CreateDistribution", "TagResource"),
    # https://docs.aws.amazon.com/keyspaces/latest/devguide/security_iam_service-with-iam.html
    **{
        ("keyspaces", f"{verb}{kind}"): (action,)
        for verb, action in (
            ("Create", "Create"),
            ("Delete", "Drop"),
            ("Get", "Select"),
            ("Update", "Alter"),
        )
        for kind in ("Keyspace", "Table", "Type")
    },
    **{
        ("keyspaces", operation): ("Select",)
        for operation in ("ListKeyspaces", "ListTables", "ListTypes", "ListTagsForResource")
    },
    ("keyspaces", "GetTableAutoScalingSettings"): ("Select",),
    ("keyspaces", "RestoreTable"): ("Restore",),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
    ("apigatewaymanagementapi", "PostToConnection"): ("ManageConnections",),
    ("apigatewaymanagementapi", "GetConnection"): ("ManageConnections",),
    ("apigatewaymanagementapi", "DeleteConnection"): ("ManageConnections",),
    # https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_Query.html
    ("timestream-query", "Query"): ("Select",),
    # https://docs.aws.amazon.com/cloudsearch/latest/developerguide/configuring-access.html
    ("cloudsearchdomain", "UploadDocuments"): ("document",),
    ("cloudsearchdomain", "Search"): ("search",),
    ("cloudsearchdomain", "Suggest"): ("suggest",),
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    ("s3control", "GetPublicAccessBlock"): ("GetAccountPublicAccessBlock",),
    ("s3control", "PutPublicAccessBlock"): ("PutAccountPublicAccessBlock",),
    ("s3control", "DeletePublicAccessBlock"): ("PutAccountPublicAccessBlock",),
    # https://docs.aws.amazon.com/verifiedpermissions/latest/apireference/API_BatchIsAuthorized.html
    ("verifiedpermissions", "BatchIsAuthorized"): ("IsAuthorized",),
    ("verifiedpermissions", "BatchIsAuthorizedWithToken"): ("IsAuthorizedWithToken",),
    ("verifiedpermissions", "BatchGetPolicy"): ("GetPolicy",),
}

# (prefix, resource type) → ARN template, where the reference's own says less than AWS's ARNs do, or its variables
# don't come one a parameter.
TEMPLATES: Mapping[tuple[str, str], str] = {
    # a stack's id is made by the service; policies match it with `stack/name/*`
    ("cloudformation", "stack"): "arn:${Partition}:cloudformation:${Region}:${Account}:stack/${StackName}/*",
    # `family:revision` comes in one parameter
    ("ecs", "task-definition"): "arn:${Partition}:ecs:${Region}:${Account}:task-definition/${TaskDefinition}",
    # the type in an ARN is in small letters, that in a condition key in large ones
    ("organizations", "policy"): "arn:${Partition}:organizations::${PolicyOwner}/${PolicyKind}/p-${PolicyId}",
    # Log groups are authorised by ARNs that go on to their streams; hence the `:*` at the end of policies.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    ("logs", "log-group"): "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:log-stream:",
}

# (service, parameter) → what AWS takes where the request leaves it out.
DEFAULTS: Mapping[tuple[str, str], str] = {
    ("ecs", "cluster"): "default",
    ("athena", "WorkGroup"): "primary",
    ("scheduler", "GroupName"): "default",
}

# service → the parameter that says in whose account the resource is; the caller's own if it is left out.
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html
OWNERS: Mapping[str, str] = {
    "ecr": "registryId",
    "glue": "CatalogId",
    "lakeformation": "CatalogId",
    "sqs": "QueueOwnerAWSAccountId",
}

# service → parameter → the name by which the ARN template knows it.
ALIASES: Mapping[str, Mapping[str, str]] = {
    "ec2": {"GroupId": "SecurityGroupId", "KeyName": "KeyPairName"},
    "ses": {"Source": "IdentityName"},
    "sesv2": {"FromEmailAddress": "IdentityName", "EmailIdentity": "IdentityName"},
    "ssm": {"Target": "InstanceId"},
}

# Services where a parameter `Name` is a label and never names the resource.
NO_GENERIC_NAMES = frozenset(("ec2",))

# (prefix, resource type) → how the id of such a resource starts, where two types share a parameter.
ID_STARTS: Mapping[tuple[str, str], str] = {
    ("ssm", "instance"): "i-",
    ("ssm", "managed-instance"): "mi-",
}

# API Gateway has no action a piece: the HTTP verb is the action, the path the resource.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
HTTP_VERBS = frozenset(("apigateway", "apigatewayv2"))

# The service that assumes a passed role, where it isn't `<prefix>.amazonaws.com`.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
PASSED_TO: Mapping[str, str] = {
    "autoscaling": "ec2.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "synthetics": "lambda.amazonaws.com",
}
