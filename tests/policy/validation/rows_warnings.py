"""Security warnings and warnings; see `rows_errors.py` for the form of a row."""


def one(body: str) -> str:
    return '{"Version": "2012-10-17", "Statement": [{' + body + "}]}"


def allow(action: str, resource: str = '"*"', more: str = "") -> str:
    return one(f'"Effect": "Allow", {action}, {resource}{more}')


def condition(value: str, action: str = '"s3:*"', effect: str = "Allow", name: str = "Action") -> str:
    return one(f'"Effect": "{effect}", "{name}": {action}, "Resource": "*", "Condition": {value}')


def trust(principal: str, action: str = '"sts:AssumeRole"', more: str = "") -> str:
    return one(f'"Effect": "Allow", "Principal": {principal}, "Action": {action}{more}')


def bucket(principal: str, more: str = "", effect: str = '"Allow"') -> str:
    return one(
        f'"Effect": {effect}, {principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"{more}'
    )


ROLE = '"Resource": "arn:aws:iam::111122223333:role/app-*"'
NOT_ROLE = '"NotResource": «"arn:aws:iam::111122223333:role/admin"»'
STAR = '"Resource": «"*"»'
PASS = '"Action": "iam:PassRole"'
LINKED = '"Action": "iam:CreateServiceLinkedRole"'
PASSED = ', "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}'
NAMED = ', "Condition": {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}'
LINKED_ROLE = '"Resource": "arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*"'
GITHUB = '{"Federated": %s"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"%s}'
WEB = '"sts:AssumeRoleWithWebIdentity"'
SUBJECT = '"token.actions.githubusercontent.com:sub"'
AUDIENCE = '"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"'
OKTA = '{"Federated": %s"arn:aws:iam::111122223333:oidc-provider/id.example.com"%s}'
LONG = ", ".join(f'"arn:aws:s3:::bucket-number-{number:04}/*"' for number in range(800))

SECURITY = (
    (
        "ALLOW_WITH_NOT_PRINCIPAL",
        "resource",
        bucket('«"NotPrincipal"»: {"AWS": "111122223333"}'),
        bucket('"NotPrincipal": {"AWS": "111122223333"}', effect='"Deny"'),
    ),
    (
        "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "identity",
        condition('{"StringEquals": {«"aws:ResourceTag/t"»: "a"}}', '"ec2:*"', "Deny", "NotAction"),
        condition('{"StringNotEquals": {"aws:ResourceTag/t": "a"}}', '"ec2:*"', "Deny", "NotAction"),
    ),
    (
        "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "identity",
        condition(
            '{"StringEquals": {«"aws:ResourceTag/t"»: "a"}}',
            '["ec2:StartInstances", "sts:GetSessionToken"]',
            "Deny",
        ),
        condition(
            '{"StringEquals": {"aws:ResourceTag/t": "a"}}', '["ec2:StartInstances", "dynamodb:*"]', "Deny"
        ),
    ),
    (
        "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
        "identity",
        condition('{"ForAllValues:StringEquals": {«"aws:PrincipalTag/t"»: "a"}}'),
        condition('{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}'),
    ),
    (
        "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
        "trust",
        trust(OKTA % ("«", "»"), WEB),
        trust(OKTA % ("", ""), WEB, ', "Condition": {"StringEquals": {"id.example.com:aud": "a"}}'),
    ),
    (
        "MISSING_GITHUB_REPO_CONDITION_KEY",
        "trust",
        trust(GITHUB % ("«", "»"), WEB, ', "Condition": {"StringEquals": {' + AUDIENCE + "}}"),
        trust(
            GITHUB % ("", ""),
            WEB,
            ', "Condition": {"StringEquals": {' + SUBJECT + ': "repo:o/r:ref:refs/heads/main"}}',
        ),
    ),
    (
        "MISSING_PAIRED_CONDITION_KEYS",
        "identity",
        condition('{"IpAddress": {«"aws:VpcSourceIp"»: "10.0.0.0/8"}}'),
        condition(
            '{"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}'
        ),
    ),
    (
        "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
        "identity",
        allow('"NotAction": "s3:*"', NOT_ROLE),
        allow('"NotAction": "iam:*"', NOT_ROLE),
    ),
    ("PASS_ROLE_WITH_NOT_RESOURCE", "identity", allow(PASS, NOT_ROLE), allow(PASS, NOT_ROLE, PASSED)),
    (
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "identity",
        allow('"Action": "iam:*"', NOT_ROLE),
        allow('"Action": "iam:Get*"', NOT_ROLE),
    ),
    (
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "identity",
        allow('"Action": ["s3:*", "iam:Pass*"]', STAR),
        allow('"Action": "iam:P*"', ROLE),
    ),
    (
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        "identity",
        allow(PASS, '"Resource": [«"arn:aws:iam::*:role/*"»]'),
        allow(PASS, ROLE),
    ),
    (
        "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "identity",
        allow('"NotAction": "s3:*"', STAR),
        one('"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"'),
    ),
    (
        "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
        "resource",
        bucket('"Principal": {"Service": «"cloudtrail.amazonaws.com"»}'),
        bucket(
            '"Principal": {"Service": "cloudtrail.amazonaws.com"}',
            ', "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}',
        ),
    ),
)

WARNINGS = (
    (
        "ACTION_WITHOUT_RESOURCE_TYPES",
        "identity",
        allow('"Action": ["s3:GetObject", «"s3:ListAllMyBuckets"»]', '"Resource": "arn:aws:s3:::b/*"'),
        allow('"Action": ["s3:GetObject", "s3:ListAllMyBuckets"]', '"Resource": ["arn:aws:s3:::b/*", "*"]'),
    ),
    (
        "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
        "identity",
        allow('"NotAction": "s3:*"', NOT_ROLE),
        allow('"NotAction": "iam:Create*"', NOT_ROLE),
    ),
    ("CREATE_SLR_WITH_NOT_RESOURCE", "identity", allow(LINKED, NOT_ROLE), allow(LINKED, NOT_ROLE, NAMED)),
    (
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "identity",
        allow('"Action": "iam:Create*"', NOT_ROLE),
        allow('"Action": "iam:CreateRole"', NOT_ROLE),
    ),
    (
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "identity",
        allow('"Action": "iam:*"', STAR),
        allow('"Action": "iam:*"', LINKED_ROLE),
    ),
    (
        "CREATE_SLR_WITH_STAR_IN_RESOURCE",
        "identity",
        allow(LINKED, '"Resource": «"arn:aws:iam::*:role/aws-service-role/*"»'),
        allow(LINKED, '"Resource": "*"', NAMED),
    ),
    (
        "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "boundary",
        allow('"NotAction": "s3:*"', STAR),
        allow('"NotAction": ["s3:*", "iam:*"]', STAR),
    ),
    (
        "DEPRECATED_GLOBAL_CONDITION_KEY",
        "resource",
        bucket('"Principal": "*"', ', "Condition": {"StringEquals": {«"aws:SourceOwner"»: "111122223333"}}'),
        bucket('"Principal": "*"', ', "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}'),
    ),
    (
        "INVALID_DATE_VALUE",
        "identity",
        condition('{"DateLessThan": {"aws:CurrentTime": «"1767225600"»}}'),
        condition('{"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}'),
    ),
    (
        "INVALID_ROLE_REFERENCE",
        "resource",
        bucket('"Principal": {"AWS": «"AROA1234567890ABCDEFG"»}'),
        bucket('"Principal": {"AWS": "arn:aws:iam::111122223333:role/AROA"}'),
    ),
    (
        "INVALID_USER_REFERENCE",
        "resource",
        bucket('"Principal": {"AWS": [«"AIDA1234567890ABCDEFG"»]}'),
        bucket('"Principal": {"AWS": "arn:aws:iam::111122223333:user/AIDA"}'),
    ),
    (
        "MISSING_VERSION",
        "identity",
        '«{»"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}',
        allow('"Action": "s3:*"', '"Resource": "*"'),
    ),
    (
        "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
        "identity",
        "«" + allow('"Action": "s3:*"', f'"Resource": [{LONG}]') + "»",
        allow('"Action": "s3:*"', '"Resource": "*"').replace(" ", " " * 1000),
    ),
    (
        "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
        "resource",
        "«" + one(f'"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [{LONG}]') + "»",
        bucket('"Principal": "*"'),
    ),
    (
        "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
        "trust",
        "«"
        + trust(
            '{"AWS": ['
            + ", ".join(f'"arn:aws:iam::111122223333:user/user-{number:03}"' for number in range(60))
            + "]}"
        )
        + "»",
        trust('{"AWS": "111122223333"}').replace(" ", "\n" * 500),
    ),
    (
        "RESOURCE_NOT_FOR_ACTION",
        "identity",
        allow('"Action": [«"s3:ListBucket"», "s3:GetObject"]', '"Resource": "arn:aws:s3:::b/*"'),
        allow('"Action": ["s3:ListBucket", "s3:GetObject"]', '"Resource": "arn:aws:s3:::b*"'),
    ),
    (
        "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
        "trust",
        trust(GITHUB % ("", ""), WEB, ', "Condition": {"StringLike": {' + SUBJECT + ': «"repo:o/*"»}}'),
        trust(
            GITHUB % ("", ""),
            WEB,
            ', "Condition": {"StringLike": {' + SUBJECT + ': "repo:o/r:ref:refs/heads/main"}}',
        ),
    ),
    (
        "TYPE_MISMATCH",
        "identity",
        condition(
            '{«"StringEquals"»: {"aws:SecureTransport": "true"}, «"NumericLessThan"»: {"aws:username": "7"}}'
        ),
        condition(
            '{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/a*"}, '
            '"NumericLessThan": {"aws:EpochTime": "1767225600"}}'
        ),
    ),
    (
        "TYPE_MISMATCH_BOOLEAN",
        "identity",
        condition('{"Bool": {"aws:SecureTransport": «"yes"»}, "Null": {"aws:username": «"no"»}}'),
        condition('{"Bool": {"aws:SecureTransport": true}}'),
    ),
    (
        "TYPE_MISMATCH_DATE",
        "identity",
        condition('{"DateLessThan": {"aws:CurrentTime": «"31.12.2026"»}}'),
        condition('{"DateLessThan": {"aws:CurrentTime": "2026-12-31"}}'),
    ),
    (
        "TYPE_MISMATCH_NUMBER",
        "identity",
        condition('{"NumericLessThan": {"aws:MultiFactorAuthAge": «"one hour"»}}'),
        condition('{"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}'),
    ),
    (
        "TYPE_MISMATCH_STRING",
        "identity",
        condition('{"BinaryEquals": {"aws:username": «"%%%"»}}'),
        condition('{"BinaryEquals": {"aws:username": "QUJD"}}'),
    ),
    (
        "UNIQUE_SIDS_RECOMMENDED",
        "resource",
        '{"Version": "2012-10-17", "Statement": [{"Sid": "a b", "Effect": "Allow", "Principal": "*", "Action": '
        '"s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, {"Sid": «"a b"», "Effect": "Deny", "Principal": "*", '
        '"Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}]}',
        bucket('"Principal": "*", "Sid": "a b"'),
    ),
    (
        "WILDCARD_WITHOUT_LIKE_OPERATOR",
        "identity",
        condition('{"StringEquals": {"aws:PrincipalTag/job": [«"admin-*"», "user"]}}'),
        condition(
            '{"StringLike": {"aws:PrincipalTag/job": "admin-*"}, "StringEquals": {"aws:username": "${*}a"}}'
        ),
    ),
)

ROWS = (*SECURITY, *WARNINGS)
