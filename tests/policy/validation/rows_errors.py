"""Errors, each with a policy that has it and one that doesn't.

A row: code, kind of policy (with a resource type where one matters), the policy with the mistake, in which
«guillemets» mark each place where the code must be reported, and a policy without. Policies are as short as AWS lets
them be.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""


def one(body: str) -> str:
    return '{"Version": "2012-10-17", "Statement": [{' + body + "}]}"


def action(value: str, resource: str = '"*"') -> str:
    return one(f'"Effect": "Allow", "Action": {value}, "Resource": {resource}')


def resource(value: str, action: str = '"*"') -> str:
    return one(f'"Effect": "Deny", "Action": {action}, "Resource": {value}')


def condition(value: str, action: str = '"s3:*"', effect: str = "Allow") -> str:
    return one(f'"Effect": "{effect}", "Action": {action}, "Resource": "*", "Condition": {value}')


def trust(principal: str, action: str = '"sts:AssumeRole"', more: str = "") -> str:
    return one(f'"Effect": "Allow", "Principal": {principal}, "Action": {action}{more}')


def bucket(
    body: str = "",
    action: str = '"s3:GetObject"',
    resource: str = '"arn:aws:s3:::b/*"',
    principal: str = '"*"',
) -> str:
    return one(
        f'"Effect": "Allow", "Principal": {principal}, "Action": {action}, "Resource": {resource}{body}'
    )


def rcp(
    action: str = '"s3:*"',
    effect: str = '"Deny"',
    principal: str = '"Principal": "*"',
    name: str = '"Action"',
) -> str:
    return one(f'"Effect": {effect}, {principal}, {name}: {action}, "Resource": "*"')


ACCOUNT = '{"AWS": "111122223333"}'
SAML = '{"Federated": "arn:aws:iam::111122223333:saml-provider/Idp"}'
ANYWHERE = '{"Service": "rolesanywhere.amazonaws.com"}'
LONG = ", ".join(f'"arn:aws:s3:::bucket-number-{number:04}/*"' for number in range(400))
LONG_ACTIONS = ", ".join(f'"s3:GetObject{"?" * number}"' for number in range(1, 130))

ROWS = (
    (
        "ARN_ACCOUNT_NOT_ALLOWED",
        "identity",
        resource('«"arn:aws:s3::111122223333:b"»'),
        resource('["arn:aws:s3:::b", "arn:aws:s3:us-east-1:111122223333:accesspoint/p"]'),
    ),
    (
        "ARN_REGION_NOT_ALLOWED",
        "identity",
        resource('«"arn:aws:iam:us-east-1:111122223333:user/u"»'),
        resource('["arn:aws:iam::111122223333:user/u", "arn:aws:iam:*:111122223333:user/v"]'),
    ),
    (
        "DATA_TYPE_MISMATCH",
        "identity",
        one('"Effect": "Allow", "Action": «7», "Resource": "*"'),
        action('"s3:GetObject"'),
    ),
    (
        "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
        "identity",
        condition('{"StringEquals": {"aws:username": "a", «"aws:UserName"»: "b"}}'),
        condition('{"StringEquals": {"aws:username": "a"}, "StringLike": {"aws:UserName": "a*"}}'),
    ),
    (
        "EMPTY_VARIABLE",
        "identity",
        resource('«"arn:aws:s3:::b/${}/*"»'),
        resource('"arn:aws:s3:::b/${aws:username}/*"'),
    ),
    (
        "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
        "resource",
        bucket(principal='{"Federated": «"arn:aws:iam::111122223333:saml-provider/Idp"»}'),
        bucket(principal='{"AWS": "111122223333"}'),
    ),
    (
        "INVALID_ACTION",
        "identity",
        action('[«"s3:GetObjcet"», «"s3:Frobnicate*"»]'),
        action('["s3:getobject", "s3:Get*"]'),
    ),
    (
        "INVALID_ARN_ACCOUNT",
        "identity",
        resource('«"arn:aws:iam::12345:user/u"»'),
        resource(
            '["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::1111*:user/u", "arn:aws:iam::*:user/u"]'
        ),
    ),
    ("INVALID_ARN_PREFIX", "identity", resource('«"s3:::b/*"»'), resource('["arn:aws:s3:::b/*"]')),
    (
        "INVALID_ARN_REGION",
        "identity",
        resource('«"arn:aws:sqs:us-eats-1:111122223333:q"»'),
        resource('["arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sqs:us-*:111122223333:q"]'),
    ),
    (
        "INVALID_ARN_RESOURCE",
        "identity",
        resource('«"arn:aws:iam::111122223333:users/u"»'),
        resource('["arn:aws:iam::111122223333:user/u", "arn:aws:iam::111122223333:*"]'),
    ),
    ("INVALID_ARN_SERVICE_CASE", "identity", resource('«"arn:aws:S3:::b"»'), resource('"arn:aws:s3:::b"')),
    (
        "INVALID_CONDITION_DATA_TYPE",
        "identity",
        condition('{"StringEquals": {"aws:username": «["a", 7]»}}'),
        condition('{"NumericLessThan": {"aws:MultiFactorAuthAge": 7}}'),
    ),
    (
        "INVALID_CONDITION_KEY_FORMAT",
        "identity",
        condition('{"StringEquals": {«"username"»: "a"}}'),
        condition('{"StringEquals": {"aws:username": "a"}}'),
    ),
    (
        "INVALID_CONDITION_MULTIPLE_BOOLEAN",
        "identity",
        condition('{"Bool": {"aws:SecureTransport": «["true", "false"]»}}'),
        condition('{"Bool": {"aws:SecureTransport": ["true"]}}'),
    ),
    (
        "INVALID_CONDITION_OPERATOR",
        "identity",
        condition('{«"StringEqual"»: {"aws:username": "a"}, «"stringlike"»: {"aws:username": "a"}}'),
        condition('{"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "a"}}'),
    ),
    (
        "INVALID_EFFECT",
        "identity",
        one('"Effect": «"allow"», "Action": "s3:GetObject", "Resource": "*"'),
        action('"s3:GetObject"'),
    ),
    (
        "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
        "trust",
        trust('{"Federated": «"arn:aws:iam::111122223333:role/r"»}', '"sts:AssumeRoleWithSAML"'),
        trust(SAML, '"sts:AssumeRoleWithSAML"'),
    ),
    (
        "INVALID_GLOBAL_CONDITION_KEY",
        "identity",
        condition('{"StringEquals": {«"aws:PrincipalOrgId2"»: "a", «"aws:ResourceTags/x"»: "y"}}'),
        condition('{"StringEquals": {"aws:principalorgid": "o-a1b2c3d4e5", "aws:ResourceTag/x": "y"}}'),
    ),
    (
        "INVALID_KMS_KEY_VALUE",
        "resource",
        bucket(
            ', "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": «"alias/k"»}}',
            '"s3:PutObject"',
        ),
        bucket(
            ', "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": '
            '"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}}',
            '"s3:PutObject"',
        ),
    ),
    (
        "INVALID_PARTITION",
        "identity",
        resource('«"arn:awz:s3:::b"»'),
        resource('["arn:aws-cn:s3:::b", "arn:*:s3:::c"]'),
    ),
    (
        "INVALID_POLICY_ELEMENT",
        "identity",
        one('"Effect": "Allow", "Action": "s3:GetObject", «"Resources"»: "*"'),
        action('"s3:GetObject"'),
    ),
    ("INVALID_PRINCIPAL_FORMAT", "resource", bucket(principal='{"AWS": «"Bob"»}'), bucket(principal=ACCOUNT)),
    (
        "INVALID_PRINCIPAL_KEY",
        "resource",
        bucket(principal='{«"Aws"»: "111122223333"}'),
        bucket(principal=ACCOUNT),
    ),
    (
        "INVALID_REGION",
        "identity",
        condition('{"StringEquals": {"aws:RequestedRegion": ["eu-west-1", «"eu-weste-1"»]}}'),
        condition('{"StringLike": {"aws:RequestedRegion": ["eu-*", "us-east-1"]}}'),
    ),
    (
        "INVALID_SERVICE",
        "identity",
        resource('«"arn:aws:dynamdb:us-east-1:111122223333:table/t"»'),
        resource('"arn:aws:dynamodb:us-east-1:111122223333:table/t"'),
    ),
    (
        "INVALID_SERVICE_CONDITION_KEY",
        "identity",
        condition('{"StringEquals": {«"s3:prefx"»: "a"}}', '"s3:ListBucket"'),
        condition('{"StringEquals": {"s3:prefix": "a", "S3:ExistingObjectTag/k": "a"}}', '"s3:*"'),
    ),
    ("INVALID_SERVICE_IN_ACTION", "identity", action('«"dynamo:GetItem"»'), action('"DynamoDB:GetItem"')),
    (
        "INVALID_SERVICE_PRINCIPAL_FORMAT",
        "identity",
        condition(
            '{"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", «"ec2"»]}}', '"iam:PassRole"'
        ),
        condition(
            '{"StringLike": {"iam:PassedToService": ["lambda.amazonaws.com", "ec2.*"]}}', '"iam:PassRole"'
        ),
    ),
    (
        "INVALID_VARIABLE",
        "identity",
        resource('«"arn:aws:s3:::b/${username}"»'),
        resource('"arn:aws:s3:::b/${aws:username}"'),
    ),
    (
        "INVALID_VARIABLE_FOR_OPERATOR",
        "identity",
        condition('{"NumericEquals": {"aws:MultiFactorAuthAge": «"${aws:username}"»}}'),
        condition('{"StringEquals": {"aws:PrincipalTag/name": "${aws:username}"}}'),
    ),
    (
        "INVALID_VERSION",
        "identity",
        '{"Version": «"2012-10-18"», "Statement": []}',
        '{"Version": "2008-10-17", "Statement": []}',
    ),
    (
        "INVALID_VPCE_FORMAT",
        "resource",
        bucket(', "Condition": {"StringEquals": {"aws:SourceVpce": «"vpc-1a2b3c4d"»}}'),
        bucket(
            ', "Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-1a2b3c4d", "vpce-0123456789abcdef0"]}}'
        ),
    ),
    (
        "INVALID_VPC_FORMAT",
        "resource",
        bucket(', "Condition": {"StringNotEquals": {"aws:SourceVpc": «"vpc-xyz"»}}'),
        bucket(', "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}'),
    ),
    ("JSON_SYNTAX_ERROR", "identity", action('["s3:GetObject"«,»]'), action('["s3:GetObject"]')),
    (
        "MISMATCHED_ACTION_FOR_PRINCIPAL",
        "trust",
        trust(SAML, '«"sts:AssumeRole"»'),
        trust(SAML, '["sts:AssumeRoleWithSAML", "sts:TagSession"]'),
    ),
    (
        "MISSING_ACTION",
        "identity",
        '{"Version": "2012-10-17", "Statement": [«{"Effect": "Allow", "Resource": "*"}»]}',
        action('"s3:*"'),
    ),
    (
        "MISSING_ACTION_FOR_CONDITION_KEY",
        "trust",
        trust(
            ACCOUNT,
            more=', "Condition": {"StringEquals": {«"aws:RequestTag/team"»: "a", «"sts:SourceIdentity"»: "b"}}',
        ),
        trust(
            ACCOUNT,
            '["sts:AssumeRole", "sts:TagSession", "sts:Set*"]',
            ', "Condition": {"StringEquals": {"aws:RequestTag/team": "a", "sts:SourceIdentity": "b"}}',
        ),
    ),
    (
        "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
        "trust",
        trust(ANYWHERE, '«["sts:AssumeRole"]»'),
        trust(ANYWHERE, '["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]'),
    ),
    (
        "MISSING_ARN_ACCOUNT",
        "identity",
        resource('«"arn:aws:dynamodb:us-east-1::table/t"»'),
        resource('["arn:aws:ssm:us-east-1::document/AWS-RunShellScript", "arn:aws:ec2:us-east-1::image/*"]'),
    ),
    ("MISSING_ARN_FIELD", "identity", resource('«"arn:aws:s3:b"»'), resource('"arn:aws:s3:::b"')),
    (
        "MISSING_ARN_REGION",
        "identity",
        resource('«"arn:aws:dynamodb::111122223333:table/t"»'),
        resource('["arn:aws:dynamodb:*:111122223333:table/t", "arn:aws:iam::111122223333:role/r"]'),
    ),
    (
        "MISSING_BRACE_IN_VARIABLE",
        "identity",
        resource('«"arn:aws:s3:::b/${aws:username"»'),
        resource('"arn:aws:s3:::b/${aws:username}"'),
    ),
    (
        "MISSING_EFFECT",
        "identity",
        '{"Version": "2012-10-17", "Statement": [«{"Action": "s3:*", "Resource": "*"}»]}',
        action('"s3:*"'),
    ),
    (
        "MISSING_PRINCIPAL",
        "resource",
        '{"Version": "2012-10-17", "Statement": [«{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}»]}',
        bucket(),
    ),
    (
        "MISSING_QUALIFIER",
        "identity",
        condition('{"StringEquals": {«"aws:TagKeys"»: "a"}}'),
        condition('{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}'),
    ),
    (
        "MISSING_QUOTE_IN_VARIABLE",
        "identity",
        resource('«"arn:aws:s3:::b/${aws:username, anonymous}"»'),
        resource("\"arn:aws:s3:::b/${aws:username, 'anonymous'}\""),
    ),
    (
        "MISSING_RESOURCE",
        "identity",
        '{"Version": "2012-10-17", "Statement": [«{"Effect": "Allow", "Action": "s3:*"}»]}',
        action('"s3:*"'),
    ),
    ("MISSING_STATEMENT", "identity", '{"Version": "2012-10-17", "Statement": «[]»}', action('"s3:*"')),
    (
        "MISSING_TAG_KEY_IN_CONDITION",
        "identity",
        condition('{"StringEquals": {«"aws:ResourceTag"»: "a", «"aws:RequestTag/"»: "b"}}', '"ec2:*"'),
        condition('{"StringEquals": {"aws:ResourceTag/team": "a"}}', '"ec2:*"'),
    ),
    (
        "NULL_WITH_IF_EXISTS",
        "identity",
        condition('{«"NullIfExists"»: {"aws:TokenIssueTime": "true"}}'),
        condition('{"Null": {"aws:TokenIssueTime": "true"}}'),
    ),
    (
        "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
        "rcp",
        "«" + one(f'"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [{LONG}]') + "»",
        rcp(),
    ),
    (
        "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
        "scp",
        "«" + resource(f"[{LONG}]").replace(", ", ",\n" + " " * 8) + "»",
        resource(f"[{LONG[:10000].rpartition(',')[0]}]"),
    ),
    (
        "PRIVATE_IP_ADDRESS",
        "identity",
        condition('{"IpAddress": {"aws:SourceIp": «["10.0.0.0/8", "192.168.1.1"]»}}'),
        condition('{"IpAddress": {"aws:SourceIp": "203.0.113.0/24", "aws:VpcSourceIp": "10.0.0.0/8"}}'),
    ),
    (
        "PRIVATE_NOT_IP_ADDRESS",
        "identity",
        condition('{"NotIpAddress": {"aws:SourceIp": «"172.16.0.0/12"»}}'),
        condition('{"NotIpAddress": {"aws:SourceIp": "172.0.0.0/8"}}'),
    ),
    (
        "RCP_SYNTAX_ERROR_ACTION",
        "rcp",
        rcp('[«"*"», «"s3:*Object"», «"ec2:*"», "s3:Get*"]'),
        rcp('["s3:*", "kms:Decrypt"]'),
    ),
    ("RCP_SYNTAX_ERROR_ALLOW", "rcp", rcp(effect='«"Allow"»'), rcp()),
    ("RCP_SYNTAX_ERROR_NOTACTION", "rcp", rcp(name='«"NotAction"»'), rcp()),
    ("RCP_SYNTAX_ERROR_PRINCIPAL", "rcp", rcp(principal='"Principal": «{"AWS": "*"}»'), rcp()),
    (
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
        "trust",
        one('"Effect": "Deny", «"NotPrincipal"»: {"AWS": "111122223333"}, "Action": "sts:AssumeRole"'),
        trust(ACCOUNT),
    ),
    (
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
        "trust",
        trust(ACCOUNT, more=', «"Resource"»: "*"'),
        trust(ACCOUNT),
    ),
    (
        "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        "trust",
        trust('{"AWS": «"*"»}'),
        trust('"*"').replace("Allow", "Deny"),
    ),
    (
        "SCP_SYNTAX_ERROR_PRINCIPAL",
        "scp",
        one('"Effect": "Deny", «"Principal"»: "*", "Action": "s3:*", "Resource": "*"'),
        resource('"*"', '"iam:*Key"'),
    ),
    (
        "TYPE_MISMATCH_IP_RANGE",
        "identity",
        condition('{"IpAddress": {"aws:SourceIp": «"203.0.113.0/33"»}}'),
        condition('{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}'),
    ),
    (
        "UNIQUE_SIDS_REQUIRED",
        "identity",
        '{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}, '
        '{"Sid": «"A"», "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}',
        '{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}, '
        '{"Sid": "a", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}',
    ),
    (
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        "identity",
        condition('{"StringLike": {«"s3:prefix"»: "a/*"}}', '["s3:ListBucket", "s3:GetObject"]'),
        condition('{"StringLike": {"s3:prefix": "a/*"}}', '["s3:ListBucket", "s3:Get*"]'),
    ),
    (
        "UNSUPPORTED_ACTION_IN_POLICY",
        "resource AWS::S3::Bucket",
        bucket(action='["s3:GetObject", «"s3:ListAllMyBuckets"», «"sqs:SendMessage"»]'),
        bucket(action='["s3:GetObject", "s3:*"]'),
    ),
    (
        "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
        "resource",
        bucket(
            ', "Condition": {"StringEquals": {«"aws:SourceOrgID"»: "o-a1b2c3d4e5"}}',
            principal='{"Service": "cloudfront.amazonaws.com"}',
        ),
        bucket(
            ', "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}',
            principal='{"Service": "cloudfront.amazonaws.com"}',
        ),
    ),
    (
        "UNSUPPORTED_ELEMENT_COMBINATION",
        "identity",
        one('"Effect": "Allow", "Action": "s3:*", «"NotAction"»: "s3:Put*", "Resource": "*"'),
        action('"s3:*"'),
    ),
    (
        "UNSUPPORTED_GLOBAL_CONDITION_KEY",
        "identity",
        condition('{"ArnLike": {«"aws:ARN"»: "arn:aws:iam::111122223333:role/r"}}'),
        condition('{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/r"}}'),
    ),
    (
        "UNSUPPORTED_PRINCIPAL",
        "identity",
        one('"Effect": "Allow", «"Principal"»: "*", "Action": "s3:*", "Resource": "*"'),
        action('"s3:*"'),
    ),
    (
        "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
        "resource AWS::S3::Bucket",
        bucket(resource='["arn:aws:s3:::b/*", «"arn:aws:sqs:us-east-1:111122223333:q"»]'),
        bucket(resource='["arn:aws:s3:::b", "arn:aws:s3:::b/*", "*"]'),
    ),
    (
        "UNSUPPORTED_SID",
        "identity",
        one('"Sid": «"my-sid"», "Effect": "Allow", "Action": "s3:*", "Resource": "*"'),
        one('"Sid": "MySid1", "Effect": "Allow", "Action": "s3:*", "Resource": "*"'),
    ),
    (
        "UNSUPPORTED_SPACE_IN_VARIABLE",
        "identity",
        resource('«"arn:aws:s3:::b/${ aws:username}"»'),
        resource('"arn:aws:s3:::b/${aws:username}"'),
    ),
    (
        "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        "resource",
        bucket(principal='{"AWS": «"arn:aws:iam::111122223333:user/*"»}'),
        bucket(principal='{"AWS": "*"}'),
    ),
    (
        "VARIABLE_UNSUPPORTED_IN_ELEMENT",
        "identity",
        one(
            '"Effect": "Allow", "Action": [«"s3:${aws:username}"»], "Resource": «"arn:aws:s3:${aws:region}::b"»'
        ),
        action('"s3:GetObject"', '"arn:aws:s3:::b/${aws:username}/*"'),
    ),
    (
        "VARIABLE_UNSUPPORTED_IN_VERSION",
        "identity",
        action('"s3:GetObject"', '«"arn:aws:s3:::b/${aws:username}/*"»').replace("2012", "2008"),
        action('"s3:GetObject"', '"arn:aws:s3:::b/${aws:username}/*"'),
    ),
    (
        "VARIABLE_USAGE_TOO_PERMISSIVE",
        "identity",
        condition('{"StringEquals": {"aws:ResourceAccount": «"${aws:PrincipalTag/account}"»}}'),
        condition('{"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}'),
    ),
    (
        "WILDCARD_USAGE_TOO_PERMISSIVE",
        "identity",
        condition('{"StringLike": {"aws:PrincipalOrgID": «"o-*"», "aws:userid": «"*:me"»}}'),
        condition('{"StringLike": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:userid": "AROA1234567890:*"}}'),
    ),
)
