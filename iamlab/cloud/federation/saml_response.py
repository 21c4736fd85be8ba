"""AssumeRoleWithSAML's assertion, verified as STS does it.

In: the base 64 text, the provider's metadata, the role that is asked for, and the present. Out: a `Proof`.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from iamlab.cloud.errors import AwsError
from iamlab.cloud.federation.proof import Proof, rejected, session_name, session_tags, source_identity
from iamlab.cloud.federation.saml_encryption import CantDecrypt
from iamlab.cloud.federation.saml_keys import KEYS
from iamlab.cloud.federation.saml_metadata import Metadata
from iamlab.cloud.federation.saml_signature import BadSignature, signed_assertion
from iamlab.cloud.federation.xml import SAML, SAMLP, BadXml, parse, text_of

_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_TAG = f"{_ATTRIBUTES}PrincipalTag:"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_FORMATS = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SIGN_IN = r"https://(?:[a-z]{2}(?:-[a-z]+)+-\d\.)?signin\.aws\.amazon\.com/saml"
# Either the one entity id of AWS's metadata or a sign-in address; `#…` tells several applications of one IdP apart.
_AUDIENCE = re.compile(rf"urn:amazon:webservices|{_SIGN_IN}(?:/acs/[A-Z0-9]+)?(?:#\S+)?")
_RECIPIENT = re.compile(rf"{_SIGN_IN}(?:/acs/[A-Z0-9]+)?(?:#\S+)?")
_FRESH = timedelta(minutes=5)
_SKEW = timedelta(minutes=5)
_TOO_LATE = "Token must be redeemed within 5 minutes of issuance"
_UNREADABLE = "Invalid base64 SAMLResponse"


class UnusableResponse(ValueError):
    """It can't be read, or isn't the named provider's. STS leaves that much to another of AWS's services."""


def verify(
    text: str,
    metadata: Metadata,
    provider_arn: str,
    role_arn: str,
    now: datetime,
    private_keys: Sequence[str] = (),
) -> Proof:
    """Verify a SAML response.

    Args:
        text: the response, base 64.
        metadata: of the provider that the caller names.
        now: the lab's time.
        private_keys: of the provider, for encrypted assertions; PEM.

    Raises:
        UnusableResponse: see there.
        AwsError: `InvalidIdentityToken`, `ExpiredTokenException` or `IDPRejectedClaim`.
    """
    response = _decoded(text)
    status = response.find(f"{SAMLP}Status/{SAMLP}StatusCode")
    if status is None or status.get("Value") != _SUCCESS:
        raise AwsError("IDPRejectedClaim", "The identity provider reported that authentication failed", 403)
    try:
        assertion = signed_assertion(response, metadata.certificates, private_keys)
    except CantDecrypt as error:
        raise rejected(
            "Unable to decrypt the assertion with the private keys of the specified provider"
        ) from error
    except BadSignature as error:
        raise rejected("Response signature invalid") from error
    issuer = text_of(assertion.find(f"{SAML}Issuer"))
    if issuer != metadata.entity_id:
        raise UnusableResponse("Issuer not present in specified provider")
    recipient = _recipient(assertion, now)
    _conditions(assertion, now)
    attributes = _attributes(assertion)
    _role_is_listed(attributes, role_arn, provider_arn)
    return _proof(assertion, attributes, issuer, recipient, provider_arn, now)


def is_encrypted(text: str) -> bool:
    """The response brings its assertion encrypted.

    Raises:
        UnusableResponse: see there.
    """
    return next(_decoded(text).iter(f"{SAML}EncryptedAssertion"), None) is not None


def _decoded(text: str) -> Any:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
        response = parse(data)
    except (binascii.Error, ValueError, BadXml) as error:
        raise UnusableResponse(_UNREADABLE) from error
    if response.tag != f"{SAMLP}Response":
        raise UnusableResponse(_UNREADABLE)
    return response


# ------------------------------------------------------------------ for whom, and when
def _recipient(assertion: Any, now: datetime) -> str:
    for data in assertion.iterfind(
        f"{SAML}Subject/{SAML}SubjectConfirmation[@Method='{_BEARER}']/{SAML}SubjectConfirmationData"
    ):
        found = data.get("Recipient", "")
        if _RECIPIENT.fullmatch(found):
            end = _moment(data.get("NotOnOrAfter"))
            if end is None:
                break
            if now >= end:
                raise AwsError("ExpiredTokenException", _TOO_LATE)
            return str(found)
    raise rejected("Response does not contain the required recipient")


def _conditions(assertion: Any, now: datetime) -> None:
    conditions = assertion.find(f"{SAML}Conditions")
    restrictions = conditions.findall(f"{SAML}AudienceRestriction") if conditions is not None else []
    if not restrictions or not all(
        any(_AUDIENCE.fullmatch(text_of(audience)) for audience in restriction)
        for restriction in restrictions
    ):
        raise rejected("Response does not contain the required audience")
    begin, end = _moment(conditions.get("NotBefore")), _moment(conditions.get("NotOnOrAfter"))
    issued = _moment(assertion.get("IssueInstant"))
    if (end is not None and now >= end) or issued is None or now - issued > _FRESH:
        raise AwsError("ExpiredTokenException", _TOO_LATE)
    if issued - now > _SKEW or (begin is not None and begin - now > _SKEW):
        raise rejected("Response is not yet valid")


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnusableResponse(_UNREADABLE) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# ------------------------------------------------------------------ what it says
def _attributes(assertion: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for attribute in assertion.iterfind(f"{SAML}AttributeStatement/{SAML}Attribute"):
        values = [text_of(value) for value in attribute.iterfind(f"{SAML}AttributeValue")]
        found.setdefault(attribute.get("Name", ""), []).extend(values)
    return found


def _role_is_listed(attributes: Mapping[str, list[str]], role: str, provider: str) -> None:
    for value in attributes.get(f"{_ATTRIBUTES}Role", ()):
        if {part.strip() for part in value.split(",")} == {role, provider}:
            return
    raise rejected("SAML Assertion doesn't contain the requested Role and Metadata in the attributes")


def _proof(
    assertion: Any,
    attributes: Mapping[str, list[str]],
    issuer: str,
    recipient: str,
    provider_arn: str,
    now: datetime,
) -> Proof:
    name = assertion.find(f"{SAML}Subject/{SAML}NameID")
    subject = text_of(name)
    if not subject:
        raise rejected("Subject is required in AuthnResponse")
    kind = (name.get("Format") or _UNSPECIFIED).removeprefix(_FORMATS)
    account, provider = provider_arn.split(":")[4], provider_arn.rsplit("/", 1)[-1]
    qualifier = name_qualifier(issuer, account, provider)
    parameters = _parameters(attributes)
    directory: dict[str, list[str]] = {}
    for attribute, values in attributes.items():
        if attribute in KEYS:
            directory.setdefault(KEYS[attribute], []).extend(values)
    lasting = {"saml:namequalifier": qualifier, "saml:sub": subject, "saml:sub_type": kind}
    return Proof(
        trust_keys={
            **directory,
            **lasting,
            "saml:aud": recipient,
            "saml:iss": issuer,
            "saml:doc": f"{account}/{provider}",
            "sts:RoleAuthorizedByIdp": True,
        },
        session_keys=lasting,
        parameters=parameters,
        identity={
            "type": "SAMLUser",
            "principalId": f"{qualifier}:{subject}",
            "userName": subject,
            "identityProvider": qualifier,
        },
        answer={
            "Subject": subject,
            "SubjectType": kind,
            "Issuer": issuer,
            "Audience": recipient,
            "NameQualifier": qualifier,
        },
        longest=_session_end(assertion, now),
    )


def _parameters(attributes: Mapping[str, list[str]]) -> dict[str, Any]:
    names = attributes.get(f"{_ATTRIBUTES}RoleSessionName") or []
    if not names or not names[0]:
        raise rejected("RoleSessionName is required in AuthnResponse")
    if len(names) > 1:
        raise rejected("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    made: dict[str, Any] = {"RoleSessionName": session_name(names[0])}
    made |= session_tags(
        {name.removeprefix(_TAG): values for name, values in attributes.items() if name.startswith(_TAG)},
        attributes.get(f"{_ATTRIBUTES}TransitiveTagKeys", ()),
    )
    identities = attributes.get(f"{_ATTRIBUTES}SourceIdentity")
    if identities:
        made["SourceIdentity"] = source_identity(",".join(identities))
    return made


def _session_end(assertion: Any, now: datetime) -> int | None:
    """Seconds to the end of the user's session at the provider, which AWS's doesn't outlive."""
    statement = assertion.find(f"{SAML}AuthnStatement")
    end = _moment(statement.get("SessionNotOnOrAfter")) if statement is not None else None
    if end is None:
        return None
    if end <= now:
        raise AwsError("ExpiredTokenException", _TOO_LATE)
    return int((end - now).total_seconds())


def name_qualifier(issuer: str, account: str, provider: str) -> str:
    """`NameQualifier`: a hash that makes subjects of several providers unique.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html#API_AssumeRoleWithSAML_ResponseElements
    """
    digest = hashlib.sha1(f"{issuer}{account}/{provider}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
