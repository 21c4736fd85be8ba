"""Near misses, regions, kinds: the parts of validation that the rows of codes don't reach."""

import time

import pytest

from iamlab.policy import Policy
from iamlab.policy.reference import reference
from iamlab.policy.validation.keys import GLOBAL_KEYS, SENSITIVE_KEYS, Standing, look_up
from iamlab.policy.validation.kinds import better_kind
from iamlab.policy.validation.near import near
from iamlab.policy.validation.regions import PARTITIONS, REGIONS
from iamlab.policy.validation.shapes import services_in_arns


def suggestion(action):
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}
    (finding,) = [finding for finding in Policy(document).findings() if finding.code.startswith("INVALID_")]
    return finding.message.partition("did you mean ")[2].strip("`?")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("dynamodb:GetItems", "dynamodb:GetItem"),
        ("dynamo:GetItem", "dynamodb:GetItem"),
        ("s3:GetObjcet", "s3:GetObject"),
        ("s3:ListObjectsV2", "s3:ListBucket"),
        ("s3:ListBuckets", "s3:ListAllMyBuckets"),
        ("s3:HeadObject", "s3:GetObject"),
        ("iam:AssumeRole", "sts:AssumeRole"),
        ("ce2:DescribeInstances", "ec2:DescribeInstances"),
        ("S4:getobject", "s3:getobject"),
        ("ec2:DescribeInstance", "ec2:DescribeInstances"),
        ("lambda:Invoke", "lambda:InvokeFunction"),
        ("s3:FlyToTheMoon", ""),
        ("moonbase:LandShuttle", ""),
    ],
)
def test_an_unknown_action_gets_the_one_that_was_meant(written, meant):
    assert suggestion(written) == meant


@pytest.mark.parametrize(
    ("word", "names", "found"),
    [
        ("allow", ["Allow", "Deny"], "Allow"),
        ("Statment", ["Version", "Statement"], "Statement"),  # codespell:ignore
        ("Actoin", ["Action", "NotAction"], "Action"),
        ("x", ["y"], None),
        ("", ["a"], None),
        ("completely", ["different"], None),
    ],
)
def test_a_near_miss_is_near(word, names, found):
    assert near(word, names) == found


@pytest.mark.parametrize(
    ("key", "standing", "type_", "multivalued"),
    [
        ("aws:SourceIp", Standing.KNOWN, "IPAddress", False),
        ("AWS:SOURCEIP", Standing.KNOWN, "IPAddress", False),
        ("aws:TagKeys", Standing.KNOWN, "String", True),
        ("aws:ResourceTag/Team", Standing.KNOWN, "String", False),
        ("aws:ResourceTag/", Standing.NO_TAG, "", None),
        ("aws:Nonsense", Standing.NO_GLOBAL, "", None),
        ("s3:ExistingObjectTag/k", Standing.KNOWN, "String", False),
        ("dynamodb:LeadingKeys", Standing.KNOWN, "String", True),
        ("kms:EncryptionContext:aws:s3:arn", Standing.KNOWN, "String", False),
        ("s3:nonsense", Standing.NO_KEY, "", None),
        ("nonsense:key", Standing.NO_SERVICE, "", None),
        ("ec2:SourceInstanceARN", Standing.KNOWN, "ARN", False),
        ("saml:aud", Standing.CLAIM, "String", False),
        ("id.example.com/pool:sub", Standing.CLAIM, "String", None),
    ],
)
def test_what_is_known_of_a_condition_key(key, standing, type_, multivalued):
    facts = look_up(key)
    assert (facts.standing, facts.type, facts.multivalued) == (standing, type_, multivalued)


def test_the_sensitive_keys_are_the_ten_of_the_documentation():
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sensitive
    names = {GLOBAL_KEYS[key].name.removeprefix("aws:") for key in SENSITIVE_KEYS}
    assert names == {
        "PrincipalAccount",
        "PrincipalOrgID",
        "ResourceAccount",
        "ResourceOrgID",
        "SourceAccount",
        "SourceOrgID",
        "SourceVpc",
        "SourceVpce",
        "VpceAccount",
        "VpceOrgID",
    }


def test_regions_and_partitions_are_those_of_the_sdk():
    loader = pytest.importorskip("botocore.loaders").Loader()
    partitions = loader.load_data("partitions")["partitions"]
    assert {partition["id"] for partition in partitions} <= set(PARTITIONS)
    assert {region for partition in partitions for region in partition["regions"]} <= set(REGIONS)


def test_nearly_every_service_with_resources_is_known_by_its_arns():
    known = set(services_in_arns())
    without = [
        service.prefix
        for service in reference().services.values()
        if service.resource_types
        and not {t.arn.split(":")[2] for t in service.resource_types.values()} <= known
    ]
    assert len(without) <= 2


def one(**statement):
    return Policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}).text


@pytest.mark.parametrize(
    ("text", "kind", "better"),
    [
        (one(Action="s3:*", Resource="*"), "identity", None),
        (one(Action="s3:*", Resource="*"), "scp", None),
        (one(Action="s3:*", Resource="*"), "resource", "identity"),
        (one(Principal="*", Action="s3:*", Resource="*"), "identity", "resource"),
        (one(Principal="*", Action="s3:*", Resource="*"), "resource", None),
        (one(Principal="*", Action="s3:*", Resource="*"), "rcp", None),
        (one(Principal={"AWS": "1"}, Action="sts:AssumeRole"), "identity", "trust"),
        (one(Principal={"AWS": "1"}, Action="sts:AssumeRole"), "resource", "trust"),
        (one(Principal={"AWS": "1"}, Action="sts:AssumeRole"), "trust", None),
        (one(Principal="*", Action="s3:*", Resource="*")[:-3], "identity", "resource"),
        ("nonsense", "identity", None),
    ],
)
def test_a_document_that_looks_like_another_kind_is_noticed(text, kind, better):
    assert better_kind(text, kind) == better


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="no type of policy"):
        Policy("{}").findings("bucket")


def test_variables_of_the_account_may_stand_in_sensitive_keys():
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
        },
    }
    assert Policy(document).findings("scp") == ()


def test_what_the_reference_half_knows_is_not_judged():
    # Tagging of target groups is listed with the older generation's load balancers only.
    arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/g/0123456789abcdef"
    text = one(Action="elasticloadbalancing:AddTags", Resource=arn)
    assert Policy(text).findings() == ()


@pytest.mark.parametrize(
    "text",
    [
        one(Action=["*a" * 1500 + ":b", "s3:" + "a*" * 1500], Resource=["arn:aws:s3:::" + "*a" * 1500] * 3),
        one(Action="s3:*", Resource=[f"arn:aws:s3:::b{number}*" for number in range(1500)]),
        '{"a" "b", ' * 2000,
        "'" * 20_000,
        '{"Statement": [' + '{"Effect": "Allow" "Action": "*"} ' * 1000,
        "[" * 100 + "{" * 27 + "," * 5000,
    ],
    ids=["stars", "many resources", "no colons", "quotes", "no commas", "deep"],
)
def test_hostile_text_takes_no_more_than_moments(text):
    start = time.perf_counter()
    Policy(text).findings()
    assert time.perf_counter() - start < 5
