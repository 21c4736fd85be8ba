"""One statement, compiled once, matched many times.

Comes in: a statement object of a policy document. Goes out: a `Statement` with a fast `hit(facts)` and the compiled
elements that the trace asks again one by one. A statement that holds anything that can't be evaluated fails closed:
as an Allow it never matches, as a Deny the unreadable elements count as met.

What a statement may hold depends on where the policy is used (`Usage`): identity-type policies have no `Principal`,
resource-type policies need one.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from iamlab.policy.conditions import Test, compile_conditions
from iamlab.policy.facts import Facts, Strength
from iamlab.policy.matching import Actions, Resources, compile_actions, compile_resources
from iamlab.policy.principals import Principals, compile_principals
from iamlab.policy.problems import Path, Problems, repeated_keys
from iamlab.policy.text import DuplicateKeys

if TYPE_CHECKING:
    from iamlab.policy.document import Policy

__all__ = ["ELEMENTS", "Statement", "Usage", "compile_statement"]

Hit = Callable[[Facts], bool]

ELEMENTS = frozenset(
    (
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    )
)
"""What a statement can consist of."""

_PAIRS = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))


class Usage(StrEnum):
    """The two shapes of statements: with and without a `Principal`; RCPs know only `"*"`."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    RCP = "rcp"


class Statement:
    """A compiled statement.

    Attributes:
        policy: the policy that it belongs to.
        index: its position there, from 0.
        path: the way to it from the document's root.
        sid: its `Sid`, or None.
        effect: `Allow` or `Deny`; a statement whose effect can't be read counts as Deny.
        actions, resources, principals, tests: its elements; None where absent or unreadable.
        broken: (element, reason) for everything that can't be evaluated.
    """

    __slots__ = (
        "_hits",
        "actions",
        "broken",
        "denies",
        "effect",
        "index",
        "outlines",
        "path",
        "policy",
        "principals",
        "resources",
        "shown",
        "sid",
        "tests",
    )

    def __init__(self, policy: Policy, index: int, path: Path) -> None:
        self.policy = policy
        self.index = index
        self.path = path
        self.sid: str | None = None
        self.effect = "Deny"
        self.denies = True
        self.actions: Actions | None = None
        self.resources: Resources | None = None
        self.principals: Principals | None = None
        self.tests: tuple[Test, ...] = ()
        self.broken: list[tuple[str, str]] = []
        self.outlines: dict[Usage, object] = {}
        self.shown: dict[object, object] = {}  # the trace keeps its descriptions of this statement here
        self._hits: dict[tuple[Usage, bool], Hit] = {}

    def usage_problem(self, usage: Usage) -> tuple[str, str] | None:
        """Why the statement can't stand in a policy of this usage, as (element, reason)."""
        if usage == Usage.IDENTITY:
            if self.principals is not None:
                return (
                    "Principal",
                    "a policy of this type speaks of the principal it is attached to: it can't name one",
                )
        elif self.principals is None:
            return "Principal", "a policy of this type must say whom it speaks of"
        elif usage == Usage.RCP and not (self.principals.anyone and not self.principals.negated):
            return "Principal", 'a resource control policy speaks of everybody: its `Principal` is `"*"`'
        if self.resources is None and usage != Usage.RESOURCE:
            return "Resource", "the statement has neither `Resource` nor `NotResource`"
        return None

    def concerns(self, action: str) -> bool:
        """Whether the statement can match a request for the action (in lower case) at all."""
        return self.actions is None or self.actions.broken is not None or self.actions.match(action)

    def strength(self, facts: Facts, bounded: bool) -> Strength:
        """How strongly the statement names the caller."""
        return Strength.DIRECT if self.principals is None else self.principals.strength(facts, bounded)

    def hit(self, usage: Usage, bounded: bool) -> Hit:
        """The compiled matcher for requests whose action the statement concerns.

        Args:
            usage: where the policy is used.
            bounded: whether callers that can carry a permissions boundary carry one (`NotPrincipal` asks).
        """
        key = (usage, bounded)
        found = self._hits.get(key)
        if found is None:
            found = self._hits[key] = self._compile_hit(usage, bounded)
        return found

    def _compile_hit(self, usage: Usage, bounded: bool) -> Hit:
        if not self.denies and (self.broken or self.usage_problem(usage)):
            return lambda facts: False
        principals = self.principals
        if principals is not None and (principals.broken or usage != Usage.RESOURCE):
            principals = None
        resources = self.resources
        if resources is not None and (resources.broken or (resources.everything and not resources.negated)):
            resources = None
        tests = tuple(test.holds for test in self.tests if test.broken is None)
        return _join(principals, resources, tests, bounded, self.denies)


def _join(
    principals: Principals | None,
    resources: Resources | None,
    tests: tuple[Callable[[Any], bool], ...],
    bounded: bool,
    denies: bool,
) -> Hit:
    """One closure over what has to be asked, and nothing else."""
    if principals is not None:
        rest = _join(None, resources, tests, bounded, denies)
        strength = principals.strength
        if denies and principals.undecidable:
            return rest  # nobody can tell whether a canonical user id is this caller's: the Deny counts
        return lambda facts: strength(facts, bounded) > 0 and rest(facts)
    if resources is None:
        if not tests:
            return lambda facts: True
        if len(tests) == 1:
            test = tests[0]
            return lambda facts: test(facts.values)
    elif not tests:
        match = resources.match
        return lambda facts: match(facts.resource, facts.values)

    covers = None if resources is None else resources.match

    def hit(facts: Facts) -> bool:
        values = facts.values
        if covers is not None and not covers(facts.resource, values):
            return False
        for test in tests:  # noqa: SIM110 (any() with a generator costs twice as much)
            if not test(values):
                return False
        return True

    return hit


def compile_statement(
    policy: Policy, source: Any, index: int, path: Path, version_2012: bool, problems: Problems
) -> Statement:
    """Compile one statement; what can't be read is noted and makes it fail closed."""
    statement = Statement(policy, index, path)
    if not isinstance(source, Mapping):
        message = "a statement is an object with `Effect`, `Action` and so on"
        statement.broken.append(("Statement", problems.note("DATA_TYPE_MISMATCH", message, path)))
        return statement
    # What stands twice, or against its opposite, can't be evaluated: neither of the two may decide.
    unreadable: set[str] = set()
    repeated = repeated_keys(source, path, problems)
    if repeated and isinstance(source, DuplicateKeys):
        statement.broken.append(("Statement", repeated))
        unreadable.update(source.repeated)
    for name in source:
        if name not in ELEMENTS:
            message = f"`{name}` is no element of a statement{_near(name)}"
            note = problems.note("INVALID_POLICY_ELEMENT", message, (*path, name), at_key=True)
            statement.broken.append((str(name), note))
    for one, other in _PAIRS:
        if one in source and other in source:
            message = f"`{one}` and `{other}` can't stand in one statement: keep one of them"
            note = problems.note("UNSUPPORTED_ELEMENT_COMBINATION", message, (*path, other), at_key=True)
            statement.broken.append((other, note))
            unreadable |= {one, other}
    _compile_head(statement, source, problems)
    if not any(name in source for name in ("Action", "NotAction")):
        message = "the statement has neither `Action` nor `NotAction`"
        statement.broken.append(("Action", problems.note("MISSING_ACTION", message, path)))
    readable = {name: source[name] for name in source if name not in unreadable} if unreadable else source
    _compile_elements(statement, readable, version_2012, problems)
    return statement


def _near(name: str) -> str:
    for element in sorted(ELEMENTS):
        if name.lower() in (element.lower(), element.lower() + "s"):
            return f": did you mean `{element}`?"
    return ""


def _compile_head(statement: Statement, source: Mapping[str, Any], problems: Problems) -> None:
    path = statement.path
    sid = source.get("Sid")
    if isinstance(sid, str):
        statement.sid = sid
    elif "Sid" in source:
        problems.note("DATA_TYPE_MISMATCH", "`Sid` is a string", (*path, "Sid"), fatal=False)
    effect = source.get("Effect")
    if effect in ("Allow", "Deny"):
        statement.effect = effect
    elif "Effect" not in source:
        note = problems.note("MISSING_EFFECT", "the statement has no `Effect`: add `Allow` or `Deny`", path)
        statement.broken.append(("Effect", note))
    else:
        message = f"`Effect` is `Allow` or `Deny`, spelled exactly so, not `{effect}`"
        statement.broken.append(("Effect", problems.note("INVALID_EFFECT", message, (*path, "Effect"))))
        if isinstance(effect, str) and effect.strip().lower() == "allow":
            statement.effect = "Allow"  # whatever was meant, it wasn't a Deny
    if isinstance(source, DuplicateKeys) and "Effect" in source.repeated:
        effects = [str(value).strip().lower() for key, value in source.pairs if key == "Effect"]
        statement.effect = "Allow" if set(effects) == {"allow"} else "Deny"
    statement.denies = statement.effect == "Deny"


def _compile_elements(
    statement: Statement, source: Mapping[str, Any], version_2012: bool, problems: Problems
) -> None:
    path = statement.path
    broken = statement.broken
    for name in ("Action", "NotAction"):
        if name in source and statement.actions is None:
            statement.actions = compile_actions(source[name], (*path, name), problems)
            if statement.actions.broken:
                broken.append((name, statement.actions.broken))
    for name in ("Resource", "NotResource"):
        if name in source and statement.resources is None:
            statement.resources = compile_resources(source[name], (*path, name), version_2012, problems)
            if statement.resources.broken:
                broken.append((name, statement.resources.broken))
    for name in ("Principal", "NotPrincipal"):
        if name in source and statement.principals is None:
            statement.principals = compile_principals(source[name], (*path, name), problems)
            if statement.principals.broken:
                broken.append((name, statement.principals.broken))
    if not statement.denies and statement.principals is not None and statement.principals.negated:
        message = "`NotPrincipal` with `Allow` is no longer supported: name whom you allow"
        broken.append(
            (
                "NotPrincipal",
                problems.note("ALLOW_WITH_NOT_PRINCIPAL", message, (*path, "NotPrincipal"), at_key=True),
            )
        )
    if "Condition" in source:
        tests = compile_conditions(source["Condition"], (*path, "Condition"), version_2012, problems)
        if tests is None:
            broken.append(("Condition", "the block can't be read"))
        else:
            statement.tests = tests
            for test in tests:
                test.statement = statement
            broken.extend(("Condition", test.broken) for test in tests if test.broken)
