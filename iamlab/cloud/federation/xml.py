"""XML that strangers send, read so that it can do no harm.

No document types (and so no entities), no network, no huge trees; comments and processing instructions are dropped
while parsing, since a signature doesn't cover comments and a text with one in it can be read in two ways.

https://cheatsheetseries.owasp.org/cheatsheets/SAML_Security_Cheat_Sheet.html
"""

from __future__ import annotations

from typing import Any

from lxml import etree

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


class BadXml(ValueError):
    """Not XML, or XML of a kind that is not taken from strangers."""


def parse(data: bytes) -> Any:
    """The root element.

    Raises:
        BadXml: see above.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXml(str(error)) from error
    if root.getroottree().docinfo.doctype or any(isinstance(e, etree._Entity) for e in root.iter()):
        raise BadXml("a document type is not accepted")
    return root


def text_of(element: Any) -> str:
    """The text in an element, without the space around it."""
    return (element.text or "").strip() if element is not None else ""


def copy_of(element: Any) -> Any:
    """The element as a document of its own."""
    return parse(etree.tostring(element, with_tail=False))
