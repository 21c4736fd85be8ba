"""AWS's own managed policies, one at a time.

moto carries all of them (about 1,600, 4.7 MB of JSON), and loads either none or every one of them again for each
account and partition: a second and 40 MB each time. Here an account's dictionary of managed policies finds an AWS
policy the first time it is asked for its ARN, and parses only that one. `load_all`, for ListPolicies, reads all.

In: ARNs. Out: moto's `AWSManagedPolicy` records, one per account, since each account counts its own attachments.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from typing import Any

from moto.iam import models
from moto.iam.aws_managed_policies import aws_managed_policies_data

_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::aws:policy(?P<path>/(?:.*/)?)(?P<name>[^/]+)")
_decoder = json.JSONDecoder()


@lru_cache(maxsize=512)
def _data(name: str) -> dict[str, Any] | None:
    """One policy's entry. The text has each name at the start of a line after a single blank."""
    head = f'\n "{name}":'
    at = aws_managed_policies_data.find(head)
    if at < 0:
        return None
    found: dict[str, Any] = _decoder.raw_decode(aws_managed_policies_data, at + len(head))[0]
    return found


def _entry(arn: str) -> dict[str, Any] | None:
    match = _ARN.fullmatch(arn)
    if match is None:
        return None
    entry = _data(match["name"])
    if entry is None or entry.get("Path", "/") != match["path"]:
        return None
    return entry


# moto carries neither ids nor descriptions. Those of the policies that people meet most; another's id is made up.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
_KNOWN: dict[str, tuple[str, str]] = {
    "AdministratorAccess": (
        "ANPAIWMBCKSKIEE64ZLYK",
        "Provides full access to AWS services and resources.",
    ),
    "AmazonDynamoDBFullAccess": (
        "ANPAINUGF2JSOSUY76KYA",
        "Provides full access to Amazon DynamoDB via the AWS Management Console.",
    ),
    "AmazonEC2FullAccess": (
        "ANPAI3VAJF5ZCRZ7MCQE6",
        "Provides full access to Amazon EC2 via the AWS Management Console.",
    ),
    "AmazonEC2ReadOnlyAccess": (
        "ANPAIGDT4SV4GSETWTBZK",
        "Provides read only access to Amazon EC2 via the AWS Management Console.",
    ),
    "AmazonS3FullAccess": (
        "ANPAIFIR6V6BVTRAHWINE",
        "Provides full access to all buckets via the AWS Management Console.",
    ),
    "AmazonS3ReadOnlyAccess": (
        "ANPAIZTJ4DXE7G6AGAE6M",
        "Provides read only access to all buckets via the AWS Management Console.",
    ),
    "AWSLambdaBasicExecutionRole": (
        "ANPAJNCQGXC42545SKXIK",
        "Provides write permissions to CloudWatch Logs.",
    ),
    "IAMFullAccess": (
        "ANPAI7XKCFMBPM3QQRRVQ",
        "Provides full access to IAM via the AWS Management Console.",
    ),
    "IAMReadOnlyAccess": (
        "ANPAJKSO7NDY4T57MWDSQ",
        "Provides read only access to IAM via the AWS Management Console.",
    ),
    "PowerUserAccess": (
        "ANPAJYRXTHIB4FOVS3ZXS",
        "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
    ),
    "ReadOnlyAccess": (
        "ANPAILL3HVNFSB6DCOWYQ",
        "Provides read-only access to AWS services and resources.",
    ),
}


# moto sorts the keys; people read, and AWS writes, them in this order.
_ORDER = (
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)


def _in_reading_order(part: dict[str, Any]) -> dict[str, Any]:
    known = {key: part[key] for key in _ORDER if key in part}
    whole = known | {key: value for key, value in part.items() if key not in known}
    statements = whole.get("Statement")
    if isinstance(statements, list):
        whole["Statement"] = [_in_reading_order(statement) for statement in statements]
    return whole


class ManagedPolicies(dict[str, Any]):
    """`IAMBackend.managed_policies` that knows AWS's policies without holding them.

    Iteration shows an account's own policies and those of AWS that it has touched; `load_all` brings in the rest.
    """

    def __init__(self, backend: models.IAMBackend) -> None:
        super().__init__()
        self._backend = backend
        self._complete = False

    def __missing__(self, arn: str) -> Any:
        entry = _entry(arn)
        if entry is None:
            raise KeyError(arn)
        return self._adopt(arn.rsplit("/", 1)[1], entry)

    def _adopt(self, name: str, entry: dict[str, Any]) -> Any:
        backend = self._backend
        policy = models.AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, entry)
        # AWS's policies have the same id in every account; moto draws a new one each time.
        digest = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()
        policy.id, policy.description = _KNOWN.get(name, ("ANPA" + digest[:17], ""))
        policy.versions[0].create_date = policy.update_date
        policy.versions[0].document = json.dumps(_in_reading_order(entry["Document"]), indent=4)
        return self.setdefault(policy.arn, policy)

    def __contains__(self, arn: object) -> bool:
        return super().__contains__(arn) or (isinstance(arn, str) and _entry(arn) is not None)

    def get(self, arn: str, default: Any = None) -> Any:
        try:
            return self[arn]
        except KeyError:
            return default

    def load_all(self) -> None:
        """Bring in every AWS policy, for ListPolicies; it takes a fraction of a second, once per account."""
        if self._complete:
            return
        for name, entry in json.loads(aws_managed_policies_data).items():
            arn = f"arn:{self._backend.partition}:iam::aws:policy{entry['Path']}{name}"
            if not dict.__contains__(self, arn):
                self._adopt(name, entry)
        self._complete = True


def install() -> Any:
    """Give every IAM backend made from now on the lazy dictionary. Returns the function that undoes it."""
    original = models.IAMBackend._init_managed_policies

    def lazily(backend: models.IAMBackend) -> dict[str, Any]:
        return ManagedPolicies(backend)

    models.IAMBackend._init_managed_policies = lazily

    def undo() -> None:
        models.IAMBackend._init_managed_policies = original

    return undo
