"""What of a described part of all requests policies allow.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

import pytest

from iamlab import PolicySet, decide
from iamlab.analysis import Space, allows, never_allows

BUCKET = "arn:aws:s3:::reports/*"


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return allow(action, resource, **more) | {"Effect": "Deny"}


def bucket(principal, **more):
    return PolicySet(resource=document(allow("s3:GetObject", BUCKET, Principal=principal, **more)))


NO_MFA = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
ORGANISATION = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}

ALLOWED = {
    "a public bucket": (bucket("*"), Space.public()),
    "a bucket for another account": (bucket({"AWS": "111122223333"}), Space.outside_account("444455556666")),
    "a bucket for a service": (
        bucket({"Service": "logging.s3.amazonaws.com"}),
        Space.outside_account("1" * 12),
    ),
    "without second factor": (document(allow("iam:*")), Space.without_mfa("iam:Create*")),
    "a guard with a hole": (
        document(allow("*"), deny("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
        Space.without_mfa(),
    ),
    "another region": (document(allow("ec2:*")), Space.outside_regions(["eu-central-1"])),
    "deleting tables": (
        document(allow("dynamodb:*")),
        Space("dynamodb:Delete*", "arn:aws:dynamodb:*:*:table/Orders"),
    ),
}

NEVER = {
    "a bucket for one account is not public": (bucket({"AWS": "111122223333"}), Space.public()),
    "a bucket for one's own account": (
        bucket({"AWS": "111122223333"}),
        Space.outside_account("111122223333"),
    ),
    "a second factor is demanded": (document(allow("*"), deny("*", **NO_MFA)), Space.without_mfa()),
    "regions are fenced": (
        document(
            allow("ec2:*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}})
        ),
        Space.outside_regions(["eu-central-1", "eu-west-1"]),
    ),
    "an SCP forbids it": (
        PolicySet(
            [document(allow("*"))], scps=[[document(allow("*"), deny("organizations:LeaveOrganization"))]]
        ),
        Space("organizations:LeaveOrganization"),
    ),
}


@pytest.mark.parametrize(("policies", "space"), ALLOWED.values(), ids=ALLOWED.keys())
@pytest.mark.parametrize("universe", ["any", "known"])
def test_what_is_allowed_is_shown_with_a_request(policies, space, universe):
    answer = allows(policies, space, universe)
    assert answer.allowed is True
    policies = policies if isinstance(policies, PolicySet) else PolicySet([policies])
    assert decide(answer.request, policies).allowed
    assert never_allows(policies, space, universe) is False


@pytest.mark.parametrize(("policies", "space"), NEVER.values(), ids=NEVER.keys())
@pytest.mark.parametrize("universe", ["any", "known"])
def test_what_is_never_allowed_is_said(policies, space, universe):
    assert never_allows(policies, space, universe) is True
    assert allows(policies, space, universe).request is None


def test_a_bucket_for_an_organisation_is_public_for_requests_without_credentials_that_carry_its_id():
    # Keys are independent here: that an anonymous request never carries an organisation's id is nothing policies say.
    request = allows(bucket("*", **ORGANISATION), Space.public()).request
    assert dict(request.context) == {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}


def test_a_trust_policy_opens_a_role_to_the_account_it_names():
    trust = document({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"})
    answer = allows(trust, Space.outside_account("444455556666"))
    assert answer.request.account == "111122223333"
    assert decide(answer.request, PolicySet([document(allow("*"))], resource=trust)).allowed
    assert never_allows(trust, Space.outside_account("111122223333"))


def test_a_space_that_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match="the space can't be read"):
        allows(document(allow("*")), Space(resource="reports"))
    with pytest.raises(ValueError, match="no group of callers"):
        allows(document(allow("*")), Space(callers="some"))
