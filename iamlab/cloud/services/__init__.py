"""Our own operations: what moto lacks, or answers otherwise than AWS does.

Each module of this package is one topic of one service; each operation is a small function in it:

    @operation("sts", "GetCallerIdentity")
    def get_caller_identity(call: Call, state: LabState) -> dict[str, Any]: ...

It runs in moto's place, after the gate has allowed the call, gets the parsed parameters in `call.params`, and returns
the output as boto3 shows it (moto's serialiser writes the wire format) or raises `AwsError`.

A `guard` runs before moto's own handler (or one of ours) and may refuse the call:

    @guard("organizations", "AttachPolicy")
    def type_enabled(call: Call, state: LabState) -> None: ...

A `proof` runs before the call is decided. It verifies what the request brings along to be believed (a one-time code),
and writes the condition keys that follow from it into `call.proven`; or it finds that there is nothing to decide about:

    @proof("sts", "AssumeRole")
    def second_factor(call: Call, state: LabState) -> None: ...

Where the proof says who calls (a SAML assertion), it sets `call.caller`.

A `finish` completes what moto has answered in JSON, member by member:

    @finish("lambda", "GetFunction")
    def tell_the_revision(call: Call, state: LabState, answer: dict[str, Any]) -> None: ...

Modules load on the first call of their service, or of one of its operations where they bring much along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamlab.cloud.call import Call
    from iamlab.cloud.state import LabState

Operation = Callable[["Call", "LabState"], dict[str, Any]]
Guard = Callable[["Call", "LabState"], None]
Finish = Callable[["Call", "LabState", dict[str, Any]], None]

EVERY = "*"
"""Stands for every operation of a service, in a guard."""

_MODULES: dict[str, tuple[str, ...]] = {
    "cloudtrail": ("cloudtrail", "cloudtrail_trails", "cloudtrail_selectors"),
    "dynamodb": ("dynamodb_policies", "partiql_statements"),
    "ecr": ("repository_policies",),
    "ec2": ("ec2_instance_profiles",),
    "events": ("events_permissions",),
    "iam": (
        "iam_guards",
        "iam_users",
        "iam_groups",
        "iam_roles",
        "iam_managed_policies",
        "iam_attachments",
        "iam_inline_policies",
        "iam_access_keys",
        "iam_instance_profiles",
        "iam_tags",
        "iam_account",
        "mfa_devices",
        "iam_root_access",
    ),
    "kms": (
        "kms_keys",
        "kms_key_states",
        "kms_key_policies",
        "kms_metadata",
        "kms_aliases",
        "kms_ciphers",
        "kms_signatures",
        "kms_rotation",
    ),
    "lambda": ("lambda_functions", "lambda_permissions", "lambda_answers"),
    "logs": ("log_policies",),
    "organizations": (
        "organizations",
        "organization_accounts",
        "organization_handshakes",
        "organization_policies",
        "organization_effective_policies",
        "organization_services",
        "organization_tags",
        "organization_units",
    ),
    "s3": (
        "s3_batches",
        "s3_copies",
        "s3_encryption",
        "s3_buckets",
        "s3_acls",
        "s3_documents",
        "s3_forms",
        "s3_owners",
        "s3_policies",
    ),
    "secretsmanager": ("secret_policies", "secrets", "service_keys"),
    "sns": ("topics", "labelled_permissions", "subscriptions", "messaging_policies", "service_keys"),
    "sqs": ("labelled_permissions", "queues", "messaging_policies", "service_keys"),
    "ssm": ("parameters", "service_keys"),
    "sts": (
        "sts",
        "sts_mfa",
        "sts_federation",
        "sts_tokens",
    ),
}

# Modules that bring much along for few operations: those whose name has this in it.
_SELDOM: dict[str, dict[str, str]] = {
    "accessanalyzer": {
        "AccessPreview": "access_previews",
        "Analyzed": "analyzed_resources",
        "Analyzer": "analyzers",
        "ArchiveRule": "analyzer_rules",
        "Check": "access_analyzer",
        "Finding": "analyzer_findings",
        "FindingRecommendation": "finding_recommendations",
        "GeneratedPolicy": "policy_generation",
        "PolicyGeneration": "policy_generation",
        "ResourceScan": "analyzed_resources",
        "TagResource": "analyzers",
        "TagsForResource": "analyzers",
        "UntagResource": "analyzers",
        "ValidatePolicy": "access_analyzer",
    },
    "iam": {
        "AccountPasswordPolicy": "iam_password_policy",
        "AccountProperties": "iam_account_properties",
        "AcquireRole": "iam_delegation",
        "ChangePassword": "iam_login_profiles",
        "ContextKeysFor": "iam_simulator",
        "CredentialReport": "iam_credential_report",
        "DelegationRequest": "iam_delegation",
        "DelegationToken": "iam_delegation",
        "HumanReadableSummary": "iam_delegation",
        "LoginProfile": "iam_login_profiles",
        "OpenIDConnectProvider": "iam_oidc_providers",
        "OutboundWebIdentity": "outbound_identity",
        "OrganizationsAccessReport": "iam_organizations_report",
        "PoliciesGrantingServiceAccess": "iam_access_advisor",
        "RoleTemplate": "iam_delegation",
        "SAMLProvider": "iam_saml_providers",
        "SSHPublicKey": "iam_ssh_keys",
        "ServerCertificate": "iam_server_certificates",
        "ServiceLastAccessed": "iam_access_advisor",
        "ServiceLinkedRole": "iam_service_linked_roles",
        "ServiceSpecificCredential": "iam_service_credentials",
        "SigningCertificate": "iam_signing_certificates",
        "Simulate": "iam_simulator",
    },
    "kms": {"Grant": "kms_grants"},
    "s3": {"PutBucketPolicy": "s3_policy_documents"},
    "sts": {
        "AssumeRoot": "sts_root",
        "WebIdentityToken": "outbound_identity",
        "WithSAML": "sts_saml",
        "WithWebIdentity": "sts_web_identity",
    },
}

_operations: dict[tuple[str, str], Operation] = {}
_guards: dict[tuple[str, str], list[Guard]] = {}
_proofs: dict[tuple[str, str], list[Guard]] = {}
_finishes: dict[tuple[str, str], list[Finish]] = {}


def operation(service: str, name: str) -> Callable[[Operation], Operation]:
    """Register a function as the operation `name` of `service`, in place of moto's."""

    def register(function: Operation) -> Operation:
        _operations[service, name] = function
        return function

    return register


def guard(service: str, *names: str) -> Callable[[Guard], Guard]:
    """Register a function that looks at calls before they run; `EVERY` for all operations of the service."""

    def register(function: Guard) -> Guard:
        for name in names:
            _guards.setdefault((service, name), []).append(function)
        return function

    return register


def proof(service: str, *names: str) -> Callable[[Guard], Guard]:
    """Register a function that runs before a call is decided; `EVERY` for all operations of the service.

    It verifies what the request claims about its caller, or that there is anything to decide about.
    """

    def register(function: Guard) -> Guard:
        for name in names:
            _proofs.setdefault((service, name), []).append(function)
        return function

    return register


def finish(service: str, *names: str) -> Callable[[Finish], Finish]:
    """Register a function that completes an answer of moto's, by changing it."""

    def register(function: Finish) -> Finish:
        for name in names:
            _finishes.setdefault((service, name), []).append(function)
        return function

    return register


def finishes(service: str, name: str) -> Sequence[Finish]:
    """What completes moto's answer to this operation."""
    _load(service, name)
    return _finishes.get((service, name), ())


def find(service: str, name: str) -> Operation | None:
    """Our own operation, or None where moto's handler shall answer."""
    _load(service, name)
    return _operations.get((service, name))


def prove(call: Call, state: LabState) -> None:
    """Verify what the request brings along, before any policy is asked; `call.proven` says what it amounts to.

    Raises:
        AwsError: AWS would not believe it.
    """
    _load(call.service, call.operation)
    for name in (EVERY, call.operation):
        for function in _proofs.get((call.service, name), ()):
            function(call, state)


def check(call: Call, state: LabState) -> None:
    """Run the guards of an allowed call, before its operation runs.

    Raises:
        AwsError: AWS would refuse these parameters.
    """
    _load(call.service, call.operation)
    for name in (EVERY, call.operation):
        for function in _guards.get((call.service, name), ()):
            function(call, state)


@cache
def _load(service: str, name: str) -> None:
    """Bring in what registers an operation; once for each."""
    for part, module in _SELDOM.get(service, {}).items():
        if part in name:
            import_module(f"{__name__}.{module}")
    for module in _MODULES.get(service, ()):
        import_module(f"{__name__}.{module}")
