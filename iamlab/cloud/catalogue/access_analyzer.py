"""What Access Analyzer's calls need beside what the general rule finds, and the tags that their analyzers have.

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
from iamlab.cloud.catalogue.tags import with_resource_tags
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services.analyzer_store import PRINCIPAL, analyzers

if TYPE_CHECKING:
    from iamlab.cloud.call import Call
    from iamlab.cloud.state import LabState


def _create_analyzer(call: Call) -> tuple[Check, ...]:
    found = general.checks(call)
    role = service_linked_role(call, PRINCIPAL).arn
    if identities.role_by_arn(role) is not None:
        return found
    making = Check(
        "iam:CreateServiceLinkedRole",
        role,
        call.account,
        {"iam:AWSServiceName": PRINCIPAL},
        dependent=True,
    )
    return (*found, making)


def with_tags(call: Call, found: tuple[Check, ...], state: LabState) -> tuple[Check, ...]:
    """The checks with the tags of the analyzers that they are about."""
    tagged = {
        analyzer.arn: analyzer.tags for analyzer in analyzers(state, call.account, call.region).values()
    }
    return with_resource_tags(found, tagged)


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {"CreateAnalyzer": _create_analyzer}
