"""IAM's answers about what AWS's product partners and services bring into an account, and nobody brings into the lab.

Delegation requests come from partners that AWS has taken on; role templates are made by AWS's services. There are none,
so that every one that a call names is unknown.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRoleTemplateVersion.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_shapes import no_such_entity
from iamlab.cloud.state import LabState


@operation("iam", "CreateDelegationRequest")
def create_delegation_request(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateDelegationRequest.html: partners alone make some"""
    raise AwsError(
        "AccessDenied", f"Account {call.account} is not onboarded to create delegation requests.", 403
    )


@operation("iam", "ListDelegationRequests")
def list_delegation_requests(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListDelegationRequests.html"""
    return {"DelegationRequests": [], "isTruncated": False}


@operation("iam", "AcceptDelegationRequest")
@operation("iam", "AssociateDelegationRequest")
@operation("iam", "GetDelegationRequest")
@operation("iam", "RejectDelegationRequest")
@operation("iam", "SendDelegationToken")
@operation("iam", "UpdateDelegationRequest")
def unknown_request(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetDelegationRequest.html"""
    raise no_such_entity(f"Delegation request {call.params['DelegationRequestId']} cannot be found.")


@operation("iam", "GetHumanReadableSummary")
def get_human_readable_summary(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetHumanReadableSummary.html: of such requests alone"""
    arn = call.params["EntityArn"]
    if ":delegation-request/" not in arn:
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
    raise no_such_entity(f"Delegation request {arn.rpartition('/')[2]} cannot be found.")


@operation("iam", "AcquireRole")
@operation("iam", "GetRoleTemplateVersion")
def unknown_template(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AcquireRole.html"""
    raise no_such_entity(f"Role template {call.params['TemplateArn']} cannot be found.")
