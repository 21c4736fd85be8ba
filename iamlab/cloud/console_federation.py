"""AWS's federation endpoint: temporary credentials in, a way into the console out.

An identity broker asks `https://signin.aws.amazon.com/federation?Action=getSigninToken` for a token, and sends the
person's browser to the same address with `Action=login`. There is no console in the lab: a login that is good ends in
the redirect that a browser would follow.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from iamlab.cloud.callers import find_caller, find_credential
from iamlab.cloud.moto_seam.operations import Reply
from iamlab.cloud.sessions import Session, SessionKind
from iamlab.cloud.state import LabState
from iamlab.cloud.trail import note

URL = re.compile(r"https://([a-z0-9-]+\.)?signin\.aws\.amazon\.com/federation(\?|$)")
_STORE = "sign-in tokens"
_GOOD_FOR = timedelta(minutes=15)
_SHORTEST, _LONGEST = 900, 43_200
_MOST = 1_000
_CONSOLE = re.compile(r"https://([a-z0-9-]+\.)*aws\.amazon\.com(/|$)")


@dataclass(frozen=True, slots=True)
class _Token:
    session: Session
    until: datetime


class _Refused(Exception):
    """What AWS's page says."""


def answer(method: str, url: str, body: Any, state: LabState) -> Reply:
    """Answer a request to the federation endpoint."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    fields = dict(parse_qsl(urlsplit(url).query)) | (dict(parse_qsl(text)) if method == "POST" else {})
    action = {"getSigninToken": _token, "login": _login}.get(fields.get("Action", ""))
    try:
        if action is None:
            raise _Refused("The Action parameter is missing or invalid")
        return action(fields, state)
    except _Refused as refused:
        return 400, {"Content-Type": "text/plain"}, str(refused)


def _token(fields: Mapping[str, str], state: LabState) -> Reply:
    session = _session(fields.get("Session", ""), state)
    _check_duration(fields.get("SessionDuration"), session)
    with state.lock:
        kept: dict[str, _Token] = state.stores.setdefault(_STORE, {})
        while len(kept) >= _MOST:
            del kept[next(iter(kept))]
        token = base64.urlsafe_b64encode(state.random.randbytes(150)).decode()
        kept[token] = _Token(session, min(state.clock.now() + _GOOD_FOR, session.expires))
    _record("GetSigninToken", session, state)
    return 200, {"Content-Type": "application/json"}, json.dumps({"SigninToken": token})


def _session(text: str, state: LabState) -> Session:
    """The session whose credentials these are."""
    try:
        given = json.loads(text)
        key, secret, token = (str(given[name]) for name in ("sessionId", "sessionKey", "sessionToken"))
    except (ValueError, KeyError, TypeError) as error:
        raise _Refused("The Session parameter is missing or malformed") from error
    credential = find_credential(key, state)
    session = credential.source if credential is not None else None
    if (
        credential is None
        or not isinstance(session, Session)
        or session.kind is SessionKind.TOKEN  # such credentials are the user's own: no federation
        or not hmac.compare_digest(credential.secret.encode(), secret.encode())
        or not hmac.compare_digest((credential.token or "").encode(), token.encode())
        or credential.expired(state.clock.now())
    ):
        raise _Refused("The credentials in Session are invalid or expired")
    return session


def _check_duration(text: str | None, session: Session) -> None:
    """A length of its own is for sessions of roles that were not assumed with temporary credentials."""
    if text is None:
        return
    seconds = int(text) if text.isascii() and text.isdigit() else 0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise _Refused(f"SessionDuration must be between {_SHORTEST} and {_LONGEST}")
    if session.kind is SessionKind.FEDERATED or session.chained:
        raise _Refused("SessionDuration can't be used with these credentials")


def _login(fields: Mapping[str, str], state: LabState) -> Reply:
    destination = fields.get("Destination", "")
    if not _CONSOLE.match(destination):
        raise _Refused("The Destination parameter must be a page of the AWS console")
    with state.lock:
        token: _Token | None = state.stores.get(_STORE, {}).pop(fields.get("SigninToken", ""), None)
    if token is None or state.clock.now() >= token.until:
        raise _Refused("The SigninToken is invalid or expired")
    _record("ConsoleLogin", token.session, state)
    return 302, {"Location": destination, "Content-Type": "text/html"}, ""


def _record(name: str, session: Session, state: LabState) -> None:
    """Tell the trail, as AWS's sign-in pages do."""
    from iamlab.cloud.sign_in import sign_in_event  # at first need: it brings all about users' passwords

    caller = find_caller(session.access_key_id, state)
    if caller is not None:
        note(sign_in_event(name, caller, session.account, state.clock.tick(), state), state)
