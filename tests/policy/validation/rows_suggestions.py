"""Suggestions; see `rows_errors.py` for the form of a row."""


def one(body: str) -> str:
    return '{"Version": "2012-10-17", "Statement": [{' + body + "}]}"


def allow(action: str, resource: str = '"*"') -> str:
    return one(f'"Effect": "Allow", "Action": {action}, "Resource": {resource}')


def condition(value: str, action: str = '"s3:*"', name: str = "Action") -> str:
    return one(f'"Effect": "Allow", "{name}": {action}, "Resource": "*", "Condition": {value}')


def bucket(principal: str, more: str = "") -> str:
    return one(
        f'"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"{more}'
    )


def trust(principal: str, more: str = "", action: str = "AssumeRole") -> str:
    return one(f'"Effect": "Allow", "Principal": {principal}, "Action": "sts:{action}"{more}')


OIDC = '{"Federated": "arn:aws:iam::111122223333:oidc-provider/id.example.com"}'
SERVICE = '{"Service": "cloudfront.amazonaws.com"}'
READ = '{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}'
SAME = '{"Sid": "Again", "Resource": ["*"], "Effect": "Allow", "Action": ["s3:listbucket", "s3:GetObject"]}'

ROWS = (
    (
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "identity",
        condition('{"StringEquals": {«"aws:ResourceTag/t"»: "a"}}', '"iam:*"', "NotAction"),
        condition('{"StringEquals": {"aws:PrincipalTag/t": "a"}}', '"iam:*"', "NotAction"),
    ),
    (
        "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "identity",
        condition(
            '{"StringEquals": {«"aws:ResourceTag/t"»: "a"}}',
            '["ec2:StartInstances", "sts:GetCallerIdentity"]',
        ),
        condition(
            '{"StringEquals": {"aws:ResourceTag/t": "a"}}', '["ec2:StartInstances", "dynamodb:GetItem"]'
        ),
    ),
    (
        "CONFIRM_AUDIENCE_CLAIM_TYPE",
        "trust",
        trust(
            OIDC,
            ', "Condition": {"ForAnyValue:StringEquals": {«"id.example.com:aud"»: "a"}}',
            "AssumeRoleWithWebIdentity",
        ),
        trust(
            OIDC, ', "Condition": {"StringEquals": {"id.example.com:aud": "a"}}', "AssumeRoleWithWebIdentity"
        ),
    ),
    ("EMPTY_ARRAY_ACTION", "identity", allow("«[]»"), allow('["s3:*"]')),
    (
        "EMPTY_ARRAY_CONDITION",
        "identity",
        condition('{"StringEquals": {"aws:username": «[]»}}'),
        condition('{"StringEquals": {"aws:username": [""]}}'),
    ),
    (
        "EMPTY_ARRAY_CONDITION_FORALLVALUES",
        "identity",
        condition('{"ForAllValues:StringEquals": {"aws:TagKeys": «[]»}}'),
        condition('{"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}'),
    ),
    (
        "EMPTY_ARRAY_CONDITION_FORANYVALUE",
        "identity",
        condition('{"ForAnyValue:StringEquals": {"aws:TagKeys": «[]»}}'),
        condition('{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}'),
    ),
    (
        "EMPTY_ARRAY_CONDITION_IFEXISTS",
        "identity",
        condition('{"StringEqualsIfExists": {"aws:username": «[]»}}'),
        condition('{"StringEqualsIfExists": {"aws:username": ["a"]}}'),
    ),
    ("EMPTY_ARRAY_PRINCIPAL", "resource", bucket('{"AWS": «[]»}'), bucket('{"AWS": ["111122223333"]}')),
    ("EMPTY_ARRAY_RESOURCE", "identity", allow('"s3:*"', "«[]»"), allow('"s3:*"', '["*"]')),
    (
        "EMPTY_OBJECT_CONDITION",
        "identity",
        condition('{"StringEquals": «{}»}'),
        condition('{"StringEquals": {"aws:username": "a"}}'),
    ),
    ("EMPTY_OBJECT_PRINCIPAL", "resource", bucket("«{}»"), bucket('"*"')),
    (
        "EMPTY_SID_VALUE",
        "identity",
        one('"Sid": «""», "Effect": "Allow", "Action": "s3:*", "Resource": "*"'),
        allow('"s3:*"'),
    ),
    (
        "IMPROVE_IP_RANGE",
        "identity",
        condition('{"IpAddress": {"aws:SourceIp": [«"203.0.113.7/24"», "203.0.113.7", «"2001:db8::1/32"»]}}'),
        condition('{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "203.0.113.7/32"]}}'),
    ),
    (
        "IRRELEVANT_CONDITION_KEY_IN_POLICY",
        "resource AWS::S3::Bucket",
        bucket('"*"', ', "Condition": {"StringEquals": {«"s3:ResourceAccount"»: "111122223333"}}'),
        bucket('"*"', ', "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}'),
    ),
    (
        "NULL_WITH_QUALIFIER",
        "identity",
        condition('{«"ForAllValues:Null"»: {"aws:TagKeys": "true"}}'),
        condition('{"Null": {"aws:TagKeys": "true"}}'),
    ),
    (
        "PRIVATE_IP_ADDRESS_SUBSET",
        "identity",
        condition('{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", «"10.0.0.0/8"»]}}'),
        condition('{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "11.0.0.0/8"]}}'),
    ),
    (
        "PRIVATE_NOT_IP_ADDRESS_SUBSET",
        "identity",
        condition('{"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", «"fd00::/8"»]}}'),
        condition('{"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}'),
    ),
    (
        "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
        "resource",
        bucket(SERVICE, ', "Condition": {"StringEquals": {«"aws:Referer"»: "secret"}}'),
        bucket(
            SERVICE,
            ', "Condition": {"StringEquals": {"aws:Referer": "secret", "aws:SourceAccount": "111122223333"}}',
        ),
    ),
    (
        "REDUNDANT_ACTION",
        "identity",
        allow('["iam:Get*", "iam:List*", «"iam:GetCredentialReport"», «"IAM:get*"»]'),
        allow('["iam:Get*", "iam:List*", "iam:*CredentialReport"]'),
    ),
    (
        "REDUNDANT_CONDITION_VALUE_NUM",
        "identity",
        condition('{"NumericLessThan": {"aws:MultiFactorAuthAge": «["2700", "3600"]»}}'),
        condition('{"NumericEquals": {"aws:MultiFactorAuthAge": ["2700", "3600"]}}'),
    ),
    (
        "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY",
        "trust",
        trust(
            '{"AWS": ["arn:aws:iam::111122223333:role/path/r", «"arn:aws:sts::111122223333:assumed-role/r/session"»]}'
        ),
        trust(
            '{"AWS": ["arn:aws:iam::111122223333:role/r", "arn:aws:sts::111122223333:assumed-role/other/session"]}'
        ),
    ),
    (
        "REDUNDANT_RESOURCE",
        "identity",
        allow(
            '"iam:GetRole"',
            '[«"arn:aws:iam::111122223333:role/jane-admin"», "arn:aws:iam::111122223333:role/jane*"]',
        ),
        allow(
            '"iam:GetRole"', '["arn:aws:iam::111122223333:role/Jane", "arn:aws:iam::111122223333:role/jane*"]'
        ),
    ),
    (
        "REDUNDANT_STATEMENT",
        "identity",
        '{"Version": "2012-10-17", "Statement": [' + READ + ", «" + SAME + "»]}",
        '{"Version": "2012-10-17", "Statement": [' + READ + ", " + SAME.replace("Allow", "Deny") + "]}",
    ),
    (
        "WILDCARD_IN_SERVICE_NAME",
        "identity",
        allow('«"code*:Get*"»', '[«"arn:aws:*code*::111122223333:*"»]'),
        allow('["codebuild:*", "*"]', '"*"'),
    ),
)
