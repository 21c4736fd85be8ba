"""The lab's AWS over HTTP, on loopback: for the AWS CLI, Terraform, SDKs of other languages.

The server shares everything with the process it runs in: a user made in a notebook can call through it at once.
All requests go through the same gate. Which service is meant is said by the credential scope of the signature,
as every endpoint override of an SDK relies on; unsigned requests are told apart by what they ask for.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from iamlab.cloud import aws_command, guard
from iamlab.cloud.moto_seam import wsgi
from iamlab.cloud.moto_seam.operations import Reply
from iamlab.cloud.private_files import write_private

if TYPE_CHECKING:
    from types import FrameType

    from iamlab.cloud.lab import Lab

HOST = "127.0.0.1"
_RESET = "/_iamlab/reset"
# A page in a browser can send requests to loopback: its own host name or origin gives it away.
_OUR_NAMES = ("127.0.0.1", "localhost", "[::1]")
# Below them are hosts that clients make of an endpoint: a bucket, an account, `sync-127.0.0.1`. No browser takes a
# name that ends in a number for anything but an address (https://url.spec.whatwg.org/#host-parsing).
_BELOW_OURS = (".localhost", "127.0.0.1")
_DEAD_END = f"http://{HOST}:9"
"""Where calls end that a program sends past its endpoint setting: nothing listens on the discard port."""


_BEFORE_PROFILES = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables that say who calls, whatever the default profile is."""


class Server:
    """An HTTP server for a running lab.

    Args:
        lab: the lab whose AWS it offers.
        port: 0 for any free one.
    """

    def __init__(self, lab: Lab, port: int = 0) -> None:
        self._lab = lab
        # Bound here, so that a port that is taken is an OSError; werkzeug would end the process.
        with socket.create_server((HOST, port)) as listener:
            self._server: BaseWSGIServer = make_server(
                HOST,
                port,
                self._application,
                threaded=True,
                request_handler=_Handler,
                fd=listener.fileno(),
            )
        self._server.daemon_threads = True  # type: ignore[attr-defined]  # of the threaded kind of server
        self._thread = threading.Thread(target=self._server.serve_forever, name="iamlab-server", daemon=True)
        self._stopped = False

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """What `AWS_ENDPOINT_URL` and `--endpoint-url` want."""
        return f"http://{HOST}:{self.port}"

    @property
    def stopped(self) -> bool:
        """Whether it has ended."""
        return self._stopped

    def start(self) -> None:
        """Answer requests from now on, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port. Idempotent."""
        if not self._stopped:
            self._stopped = True
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(timeout=5)

    def environ(self, profile: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables of a program that works with this server.

        Calls of programs that forget their endpoint run into a proxy that isn't there, instead of into AWS.

        Args:
            profile: a key as `Lab.session` takes it; None for the administrator.
        """
        return self._lab.environ(profile) | {
            "AWS_ENDPOINT_URL": self.url,
            "HTTPS_PROXY": _DEAD_END,
            "https_proxy": _DEAD_END,
            "NO_PROXY": f"{HOST},localhost",
            "no_proxy": f"{HOST},localhost",
        }

    def credentials_file(
        self, path: str | os.PathLike[str], profiles: Mapping[str, Mapping[str, str]] | None = None
    ) -> Path:
        """Write a shared credentials file that only its owner can read.

        Args:
            profiles: keys by profile name; None for the administrator's, as `admin`.
        """
        admin = self._lab.environ()
        keys = profiles or {
            "admin": {
                "AccessKeyId": admin["AWS_ACCESS_KEY_ID"],
                "SecretAccessKey": admin["AWS_SECRET_ACCESS_KEY"],
            }
        }
        sections = []
        for name, key in keys.items():
            lines = [f"[{name}]", f"aws_access_key_id = {key['AccessKeyId']}"]
            lines.append(f"aws_secret_access_key = {key['SecretAccessKey']}")
            if key.get("SessionToken"):
                lines.append(f"aws_session_token = {key['SessionToken']}")
            sections.append("\n".join(lines) + "\n")
        return write_private(Path(path), "\n".join(sections))

    def aws_command(self, folder: str | os.PathLike[str]) -> Path:
        """Write an `aws` command that reaches this server with every service, and profiles of its own.

        Without further settings it calls as the administrator; `aws configure --profile NAME` adds others. Variables
        such as `AWS_ACCESS_KEY_ID` go before profiles, as they always do.

        Args:
            folder: where to; at the front of the PATH it makes `aws` mean this one.

        Returns:
            The command.

        Raises:
            CommandLineMissing: the AWS CLI isn't installed.
            OSError: the folder can't be written, or holds an `aws` that isn't ours.
        """
        return aws_command.install(Path(folder), self.url, _DEAD_END, self._lab.environ())

    def __repr__(self) -> str:
        return f"iamlab's AWS on {self.url}" + (" (stopped)" if self._stopped else "")

    # -------------------------------------------------------------- one request
    def _application(self, environ: dict[str, Any], start_response: Any) -> Any:
        try:
            response = self._respond(environ)
        except Exception as error:
            # A fault of ours must not look like AWS's refusal, nor end the connection without a word.
            print(f"iamlab: {type(error).__name__}: {error}", file=sys.stderr)
            response = Response(
                json.dumps(
                    {"__type": "InternalFailure", "message": f"iamlab failed: {type(error).__name__}"}
                ),
                status=501,
                headers={"x-amzn-ErrorType": "InternalFailure"},
                content_type="application/json",
            )
        return response(environ, start_response)

    def _respond(self, environ: dict[str, Any]) -> Response:
        host = str(environ.get("HTTP_HOST", "")).rsplit(":", 1)[0]
        if not (host in _OUR_NAMES or host.endswith(_BELOW_OURS)):
            return Response("this server answers to loopback names only\n", status=403)
        if environ.get("PATH_INFO") == _RESET:
            return self._reset(environ)
        body = _body(environ)
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("wsgi.input_terminated", None)
        request = wsgi.ServerRequest(environ)
        endpoint = wsgi.endpoint_of(request)
        if endpoint is None:
            return _response(_nothing_there(request), request.method)
        # Over loopback, plain HTTP is as private as TLS: policies see a secure call.
        return _response(self._lab.answer(endpoint, request, secure=True), request.method)

    def _reset(self, environ: Mapping[str, Any]) -> Response:
        if environ.get("REQUEST_METHOD") != "POST" or "HTTP_ORIGIN" in environ:
            return Response("POST here, and not from a web page\n", status=405)
        self._lab.reset()
        return Response("{}\n", content_type="application/json")


class _Handler(WSGIRequestHandler):
    """Silent, and faithful to header names with underscores, which S3's metadata may have."""

    protocol_version = "HTTP/1.1"

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        wsgi.preserve_names(environ, self.headers.items())
        return environ

    def log(self, type: str, message: str, *args: Any) -> None:
        return None


def _body(environ: Mapping[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return bytes(stream.read())
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return bytes(stream.read(length)) if length else b""


def _response(reply: Reply, method: str) -> Response:
    status, headers, body = reply
    kept = {
        name: str(value) for name, value in headers.items() if name.lower() not in ("status", "connection")
    }
    response = Response(response=body, status=int(status), headers=kept)
    length = next((value for name, value in kept.items() if name.lower() == "content-length"), None)
    if method == "HEAD" and length is not None:
        response.headers["Content-Length"] = length
    return response


def _nothing_there(request: wsgi.ServerRequest) -> Reply:
    """moto has no handler for this service or path."""
    what = f"{wsgi.scope_of(request)[0]} ({request.method} {request.path})"
    query = (request.mimetype or "").startswith("application/x-www-form-urlencoded")
    return guard.not_implemented(what, query=query, head=request.method == "HEAD")


def serve_forever(
    port: int = 0,
    credentials_file: str | os.PathLike[str] | None = None,
    account: str | None = None,
    aws_folder: str | os.PathLike[str] | None = None,
) -> None:
    """Run a lab's AWS until SIGINT or SIGTERM: what `iamlab serve` does.

    Args:
        credentials_file: where to write the administrator's key, as profile `admin`.
        account: the account id; None for the usual one.
        aws_folder: where to write an `aws` command for it.

    Raises:
        CommandLineMissing: there shall be an `aws` command, and the AWS CLI isn't installed.
        OSError: the port is taken, or a file can't be written.
    """
    from iamlab.cloud.lab import Lab
    from iamlab.cloud.state import DEFAULT_ACCOUNT

    done = threading.Event()
    # Asked before the lab sets the environment of this process.
    set_already = [name for name in _BEFORE_PROFILES if name in os.environ]

    def finish(_signal: int, _frame: FrameType | None) -> None:
        done.set()

    previous = {number: signal.signal(number, finish) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Lab(account=account or DEFAULT_ACCOUNT) as lab:
            server = lab.serve(port)
            print(_how_to_use(server, credentials_file, aws_folder, set_already), flush=True)
            while not done.wait(1.0):  # a wait without end would hold signals back on Windows
                pass
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _how_to_use(
    server: Server,
    credentials_file: str | os.PathLike[str] | None,
    aws_folder: str | os.PathLike[str] | None,
    set_already: Sequence[str],
) -> str:
    admin = server.environ()
    lines = [f"iamlab's AWS, with IAM enforced: {server.url}"]
    if credentials_file is not None:
        path = server.credentials_file(credentials_file)
        lines.append(f"  administrator's key: profile `admin` in {path}")
        if aws_folder is None:
            lines.append(
                f"  AWS_SHARED_CREDENTIALS_FILE={path} aws --endpoint-url {server.url} --region "
                f"{admin['AWS_DEFAULT_REGION']} --profile admin sts get-caller-identity"
            )
    if aws_folder is not None:
        command = server.aws_command(aws_folder)
        lines += ["  in another terminal:", *(f"    {line}" for line in _to_paste(command, set_already))]
    elif credentials_file is None:
        lines += [
            *(
                f"  {name}={admin[name]}"
                for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
            ),
            f"  aws --endpoint-url {server.url} sts get-caller-identity",
        ]
    return "\n".join([*lines, "Stop with Ctrl-C."])


def _to_paste(command: Path, set_already: Sequence[str]) -> list[str]:
    """What makes `aws` the lab's in a terminal: the PATH, without variables that would go before its profiles."""
    if os.name == "nt":
        lines = [*(f"set {name}=" for name in set_already), f"set PATH={command.parent};%PATH%"]
    else:
        lines = [f"unset {' '.join(set_already)}"] if set_already else []
        lines.append(f'export PATH={shlex.quote(str(command.parent))}:"$PATH"')
    return [*lines, "aws sts get-caller-identity"]
