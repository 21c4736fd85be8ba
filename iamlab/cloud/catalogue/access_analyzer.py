"""What Access Analyzer's calls need beside what the general rule finds.

Whoever makes the first analyzer of an account makes its service-linked role, too.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamaccessanalyzer.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-using-service-linked-roles.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamlab.cloud.catalogue import general
from iamlab.cloud.catalogue.check import Check
from iamlab.cloud.catalogue.iam_targets import service_linked_role
from iamlab.cloud.moto_seam import identities

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

_SERVICE = "access-analyzer.amazonaws.com"


def _create_analyzer(call: Call) -> tuple[Check, ...]:
    found = general.checks(call)
    role = service_linked_role(call, _SERVICE).arn
    if identities.role_by_arn(role) is not None:
        return found
    making = Check(
        "iam:CreateServiceLinkedRole",
        role,
        call.account,
        {"iam:AWSServiceName": _SERVICE},
        dependent=True,
    )
    return (*found, making)


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {"CreateAnalyzer": _create_analyzer}
