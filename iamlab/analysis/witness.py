"""A request that shows a difference: replayed through the engine, and made readable.

Comes in: a caller, an action, a resource and a context that the search found, and the two sets. Goes out: a `Request`
that `decide` allows by the first set and denies by the second, asked right here, or None. Names that no policy asks
for are replaced by ones that look like AWS's, as far as the replay still says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from iamlab.analysis.callers import ACCOUNT, Caller
from iamlab.analysis.rules import delegated
from iamlab.analysis.universe import Universe, ones
from iamlab.engine import Layer, PolicySet, Request, decide
from iamlab.policy import Policy
from iamlab.policy.arn import parse_arn

__all__ = ["Witness", "rebuilt", "witness"]

_TRIES = 40  # known actions to try in place of one that only fits a pattern
_EXAMPLE = {"Partition": "aws", "Region": "us-east-1", "Account": ACCOUNT}


class Witness(NamedTuple):
    """A confirmed difference.

    Attributes:
        request: allowed by the first set alone.
        plain: by the sets as they are; else only where the resource's own policy leaves the decision to IAM, as the
            default key policy of KMS does.
    """

    request: Request
    plain: bool


def rebuilt(policies: PolicySet, resource: Policy | None = None, fence: Policy | None = None) -> PolicySet:
    """A set like another one.

    Args:
        policies: the set.
        resource: a resource's policy in place of its own.
        fence: a policy of Denies that bind every caller, whatever other policies say.
    """
    levels: dict[Layer, list[list[Policy]]] = {}
    for layer in (Layer.SCP, Layer.RCP):
        levels[layer] = [[] for _ in range(policies.levels(layer))]
        for member in policies.layer(layer):
            assert member.level is not None
            levels[layer][member.level].append(member.policy)
    layers = {layer: [member.policy for member in policies.layer(layer)] for layer in Layer}
    own = next((member.policy for member in policies.layer(Layer.RESOURCE) if not member.grant), None)
    identity = list(layers[Layer.IDENTITY])
    if fence is not None:
        # In the identity's policies it binds users and sessions, in the resource's policy everybody.
        if own is None:
            (identity if identity or not levels[Layer.SCP] else levels[Layer.SCP][0]).append(fence)
        else:
            own = _fenced(own, fence)
    return PolicySet(
        identity=identity,
        boundary=layers[Layer.BOUNDARY],
        session=layers[Layer.SESSION],
        vpce=layers[Layer.VPCE],
        resource=resource or own,
        scps=levels[Layer.SCP],
        rcps=levels[Layer.RCP],
        grants=policies.grants,
    )


def _fenced(own: Policy, fence: Policy) -> Policy:
    """A resource's policy with the fence's Denies for everybody."""
    document = own.document
    if not isinstance(document, dict):
        return own
    mine = document.get("Statement", [])
    denies = [{**statement, "Principal": "*"} for statement in fence.document["Statement"]]
    return Policy({**document, "Statement": [*(mine if isinstance(mine, list) else [mine]), *denies]})


def _shows(request: Request, first: PolicySet, second: PolicySet, delegate: bool) -> Witness | None:
    if decide(request, first).allowed and not decide(request, second).allowed:
        return Witness(request, True)
    if delegate:
        consent = delegated(request.account)
        one, other = rebuilt(first, resource=consent), rebuilt(second, resource=consent)
        if decide(request, one).allowed and not decide(request, other).allowed:
            return Witness(request, False)
    return None


def witness(
    caller: Caller,
    action: str,
    resource: str,
    context: dict[str, object],
    alone: bool,
    first: PolicySet,
    second: PolicySet,
    delegate: bool,
    universe: Universe,
    strict: bool,
) -> Witness | None:
    """The request, confirmed, in its most readable form; None when the engine doesn't confirm it.

    Args:
        caller, action, resource, context: what the search found.
        alone: the action has no resource types.
        first, second: the sets.
        delegate: whether the resource's policy may be taken to leave the decision to IAM.
        universe: the known actions, for their spelling.
        strict: only known requests count: nothing but the spelling of names may change.
    """
    best = _shows(caller.request(action, resource, context, alone), first, second, delegate)
    if best is None:
        return None
    for better in _spellings(action, universe, first, second, strict):
        found = _shows(caller.request(better, resource, context, alone), first, second, delegate)
        if found is not None and found.plain >= best.plain:
            action, best = better, found
            break
    for better in _namings(action, resource, universe, strict):
        found = _shows(caller.request(action, better, context, alone), first, second, delegate)
        if found is not None and found.plain >= best.plain:
            resource, best = better, found
            break
    who = _principal(context)
    if who is not None and caller.moves:
        named = best.request.replace(principal=who)
        found = _shows(named, first, second, delegate)
        if found is not None and found.plain >= best.plain:
            best = found
    return best


def _principal(context: dict[str, object]) -> str | None:
    for key, value in context.items():
        if key.lower() == "aws:principalarn" and isinstance(value, str):
            arn = parse_arn(value)
            if arn is not None and arn.service == "iam" and arn.resource.startswith(("user/", "role/")):
                return value if len(arn.account) == 12 else None
    return None


def _spellings(
    action: str, universe: Universe, first: PolicySet, second: PolicySet, strict: bool
) -> Iterator[str]:
    """Known actions in place of the one found: itself as AWS writes it, or those of the same patterns."""
    number = universe.number(action)
    if number is not None:
        yield universe.names[number]
        return
    if strict:
        return
    fitting = universe.all
    for policies in (first, second):
        for member in policies.members:
            for statement in member.policy.statements:
                if statement.actions is not None and not statement.actions.broken:
                    covered = universe.covered(statement.actions)
                    fitting &= covered if statement.actions.match(action) else ~covered
    for tries, known in enumerate(ones(fitting)):
        if tries >= _TRIES:
            return
        yield universe.names[known]


def _namings(action: str, resource: str, universe: Universe, strict: bool) -> Iterator[str]:
    """The resource with names that look like AWS's, the best first."""
    arn = parse_arn(resource)
    if arn is None:
        number = universe.number(action)
        if number is not None and resource != "*" and not strict:
            for template in universe.templates(number):
                yield _example(template)
        return
    nicer = arn._replace(
        partition="aws",
        region="us-east-1" if arn.region and "-" not in arn.region else arn.region,
        account=ACCOUNT if arn.account and not arn.account.isdigit() else arn.account,
    )
    yield str(nicer)
    yield str(arn._replace(partition="aws"))
    yield str(arn._replace(account=nicer.account))


def _example(template: str) -> str:
    """A resource of a template's shape: placeholders become names."""
    text, rest = "", template
    while "${" in rest:
        before, _, rest = rest.partition("${")
        name, _, rest = rest.partition("}")
        text += before + _EXAMPLE.get(name, f"my-{_words(name)}")
    return text + rest.replace("*", "x")


def _words(name: str) -> str:
    """`BucketName` as `bucket`."""
    short = name.removesuffix("Name").removesuffix("Id") or name
    return "".join(
        f"-{char.lower()}" if char.isupper() and index else char.lower() for index, char in enumerate(short)
    )
