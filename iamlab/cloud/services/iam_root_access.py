"""Centralised root access: what an organisation lets its management account do in the name of member accounts' root.

IAM must be trusted in the organisation first; then two features can be switched on, by the management account alone:
managing root credentials, and sessions for privileged tasks. STS's AssumeRoot asks `administers` and `features`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootSessions.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.moto_seam.organizations import Organization
from iamlab.cloud.services import operation
from iamlab.cloud.state import LabState

IAM = "iam.amazonaws.com"
CREDENTIALS = "RootCredentialsManagement"
SESSIONS = "RootSessions"
_STORE = "root access"


def features(state: LabState, organization: Organization) -> frozenset[str]:
    """The features that are switched on; none while the organisation doesn't trust IAM."""
    if IAM not in organization.trusted:
        return frozenset()
    return frozenset(state.stores.get(_STORE, {}).get(organization.id, ()))


def administers(account: str, organization: Organization) -> bool:
    """`account` is the management account, or the one that administers IAM in its stead."""
    return account == organization.management or IAM in organization.delegated.get(account, ())


@operation("iam", "ListOrganizationsFeatures")
def list_organizations_features(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html"""
    organization = _organization(call)
    if not administers(call.account, organization):
        raise _refusal(
            "AccountNotManagementOrDelegatedAdministratorException",
            "The request was rejected because the account making the request is not the management account or "
            "delegated administrator account for centralized root access.",
        )
    return _shape(state, organization)


def _switch(operation_name: str, feature: str, on: bool) -> None:
    @operation("iam", operation_name)
    def switch(call: Call, state: LabState) -> dict[str, Any]:
        organization = _organization(call)
        if call.account != organization.management:
            raise _refusal(
                "CallerIsNotManagementAccountException",
                "The request was rejected because the account making the request is not the management account for "
                "the organization.",
            )
        with state.lock:
            enabled: set[str] = state.stores.setdefault(_STORE, {}).setdefault(organization.id, set())
            (enabled.add if on else enabled.discard)(feature)
        return _shape(state, organization)


_switch("EnableOrganizationsRootCredentialsManagement", CREDENTIALS, on=True)
_switch("DisableOrganizationsRootCredentialsManagement", CREDENTIALS, on=False)
_switch("EnableOrganizationsRootSessions", SESSIONS, on=True)
_switch("DisableOrganizationsRootSessions", SESSIONS, on=False)


def _organization(call: Call) -> Organization:
    """The caller's organisation, ready for centralised root access."""
    organization = organizations.organization(call.account)
    if organization is None:
        raise _refusal(
            "OrganizationNotFoundException",
            "The request was rejected because no organization is associated with your account.",
        )
    if not organization.all_features:
        raise _refusal(
            "OrganizationNotInAllFeaturesModeException",
            "The request was rejected because your organization does not have All features enabled.",
        )
    if IAM not in organization.trusted:
        raise _refusal(
            "ServiceAccessNotEnabledException",
            "The request was rejected because trusted access is not enabled for IAM in Organizations.",
        )
    return organization


def _refusal(code: str, words: str) -> AwsError:
    return AwsError(code, words, 400)


def _shape(state: LabState, organization: Organization) -> dict[str, Any]:
    return {"OrganizationId": organization.id, "EnabledFeatures": sorted(features(state, organization))}
