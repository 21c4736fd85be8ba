"""`iamlab serve`: the enforcing AWS on a loopback port, for the AWS CLI and programs in any language."""

from __future__ import annotations

from argparse import Namespace

from iamlab.cli.errors import CommandError

__all__ = ["run"]


def run(options: Namespace) -> int:
    """Serve until stopped; a port that is taken or a file that can't be written is said at once."""
    from iamlab.cloud.aws_command import CommandLineMissing
    from iamlab.cloud.server import serve_forever

    try:
        serve_forever(
            port=options.port,
            credentials_file=options.credentials,
            account=options.account,
            aws_folder=options.aws,
        )
    except CommandLineMissing as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(_advice(options, error)) from error
    return 0


def _advice(options: Namespace, error: OSError) -> str:
    if error.filename is not None:
        return f"can't write `{error.filename}`: {error.strerror}"
    return f"can't listen on port {options.port}: {error.strerror}; choose another with --port"
