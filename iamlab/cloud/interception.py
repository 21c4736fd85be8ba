"""How calls of this process reach the gate, and that nothing else reaches the network.

Every botocore client, made before or after the lab started, sends through `URLLib3Session.send`; `requests` (for
presigned URLs) goes through moto's `responses` mock. Both end in `Interception.answer`, which hands what moto can
handle to the gate and refuses everything else that isn't on loopback. `BaseBackend.urls` and `.url_paths`, where
moto itself looks for handlers, are shut in the same way, so that moto's own server, were it started in this
process, would find the gate behind every path.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import ProxyConfiguration, URLLib3Session
from moto.core.base_backend import BaseBackend
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.models import MockAWS, botocore_stubber
from moto.core.request import normalize_request

from iamlab.cloud import console_federation, guard, token_issuer
from iamlab.cloud.gate import Gate
from iamlab.cloud.moto_seam import dispatch, identities, managed_policies, time
from iamlab.cloud.moto_seam.dispatch import Endpoint
from iamlab.cloud.moto_seam.operations import Reply
from iamlab.cloud.moto_seam.requests import from_prepared
from iamlab.cloud.moto_seam.silence import Silencer
from iamlab.cloud.state import LabState

_CONFIG = {"core": {"mock_credentials": False, "reset_boto3_session": True}}


class Interception:
    """moto running with the gate in front of it."""

    def __init__(self, state: LabState) -> None:
        self.gate = Gate(state, self._prepare)
        self._state = state
        self._silencer = Silencer()
        self._prepared: set[str] = set()
        self._mock = MockAWS(_CONFIG)
        self._undo: list[Callable[[], None]] = []

    def start(self) -> None:
        """Take over the SDK's way out."""
        self._undo.append(self._clock_in())
        self._undo.append(managed_policies.install())
        self._undo.append(identities.install_unique_ids())
        self._silencer.start()
        self._undo.append(self._silencer.stop)
        self._mock.start()
        self._undo.append(self._mock.stop)
        self._set(URLLib3Session, "send", self._send_instead_of(URLLib3Session.send))
        self._set(BotocoreStubber, "__call__", self._before_send())
        self._set(botocore_stubber, "process_request", self.answer)
        self._set(BaseBackend, "urls", self._gated(BaseBackend.urls))
        self._set(BaseBackend, "url_paths", self._gated(BaseBackend.url_paths))
        self._set(ProxyConfiguration, "proxy_url_for", guard.no_proxy(ProxyConfiguration.proxy_url_for))
        self._set(socket, "getaddrinfo", guard.no_address(socket.getaddrinfo))
        guard.cover_requests()

    def _clock_in(self) -> Callable[[], None]:
        state = self._state  # a reset gives it another clock
        return time.install(lambda: state.clock.now(), lambda: state.clock.signing_now())

    def _prepare(self, package: str) -> None:
        """Before the first call of one of moto's packages: its own enforcers off, the lab's clock in."""
        if package in self._prepared:
            return
        with self._state.lock:
            if package not in self._prepared:
                self._silencer.service(package)
                self._undo.extend(time.follow(package, lambda: self._state.clock))
                self._prepared.add(package)

    def stop(self) -> None:
        """Give everything back, in reverse order."""
        while self._undo:
            self._undo.pop()()

    # -------------------------------------------------------------- the one way in
    def answer(self, request: AWSPreparedRequest, event_name: str = "") -> Reply | None:
        """The lab's reply to a request of this process; None lets it through to loopback."""
        url = request.url
        if guard.is_loopback(url):
            return None
        if console_federation.URL.match(url):
            return console_federation.answer(request.method, url, request.body, self._state)
        if token_issuer.URL.match(url):
            return token_issuer.answer(url, self._state)
        endpoint = dispatch.find(url)
        if endpoint is None:
            return guard.refuse(request, event_name)
        return self.gate.handle(endpoint, from_prepared(request), secure=url.startswith("https:"))

    def _before_send(self) -> Callable[..., AWSResponse | None]:
        def before_send(
            _stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **_: Any
        ) -> AWSResponse | None:
            return _as_response(request.url, self.answer(request, event_name))

        return before_send

    def _send_instead_of(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def send(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
            return _as_response(request.url, self.answer(request)) or original(session, request)

        return send

    # -------------------------------------------------------------- moto's own tables
    def _gated(self, table: property) -> property:
        assert table.fget is not None
        build = table.fget
        made: dict[type, dict[str, Any]] = {}

        def gated(backend: BaseBackend) -> dict[str, Any]:
            kind = type(backend)
            if kind not in made:
                package = kind.__module__.split(".")[1]
                made[kind] = {url: self._wrapped(package, handler) for url, handler in build(backend).items()}
            return made[kind]

        return property(gated)

    def _wrapped(self, package: str, handler: Any) -> Any:
        if package in dispatch.CLOSED:
            return lambda *_args, **_kwargs: (403, {}, "")
        endpoint = Endpoint(package, dispatch.service_of(package, handler), handler)

        def through_the_gate(request: Any, *_args: Any, **_kwargs: Any) -> Reply:
            return self.gate.handle(endpoint, normalize_request(request))

        return through_the_gate

    def _set(self, target: Any, name: str, value: Any) -> None:
        held = name in vars(target)
        original = vars(target).get(name)
        setattr(target, name, value)
        self._undo.append(lambda: setattr(target, name, original) if held else delattr(target, name))


def _as_response(url: str, reply: Reply | None) -> AWSResponse | None:
    if reply is None:
        return None
    status, headers, body = reply
    return AWSResponse(url, status, headers, MockRawResponse(body))  # type: ignore[arg-type]  # reads as urllib3's does
