"""What the policy of a browser's form allows the form to say, and until when.

Whoever signs a form (`generate_presigned_post`) signs its policy, not its fields: the policy says which fields may be
there and with which values.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from iamlab.cloud.call import AuthKind, Call
from iamlab.cloud.clock import Clock
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import proof
from iamlab.cloud.state import LabState

# Fields that no condition has to cover.
_FREE = frozenset({"awsaccesskeyid", "bucket", "file", "policy", "signature", "x-amz-signature"})
_IGNORED = "x-ignore-"
_RANGE = "content-length-range"


@proof("s3", "PutObject")
def form_keeps_to_its_policy(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the policy has ended or isn't one, or a field says something that it doesn't allow.
    """
    if call.auth is not AuthKind.POST:
        return
    fields = {str(name).lower(): str(value) for name, value in call.request.form.items()}
    if len(fields) != len(list(call.request.form.items(multi=True))):
        raise AwsError("InvalidArgument", "POST requires that a field is given only once.")
    policy = _read(fields.get("policy", ""))
    if _ended(_moment(policy["expiration"]), fields.get("x-amz-date", ""), state.clock):
        raise _against("Policy expired.")
    fields["bucket"] = str(call.params.get("Bucket", ""))
    covered = set(_FREE)
    for operator, name, value in _conditions(policy["conditions"]):
        if operator == _RANGE:
            _check_size(call, name, value)
            continue
        covered.add(name)
        said = fields.get(name, "")
        if not (said.startswith(value) if operator == "starts-with" else said == value):
            raise _against(f"Policy Condition failed: {json.dumps([operator, f'${name}', value])}")
    extra = next((name for name in fields if name not in covered and not name.startswith(_IGNORED)), None)
    if extra is not None:
        raise _against(f"Extra input fields: {extra}")


def _read(encoded: str) -> Mapping[str, Any]:
    try:
        policy = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise _no_policy("Invalid JSON.") from None
    if not isinstance(policy, dict) or not isinstance(policy.get("expiration"), str):
        raise _no_policy("Policy missing expiration.")
    if not isinstance(policy.get("conditions"), list):
        raise _no_policy("Policy missing conditions.")
    return policy


def _ended(end: datetime, signed: str, clock: Clock) -> bool:
    """Whether a form is over by the lab's clock; it was signed, and its end set, by the real one.

    Version 2 doesn't say when a form was signed: an hour before its end, as far as that can be.
    """
    now = clock.signing_now()
    try:
        began = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        began = min(end - timedelta(hours=1), now)
    return now >= end or clock.now() >= clock.at_real(began) + (end - began)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _no_policy(f"Invalid 'expiration' value: '{text}'") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _conditions(listed: list[Any]) -> Iterator[tuple[str, str, str]]:
    """Operator, field in lower case and value of each condition; of a range its limits."""
    for condition in listed:
        if isinstance(condition, dict):
            for name, value in condition.items():
                yield "eq", str(name).lower(), str(value)
        elif isinstance(condition, list) and len(condition) == 3:
            operator, name, value = (str(part) for part in condition)
            if operator.lower() not in ("eq", "starts-with", _RANGE):
                raise _no_policy(f"Invalid Condition: unknown operation '{operator}'.")
            yield operator.lower(), name.removeprefix("$").lower(), value
        else:
            raise _no_policy("Invalid Condition.")


def _check_size(call: Call, least: str, most: str) -> None:
    size = sum(_length(file.stream) for file in call.request.files.values())
    if not (least.isdecimal() and most.isdecimal()):
        raise _no_policy(f"Invalid {_RANGE}.")
    if size > int(most):
        raise AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    if size < int(least):
        raise AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")


def _length(stream: Any) -> int:
    place = stream.tell()
    end = int(stream.seek(0, 2))
    stream.seek(place)
    return end


def _against(why: str) -> AwsError:
    return AwsError("AccessDenied", f"Invalid according to Policy: {why}", 403)


def _no_policy(why: str) -> AwsError:
    return AwsError("InvalidPolicyDocument", f"Invalid Policy: {why}")
