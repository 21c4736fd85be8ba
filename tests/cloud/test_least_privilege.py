"""The calls of a lab's principal become the policy that just allows them; the gate agrees."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.analysis.usage import least_privilege
from iamlab.cloud import Lab

ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def test_what_ana_did_is_what_ana_may(lab: Lab) -> None:
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    s3.create_bucket(Bucket="notes")
    iam.create_user(UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="own", PolicyDocument=json.dumps(ALL))
    session = lab.session(iam.create_access_key(UserName="ana"))

    def work() -> None:
        session.client("sts").get_caller_identity()
        session.client("s3").put_object(Bucket="notes", Key="a", Body=b"text")
        session.client("s3").get_object(Bucket="notes", Key="a")
        session.client("iam").get_user(UserName="ana")

    work()
    made = least_privilege(lab.decisions("user/ana"), ALL)
    assert {request.action for request in made.requests} == {"s3:PutObject", "s3:GetObject", "iam:GetUser"}
    assert "iam:CreateUser" in made.dropped
    iam.put_user_policy(UserName="ana", PolicyName="own", PolicyDocument=made.policy.text)
    work()
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("s3").delete_object(Bucket="notes", Key="a")
    assert lab.decisions("role/App") == ()
