"""AssumeRoleWithSAML lets in whom the provider vouches for, and nobody else.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.cloud import Lab
from iamlab.outside.saml import ATTRIBUTES, AWS_RECIPIENT, SamlIdp, SamlUser, encoded
from iamlab.outside.saml_forgeries import FORGERIES, with_own_key

from .conftest import ACCOUNT, refused, trust_of

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Analyst"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Admin"
NOT_AUTHORIZED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)
TOO_LATE = ("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance", 400)


def token_error(words: str) -> tuple[str, str, int]:
    return "InvalidIdentityToken", words, 400


def passed_on(words: str, code: str = "AuthSamlInvalidSamlResponseException") -> tuple[str, str, int]:
    """What the service behind STS says, whose request has an id of its own."""
    return token_error(
        f"{words} (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: {code}; Request ID: …; Proxy: "
        "null)"
    )


BAD_SIGNATURE = token_error("Response signature invalid")
UNREADABLE = passed_on("Invalid base64 SAMLResponse")
NOT_LISTED = token_error("SAML Assertion doesn't contain the requested Role and Metadata in the attributes")


@pytest.fixture(scope="module")
def idp(shared_lab: Lab, private_key: rsa.RSAPrivateKey) -> SamlIdp:
    made = SamlIdp(shared_lab.clock.now, private=private_key)
    iam = boto3.client("iam")
    iam.create_saml_provider(Name="Corp", SAMLMetadataDocument=made.metadata())
    for name in ("Analyst", "Admin"):
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trust_of(
                PROVIDER, "sts:AssumeRoleWithSAML", {"StringEquals": {"saml:aud": AWS_RECIPIENT}}
            ),
        )
    return made


@pytest.fixture(scope="module")
def ana(idp: SamlIdp) -> SamlUser:
    return idp.add_user("ana", "correct horse", roles=[(ROLE, PROVIDER)])


@cache
def sts() -> Any:
    """One client for all: these calls are unsigned, so that it doesn't matter whose it is."""
    return boto3.client("sts")


def assume(assertion: str, role: str = ROLE, provider: str = PROVIDER, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = sts().assume_role_with_saml(
        RoleArn=role, PrincipalArn=provider, SAMLAssertion=assertion, **more
    )
    return answer


# ------------------------------------------------------------------ who gets in
def test_a_signed_assertion_gives_credentials_of_the_role(
    shared_lab: Lab, idp: SamlIdp, ana: SamlUser
) -> None:
    answer = assume(idp.sign_in("ana", "correct horse"))
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Analyst/ana"
    qualifier = base64.b64encode(hashlib.sha1(f"{idp.entity_id}{ACCOUNT}/Corp".encode()).digest()).decode()
    assert {name: answer[name] for name in ("Subject", "SubjectType", "Issuer", "Audience")} == {
        "Subject": "ana",
        "SubjectType": "persistent",
        "Issuer": idp.entity_id,
        "Audience": AWS_RECIPIENT,
    }
    assert answer["NameQualifier"] == qualifier
    who = shared_lab.session(answer).client("sts").get_caller_identity()
    assert who["Arn"] == answer["AssumedRoleUser"]["Arn"]


GOOD: dict[str, dict[str, Any]] = {
    "the response signed instead": {"sign": "response"},
    "both signed": {"sign": "both"},
    "a region's sign-in address": {"recipient": "https://eu-west-1.signin.aws.amazon.com/saml"},
    "an address with the provider's id": {
        "recipient": "https://signin.aws.amazon.com/saml/acs/SAMLSPEXAMPLE"
    },
    "the sign-in address as audience": {"audience": AWS_RECIPIENT},
    "an audience with a suffix": {"audience": f"{AWS_RECIPIENT}#2"},
}


@pytest.mark.parametrize("name", GOOD)
def test_responses_that_aws_takes_are_taken(idp: SamlIdp, ana: SamlUser, name: str) -> None:
    boto3.client("iam").update_assume_role_policy(
        RoleName="Analyst", PolicyDocument=trust_of(PROVIDER, "sts:AssumeRoleWithSAML")
    )
    assert assume(idp.respond(ana, **GOOD[name]))["Subject"] == "ana"


def test_the_pair_of_role_and_provider_may_stand_in_either_order(idp: SamlIdp) -> None:
    user = SamlUser("bo", "", roles=((PROVIDER, ROLE),))
    assert assume(idp.respond(user))["Subject"] == "bo"


def test_a_subject_without_a_known_format_keeps_its_own_name_for_it(idp: SamlIdp, ana: SamlUser) -> None:
    email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    assert assume(idp.respond(ana, subject_format=email))["SubjectType"] == email
    unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
    assert assume(idp.respond(ana, subject_format=None))["SubjectType"] == unspecified


def test_tags_and_source_identity_of_the_assertion_become_the_sessions(shared_lab: Lab, idp: SamlIdp) -> None:
    user = SamlUser(
        "cy",
        "",
        roles=((ROLE, PROVIDER),),
        tags={"team": "data", "Site": "Rome"},
        transitive=("team",),
        source_identity="cy@corp",
    )
    answer = assume(idp.respond(user))
    assert answer["SourceIdentity"] == "cy@corp"
    assert answer["PackedPolicySize"] >= 1
    session = shared_lab.state.sessions[answer["Credentials"]["AccessKeyId"]]
    assert (dict(session.tags), session.transitive) == ({"team": "data", "Site": "Rome"}, {"team"})


def test_a_session_ends_with_the_providers_own(shared_lab: Lab, idp: SamlIdp, ana: SamlUser) -> None:
    end = shared_lab.clock.now() + timedelta(minutes=20)
    answer = assume(idp.respond(ana, session_not_on_or_after=end), DurationSeconds=3600)
    assert answer["Credentials"]["Expiration"] <= end


# ------------------------------------------------------------------ who doesn't
REFUSED: dict[str, tuple[str, str, int]] = {
    "unsigned": BAD_SIGNATURE,
    "altered": BAD_SIGNATURE,
    "signed with another key": BAD_SIGNATURE,
    "wrapped": BAD_SIGNATURE,
    "a second assertion": BAD_SIGNATURE,
    "two of one ID": BAD_SIGNATURE,
    "an entity": UNREADABLE,
    "another issuer": passed_on("Issuer not present in specified provider"),
    "another audience": token_error("Response does not contain the required audience"),
    "another recipient": token_error("Response does not contain the required recipient"),
    "stale": TOO_LATE,
}


def test_every_forgery_is_tried() -> None:
    assert set(REFUSED) == set(FORGERIES)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("role", [ROLE, ADMIN], ids=["own role", "another's role"])
def test_no_forgery_gets_in(
    idp: SamlIdp, ana: SamlUser, other_key: rsa.RSAPrivateKey, name: str, role: str
) -> None:
    if FORGERIES[name] is with_own_key:
        forged = with_own_key(idp, ana, (ADMIN, PROVIDER), other_key)
    else:
        forged = FORGERIES[name](idp, ana, (ADMIN, PROVIDER))
    assert refused(assume, assertion=forged, role=role) == REFUSED[name]


def _changed(change: Callable[[Any], None], sign: str = "assertion") -> Callable[[SamlIdp, SamlUser], str]:
    def forge(idp: SamlIdp, user: SamlUser) -> str:
        document = idp.document(idp.claims(user), sign=sign)
        change(document)
        return encoded(document)

    return forge


def _without(attribute: str) -> Callable[[SamlIdp, SamlUser], str]:
    def forge(idp: SamlIdp, user: SamlUser) -> str:
        claims = idp.claims(user)
        left = tuple(pair for pair in claims.attributes if pair[0] != ATTRIBUTES + attribute)
        return encoded(idp.document(replace(claims, attributes=left)))

    return forge


def _with(attribute: str, *values: str) -> Callable[[SamlIdp, SamlUser], str]:
    def forge(idp: SamlIdp, user: SamlUser) -> str:
        claims = idp.claims(user)
        left = tuple(pair for pair in claims.attributes if pair[0] != ATTRIBUTES + attribute)
        return encoded(idp.document(replace(claims, attributes=(*left, (ATTRIBUTES + attribute, values)))))

    return forge


def _later(idp: SamlIdp, user: SamlUser) -> str:
    hour = timedelta(hours=1)
    claims = idp.claims(user)
    return idp.respond(
        user,
        issued=claims.issued + hour,
        not_before=claims.not_before + hour,
        not_on_or_after=claims.not_on_or_after + hour,
    )


MUST_MATCH = "must match [a-zA-Z_0-9+=,.@-]{2,64}"
FLAWED: dict[str, tuple[Callable[[SamlIdp, SamlUser], str], tuple[str, str, int]]] = {
    "no base 64": (lambda idp, user: "?" * 40, UNREADABLE),
    "no XML": (
        lambda idp, user: base64.b64encode(b"hello").decode(),
        UNREADABLE,
    ),
    "no response": (
        lambda idp, user: base64.b64encode(b"<a/>").decode(),
        UNREADABLE,
    ),
    "a sign-in that failed": (
        lambda idp, user: idp.respond(user, status="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"),
        ("IDPRejectedClaim", "The identity provider reported that authentication failed", 403),
    ),
    "a subject changed under the response's signature": (
        _changed(lambda d: setattr(d.find(".//{*}NameID"), "text", "root"), "response"),
        BAD_SIGNATURE,
    ),
    "one of two signatures broken": (
        _changed(lambda d: d.set("Destination", "https://x.example.org"), "both"),
        BAD_SIGNATURE,
    ),
    "from tomorrow": (_later, token_error("Response is not yet valid")),
    "no session name": (
        _without("RoleSessionName"),
        token_error("RoleSessionName is required in AuthnResponse"),
    ),
    "a session name with a space": (
        _with("RoleSessionName", "a b"),
        token_error(f"RoleSessionName in AuthnResponse {MUST_MATCH}"),
    ),
    "a source identity of AWS's": (
        _with("SourceIdentity", "aws:root"),
        token_error(f'Source Identity {MUST_MATCH} and not begin with "aws:"'),
    ),
    "no role": (_without("Role"), NOT_LISTED),
    "another role": (_with("Role", f"{ADMIN},{PROVIDER}"), NOT_LISTED),
    "the role with another provider": (_with("Role", f"{ROLE},{PROVIDER}2"), NOT_LISTED),
}


@pytest.mark.parametrize("name", FLAWED)
def test_a_flawed_response_is_refused_in_awss_words(idp: SamlIdp, ana: SamlUser, name: str) -> None:
    forge, error = FLAWED[name]
    assert refused(assume, assertion=forge(idp, ana)) == error


def test_a_comment_in_a_name_does_not_shorten_it(idp: SamlIdp) -> None:
    """The signature doesn't cover comments: `ana.<!---->evil` must stay `ana.evil`.

    https://duo.com/blog/duo-finds-saml-vulnerabilities-affecting-multiple-implementations
    """
    user = SamlUser("ana.evil", "", roles=((ROLE, PROVIDER),))
    text = base64.b64decode(idp.respond(user))
    assert text.count(b">ana.evil</saml:NameID>") == 1
    split = text.replace(b">ana.evil</saml:NameID>", b">ana.<!--x-->evil</saml:NameID>")
    assert assume(base64.b64encode(split).decode())["Subject"] == "ana.evil"


def test_an_assertion_is_good_for_five_minutes_of_the_labs_clock(
    shared_lab: Lab, idp: SamlIdp, ana: SamlUser
) -> None:
    assertion = idp.respond(ana, not_on_or_after=shared_lab.clock.now() + timedelta(hours=1))
    shared_lab.clock.advance(minutes=4, seconds=50)
    assume(assertion)
    shared_lab.clock.advance(seconds=20)
    assert refused(assume, assertion=assertion) == TOO_LATE


def test_providers_and_roles_have_to_exist_in_one_account(idp: SamlIdp, ana: SamlUser) -> None:
    ghost = f"arn:aws:iam::{ACCOUNT}:saml-provider/Ghost"
    assert refused(assume, assertion=idp.respond(ana), provider=ghost) == passed_on(
        "Specified provider doesn't exist", "AuthSamlManifestNotFoundException"
    )
    missing = f"arn:aws:iam::{ACCOUNT}:role/Missing"
    user = SamlUser("ed", "", roles=((missing, PROVIDER),))
    assert refused(assume, assertion=idp.respond(user), role=missing) == NOT_AUTHORIZED
    foreign = "arn:aws:iam::210987654321:role/Analyst"
    user = SamlUser("ed", "", roles=((foreign, PROVIDER),))
    assert refused(assume, assertion=idp.respond(user), role=foreign) == NOT_AUTHORIZED
    for swapped, words in (
        ({"role": PROVIDER}, "Request ARN is invalid"),
        ({"role": PROVIDER, "provider": missing}, "Principal ARN is invalid"),
        ({"provider": f" {PROVIDER}"}, "Principal ARN is invalid"),
    ):
        answer = ("ValidationError", words, 400)
        assert refused(assume, assertion=idp.respond(ana), **swapped) == answer


def test_the_role_decides_on_what_the_assertion_says(shared_lab: Lab, idp: SamlIdp) -> None:
    member = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"
    iam = boto3.client("iam")
    iam.create_role(
        RoleName="Staff",
        AssumeRolePolicyDocument=trust_of(
            PROVIDER,
            "sts:AssumeRoleWithSAML",
            {
                "StringEquals": {"saml:iss": idp.entity_id, "saml:doc": f"{ACCOUNT}/Corp"},
                "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"},
            },
        ),
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/Staff"
    staff = SamlUser("fe", "", roles=((role, PROVIDER),), attributes={member: ("member", "staff")})
    guest = SamlUser("gus", "", roles=((role, PROVIDER),), attributes={member: ("guest",)})
    assert assume(idp.respond(staff), role=role)["Subject"] == "fe"
    assert refused(assume, assertion=idp.respond(guest), role=role) == NOT_AUTHORIZED
    decision = shared_lab.why()
    assert decision is not None
    assert not decision.allowed


def test_session_tags_need_the_roles_consent(idp: SamlIdp) -> None:
    iam = boto3.client("iam")
    trust = trust_of(PROVIDER, "sts:AssumeRoleWithSAML").replace('"sts:TagSession", ', "")
    iam.create_role(RoleName="Untagged", AssumeRolePolicyDocument=trust)
    role = f"arn:aws:iam::{ACCOUNT}:role/Untagged"
    user = SamlUser("hal", "", roles=((role, PROVIDER),), tags={"team": "data"})
    assert refused(assume, assertion=idp.respond(user), role=role) == (
        "AccessDenied",
        "Not authorized to perform sts:TagSession",
        403,
    )


def test_only_subject_and_qualifier_live_on_in_the_session(
    shared_lab: Lab, idp: SamlIdp, ana: SamlUser
) -> None:
    answer = assume(idp.respond(ana))
    session = shared_lab.state.sessions[answer["Credentials"]["AccessKeyId"]]
    assert set(session.context) == {"saml:namequalifier", "saml:sub", "saml:sub_type"}


def test_the_trail_tells_who_came_and_hides_the_assertion(
    shared_lab: Lab, idp: SamlIdp, ana: SamlUser
) -> None:
    assume(idp.respond(ana))
    assert shared_lab.trail[-1].who == "Corp/ana"
    record = shared_lab.trail[-1].record()
    identity = record["userIdentity"]
    assert (identity["type"], identity["userName"]) == ("SAMLUser", "ana")
    assert identity["principalId"] == f"{identity['identityProvider']}:ana"
    assert record["requestParameters"]["sAMLAssertion"] == "HIDDEN_DUE_TO_SECURITY_REASONS"


def test_a_new_key_counts_once_its_metadata_is_uploaded(
    shared_lab: Lab, private_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
) -> None:
    idp = SamlIdp(shared_lab.clock.now, "https://two.example.org", private=private_key)
    iam = boto3.client("iam")
    arn = iam.create_saml_provider(Name="Two", SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
    iam.create_role(RoleName="TwoRole", AssumeRolePolicyDocument=trust_of(arn, "sts:AssumeRoleWithSAML"))
    role = f"arn:aws:iam::{ACCOUNT}:role/TwoRole"
    user = idp.add_user("ida", "", roles=[(role, arn)])
    idp.rotate(other_key)
    assert refused(assume, assertion=idp.respond(user), role=role, provider=arn) == BAD_SIGNATURE
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=idp.metadata())
    assume(idp.respond(user), role=role, provider=arn)


# ------------------------------------------------------------------ encrypted assertions
@pytest.fixture(scope="module")
def closed(shared_lab: Lab, private_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey) -> SamlIdp:
    """A provider that takes encrypted assertions only; IAM holds `other_key`."""
    made = SamlIdp(shared_lab.clock.now, "https://closed.example.org", private=private_key)
    made.encrypt_for = other_key.public_key()
    iam = boto3.client("iam")
    pem = other_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    iam.create_saml_provider(
        Name="Closed",
        SAMLMetadataDocument=made.metadata(),
        AssertionEncryptionMode="Required",
        AddPrivateKey=pem.decode(),
    )
    trust = trust_of(CLOSED, "sts:AssumeRoleWithSAML")
    iam.create_role(RoleName="Closed", AssumeRolePolicyDocument=trust)
    made.add_user("ana", "", roles=[(CLOSED_ROLE, CLOSED)])
    return made


CLOSED = f"arn:aws:iam::{ACCOUNT}:saml-provider/Closed"
CLOSED_ROLE = f"arn:aws:iam::{ACCOUNT}:role/Closed"
IN_CLOSED = {"role": CLOSED_ROLE, "provider": CLOSED}


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_an_encrypted_assertion_is_opened_and_verified(closed: SamlIdp, sign: str) -> None:
    response = closed.respond("ana", sign=sign)
    assert b"NameID" not in base64.b64decode(response)
    assert assume(response, **IN_CLOSED)["Subject"] == "ana"


def test_encryption_alone_proves_nothing(closed: SamlIdp) -> None:
    assert refused(assume, assertion=closed.respond("ana", sign="nothing"), **IN_CLOSED) == BAD_SIGNATURE


def test_a_forger_can_encrypt_but_not_sign(
    shared_lab: Lab, closed: SamlIdp, other_key: rsa.RSAPrivateKey
) -> None:
    forger = SamlIdp(shared_lab.clock.now, closed.entity_id, private=other_key)
    forger.encrypt_for = other_key.public_key()
    user = SamlUser("root", "", roles=((CLOSED_ROLE, CLOSED),))
    for sign in ("assertion", "response", "both"):
        assert refused(assume, assertion=forger.respond(user, sign=sign), **IN_CLOSED) == BAD_SIGNATURE


def test_an_assertion_for_another_key_is_not_opened(
    shared_lab: Lab, closed: SamlIdp, private_key: rsa.RSAPrivateKey
) -> None:
    other = SamlIdp(shared_lab.clock.now, closed.entity_id, private=private_key)
    other.encrypt_for = private_key.public_key()
    user = SamlUser("ana", "", roles=((CLOSED_ROLE, CLOSED),))
    words = "Unable to decrypt the assertion with the private keys of the specified provider"
    assert refused(assume, assertion=other.respond(user), **IN_CLOSED) == token_error(words)


def test_a_provider_that_requires_encryption_takes_nothing_else(
    shared_lab: Lab, closed: SamlIdp, private_key: rsa.RSAPrivateKey
) -> None:
    plain = SamlIdp(shared_lab.clock.now, closed.entity_id, private=private_key)
    user = SamlUser("ana", "", roles=((CLOSED_ROLE, CLOSED),))
    words = "Encrypted assertion is required by the specified provider"
    assert refused(assume, assertion=plain.respond(user), **IN_CLOSED) == token_error(words)
