"""`least_privilege`: the policy that just allows what was used, and what it drops of today's policies.

Comes in: what was used, as `Request`s, as `Decision`s (`lab.decisions("user/ana")`), or as CloudTrail records. Goes
out: a `LeastPrivilege` with a readable policy: actions grouped by the resources they were used on, one statement for
all resources with the same actions, no wildcard that nobody asked for. The engine has the last word: each request is
decided again with the new policy alone.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html and, for records,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from iamlab.analysis.permissiveness import paper
from iamlab.analysis.samples import FRESH, filled
from iamlab.analysis.universe import ones, universe
from iamlab.engine import Decision, Layer, PolicySet, Request, decide
from iamlab.engine.policy_set import Document
from iamlab.policy import Policy

__all__ = ["LeastPrivilege", "Used", "least_privilege"]

Used = Request | Decision | Mapping[str, Any]
"""Something that was used: a request, a decision on one, or a CloudTrail record."""

_SHOWN: Final = 12
# CloudTrail's event sources that are no service prefixes.
_PREFIXES: Final = {
    "monitoring": "cloudwatch",
    "email": "ses",
    "tagging": "tag",
}
_ESCAPES: Final = {"*": "${*}", "?": "${?}", "$": "${$}"}


@dataclass(frozen=True, slots=True)
class LeastPrivilege:
    """A policy cut to what was used.

    Attributes:
        policy: it.
        requests: what it was made from, each once.
        unmet: requests that it doesn't allow by itself, because the caller's identity policies don't decide them.
        unknown: used names that the service reference has no action for, which the policy leaves out.
        dropped: actions that today's policies allow on paper and the new one does not.
        narrowed: actions that both allow, today's on resources that nobody used.
    """

    policy: Policy
    requests: tuple[Request, ...]
    unmet: tuple[Request, ...] = ()
    unknown: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The policy's text, and what it drops."""
        return "\n".join([self.policy.text, *self._notes()])

    def _notes(self) -> list[str]:
        lines = []
        if self.dropped:
            lines.append(f"drops {len(self.dropped):,} actions that nobody used: {_some(self.dropped)}")
        if self.narrowed:
            lines.append(f"narrows to the resources that were used: {_some(self.narrowed)}")
        if self.unmet:
            some = _some([f"{request.action} on {request.resource}" for request in self.unmet])
            lines.append(f"doesn't allow by itself: {some}")
        if self.unknown:
            lines.append(f"leaves out what the service reference doesn't know: {_some(self.unknown)}")
        return lines

    def to_html(self) -> str:
        """The same as an HTML fragment."""
        notes = "".join(f"<li>{escape(note)}</li>" for note in self._notes())
        return (
            f'<div class="iamlab-least-privilege"><pre>{escape(self.policy.text)}</pre>'
            f"{f'<ul>{notes}</ul>' if notes else ''}</div>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}


def least_privilege(
    used: Iterable[Used],
    policies: PolicySet | Document | Iterable[Document] | None = None,
    *,
    merge: bool = False,
) -> LeastPrivilege:
    """The policy that just allows what was used.

    Args:
        used: requests, decisions or CloudTrail records. Denied decisions and failed records count as not used; so do
            calls that no policy governs.
        policies: today's policies, to say what is dropped.
        merge: put one wildcard in place of several names that differ only in their last part
            (`arn:aws:s3:::notes/*`). It allows more than was used.
    """
    requests: dict[tuple[str, str], Request] = {}
    unknown: dict[str, None] = {}
    known = universe()
    for item in used:
        for request in _requests(item):
            number = known.number(request.action)
            if number is None:
                unknown[request.action] = None
            else:
                requests.setdefault((known.names[number], _resource(request)), request)
    policy = _policy(requests, merge)
    unmet = tuple(
        request
        for request in requests.values()
        if not decide(_at_home(request), PolicySet(identity=(policy,))).allowed
    )
    dropped, narrowed = _lost(policies, policy) if policies is not None else ((), ())
    return LeastPrivilege(policy, tuple(requests.values()), unmet, tuple(unknown), dropped, narrowed)


def _requests(item: Used) -> list[Request]:
    if isinstance(item, Request):
        return [item]
    if isinstance(item, Decision):
        return [item.request] if item.allowed and item.layer != Layer.ALWAYS else []
    if "errorCode" in item or "eventName" not in item:
        return []
    source = str(item.get("eventSource", "")).partition(".")[0]
    action = f"{_PREFIXES.get(source, source)}:{item['eventName']}"
    arns = [str(row["ARN"]) for row in item.get("resources") or () if row.get("ARN")]
    identity = item.get("userIdentity") or {}
    return [Request(action, arn, identity.get("arn")) for arn in arns or ["*"]]


def _resource(request: Request) -> str:
    return "*" if request.wildcard_only_action else request.resource


def _policy(used: Iterable[tuple[str, str]], merge: bool) -> Policy:
    """One statement for all resources that the same actions were used on."""
    by_resource: dict[str, set[str]] = {}
    for action, resource in used:
        by_resource.setdefault(resource, set()).add(action)
    if merge:
        by_resource = _merged(by_resource)
    else:
        by_resource = {_escaped(resource): actions for resource, actions in by_resource.items()}
    by_actions: dict[tuple[str, ...], list[str]] = {}
    for resource, actions in sorted(by_resource.items()):
        by_actions.setdefault(tuple(sorted(actions)), []).append(resource)
    statements = [
        {
            "Effect": "Allow",
            "Action": actions[0] if len(actions) == 1 else list(actions),
            "Resource": resources[0] if len(resources) == 1 else resources,
        }
        for actions, resources in sorted(by_actions.items())
    ]
    return Policy({"Version": "2012-10-17", "Statement": statements}, name="what was used")


def _escaped(resource: str) -> str:
    """A resource as a pattern that matches it alone: what looks like a wildcard in it is none."""
    if resource == "*" or not any(char in resource for char in _ESCAPES):
        return resource
    return "".join(_ESCAPES.get(char, char) for char in resource)


def _merged(by_resource: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """One pattern for several resources that were used for the same actions and differ in their last part only."""
    groups: dict[tuple[str, frozenset[str]], list[str]] = {}
    for resource, actions in by_resource.items():
        parts = resource.split(":", 5)
        at = max(resource.rfind("/"), resource.rfind(":")) + 1 if len(parts) == 6 else 0
        # A bucket's name, or anything that is the whole of its last part, says what it is: it stays.
        mergeable = len(parts) == 6 and any(sign in parts[5] for sign in "/:")
        head = resource[:at] if mergeable else resource
        groups.setdefault((head, frozenset(actions)), []).append(resource)
    found: dict[str, set[str]] = {}
    for (head, actions_used), resources in groups.items():
        pattern = _escaped(resources[0]) if len(resources) == 1 else f"{_escaped(head)}*"
        found.setdefault(pattern, set()).update(actions_used)
    return found


def _at_home(request: Request) -> Request:
    """The request as if caller and resource were of one account, so that only the identity policy decides."""
    return request.replace(resource_account=request.account)


def _lost(
    policies: PolicySet | Document | Iterable[Document], policy: Policy
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = universe()
    today = policies if isinstance(policies, PolicySet) else PolicySet(identity=policies)
    cut = PolicySet(identity=(policy,))
    before, after = paper(today, known), paper(cut, known)
    narrowed = []
    for number in ones(before & after):
        account = "111122223333"
        request = Request(
            known.names[number],
            filled(known.templates(number)[0], account),
            f"arn:aws:iam::{account}:user/{FRESH}",
            resource_account=account,
            context={"aws:username": FRESH},
        )
        if decide(request, today).allowed and not decide(request, cut).allowed:
            narrowed.append(known.names[number])
    return known.named(before & ~after), tuple(narrowed)


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN:,} more" if len(listed) > _SHOWN else ""
    return f"{', '.join(listed[:_SHOWN])}{more}"
