"""The attributes of SAML assertions that trust policies can test, and the condition keys they fill.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
"""

from __future__ import annotations

from collections.abc import Mapping

_EDU_PERSON = {
    1: "edupersonaffiliation",
    2: "edupersonnickname",
    3: "edupersonorgdn",
    4: "edupersonorgunitdn",
    5: "edupersonprimaryaffiliation",
    6: "edupersonprincipalname",
    7: "edupersonentitlement",
    8: "edupersonprimaryorgunitdn",
    9: "edupersonscopedaffiliation",
    10: "edupersontargetedid",
    11: "edupersonassurance",
}
_EDU_ORG = {
    2: "eduorghomepageuri",
    3: "eduorgidentityauthnpolicyuri",
    4: "eduorglegalname",
    5: "eduorgsuperioruri",
    6: "eduorgwhitepagesuri",
}
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

KEYS: Mapping[str, str] = {
    **{f"urn:oid:1.3.6.1.4.1.5923.1.1.1.{number}": f"saml:{key}" for number, key in _EDU_PERSON.items()},
    **{f"urn:oid:1.3.6.1.4.1.5923.1.2.1.{number}": f"saml:{key}" for number, key in _EDU_ORG.items()},
    "urn:oid:2.5.4.3": "saml:cn",
    "urn:oid:2.5.4.4": "saml:surname",
    "urn:oid:2.5.4.42": "saml:givenName",
    "urn:oid:2.5.4.45": "saml:x500UniqueIdentifier",
    "urn:oid:0.9.2342.19200300.100.1.1": "saml:uid",
    "urn:oid:0.9.2342.19200300.100.1.3": "saml:mail",
    "urn:oid:0.9.2342.19200300.100.1.45": "saml:organizationStatus",
    "http://schemas.xmlsoap.org/claims/CommonName": "saml:commonName",
    f"{_CLAIMS}name": "saml:name",
    f"{_CLAIMS}givenname": "saml:givenName",
    f"{_CLAIMS}surname": "saml:surname",
    f"{_CLAIMS}emailaddress": "saml:mail",
    f"{_CLAIMS}privatepersonalidentifier": "saml:uid",
}
