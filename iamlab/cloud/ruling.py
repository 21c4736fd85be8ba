"""From a call to its decisions: the gate's steps catalogue, collect and decide.

In: an authenticated call. Out: a `Ruling`, which holds every check that was asked and what the engine said to it.
Whoever makes the call (a client through the gate, a service for its workload, an exercise that only rehearses it), its
permissions are found here.

A check may be about one part of a batch (`Check.item`): if it is denied, that part alone is refused, the rest of the
call goes on, and the operation reports the refusal in its answer.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import ANONYMOUS
from iamlab.cloud.catalogue import Check, checks
from iamlab.cloud.collect import flags_for, policies_for
from iamlab.cloud.context import call_context, context_for, forwarded
from iamlab.cloud.denials import denial
from iamlab.cloud.public_access import shut
from iamlab.cloud.state import Decided, LabState
from iamlab.engine import Decision, Request, decide


@dataclass(frozen=True, slots=True)
class Ruling:
    """What policies say about one call."""

    made: tuple[tuple[Check, Decision], ...]
    """Every check that was asked, in order; nothing is asked after one that denies the call as a whole."""

    @property
    def denied(self) -> tuple[Check, Decision] | None:
        """The check that denies the call as a whole; None if the call may run."""
        if not self.made:
            return None
        check, decision = self.made[-1]
        return None if decision.allowed or check.item is not None else (check, decision)

    @property
    def refused(self) -> dict[int, tuple[Check, Decision]]:
        """The parts of a batch that are denied, with the first check that denied each."""
        return {
            check.item: (check, decision)
            for check, decision in reversed(self.made)
            if check.item is not None and not decision.allowed
        }

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, in the order they were made."""
        return tuple(decision for _, decision in self.made)


def rule(call: Call, state: LabState, given: Mapping[str, Any] | None = None) -> Ruling:
    """Ask the policies about every check of a call, up to the first denial of the whole.

    Args:
        given: condition keys that this call carries beside those that it shares with all calls.
    """
    shared = call_context(call)
    if given:
        shared.update(given)
    made: list[tuple[Check, Decision]] = []
    for check in checks(call, state):
        if call.service == "s3":
            check = shut(call, check)
        decision = ask(call, check, state, shared)
        made.append((check, decision))
        if not decision.allowed and check.item is None:
            break
    return Ruling(tuple(made))


def ask(call: Call, check: Check, state: LabState, shared: Mapping[str, Any]) -> Decision:
    """What policies say to one check of a call.

    Args:
        shared: the condition keys that all checks of the call share.
    """
    caller = call.caller
    request = Request(
        check.action,
        check.resource,
        None if caller is ANONYMOUS else caller.arn,
        principal_type=caller.type,
        account=caller.account,
        issuer=caller.issuer,
        flags=flags_for(caller, check),
        resource_account=check.owner,
        context=context_for(call, check.owner, check.context, forwarded(shared) if check.via else shared),
        wildcard_only_action=check.wildcard_only,
    )
    return decide(request, policies_for(caller, check, state))


def authorise(call: Call, state: LabState, given: Mapping[str, Any] | None = None) -> Ruling:
    """Rule on a call that is really made: remember the decisions for `lab.why()`, and refuse what is denied.

    From then on the call knows whose resource it is about.

    Raises:
        AwsError: the call as a whole is denied. Refused parts of a batch stand in `call.refused`.
    """
    ruling = rule(call, state, given)
    if not ruling.made:
        return ruling
    call.owner = ruling.made[0][0].owner
    refused = ruling.refused
    denied = ruling.denied or next(iter(refused.values()), None)
    decision = denied[1] if denied is not None else ruling.made[0][1]
    state.decisions.append(Decided(call.request_id, call.service, call.operation, decision, ruling.decisions))
    if ruling.denied is not None:
        raise denial(call, *ruling.denied, state)
    call.refused = {item: denial(call, *why, state) for item, why in sorted(refused.items())}
    return ruling
