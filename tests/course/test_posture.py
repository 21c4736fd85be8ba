"""The posture of an account: every practice is seen while it isn't followed, and no longer when it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from iamlab import Lab
from iamlab.course.documents import allow, trust
from iamlab.course.neglected import ADMINISTRATOR, HOST, neglected
from iamlab.course.posture import Check, Posture, posture
from iamlab.outside.authenticator import Authenticator
from iamlab.outside.authority import CertificateAuthority

PASSWORDS = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "PasswordReusePrevention": 24,
}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(seed=1) as running:
        yield running


def found(number: int) -> str:
    """What the account's posture says against one practice."""
    return "; ".join(posture().checks[number - 1].found)


def test_a_neglected_account_follows_none(lab: Lab) -> None:
    neglected(lab)
    seen = posture()
    assert (seen.score, seen.colour) == (0, "red")
    assert repr(seen) == repr(posture())


def test_looking_changes_nothing(lab: Lab) -> None:
    neglected(lab)
    before = len(lab.trail)
    posture()
    looked = {event.name for event in lab.trail[before:]}
    assert all(name.startswith(("Get", "List", "Generate", "Describe", "Validate")) for name in looked), (
        looked
    )


def test_a_program_s_idle_services_are_named(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_role(
        RoleName="App", AssumeRolePolicyDocument=json.dumps(trust({"Service": "ecs-tasks.amazonaws.com"}))
    )
    document = json.dumps(allow("s3:ListAllMyBuckets", "sqs:ListQueues"))
    iam.put_role_policy(RoleName="App", PolicyName="P", PolicyDocument=document)
    assert found(1) == "role/App may use 2 services, and has used 0 (not s3, sqs)"
    with lab.workload("App") as app:
        app.session().client("s3").list_buckets()
        assert found(1) == "role/App may use 2 services, and has used 1 (not sqs)"
        app.session().client("sqs").list_queues()
    assert found(1) == ""


def test_idle_policies_and_findings_are_named(lab: Lab) -> None:
    iam = boto3.client("iam")
    document = json.dumps(allow("iam:PassRole"))
    arn = iam.create_policy(PolicyName="Wide", PolicyDocument=document)["Policy"]["Arn"]
    assert found(2) == "Wide is attached to nobody; Wide: PASS_ROLE_WITH_STAR_IN_RESOURCE"
    iam.create_group(GroupName="G")
    iam.attach_group_policy(GroupName="G", PolicyArn=arn)
    assert found(2) == "Wide: PASS_ROLE_WITH_STAR_IN_RESOURCE"
    iam.put_group_policy(GroupName="G", PolicyName="own", PolicyDocument=document)
    assert "own of G: PASS_ROLE" in found(2)


def test_whoever_can_become_anybody_needs_a_device(lab: Lab) -> None:
    iam = boto3.client("iam")
    for name in ("ana", "ben", "cem"):
        iam.create_user(UserName=name)
    iam.create_group(GroupName="G")
    iam.attach_group_policy(GroupName="G", PolicyArn=ADMINISTRATOR)
    iam.add_user_to_group(GroupName="G", UserName="ana")
    iam.put_user_policy(
        UserName="ben", PolicyName="P", PolicyDocument=json.dumps(allow("iam:CreateAccessKey"))
    )
    iam.put_user_policy(UserName="cem", PolicyName="P", PolicyDocument=json.dumps(allow("s3:*")))
    assert [line.split()[0] for line in posture().checks[2].found] == ["user/ana", "user/ben"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]
    phone = Authenticator(lab.clock.now)
    phone.add(device["Base32StringSeed"], "ana")
    one, two = phone.two_codes()
    iam.enable_mfa_device(
        UserName="ana",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=one,
        AuthenticationCode2=two,
    )
    assert [line.split()[0] for line in posture().checks[2].found] == ["user/ben"]


def test_keys_of_programs_and_idle_and_old_keys_are_named(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="robot")
    iam.create_user(UserName="ana")
    iam.create_login_profile(UserName="ana", Password="Sunshine1")
    iam.create_access_key(UserName="robot")
    key = iam.create_access_key(UserName="ana")
    assert found(4) == "user/robot is a program that works with a long-term key"
    assert found(7) == ""
    lab.clock.advance(days=91)
    lab.session(key).client("sts").get_caller_identity()
    assert "robot works and is unused for more than 90 days" in found(4)
    assert "ana" not in found(4)
    assert found(7).count("is 91 days old") == 2
    for user in ("robot", "ana"):
        for row in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.update_access_key(UserName=user, AccessKeyId=row["AccessKeyId"], Status="Inactive")
    assert (found(4), found(7)) == ("", "")


# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
@pytest.mark.parametrize(
    ("options", "started", "enough"),
    [
        ({"IsMultiRegionTrail": True, "EnableLogFileValidation": True}, True, True),
        ({"IsMultiRegionTrail": True, "EnableLogFileValidation": True}, False, False),
        ({"IsMultiRegionTrail": True}, True, False),
        ({"EnableLogFileValidation": True}, True, False),
    ],
    ids=["all of it", "not started", "files not validated", "one region"],
)
def test_a_trail_counts_when_it_records_all(
    lab: Lab, options: dict[str, Any], started: bool, enough: bool
) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="audit-files")
    writes = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": ["arn:aws:s3:::audit-files", "arn:aws:s3:::audit-files/AWSLogs/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [writes]})
    s3.put_bucket_policy(Bucket="audit-files", Policy=policy)
    trail = boto3.client("cloudtrail")
    trail.create_trail(Name="all", S3BucketName="audit-files", **options)
    if started:
        trail.start_logging(Name="all")
    assert (found(5) == "") is enough


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"MinimumPasswordLength": 13}, "passwords of 13 characters are taken"),
        ({"RequireSymbols": False}, "passwords need no symbols"),
        ({"RequireNumbers": False}, "passwords need no numbers"),
        ({"RequireUppercaseCharacters": False}, "passwords need no uppercase"),
        ({"RequireLowercaseCharacters": False}, "passwords need no lowercase"),
        ({"PasswordReusePrevention": 5}, "an old password can be used again"),
    ],
    ids=["strong", "short", "symbols", "numbers", "uppercase", "lowercase", "reuse"],
)
def test_each_weakness_of_a_password_policy_is_named(lab: Lab, change: dict[str, Any], words: str) -> None:
    boto3.client("iam").update_account_password_policy(**PASSWORDS | change)
    assert found(6) == words


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (29, ""),
        (31, "certificate www ends in 28 days"),
        (61, "certificate www has expired"),
    ],
)
def test_a_certificate_is_named_before_it_ends(lab: Lab, later: int, words: str) -> None:
    made = CertificateAuthority(lab.clock.now).issue(HOST, days=60)
    boto3.client("iam").upload_server_certificate(
        ServerCertificateName="www", CertificateBody=made.pem, PrivateKey=made.key_pem
    )
    lab.clock.advance(days=later)
    assert found(7) == words


def test_the_time_may_be_given(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="robot")
    iam.create_access_key(UserName="robot")
    later = posture(boto3.Session(), now=lab.clock.now() + timedelta(days=100))
    assert not later.checks[6].passed


def test_without_a_lab_and_a_time_it_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match=r"Lab\.start"):
        posture()


@pytest.mark.parametrize(
    ("passed", "colour"), [(0, "red"), (3, "red"), (4, "amber"), (6, "amber"), (7, "green")]
)
def test_the_colour_follows_the_score(passed: int, colour: str) -> None:
    checks = tuple(Check(f"p{n}", "do it", () if n < passed else ("bad",)) for n in range(7))
    assert (Posture(checks).score, Posture(checks).colour) == (passed, colour)


def test_names_reach_html_escaped() -> None:
    html = Posture((Check("practice", "do <b>", ("user/<script>",)),)).to_html()
    assert "<script>" not in html
    assert "user/&lt;script&gt;" in html
    assert "do &lt;b&gt;" in html


def test_the_company_s_program_works_with_its_key(lab: Lab) -> None:
    company = neglected(lab)
    company.export(lab.session(company.key))
    body = boto3.client("s3").get_object(Bucket="example-reports", Key="summary.csv")["Body"].read()
    assert body == b"total,42\n"
    assert company.key["SecretAccessKey"] not in repr(company)
