"""A SAML 2.0 identity provider: a company's sign-in, as AWS meets it.

AWS never talks to it. What it knows of it is the metadata document that an administrator uploads; what it gets is an
assertion that the user's browser brings along, signed with the key of which the metadata holds the certificate.

    idp = SamlIdp(lab.clock.now)
    iam.create_saml_provider(Name="Corp", SAMLMetadataDocument=idp.metadata())
    idp.add_user("ana", "correct horse", roles=[(role_arn, provider_arn)], tags={"team": "data"})
    sts.assume_role_with_saml(…, SAMLAssertion=idp.sign_in("ana", "correct horse"))

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import XMLSigner

from iamlab.outside.keys import SigningKey, signing_key
from iamlab.outside.saml_encryption import encrypted
from iamlab.outside.web import LoopbackServer, Page, Visit

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
AWS_AUDIENCE = "urn:amazon:webservices"
AWS_RECIPIENT = "https://signin.aws.amazon.com/saml"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_NS = {"saml": SAML, "samlp": SAMLP, "md": MD, "ds": DS}
_EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0


class SignInFailed(Exception):
    """The provider doesn't know this user, or the password is wrong."""


@dataclass(frozen=True, slots=True)
class SamlUser:
    """Somebody in the company's directory, and what the provider tells AWS about them."""

    name: str
    password: str = field(repr=False)
    roles: tuple[tuple[str, str], ...] = ()
    """Pairs of role ARN and provider ARN."""
    session_name: str | None = None
    """`RoleSessionName`; the user's name if None."""
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    source_identity: str | None = None
    session_duration: int | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further attributes by name, `urn:oid:1.3.6.1.4.1.5923.1.1.1.1` (eduPersonAffiliation) for example."""


@dataclass(frozen=True, slots=True)
class Claims:
    """All that an assertion says. Lessons and tests change one thing at a time with `respond(user, name=value)`."""

    subject: str
    subject_format: str | None
    issuer: str
    audience: str | None
    recipient: str | None
    issued: datetime
    not_before: datetime
    not_on_or_after: datetime
    session_not_on_or_after: datetime | None
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    status: str = SUCCESS


class SamlIdp:
    """A SAML identity provider with a sign-in page.

    Args:
        now: the present; `lab.clock.now` makes it live in the lab's time.
        entity_id: what it calls itself in metadata and assertions.
        private: the key to sign with; None makes a new one.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        entity_id: str = "https://idp.example.org/saml",
        *,
        private: rsa.RSAPrivateKey | None = None,
    ) -> None:
        self.entity_id = entity_id
        self.encrypt_for: rsa.RSAPublicKey | None = None
        """With a key here, assertions are encrypted; IAM's provider holds the private one that belongs to it."""
        self._now = now
        self._keys = [signing_key("idp.example.org", now(), private)]
        self._users: dict[str, SamlUser] = {}
        self._server: LoopbackServer | None = None

    # -------------------------------------------------------------- what it publishes
    @property
    def key(self) -> SigningKey:
        """The key that signs today."""
        return self._keys[-1]

    def metadata(self, *, valid_until: datetime | None = None) -> str:
        """The document to upload to IAM; it holds the certificates of all keys that are not retired."""
        root = etree.Element(f"{{{MD}}}EntityDescriptor", nsmap={"md": MD, "ds": DS}, entityID=self.entity_id)
        if valid_until is not None:
            root.set("validUntil", _iso(valid_until))
        idp = etree.SubElement(
            root,
            f"{{{MD}}}IDPSSODescriptor",
            protocolSupportEnumeration=SAMLP,
            WantAuthnRequestsSigned="false",
        )
        for key in self._keys:
            descriptor = etree.SubElement(idp, f"{{{MD}}}KeyDescriptor", use="signing")
            data = etree.SubElement(etree.SubElement(descriptor, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
            etree.SubElement(data, f"{{{DS}}}X509Certificate").text = key.certificate_base64
        etree.SubElement(idp, f"{{{MD}}}NameIDFormat").text = PERSISTENT
        for binding in ("HTTP-POST", "HTTP-Redirect"):
            etree.SubElement(
                idp,
                f"{{{MD}}}SingleSignOnService",
                Binding=f"urn:oasis:names:tc:SAML:2.0:bindings:{binding}",
                Location=f"{self.entity_id}/sso",
            )
        text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
        return text.decode()

    def rotate(self, private: rsa.RSAPrivateKey | None = None) -> None:
        """Sign with a new key from now on; metadata still holds the old one's certificate, until `retire`."""
        self._keys.append(signing_key("idp.example.org", self._now(), private))

    def retire(self) -> None:
        """Forget all keys but the one that signs today."""
        del self._keys[:-1]

    # -------------------------------------------------------------- users
    def add_user(
        self,
        name: str,
        password: str,
        *,
        roles: Iterable[tuple[str, str]] = (),
        **facts: Any,
    ) -> SamlUser:
        """Put somebody into the directory.

        Args:
            roles: pairs of role ARN and provider ARN.
            facts: further fields of `SamlUser`.
        """
        user = SamlUser(name, password, tuple(roles), **facts)
        self._users[name] = user
        return user

    def sign_in(self, name: str, password: str) -> str:
        """Check a password and give the SAML response, base 64, as the browser would carry it to AWS.

        Raises:
            SignInFailed: no such user, or a wrong password.
        """
        user = self._users.get(name)
        # compared in any case, so that time doesn't tell who exists
        right = hmac.compare_digest((user.password if user else "").encode(), password.encode())
        if user is None or not right:
            raise SignInFailed("wrong user name or password")
        return self.respond(user)

    def respond(self, user: SamlUser | str, *, sign: str = "assertion", **changes: Any) -> str:
        """A SAML response for a user, base 64.

        Args:
            sign: what the signature covers: `assertion`, `response`, `both` or `nothing`.
            changes: fields of `Claims` to lie about: `respond(ana, audience="https://other.example.org")`.
        """
        found = self._users[user] if isinstance(user, str) else user
        return encoded(self.document(replace(self.claims(found), **changes), sign=sign))

    def claims(self, user: SamlUser) -> Claims:
        """What an honest assertion says about a user now."""
        now = self._now()
        said: list[tuple[str, tuple[str, ...]]] = [
            (ATTRIBUTES + "Role", tuple(",".join(pair) for pair in user.roles)),
            (ATTRIBUTES + "RoleSessionName", (user.session_name or user.name,)),
        ]
        said += [(f"{ATTRIBUTES}PrincipalTag:{key}", (value,)) for key, value in user.tags.items()]
        if user.transitive:
            said.append((ATTRIBUTES + "TransitiveTagKeys", user.transitive))
        if user.source_identity is not None:
            said.append((ATTRIBUTES + "SourceIdentity", (user.source_identity,)))
        if user.session_duration is not None:
            said.append((ATTRIBUTES + "SessionDuration", (str(user.session_duration),)))
        said += user.attributes.items()
        return Claims(
            subject=user.name,
            subject_format=PERSISTENT,
            issuer=self.entity_id,
            audience=AWS_AUDIENCE,
            recipient=AWS_RECIPIENT,
            issued=now,
            not_before=now - timedelta(minutes=1),
            not_on_or_after=now + timedelta(minutes=5),
            session_not_on_or_after=None,
            attributes=tuple(said),
        )

    def document(self, claims: Claims, *, sign: str = "assertion", key: SigningKey | None = None) -> Any:
        """The response as an XML tree.

        Args:
            key: another key than the provider's own, as a forger would use.
        """
        key = key or self.key
        assertion = _assertion(claims)
        if sign in ("assertion", "both"):
            assertion = signed(assertion, key)
        if self.encrypt_for is not None:
            assertion = encrypted(assertion, self.encrypt_for)
        response = etree.Element(
            f"{{{SAMLP}}}Response",
            nsmap={"samlp": SAMLP, "saml": SAML},
            ID="_" + secrets.token_hex(16),
            Version="2.0",
            IssueInstant=_iso(claims.issued),
            Destination=claims.recipient or AWS_RECIPIENT,
        )
        etree.SubElement(response, f"{{{SAML}}}Issuer").text = claims.issuer
        status = etree.SubElement(response, f"{{{SAMLP}}}Status")
        etree.SubElement(status, f"{{{SAMLP}}}StatusCode", Value=claims.status)
        if claims.status == SUCCESS:
            response.append(assertion)
        return signed(response, key) if sign in ("response", "both") else response

    # -------------------------------------------------------------- the sign-in page
    def start(self) -> str:
        """Offer the sign-in page on loopback, and return its address."""
        if self._server is None:
            self._server = LoopbackServer(self._answer)
        return f"{self._server.address}/sign-in"

    def close(self) -> None:
        """Take the sign-in page down. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _answer(self, visit: Visit) -> Page:
        if visit.path == "/metadata":
            return Page(self.metadata(), "application/samlmetadata+xml")
        if visit.path != "/sign-in":
            return Page("there is no such page", "text/plain", 404)
        if visit.method != "POST":
            return Page(_FORM.format(entity=escape(self.entity_id), message=""))
        try:
            response = self.sign_in(visit.fields.get("name", ""), visit.fields.get("password", ""))
        except SignInFailed as failed:
            page = _FORM.format(entity=escape(self.entity_id), message=f"<p>{escape(str(failed))}</p>")
            return Page(page, status=401)
        return Page(_HAND_OVER.format(recipient=escape(AWS_RECIPIENT), response=escape(response)))

    def __enter__(self) -> SamlIdp:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = f" · {self._server.address}/sign-in" if self._server is not None else ""
        users = "1 user" if len(self._users) == 1 else f"{len(self._users)} users"
        return f"SAML identity provider {self.entity_id} · {users}{where}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        rows = "".join(
            f"<tr><td>{escape(user.name)}</td>"
            f"<td>{'<br>'.join(escape(role) for role, _ in user.roles) or '–'}</td></tr>"
            for user in self._users.values()
        )
        head = f"<b>SAML identity provider</b> <code>{escape(self.entity_id)}</code>"
        if self._server is not None:
            address = escape(f"{self._server.address}/sign-in")
            head += f' · <a href="{address}">{address}</a>'
        html = f"<div>{head}<table><tr><th>User</th><th>Roles</th></tr>{rows}</table></div>"
        return {"text/plain": repr(self), "text/html": html}


# ------------------------------------------------------------------ XML
def signed(element: Any, key: SigningKey) -> Any:
    """The element with an enveloped signature over it, placed behind its issuer as the schema wants it."""
    element = etree.fromstring(etree.tostring(element))
    place = etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS})
    element.find(f"{{{SAML}}}Issuer").addnext(place)
    pem = key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = key.certificate.public_bytes(serialization.Encoding.PEM).decode()
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm="rsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm=_EXCLUSIVE,
    )
    return signer.sign(element, key=pem, cert=certificate, reference_uri="#" + element.get("ID"))


def encoded(document: Any) -> str:
    """A response as it travels: base 64."""
    return base64.b64encode(etree.tostring(document)).decode()


def _assertion(claims: Claims) -> Any:
    root = etree.Element(
        f"{{{SAML}}}Assertion",
        nsmap={"saml": SAML},
        ID="_" + secrets.token_hex(16),
        Version="2.0",
        IssueInstant=_iso(claims.issued),
    )
    etree.SubElement(root, f"{{{SAML}}}Issuer").text = claims.issuer
    subject = etree.SubElement(root, f"{{{SAML}}}Subject")
    name = etree.SubElement(subject, f"{{{SAML}}}NameID")
    name.text = claims.subject
    if claims.subject_format is not None:
        name.set("Format", claims.subject_format)
    confirmation = etree.SubElement(
        subject, f"{{{SAML}}}SubjectConfirmation", Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"
    )
    data = etree.SubElement(confirmation, f"{{{SAML}}}SubjectConfirmationData")
    data.set("NotOnOrAfter", _iso(claims.not_on_or_after))
    if claims.recipient is not None:
        data.set("Recipient", claims.recipient)
    conditions = etree.SubElement(
        root,
        f"{{{SAML}}}Conditions",
        NotBefore=_iso(claims.not_before),
        NotOnOrAfter=_iso(claims.not_on_or_after),
    )
    if claims.audience is not None:
        restriction = etree.SubElement(conditions, f"{{{SAML}}}AudienceRestriction")
        etree.SubElement(restriction, f"{{{SAML}}}Audience").text = claims.audience
    statement = etree.SubElement(root, f"{{{SAML}}}AuthnStatement", AuthnInstant=_iso(claims.issued))
    if claims.session_not_on_or_after is not None:
        statement.set("SessionNotOnOrAfter", _iso(claims.session_not_on_or_after))
    context = etree.SubElement(statement, f"{{{SAML}}}AuthnContext")
    etree.SubElement(
        context, f"{{{SAML}}}AuthnContextClassRef"
    ).text = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
    told = etree.SubElement(root, f"{{{SAML}}}AttributeStatement")
    for attribute, values in claims.attributes:
        element = etree.SubElement(told, f"{{{SAML}}}Attribute", Name=attribute)
        for value in values:
            etree.SubElement(element, f"{{{SAML}}}AttributeValue").text = value
    return root


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_FORM = """<!doctype html><meta charset="utf-8"><title>Sign in</title>
<h1>Sign in</h1><p>{entity}</p>{message}
<form method="post"><label>User <input name="name" autofocus></label>
<label>Password <input name="password" type="password"></label> <button>Sign in</button></form>
"""
# A real page would send itself to AWS at once; this one shows what it would send, and sends nothing.
_HAND_OVER = """<!doctype html><meta charset="utf-8"><title>Signed in</title>
<h1>Signed in</h1><p>Your browser would now carry this SAML response to <code>{recipient}</code>.</p>
<form><textarea name="SAMLResponse" rows="12" cols="90" readonly>{response}</textarea></form>
"""
