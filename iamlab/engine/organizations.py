"""What organisation policies leave alone: facts about RCPs.

See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from typing import Final

__all__ = ["rcp_reaches"]

# Service prefixes whose resources RCPs govern.
_RCP_SERVICES: Final = frozenset(
    (  # noqa: SIM905 (sixty quoted words would read worse)
        "appstream dsql clouddirectory cloudfront cloudsearch logs networkmonitor cognito-identity "
        "cognito-idp comprehend comprehendmedical firehose dynamodb dax autoscaling ecr ecr-public gamelift "
        "inspector-scan kendra kinesisvideo memorydb aoss personalize polly s3 swf sqs textract "
        "timestream-influxdb transcribe translate workspaces appconfig autoscaling-plans budgets "
        "servicediscovery cloudtrail-data codeartifact codebuild codecommit codepipeline compute-optimizer "
        "cost-optimization-hub events fms fis health rolesanywhere kms opensearch pricing pca-connector-ad "
        "resource-groups secretsmanager sts signin support transfer notifications wafv2 xray "
    ).split()
)


def rcp_reaches(action: str, resource: str) -> bool:
    """Whether RCPs govern an action (in lower case) on a resource at all.

    Outside of their reach are other services, actions that authorise no resource, `kms:RetireGrant`, and the KMS keys
    that AWS manages.
    """
    if resource == "*" or action.partition(":")[0] not in _RCP_SERVICES or action == "kms:retiregrant":
        return False
    return not (action.startswith("kms:") and ":alias/aws/" in resource)
