"""An `aws` command for a served lab: the installed AWS CLI, with everything that could lead it elsewhere set.

The AWS CLI doesn't take its endpoint from `AWS_ENDPOINT_URL` for every service: SQS keeps an old address, and
S3 Control puts the account in front of the host. The wrapper names the endpoint with each call, sends what is
meant for a host below it to the lab all the same, and keeps profiles in files of its own, so that `aws configure`
never touches `~/.aws`.

https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-endpoints.html
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html
"""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from iamlab.cloud.private_files import write_private

__all__ = ["CommandLineMissing", "install", "installed_cli"]

_MARK = "The AWS CLI for iamlab's AWS"
_PROFILES = ("default", "admin")


class CommandLineMissing(Exception):
    """No AWS CLI is installed that the wrapper could call."""


def installed_cli() -> Path | None:
    """The AWS CLI of this machine: the first on the PATH that is no wrapper, else that of this Python."""
    beside = os.path.dirname(sys.executable)
    for folder in [*os.get_exec_path(), beside]:
        found = shutil.which("aws", path=folder) if folder else None
        if found is not None and not _is_ours(Path(found)):
            return Path(found).absolute()
    return None


def install(folder: Path, url: str, dead_end: str, environ: Mapping[str, str]) -> Path:
    """Write the command `aws` and its profiles into a folder.

    Profiles `default` and `admin` are the lab's administrator; others that stand in the folder's files are kept.

    Args:
        folder: made if it is missing. It belongs at the front of the PATH.
        url: the lab's endpoint.
        dead_end: a proxy that isn't there, for calls that would leave the machine.
        environ: the administrator's variables, as `Lab.environ` gives them.

    Returns:
        The command.

    Raises:
        CommandLineMissing: no AWS CLI is installed.
        OSError: the folder can't be written, or has an `aws` of somebody else's (FileExistsError).
    """
    cli = installed_cli()
    if cli is None:
        raise CommandLineMissing(
            "the AWS CLI isn't installed: `pip install awscli`, or https://aws.amazon.com/cli/"
        )
    folder = folder.absolute()
    name, write = ("aws.cmd", _batch) if os.name == "nt" else ("aws", _shell)
    command = folder / name
    if command.exists() and not _is_ours(command):
        raise FileExistsError(17, "there is an `aws` already, and not one of iamlab's", str(command))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_profiles(
        folder / "credentials",
        {
            profile: {
                "aws_access_key_id": environ["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": environ["AWS_SECRET_ACCESS_KEY"],
            }
            for profile in _PROFILES
        },
    )
    region = {"region": environ["AWS_DEFAULT_REGION"]}
    _write_profiles(folder / "config", {"default": region, "profile admin": region})
    proxies = {"HTTP_PROXY": url, "HTTPS_PROXY": dead_end, "NO_PROXY": ""}
    variables = {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        **proxies,
    }
    write_private(command, write(cli, url, variables), mode=0o700)
    return command


def _is_ours(command: Path) -> bool:
    with command.open("rb") as file:
        return _MARK.encode() in file.read(200)


def _shell(cli: Path, url: str, variables: Mapping[str, str]) -> str:
    """A POSIX shell's script; proxies are read by their names in small letters first."""
    both = {**variables, **{name.lower(): value for name, value in variables.items() if "PROXY" in name}}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in both.items()]
    call = f'exec {shlex.quote(str(cli))} --endpoint-url {shlex.quote(url)} "$@"'
    return "\n".join(["#!/bin/sh", f"# {_MARK} at {url}", *lines, call, ""])


def _batch(cli: Path, url: str, variables: Mapping[str, str]) -> str:
    """A script of Windows' command interpreter, where a percent sign is written twice."""
    lines = [f'set "{name}={value}"'.replace("%", "%%") for name, value in variables.items()]
    call = f'call "{cli}" --endpoint-url "{url}" %*'
    return "\n".join(["@echo off", f"rem {_MARK} at {url}", "setlocal", *lines, call, ""])


def _write_profiles(path: Path, ours: Mapping[str, Mapping[str, str]]) -> None:
    """Put profiles into an AWS configuration file and keep the others there."""
    # A default section of configparser's kind would be read into every profile.
    profiles = configparser.RawConfigParser(default_section="-")
    try:
        profiles.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise OSError(22, f"not a file of AWS profiles ({type(error).__name__})", str(path)) from error
    for name in ours:
        profiles.remove_section(name)
    profiles.read_dict(ours)
    lines = []
    for name in profiles.sections():
        # Nested settings (`s3 =`) stand indented below their name.
        settings = ((key, value.replace("\n", "\n    ")) for key, value in profiles.items(name))
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in settings), ""]
    write_private(path, "\n".join(lines).rstrip("\n") + "\n")
