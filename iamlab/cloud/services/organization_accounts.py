"""Accounts of an organization: asked for, made, listed, moved, closed, removed.

CreateAccount answers that the account is on its way; whoever asks again is told how it went. In the lab it is there
by then, with the role that administers it.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities, organizations
from iamlab.cloud.moto_seam import organization_entities as entities
from iamlab.cloud.moto_seam.organization_entities import Account, AccountRequest, Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_answers import (
    account_of,
    invalid,
    managed,
    page,
    parent,
    request_id,
    seen,
    violation,
)
from iamlab.cloud.services.organization_policies import hang_defaults
from iamlab.cloud.services.organization_tags import checked
from iamlab.cloud.state import LabState

_EMAILS = "account emails"
_RESERVED = "AWSServiceRoleFor"
_CLOSING = timedelta(minutes=5)
"""How long a closed account is on its way to be closed."""


def email_of(state: LabState, account: str) -> str:
    """The address of an account's root user."""
    known: dict[str, str] = state.stores.get(_EMAILS, {})
    own = "master@example.com" if account == state.account_id else f"account-{account}@example.com"
    return known.get(account, own)


@operation("organizations", "CreateAccount")
def create_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html"""
    tree, params = managed(call), call.params
    if (params.get("RoleName") or "").startswith(_RESERVED):
        raise invalid(
            "INVALID_ROLE_NAME",
            "You provided a role name that isn't valid. A role name can't begin with the reserved prefix "
            "AWSServiceRoleFor.",
        )
    tags = checked(params.get("Tags"))
    request = AccountRequest(request_id(state, "car-"), params["AccountName"], call.now, None)
    tree.requests.append(request)
    if any(account.email == params["Email"] for other in entities.trees() for account in other.accounts):
        request.failure = "EMAIL_ALREADY_EXISTS"
    else:
        request.account = _made(call, state, tree, tags)
    shape = request_shape(request)
    for later in ("CompletedTimestamp", "AccountId", "FailureReason"):
        shape.pop(later, None)
    return {"CreateAccountStatus": shape | {"State": "IN_PROGRESS"}}


def _made(call: Call, state: LabState, tree: Tree, tags: dict[str, str]) -> str:
    account = f"{state.random.randrange(10**11, 10**12)}"
    while identities.account_exists(account):
        account = f"{state.random.randrange(10**11, 10**12)}"
    organizations.make_access_role(account, tree.master_account_id, call.params.get("RoleName"))
    state.stores.setdefault(_EMAILS, {})[account] = call.params["Email"]
    add(call, tree, account, call.params["AccountName"], call.params["Email"], invited=False, tags=tags)
    return account


def add(
    call: Call, tree: Tree, account: str, name: str, email: str, *, invited: bool, tags: dict[str, str]
) -> None:
    """Take an account into an organisation, right under its root."""
    member = Account(
        id=account,
        arn=tree.arn_of("account", account),
        name=name,
        type=entities.ACCOUNT,
        parent_id=tree.root_id,
        email=email,
        joined=call.now,
        invited=invited,
        tags=tags,
    )
    hang_defaults(tree, member)
    entities.join(tree, member)


@operation("organizations", "CreateGovCloudAccount")
def create_gov_cloud_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateGovCloudAccount.html

    The lab's accounts have no partner in GovCloud.
    """
    managed(call)
    raise violation(
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        "To complete this operation, the management account must have an associated account in the AWS GovCloud "
        "(US-West) Region.",
    )


def request_shape(request: AccountRequest) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html"""
    shape: dict[str, Any] = {
        "Id": request.id,
        "AccountName": request.name,
        "State": "FAILED" if request.failure else "SUCCEEDED",
        "RequestedTimestamp": request.requested,
        "CompletedTimestamp": request.requested + timedelta(seconds=1),
    }
    return shape | ({"FailureReason": request.failure} if request.failure else {"AccountId": request.account})


@operation("organizations", "DescribeCreateAccountStatus")
def describe_create_account_status(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeCreateAccountStatus.html"""
    wanted = call.params["CreateAccountRequestId"]
    found = next((request for request in seen(call).requests if request.id == wanted), None)
    if found is None:
        raise AwsError(
            "CreateAccountStatusNotFoundException",
            "We can't find a create account request with the CreateAccountRequestId that you specified.",
        )
    return {"CreateAccountStatus": request_shape(found)}


@operation("organizations", "ListCreateAccountStatus")
def list_create_account_status(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListCreateAccountStatus.html"""
    states = call.params.get("States")
    shapes = [request_shape(request) for request in seen(call).requests]
    wanted = [shape for shape in shapes if not states or shape["State"] in states]
    return page(call, wanted, "CreateAccountStatuses", dict)


# ------------------------------------------------------------------ shown
def account_shape(call: Call, tree: Tree, account: Account) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html"""
    return member_shape(call, account) | {"Paths": [tree.path_of(account)]}


def member_shape(call: Call, account: Account) -> dict[str, Any]:
    """What is told of an account wherever it is listed."""
    status = state = "ACTIVE"
    if account.closed is not None:
        over = call.now - account.closed >= _CLOSING
        status, state = ("SUSPENDED", "CLOSED") if over else ("PENDING_CLOSURE", "PENDING_CLOSURE")
    return {
        "Id": account.id,
        "Arn": account.arn,
        "Email": account.email,
        "Name": account.name,
        "Status": status,
        "State": state,
        "JoinedMethod": "INVITED" if account.invited else "CREATED",
        "JoinedTimestamp": account.joined,
    }


@operation("organizations", "DescribeAccount")
def describe_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html"""
    tree = seen(call)
    return {"Account": account_shape(call, tree, account_of(tree, call.params["AccountId"]))}


@operation("organizations", "ListAccounts")
def list_accounts(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html"""
    tree = seen(call)
    return page(call, tree.accounts, "Accounts", lambda account: account_shape(call, tree, account))


@operation("organizations", "ListAccountsForParent")
def list_accounts_for_parent(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html"""
    tree = seen(call)
    above = parent(tree, call.params["ParentId"])
    under = [account for account in tree.accounts if account.parent_id == above.id]
    return page(call, under, "Accounts", lambda account: account_shape(call, tree, account))


# ------------------------------------------------------------------ moved, closed, removed
@operation("organizations", "MoveAccount")
def move_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_MoveAccount.html"""
    tree, params = managed(call), call.params
    account = account_of(tree, params["AccountId"])
    if tree.container(params["SourceParentId"]) is None:
        raise AwsError("SourceParentNotFoundException", "You specified a source parent that doesn't exist.")
    if tree.container(params["DestinationParentId"]) is None:
        raise AwsError(
            "DestinationParentNotFoundException", "You specified a destination parent that doesn't exist."
        )
    if account.parent_id == params["DestinationParentId"]:
        raise AwsError(
            "DuplicateAccountException", "That account is already present in the specified destination."
        )
    if account.parent_id != params["SourceParentId"]:
        raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist.")
    account.parent_id = params["DestinationParentId"]
    return {}


@operation("organizations", "CloseAccount")
def close_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html"""
    tree = managed(call)
    account = account_of(tree, call.params["AccountId"])
    if account.id == tree.master_account_id:
        raise violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You attempted to close the management account.")
    if account.closed is not None:
        raise AwsError("AccountAlreadyClosedException", "The provided account is already closed.")
    account.closed = call.now
    return {}


@operation("organizations", "RemoveAccountFromOrganization")
def remove_account_from_organization(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_RemoveAccountFromOrganization.html"""
    let_go(managed(call), call.params["AccountId"])
    return {}


def let_go(tree: Tree, name: str) -> None:
    """Let an account leave its organisation.

    Raises:
        AwsError: it manages the organisation, or administers a service in it.
    """
    account = account_of(tree, name)
    if account.id == tree.master_account_id:
        raise AwsError(
            "MasterCannotLeaveOrganizationException",
            "You can't remove a management account from an organization. If you want the management account to "
            "become a member account in another organization, you must first delete the current organization of "
            "the management account.",
        )
    if account.services:
        raise violation(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You attempted to remove an account that is registered as a delegated administrator for a service "
            "integrated with your organization. To complete this operation, you must first deregister this account "
            "as a delegated administrator.",
        )
    entities.part(tree, account)
