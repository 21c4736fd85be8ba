"""S3's definition of a public bucket policy.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.analysis.public import public_statements
from iamlab.policy import Policy


def _statement(principal: Any = "*", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": "s3:*" if effect == "Deny" else "s3:GetObject",
        "Resource": "arn:aws:s3:::box/*",
    }
    return statement | ({"Condition": condition} if condition else {})


def _public(*statements: dict[str, Any]) -> tuple[int, ...]:
    return public_statements(Policy({"Version": "2012-10-17", "Statement": list(statements)}))


NOT_FIXED = {
    "everybody": _statement(),
    "everybody, as a list": _statement({"AWS": ["arn:aws:iam::111122223333:root", "*"]}),
    "everybody but one": _statement()
    | {"Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}},
    "an identity provider that everybody uses": _statement({"Federated": "graph.facebook.com"}),
    "a network by pattern": _statement(StringLike={"aws:SourceVpc": "vpc-*"}),
    "a variable": _statement(StringEquals={"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}),
    "one fixed value and one pattern": _statement(StringLike={"aws:SourceVpc": ["vpc-1", "vpc-2*"]}),
    "half of the internet": _statement(IpAddress={"aws:SourceIp": "0.0.0.0/1"}),
    "more than a /32 of IPv6": _statement(IpAddress={"aws:SourceIp": "2001:db8::/31"}),
    "any role's sessions": _statement(StringLike={"aws:userid": "AROAEXAMPLEID:*"}),
    "whoever isn't in a network": _statement(StringNotEquals={"aws:SourceVpc": "vpc-1"}),
    "a network if there is one": _statement(StringEqualsIfExists={"aws:SourceVpc": "vpc-1"}),
    "all values of a key that may be missing": _statement(
        **{"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-1"}}
    ),
    "a key that anybody can send": _statement(StringEquals={"aws:Referer": "https://example.org/"}),
    "access points of any account": _statement(
        StringLike={"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:*:accesspoint/*"}
    ),
}
FIXED = {
    "an account": _statement({"AWS": "111122223333"}),
    "a role": _statement({"AWS": ["arn:aws:iam::111122223333:role/Reader"]}),
    "a service": _statement({"Service": "cloudtrail.amazonaws.com"}),
    "a provider of an account": _statement({"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}),
    "a network": _statement(StringEquals={"aws:SourceVpc": "vpc-1"}),
    "an endpoint, by one of several conditions": _statement(
        Bool={"aws:SecureTransport": "true"}, StringEquals={"aws:SourceVpce": "vpce-1"}
    ),
    "addresses": _statement(IpAddress={"aws:SourceIp": ["198.51.100.0/24", "10.0.0.0/8", "2001:db8::/32"]}),
    "an organisation": _statement(StringEquals={"aws:PrincipalOrgID": "o-example"}),
    "a key by any spelling": _statement(StringEquals={"AWS:sourceACCOUNT": "111122223333"}),
    "a user's id": _statement(StringEquals={"aws:userid": "AIDAEXAMPLEID"}),
    "a KMS key": _statement(
        StringEquals={
            "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/k"
        }
    ),
    "access points of one account": _statement(
        StringLike={"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:111122223333:accesspoint/*"}
    ),
    "nobody": _statement(effect="Deny"),
}


@pytest.mark.parametrize("case", NOT_FIXED)
def test_an_allow_for_nothing_fixed_makes_a_policy_public(case: str) -> None:
    assert _public(NOT_FIXED[case]) == (0,)


@pytest.mark.parametrize("case", FIXED)
def test_an_allow_for_something_fixed_does_not(case: str) -> None:
    assert _public(FIXED[case]) == ()


def test_one_public_statement_is_enough() -> None:
    assert _public(_statement({"AWS": "111122223333"}), _statement()) == (1,)


# What a Deny says -> whether the policy that allows everybody is public beside it.
DENIES = {
    "nothing over plain HTTP": (_statement(effect="Deny", Bool={"aws:SecureTransport": "false"}), True),
    "nothing from outside of a network": (
        _statement(effect="Deny", StringNotEquals={"aws:SourceVpc": "vpc-1"}),
        False,
    ),
    "nothing from outside of any network": (
        _statement(effect="Deny", StringNotLike={"aws:SourceVpc": "vpc-*"}),
        True,
    ),
    "nothing from other addresses": (
        _statement(effect="Deny", NotIpAddress={"aws:SourceIp": "198.51.100.0/24"}),
        False,
    ),
    "nothing from the other half of the internet": (
        _statement(effect="Deny", NotIpAddress={"aws:SourceIp": "0.0.0.0/1"}),
        True,
    ),
    "nothing from outside of the organisation": (
        _statement(effect="Deny", StringNotEquals={"aws:PrincipalOrgID": "o-example"}),
        False,
    ),
    "nothing at all": (_statement(effect="Deny"), False),
}


@pytest.mark.parametrize("case", DENIES)
def test_denies_count(case: str) -> None:
    deny, public = DENIES[case]
    assert _public(_statement(), deny) == ((0,) if public else ())


def test_what_can_not_be_read_allows_nothing() -> None:
    assert public_statements(Policy("no policy")) == ()
