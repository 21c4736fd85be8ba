"""Why an element of a statement is met or not, in a sentence for people.

Comes in: a `PartTrace`. Goes out: its reason, without a full stop. The sentences quote what was compared; whether it
matched is taken from the trace, never worked out again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from iamlab.policy.conditions import Test
from iamlab.policy.facts import Strength
from iamlab.policy.operators import NULL

if TYPE_CHECKING:
    from iamlab.engine.trace import PartTrace

__all__ = ["RESOURCE_NOTES", "quoted", "reason_of", "reversal_of"]

_SHOWN: Final = 4
_LONGEST: Final = 120

_ALONE: Final = (
    "it lets the caller in: that suffices, since a caller without an account has no policies of its own"
)

RESOURCE_NOTES: Final = {
    (
        Strength.ACCOUNT,
        "same",
    ): "it names the account: that delegates to the account's own policies and grants nothing yet",
    (
        Strength.ENTITY,
        "same",
    ): "it names the role or user behind the session: no identity-based Allow is needed",
    (Strength.DIRECT, "same"): "it names the caller directly: that grants by itself",
    (Strength.ACCOUNT, "cross"): "the owner's side allows: the caller's own account must allow too",
    (Strength.ENTITY, "cross"): "the owner's side allows: the caller's own account must allow too",
    (Strength.DIRECT, "cross"): "the owner's side allows: the caller's own account must allow too",
    (Strength.ACCOUNT, "alone"): _ALONE,
    (Strength.DIRECT, "alone"): _ALONE,
    (
        Strength.ENTITY,
        "grant",
    ): "a grant names the role or user behind the session: no identity-based Allow is needed, not even across accounts",
    (Strength.DIRECT, "grant"): "a grant names the caller: that counts by itself, even across accounts",
}
"""What a grant of the resource's policy is worth, by strength and by whether caller and resource share the account.

`alone`: services, identity providers and anonymous callers have no account.
"""


def clipped(text: str) -> str:
    """A text short enough for a sentence."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def quoted(values: Iterable[str | None], joint: str = "or") -> str:
    """Values in backticks, the first few of many; None is a variable without a value."""
    texts = ["(a variable without a value)" if value is None else f"`{clipped(value)}`" for value in values]
    if not texts:
        return "nothing"
    if len(texts) > _SHOWN:
        return f"{', '.join(texts[:_SHOWN])} {joint} {len(texts) - _SHOWN} more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {joint} {texts[-1]}"


def reason_of(part: PartTrace) -> str:
    """The reason of one part."""
    if part.broken:
        return f"can't be evaluated: {part.broken}"
    if part.operator is not None:
        return _condition(part)
    if part.matched is None:
        return "not compared, since the statement doesn't list the action"
    return _ELEMENTS[part.element](part)


def _action(part: PartTrace) -> str:
    listed = quoted(part.policy_values)
    negated = part.element == "NotAction"
    if not part.policy_values:
        return "the list is empty, so the statement does nothing"
    if part.matched:
        return f"the action is none of {listed}" if negated else f"the action is covered by {listed}"
    return f"the action is excepted by {listed}" if negated else f"the action is not covered by {listed}"


def _resource(part: PartTrace) -> str:
    listed = quoted(part.policy_values)
    asked = quoted(part.context_values or ())
    if not part.policy_values:
        return "the list is empty, so the statement does nothing"
    if part.element == "NotResource":
        if part.matched:
            return f"{asked} is none of {listed}"
        if None in part.policy_values:
            return (
                f"a variable in {quoted(part.written_values)} has no value, so the statement covers nothing"
            )
        return f"{asked} is excepted by {listed}"
    if part.matched:
        return f"{asked} is covered by {listed}"
    if asked == "`*`":
        return f"the action has no resource to name, so it needs `*` and not {listed}"
    return f"{asked} is not covered by {listed}"


def _principal(part: PartTrace) -> str:
    listed = quoted(part.policy_values)
    caller = quoted(part.context_values or ())
    if not part.policy_values:
        return "nobody is listed, so the statement does nothing"
    if part.element == "NotPrincipal":
        if part.matched:
            return (
                f"{caller} is not excepted: {listed} would have to list account, user or role, and session, "
                "and a caller with a permissions boundary is never excepted"
            )
        return f"{caller} is excepted by {listed}"
    return f"{caller} is {'named by' if part.matched else 'not among'} {listed}"


_ELEMENTS: Final = {
    "Action": _action,
    "NotAction": _action,
    "Resource": _resource,
    "NotResource": _resource,
    "Principal": _principal,
    "NotPrincipal": _principal,
}


def _condition(part: PartTrace) -> str:
    test = part._source
    assert isinstance(test, Test)
    if part.matched is None:
        return "not compared, since the statement doesn't list the action"
    spelled = test.spelled
    assert spelled is not None
    row, values = spelled.operator, part.context_values
    wanted = quoted(part.policy_values)
    if row is NULL:
        return _null(test, values)
    if values is None or (spelled.quantifier and not any(values)):
        return _absent(part, test, empty=values is not None)
    if not spelled.quantifier and part.multivalued:
        return (
            f"`{test.key}` holds a list ({quoted(values, 'and')}): "
            "a list needs `ForAllValues:` or `ForAnyValue:` to be compared"
        )
    if not part.policy_values:
        return f"`{test.key}` is {quoted(values, 'and')}, and the policy lists no value"
    if spelled.quantifier:
        return _over_set(part, test, values, wanted)
    met = bool(part.matched) is not row.negated
    return f"`{test.key}` is {quoted(values)}, which {row.phrase if met else row.opposite} {wanted}"


def _null(test: Test, values: tuple[str, ...] | None) -> str:
    if test.spelled is not None and test.spelled.quantifier:
        always = "always" if test.spelled.quantifier == "ForAllValues" else "never"
        return f"`{test.operator}` is {always} true, whatever the request holds"
    if values is None:
        return f"`{test.key}` is absent from the request"
    return (
        f"`{test.key}` is present ({quoted(values, 'and')})"
        if any(values)
        else f"`{test.key}` is present but empty"
    )


def _absent(part: PartTrace, test: Test, empty: bool) -> str:
    spelled = test.spelled
    assert spelled is not None
    what = f"`{test.key}` is {'empty' if empty else 'absent from the request'}"
    if spelled.quantifier == "ForAllValues":
        return f"{what}, and `ForAllValues` is true of nothing at all"
    if spelled.if_exists and part.matched:
        return f"{what}, and `IfExists` lets that pass"
    if spelled.quantifier == "ForAnyValue":
        return f"{what}, so `ForAnyValue` finds no value"
    if spelled.operator.negated:
        return f"{what}, and a negated operator is true then"
    return f"{what}"


def _over_set(part: PartTrace, test: Test, values: tuple[str, ...], wanted: str) -> str:
    spelled = test.spelled
    assert spelled is not None
    row = spelled.operator
    held = quoted(values, "and")
    comparison = f"{row.opposite if row.negated else row.phrase} {wanted}"
    if spelled.quantifier == "ForAllValues":
        link = "each of its values passes" if part.matched else "not each of its values passes"
    else:
        link = "at least one of its values passes" if part.matched else "none of its values passes"
    return f"`{test.key}` holds {held}; {link} ({comparison})"


def reversal_of(part: PartTrace) -> str:
    """What would have to hold for a condition to turn out the other way."""
    test = part._source
    assert isinstance(test, Test)
    assert test.spelled is not None
    row = test.spelled.operator
    if row is NULL:
        present = part.context_values is not None and any(part.context_values)
        return f"`{test.key}` were {'absent' if present else 'present'}"
    if test.spelled.quantifier and part.matched:
        return f"`{test.operator}` on `{test.key}` ({quoted(part.policy_values)}) were not met"
    phrase = row.phrase if _wanted_as_is(part, test) else row.opposite
    wanted = quoted(part.policy_values)
    if test.spelled.quantifier:
        which = "each value" if test.spelled.quantifier == "ForAllValues" else "some value"
        return f"{which} of `{test.key}` were one that {phrase} {wanted}"
    return f"`{test.key}` had a value that {phrase} {wanted}"


def _wanted_as_is(part: PartTrace, test: Test) -> bool:
    """Whether the operator's comparison itself, and not its opposite, would turn the condition round."""
    assert test.spelled is not None
    negated = test.spelled.operator.negated
    return not negated if test.spelled.quantifier else bool(part.matched) is negated
