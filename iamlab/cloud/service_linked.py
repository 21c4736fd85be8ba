"""Service-linked roles: which service has one, what it is called, and what it may do.

A service chooses name, trust and permissions of its role; the account only lets it be made.

https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

from dataclasses import dataclass

PATH = "/aws-service-role/"
_DOMAIN = ".amazonaws.com"


@dataclass(frozen=True, slots=True)
class ServiceLinkedRole:
    """The role that one service has in an account."""

    service: str
    """Its principal, `ecs.amazonaws.com`."""
    name: str
    """`AWSServiceRoleForECS`."""
    policy_arn: str
    takes_suffix: bool
    """An account can have several, told apart by a suffix of its choice."""

    @property
    def path(self) -> str:
        return f"{PATH}{self.service}/"

    def named(self, suffix: str | None) -> str:
        """The name of a role with a suffix, if any."""
        return f"{self.name}_{suffix}" if suffix else self.name


def service_linked_role(service: str) -> ServiceLinkedRole | None:
    """The role of a service by its principal; None if it has none, or the lab doesn't know of one."""
    return _ROLES.get(service)


# One a line: the principal without `.amazonaws.com`, the name after `AWSServiceRoleFor`, the AWS managed policy in
# `aws-service-role/`, and `+` where a suffix may be chosen.
_TABLE = """
access-analyzer AccessAnalyzer AccessAnalyzerServiceRolePolicy
accountdiscovery.ssm AmazonSSM_AccountDiscovery AWSSystemsManagerAccountDiscoveryServicePolicy
acm CertificateManager CertificateManagerServiceRolePolicy
airflow AmazonMWAA AmazonMWAAServiceRolePolicy
apidestinations.events AmazonEventBridgeApiDestinations AmazonEventBridgeApiDestinationsServiceRolePolicy
appmesh AppMesh AWSAppMeshServiceRolePolicy
appstream.application-autoscaling ApplicationAutoScaling_AppStreamFleet \
    AWSApplicationAutoscalingAppStreamFleetPolicy
appsync AppSync AWSAppSyncServiceRolePolicy
auditmanager AuditManager AWSAuditManagerServiceRolePolicy
autoscaling AutoScaling AutoScalingServiceRolePolicy +
autoscaling-plans AutoScalingPlans_EC2AutoScaling AWSAutoScalingPlansEC2AutoScalingPolicy
backup Backup AWSBackupServiceLinkedRolePolicyForBackup
batch Batch BatchServiceRolePolicy
braket AmazonBraket AmazonBraketServiceRolePolicy
cassandra.application-autoscaling ApplicationAutoScaling_CassandraTable \
    AWSApplicationAutoscalingCassandraTablePolicy
cks.kms KeyManagementServiceCustomKeyStores AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy
clientvpn ClientVPN ClientVPNServiceRolePolicy
cloud9 AWSCloud9 AWSCloud9ServiceRolePolicy
cloudhsm CloudHSM CloudHSMServiceRolePolicy
cloudtrail CloudTrail CloudTrailServiceRolePolicy
codeguru-reviewer AmazonCodeGuruReviewer AmazonCodeGuruReviewerServiceRolePolicy
codestar-notifications CodeStarNotifications AWSCodeStarNotificationsServiceRolePolicy
cognito-idp AmazonCognitoIdp AmazonCognitoIdpServiceRolePolicy
comprehend.application-autoscaling ApplicationAutoScaling_ComprehendEndpoint \
    AWSApplicationAutoscalingComprehendEndpointPolicy
compute-optimizer ComputeOptimizer ComputeOptimizerServiceRolePolicy
config Config AWSConfigServiceRolePolicy
config-conforms ConfigConforms ConfigConformsServiceRolePolicy
config-multiaccountsetup ConfigMultiAccountSetup AWSConfigMultiAccountSetupPolicy
connect AmazonConnect AmazonConnectServiceLinkedRolePolicy +
contributorinsights.dynamodb DynamoDBCloudWatchContributorInsights \
    DynamoDBCloudWatchContributorInsightsServiceRolePolicy
custom-resource.application-autoscaling ApplicationAutoScaling_CustomResource \
    AWSApplicationAutoScalingCustomResourcePolicy
datasync DataSync AWSDataSyncServiceRolePolicy
dax DAX DAXServiceRolePolicy
delivery.logs LogDelivery AWSServiceRoleForLogDeliveryPolicy
detective AmazonDetective AmazonDetectiveServiceLinkedRolePolicy
devops-guru DevOpsGuru AmazonDevOpsGuruServiceRolePolicy
dms DMSServerless AWSDMSServerlessServiceRolePolicy
dms-fleet-advisor DMSFleetAdvisor AWSDMSFleetAdvisorServiceRolePolicy
docdb-elastic DocDB-Elastic AmazonDocDB-ElasticServiceRolePolicy
drs ElasticDisasterRecovery AWSElasticDisasterRecoveryServiceRolePolicy
dynamodb.application-autoscaling ApplicationAutoScaling_DynamoDBTable \
    AWSApplicationAutoscalingDynamoDBTablePolicy
ec2-instance-connect EC2InstanceConnect Ec2InstanceConnectEndpoint
ec2.application-autoscaling ApplicationAutoScaling_EC2SpotFleetRequest \
    AWSApplicationAutoscalingEC2SpotFleetRequestPolicy
ec2fleet EC2Fleet AWSEC2FleetServiceRolePolicy
ec2scheduled EC2ScheduledInstances AWSServiceRoleForEC2ScheduledInstances
ecr ECRTemplate ECRTemplateServiceRolePolicy
ecs ECS AmazonECSServiceRolePolicy
ecs.application-autoscaling ApplicationAutoScaling_ECSService AWSApplicationAutoscalingECSServicePolicy
eks AmazonEKS AmazonEKSServiceRolePolicy
eks-connector AmazonEKSConnector AmazonEKSConnectorServiceRolePolicy
eks-fargate AmazonEKSForFargate AmazonEKSForFargateServiceRolePolicy
eks-nodegroup AmazonEKSNodegroup AWSServiceRoleForAmazonEKSNodegroup
elasticache ElastiCache ElastiCacheServiceRolePolicy
elasticache.application-autoscaling ApplicationAutoScaling_ElastiCacheRG \
    AWSApplicationAutoscalingElastiCacheRGPolicy
elasticbeanstalk ElasticBeanstalk AWSElasticBeanstalkServiceRolePolicy
elasticfilesystem AmazonElasticFileSystem AmazonElasticFileSystemServiceRolePolicy
elasticloadbalancing ElasticLoadBalancing AWSElasticLoadBalancingServiceRolePolicy
elasticmapreduce EMRCleanup AmazonEMRCleanupPolicy
elasticmapreduce.application-autoscaling ApplicationAutoScaling_EMRInstanceGroup \
    AWSApplicationAutoscalingEMRInstanceGroupPolicy
email.cognito-idp AmazonCognitoIdpEmailService AmazonCognitoIdpEmailServiceRolePolicy
emr-containers AmazonEMRContainers AmazonEMRContainersServiceRolePolicy
emrwal EMRWAL EMRDescribeClusterPolicyForEMRWAL
es AmazonElasticsearchService AmazonElasticsearchServiceRolePolicy
events CloudWatchEvents CloudWatchEventsServiceRolePolicy
fis FIS AmazonFISServiceRolePolicy
fms FMS FMSServiceRolePolicy
fsx AmazonFSx AmazonFSxServiceRolePolicy
globalaccelerator GlobalAccelerator AWSGlobalAcceleratorSLRPolicy
grafana AmazonGrafana AmazonGrafanaServiceLinkedRolePolicy
guardduty AmazonGuardDuty AmazonGuardDutyServiceRolePolicy
imagebuilder ImageBuilder AWSServiceRoleForImageBuilder
inspector AmazonInspector AmazonInspectorServiceRolePolicy
inspector2 AmazonInspector2 AmazonInspector2ServiceRolePolicy
iotmanagedintegrations IoTManagedIntegrations AWSIoTManagedIntegrationsRolePolicy
iotsitewise IoTSiteWise AWSServiceRoleForIoTSiteWise
ipam IPAM AWSIPAMServiceRolePolicy
ivs IVSRecordToS3 IVSRecordToS3
kafka Kafka KafkaServiceRolePolicy
kafka.application-autoscaling ApplicationAutoScaling_KafkaCluster AWSApplicationAutoscalingKafkaClusterPolicy
kafkaconnect KafkaConnect KafkaConnectServiceRolePolicy
kinesisreplication.dynamodb DynamoDBKinesisDataStreamsReplication DynamoDBKinesisReplicationServiceRolePolicy
lakeformation LakeFormationDataAccess LakeFormationDataAccessServiceRolePolicy
lambda.application-autoscaling ApplicationAutoScaling_LambdaConcurrency \
    AWSApplicationAutoscalingLambdaConcurrencyPolicy
lex LexBots LexBotPolicy
lexv2 LexV2Bots AmazonLexV2BotPolicy +
lightsail Lightsail LightsailExportAccess
logger.cloudfront CloudFrontLogger AWSCloudFrontLogger
m2 M2 AWSM2ServicePolicy
macie AmazonMacie AmazonMacieServiceRolePolicy
malware-protection.guardduty AmazonGuardDutyMalwareProtection \
    AmazonGuardDutyMalwareProtectionServiceRolePolicy
member.org.stacksets.cloudformation CloudFormationStackSetsOrgMember \
    CloudFormationStackSetsOrgMemberServiceRolePolicy
memorydb MemoryDB MemoryDBServiceRolePolicy
mgn ApplicationMigrationService AWSApplicationMigrationServiceRolePolicy
mq AmazonMQ AmazonMQServiceRolePolicy
mrk.kms KeyManagementServiceMultiRegionKeys AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy
neptune.application-autoscaling ApplicationAutoScaling_NeptuneCluster \
    AWSApplicationAutoscalingNeptuneClusterPolicy
network-firewall NetworkFirewall AWSNetworkFirewallServiceRolePolicy
networkmanager NetworkManager AWSNetworkManagerServiceRolePolicy
notifications AwsUserNotifications AWSUserNotificationsServiceLinkedRolePolicy
observability.aoss AmazonOpenSearchServerless AmazonOpenSearchServerlessServiceRolePolicy
opensearchservice AmazonOpenSearchService AmazonOpenSearchServiceRolePolicy
ops.apigateway APIGateway APIGatewayServiceRolePolicy
ops.emr-serverless AmazonEMRServerless AmazonEMRServerlessServiceRolePolicy
opsdatasync.ssm SystemsManagerOpsDataSync AWSSystemsManagerOpsDataSyncServiceRolePolicy
opsinsights.ssm AmazonSSM_OpsInsights AWSSSMOpsInsightsServiceRolePolicy
organizations Organizations AWSOrganizationsServiceTrustPolicy
osis AmazonOpenSearchIngestionService AmazonOpenSearchIngestionServiceRolePolicy
outposts Outposts AWSOutpostsServiceRolePolicy +
pullthroughcache.ecr ECRPullThroughCache AWSECRPullThroughCache_ServiceRolePolicy
ram ResourceAccessManager AWSResourceAccessManagerServiceRolePolicy
rds RDS AmazonRDSServiceRolePolicy
rds.application-autoscaling ApplicationAutoScaling_RDSCluster AWSApplicationAutoscalingRDSClusterPolicy
rdscustom RDSCustom AmazonRDSCustomServiceRolePolicy
redshift Redshift AmazonRedshiftServiceLinkedRolePolicy
replication.cassandra KeyspacesReplication KeyspacesReplicationServiceRolePolicy
replication.dynamodb DynamoDBReplication DynamoDBReplicationServiceRolePolicy
replication.ecr ECRReplication ECRReplicationServiceRolePolicy
replicator.lambda LambdaReplicator AWSLambdaReplicator
repository.sync.codeconnections GitSync AWSGitSyncServiceRolePolicy
resource-explorer-2 ResourceExplorer AWSResourceExplorerServiceRolePolicy
rolesanywhere RolesAnywhere AWSRolesAnywhereServicePolicy
route53resolver Route53Resolver Route53ResolverServiceRolePolicy
rum CloudWatchRUM AmazonCloudWatchRUMServiceRolePolicy
s2svpn VPCS2SVPN AWSVPCS2SVpnServiceRolePolicy
s3-outposts S3OnOutposts AWSS3OnOutpostsServiceRolePolicy
sagemaker.application-autoscaling ApplicationAutoScaling_SageMakerEndpoint \
    AWSApplicationAutoscalingSageMakerEndpointPolicy
schemas Schemas AmazonEventBridgeSchemasServiceRolePolicy
securityhub SecurityHub AWSSecurityHubServiceRolePolicy
securitylake SecurityLake SecurityLakeServiceLinkedRole
servicequotas ServiceQuotas ServiceQuotasServiceRolePolicy
ses AmazonSES AmazonSESServiceRolePolicy
shield AWSShield AWSShieldServiceRolePolicy
spot EC2Spot AWSEC2SpotServiceRolePolicy
spotfleet EC2SpotFleet AWSEC2SpotFleetServiceRolePolicy
ssm AmazonSSM AmazonSSMServiceRolePolicy
ssm-incidents IncidentManager AWSIncidentManagerServiceRolePolicy
ssm-quicksetup SSMQuickSetup SSMQuickSetupRolePolicy
sso SSO AWSSSOServiceRolePolicy
stacksets.cloudformation CloudFormationStackSetsOrgAdmin CloudFormationStackSetsOrgAdminServiceRolePolicy
storage-lens.s3 S3StorageLens S3StorageLensServiceRolePolicy
support Support AWSSupportServiceRolePolicy
transfer Transfer AWSTransferServiceRolePolicy
transitgateway VPCTransitGateway AWSVPCTransitGatewayServiceRolePolicy
trustedadvisor TrustedAdvisor AWSTrustedAdvisorServiceRolePolicy
vpc-lattice VpcLattice AWSVpcLatticeServiceRolePolicy
vpcorigin.cloudfront CloudFrontVPCOrigin AWSCloudFrontVPCOriginServiceRolePolicy
waf WAFLogging WAFLoggingServiceRolePolicy
waf-regional WAFRegionalLogging WAFRegionalLoggingServiceRolePolicy
wafv2 WAFV2Logging WAFV2LoggingServiceRolePolicy
workspaces.application-autoscaling ApplicationAutoScaling_WorkSpacesPool \
    AWSApplicationAutoscalingWorkSpacesPoolPolicy
"""


def _role(principal: str, name: str, policy: str, suffix: str = "") -> ServiceLinkedRole:
    return ServiceLinkedRole(
        principal + _DOMAIN,
        f"AWSServiceRoleFor{name}",
        f"arn:aws:iam::aws:policy{PATH}{policy}",
        suffix == "+",
    )


_ROLES = {role.service: role for role in (_role(*line.split()) for line in _TABLE.strip().splitlines())}
