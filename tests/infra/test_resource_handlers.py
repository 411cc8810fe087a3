"""The pipeline's role has the rights that CloudFormation needs for each resource type of our templates.

SAM tags nested stacks, CloudFormation passes the tag to every resource that takes tags, and AWS does not try
again without it. The schemas are cfn-lint's copies of AWS's own: `tagging` and `handlers` list the rights.
"""

from collections.abc import Iterator

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.infra.test_pipeline import listed, ours, pipeline, statement_with
from tests.infra.test_template import Resources, statements

STACK = "AWS::CloudFormation::Stack"  # what SAM makes of a nested template

# Rights that the schemas name for what our templates never ask for.
NOT_TAKEN = {
    "no such action in IAM: tags are apigateway:PUT and DELETE on /tags": [
        "apigateway:TagResource",
        "apigateway:UntagResource",
    ],
    "no action in IAM": ["s3:REST.PUT.OBJECT", "s3:getObject", "vpce:AllowMultiRegion"],
    "no stack policy, no termination protection": [
        "cloudformation:GetStackPolicy",
        "cloudformation:SetStackPolicy",
        "cloudformation:UpdateTerminationProtection",
    ],
    "SAM's files have one version each": ["s3:GetObjectVersion"],
    "no instance of one's own premises": ["codedeploy:RegisterOnPremisesInstance"],
    "a subnet has its addresses and its table for good": [
        "ec2:AssociateSubnetCidrBlock",
        "ec2:DisassociateSubnetCidrBlock",
        "ec2:ModifySubnetAttribute",
        "ec2:ReplaceRouteTableAssociation",
    ],
    "no encryption control, no tenancy, no Lattice": [
        "ec2:CreateVpcEncryptionControl",
        "ec2:ModifyVpcTenancy",
        "vpc-lattice:CreateServiceNetworkVpcEndpointAssociation",
        "vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation",
    ],
    "no key of ours but the issuer's; AWS's own ask for nothing here": [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "logs:AssociateKmsKey",
        "logs:DisassociateKmsKey",
    ],
    "a signing key cannot be rotated by KMS, and is never switched off": [
        "kms:DisableKey",
        "kms:DisableKeyRotation",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
    ],
    "the cache is serverless": ["elasticache:ModifyReplicationGroup"],
    "policies of roles alone, bounded for good, whose description and session stay": [
        "iam:AttachGroupPolicy",
        "iam:AttachUserPolicy",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DetachGroupPolicy",
        "iam:DetachUserPolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
    ],
    "no provisioned concurrency, code signing, capacity provider, recursion or runtime of one's own choice": [
        "lambda:AssociateRuntimeAlias",
        "lambda:DeleteFunctionCodeSigningConfig",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:GetCodeSigningConfig",
        "lambda:PassCapacityProvider",
        "lambda:PutFunctionCodeSigningConfig",
        "lambda:PutFunctionRecursionConfig",
        "lambda:PutFunctionScalingConfig",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:PutRuntimeManagementConfig",
    ],
    "no file system": ["elasticfilesystem:DescribeMountTargets", "s3files:ListMountTargets"],
    "log groups with a retention and nothing more": [
        "firehose:TagDeliveryStream",
        "logs:DeleteDataProtectionPolicy",
        "logs:DeleteIndexPolicy",
        "logs:DeleteResourcePolicy",
        "logs:PutBearerTokenAuthentication",
        "logs:PutDataProtectionPolicy",
        "logs:PutIndexPolicy",
        "logs:PutLogGroupDeletionProtection",
    ],
    "no role of the database's own, no Data API, no global cluster, no stored password": [
        "rds:AddRoleToDBCluster",
        "rds:AddRoleToDBInstance",
        "iam:ListRoles",
        "rds:DisableHttpEndpoint",
        "rds:EnableHttpEndpoint",
        "rds:RemoveFromGlobalCluster",
        "rds:RemoveRoleFromDBCluster",
        "rds:RemoveRoleFromDBInstance",
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
    ],
    "instances belong to a cluster, which is what is backed up and restored; no reboot": [
        "rds:CreateDBInstanceReadReplica",
        "rds:CreateDBSnapshot",
        "rds:PromoteReadReplica",
        "rds:RebootDBInstance",
        "rds:RestoreDBInstanceFromDBSnapshot",
        "rds:RestoreDBInstanceToPointInTime",
        "rds:StartDBInstanceAutomatedBackupsReplication",
        "rds:StopDBInstanceAutomatedBackupsReplication",
    ],
    "a zone is named by its id": ["route53:ListHostedZones"],
    "mails are neither tracked nor archived, and go out by SES's own addresses": [
        "ses:PutConfigurationSetArchivingOptions",
        "ses:PutConfigurationSetDeliveryOptions",
        "ses:PutConfigurationSetSendingOptions",
        "ses:PutConfigurationSetTrackingOptions",
        "ses:PutConfigurationSetVdmOptions",
    ],
}
EXCUSED = {action for actions in NOT_TAKEN.values() for action in actions}


def types() -> list[str]:
    found = {resource["Type"] for resources in ours() for resource in resources.values()} | {STACK}
    return sorted(name for name in found if not name.startswith("Custom::"))


def asked(name: str) -> Iterator[str]:
    """The rights of a type's tags and handlers, but for `list`, which a deployment never calls."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema
    yield from schema.get("tagging", {}).get("permissions", [])
    for handler, each in schema["handlers"].items():
        if handler != "list":
            yield from each["permissions"]


def granted(resources: Resources) -> set[str]:
    return {
        action
        for name, statement in statements(resources)
        for action in listed(statement["Action"])
        if name != "Boundary"
    }


def missing(resources: Resources) -> dict[str, set[str]]:
    """By resource type: the rights that the role lacks and no reason excuses."""
    known = granted(resources) | EXCUSED
    lacking = {name: set(asked(name)) - known for name in types()}
    return {name: actions for name, actions in lacking.items() if actions}


def test_the_role_may_do_what_cloudformation_does_for_each_type() -> None:
    assert missing(pipeline()) == {}


def test_an_excuse_is_for_a_right_that_is_asked_for_and_not_given() -> None:
    assert {action for name in types() for action in asked(name)} >= EXCUSED
    assert granted(pipeline()) & EXCUSED == set()


@pytest.mark.parametrize(
    ("action", "type_"),
    [
        ("cloudwatch:TagResource", "AWS::CloudWatch::Alarm"),
        ("cloudwatch:ListTagsForResource", "AWS::CloudWatch::Dashboard"),
        ("elasticache:AddTagsToResource", "AWS::ElastiCache::ServerlessCache"),
        ("rds:RemoveTagsFromResource", "AWS::RDS::DBProxy"),
        ("ec2:DeleteTags", "AWS::EC2::VPC"),
        ("kms:UntagResource", "AWS::KMS::Key"),
        ("logs:UntagResource", "AWS::Logs::LogGroup"),
        ("scheduler:CreateSchedule", "AWS::Scheduler::Schedule"),
        ("ses:CreateConfigurationSet", "AWS::SES::ConfigurationSet"),
        ("cloudformation:UpdateStack", STACK),
    ],
)
def test_a_right_that_is_missing_is_seen(action: str, type_: str) -> None:
    resources = pipeline()
    statement_with(resources, action)["Action"].remove(action)
    assert missing(resources)[type_] == {action}


@pytest.mark.parametrize(
    "action", ["cloudformation:CancelUpdateStack", "cloudformation:ContinueUpdateRollback"]
)
def test_the_role_may_end_what_it_began(action: str) -> None:
    """An operator names these to `make deploy`; no handler asks for them."""
    assert action in granted(pipeline())
