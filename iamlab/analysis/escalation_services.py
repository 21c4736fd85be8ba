"""The ways to put a role to work in a service that it trusts: a table, as `escalation_methods` has one for IAM.

A row names the service, the calls and the permissions of each (`action resource`); `iam:PassRole` on the role comes
with the first call, unless the work goes on under a role that has been passed before.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html and each service's page in
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from iamlab.analysis.escalation_methods import Method, Need, Step

__all__ = ["PASSING"]

_REGION: Final = "us-east-1"


def _passing(
    service: str,
    *calls: tuple[str, Mapping[str, object], tuple[str, ...]],
    presumes: str = "",
    passes: bool = True,
    by: str | None = None,
) -> Method:
    """A role at work in a service: whoever starts the work uses the role's permissions."""
    principal = f"{service}.amazonaws.com"
    needs = (Need("iam:PassRole", "{arn}", (("iam:PassedToService", principal),)),) if passes else ()
    steps = []
    for index, (operation, parameters, wanted) in enumerate(calls):
        own = []
        for permission in wanted:
            action, _, resource = permission.partition(" ")
            own.append(Need(action, resource or "*"))
        steps.append(Step(operation, parameters, (*(needs if index == 0 else ()), *own)))
    name = by or calls[0][0].partition(".")[2]
    title = f"PassRole + {name}" if passes else name
    return Method(title, "role", tuple(steps), service=principal, presumes=presumes, replayable=False)


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{_REGION}:{{account}}:{rest}"


_FUNCTION: Final = _arn("lambda", "function:iamlab")
_CODE: Final = "<code that uses the role's credentials>"

PASSING: Final = (
    _passing(
        "lambda",
        (
            "lambda.CreateFunction",
            {
                "FunctionName": "iamlab",
                "Role": "{arn}",
                "Code": _CODE,
                "Handler": "index.handler",
                "Runtime": "python3.13",
            },
            (f"lambda:CreateFunction {_FUNCTION}",),
        ),
        ("lambda.Invoke", {"FunctionName": "iamlab"}, (f"lambda:InvokeFunction {_FUNCTION}",)),
    ),
    _passing(
        "lambda",
        (
            "lambda.UpdateFunctionCode",
            {"FunctionName": "<a function of the role>", "ZipFile": _CODE},
            (f"lambda:UpdateFunctionCode {_FUNCTION}",),
        ),
        presumes="a function that runs under the role",
        passes=False,
    ),
    _passing(
        "ec2",
        (
            "ec2.RunInstances",
            {
                "ImageId": "<an image>",
                "IamInstanceProfile": {"Name": "<its profile>"},
                "UserData": _CODE,
                "MinCount": 1,
                "MaxCount": 1,
            },
            (
                f"ec2:RunInstances {_arn('ec2', 'instance/*')}",
                f"ec2:RunInstances {_arn('ec2', 'subnet/subnet-0iamlab')}",
                f"ec2:RunInstances {_arn('ec2', 'network-interface/*')}",
                f"ec2:RunInstances {_arn('ec2', 'security-group/sg-0iamlab')}",
                f"ec2:RunInstances {_arn('ec2', 'volume/*')}",
                f"ec2:RunInstances arn:aws:ec2:{_REGION}::image/ami-0iamlab",
            ),
        ),
        presumes="an instance profile with the role",
    ),
    _passing(
        "ec2",
        (
            "ssm.SendCommand",
            {
                "InstanceIds": ["<an instance of the role>"],
                "DocumentName": "AWS-RunShellScript",
                "Parameters": {"commands": [_CODE]},
            },
            (
                f"ssm:SendCommand {_arn('ec2', 'instance/i-0iamlab')}",
                f"ssm:SendCommand arn:aws:ssm:{_REGION}::document/AWS-RunShellScript",
            ),
        ),
        presumes="an instance that runs under the role and is managed by Systems Manager",
        passes=False,
    ),
    _passing(
        "ec2",
        (
            "ssm.StartSession",
            {"Target": "<an instance of the role>"},
            (f"ssm:StartSession {_arn('ec2', 'instance/i-0iamlab')}",),
        ),
        presumes="an instance that runs under the role and is managed by Systems Manager",
        passes=False,
    ),
    _passing(
        "glue",
        (
            "glue.CreateDevEndpoint",
            {"EndpointName": "iamlab", "RoleArn": "{arn}", "PublicKey": "<an SSH key>"},
            (f"glue:CreateDevEndpoint {_arn('glue', 'devEndpoint/iamlab')}",),
        ),
    ),
    _passing(
        "glue",
        (
            "glue.CreateJob",
            {"Name": "iamlab", "Role": "{arn}", "Command": {"Name": "pythonshell", "ScriptLocation": _CODE}},
            (f"glue:CreateJob {_arn('glue', 'job/iamlab')}",),
        ),
        ("glue.StartJobRun", {"JobName": "iamlab"}, (f"glue:StartJobRun {_arn('glue', 'job/iamlab')}",)),
    ),
    _passing(
        "cloudformation",
        (
            "cloudformation.CreateStack",
            {"StackName": "iamlab", "RoleARN": "{arn}", "TemplateBody": "<what the role may make>"},
            (f"cloudformation:CreateStack {_arn('cloudformation', 'stack/iamlab/*')}",),
        ),
    ),
    _passing(
        "cloudformation",
        (
            "cloudformation.UpdateStack",
            {"StackName": "<a stack of the role>", "TemplateBody": "<what the role may make>"},
            (f"cloudformation:UpdateStack {_arn('cloudformation', 'stack/iamlab/*')}",),
        ),
        presumes="a stack that was made with the role",
        passes=False,
    ),
    _passing(
        "ecs-tasks",
        (
            "ecs.RegisterTaskDefinition",
            {
                "family": "iamlab",
                "taskRoleArn": "{arn}",
                "containerDefinitions": [{"name": "c", "image": _CODE}],
            },
            (f"ecs:RegisterTaskDefinition {_arn('ecs', 'task-definition/iamlab:*')}",),
        ),
        (
            "ecs.RunTask",
            {"taskDefinition": "iamlab"},
            (f"ecs:RunTask {_arn('ecs', 'task-definition/iamlab:1')}",),
        ),
        presumes="a cluster to run the task in",
    ),
    _passing(
        "sagemaker",
        (
            "sagemaker.CreateNotebookInstance",
            {"NotebookInstanceName": "iamlab", "InstanceType": "ml.t3.medium", "RoleArn": "{arn}"},
            (f"sagemaker:CreateNotebookInstance {_arn('sagemaker', 'notebook-instance/iamlab')}",),
        ),
        (
            "sagemaker.CreatePresignedNotebookInstanceUrl",
            {"NotebookInstanceName": "iamlab"},
            (
                f"sagemaker:CreatePresignedNotebookInstanceUrl {_arn('sagemaker', 'notebook-instance/iamlab')}",
            ),
        ),
    ),
    _passing(
        "sagemaker",
        (
            "sagemaker.CreatePresignedNotebookInstanceUrl",
            {"NotebookInstanceName": "<a notebook of the role>"},
            (
                f"sagemaker:CreatePresignedNotebookInstanceUrl {_arn('sagemaker', 'notebook-instance/iamlab')}",
            ),
        ),
        presumes="a notebook instance that runs under the role",
        passes=False,
    ),
    _passing(
        "datapipeline",
        (
            "datapipeline.CreatePipeline",
            {"name": "iamlab", "uniqueId": "iamlab"},
            (f"datapipeline:CreatePipeline {_arn('datapipeline', 'pipeline/*')}",),
        ),
        (
            "datapipeline.PutPipelineDefinition",
            {"pipelineId": "<its id>", "pipelineObjects": ["<a command under the role>"]},
            (f"datapipeline:PutPipelineDefinition {_arn('datapipeline', 'pipeline/iamlab')}",),
        ),
        (
            "datapipeline.ActivatePipeline",
            {"pipelineId": "<its id>"},
            (f"datapipeline:ActivatePipeline {_arn('datapipeline', 'pipeline/iamlab')}",),
        ),
    ),
    _passing(
        "codebuild",
        (
            "codebuild.CreateProject",
            {"name": "iamlab", "serviceRole": "{arn}", "source": {"type": "NO_SOURCE", "buildspec": _CODE}},
            (f"codebuild:CreateProject {_arn('codebuild', 'project/iamlab')}",),
        ),
        (
            "codebuild.StartBuild",
            {"projectName": "iamlab"},
            (f"codebuild:StartBuild {_arn('codebuild', 'project/iamlab')}",),
        ),
    ),
    _passing(
        "codebuild",
        (
            "codebuild.StartBuild",
            {"projectName": "<a project of the role>", "buildspecOverride": _CODE},
            (f"codebuild:StartBuild {_arn('codebuild', 'project/iamlab')}",),
        ),
        presumes="a project that builds under the role",
        passes=False,
    ),
    _passing(
        "states",
        (
            "stepfunctions.CreateStateMachine",
            {"name": "iamlab", "roleArn": "{arn}", "definition": "<calls under the role>"},
            (f"states:CreateStateMachine {_arn('states', 'stateMachine:iamlab')}",),
        ),
        (
            "stepfunctions.StartExecution",
            {"stateMachineArn": "<its ARN>"},
            (f"states:StartExecution {_arn('states', 'stateMachine:iamlab')}",),
        ),
    ),
)
"""Putting a role to work in a service that it trusts. They need services that the lab doesn't run, so they are decided
and not replayed."""
