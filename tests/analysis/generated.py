"""Pairs of policies for the checks of `compare`: drawn from small alphabets, so that they overlap in many ways."""

from __future__ import annotations

from random import Random
from typing import Any

Document = dict[str, Any]

ACTIONS = ("s3:GetObject", "s3:Get*", "s3:*", "s3:PutObject", "s3:*Object", "s3:?etObject", "sqs:*", "*")
RESOURCES = (
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/a",
    "arn:aws:s3:::b/a*",
    "arn:aws:s3:::b/?",
    "arn:aws:s3:::*/a",
    "arn:aws:s3:::b*",
    "arn:aws:s3:*:*:b/a",
    "arn:aws:s*:::b/*",
    "arn:*:s3:::b/*",
)
TEXTS = ("a", "b", "ab", "a*", "*b", "a?", "A", "*", "", "a*b", "?*")
ARNS = ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/*", "arn:aws:iam::*:role/a", "*", "arn:aws:iam::1:*/a")
NUMBERS = ("5", "10", "10.5", "-1")
DATES = ("2026-01-01T00:00:00Z", "2026-01-01", "2026-06-01T12:00:00Z", "1767225600")
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "10.1.2.3", "2001:db8::/32")
VARIABLE_TEXTS = (
    "${aws:username}",
    "${aws:username}*",
    "a${aws:username}",
    "${aws:userid}",
    "${aws:username,'a'}",
    "${*}",
)
VARIABLE_RESOURCES = (
    "arn:aws:s3:::b/${aws:username}",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3:::b/a${aws:username}",
    "arn:aws:s3:::b/*${aws:username}",
    "arn:aws:s3:::b/${aws:userid}",
    "arn:aws:s3:::b/${aws:username}${aws:userid}",
    "arn:aws:s3:::b/${aws:username,'a'}",
    "arn:aws:s3:::b/${*}",
)
TEXT_OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
)
KINDS = (
    ("aws:username", TEXT_OPERATORS, TEXTS),
    ("aws:userid", TEXT_OPERATORS, TEXTS),
    ("aws:PrincipalArn", ("ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"), ARNS),
    ("aws:Tags", TEXT_OPERATORS, TEXTS),
    (
        "s3:max-keys",
        (
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
        ),
        NUMBERS,
    ),
    ("aws:CurrentTime", ("DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals"), DATES),
    ("aws:SourceIp", ("IpAddress", "NotIpAddress"), NETWORKS),
    ("aws:MultiFactorAuthPresent", ("Bool",), ("true", "false")),
)
MULTIVALUED = "aws:Tags"


def some(random: Random, choices: tuple[str, ...], most: int = 2) -> list[str]:
    return random.sample(choices, random.randint(1, min(most, len(choices))))


def condition(random: Random, variables: bool) -> Document:
    block: Document = {}
    for key, operators, values in random.sample(KINDS, random.choice((1, 1, 2))):
        if random.random() < 0.15:
            block["Null"] = {key: random.choice(("true", "false"))}
            continue
        operator = random.choice(operators)
        pool = values
        if variables and operator in TEXT_OPERATORS and random.random() < 0.5:
            pool = VARIABLE_TEXTS
        if key == MULTIVALUED and random.random() < 0.8:
            operator = random.choice(("ForAllValues:", "ForAnyValue:")) + operator
        if random.random() < 0.3:
            operator += "IfExists"
        block.setdefault(operator, {})[key] = some(random, pool)
    return block


def statement(random: Random, variables: bool) -> Document:
    found: Document = {"Effect": "Deny" if random.random() < 0.25 else "Allow"}
    found["NotAction" if random.random() < 0.1 else "Action"] = some(random, ACTIONS)
    pool = VARIABLE_RESOURCES + RESOURCES[:5] if variables and random.random() < 0.7 else RESOURCES
    found["NotResource" if random.random() < 0.1 else "Resource"] = some(random, pool)
    if random.random() < 0.6:
        found["Condition"] = condition(random, variables)
    return found


def policy(random: Random, variables: bool) -> Document:
    version = "2008-10-17" if random.random() < 0.05 else "2012-10-17"
    return {
        "Version": version,
        "Statement": [statement(random, variables) for _ in range(random.randint(1, 3))],
    }


def pair(seed: int) -> tuple[Document, Document]:
    """Two policies, mostly relatives; every third seed uses policy variables."""
    random = Random(seed)
    variables = seed % 3 == 0
    first = policy(random, variables)
    if random.random() < 0.4:
        return first, policy(random, variables)
    second = {"Version": first["Version"], "Statement": [dict(one) for one in first["Statement"]]}
    at = random.randrange(len(second["Statement"]))
    changed = statement(random, variables)
    what = random.choice(("Condition", "Resource", "Action", "add", "drop", "order"))
    if what == "add":
        second["Statement"].append(changed)
    elif what == "drop" and len(second["Statement"]) > 1:
        del second["Statement"][at]
    elif what == "order":
        second["Statement"].reverse()
    elif what == "Condition":
        second["Statement"][at].pop("Condition", None)
        if "Condition" in changed:
            second["Statement"][at]["Condition"] = changed["Condition"]
    else:
        kept = {k: v for k, v in second["Statement"][at].items() if k not in (what, f"Not{what}")}
        second["Statement"][at] = kept | {k: v for k, v in changed.items() if k in (what, f"Not{what}")}
    return first, second
