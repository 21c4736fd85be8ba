"""Which policy documents IAM and STS take, and the words in which they refuse the others.

The grammar is `iamlab.policy`'s; here stands what depends on where a policy goes (an identity, a role's trust, a
session) and what AWS says about it. AWS names one fault, the first in its own order; so do these checks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.service_principals import is_service_principal
from iamlab.cloud.services.iam_principals import PARTITIONS, exists
from iamlab.cloud.services.policy_frames import effect_fault, frame_fault, unknown_field
from iamlab.cloud.services.shared_issuers import untested_claim
from iamlab.policy.statement import ELEMENTS

_SYNTAX = "Syntax errors in policy."
_LEGACY = "The policy failed legacy parsing"
_NOBODY = (
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a "
    "statement with no principals!"
)
_NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
# The grammar errors that AWS tells before it looks at anything else, and all in the same words.
_SYNTAX_CODES = frozenset(
    {
        "DATA_TYPE_MISMATCH",
        "INVALID_CONDITION_OPERATOR",
        "INVALID_POLICY_ELEMENT",
        "INVALID_VERSION",
        "JSON_SYNTAX_ERROR",
        "MISSING_STATEMENT",
        "UNSUPPORTED_ELEMENT_COMBINATION",
    }
)
_VENDOR = re.compile(r"[A-Za-z0-9.-]+")
_SID = re.compile(r"[0-9A-Za-z]*")
_ACCOUNT = re.compile(r"\d{12}")
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::(?P<account>\d{12}):(?P<kind>saml|oidc)-provider/\S+")
_TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setcontext",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)
_FEDERATED = frozenset(
    {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}
)

Statement = dict[str, Any]
Rule = Callable[[Any, list[Statement]], str | None]
"""A document and its statements in, AWS's complaint or None out."""


def malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)


def size(text: str) -> int:
    """How much of a quota a document uses: IAM doesn't count white space."""
    return len(re.sub(r"\s", "", text))


def check_inline_policy(text: str) -> None:
    """An inline policy of a user, group or role: of any version, or of none.

    Raises:
        AwsError: `MalformedPolicyDocument`.
    """
    _check(text, _IDENTITY_RULES)


def check_managed_policy(text: str) -> None:
    """A managed policy, which must be of the present version of the language.

    Raises:
        AwsError: `MalformedPolicyDocument`.
    """
    _check(text, (_effects, _present_version, *_IDENTITY_RULES))


def check_session_policy(text: str) -> None:
    """The `Policy` parameter of AssumeRole and GetFederationToken."""
    if parsed(text).document is None:
        raise malformed("The policy is not in the valid JSON format.")
    _check(text, _IDENTITY_RULES)


def check_trust_policy(text: str) -> None:
    """A role's trust policy.

    Raises:
        AwsError: `MalformedPolicyDocument`; a principal that doesn't exist is one, too.
    """
    policy = parsed(text)
    if policy.document is None:
        raise malformed("This policy contains invalid Json")
    complaint = _outline(policy.document) if isinstance(policy.document, dict) else None
    if complaint is not None:
        raise malformed(complaint)
    for error in policy.errors():
        if error.code == "INVALID_CONDITION_OPERATOR":
            raise malformed(f"Invalid Condition type : {error.path[-1]}")
    _check(text, _TRUST_RULES)


def _check(text: str, rules: tuple[Rule, ...]) -> None:
    policy = parsed(text)
    document = policy.document
    if not isinstance(document, dict):
        raise malformed(_SYNTAX)
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements or not all(isinstance(s, dict) for s in statements):
        raise malformed(_SYNTAX)
    errors = policy.errors()
    if any(error.code in _SYNTAX_CODES for error in errors):
        raise malformed(_SYNTAX)
    for rule in rules:
        message = rule(document, statements)
        if message is not None:
            raise malformed(message)
    if errors:
        # Values that aren't dates, numbers, addresses … are noticed by the oldest of AWS's parsers.
        raise malformed(_LEGACY if errors[0].code == "TYPE_MISMATCH" else _SYNTAX)


# ------------------------------------------------------------------ rules of identity policies
def _present_version(document: Any, statements: list[Statement]) -> str | None:
    # Other versions than these are errors of the grammar.
    if document.get("Version") in (None, "2008-10-17"):
        return "Policy document must be version 2012-10-17 or greater."
    return None


def _no_principal(document: Any, statements: list[Statement]) -> str | None:
    if any("Principal" in s or "NotPrincipal" in s for s in statements):
        return "Policy document should not specify a principal."
    return None


def _sids(document: Any, statements: list[Statement]) -> str | None:
    sids = [s["Sid"] for s in statements if s.get("Sid")]
    if any(not isinstance(sid, str) for sid in sids):
        return _SYNTAX
    if any(not _SID.fullmatch(sid) for sid in sids):
        return (
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )
    return "Statement IDs (SID) in a single policy must be unique." if len(set(sids)) < len(sids) else None


def _actions_exist(document: Any, statements: list[Statement]) -> str | None:
    if all(_texts(s, "Action") or _texts(s, "NotAction") for s in statements):
        return None
    return "Policy statement must contain actions."


def _resources_exist(document: Any, statements: list[Statement]) -> str | None:
    if all(_texts(s, "Resource") or _texts(s, "NotResource") for s in statements):
        return None
    return "Policy statement must contain resources."


def _resource_forms(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        for resource in (*_texts(statement, "Resource"), *_texts(statement, "NotResource")):
            message = _resource_form(resource)
            if message is not None:
                return message
    return None


def _resource_form(resource: str) -> str | None:
    if resource == "*":
        return None
    scheme, colon, rest = resource.partition(":")
    if not colon or scheme != "arn":
        return f'Resource {resource} must be in ARN format or "*".'
    partition, colon, rest = rest.partition(":")
    if partition != "*" and partition not in PARTITIONS:
        parts = [*rest.split(":", 3), "*", "*", "*", "*"][:4]
        whole = ":".join(
            part or "*" if number == 0 and not rest else part for number, part in enumerate(parts)
        )
        return f'Partition "{partition}" is not valid for resource "arn:{partition}:{whole}".'
    service, _, rest = rest.partition(":")
    if not colon or re.search(r"[*?]", service):
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if not service:
        return _LEGACY
    message = _service_form(resource, service, rest)
    if message is not None:
        return message
    if rest.count(":") < 2:
        return None if partition == "*" or "*" in rest else _LEGACY
    return None if _ACCOUNT_PART.fullmatch(rest.split(":", 2)[1]) else _LEGACY


# What services with regions of their own may stand for in S3's ARNs.
_REGIONAL_S3 = ("accesspoint/", "accesspoint:", "job/", "storage-lens", "async-request/", "access-grants/")
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_ACCOUNT_PART = re.compile(r"(\d{12}|aws|.*[*?$].*)?")


def _service_form(resource: str, service: str, rest: str) -> str | None:
    """What IAM knows about the ARNs of S3 and of its own: in which of them a region may stand."""
    region, _, tail = rest.partition(":")
    path = tail.partition(":")[2]
    regional = not rest.startswith(":")
    if service == "s3" and regional and "*" not in region and not path.startswith(_REGIONAL_S3):
        return f"Resource {resource} can not contain region information."
    if service != "iam":
        return None
    if rest.count(":") == 1 and "*" not in rest:
        return _LEGACY
    if regional:
        return f"IAM resource {resource} cannot contain region information."
    if not path.startswith(_IAM_PATHS) and not re.search(r"[*?$]", path.partition("/")[0]):
        return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'
    return None


def _action_forms(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        for action in (*_texts(statement, "Action"), *_texts(statement, "NotAction")):
            vendor, colon, name = action.partition(":")
            if action == "*":
                continue
            if not colon:
                return _NO_VENDOR
            if ":" in name:
                return "Actions/Condition can contain only one colon."
            if vendor != "*" and not _VENDOR.fullmatch(vendor):
                return f"Vendor {vendor} is not valid"
    return None


def _condition_keys(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        conditions = statement.get("Condition")
        for keys in conditions.values() if isinstance(conditions, dict) else ():
            if isinstance(keys, dict) and any(":" not in key for key in keys):
                return _NO_VENDOR
    return None


def _effects(document: Any, statements: list[Statement]) -> str | None:
    known = ("allow", "deny")
    return None if all(str(s.get("Effect")).lower() in known for s in statements) else _SYNTAX


def _effects_as_spelled(document: Any, statements: list[Statement]) -> str | None:
    return None if all(s["Effect"] in ("Allow", "Deny") for s in statements) else _LEGACY


# ------------------------------------------------------------------ rules of trust policies
def _outline(document: dict[str, Any]) -> str | None:
    """What IAM says of a trust policy's fields before it looks at what they hold."""
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    faults = (unknown_field(one, ELEMENTS) for one in listed if isinstance(one, dict))
    return frame_fault(document) or next(filter(None, faults), None)


def _required(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        for field, instead in (("Effect", "Effect"), ("Principal", "NotPrincipal"), ("Action", "NotAction")):
            if field not in statement and instead not in statement:
                return f"Missing required field {field}"
    return None


def _effects_in_trust(document: Any, statements: list[Statement]) -> str | None:
    return next(filter(None, map(effect_fault, statements)), None)


def _prohibited(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        for field in ("Resource", "NotResource", "NotPrincipal"):
            if field in statement:
                return f"Has prohibited field {field}"
    return None


def _given(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        principal = statement.get("Principal")
        if not list(named_principals(principal)):
            # Empty lists are noticed later, by another of AWS's parsers.
            return _NOBODY if principal else "Missing required field Principal cannot be empty!"
        if statement.get("Action") == []:
            return "Missing required field Action cannot be empty!"
    return None


def _trust_actions(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        actions = [action.lower() for action in _texts(statement, "Action")]
        if "NotAction" in statement or not all(map(_is_trust_action, actions)):
            return "AssumeRole policy may only specify STS AssumeRole actions."
    return None


def _is_trust_action(action: str) -> bool:
    return action.startswith("sts:") and any(fnmatchcase(known, action) for known in _TRUST_ACTIONS)


def _principals(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        for kind, name in named_principals(statement.get("Principal")):
            if kind == "Federated" and name not in _FEDERATED and not _PROVIDER.fullmatch(name):
                return "Federated principals must be valid domain names or SAML metadata ARNs"
            if not principal_exists(kind, name):
                shown = kind if kind == "AWS" else kind.upper()
                return f'Invalid principal in policy: "{shown}":"{name}"'
    return None


def _tenants(document: Any, statements: list[Statement]) -> str | None:
    for statement in statements:
        key = untested_claim(statement)
        if key is not None:
            return (
                f"Trust policy must evaluate the required claim {key} of the shared OIDC identity provider."
            )
    return None


def named_principals(principal: Any) -> Iterator[tuple[str, str]]:
    """Each name in a Principal element with its kind, `("AWS", "*")`."""
    if isinstance(principal, str):
        yield "AWS", principal
    elif isinstance(principal, dict):
        for kind, names in principal.items():
            for name in names if isinstance(names, list) else [names]:
                yield kind, str(name)


def principal_exists(kind: str, name: str) -> bool:
    """Whether a name in a Principal element is somebody. Of accounts outside of the lab, form will do."""
    if kind == "AWS":
        return name == "*" or bool(_ACCOUNT.fullmatch(name)) or exists(name)
    if kind == "Service":
        return is_service_principal(name)
    if kind == "Federated":
        return name in _FEDERATED or _provider_exists(name)
    return False


def _provider_exists(arn: str) -> bool:
    found = _PROVIDER.fullmatch(arn)
    if found is None:
        return False
    account = found["account"]
    if not identities.account_exists(account):
        return True
    backend = identities.iam(account)
    providers = backend.saml_providers if found["kind"] == "saml" else backend.open_id_providers
    return any(provider.arn == arn for provider in list(providers.values()))


def _texts(statement: Statement, element: str) -> list[str]:
    value = statement.get(element)
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


_IDENTITY_RULES: tuple[Rule, ...] = (
    _effects,
    _effects_as_spelled,
    _no_principal,
    _sids,
    _actions_exist,
    _resource_forms,
    _action_forms,
    _condition_keys,
    _resources_exist,
)
_TRUST_RULES: tuple[Rule, ...] = (
    _required,
    _effects_in_trust,
    _prohibited,
    _given,
    _sids,
    _trust_actions,
    _condition_keys,
    _principals,
    _tenants,
)
