"""The gate: every call passes here, and nothing reaches a handler otherwise.

resolve → authenticate → catalogue → collect → decide → run → record. In: an HTTP request and the moto handler that
would answer it. Out: the reply in AWS's wire format. Whatever a step doesn't understand ends in a refusal.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from werkzeug.exceptions import HTTPException

from iamlab.cloud import services
from iamlab.cloud.authenticate import Identity, authenticate
from iamlab.cloud.call import Call
from iamlab.cloud.callers import ANONYMOUS
from iamlab.cloud.errors import AwsError, Failure, failure
from iamlab.cloud.moto_seam import accounts, operations, resources
from iamlab.cloud.moto_seam.chosen import restated
from iamlab.cloud.moto_seam.dispatch import Endpoint
from iamlab.cloud.moto_seam.faults import identified, mended
from iamlab.cloud.moto_seam.operations import BadInputError, Operation, Reply, UnknownOperationError
from iamlab.cloud.moto_seam.s3_replies import completed, completed_by_control
from iamlab.cloud.ruling import authorise
from iamlab.cloud.services.parameter_rules import validate
from iamlab.cloud.sessions import restriction
from iamlab.cloud.shared_events import share
from iamlab.cloud.state import LabState
from iamlab.cloud.trail import Event, event_for, note

_log = logging.getLogger(__name__)

_OWNER_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"

# S3 finds a bucket in whatever account it lives; its handlers want the caller's account.
_FINDS_BY_ITSELF = frozenset({"s3", "s3control", "iam", "sts"})

# Services whose users rely on it that nobody comes between reading and writing (DynamoDB's counters and conditions).
# moto's handlers have no locks of their own.
_ONE_AT_A_TIME = ("dynamodb", "iam", "organizations")

# protocol -> what a service calls input that it can't read
_UNREADABLE = {
    "json": "SerializationException",
    "rest-json": "SerializationException",
    "rest-xml": "MalformedXML",
    "query": "MalformedInput",
    "ec2": "MalformedInput",
}


class Gate:
    """The door of one running lab.

    Args:
        prepare: called with a moto package's name before one of its handlers runs.
    """

    def __init__(self, state: LabState, prepare: Callable[[str], None]) -> None:
        self.state = state
        self._prepare = prepare
        self._turns = {service: threading.RLock() for service in _ONE_AT_A_TIME}

    def handle(self, endpoint: Endpoint, request: Any, *, secure: bool = True) -> Reply:
        """Answer one request.

        Args:
            endpoint: the handler that moto has for the request's URL.
            request: moto's request, unread.
            secure: the request came over TLS, as far as policies are concerned.
        """
        try:
            return self._handle(endpoint, request, secure)
        finally:
            request.close()  # files of a form

    def _handle(self, endpoint: Endpoint, request: Any, secure: bool) -> Reply:
        state = self.state
        now = state.clock.tick()
        if state.recorder is not None:
            state.recorder.catch_up(now)
        request_id = str(uuid.UUID(int=state.random.getrandbits(128), version=4))
        body = operations.take_body(request)
        self._prepare(endpoint.package)
        try:
            operation = operations.operation_of(endpoint.service, request, body)
        except UnknownOperationError as unknown:
            return self._unroutable(str(unknown), request, request_id)
        except BadInputError as bad:
            return self._unreadable(endpoint.service or "elbv2", str(bad), request, request_id)
        try:
            identity = authenticate(operation, request, body, state)
        except AwsError as error:
            return self._error(error, operation, request, request_id)
        operations.forget_compression(request)
        call = self._call(operation, identity, request, body, now, request_id, secure)
        return self._authenticated(call, endpoint)

    # -------------------------------------------------------------- steps
    def _call(
        self,
        operation: Operation,
        identity: Identity,
        request: Any,
        body: bytes,
        now: Any,
        request_id: str,
        secure: bool,
    ) -> Call:
        state = self.state
        return Call(
            service=operation.service,
            operation=operation.model.name,
            params=operation.params,
            protocol=operation.protocol,
            region=identity.region or state.region,
            account=identity.caller.account or state.account_id,
            caller=identity.caller,
            request=request,
            body=body,
            source_ip=state.source_ip,
            user_agent=request.headers.get("User-Agent", ""),
            secure=secure,
            auth=identity.kind,
            now=now,
            model=operation.model,
            request_id=request_id,
            access_key=identity.access_key,
            signing_service=identity.signing_service,
            signed_at=identity.signed_at,
        )

    def _authenticated(self, call: Call, endpoint: Endpoint) -> Reply:
        state = self.state
        event = event_for(call, state)
        try:
            if call.access_key is not None:
                accounts.mark_used(call, state)  # a denied attempt is a use, too
            reply = self._answered(call, endpoint, event)
            state.refusal = None
        except AwsError as error:
            state.refusal = call.request_id, error.code
            event.fail(error.code, error.message)
            refused = operations.error_reply(
                error,
                call.service,
                call.protocol,
                call.model,
                call.request_id,
                head=call.request.method == "HEAD",
            )
            reply = mended(refused, call.service, call.protocol, call.model)
        else:
            if reply[0] >= 400:
                event.fail_with(reply)
        if call.service == "s3":
            reply = self._of_s3(reply, call)
        elif call.service == "s3control":
            reply = completed_by_control(reply, call.params)
        event.caller, event.account = call.caller, call.account  # of a federated call, its proof alone tells
        share(event, call.owner)
        note(event, state)
        return reply

    def _of_s3(self, reply: Reply, call: Call) -> Reply:
        owner = resources.bucket_owner(str(call.params.get("Bucket", ""))) or call.account
        return completed(reply, call.operation, call.request.method, call.params, owner)

    def _answered(self, call: Call, endpoint: Endpoint, event: Event) -> Reply:
        """Decide and run; whatever goes wrong on the way is an answer, too."""
        try:
            self._authorise(call)
            return self._run(call, endpoint, event)
        except AwsError:
            raise
        except HTTPException as error:  # moto's own refusals, already in their wire format
            told = error.code or 400, dict(error.get_headers()), error.get_body()
            reply = mended(told, call.service, call.protocol, call.model)
            return identified(reply, call.request_id, call.protocol, call.model)
        except NotImplementedError as error:
            raise AwsError(
                "NotImplemented",
                f"The lab's AWS does not implement {call.name}. Nothing was changed.",
                501,
            ) from error
        except Exception as error:
            # A fault of the lab must never look like a verdict of IAM.
            _log.info("%s failed", call.name, exc_info=True)
            raise AwsError(
                "InternalFailure",
                f"The lab's AWS failed in {call.name}: {type(error).__name__}: {error}",
                501,
            ) from error

    def _authorise(self, call: Call) -> None:
        """Decide whether these credentials, and then whether the caller's policies, let the call run.

        Raises:
            AwsError: one of the checks was denied, or these credentials can't make this call at all.
        """
        state = self.state
        if call.caller.session is not None:
            limit = restriction(call.caller.session, call.service, call.operation)
            if limit is not None:
                raise limit
        validate(call)
        services.prove(call, state)
        if call.caller is ANONYMOUS and call.service != "s3":
            # Authentication has let this pass because the operation itself asks for no credentials.
            return
        authorise(call, state)

    def _run(self, call: Call, endpoint: Endpoint, event: Event) -> Reply:
        """Our own operation if there is one, else moto's handler in the account that owns the resource."""
        services.check(call, self.state)
        own = services.find(call.service, call.operation)
        if own is not None:
            result = own(call, self.state)
            event.succeed(result)
            return operations.result_reply(result, call.service, call.protocol, call.model, call.request_id)
        request = call.request
        account = call.account if call.service in _FINDS_BY_ITSELF else call.owner or call.account
        # Written over whatever the request claims for itself.
        request.environ[_OWNER_HEADER] = account
        with self._turns.get(call.service) or nullcontext():
            taken = restated(request, call.model, call.params, call.region)
            reply: Reply = endpoint.handler(taken, taken.raw_url, taken.headers)
        reply = mended(reply, call.service, call.protocol, call.model)
        reply = identified(reply, call.request_id, call.protocol, call.model)
        finishes = services.finishes(call.service, call.operation)
        if not finishes or reply[0] >= 400:
            return reply
        answer = json.loads(reply[2] or "{}")
        for finish in finishes:
            finish(call, self.state, answer)
        return reply[0], reply[1], json.dumps(answer)

    # -------------------------------------------------------------- refusals before a call is known
    def _unroutable(self, service: str, request: Any, request_id: str) -> Reply:
        protocol = operations.protocol_of(service, request.content_type)
        error = failure(
            Failure.UNKNOWN_OPERATION, service, protocol, operations.unknown_action(request, protocol)
        )
        if service == "s3":
            error.members = {"Method": request.method, "ResourceType": operations.s3_resource(request)}
        return operations.error_reply(
            error, service, protocol, None, request_id, head=request.method == "HEAD"
        )

    def _unreadable(self, service: str, why: str, request: Any, request_id: str) -> Reply:
        protocol = operations.protocol_of(service, request.content_type)
        error = AwsError(
            _UNREADABLE.get(protocol, "SerializationException"), why or "Could not parse request"
        )
        return operations.error_reply(
            error, service, protocol, None, request_id, head=request.method == "HEAD"
        )

    def _error(self, error: AwsError, operation: Operation, request: Any, request_id: str) -> Reply:
        self.state.refusal = request_id, error.code
        return operations.error_reply(
            error,
            operation.service,
            operation.protocol,
            operation.model,
            request_id,
            head=request.method == "HEAD",
        )
