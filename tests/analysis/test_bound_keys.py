"""Requests that nobody can send are denied by the fence, those of the caller itself are not.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.analysis.bound_keys import caller_fence, mfa_fence
from iamlab.engine import PolicySet, Request, decide

ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ANA = {"aws:username": "ana*", "aws:PrincipalTag/team": "red"}
SAID = "aws:UserName aws:userid aws:PrincipalTag/team aws:PrincipalTag/Other aws:MultiFactorAuthAge"

# context: whether such a request can be
CALLER = {
    "her own keys": (ANA, True),
    "another name": (ANA | {"aws:username": "ben"}, False),
    "a name that would fit her name as a pattern": (ANA | {"aws:username": "anabel"}, False),
    "no name": ({"aws:PrincipalTag/team": "red"}, False),
    "a key that she doesn't have": (ANA | {"aws:userid": "AIDAEXAMPLE"}, False),
}
MFA = {
    "neither": ({}, True),
    "a token without a code": ({"aws:MultiFactorAuthPresent": False}, True),
    "a code and its age": ({"aws:MultiFactorAuthPresent": True, "aws:MultiFactorAuthAge": 60}, True),
    "a code without an age": ({"aws:MultiFactorAuthPresent": True}, False),
    "an age without a code": ({"aws:MultiFactorAuthPresent": False, "aws:MultiFactorAuthAge": 60}, False),
    "an age alone": ({"aws:MultiFactorAuthAge": 60}, False),
}


def possible(context: dict[str, Any], fence: list[dict[str, Any]]) -> bool:
    policy = {"Version": "2012-10-17", "Statement": [ALL, *fence]}
    request = Request(
        "s3:GetObject", "arn:aws:s3:::b/k", "arn:aws:iam::123456789012:user/ana", context=context
    )
    return decide(request, PolicySet(identity=policy)).allowed


@pytest.mark.parametrize("name", CALLER)
def test_the_keys_of_a_caller_are_what_they_are(name: str) -> None:
    context, can_be = CALLER[name]
    said = SAID.replace("aws:MultiFactorAuthAge", "").replace(" ", '" "')
    assert possible(context, list(caller_fence(said, ANA))) is can_be


@pytest.mark.parametrize("name", MFA)
def test_a_second_factor_has_an_age(name: str) -> None:
    context, can_be = MFA[name]
    assert possible(context, list(mfa_fence(SAID))) is can_be


def test_a_pattern_stands_for_all_sessions() -> None:
    fence = list(caller_fence('"aws:userid"', {"aws:userid": "AROAEXAMPLE:*"}, patterns=True))
    assert possible({"aws:userid": "AROAEXAMPLE:one"}, fence)
    assert not possible({"aws:userid": "AROAOTHER:one"}, fence)


def test_nothing_is_said_about_keys_that_do_not_occur() -> None:
    assert not [*caller_fence("s3:prefix", ANA), *mfa_fence("s3:prefix")]
