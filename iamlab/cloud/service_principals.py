"""AWS's services as principals: which names IAM knows.

IAM refuses a policy that names a service which AWS doesn't have (`tagging.amazonaws.com`). Most services are called as
their actions are prefixed; what is called otherwise stands here, taken from AWS's managed policies and user guides.

In: a name from a Principal element. Out: whether it is a service's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
"""

from __future__ import annotations

import re

from iamlab.cloud.service_linked import service_linked_role
from iamlab.policy.reference import reference

_FORM = re.compile(r"(?P<service>[a-z0-9.-]+)\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)")
_REGION = re.compile(r"\.[a-z]{2}(?:-[a-z]+)+-\d")
_DOMAIN = ".amazonaws.com"

# Without `.amazonaws.com`.
_NAMES = """
access-grants.s3 agent.wellarchitected aiops.alarms.cloudwatch ami.inspector2 assets.marketplace
aws-artifact-account-sync batchoperations.s3 billingconsole billingreports build.apprunner cassandra-streams
channels.lex channels.lexv2 codecatalyst-runner codestar cognito-identity-us-gov context.cloudtrail
contract.iq cr.clientvpn credentials.iot custom.rds custom.rds-preview deeplens
directquery.opensearchservice dmsintegration.migrationhub dnssec-route53 drt.shield ec2-images
ec2.application-status-checks ec2.capacitymanager ec2sqlha ecs-tasks edgelambda eks-fargate-pods
events.managedservices export.rds exportv2.securityhub hooks.cloudformation job.sagemaker
justintimeaccess.ssm lambda.alarms.cloudwatch logdelivery.elasticloadbalancing logging.s3
maintenance.s3tables malware-protection-plan.guardduty metadata.s3 metrics.wellarchitected
migration.s3tables mobilehub monitoring.rds monitoring.thinclient network-connectors.lambda
network.bedrock-agentcore notifications.ssm permission.iq pinpoint pods.eks private-marketplace.marketplace
procurement-insights.marketplace rdsdata replication.lexv2 replication.s3tables
resale-authorization.marketplace resource-snapshot-job.partnercentral-selling resources.cloudformation
runtime-identity.bedrock-agentcore runtime-instances.bedrock-agentcore s3.data-source.lustre.fsx
scaler.lambda scheduler.redshift schema-conversion.dms scraper.aps securityhubv2 session.qldb
smsintegration.migrationhub ssm.integrations streams.metrics.cloudwatch sumerian sync.proton tagpolicies.tag
tasks.apprunner telemetry-enablement.observabilityadmin telemetry-pipelines.observabilityadmin
thirdparty.config thirdparty.inspector2 transcribe.streaming triage.security-ir types.cloudformation vmie
vod.mediapackage vpc-flow-logs zocalo
"""
_OTHERS = frozenset(_NAMES.split())


def is_service_principal(name: str) -> bool:
    """Whether a service of AWS goes by this name, with or without a Region in it."""
    match = _FORM.fullmatch(name)
    if match is None:
        return False
    service = match["service"]
    return _known(service) or _known(_REGION.sub("", service))


def _known(service: str) -> bool:
    return (
        service in _OTHERS or service in reference().services or bool(service_linked_role(service + _DOMAIN))
    )
