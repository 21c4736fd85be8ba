"""Grants on KMS keys: create, list, retire, revoke.

What a grant allows is decided in the gate (`iamlab.cloud.grants`); here it comes and goes. It counts from the next call
on, with or without its token.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import named_grant
from iamlab.cloud.errors import AwsError
from iamlab.cloud.grants import CONTEXTUAL, EQUALS, SOURCE, SUBSET, Grant, every_grant, grants_on
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import operation, proof
from iamlab.cloud.services.iam_principals import exists
from iamlab.cloud.services.kms_keys import allowed_key, dry_run
from iamlab.cloud.services.kms_paging import page
from iamlab.cloud.state import LabState

_MOST = 50_000
_PAIRS = 8
_LONGEST_CONTEXT = 384
_PAGE = 50

_ALWAYS = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
_ASYMMETRIC = _ALWAYS | {"GetPublicKey"}
# Usage of a key → operations that a grant on it may allow.
# https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations
_OPERATIONS = {
    "ENCRYPT_DECRYPT": _ASYMMETRIC | {"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"},
    "GENERATE_VERIFY_MAC": _ALWAYS | {"GenerateMac", "VerifyMac"},
    "KEY_AGREEMENT": _ASYMMETRIC | {"DeriveSharedSecret"},
    "KEY_ENCAPSULATION": _ASYMMETRIC | {"Encapsulate", "Decapsulate"},
    "SIGN_VERIFY": _ASYMMETRIC | {"Sign", "Verify"},
}
_SYMMETRIC = "SYMMETRIC_DEFAULT"


@operation("kms", "CreateGrant")
def create_grant(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html"""
    params = call.params
    key = allowed_key(call)
    grantee = _one_of(params, "GranteePrincipal", "GranteeServicePrincipal")
    if grantee is None:
        raise _invalid("You must specify either GranteePrincipal or GranteeServicePrincipal.")
    retiring = _one_of(params, "RetiringPrincipal", "RetiringServicePrincipal")
    _check_operations(key, params["Operations"])
    constraints = _constraints(key, params)
    if params.get("GranteeServicePrincipal") and (SOURCE not in constraints or retiring is None):
        raise _invalid("A grantee service principal needs a SourceArn constraint and a retiring principal.")
    for name in ("GranteePrincipal", "RetiringPrincipal"):
        if params.get(name) and not exists(params[name]):
            raise AwsError("InvalidArnException", f"ARN does not refer to a valid principal: {params[name]}")
    dry_run(call)
    with state.lock:
        grant = Grant(
            id=state.random.randbytes(32).hex(),
            key_arn=str(key.arn),
            grantee=grantee,
            operations=tuple(dict.fromkeys(params["Operations"])),
            created=call.now,
            issuer=call.caller.account or call.account,
            name=params.get("Name"),
            retiring=retiring,
            constraints=constraints,
        )
        grant = _made_before(key, grant) or grant
        held = keys.grants(key)
        if grant.id not in held and len(held) >= _MOST:
            raise AwsError("LimitExceededException", f"Grants per key limit of {_MOST} exceeded.")
        held[grant.id] = grant
        token = base64.urlsafe_b64encode(state.random.randbytes(180)).decode()
        grant.tokens.add(token)
    return {"GrantToken": token, "GrantId": grant.id}


@operation("kms", "ListGrants")
def list_grants(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html"""
    params = call.params
    key = allowed_key(call)
    wanted = _one_of(params, "GranteePrincipal", "GranteeServicePrincipal")
    found = [
        grant
        for grant in grants_on(key)
        if params.get("GrantId") in (None, grant.id) and wanted in (None, grant.grantee)
    ]
    return _page(call, found)


@operation("kms", "ListRetirableGrants")
def list_retirable_grants(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html"""
    wanted = _one_of(call.params, "RetiringPrincipal", "RetiringServicePrincipal")
    if wanted is None:
        raise _invalid("You must specify either RetiringPrincipal or RetiringServicePrincipal.")
    if wanted.split(":")[4:5] not in ([], [call.account]):
        raise AwsError(
            "AccessDeniedException",
            f"User: {call.caller.arn} is not authorized to perform: kms:ListRetirableGrants on resource: {wanted} "
            "because no resource-based policy allows the kms:ListRetirableGrants action",
        )
    found = [grant for key, grant in every_grant() if key.region == call.region and grant.retiring == wanted]
    return _page(call, found)


@proof("kms", "RetireGrant")
def grant_is_there(call: Call, state: LabState) -> None:
    """A grant says itself who may retire it: without one there is nothing to decide."""
    params = call.params
    if not params.get("GrantToken") and not (params.get("KeyId") and params.get("GrantId")):
        raise _invalid("You must specify either a grant token, or a key id and a grant id.")
    if named_grant(call) is not None:
        return
    if params.get("GrantToken"):
        raise AwsError("InvalidGrantTokenException", "The grant token is not valid.")
    raise _no_such_grant(params["GrantId"])


@operation("kms", "RetireGrant")
@operation("kms", "RevokeGrant")
def end_grant(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html, and API_RetireGrant.html"""
    with state.lock:
        found = named_grant(call)
        if found is None:
            raise _no_such_grant(call.params.get("GrantId", ""))
        dry_run(call)
        key, grant = found
        del keys.grants(key)[grant.id]
        keys.spent_tokens(key).update(grant.tokens)
    return {}


# ---------------------------------------------------------------- parameters


def _one_of(params: dict[str, Any], name: str, other: str) -> str | None:
    if params.get(name) and params.get(other):
        raise _invalid(f"You can specify either {name} or {other}, but not both.")
    found = params.get(name) or params.get(other)
    return None if found is None else str(found)


def _check_operations(key: Any, operations: list[str]) -> None:
    if set(operations) == {"CreateGrant"}:
        raise _invalid("Grants must not contain only the CreateGrant operation.")
    spec, usage = str(key.key_spec), str(key.key_usage or "ENCRYPT_DECRYPT")
    allowed = _ALWAYS | CONTEXTUAL if spec == _SYMMETRIC else _OPERATIONS.get(usage, _ALWAYS)
    wrong = [name for name in operations if name not in allowed]
    if wrong:
        raise _invalid(
            f"Grant operations [{', '.join(wrong)}] are not supported on a key with key spec {spec} and "
            f"key usage {usage}."
        )


def _constraints(key: Any, params: dict[str, Any]) -> dict[str, Any]:
    constraints = {kind: value for kind, value in (params.get("Constraints") or {}).items() if value}
    if EQUALS in constraints and SUBSET in constraints:
        raise _invalid(f"You can specify either {EQUALS} or {SUBSET}, but not both.")
    pairs = constraints.get(EQUALS) or constraints.get(SUBSET)
    if not pairs:
        return constraints
    if str(key.key_spec) != _SYMMETRIC:
        raise _invalid("Encryption context constraints are not supported on asymmetric or HMAC keys.")
    if len(pairs) > _PAIRS:
        raise _invalid(f"An encryption context constraint can include up to {_PAIRS} pairs.")
    if any(len(value) > _LONGEST_CONTEXT for value in pairs.values()):
        raise _invalid(
            f"The values of an encryption context constraint cannot exceed {_LONGEST_CONTEXT} characters."
        )
    return constraints


def _made_before(key: Any, new: Grant) -> Grant | None:
    """The grant that a repeated call with the same name has made already."""
    return next((grant for grant in grants_on(key) if new.name and _entry(grant) == _entry(new)), None)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _no_such_grant(grant_id: str) -> AwsError:
    return AwsError("NotFoundException", f"Grant ID {grant_id} not found")


# ---------------------------------------------------------------- answers


def _page(call: Call, grants: Iterable[Grant]) -> dict[str, Any]:
    return page(call, "Grants", "GrantId", [_shown(grant) for grant in grants], _PAGE)


def _shown(grant: Grant) -> dict[str, Any]:
    return {"GrantId": grant.id, "CreationDate": grant.created, **_entry(grant)}


def _entry(grant: Grant) -> dict[str, Any]:
    """What a grant is, but for its id and age."""
    partition = grant.key_arn.split(":")[1]
    facts = {
        "KeyId": grant.key_arn,
        "Name": grant.name or "",
        _principal_field("Grantee", grant.grantee): grant.grantee,
        "IssuingAccount": f"arn:{partition}:iam::{grant.issuer}:root",
        "Operations": list(grant.operations),
        "Constraints": dict(grant.constraints) or None,
    }
    if grant.retiring:
        facts[_principal_field("Retiring", grant.retiring)] = grant.retiring
    return {name: value for name, value in facts.items() if value is not None}


def _principal_field(role: str, principal: str) -> str:
    return f"{role}ServicePrincipal" if _SERVICE.fullmatch(principal) else f"{role}Principal"


_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
