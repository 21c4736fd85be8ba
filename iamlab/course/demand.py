"""What a right answer must do: the vocabulary in which exercises are checked.

Three kinds of test. `Demands`: a list of calls that must be allowed or denied, decided by the lab's own gate
as if they were made, so nothing is ever changed by checking; and what must hold for every possible request, which
`iamlab.course.ceilings` proves. `Choice`: one option out of several, each with its explanation. `Forecast`: the
learner says beforehand what will be allowed; the lab then says what is.

Each failure is a `Shortfall`: words for the learner, the name of the mistake, and the decision that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from iamlab.course.bench import Bench
    from iamlab.engine import Decision
    from iamlab.engine.trace import PartTrace


@dataclass(frozen=True, slots=True)
class Ask:
    """One API call, by boto3's names, and who makes it."""

    who: str
    """`user/ana`, `role/App` (some session of it), `service/ec2.amazonaws.com`, `saml-provider/Corp`."""
    service: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    region: str = "us-east-1"
    minutes_old: int = 0
    """How long ago the caller's temporary credentials were issued."""
    mfa: bool | None = None
    """None: with a long-term key. Else with credentials of GetSessionToken, with a second factor or without."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """Of somebody who comes from a provider: what the assertion or token says, by condition keys."""
    claimed_tags: Mapping[str, str] = field(default_factory=dict)
    """The session tags among it."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why an answer is not right yet."""

    message: str
    mistake: str = ""
    decision: Decision | None = None


class Demand(Protocol):
    """Something that a right answer must bring about."""

    @property
    def mistake(self) -> str:
        """The name of the mistake of those who miss it."""

    def shortfall(self, bench: Bench) -> Shortfall | None:
        """Why it isn't met; None if it is."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A statement that would have matched, had it not been for one element: the usual sign of one mistake."""

    effect: str
    element: str
    """`Action`, `Resource`, `Condition` or `Principal`."""
    otherwise: str
    mistake: str

    def explains(self, decision: Decision) -> bool:
        return any(
            statement.effect == self.effect and _failing(statement.parts) == {self.element}
            for layer in decision.trace.layers
            for policy in layer.policies
            for statement in policy.statements
        )


@dataclass(frozen=True, slots=True)
class MayCall:
    """This call must be allowed."""

    ask: Ask
    otherwise: str
    mistake: str
    near: tuple[NearMiss, ...] = ()

    def shortfall(self, bench: Bench) -> Shortfall | None:
        decision = bench.ask(self.ask)
        return None if decision.allowed else _blame(self, decision)


@dataclass(frozen=True, slots=True)
class MayNotCall:
    """This call must be denied."""

    ask: Ask
    otherwise: str
    mistake: str
    near: tuple[NearMiss, ...] = ()

    def shortfall(self, bench: Bench) -> Shortfall | None:
        decision = bench.ask(self.ask)
        return _blame(self, decision) if decision.allowed else None


def _blame(demand: MayCall | MayNotCall, decision: Decision) -> Shortfall:
    for near in demand.near:
        if near.explains(decision):
            return Shortfall(near.otherwise, near.mistake, decision)
    return Shortfall(demand.otherwise, demand.mistake, decision)


def _failing(parts: Iterable[PartTrace]) -> set[str]:
    """The elements that were compared and did not match, `NotAction` counted as `Action` and so on."""
    return {part.element.removeprefix("Not") for part in parts if part.matched is False}


@dataclass(frozen=True, slots=True)
class Holds:
    """Something must be so in the account: a user exists, an old key no longer works."""

    test: Callable[[Bench], bool]
    otherwise: str
    mistake: str

    def shortfall(self, bench: Bench) -> Shortfall | None:
        return None if self.test(bench) else Shortfall(self.otherwise, self.mistake)


@dataclass(frozen=True, slots=True)
class Demands:
    """All of them must be met; the first that is not gives the feedback."""

    demands: tuple[Demand, ...]

    takes_answer = False
    untouched = (
        "Nothing has changed in the lab yet. Write your code in the cell above and run it, then check again."
    )

    def attempted(self, bench: Bench, answer: object) -> bool:
        return bench.touched()

    def shortfall(self, bench: Bench, answer: object) -> Shortfall | None:
        for demand in self.demands:
            found = demand.shortfall(bench)
            if found is not None:
                return found
        return None


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a `Choice`, and why it is right or wrong."""

    key: str
    text: str
    why: str
    right: bool = False
    mistake: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Pick one option."""

    options: tuple[Option, ...]

    takes_answer = True
    untouched = "Set `answer` to the letter of your choice in the cell above and run it, then check again."

    def attempted(self, bench: Bench, answer: object) -> bool:
        return answer is not None

    def shortfall(self, bench: Bench, answer: object) -> Shortfall | None:
        given = str(answer).strip().casefold()
        for option in self.options:
            if option.key.casefold() == given:
                return None if option.right else Shortfall(option.why, option.mistake)
        letters = ", ".join(f"`{option.key}`" for option in self.options)
        return Shortfall(f"There is no option `{answer}`. The options are {letters}.", "no such option")

    @property
    def listing(self) -> str:
        return "\n".join(f"- `{option.key}` {option.text}" for option in self.options)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Say of each call whether it will be allowed; the lab decides who is right."""

    asks: Mapping[str, Ask]
    explains: Mapping[str, str]
    """Label → what the learner should see when the guess for it was wrong."""

    takes_answer = True
    untouched = (
        "Write `True` (allowed) or `False` (denied) for every line of `answer` in the cell above, run it, "
        "then check again."
    )

    def attempted(self, bench: Bench, answer: object) -> bool:
        return isinstance(answer, Mapping) and any(answer.get(label) is not None for label in self.asks)

    def shortfall(self, bench: Bench, answer: object) -> Shortfall | None:
        assert isinstance(answer, Mapping)  # `attempted` came first
        for label, ask in self.asks.items():
            guess = answer.get(label)
            if guess is None:
                return Shortfall(f"There is no guess for **{label}** yet.", "left open")
            if not isinstance(guess, bool):
                return Shortfall(f"The guess for **{label}** must be `True` or `False`.", "not a guess")
            decision = bench.ask(ask)
            if decision.allowed is not guess:
                said, is_ = ("allowed", "denied") if guess else ("denied", "allowed")
                return Shortfall(
                    f"**{label}**: you said {said}, but the lab says {is_}. {self.explains[label]}",
                    label,
                    decision,
                )
        return None


Test = Demands | Choice | Forecast
