"""What an API call needs: which IAM actions, on which resources, with which request-specific condition keys.

In comes a :class:`~iamlab.cloud.call.Call` (service, operation, parsed parameters), out goes a tuple of
:class:`Check`, each of which must be allowed. `iam`, `sts`, `dynamodb`, `s3`, `kms` and the instance
operations of `ec2` have exact entries, kept as tables in the modules of those names; every other
operation goes through the general rule (:mod:`.general`): the operation's name is the action's name,
the resource is built from AWS's own ARN templates.

No operation is ever answered with "nothing to check": what the catalogue does not know is checked as
`<prefix>:<Operation>` on `*`.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from iamlab.cloud.catalogue.check import Check
from iamlab.cloud.catalogue.lookup import action_prefix, checks, exact_operations

__all__ = ["Check", "action_prefix", "checks", "exact_operations"]
