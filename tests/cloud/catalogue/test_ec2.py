"""EC2's instances: one launch, many resources.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamlab.cloud.catalogue import Check

Ask = Callable[..., tuple[Check, ...]]
State = Callable[[str], Any]
E = "arn:aws:ec2:us-east-1:123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def _by_type(found: tuple[Check, ...], action: str = "ec2:RunInstances") -> dict[str, Check]:
    return {c.resource.split(":")[-1].split("/")[0]: c for c in found if c.action == action}


def test_a_launch_asks_for_each_resource_it_touches(ask: Ask, state: State) -> None:
    ec2 = state("ec2")
    subnet = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["us-east-1a"]}])[
        "Subnets"
    ][0]
    group = ec2.create_security_group(GroupName="web", Description="x", VpcId=subnet["VpcId"])["GroupId"]
    ec2.create_tags(Resources=[subnet["SubnetId"]], Tags=[{"Key": "team", "Value": "blue"}])
    image = ec2.describe_images()["Images"][0]
    found = ask(
        "ec2",
        "RunInstances",
        ImageId=image["ImageId"],
        InstanceType="t3.micro",
        SubnetId=subnet["SubnetId"],
        SecurityGroupIds=[group],
        KeyName="mine",
        MetadataOptions={"HttpTokens": "required"},
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": True}}],
    )
    checks = _by_type(found)
    assert {kind: c.resource for kind, c in checks.items()} == {
        "instance": f"{E}:instance/*",
        "image": f"arn:aws:ec2:us-east-1::image/{image['ImageId']}",
        "subnet": f"{E}:subnet/{subnet['SubnetId']}",
        "network-interface": f"{E}:network-interface/*",
        "security-group": f"{E}:security-group/{group}",
        "volume": f"{E}:volume/*",
        "key-pair": f"{E}:key-pair/mine",
    }
    vpc = f"{E}:vpc/{subnet['VpcId']}"
    for check in found:
        assert check.context["ec2:Region"] == "us-east-1"
        assert check.owner == "123456789012"
    expected: dict[str, dict[str, Any]] = {
        "instance": {
            "ec2:InstanceType": "t3.micro",
            "ec2:Tenancy": "default",
            "ec2:AvailabilityZone": "us-east-1a",
            "ec2:MetadataHttpTokens": "required",
        },
        "image": {"ec2:ImageType": "machine", "ec2:Public": image["Public"]},
        "subnet": {"ec2:Vpc": vpc, "ec2:ResourceTag/team": "blue", "aws:ResourceTag/team": "blue"},
        "network-interface": {"ec2:Vpc": vpc, "ec2:Subnet": f"{E}:subnet/{subnet['SubnetId']}"},
        "security-group": {"ec2:Vpc": vpc, "ec2:SecurityGroupID": group},
        "volume": {"ec2:VolumeSize": 8, "ec2:Encrypted": True},
        "key-pair": {"ec2:KeyPairName": "mine"},
    }
    for kind, context in expected.items():
        assert context.items() <= dict(checks[kind].context).items(), kind
    assert "ec2:InstanceType" not in checks["subnet"].context


def test_what_a_launch_leaves_out_comes_from_the_default_vpc(ask: Ask, state: State) -> None:
    state("ec2").describe_vpcs()
    checks = _by_type(ask("ec2", "RunInstances", ImageId="ami-1", MinCount=1, MaxCount=1))
    assert set(checks) == {"instance", "image", "subnet", "network-interface", "security-group", "volume"}
    assert checks["subnet"].resource.startswith(f"{E}:subnet/subnet-")
    assert checks["security-group"].resource.startswith(f"{E}:security-group/sg-")
    assert checks["instance"].context["ec2:InstanceType"] == "m1.small"


def test_an_instance_profile_passes_its_role(ask: Ask, state: State) -> None:
    iam = state("iam")
    iam.create_role(RoleName="app", Path="/svc/", AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="app")
    profile = "arn:aws:iam::123456789012:instance-profile/web"
    for named in ({"Name": "web"}, {"Arn": profile}):
        found = ask("ec2", "RunInstances", ImageId="ami-1", IamInstanceProfile=named)
        (passed,) = [c for c in found if c.action == "iam:PassRole"]
        assert passed.resource == "arn:aws:iam::123456789012:role/svc/app"
        assert passed.context == {"iam:PassedToService": "ec2.amazonaws.com"}
        assert _by_type(found)["instance"].context["ec2:InstanceProfile"] == profile


def test_tagging_on_creation_is_an_action_of_its_own(ask: Ask) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html"""
    found = ask(
        "ec2",
        "RunInstances",
        ImageId="ami-1",
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "blue"}]}],
    )
    (tagging,) = [c for c in found if c.action == "ec2:CreateTags"]
    assert tagging.resource == f"{E}:instance/*"
    assert tagging.context["ec2:CreateAction"] == "RunInstances"
    assert tagging.context["aws:RequestTag/team"] == "blue"
    checks = _by_type(found)
    assert checks["instance"].context["aws:RequestTag/team"] == "blue"
    assert "aws:RequestTag/team" not in checks["volume"].context


def test_a_launch_template_fills_what_the_request_leaves_out(ask: Ask, state: State) -> None:
    ec2 = state("ec2")
    template = ec2.create_launch_template(
        LaunchTemplateName="base", LaunchTemplateData={"ImageId": "ami-7", "InstanceType": "c5.large"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    found = ask("ec2", "RunInstances", LaunchTemplate={"LaunchTemplateName": "base"}, InstanceType="t3.nano")
    checks = _by_type(found)
    assert checks["image"].resource == "arn:aws:ec2:us-east-1::image/ami-7"
    assert checks["instance"].context["ec2:InstanceType"] == "t3.nano"
    assert checks["launch-template"].resource == f"{E}:launch-template/{template}"
    assert checks["image"].context["ec2:LaunchTemplate"] == f"{E}:launch-template/{template}"
    assert checks["image"].context["ec2:IsLaunchTemplateResource"] is True
    assert checks["instance"].context["ec2:IsLaunchTemplateResource"] is False


def test_an_existing_instance_is_described(ask: Ask, state: State) -> None:
    ec2 = state("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(
        ImageId=image,
        InstanceType="t3.micro",
        MinCount=2,
        MaxCount=2,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "owner", "Value": "bob"}]}],
    )["Instances"]
    ids = [i["InstanceId"] for i in made]
    for operation in ("StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"):
        found = ask("ec2", operation, InstanceIds=ids)
        assert [(c.action, c.resource) for c in found] == [
            (f"ec2:{operation}", f"{E}:instance/{id_}") for id_ in ids
        ]
        expected = {
            "ec2:InstanceType": "t3.micro",
            "ec2:ResourceTag/owner": "bob",
            "aws:ResourceTag/owner": "bob",
            "ec2:InstanceID": ids[0],
            "ec2:Region": "us-east-1",
        }
        assert expected.items() <= dict(found[0].context).items()


@pytest.mark.parametrize(
    ("id_", "resource"),
    [
        ("i-0abc", "instance/i-0abc"),
        ("vol-1", "volume/vol-1"),
        ("sg-1", "security-group/sg-1"),
        ("subnet-1", "subnet/subnet-1"),
    ],
)
def test_tags_are_put_on_resources_known_by_their_id(id_: str, resource: str, ask: Ask) -> None:
    (made,) = ask("ec2", "CreateTags", Resources=[id_], Tags=[{"Key": "a", "Value": "b"}])
    assert made.resource == f"{E}:{resource}"
    assert made.context["aws:RequestTag/a"] == "b"
    assert "ec2:CreateAction" not in made.context
    (gone,) = ask("ec2", "DeleteTags", Resources=[id_], Tags=[{"Key": "a"}])
    assert gone.context["aws:TagKeys"] == ["a"]
    assert "aws:RequestTag/a" not in gone.context


def test_describing_has_no_resource(ask: Ask) -> None:
    for operation in ("DescribeInstances", "DescribeImages", "DescribeVpcs", "DescribeInstanceStatus"):
        (check,) = ask("ec2", operation, InstanceIds=["i-1"])
        assert (check.action, check.resource, check.wildcard_only) == (f"ec2:{operation}", "*", True)
        assert check.context["ec2:Region"] == "us-east-1"


def test_other_operations_follow_the_general_rule_with_ec2s_keys(ask: Ask, state: State) -> None:
    ec2 = state("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "env", "Value": "prod"}])
    found = ask("ec2", "CreateSecurityGroup", GroupName="x", Description="x", VpcId=vpc)
    assert [c.resource for c in found] == [f"{E}:security-group/*", f"{E}:vpc/{vpc}"]
    assert found[1].context["ec2:ResourceTag/env"] == "prod"
    (attach_instance, attach_volume) = ask("ec2", "AttachVolume", InstanceId="i-1", VolumeId="vol-1")
    assert (attach_instance.resource, attach_volume.resource) == (f"{E}:instance/i-1", f"{E}:volume/vol-1")
