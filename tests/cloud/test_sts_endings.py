"""Sessions that end before their time, and what EC2's encoded denials tell.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT = "123456789012"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(name: str) -> str:
    """A role that everybody in the account may assume, and that may do anything."""
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    iam = boto3.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=everything)
    return str(arn)


def refusal(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_revoking_a_roles_sessions_ends_the_old_ones_only(lab: Lab) -> None:
    arn = make_role("Leaky")
    sts = boto3.client("sts")
    old = lab.session(sts.assume_role(RoleArn=arn, RoleSessionName="old")).client("s3")
    old.list_buckets()
    lab.clock.advance(minutes=1)
    # What the console's "Revoke active sessions" attaches.
    revoke = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": f"{lab.clock.now():%Y-%m-%dT%H:%M:%S.000Z}"}},
    }
    boto3.client("iam").put_role_policy(
        RoleName="Leaky", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document(revoke)
    )
    lab.clock.advance(seconds=5)
    code, words, _ = refusal(old.list_buckets)
    assert code == "AccessDenied"
    assert words.endswith("with an explicit deny in an identity-based policy")
    lab.session(sts.assume_role(RoleArn=arn, RoleSessionName="new")).client("s3").list_buckets()


def test_a_deleted_roles_sessions_are_strangers_even_if_it_comes_back(lab: Lab) -> None:
    arn = make_role("Brief")
    session = lab.session(boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="ana"))
    iam = boto3.client("iam")
    iam.delete_role_policy(RoleName="Brief", PolicyName="all")
    iam.delete_role(RoleName="Brief")
    unknown = ("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    assert refusal(session.client("sts").get_caller_identity) == unknown
    make_role("Brief")
    assert refusal(session.client("sts").get_caller_identity) == unknown


def test_expired_credentials_are_refused_as_expired(lab: Lab) -> None:
    sts = boto3.client("sts")
    session = lab.session(sts.get_session_token(DurationSeconds=900))
    lab.clock.advance(minutes=16)
    assert refusal(session.client("sts").get_caller_identity) == (
        "ExpiredToken",
        "The security token included in the request is expired",
        403,
    )


# ------------------------------------------------------------------ EC2's encoded denials
def test_an_encoded_denial_tells_what_was_decided(lab: Lab, make_user: Any) -> None:
    where = {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}
    ana = make_user(
        "ana",
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "Stop", "Effect": "Deny", "Action": "ec2:Stop*", "Resource": "*", "Condition": where},
    )
    message = refusal(ana.client("ec2").stop_instances, InstanceIds=["i-0123456789abcdef0"])[1]
    encoded = message.rpartition(" ")[2]
    decoded = json.loads(
        boto3.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    )
    user = boto3.client("iam").get_user(UserName="ana")["User"]

    def items(*values: Any) -> dict[str, Any]:
        return {"items": list(values)}

    regions = items({"value": "us-east-1"}, {"value": "us-west-2"})
    conditions = decoded["context"].pop("conditions")["items"]
    assert decoded == {
        "allowed": False,
        "explicitDeny": True,
        "matchedStatements": items(
            {
                "statementId": "Stop",
                "effect": "DENY",
                "principals": items({"value": user["UserId"]}),
                "principalGroups": items(),
                "actions": items({"value": "ec2:Stop*"}),
                "resources": items({"value": "*"}),
                "conditions": items({"key": "aws:RequestedRegion", "values": regions}),
            }
        ),
        "failures": items(),
        "context": {
            "principal": {"id": user["UserId"], "name": "ana", "arn": user["Arn"]},
            "action": "ec2:StopInstances",
            "resource": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0",
        },
    }
    told = {entry["key"]: entry["values"]["items"] for entry in conditions}
    assert told["aws:Resource"] == [{"value": "instance/i-0123456789abcdef0"}]
    assert told["aws:Account"] == [{"value": ACCOUNT}]


def test_only_who_may_can_decode(lab: Lab, make_user: Any) -> None:
    bob = make_user("bob")
    encoded = refusal(bob.client("ec2").terminate_instances, InstanceIds=["i-0123456789abcdef0"])[
        1
    ].rpartition(" ")[2]
    code, words, status = refusal(bob.client("sts").decode_authorization_message, EncodedMessage=encoded)
    assert (code, status) == ("AccessDenied", 403)
    assert "is not authorized to perform: sts:DecodeAuthorizationMessage" in words
