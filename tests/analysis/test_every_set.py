"""`compare` on whole sets: no random caller's random request refutes a verdict, in either universe."""

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamlab import PolicySet, Request, compare, decide

QUIET = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)

ONE, TWO = "111122223333", "444455556666"
PRINCIPALS = (
    "*",
    {"AWS": ONE},
    {"AWS": f"arn:aws:iam::{TWO}:root"},
    {"AWS": f"arn:aws:iam::{ONE}:user/ann"},
    {"AWS": f"arn:aws:iam::{ONE}:role/team/app"},
    {"AWS": [f"arn:aws:sts::{ONE}:assumed-role/app/s1", ONE]},
    {"Service": "ec2.amazonaws.com"},
    {"Federated": f"arn:aws:iam::{ONE}:saml-provider/idp"},
)
ACTIONS = ("s3:GetObject", "s3:*", "kms:*", "kms:Decrypt", "ec2:*", "*", "sts:AssumeRole", "sts:*")
RESOURCES = (
    "*",
    "arn:aws:s3:::b/*",
    f"arn:aws:kms:us-east-1:{ONE}:key/*",
    f"arn:aws:kms:*:{TWO}:*",
    f"arn:aws:iam::{ONE}:role/*",
)
CALLERS = (
    f"arn:aws:iam::{ONE}:user/ann",
    f"arn:aws:iam::{ONE}:user/bob",
    f"arn:aws:iam::{TWO}:user/eve",
    f"arn:aws:sts::{ONE}:assumed-role/app/s1",
    f"arn:aws:sts::{ONE}:assumed-role/app/s2",
    f"arn:aws:sts::{TWO}:assumed-role/app/s1",
    f"arn:aws:iam::{ONE}:root",
    f"arn:aws:iam::{TWO}:root",
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
    f"arn:aws:iam::{ONE}:saml-provider/idp",
    None,
)
TARGETS = (
    ("s3:GetObject", "arn:aws:s3:::b/x"),
    ("s3:PutObject", "arn:aws:s3:::b/x"),
    ("s3:ListAllMyBuckets", "*"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ONE}:key/k"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{TWO}:key/k"),
    ("kms:ListKeys", "*"),
    ("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{ONE}:instance/i"),
    ("sts:AssumeRole", f"arn:aws:iam::{ONE}:role/app"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ONE}:q"),
)


def statement(random, principal):
    found = {"Effect": random.choice(("Allow", "Allow", "Allow", "Deny"))}
    found["Action"] = random.sample(ACTIONS, random.randint(1, 2))
    found["Resource"] = random.choice(RESOURCES)
    if random.random() < 0.3:
        found["Condition"] = {"StringEquals": {"aws:PrincipalTag/t": random.choice(("a", "b"))}}
    if principal == "any":
        found["Principal"] = "*"
    elif principal:
        whom = random.choice(PRINCIPALS)
        negated = found["Effect"] == "Deny" and random.random() < 0.3 and whom != "*"
        found["NotPrincipal" if negated else "Principal"] = whom
    return found


def document(random, principal=""):
    statements = [statement(random, principal) for _ in range(random.randint(1, 3))]
    return {"Version": "2012-10-17", "Statement": statements}


def layers(random, with_resource):
    found = {"identity": [document(random)]}
    if random.random() < 0.3:
        found["boundary"] = document(random)
    if random.random() < 0.2:
        found["session"] = document(random)
    if with_resource and random.random() < 0.8:
        found["resource"] = document(random, "some")
    if random.random() < 0.3:
        found["scps"] = [[document(random)] for _ in range(random.randint(1, 2))]
    if random.random() < 0.2:
        found["rcps"] = [[document(random, "any")]]
    return found


def changed(random, found, with_resource):
    """The set with one layer replaced by another draw's."""
    other = layers(random, with_resource)
    name = random.choice(sorted({*found, *other}))
    kept = {layer: documents for layer, documents in found.items() if layer != name}
    return kept | ({name: other[name]} if name in other else {})


def replay(comparison, a, b):
    if comparison.notes:
        return  # needs a consent that the sets don't hold
    for request, yes, no in ((comparison.only_a, a, b), (comparison.only_b, b, a)):
        assert request is None or (decide(request, yes).allowed and not decide(request, no).allowed)


@given(seed=st.integers(0, 1_000_000), with_resource=st.booleans(), known=st.booleans())
@settings(QUIET, max_examples=60)
def test_no_request_refutes_a_verdict_on_sets(seed, with_resource, known):
    random = Random(seed)
    first = layers(random, with_resource)
    second = changed(random, first, with_resource)
    a, b = PolicySet(**first), PolicySet(**second)
    comparison = compare(a, b, "known" if known else "any")
    replay(comparison, a, b)
    principals = "resource" in first or "resource" in second
    for action, resource in TARGETS:
        for caller in CALLERS if principals else CALLERS[:6]:
            for tag in (None, "a", "b"):
                context = {} if tag is None else {"aws:PrincipalTag/t": tag}
                request = Request(
                    action, resource, caller, context=context, wildcard_only_action=resource == "*"
                )
                in_a, in_b = decide(request, a).allowed, decide(request, b).allowed
                if in_a and not in_b:
                    assert comparison.only_a or comparison.reason, request.to_json()
                if in_b and not in_a:
                    assert comparison.only_b or comparison.reason, request.to_json()
