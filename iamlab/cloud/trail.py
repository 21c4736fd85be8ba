"""What happened, as CloudTrail tells it.

`event_for` notes a call when it passes the gate; `Trail` (as `lab.trail`) shows the events and filters them.
Secrets never enter an event, and binary or huge parameters are named, not kept.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import Caller
from iamlab.cloud.data_events import Resource, is_data_event, resources_of
from iamlab.cloud.event_names import error_name, event_name, event_source, recorded, withhold
from iamlab.cloud.event_resources import about
from iamlab.cloud.moto_seam.operations import Reply
from iamlab.cloud.sessions import Session, SessionKind
from iamlab.cloud.state import LabState

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

_SECRETS_TEXT = """
password newpassword oldpassword sessiontoken
samlassertion webidentitytoken privatekey tokencode authenticationcode authenticationcode1
authenticationcode2 masteruserpassword clientsecret
servicepassword servicecredentialsecret customerkey ssecustomerkey copysourcessecustomerkey
tradeintoken contextassertion
"""
_SECRETS = frozenset(_SECRETS_TEXT.split())
# Secret in these operations alone.
_SECRET_PARAMETERS = {("ssm", "PutParameter"): "Value"}
# Not told at all. https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html
# https://docs.aws.amazon.com/kms/latest/developerguide/ct-encrypt.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
_UNTOLD_TEXT = """
granttoken granttokens plaintext ciphertextblob secretstring secretbinary secretaccesskey base32stringseed qrcodepng
"""
_UNTOLD = frozenset(_UNTOLD_TEXT.split())
_UNTOLD_PARAMETERS = {("iam", "CreateLoginProfile"): "Password", ("iam", "UpdateLoginProfile"): "Password"}
_READ = re.compile(
    r"(?:Get|List|Describe|Head|Lookup|Search|BatchGet|Query|Scan|Simulate|Decode|Select)"
    r"|(?:Decrypt|Encrypt|ReEncrypt|GenerateDataKey|GenerateMac|GenerateRandom|Sign$|Verify(?:Mac)?$|AssumeRo)"
)
# Reads whose answer is told: STS changes nothing when it hands out credentials.
_TOLD = re.compile(r"AssumeRo|GetSessionToken|GetFederationToken")
# What a client and AWS agree upon.
_TLS = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}
_LONGEST = 1_000


@dataclass(slots=True)
class Event:
    """One call, with the fields of a CloudTrail record."""

    time: datetime
    name: str
    source: str
    region: str
    caller: Caller
    account: str
    """`recipientAccountId`: the account in whose trail the event stands."""
    source_ip: str
    user_agent: str
    parameters: Mapping[str, Any]
    request_id: str
    event_id: str
    read_only: bool
    data_event: bool
    host: str | None = None
    """The host that the client called over TLS; None without TLS, and where nobody says."""
    error_code: str | None = None
    error_message: str | None = None
    response: Mapping[str, Any] | None = None
    owner: str | None = None
    """The account whose resource the call is about, where that is known."""
    shared_id: str | None = None
    """`sharedEventID`: what this event and the one in the other account's trail have in common."""
    copy: Event | None = None
    """The event as it stands in the trail of the resource's owner, another account than the caller's."""

    @property
    def who(self) -> str:
        """A short name of the caller: `johndoe`, `MyAppRole/session`, `root`, `Corp/ana` of a provider's user."""
        caller = self.caller
        if caller.type == "Account":
            return "root"
        if caller.type == "User":
            return caller.username or caller.arn
        if caller.proof is not None:
            return f"{caller.arn.rpartition('/')[2]}/{caller.proof.identity['userName']}"
        return caller.arn.rpartition(":")[2].partition("/")[2] or caller.arn

    @property
    def what(self) -> str:
        """Service and event, `sts:AssumeRole`."""
        return f"{self.source.split('.')[0]}:{self.name}"

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The resources that the record names: type and ARN of each."""
        owner = self.owner or self.account
        if not self.data_event:
            return about(self.source, self.parameters, self.response, self.region, owner)
        return resources_of(self.source, self.parameters, self.region, owner)

    @property
    def allowed(self) -> bool:
        """False if the call ended in an error, whatever its kind."""
        return self.error_code is None

    def fail(self, code: str, message: str) -> None:
        """Note that the call ended in an error."""
        self.error_code, self.error_message = code, message

    def fail_with(self, reply: Reply) -> None:
        """Note the error that a handler has written into its reply."""
        _, headers, body = reply
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
        code = _first(text, r"<Code>([^<]+)</Code>", r'"__type":\s*"(?:[^"#]*#)?([^"]+)"')
        kind = next((value for name, value in headers.items() if name.lower() == "x-amzn-errortype"), "")
        message = _first(text, r"<Message>([^<]*)</Message>", r'"[Mm]essage":\s*"((?:[^"\\]|\\.)*)"')
        self.fail(code or str(kind).split(":")[0] or str(reply[0]), message)

    def succeed(self, result: Mapping[str, Any]) -> None:
        """Note what one of our own operations answered; reads leave no `responseElements`, nor does S3."""
        if (not self.read_only or _TOLD.match(self.name)) and self.source != "s3.amazonaws.com":
            self.response = clean(result)

    def record(self) -> dict[str, Any]:
        """The event as CloudTrail's JSON."""
        made: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": user_identity(self.caller),
            "eventTime": f"{self.time:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.source_ip,
            "userAgent": self.user_agent,
        }
        if self.error_code is not None:
            made["errorCode"] = error_name(self.source, self.error_code)
            made["errorMessage"] = self.error_message
        made |= {
            "requestParameters": _lower_first(recorded(self.source, self.parameters)) or None,
            "responseElements": _lower_first(recorded(self.source, self.response)) if self.response else None,
            "requestID": self.request_id,
            "eventID": self.event_id,
            "readOnly": self.read_only,
        }
        if self.resources:
            made["resources"] = [
                {"accountId": self.owner or self.account, "type": kind, "ARN": arn}
                for kind, arn in self.resources
            ]
        made |= {
            "eventType": "AwsApiCall",
            "managementEvent": not self.data_event,
            "recipientAccountId": self.account,
        }
        if self.shared_id is not None:
            made["sharedEventID"] = self.shared_id
        made["eventCategory"] = "Data" if self.data_event else "Management"
        if self.host is not None:
            made["tlsDetails"] = {**_TLS, "clientProvidedHostHeader": self.host}
        session = self.caller.session
        if session is not None and session.kind is SessionKind.CONSOLE:
            made["sessionCredentialFromConsole"] = "true"
        return made

    def __str__(self) -> str:
        outcome = "ok" if self.error_code is None else self.error_code
        return f"{self.time:%H:%M:%S}  {self.who:<24}  {self.what:<34}  {outcome}"


def event_for(call: Call, state: LabState) -> Event:
    """Note a call that has been authenticated; its outcome is added later."""
    service, name = call.service, call.operation
    return Event(
        time=call.now,
        name=event_name(service, name),
        source=event_source(service, call.model.service_model.endpoint_prefix),
        region=call.region,
        caller=call.caller,
        account=call.account,
        source_ip=call.source_ip,
        user_agent=call.user_agent,
        parameters=clean(withhold(service, _told(call))),
        request_id=call.request_id,
        event_id=str(uuid.UUID(int=state.random.getrandbits(128), version=4)),
        read_only=_READ.match(name) is not None,
        data_event=is_data_event(service, name),
        host=_host(call) if call.secure else None,
    )


def _host(call: Call) -> str | None:
    headers = getattr(call.request, "headers", None)  # a call that a service makes comes without a request
    return headers.get("Host") if headers is not None else None


def _told(call: Call) -> Mapping[str, Any]:
    """A call's parameters without what is secret in this very operation."""
    untold = _UNTOLD_PARAMETERS.get((call.service, call.operation))
    if untold in call.params:
        return {name: value for name, value in call.params.items() if name != untold}
    secret = _SECRET_PARAMETERS.get((call.service, call.operation))
    return call.params if secret not in call.params else {**call.params, secret: HIDDEN}


def note(event: Event, state: LabState) -> None:
    """Put an event that has come to its end into the lab's trail, and before the account's own trails."""
    state.events.append(event)
    if state.recorder is not None:
        state.recorder.note(event)
        if event.copy is not None:
            state.recorder.note(event.copy)


def user_identity(caller: Caller) -> dict[str, Any]:
    """The `userIdentity` element for each kind of caller."""
    kinds = {"Account": "Root", "User": "IAMUser", "Anonymous": "AWSAccount"}
    made: dict[str, Any] = {"type": kinds.get(caller.type, caller.type)}
    if caller.proof is not None:
        return dict(caller.proof.identity)
    if caller.type == "AWSService":
        return made | {"invokedBy": caller.arn}
    if caller.type == "Anonymous":
        return made | {"principalId": "", "accountId": "anonymous"}
    made["principalId"] = caller.user_id
    if caller.type == "AWSAccount":
        return made | {"accountId": caller.account}
    made["arn"] = caller.arn
    made["accountId"] = caller.account
    if caller.access_key:
        made["accessKeyId"] = caller.access_key
    if caller.type == "User":
        made["userName"] = caller.username
    if caller.session is not None:
        made["sessionContext"] = _session_context(caller, caller.session)
    return made


def _session_context(caller: Caller, session: Session) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if caller.issuer is not None:
        role = session.kind is SessionKind.ROLE
        made["sessionIssuer"] = {
            "type": "Role" if role else "IAMUser",
            "principalId": session.issuer_id,
            "arn": caller.issuer,
            "accountId": session.account,
            "userName": caller.issuer.rpartition("/")[2],
        }
    if session.provider is not None:
        made["webIdFederationData"] = {"federatedProvider": session.provider, "attributes": {}}
    made["attributes"] = {
        "creationDate": f"{session.issued:%Y-%m-%dT%H:%M:%SZ}",
        "mfaAuthenticated": "true" if session.mfa_at is not None else "false",
    }
    if session.source_identity is not None:
        made["sourceIdentity"] = session.source_identity
    if session.kind is SessionKind.ROOT:
        made["assumedRoot"] = "true"
    return made


def clean(value: Any) -> Any:
    """Parameters without secrets, bytes and walls of text."""
    if isinstance(value, Mapping):
        return {
            str(key): HIDDEN if str(key).lower() in _SECRETS else clean(item)
            for key, item in value.items()
            if str(key).lower() not in _UNTOLD
        }
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value[:100]]
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, datetime):
        return f"{value:%b} {value.day}, {value:%Y, %I:%M:%S %p}"
    return str(value)


class Trail:
    """The lab's events, oldest first; shows itself as a table.

    `lab.trail.filter(name="GetItem")`, `lab.trail[-1]`, `for event in lab.trail`.
    """

    __slots__ = ("_events", "_shown")

    def __init__(self, events: Any, shown: int = 50) -> None:
        self._events = events
        self._shown = shown

    def filter(
        self,
        *,
        who: str | None = None,
        name: str | None = None,
        source: str | None = None,
        errors: bool | None = None,
    ) -> Trail:
        """The events that fit all of these.

        Args:
            who: user name, role name, ARN or access key id of the caller.
            name: event name, `AssumeRole`.
            source: service, `sts` or `sts.amazonaws.com`.
            errors: True for failed calls only, False for successful ones only.
        """
        return Trail(
            [
                event
                for event in list(self._events)
                if (who is None or _is(event, who))
                and (name is None or event.name == name)
                and (source is None or event.source.split(".")[0] == source.split(".")[0])
                and (errors is None or (event.error_code is not None) == errors)
            ],
            self._shown,
        )

    def records(self) -> list[dict[str, Any]]:
        """All events as CloudTrail's JSON."""
        return [event.record() for event in list(self._events)]

    def __iter__(self) -> Iterator[Event]:
        return iter(list(self._events))

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: int | slice) -> Any:
        events = list(self._events)
        return Trail(events[index], self._shown) if isinstance(index, slice) else events[index]

    def __repr__(self) -> str:
        events = list(self._events)
        if not events:
            return "no events"
        hidden = len(events) - self._shown
        lines = [f"… {hidden} earlier events"] if hidden > 0 else []
        return "\n".join(lines + [str(event).rstrip() for event in events[-self._shown :]])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        events = list(self._events)[-self._shown :]
        head = "".join(f"<th>{title}</th>" for title in ("Time", "Who", "Event", "Outcome"))
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:left">{escape(cell)}</td>'
                for cell in (
                    f"{event.time:%Y-%m-%d %H:%M:%S}",
                    event.who,
                    event.what,
                    event.error_code or "ok",
                )
            )
            + "</tr>"
            for event in events
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _is(event: Event, who: str) -> bool:
    caller = event.caller
    names = {event.who, caller.arn, caller.username, caller.issuer, caller.access_key}
    if caller.issuer:
        names.add(caller.issuer.rpartition("/")[2])
    return who in names


def _lower_first(value: Any) -> Any:
    """CloudTrail writes parameter names with a small first letter."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _lower_first(item) for key, item in value.items()}
    return [_lower_first(item) for item in value] if isinstance(value, list) else value


def _first(text: str, *patterns: str) -> str:
    for pattern in patterns:
        match = re.search(pattern, text)
        if match:
            return match[1]
    return ""
