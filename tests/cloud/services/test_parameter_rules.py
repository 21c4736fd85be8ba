"""What services say to parameters that are missing, of a wrong type, or beyond what their model allows.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://smithy.io/2.0/spec/constraint-traits.html
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import DenormalizedStructureBuilder

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam.json_types import misfit
from iamlab.cloud.services.validation import breaches

Refusal = Callable[..., tuple[str, int, str]]


def _client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", config=Config(parameter_validation=False))


@pytest.fixture
def answer(lab: Lab, refusal: Refusal) -> Callable[..., tuple[str, int, str]]:
    """`answer("kms", "describe_key", …)`: the refusal of a call whose parameters the client leaves alone."""

    def ask(service: str, method: str, params: dict[str, Any]) -> tuple[str, int, str]:
        return refusal(getattr(_client(service), method), **params)

    return ask


def _one(words: str) -> str:
    return f"1 validation error detected: {words}"


_NOT_NULL = "failed to satisfy constraint: Member must not be null"
_GRANT = {"KeyId": "k", "GranteePrincipal": "ada"}


@pytest.mark.parametrize(
    ("service", "method", "code", "message"),
    [
        ("kms", "describe_key", "ValidationException", _one(f"Value null at 'keyId' {_NOT_NULL}")),
        (
            "secretsmanager",
            "put_resource_policy",
            "ValidationException",
            f"2 validation errors detected: Value null at 'secretId' {_NOT_NULL}; "
            f"Value null at 'resourcePolicy' {_NOT_NULL}",
        ),
        ("ssm", "get_parameter", "ValidationException", _one(f"Value null at 'name' {_NOT_NULL}")),
        ("events", "put_events", "ValidationException", _one(f"Value null at 'entries' {_NOT_NULL}")),
        (
            "dynamodb",
            "get_resource_policy",
            "ValidationException",
            _one(f"Value null at 'resourceArn' {_NOT_NULL}"),
        ),
        (
            "logs",
            "create_log_group",
            "InvalidParameterException",
            _one(f"Value null at 'logGroupName' {_NOT_NULL}"),
        ),
        (
            "ecr",
            "get_repository_policy",
            "InvalidParameterException",
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must not be null'",
        ),
        ("sns", "get_topic_attributes", "ValidationError", _one(f"Value null at 'topicArn' {_NOT_NULL}")),
        ("sqs", "create_queue", "MissingParameter", "The request must contain the parameter QueueName."),
        (
            "ec2",
            "terminate_instances",
            "MissingParameter",
            "The request must contain the parameter InstanceId",
        ),
        (
            "ec2",
            "create_security_group",
            "MissingParameter",
            "The request must contain the parameter GroupDescription",
        ),
        ("route53", "create_hosted_zone", "InvalidInput", None),
        ("kinesis", "put_record", "ValidationException", None),
    ],
)
def test_what_must_be_there_is_asked_for(
    answer: Any, service: str, method: str, code: str, message: str | None
) -> None:
    found = answer(service, method, {})
    assert found[:2] == (code, 400)
    assert message is None or found[2] == message


_INVALID = "The specified value for {} is invalid. It must {}"
_KEY = {"UserName": "ada", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}
_CODES = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
_DEVICE = {"UserName": "ada", "SerialNumber": f"arn:aws:iam::{'1' * 12}:mfa/phone"}
_CERTIFICATE = {"ServerCertificateName": "www", "CertificateBody": "-", "PrivateKey": "-"}


@pytest.mark.parametrize(
    ("method", "params", "message"),
    [
        ("delete_access_key", {}, _one(f"Value at 'accessKeyId' {_NOT_NULL}")),
        (
            "change_password",
            {},
            f"2 validation errors detected: Value at 'oldPassword' {_NOT_NULL}; Value at 'newPassword' {_NOT_NULL}",
        ),
        (
            "update_access_key",
            _KEY | {"Status": "off"},
            _one("Value at 'status' failed to satisfy constraint: Member must satisfy enum value set"),
        ),
        (
            "delete_access_key",
            _KEY | {"AccessKeyId": "too-short"},
            _one(
                "Value at 'accessKeyId' failed to satisfy constraint: Member must have length greater than or "
                "equal to 16"
            ),
        ),
        (
            "delete_access_key",
            _KEY | {"AccessKeyId": "AKIA-OSFODNN7-EXAMPLE"},
            _INVALID.format("accessKeyId", "contain only alphanumeric characters."),
        ),
        (
            "upload_server_certificate",
            _CERTIFICATE | {"PrivateKey": "→"},
            _INVALID.format("privateKey", "contain only printable ASCII characters."),
        ),
        *(
            (
                "enable_mfa_device",
                _DEVICE | _CODES | {"AuthenticationCode2": code},
                _INVALID.format("authenticationCode2", "be a six-digit decimal number."),
            )
            for code in ("12345", "1234567", "12345a")
        ),
    ],
    ids=itertools.count(1),
)
def test_iam_shows_no_values_and_words_the_form_of_old_parameters(
    answer: Any, method: str, params: dict[str, Any], message: str
) -> None:
    assert answer("iam", method, params) == ("ValidationError", 400, message)


@pytest.mark.parametrize(
    ("service", "method", "params", "message"),
    [
        ("kms", "describe_key", {"KeyId": 5}, "NUMBER_VALUE can not be converted to a String"),
        ("kms", "describe_key", {"KeyId": True}, "TRUE_VALUE can not be converted to a String"),
        ("kms", "describe_key", {"KeyId": ["k"]}, "Start of list found where not expected"),
        ("kms", "describe_key", {"KeyId": {"a": "b"}}, "Start of structure or map found where not expected"),
        ("kms", "list_keys", {"Limit": "ten"}, "STRING_VALUE can not be converted to an Integer"),
        (
            "dynamodb",
            "put_item",
            {"TableName": "t", "Item": {"a": {"N": 5}}},
            "NUMBER_VALUE cannot be converted to String",
        ),
        (
            "lambda",
            "add_permission",
            {"FunctionName": "f", "StatementId": 5},
            "NUMBER_VALUE can not be converted to a String",
        ),
    ],
)
def test_a_value_of_a_wrong_type_cannot_be_read(
    answer: Any, service: str, method: str, params: dict[str, Any], message: str
) -> None:
    assert answer(service, method, params) == ("SerializationException", 400, message)


@pytest.mark.parametrize(
    ("service", "method", "params", "code", "message"),
    [
        (
            "kms",
            "encrypt",
            {"KeyId": "k", "Plaintext": b"a" * 4097},
            "ValidationException",
            _one(
                "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096"
            ),
        ),
        (
            "kms",
            "decrypt",
            {"CiphertextBlob": b"a" * 6145},
            "ValidationException",
            _one(
                "Value 'java.nio.HeapByteBuffer[pos=0 lim=6145 cap=6145]' at 'ciphertextBlob' failed to satisfy "
                "constraint: Member must have length less than or equal to 6144"
            ),
        ),
        (
            "kms",
            "describe_key",
            {"KeyId": "k", "GrantTokens": [""]},
            "ValidationException",
            _one(
                "Value '[]' at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [Member "
                "must have length less than or equal to 8192, Member must have length greater than or equal to 1]"
            ),
        ),
        (
            "kms",
            "create_alias",
            {"AliasName": "a b", "TargetKeyId": "k"},
            "ValidationException",
            _one(
                "Value 'a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression "
                "pattern: ^[a-zA-Z0-9:/_-]+$"
            ),
        ),
        (
            "ecr",
            "create_repository",
            {"repositoryName": "a"},
            "InvalidParameterException",
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length greater than or "
            "equal to 2'",
        ),
        (
            "ecr",
            "get_repository_policy",
            {"repositoryName": "abc", "registryId": "x"},
            "InvalidParameterException",
            "Invalid parameter at 'registryId' failed to satisfy constraint: 'must satisfy regular expression "
            "'[0-9]{12}''",
        ),
    ],
)
def test_limits_of_the_model_hold(
    answer: Any, service: str, method: str, params: dict[str, Any], code: str, message: str
) -> None:
    assert answer(service, method, params) == (code, 400, message)


def test_parameters_are_looked_at_before_policies(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    nobody = boto3.client(
        "kms",
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(parameter_validation=False),
    )
    with pytest.raises(ClientError, match="Value null at 'keyId'"):
        nobody.describe_key()


# ------------------------------------------------------------------ the rules by themselves
_KEY = {"type": "string", "min": 1, "max": 3, "pattern": "[a-z]+"}


def _shape(**members: Any) -> Any:
    return DenormalizedStructureBuilder().with_members(members).build_model()


@pytest.mark.parametrize(
    ("member", "value", "told"),
    [
        (
            {"type": "map", "key": _KEY, "value": {"type": "string"}},
            {"A": "x"},
            "Value '{A=x}' at 'it': Map keys must satisfy constraint: [Member must have length less than or equal to "
            "3, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
            "[a-z]+]",
        ),
        (
            {"type": "map", "key": {"type": "string"}, "value": {"type": "list", "member": _KEY, "max": 1}},
            {"a": ["x", "y"]},
            "Value '{a=[x, y]}' at 'it': Map value must satisfy constraint: [Member must have length less than or "
            "equal to 1]",
        ),
        (
            {"type": "list", "member": {"type": "string", "max": 3}},
            ["a", None],
            "Value '[a, null]' at 'it': Member must satisfy constraint: [Member must have length less than or equal to "
            "3, Member must not be null]",
        ),
        (
            {"type": "list", "member": {"type": "structure", "members": {"Key": _KEY}}},
            [{"Key": "a"}, {"Key": "abcd"}],
            "Value 'abcd' at 'it.2.member.key': Member must have length less than or equal to 3",
        ),
    ],
)
def test_members_of_lists_and_maps(member: dict[str, Any], value: Any, told: str) -> None:
    found = [
        f"Value {value} at '{path}': {words}"
        for path, value, words in breaches(_shape(It=member), {"It": value})
    ]
    assert found == [told]


@pytest.mark.parametrize(
    ("member", "body", "words"),
    [
        ({"type": "string"}, "null", ""),
        ({"type": "double"}, "3", ""),
        ({"type": "double"}, '"NaN"', ""),
        ({"type": "double"}, '"x"', "STRING_VALUE can not be converted to a Double"),
        ({"type": "boolean"}, "1", "NUMBER_VALUE can not be converted to a Boolean"),
        ({"type": "list", "member": {"type": "string"}}, '"x"', "Expected list or null"),
        (
            {"type": "list", "member": {"type": "string"}},
            "{}",
            "Start of structure or map found where not expected",
        ),
        ({"type": "structure", "members": {}}, "[]", "Start of list found where not expected"),
        ({"type": "structure", "members": {}}, "5", "Expected map or null"),
    ],
)
def test_types_of_json_and_of_the_model(member: dict[str, Any], body: str, words: str) -> None:
    assert misfit("kms", _shape(It=member), f'{{"It": {body}}}'.encode()) == words


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"[\w-_]*", "a-b_c"),
        (r"\p{Print}+", "a b"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "é"),
        (r"^([\p{L}\p{P}\p{M}]*)$", "of any form: Python has no such classes"),
    ],
)
def test_patterns_of_java_hold_nobody_up(pattern: str, value: str) -> None:
    assert not list(breaches(_shape(It={"type": "string", "pattern": pattern}), {"It": value}))
