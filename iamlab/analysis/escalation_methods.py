"""The well-known ways to become somebody else in an account, or to become more: a table.

A method is a row: whom it is used on, the calls that walk it, and for each call the permissions it takes. Texts in
braces are filled in by the search: `{arn}` and `{name}` of the principal it is used on, `{policy}`, `{document}`,
`{group}`, `{account}`. Nothing here decides: every permission is asked of the engine.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html and, for actions, resources and keys,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["ADMINISTRATOR", "ASSUMING", "BECOMING", "CHANGING", "PASSING", "Method", "Need", "Step"]

ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"

_BOUNDARY: Final = (("iam:PermissionsBoundary", "{boundary}"),)
_REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a call takes: action, resource, and what the request's context holds beside the usual.

    A key whose value is empty once filled in is absent.
    """

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One call.

    Attributes:
        operation: `service.Operation` by boto3's service name.
        parameters: its input.
        needs: the permissions.
        takes: the part of the response that holds the credentials to go on with.
    """

    operation: str
    parameters: Mapping[str, object]
    needs: tuple[Need, ...]
    takes: str | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """One way.

    Attributes:
        name: what people call it, by its decisive call.
        on: the kind of principal it is used on.
        change: what it does to a principal's policies; None for those that take its credentials.
        service: for a role that is passed, the service that has to be trusted.
        presumes: what has to exist beside, and a snapshot doesn't show; '' for nothing.
        replayable: the lab can run all of its calls, and what they yield.
    """

    name: str
    on: Literal["user", "role"]
    steps: tuple[Step, ...]
    change: str | None = None
    service: str | None = None
    presumes: str = ""
    replayable: bool = True


def _iam(
    operation: str,
    parameters: Mapping[str, object],
    resource: str,
    *,
    takes: str | None = None,
    context: tuple[tuple[str, str], ...] = (),
) -> Step:
    return Step(f"iam.{operation}", parameters, (Need(f"iam:{operation}", resource, context),), takes)


_ASSUME: Final = Step(
    "sts.AssumeRole",
    {"RoleArn": "{arn}", "RoleSessionName": "iamlab"},
    (Need("sts:AssumeRole", "{arn}", (("sts:RoleSessionName", "iamlab"),)),),
    "Credentials",
)

ASSUMING: Final = Method("AssumeRole", "role", (_ASSUME,))
"""Being trusted by a role."""

BECOMING: Final = (
    ASSUMING,
    Method(
        "UpdateAssumeRolePolicy",
        "role",
        (
            _iam("UpdateAssumeRolePolicy", {"RoleName": "{name}", "PolicyDocument": "{trust}"}, "{arn}"),
            _ASSUME,
        ),
    ),
    Method(
        "CreateAccessKey",
        "user",
        (_iam("CreateAccessKey", {"UserName": "{name}"}, "{arn}", takes="AccessKey"),),
    ),
    Method(
        "CreateLoginProfile",
        "user",
        (_iam("CreateLoginProfile", {"UserName": "{name}", "Password": "{password}"}, "{arn}"),),
        presumes="a user without a console password, and a sign-in to the console",
        replayable=False,
    ),
    Method(
        "UpdateLoginProfile",
        "user",
        (_iam("UpdateLoginProfile", {"UserName": "{name}", "Password": "{password}"}, "{arn}"),),
        presumes="a user with a console password, and a sign-in to the console",
        replayable=False,
    ),
)
"""Taking somebody's place."""


_REWRITE: Final = _iam(
    "CreatePolicyVersion",
    {"PolicyArn": "{policy}", "PolicyDocument": "{document}", "SetAsDefault": True},
    "{policy}",
)
_MAKE_ROOM: Final = _iam(
    "DeletePolicyVersion", {"PolicyArn": "{policy}", "VersionId": "{version}"}, "{policy}"
)


def _changes(kind: Literal["user", "role"]) -> tuple[Method, ...]:
    title = kind.capitalize()
    who = {f"{title}Name": "{name}"}
    attached = (("iam:PolicyARN", "{policy}"), *_BOUNDARY)
    named = {**who, "PolicyName": "iamlab", "PolicyDocument": "{document}"}
    return (
        Method(
            f"Put{title}Policy", kind, (_iam(f"Put{title}Policy", named, "{arn}", context=_BOUNDARY),), "put"
        ),
        Method(
            f"Attach{title}Policy",
            kind,
            (_iam(f"Attach{title}Policy", {**who, "PolicyArn": "{policy}"}, "{arn}", context=attached),),
            "attach",
        ),
        Method(
            f"Delete{title}PermissionsBoundary",
            kind,
            (_iam(f"Delete{title}PermissionsBoundary", who, "{arn}", context=_BOUNDARY),),
            "unbound",
        ),
        Method(
            f"Put{title}PermissionsBoundary",
            kind,
            (
                _iam(
                    f"Put{title}PermissionsBoundary",
                    {**who, "PermissionsBoundary": ADMINISTRATOR},
                    "{arn}",
                    context=(("iam:PermissionsBoundary", ADMINISTRATOR),),
                ),
            ),
            "rebound",
        ),
        Method(
            f"Delete{title}Policy",
            kind,
            (_iam(f"Delete{title}Policy", {**who, "PolicyName": "{policy}"}, "{arn}", context=_BOUNDARY),),
            "delete",
        ),
        Method(
            f"Detach{title}Policy",
            kind,
            (_iam(f"Detach{title}Policy", {**who, "PolicyArn": "{policy}"}, "{arn}", context=attached),),
            "detach",
        ),
        Method("CreatePolicyVersion", kind, (_REWRITE,), "rewrite"),
        Method("DeletePolicyVersion, CreatePolicyVersion", kind, (_MAKE_ROOM, _REWRITE), "rewrite full"),
        Method(
            "SetDefaultPolicyVersion",
            kind,
            (
                _iam(
                    "SetDefaultPolicyVersion", {"PolicyArn": "{policy}", "VersionId": "{version}"}, "{policy}"
                ),
            ),
            "version",
        ),
    )


CHANGING: Final = (
    *_changes("user"),
    *_changes("role"),
    Method(
        "AddUserToGroup",
        "user",
        (_iam("AddUserToGroup", {"GroupName": "{group}", "UserName": "{name}"}, "{group_arn}"),),
        "join",
    ),
    Method(
        "RemoveUserFromGroup",
        "user",
        (_iam("RemoveUserFromGroup", {"GroupName": "{group}", "UserName": "{name}"}, "{group_arn}"),),
        "leave",
    ),
    Method(
        "PutGroupPolicy",
        "user",
        (
            _iam(
                "PutGroupPolicy",
                {"GroupName": "{group}", "PolicyName": "iamlab", "PolicyDocument": "{document}"},
                "{group_arn}",
            ),
        ),
        "put to group",
    ),
    Method(
        "AttachGroupPolicy",
        "user",
        (
            _iam(
                "AttachGroupPolicy",
                {"GroupName": "{group}", "PolicyArn": "{policy}"},
                "{group_arn}",
                context=(("iam:PolicyARN", "{policy}"),),
            ),
        ),
        "attach to group",
    ),
)
"""Making a principal's permissions more: one's own, or those of somebody whose place one can take."""


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
