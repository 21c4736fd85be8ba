"""How trails are named and found, and what tags they take.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from iamlab.cloud.call import Call
from iamlab.cloud.delivery.model import LogTrail
from iamlab.cloud.delivery.recorder import trails_of
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.state import LabState

SHORTEST, LONGEST = 3, 128
MOST_TAGS = 50

_ARN = re.compile(r"arn:aws[\w-]*:cloudtrail:[a-z0-9-]+:\d{12}:trail/(\S+)")
_RULES = (
    (re.compile(r"[0-9A-Za-z]"), "Trail name must starts with a letter or number."),
    (re.compile(r".*[0-9A-Za-z]$", re.DOTALL), "Trail name must ends with a letter or number."),
    (
        re.compile(r"[.\-_0-9A-Za-z]+$"),
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), "
        "and underscores (_).",
    ),
    (
        re.compile(r"(?!.*[.\-_]{2})"),
        "Trail name can not have adjacent periods (.), hyphens (-) or underscores (_).",
    ),
)


def check_name(name: str) -> None:
    """Hold a name against AWS's rules.

    Raises:
        AwsError: `InvalidTrailNameException`.
    """
    for wrong, words, limit in (
        (len(name) < SHORTEST, "short. Minimum", SHORTEST),
        (len(name) > LONGEST, "long. Maximum", LONGEST),
    ):
        if wrong:
            raise _invalid(
                f"Trail name too {words} allowed length: {limit} characters. Specified name length: {len(name)} "
                "characters."
            )
    for rule, message in _RULES:
        if rule.match(name) is None:
            raise _invalid(message)
    try:
        ip_address(name)
    except ValueError:
        return
    raise _invalid("Trail name can not be in IP address format.")


def find(call: Call, state: LabState, name: str, *, at_home: bool = False) -> LogTrail:
    """The trail that a call means.

    Args:
        name: its name, for a trail of the call's Region, or its ARN, for any that is seen there.
        at_home: the call changes the trail, which can be done in its home Region alone.

    Raises:
        AwsError: `TrailNotFoundException`, `InvalidTrailNameException`, `CloudTrailARNInvalidException`,
            `InvalidHomeRegionException`.
    """
    own = [trail for trail in trails_of(state) if trail.account == call.account]
    if name.startswith("arn:"):
        match = _ARN.fullmatch(name)
        if match is None:
            raise AwsError("CloudTrailARNInvalidException", f"Invalid Trail ARN: {name}.")
        check_name(match[1])
        arn = name
        found = next((t for t in own if t.arn == arn and t.seen_in(call.region)), None)
    else:
        check_name(name)
        partition = resources.partition_of(call.region)
        arn = f"arn:{partition}:cloudtrail:{call.region}:{call.account}:trail/{name}"
        found = next((t for t in own if t.arn == arn), None)
        if found is None and at_home:
            found = next((t for t in own if t.name == name and t.multi_region), None)
    if found is None:
        raise AwsError("TrailNotFoundException", f"Unknown trail: {arn} for the user: {call.account}")
    if at_home and found.region != call.region:
        raise AwsError(
            "InvalidHomeRegionException",
            f"The action can only be performed in the home Region of the trail: {found.region}",
        )
    return found


def check_tags(tags: Iterable[Mapping[str, str]], had: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tags that a trail has then.

    Raises:
        AwsError: `InvalidTagParameterException` or `TagsLimitExceededException`.
    """
    made: dict[str, str] = {}
    for tag in tags:
        key = tag["Key"]
        if key in made:
            raise AwsError("InvalidTagParameterException", f"Duplicate tag key: {key}")
        if not 1 <= len(key) <= 128 or len(tag.get("Value") or "") > 256 or key.lower().startswith("aws:"):
            raise AwsError("InvalidTagParameterException", f"Tag is not valid: {key}")
        made[key] = tag.get("Value") or ""
    after = {**(had or {}), **made}
    if len(after) > MOST_TAGS:
        raise AwsError(
            "TagsLimitExceededException",
            f"The number of tags per trail has exceeded the limit of {MOST_TAGS}.",
        )
    return after


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidTrailNameException", message)
