"""Pairs of policies that are hard to compare: the corpus of `benchmarks/analysis.py`.

Written after the kinds of examples in AWS's documentation and after the mistakes people make with them. Each entry is
name → (first, second, relation among any requests).
"""

from __future__ import annotations

from typing import Any

Statement = dict[str, Any]
Pair = tuple[dict[str, Any], dict[str, Any], str]


def allow(action: Any, resource: Any = "*", condition: Any = None) -> Statement:
    found = {"Effect": "Allow", "Action": action, "Resource": resource}
    return found | {"Condition": condition} if condition else found


def deny(action: Any, resource: Any = "*", condition: Any = None) -> Statement:
    return allow(action, resource, condition) | {"Effect": "Deny"}


def policy(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def without(statement: Statement, element: str) -> Statement:
    """The statement with `NotAction` or `NotResource` in place of the element."""
    return {(f"Not{key}" if key == element else key): value for key, value in statement.items()}


ALL = allow("*")
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
EC2_TYPES = (
    "instance",
    "volume",
    "network-interface",
    "security-group",
    "subnet",
    "key-pair",
    "snapshot",
    "vpc",
    "image",
)
HOME = "arn:aws:s3:::company-home/${aws:username}"
REGIONS = ["eu-central-1", "eu-west-1"]
GLOBAL = ["iam:*", "organizations:*", "route53:*", "support:*", "sts:*"]


def ec2(kind: str) -> str:
    return f"arn:aws:ec2:*:*:{kind}/*"


def tag(name: str, value: str) -> dict[str, Any]:
    return {"StringEquals": {f"aws:ResourceTag/{name}": value}}


def actions(service: str, count: int) -> list[str]:
    return [f"{service}:Operation{number:03}" for number in range(count)]


def buckets(count: int, star: str = "/*") -> list[str]:
    return [f"arn:aws:s3:::team-{number:03}-data{star}" for number in range(count)]


def pairs() -> dict[str, Pair]:
    """All pairs, made anew."""
    found: dict[str, Pair] = {}

    def add(name: str, first: dict[str, Any], second: dict[str, Any], relation: str) -> None:
        assert name not in found
        found[name] = (first, second, relation)

    # Actions
    add(
        "read and what read seems to be",
        policy(allow("s3:Get*")),
        policy(allow("s3:*Object*")),
        "incomparable",
    )
    add(
        "a question mark",
        policy(allow("s3:?etObject")),
        policy(allow(["s3:GetObject", "s3:SetObject"])),
        "more",
    )
    add("stars in the middle", policy(allow("ec2:*Image*")), policy(allow("ec2:*I*ag*")), "less")
    add("three ways to write everything", policy(allow("*")), policy(allow(["*:*", "***"])), "equivalent")
    add(
        "NotAction is no Deny",
        policy(without(allow("iam:*"), "Action")),
        policy(ALL, deny("iam:*")),
        "equivalent",
    )
    add(
        "NotAction beside an Allow",
        policy(without(allow("iam:*"), "Action"), allow("iam:Get*")),
        policy(ALL),
        "less",
    )
    add(
        "power user",
        policy(without(allow(["iam:*", "organizations:*"]), "Action"), allow("iam:List*")),
        policy(ALL, deny("iam:Create*")),
        "less",
    )
    add(
        "the case of letters",
        policy(allow("dynamoDB:getitem")),
        policy(allow("dynamodb:GetItem")),
        "equivalent",
    )
    add(
        "300 actions and one dropped",
        policy(allow(actions("a", 300))),
        policy(allow(actions("a", 299))),
        "more",
    )
    add("300 actions under a star", policy(allow(actions("a", 300))), policy(allow("a:Operation*")), "less")
    add("two orders", policy(allow(actions("a", 120))), policy(allow(actions("a", 120)[::-1])), "equivalent")
    add(
        "denied twice", policy(ALL, deny("s3:Delete*"), deny("s3:*")), policy(ALL, deny("s3:*")), "equivalent"
    )

    # Resources
    add(
        "a bucket and its objects",
        policy(allow("s3:*", "arn:aws:s3:::b*")),
        policy(allow("s3:*", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"])),
        "more",
    )
    add(
        "a slash forgotten",
        policy(allow("s3:GetObject", "arn:aws:s3:::b/public*")),
        policy(allow("s3:GetObject", "arn:aws:s3:::b/public/*")),
        "more",
    )
    add(
        "a star inside an ARN's field",
        policy(allow("sqs:*", "arn:aws:sqs:eu-*-1:*:q")),
        policy(allow("sqs:*", "arn:aws:sqs:*:*:q")),
        "less",
    )
    add(
        "nine kinds of EC2 resources",
        policy(allow("ec2:*", [ec2(kind) for kind in EC2_TYPES])),
        policy(allow("ec2:*", [ec2(kind) for kind in EC2_TYPES[:-1]])),
        "more",
    )
    add(
        "nine kinds in nine statements",
        policy(*(allow("ec2:*", ec2(kind)) for kind in EC2_TYPES)),
        policy(allow("ec2:*", [ec2(kind) for kind in EC2_TYPES])),
        "equivalent",
    )
    add(
        "nine kinds against a star",
        policy(allow("ec2:*", [ec2(kind) for kind in EC2_TYPES])),
        policy(allow("ec2:*", "arn:aws:ec2:*:*:*")),
        "less",
    )
    add(
        "nine kinds without one",
        policy(allow("ec2:*", [ec2(kind) for kind in EC2_TYPES]), deny("ec2:*", ec2("volume"))),
        policy(allow("ec2:*", [ec2(kind) for kind in EC2_TYPES if kind != "volume"])),
        "less",
    )
    add(
        "NotResource",
        policy(without(allow("s3:*", "arn:aws:s3:::logs/*"), "Resource")),
        policy(allow("s3:*"), deny("s3:*", "arn:aws:s3:::logs/*")),
        "equivalent",
    )
    add(
        "NotResource with a hole",
        policy(without(allow("s3:*", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]), "Resource")),
        policy(allow("s3:*"), deny("s3:*", "arn:aws:s3:::logs*")),
        "more",
    )
    add(
        "a Deny that spares one folder",
        policy(allow("s3:*", "arn:aws:s3:::b/*"), without(deny("s3:*", "arn:aws:s3:::b/open/*"), "Resource")),
        policy(allow("s3:*", "arn:aws:s3:::b/open/*")),
        "equivalent",
    )
    add(
        "100 buckets and one more",
        policy(allow("s3:GetObject", buckets(100))),
        policy(allow("s3:GetObject", buckets(101))),
        "less",
    )
    add(
        "100 buckets under a star",
        policy(allow("s3:GetObject", buckets(100))),
        policy(allow("s3:GetObject", "arn:aws:s3:::team-*-data/*")),
        "less",
    )
    add(
        "folders that contain each other",
        policy(allow("s3:*", ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/a/b/*"])),
        policy(allow("s3:*", "arn:aws:s3:::b/a/*")),
        "equivalent",
    )
    add(
        "an extension",
        policy(allow("s3:GetObject", "arn:aws:s3:::b/*.jpg")),
        policy(allow("s3:GetObject", ["arn:aws:s3:::b/*.jp*g", "arn:aws:s3:::b/*.png"])),
        "less",
    )

    # Second factor, transport, network, time
    add(
        "MFA with Bool and with BoolIfExists",
        policy(ALL, deny("*", "*", {"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
        policy(ALL, deny("*", "*", NO_MFA)),
        "more",
    )
    add(
        "MFA allowed and MFA not denied",
        policy(allow("*", "*", {"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        policy(ALL, deny("*", "*", NO_MFA)),
        "equivalent",
    )
    add(
        "MFA with Null",
        policy(ALL, deny("*", "*", {"Null": {"aws:MultiFactorAuthPresent": "true"}})),
        policy(ALL, deny("*", "*", NO_MFA)),
        "more",
    )
    add(
        "MFA younger than an hour",
        policy(allow("iam:*", "*", {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}})),
        policy(
            allow("iam:*"),
            deny("iam:*", "*", {"NumericGreaterThanEqualsIfExists": {"aws:MultiFactorAuthAge": "3600"}}),
        ),
        "equivalent",
    )
    add(
        "self-service that only MFA opens",
        policy(
            allow("iam:*", "arn:aws:iam::*:user/${aws:username}"),
            without(deny(["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"], "*", NO_MFA), "Action"),
        ),
        policy(allow("iam:*", "arn:aws:iam::*:user/${aws:username}")),
        "less",
    )
    add(
        "TLS",
        policy(ALL, deny("s3:*", "*", {"Bool": {"aws:SecureTransport": "false"}})),
        policy(ALL, deny("s3:*", "*", {"BoolIfExists": {"aws:SecureTransport": "false"}})),
        "more",
    )
    add(
        "networks that make one",
        policy(allow("*", "*", {"IpAddress": {"aws:SourceIp": ["192.0.2.0/25", "192.0.2.128/25"]}})),
        policy(allow("*", "*", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        "equivalent",
    )
    add(
        "a network with a hole",
        policy(
            allow(
                "*",
                "*",
                {
                    "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                    "NotIpAddress": {"aws:SourceIp": "10.9.0.0/16"},
                },
            )
        ),
        policy(allow("*", "*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        "less",
    )
    add(
        "outside the office, or through a service",
        policy(
            ALL,
            deny(
                "*",
                "*",
                {
                    "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
                    "Bool": {"aws:ViaAWSService": "false"},
                },
            ),
        ),
        policy(ALL, deny("*", "*", {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}})),
        "more",
    )
    add(
        "IPv6 forgotten",
        policy(allow("*", "*", {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0"]}})),
        policy(allow("*", "*", {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}})),
        "less",
    )
    add(
        "a summer",
        policy(
            allow(
                "*",
                "*",
                {
                    "DateGreaterThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"},
                    "DateLessThan": {"aws:CurrentTime": "2026-09-01T00:00:00Z"},
                },
            )
        ),
        policy(allow("*", "*", {"DateGreaterThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}})),
        "less",
    )
    add(
        "a moment in two notations",
        policy(allow("*", "*", {"DateLessThanEquals": {"aws:CurrentTime": "2026-01-01"}})),
        policy(allow("*", "*", {"DateLessThanEquals": {"aws:CurrentTime": "2026-01-01T01:00:00+01:00"}})),
        "equivalent",
    )

    # Regions and services
    add(
        "regions fenced, global services spared",
        policy(
            ALL, without(deny(GLOBAL, "*", {"StringNotEquals": {"aws:RequestedRegion": REGIONS}}), "Action")
        ),
        policy(ALL, deny("*", "*", {"StringNotEquals": {"aws:RequestedRegion": REGIONS}})),
        "more",
    )
    add(
        "regions by pattern",
        policy(allow("ec2:*", "*", {"StringLike": {"aws:RequestedRegion": "eu-*"}})),
        policy(allow("ec2:*", "*", {"StringEquals": {"aws:RequestedRegion": REGIONS}})),
        "more",
    )
    add(
        "IfExists opens",
        policy(allow("ec2:*", "*", {"StringEqualsIfExists": {"ec2:InstanceType": ["t3.micro", "t3.small"]}})),
        policy(allow("ec2:*", "*", {"StringEquals": {"ec2:InstanceType": ["t3.micro", "t3.small"]}})),
        "more",
    )
    add(
        "StringNotEquals and absence",
        policy(allow("*", "*", {"StringNotEquals": {"aws:PrincipalTag/team": "red"}})),
        policy(
            allow(
                "*",
                "*",
                {
                    "StringNotEquals": {"aws:PrincipalTag/team": "red"},
                    "Null": {"aws:PrincipalTag/team": "false"},
                },
            )
        ),
        "more",
    )
    add(
        "PassRole to one service",
        policy(
            allow(
                "iam:PassRole",
                "arn:aws:iam::*:role/app-*",
                {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            )
        ),
        policy(
            allow(
                "iam:PassRole",
                "arn:aws:iam::*:role/app-*",
                {"StringLike": {"iam:PassedToService": "*.amazonaws.com"}},
            )
        ),
        "less",
    )
    add(
        "list a folder",
        policy(
            allow(
                "s3:ListBucket",
                "arn:aws:s3:::b",
                {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}},
            )
        ),
        policy(allow("s3:ListBucket", "arn:aws:s3:::b", {"StringLike": {"s3:prefix": ["", "home/*"]}})),
        "less",
    )
    add(
        "encryption demanded, twice wrongly",
        policy(
            allow("s3:PutObject"),
            deny("s3:PutObject", "*", {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}),
        ),
        policy(allow("s3:PutObject", "*", {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}})),
        "equivalent",
    )
    add(
        "IgnoreCase",
        policy(allow("*", "*", {"StringEqualsIgnoreCase": {"aws:PrincipalTag/env": "Dev"}})),
        policy(allow("*", "*", {"StringEquals": {"aws:PrincipalTag/env": ["dev", "Dev", "DEV"]}})),
        "more",
    )
    add(
        "ARN operators",
        policy(allow("*", "*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}})),
        policy(allow("*", "*", {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}})),
        "equivalent",
    )
    add(
        "an ARN with a star across fields",
        policy(allow("*", "*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}})),
        policy(allow("*", "*", {"StringLike": {"aws:SourceArn": "arn:aws:s3:*"}})),
        "less",
    )

    # Tags
    add(
        "tags of resource and caller",
        policy(allow("ec2:*", "*", tag("team", "${aws:PrincipalTag/team}"))),
        policy(allow("ec2:*", "*", tag("team", "red"))),
        "incomparable",
    )
    add(
        "tags of resource and caller, one team",
        policy(
            allow(
                "ec2:*",
                "*",
                {
                    "StringEquals": {
                        "aws:ResourceTag/team": "${aws:PrincipalTag/team}",
                        "aws:PrincipalTag/team": "red",
                    }
                },
            )
        ),
        policy(
            allow(
                "ec2:*",
                "*",
                {"StringEquals": {"aws:ResourceTag/team": "red", "aws:PrincipalTag/team": "red"}},
            )
        ),
        "equivalent",
    )
    add(
        "only these tag keys",
        policy(
            allow(
                "ec2:CreateTags", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "env", "cost"]}}
            )
        ),
        policy(allow("ec2:CreateTags", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "env"]}})),
        "more",
    )
    add(
        "ForAllValues and the empty set",
        policy(
            allow(
                "ec2:CreateTags",
                "*",
                {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}, "Null": {"aws:TagKeys": "false"}},
            )
        ),
        policy(allow("ec2:CreateTags", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}})),
        "less",
    )
    add(
        "any and all",
        policy(allow("ec2:CreateTags", "*", {"ForAnyValue:StringLike": {"aws:TagKeys": ["t*", "e*"]}})),
        policy(allow("ec2:CreateTags", "*", {"ForAllValues:StringLike": {"aws:TagKeys": ["t*", "e*"]}})),
        "incomparable",
    )
    add(
        "six tests on one list",
        policy(
            *(deny("*", "*", {"ForAnyValue:StringEquals": {"aws:TagKeys": name}}) for name in "abcdef"), ALL
        ),
        policy(ALL, deny("*", "*", {"ForAnyValue:StringEquals": {"aws:TagKeys": list("abcdef")}})),
        "equivalent",
    )
    add(
        "organisation paths",
        policy(allow("*", "*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/r-b/ou-c/*"}})),
        policy(
            allow(
                "*",
                "*",
                {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-a/r-b/ou-c/*", "o-a/r-b/ou-d/*"]}},
            )
        ),
        "less",
    )
    add(
        "request tags with a default",
        policy(allow("ec2:*", "*", tag("team", "${aws:PrincipalTag/team, 'none'}"))),
        policy(allow("ec2:*", "*", tag("team", "${aws:PrincipalTag/team}"))),
        "more",
    )

    # Variables
    add("home folders", policy(allow("s3:*", [HOME, f"{HOME}/*"])), policy(allow("s3:*", f"{HOME}*")), "less")
    add(
        "home folders and one's own",
        policy(allow("s3:*", f"{HOME}/*")),
        policy(allow("s3:*", "arn:aws:s3:::company-home/ann/*", {"StringEquals": {"aws:username": "ann"}})),
        "more",
    )
    add(
        "home folders behind a boundary of names",
        policy(allow("s3:*", f"{HOME}/*", {"StringLike": {"aws:username": "a*"}})),
        policy(allow("s3:*", "arn:aws:s3:::company-home/a*", {"StringLike": {"aws:username": "a*"}})),
        "less",
    )
    add(
        "two variables in one path",
        policy(allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/team}/${aws:username}/*")),
        policy(allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/team}/*")),
        "less",
    )
    add(
        "three variables",
        policy(
            allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/org}/${aws:PrincipalTag/team}/${aws:username}")
        ),
        policy(allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/org}/*/${aws:username}")),
        "less",
    )
    add(
        "a user's own keys",
        policy(allow("iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}")),
        policy(allow("iam:*AccessKey*", "arn:aws:iam::*:user/*")),
        "less",
    )
    add(
        "an escaped star",
        policy(allow("s3:*", "arn:aws:s3:::b/${*}")),
        policy(allow("s3:*", "arn:aws:s3:::b/*")),
        "less",
    )
    add(
        "variables switched off",
        policy(allow("s3:*", f"{HOME}/*")) | {"Version": "2008-10-17"},
        policy(allow("s3:*", f"{HOME}/*")),
        "incomparable",
    )

    # Long ones, towards the limit of 6,144 characters
    long_allow = [
        allow(f"{service}:*", f"arn:aws:{service}:*:*:*", tag("env", env))
        for service in ("ec2", "rds", "sqs", "sns", "kms", "ecs")
        for env in ("dev", "test", "prod")
    ]
    add(
        "18 conditioned statements, one condition dropped",
        policy(*long_allow[:-1], {k: v for k, v in long_allow[-1].items() if k != "Condition"}),
        policy(*long_allow),
        "more",
    )
    add(
        "18 statements as 6",
        policy(*long_allow),
        policy(
            *(
                allow(
                    f"{s}:*",
                    f"arn:aws:{s}:*:*:*",
                    {"StringEquals": {"aws:ResourceTag/env": ["dev", "test", "prod"]}},
                )
                for s in ("ec2", "rds", "sqs", "sns", "kms", "ecs")
            )
        ),
        "equivalent",
    )
    add(
        "20 Denies in two orders",
        policy(ALL, *(deny(f"{name}:*", "*", NO_MFA) for name in actions("x", 20))),
        policy(*(deny(f"{name}:*", "*", NO_MFA) for name in actions("x", 20)[::-1]), ALL),
        "equivalent",
    )
    add(
        "30 folders with 30 tags",
        policy(*(allow("s3:*", f"arn:aws:s3:::b/f{i}/*", tag("t", f"v{i}")) for i in range(30))),
        policy(*(allow("s3:*", f"arn:aws:s3:::b/f{i}/*", tag("t", f"v{i}")) for i in range(29))),
        "more",
    )
    add(
        "eight keys at once",
        policy(
            ALL, *(deny("*", "*", {"StringNotEquals": {f"aws:PrincipalTag/k{i}": "x"}}) for i in range(8))
        ),
        policy(allow("*", "*", {"StringEquals": {f"aws:PrincipalTag/k{i}": "x" for i in range(8)}})),
        "equivalent",
    )
    add(
        "eight keys, one spared",
        policy(
            ALL, *(deny("*", "*", {"StringNotEquals": {f"aws:PrincipalTag/k{i}": "x"}}) for i in range(8))
        ),
        policy(allow("*", "*", {"StringEquals": {f"aws:PrincipalTag/k{i}": "x" for i in range(7)}})),
        "less",
    )
    return found
