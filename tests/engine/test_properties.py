"""What must hold for every request and all policies, whatever they are."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.engine import Decision, Outcome, PolicySet, Request, decide

A, B = "111111111111", "222222222222"
USER = f"arn:aws:iam::{A}:user/ada"
SESSION = f"arn:aws:sts::{A}:assumed-role/batch/run"

CALLERS = st.sampled_from(
    [
        (USER, None),
        (SESSION, f"arn:aws:iam::{A}:role/x/batch"),
        (f"arn:aws:iam::{A}:role/x/batch", None),
        (f"arn:aws:sts::{A}:federated-user/lin", USER),
        (f"arn:aws:iam::{A}:root", None),
        ("x.amazonaws.com", None),
        (None, None),
    ]
)
ACTIONS = st.sampled_from(
    ["s3:GetObject", "sqs:SendMessage", "sts:AssumeRole", "kms:Decrypt", "iam:ListUsers"]
)
PATTERNS = st.sampled_from(
    ["*", "s3:*", "S3:Get*", "sts:AssumeRole", "kms:Decrypt", "sqs:Send?essage", "iam:*", "s3"]
)
RESOURCES = st.sampled_from(
    [
        "arn:aws:s3:::b/ada/x",
        f"arn:aws:sqs:eu-west-1:{B}:q",
        f"arn:aws:iam::{A}:role/target",
        f"arn:aws:kms:e:{A}:key/1",
        "*",
    ]
)
COVERS = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/${aws:username}/*",
        f"arn:aws:*:*:{A}:*",
        "arn:aws:s3:::b/ada/?",
        "b",
        "${a:b}",
    ]
)
PRINCIPALS = st.sampled_from(
    [
        "*",
        {"AWS": A},
        {"AWS": USER},
        {"AWS": SESSION},
        {"AWS": f"arn:aws:iam::{A}:role/x/batch"},
        {"Service": "x.amazonaws.com"},
        {"AWS": B},
        {"CanonicalUser": "79a59df9"},
        {},
    ]
)
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:username": "ada"}},
        {"StringNotEquals": {"aws:username": ["ada", "bea"]}},
        {"StringLikeIfExists": {"aws:x": "${aws:username}*"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
        {"Null": {"aws:x": "true"}},
        {"NumericLessThan": {"aws:x": "5"}},
        {"Bool": {"aws:x": "perhaps"}},
        {"Nonsense": {"aws:x": "1"}},
    ]
)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:username": st.sampled_from(["ada", "bea", "*", ""]),
        "aws:TagKeys": st.sampled_from([["a"], ["a", "c"], []]),
        "aws:x": st.sampled_from(["1", "7", "adam", True]),
    },
)


@st.composite
def statements(
    draw: st.DrawFn, principal: bool = False, effects: tuple[str, ...] = ("Allow", "Deny")
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(
            PATTERNS | st.lists(PATTERNS, max_size=3)
        ),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(
            COVERS | st.lists(COVERS, max_size=3)
        ),
    }
    condition = draw(CONDITIONS)
    if condition:
        made["Condition"] = condition
    if principal:
        negated = made["Effect"] == "Deny" and draw(st.booleans())
        made["NotPrincipal" if negated else "Principal"] = draw(PRINCIPALS)
    return made


def documents(principal: bool = False, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"Statement": st.lists(statements(principal, **more), max_size=3)},
        optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"])},
    )


PLAIN = st.lists(documents(), max_size=2)
LEVELS = st.lists(st.lists(documents(), max_size=2), max_size=2)
SETS = st.fixed_dictionaries(
    {"identity": PLAIN},
    optional={
        "boundary": PLAIN,
        "session": PLAIN,
        "vpce": st.lists(documents(True), max_size=1),
        "resource": documents(True),
        "scps": LEVELS,
        "rcps": st.lists(st.lists(documents(True), max_size=1), max_size=2),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    principal, issuer = draw(CALLERS)
    return Request(
        draw(ACTIONS),
        draw(RESOURCES),
        principal,
        issuer=issuer,
        context=draw(CONTEXTS),
        flags=draw(
            st.lists(st.sampled_from(["management_account", "resource_management_account"]), max_size=1)
        ),
    )


def judge(request: Request, policies: dict[str, Any]) -> Decision:
    return decide(request, PolicySet(**policies))


@given(
    requests(),
    SETS,
    statements(effects=("Deny",)),
    st.sampled_from(["identity", "boundary", "session", "scps"]),
)
def test_adding_a_deny_never_allows_more(
    request_: Request, policies: dict[str, Any], deny: dict[str, Any], layer: str
) -> None:
    before = judge(request_, policies)
    more = copy.deepcopy(policies)
    # Beside what stands there: the first policy of a layer of limits would limit by being there.
    target = more.get(layer) or [{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]
    if layer == "scps":
        more[layer] = (
            [[*target[0], {"Statement": deny}], *target[1:]]
            if policies.get(layer)
            else [[*target, {"Statement": deny}]]
        )
    else:
        more[layer] = (
            [*target, {"Statement": deny}] if layer != "identity" else [*more[layer], {"Statement": deny}]
        )
    after = judge(request_, more)
    federated = (
        request_.principal_type == "FederatedUser" and layer == "session" and not policies.get("session")
    )
    if not before.allowed and not federated:
        assert not after.allowed
    if before.outcome == Outcome.EXPLICITLY_DENIED:
        assert after.outcome == Outcome.EXPLICITLY_DENIED


@given(requests(), SETS, statements(effects=("Allow",)))
def test_adding_an_allow_to_the_identity_never_denies_more(
    request_: Request, policies: dict[str, Any], allow: dict[str, Any]
) -> None:
    before = judge(request_, policies)
    after = judge(request_, policies | {"identity": [*policies["identity"], {"Statement": allow}]})
    assert not before.allowed or after.allowed
    assert (before.outcome == Outcome.EXPLICITLY_DENIED) == (after.outcome == Outcome.EXPLICITLY_DENIED)


def listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def rewritten(document: dict[str, Any]) -> dict[str, Any]:
    """The same policy with everything in reverse order, and lists and single values exchanged."""
    result = dict(reversed(document.items()))
    result["Statement"] = [_rewritten_statement(item) for item in reversed(listed(document["Statement"]))]
    if len(result["Statement"]) == 1:
        result["Statement"] = result["Statement"][0]
    return result


def _rewritten_statement(statement: dict[str, Any]) -> dict[str, Any]:
    result = dict(reversed(statement.items()))
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in result:
            result[name] = _exchanged(result[name])
    if "Condition" in result:
        result["Condition"] = {
            operator: {key: _exchanged(value) for key, value in reversed(keys.items())}
            for operator, keys in reversed(result["Condition"].items())
        }
    return result


def _exchanged(value: Any) -> Any:
    if isinstance(value, list):
        return value[0] if len(value) == 1 else value[::-1]
    return [value]


@given(requests(), SETS)
def test_order_and_lists_of_one_never_matter(request_: Request, policies: dict[str, Any]) -> None:
    other: dict[str, Any] = {}
    for layer, found in policies.items():
        if layer in ("scps", "rcps"):
            other[layer] = [[rewritten(item) for item in reversed(level)] for level in found]
        elif layer == "resource":
            other[layer] = rewritten(found)
        else:
            other[layer] = [rewritten(item) for item in reversed(found)]
    before, after = judge(request_, policies), judge(request_, other)
    assert (before.outcome, before.layer) == (after.outcome, after.layer)


@settings(max_examples=300)
@given(requests(), SETS)
def test_deciding_and_explaining_are_one(request_: Request, policies: dict[str, Any]) -> None:
    decision = judge(request_, policies)
    matched = {
        (layer.layer, policy.level, policy.index, statement.index)
        for layer, policy, statement in decision.trace.statements()
        if statement.matched and (decision.outcome != Outcome.EXPLICITLY_DENIED or statement.effect == "Deny")
    }
    named = {(ref.layer, ref.level, ref.policy_index, ref.statement_index) for ref in decision.statements}
    assert matched == named
    denying = {layer.layer for layer in decision.trace.layers if layer.outcome == Outcome.EXPLICITLY_DENIED}
    assert (decision.outcome == Outcome.EXPLICITLY_DENIED) == bool(denying)
    if decision.outcome == Outcome.EXPLICITLY_DENIED:
        assert decision.layer in denying
    decider = decision.trace.layer(decision.layer)
    if decider is not None:
        assert decider.outcome == decision.outcome
    assert decision.explain()
    assert decision.to_html() == judge(request_, policies).to_html()


@given(requests(), SETS, ACTIONS)
def test_statements_about_other_actions_never_matter(
    request_: Request, policies: dict[str, Any], action: str
) -> None:
    other = {
        "Statement": [
            {"Effect": effect, "Action": "ec2:Nothing", "Resource": "*"} for effect in ("Allow", "Deny")
        ]
    }
    more = policies | {"identity": [*[other] * 20, *policies["identity"], *[other] * 20]}
    before, after = judge(request_, policies), judge(request_, more)
    assert (before.outcome, before.layer) == (after.outcome, after.layer)
    assert len(before.statements) == len(after.statements)


@given(requests(), SETS)
def test_the_same_set_decides_many_requests_as_a_fresh_one_each(
    request_: Request, policies: dict[str, Any]
) -> None:
    shared = PolicySet(**policies)
    for action in ("s3:GetObject", "sqs:SendMessage", request_.action):
        again = request_.replace(action=action, principal_type=request_.principal_type)
        assert decide(again, shared).outcome == judge(again, policies).outcome
