"""Lambda functions run, under their role and nothing else.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam import functions as stored

ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:fn"
LAMBDA = {"Service": "lambda.amazonaws.com"}
NO_ROLE = "The role defined for the function cannot be assumed by Lambda."

HANDLER = """
import os, sys, time

count = 0

def handler(event, context):
    global count
    count += 1
    print("got", event)
    return actions[event.get("do", "count")](event, context)

def fail(event, context):
    raise ValueError(event["why"])

def leave(event, context):
    sys.exit(event["code"])

def post(event, context):
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.sendmsg([b"x"], [], 0, tuple(event["to"]))

def reach(event, context):
    import socket
    socket.create_connection((event["host"], 80), timeout=1)

def start(event, context):
    import subprocess
    subprocess.run(["true"])

def spawn(event, context):
    import multiprocessing
    multiprocessing.get_context("spawn").Process(target=print).start()

def call(event, context):
    import ctypes
    ctypes.CDLL(None).system(b"true")

actions = {
    "count": lambda event, context: count,
    "echo": lambda event, context: event,
    "fail": fail,
    "leave": leave,
    "reach": reach,
    "post": post,
    "start": start,
    "spawn": spawn,
    "call": call,
    "sleep": lambda event, context: time.sleep(30),
    "set": lambda event, context: {1, 2},
    "long": lambda event, context: "x" * 7_000_000,
    "variable": lambda event, context: os.environ.get(event["name"]),
    "context": lambda event, context: [
        context.function_name, context.function_version, context.invoked_function_arn,
        context.memory_limit_in_mb, context.log_group_name, len(context.aws_request_id),
        0 < context.get_remaining_time_in_millis() <= 3000,
    ],
}
"""

CLIENT = """
import boto3

def handler(event, context):
    boto3.client("dynamodb").put_item(TableName="Books", Item={"id": {"S": event["id"]}})
    if event.get("more"):
        boto3.client("dynamodb").delete_table(TableName="Books")
    return boto3.client("sts").get_caller_identity()["Arn"]
"""


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def archive(text: str = HANDLER, name: str = "app.py") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, text)
    return file.getvalue()


def make_role(name: str = "Fn", trust: str = "", policy: str = "") -> str:
    iam = boto3.client("iam")
    trust = trust or document(Principal=LAMBDA, Action="sts:AssumeRole")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if policy:
        iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=policy)
    return arn


def make_function(text: str = HANDLER, **settings: Any) -> dict[str, Any]:
    role = settings.pop("Role", None) or make_role()
    made: dict[str, Any] = boto3.client("lambda").create_function(
        **{
            "FunctionName": "fn",
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": role,
            "Code": {"ZipFile": archive(text)},
        }
        | settings
    )
    return made


def invoke(event: Any = None, **settings: Any) -> tuple[Any, str | None]:
    """What came back, and the kind of error."""
    answer = boto3.client("lambda").invoke(
        **{"FunctionName": "fn", "Payload": json.dumps(event or {})} | settings
    )
    return json.loads(answer["Payload"].read() or b"null"), answer.get("FunctionError")


# ------------------------------------------------------------------ what a run gives
def test_a_function_runs_and_stays_warm(lab: Lab) -> None:
    make_function()
    assert [invoke(), invoke(), invoke({"do": "echo", "é": [1, None]})] == [
        (1, None),
        (2, None),
        ({"do": "echo", "é": [1, None]}, None),
    ]


def test_the_context_says_which_function_runs(lab: Lab) -> None:
    make_function()
    assert invoke({"do": "context"})[0] == ["fn", "$LATEST", ARN, "128", "/aws/lambda/fn", 36, True]


# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TABLE", "Books"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "fn"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_python3.12"),
        ("TZ", ":UTC"),
        ("IAMLAB_LEARNERS_OWN", None),
    ],
)
def test_its_variables_are_its_own(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    monkeypatch.setenv("IAMLAB_LEARNERS_OWN", "secret")
    make_function(Environment={"Variables": {"TABLE": "Books"}})
    assert invoke({"do": "variable", "name": name})[0] == value


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        ({"do": "fail", "why": "boom"}, "ValueError", "boom"),
        ({"do": "set"}, "Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON"),
        ({"do": "leave", "code": 0}, "Runtime.ExitError", "Error: Runtime exited without providing a reason"),
        ({"do": "leave", "code": 3}, "Runtime.ExitError", "Error: Runtime exited with error: exit status 3"),
        ({"do": "long"}, "Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size"),
        ({"do": "reach", "host": "192.0.2.1"}, "ConnectionRefusedError", "reaches nothing but the lab"),
        ({"do": "reach", "host": "example.com"}, "ConnectionRefusedError", "reaches nothing but the lab"),
        ({"do": "reach", "host": "127.example.com"}, "ConnectionRefusedError", "reaches nothing but the lab"),
        ({"do": "post", "to": ["192.0.2.1", 9]}, "ConnectionRefusedError", "reaches nothing but the lab"),
        ({"do": "start"}, "PermissionError", "can't start processes"),
        ({"do": "spawn"}, "PermissionError", "can't start processes"),
        ({"do": "call"}, "PermissionError", "can't call system"),
    ],
    ids=lambda value: str(value["do"]) if isinstance(value, dict) else "",
)
def test_a_failing_handler_is_told_in_the_payload(
    lab: Lab, event: dict[str, Any], kind: str, words: str
) -> None:
    make_function()
    said, error = invoke(event)
    assert (error, said["errorType"]) == ("Unhandled", kind)
    assert words in said["errorMessage"]
    assert invoke() in ((1, None), (2, None))  # and the next event finds a function that works


def test_none_of_a_functions_code_runs_before_the_doors_are_shut(lab: Lab) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("app.py", HANDLER)
        files.writestr("sitecustomize.py", "import os; os.environ['EARLY'] = 'yes'")
    variables = {"PYTHONPATH": ".", "PYTHONSTARTUP": "sitecustomize.py"}
    make_function(Code={"ZipFile": packed.getvalue()}, Environment={"Variables": variables})
    assert invoke({"do": "variable", "name": "EARLY"})[0] is None


def test_a_stack_trace_names_the_places_of_aws(lab: Lab) -> None:
    make_function()
    said, _ = invoke({"do": "fail", "why": "boom"})
    assert len(said["requestId"]) == 36
    assert said["stackTrace"][-1].startswith('  File "/var/task/app.py", line ')
    assert "raise ValueError" in said["stackTrace"][-1]


@pytest.mark.parametrize(
    ("text", "handler", "kind", "words"),
    [
        (
            "import nope_nope",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module",
        ),
        ("x = 1", "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other'"),
        ("x = 1", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("x = 1", "app", "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        ("x = (", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("raise KeyError('x')", "app.handler", "KeyError", "'x'"),
    ],
)
def test_code_that_cannot_be_loaded_is_told_in_the_payload(
    lab: Lab, text: str, handler: str, kind: str, words: str
) -> None:
    make_function(text, Handler=handler)
    said, error = invoke()
    assert (error, said["errorType"]) == ("Unhandled", kind)
    assert words in said["errorMessage"]


def test_a_function_that_takes_too_long_is_ended(lab: Lab) -> None:
    make_function(Timeout=1)
    said, error = invoke({"do": "sleep"})
    assert (error, said["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert said["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert invoke() == (1, None)


def test_the_log_comes_with_the_answer_if_asked_for(lab: Lab) -> None:
    make_function()
    client = boto3.client("lambda")
    quiet = client.invoke(FunctionName="fn")
    assert "LogResult" not in quiet
    answer = client.invoke(FunctionName="fn", LogType="Tail", Payload=b'{"do": "fail", "why": "boom"}')
    start, got, error, *_, end, report = base64.b64decode(answer["LogResult"]).decode().splitlines()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert start == f"START RequestId: {request_id} Version: $LATEST"
    assert got == "got {'do': 'fail', 'why': 'boom'}"
    assert error == "[ERROR] ValueError: boom"
    assert end == f"END RequestId: {request_id}"
    assert report.startswith(f"REPORT RequestId: {request_id}\tDuration: ")


def test_new_code_and_new_settings_count_at_once(lab: Lab) -> None:
    make_function("def handler(event, context): return 1")
    client = boto3.client("lambda")
    assert invoke() == (1, None)
    client.publish_version(FunctionName="fn")
    client.update_function_code(FunctionName="fn", ZipFile=archive("def handler(event, context): return 2"))
    assert invoke() == (2, None)
    assert invoke(Qualifier="1") == (1, None)
    client.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    assert invoke(FunctionName=f"{ARN}:live") == (1, None)
    assert client.invoke(FunctionName="fn:live")["ExecutedVersion"] == "1"


def test_a_layer_is_on_the_path(lab: Lab) -> None:
    client = boto3.client("lambda")
    layer = client.publish_layer_version(
        LayerName="shared", Content={"ZipFile": archive("VALUE = 7", "python/shared.py")}
    )["LayerVersionArn"]
    make_function("import shared\ndef handler(event, context): return shared.VALUE", Layers=[layer])
    assert invoke() == (7, None)


def test_several_events_at_once_have_environments_of_their_own(lab: Lab) -> None:
    make_function(
        "import time\ndef handler(event, context):\n    time.sleep(0.3)\n    return id(context) > 0"
    )
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(invoke())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(True, None)] * 3
    assert len(lab.trail.filter(name="AssumeRole")) == 3


# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
@pytest.mark.parametrize(("kind", "status"), [("RequestResponse", 200), ("Event", 202), ("DryRun", 204)])
def test_the_type_of_invocation_decides_about_the_status(lab: Lab, kind: str, status: int) -> None:
    make_function()
    answer = boto3.client("lambda").invoke(FunctionName="fn", InvocationType=kind)
    assert answer["StatusCode"] == answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["Payload"].read() == (b"1" if kind == "RequestResponse" else b"")
    assert (len(lab.trail.filter(name="AssumeRole")) == 0) is (kind == "DryRun")


# ------------------------------------------------------------------ refusals
@pytest.mark.parametrize(
    ("settings", "code", "status", "words"),
    [
        ({"FunctionName": "none"}, "ResourceNotFoundException", 404, f"Function not found: {ARN[:-2]}none"),
        ({"Qualifier": "9"}, "ResourceNotFoundException", 404, f"Function not found: {ARN}:9"),
        ({"Payload": b"{"}, "InvalidRequestContentException", 400, "Could not parse request body into json"),
        (
            {"Payload": b'"' + b"x" * 6_291_456 + b'"'},
            "RequestTooLargeException",
            413,
            "Request must be smaller than 6291456 bytes",
        ),
        ({"FunctionName": f"{ARN}:1", "Qualifier": "2"}, "InvalidParameterValueException", 400, "qualifier"),
    ],
    ids=["no function", "no version", "no JSON", "too large", "two versions"],
)
def test_an_invocation_that_cannot_be_is_refused(
    lab: Lab,
    refusal: Callable[..., tuple[str, int, str]],
    settings: dict[str, Any],
    code: str,
    status: int,
    words: str,
) -> None:
    make_function()
    found = refusal(boto3.client("lambda").invoke, **{"FunctionName": "fn"} | settings)
    assert found[:2] == (code, status)
    assert words in found[2]


def test_other_runtimes_are_not_run_in_the_lab(
    lab: Lab, refusal: Callable[..., tuple[str, int, str]]
) -> None:
    make_function(Runtime="nodejs20.x", Handler="index.handler")
    code, status, message = refusal(boto3.client("lambda").invoke, FunctionName="fn")
    assert (code, status) == ("NotImplemented", 501)
    assert "runtime nodejs20.x" in message


@pytest.mark.parametrize(
    "trust",
    [
        document(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole"),
        document(Principal={"AWS": ACCOUNT}, Action="sts:AssumeRole"),
        document(
            Principal=LAMBDA,
            Action="sts:AssumeRole",
            Condition={"ArnEquals": {"aws:SourceArn": ARN + "2"}},
        ),
    ],
    ids=["another service", "an account", "another function"],
)
def test_a_role_has_to_trust_lambda(
    lab: Lab, refusal: Callable[..., tuple[str, int, str]], trust: str
) -> None:
    role = make_role("Closed", trust)
    assert refusal(make_function, Role=role) == ("InvalidParameterValueException", 400, NO_ROLE)
    decision = lab.why()
    assert decision is not None
    assert decision.request.caller == "lambda.amazonaws.com"
    make_function()
    update = boto3.client("lambda").update_function_configuration
    assert refusal(update, FunctionName="fn", Role=role)[2] == NO_ROLE


def test_a_role_that_is_missing_or_another_accounts_is_refused(
    lab: Lab, refusal: Callable[..., tuple[str, int, str]]
) -> None:
    ghost = f"arn:aws:iam::{ACCOUNT}:role/Ghost"
    assert refusal(make_function, Role=ghost)[2] == NO_ROLE
    foreign = ghost.replace(ACCOUNT, "111122223333")
    assert refusal(make_function, Role=foreign) == (
        "AccessDeniedException",
        403,
        "Cross-account pass role is not allowed.",
    )


def test_reserved_variables_are_refused(lab: Lab, refusal: Callable[..., tuple[str, int, str]]) -> None:
    code, _, message = refusal(
        make_function, Environment={"Variables": {"AWS_REGION": "x", "AWS_SESSION_TOKEN": "y", "OWN": "z"}}
    )
    assert code == "InvalidParameterValueException"
    assert message.endswith("Reserved keys used in this request: AWS_REGION, AWS_SESSION_TOKEN")


def test_a_role_that_trusts_lambda_no_more_stops_new_environments(lab: Lab) -> None:
    make_function()
    boto3.client("iam").update_assume_role_policy(
        RoleName="Fn", PolicyDocument=document(Principal={"AWS": ACCOUNT}, Action="sts:AssumeRole")
    )
    with pytest.raises(ClientError) as refused:
        boto3.client("lambda").invoke(FunctionName="fn")
    assert refused.value.response["Error"] == {"Code": "AccessDeniedException", "Message": NO_ROLE}
    decision = lab.why(refused.value)
    assert decision is not None
    assert (decision.request.action, decision.allowed) == ("sts:AssumeRole", False)


def test_who_makes_a_function_passes_its_role(lab: Lab) -> None:
    role = make_role()
    iam = boto3.client("iam")
    iam.create_user(UserName="dev")
    iam.put_user_policy(
        UserName="dev", PolicyName="one", PolicyDocument=document(Action="lambda:*", Resource="*")
    )
    dev = lab.session(iam.create_access_key(UserName="dev")).client(
        "lambda", config=Config(retries={"max_attempts": 1})
    )
    params: dict[str, Any] = {
        "FunctionName": "fn",
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": role,
        "Code": {"ZipFile": archive()},
    }
    with pytest.raises(ClientError, match="not authorized to perform: iam:PassRole on resource"):
        dev.create_function(**params)
    passing = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    iam.put_user_policy(
        UserName="dev",
        PolicyName="two",
        PolicyDocument=document(Action="iam:PassRole", Resource=role, Condition=passing),
    )
    dev.create_function(**params)
    assert json.loads(dev.invoke(FunctionName="fn")["Payload"].read()) == 1


# ------------------------------------------------------------------ under its role
def test_every_call_of_a_function_is_decided_under_its_role(lab: Lab) -> None:
    """The story: a function writes to its table, and can do nothing else there."""
    only_it = {"ArnEquals": {"lambda:SourceFunctionArn": ARN}}
    role = make_role(policy=document(Action="dynamodb:PutItem", Resource="*", Condition=only_it))
    make_function(CLIENT, Role=role, Timeout=30)
    boto3.client("dynamodb").create_table(
        TableName="Books",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert invoke({"id": "b1"}) == (f"arn:aws:sts::{ACCOUNT}:assumed-role/Fn/fn", None)
    assert boto3.client("dynamodb").scan(TableName="Books")["Count"] == 1
    said, error = invoke({"id": "b2", "more": True})
    assert error == "Unhandled"
    assert said["errorType"] == "ClientError"
    assert "is not authorized to perform: dynamodb:DeleteTable" in said["errorMessage"]
    names = [(event.who, event.name, event.error_code) for event in lab.trail.filter(who="Fn")]
    assert names[-1] == ("Fn/fn", "DeleteTable", "AccessDeniedException")
    (assumed,) = lab.trail.filter(name="AssumeRole")
    assert assumed.record()["userIdentity"] == {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}
    denied = lab.why()
    assert denied is not None
    assert (denied.allowed, denied.request.action) == (False, "dynamodb:DeleteTable")
    assert json.dumps(lab.trail.records()).count("SecretAccessKey") == 0


def test_an_event_of_another_service_runs_nothing(lab: Lab) -> None:
    make_function()
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=ARN)
    sns.publish(TopicArn=topic, Message="x")
    assert len(lab.trail.filter(name="AssumeRole")) == 0
    assert invoke() == (1, None)


# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
@pytest.mark.parametrize(
    ("actions", "resource", "written"),
    [
        (["CreateLogGroup", "CreateLogStream", "PutLogEvents"], "*", True),
        (
            ["CreateLogGroup", "CreateLogStream", "PutLogEvents"],
            f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/fn:*",
            True,
        ),
        (["CreateLogStream", "PutLogEvents"], "*", False),
        (["CreateLogGroup", "CreateLogStream"], "*", False),
        (
            ["CreateLogGroup", "CreateLogStream", "PutLogEvents"],
            f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/other:*",
            False,
        ),
    ],
    ids=["all", "its own group", "no group", "no events", "another's group"],
)
def test_a_function_has_a_log_if_its_role_may_write_one(
    lab: Lab, actions: list[str], resource: str, written: bool
) -> None:
    policy = document(Action=[f"logs:{action}" for action in actions], Resource=resource)
    make_function(Role=make_role(policy=policy))
    assert invoke() == (1, None)
    logs, group = boto3.client("logs"), "/aws/lambda/fn"
    groups = [row["logGroupName"] for row in logs.describe_log_groups()["logGroups"]]
    lines = [
        event["message"]
        for name in groups
        for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]
        for event in logs.get_log_events(logGroupName=name, logStreamName=stream["logStreamName"])["events"]
    ]
    assert ("got {}\n" in lines) is written
    if written:
        assert groups == [group]
        assert lines[0].startswith("START RequestId: ")
        invoke()
        (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
        assert stream["logStreamName"].startswith("2026/01/05/[$LATEST]")


# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
def test_the_trail_knows_neither_code_nor_variables(lab: Lab) -> None:
    make_function(Environment={"Variables": {"PASSWORD": "Sunshine1"}})
    event = lab.trail[-1]
    record = event.record()
    assert (record["eventName"], record["readOnly"]) == ("CreateFunction20150331", False)
    assert (record["requestParameters"]["code"], record["requestParameters"]["environment"]) == ({}, {})
    assert "Sunshine1" not in repr(event)
    boto3.client("lambda").get_function(FunctionName="fn")
    assert lab.trail[-1].record()["eventName"] == "GetFunction20150331v2"
    invoke()
    data = lab.trail.filter(name="Invoke")[-1].record()
    assert data["eventCategory"] == "Data"
    assert data["resources"] == [{"accountId": ACCOUNT, "type": "AWS::Lambda::Function", "ARN": ARN}]


def test_a_session_that_ends_is_replaced(lab: Lab) -> None:
    make_function()
    assert invoke() == (1, None)
    lab.clock.advance(hours=11)
    assert invoke() == (2, None)
    lab.clock.advance(hours=1)
    assert invoke() == (1, None)
    assert len(lab.trail.filter(name="AssumeRole")) == 2


def test_a_reset_ends_the_processes(lab: Lab) -> None:
    make_function()
    invoke()
    (environment,) = lab.state.stores["lambda"]._warm
    lab.reset()
    assert not environment.worker.alive


def test_what_moto_keeps_of_a_function_is_read_whole(lab: Lab) -> None:
    made = make_function(Environment={"Variables": {"AB": "b"}}, MemorySize=256, Timeout=9)
    found = stored.find(ACCOUNT, "us-east-1", "fn", None)
    assert found is not None
    assert (found.arn, found.unqualified_arn, found.version) == (ARN, ARN, "$LATEST")
    assert (found.role, found.handler, found.runtime) == (made["Role"], "app.handler", "python3.12")
    assert (found.timeout, found.memory, found.variables) == (9, 256, {"AB": "b"})
    assert found.code == archive()
    assert found.code_sha256 == made["CodeSha256"]
    assert stored.find(ACCOUNT, "eu-west-1", "fn", None) is None
