"""What can stand at a place in a policy: element names, operators, condition keys, actions.

In: the names of the elements around the cursor, whether a name or a value stands there, and what is typed already.
Out: labels with a few words beside each. The element grammar is AWS's policy grammar, the rest the service reference.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iamlab.policy.reference import reference

__all__ = ["complete"]

Option = tuple[str, str]

_POLICY: tuple[Option, ...] = (
    ("Version", "the language's version"),
    ("Id", "a name for the policy"),
    ("Statement", "what is allowed and denied"),
)
_STATEMENT: tuple[Option, ...] = (
    ("Sid", "a name for the statement"),
    ("Effect", "Allow or Deny"),
    ("Action", "what may be done"),
    ("NotAction", "everything but these"),
    ("Resource", "on what"),
    ("NotResource", "on everything but these"),
    ("Condition", "under which circumstances"),
)
_PRINCIPALS: tuple[Option, ...] = (
    ("Principal", "who, in a resource policy"),
    ("NotPrincipal", "everybody but these"),
)
_PRINCIPAL_KINDS: tuple[Option, ...] = (
    ("AWS", "accounts, users, roles, sessions"),
    ("Service", "AWS services"),
    ("Federated", "identity providers"),
    ("CanonicalUser", "an S3 canonical user"),
)
_OPERATORS: tuple[Option, ...] = tuple(
    (name, words)
    for names, words in (
        ("StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase", "text"),
        ("StringLike StringNotLike", "text with * and ?"),
        ("ArnEquals ArnLike ArnNotEquals ArnNotLike", "ARN"),
        ("Bool", "true or false"),
        ("Null", "is the key there"),
        ("IpAddress NotIpAddress", "address range"),
        ("NumericEquals NumericNotEquals", "number"),
        ("NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals", "number"),
        ("DateEquals DateNotEquals", "time"),
        ("DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals", "time"),
        ("BinaryEquals", "bytes"),
    )
    for name in names.split()
)
_GLOBAL_NAMES = (
    "CalledVia CurrentTime EpochTime MultiFactorAuthAge MultiFactorAuthPresent PrincipalAccount PrincipalArn "
    "PrincipalOrgID PrincipalTag/ PrincipalType RequestedRegion RequestTag/ ResourceAccount ResourceOrgID "
    "ResourceTag/ SecureTransport SourceAccount SourceArn SourceIdentity SourceIp SourceVpc SourceVpce TagKeys "
    "TokenIssueTime userid username UserAgent ViaAWSService VpcSourceIp"
)
_GLOBAL_KEYS: tuple[Option, ...] = tuple((f"aws:{name}", "global") for name in _GLOBAL_NAMES.split())
_VERSIONS: tuple[Option, ...] = (("2012-10-17", "the current language"), ("2008-10-17", "without variables"))
_EFFECTS: tuple[Option, ...] = (("Allow", ""), ("Deny", "wins over every Allow"))
_LIMIT = 400


def complete(path: Sequence[str], slot: str, prefix: str, *, principals: bool = False) -> list[Option]:
    """What can stand where the cursor is.

    ``path``: names of the elements around it, outermost first (for a value, its own element last). ``slot``: ``name``
    or ``value``. ``prefix``: what stands before the cursor. ``principals``: the policy's kind has principals.
    """
    if slot == "name":
        return _names(path, prefix, principals)
    match list(path):
        case ["Version"]:
            return list(_VERSIONS)
        case ["Statement", "Effect"]:
            return list(_EFFECTS)
        case ["Statement", "Action" | "NotAction"]:
            return _actions(prefix)
        case _:
            return []


def _names(path: Sequence[str], prefix: str, principals: bool) -> list[Option]:
    match list(path):
        case []:
            return list(_POLICY)
        case ["Statement"]:
            return [*_STATEMENT, *(_PRINCIPALS if principals else ())]
        case ["Statement", "Principal" | "NotPrincipal"]:
            return list(_PRINCIPAL_KINDS)
        case ["Statement", "Condition"]:
            return list(_OPERATORS)
        case ["Statement", "Condition", _]:
            return _keys(prefix)
        case _:
            return []


def _actions(prefix: str) -> list[Option]:
    known = reference()
    name, colon, _ = prefix.partition(":")
    if not colon:
        return [(f"{service.prefix}:", service.title) for service in known.services.values()]
    service = known.service(name)
    if service is None:
        return []
    levels = zip(service.action_names, service.levels, strict=True)
    return _first(
        [(f"{name}:*", "every action"), *((f"{name}:{action}", str(level)) for action, level in levels)]
    )


def _keys(prefix: str) -> list[Option]:
    name, colon, _ = prefix.partition(":")
    service = reference().service(name) if colon and name.lower() != "aws" else None
    if service is not None:
        own = (key for key in service.condition_keys.values() if not key.name.startswith("aws:"))
        return _first((key.name.split("$", 1)[0], key.type) for key in own)
    services = (
        (f"{service.prefix}:", service.title) for service in reference().services.values() if not colon
    )
    return [*_GLOBAL_KEYS, *services]


def _first(options: Iterable[Option]) -> list[Option]:
    return list(options)[:_LIMIT]
