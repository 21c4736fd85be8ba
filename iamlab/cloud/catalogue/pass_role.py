"""The permission to hand a role to a service, which every call that names a role for one needs beside its own.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.tags import resource_tags
from iamlab.cloud.moto_seam import identities, resources

if TYPE_CHECKING:
    from iamlab.cloud.call import Call


def pass_role(call: Call, role_arn: str, service: str, associated: str | None = None) -> Check:
    """Passing the role with that ARN to `service` (`ec2.amazonaws.com`), for the resource `associated`."""
    context: Context = {"iam:PassedToService": service}
    if associated:
        context["iam:AssociatedResourceArn"] = associated
    found = identities.role_by_arn(role_arn)
    if found is not None:
        context.update(resource_tags(resources.tag_map(found.tags), "aws", "iam"))
    account = role_arn.split(":", 5)[4] if role_arn.count(":") >= 5 else call.account
    return Check("iam:PassRole", role_arn, account or call.account, context, dependent=True)
