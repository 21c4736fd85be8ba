"""The `iamlab` command.

``main`` reads the command line, and each command lives in a module of its own that is imported only when it is called:
`iamlab decide` in a CI job must not wait for boto3, moto or Jupyter. A command is a function that takes the parsed
arguments and returns the exit code: 0 done, 1 the answer is "no" (a case differs, a check failed), 2 it could not be
done as asked. What a person can mend is raised as `CommandError` and printed without a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from iamlab import __version__
from iamlab.cli.errors import CommandError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (by default the process's own) and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
        arguments.insert(0, "start")  # `iamlab` and `iamlab --no-browser` open the lessons
    options = _parser().parse_args(arguments)
    try:
        code: int = import_module(f"iamlab.cli.{options.command}").run(options)
    except ImportError as error:
        print(f"iamlab {options.command}: {error}; `iamlab doctor` says how to mend it", file=sys.stderr)
        return 2
    except CommandError as error:
        print(f"iamlab {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="iamlab",
        description="Learn AWS IAM against an in-process AWS in which IAM is really enforced.",
        epilog="Without a command, `iamlab` opens the lessons: the same as `iamlab start`.",
    )
    parser.add_argument("--version", action="version", version=f"iamlab {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    start = commands.add_parser(
        "start",
        help="open the lessons in JupyterLab",
        description="Make or open your workspace and open JupyterLab at the first lesson. "
        "Lessons are copied into the workspace once; your copies are never overwritten.",
    )
    _add_workspace(start)
    start.add_argument(
        "--no-browser", action="store_true", help="print the address instead of opening a browser"
    )
    start.add_argument(
        "--port", type=_port, metavar="N", help="port on the loopback interface (default: a free one)"
    )

    restore = commands.add_parser(
        "restore",
        help="bring back a lesson as it was",
        description="Put a fresh copy of a lesson beside yours; yours stays as it is.",
    )
    restore.add_argument("lesson", metavar="LESSON", help="its name or number: 03-roles, or 3")
    _add_workspace(restore)

    progress = commands.add_parser(
        "progress",
        help="show, export or take over what you have solved",
        description="Show the map of the course with what you have solved; write it to a file; take it over from "
        "another machine's file; or show the table of a class.",
    )
    _add_workspace(progress)
    progress.add_argument(
        "--export",
        metavar="FILE",
        help="write it here: .json to hand in or take along, .html, .md or .csv to read",
    )
    progress.add_argument(
        "--learner", metavar="NAME", help="the name in the file (default: your name on this computer)"
    )
    progress.add_argument(
        "--import",
        dest="taken",
        metavar="FILE",
        help="join an exported .json with what is here; nothing that is solved here is lost",
    )
    progress.add_argument(
        "--class",
        dest="classes",
        nargs="+",
        metavar="FILE",
        help="show the exported .json files of several learners as one table; with --export FILE.csv, write it",
    )

    decide = commands.add_parser(
        "decide",
        help="decide requests against policies, one JSON case a line",
        description="Read one JSON case a line, print one decision a line. Where cases carry what is expected, the "
        "last line on stderr counts those that agree, and the exit code is 1 if any differ.",
    )
    decide.add_argument("cases", metavar="FILE", help="JSON Lines file of cases, or - for standard input")
    decide.add_argument(
        "--explain", action="store_true", help="show each decision with its trace, for people"
    )

    validate = commands.add_parser(
        "validate",
        help="say what is wrong with a policy, and where",
        description="Report what AWS's policy validation reports of each file: errors, security warnings, warnings and "
        "suggestions, with their places. The exit code is 1 if there is an error.",
    )
    validate.add_argument(
        "policies", nargs="+", metavar="FILE", help="file that holds a policy, or - for standard input"
    )
    validate.add_argument(
        "--type",
        choices=("identity", "resource", "trust", "scp", "rcp", "boundary", "session", "vpce"),
        default="identity",
        help="the kind of policy (default: identity)",
    )
    validate.add_argument(
        "--resource-type",
        metavar="TYPE",
        help="for --type resource: what it hangs on, as in AWS::S3::Bucket, for the checks of that type",
    )
    validate.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="for people, or a JSON list (default: text)",
    )

    comparison = commands.add_parser(
        "compare",
        help="say what one policy allows that another doesn't",
        description="Say how the first policy stands to the second over every possible request, with a request that "
        "shows each difference. A file holds a policy, or a set of policies by layer as in a case for `iamlab decide`.",
    )
    comparison.add_argument("a", metavar="A.json", help="the first policy")
    comparison.add_argument("b", metavar="B.json", help="the second policy")
    comparison.add_argument(
        "--universe",
        choices=("any", "known"),
        default="any",
        help="every string, or only requests that AWS's service reference knows (default: any)",
    )
    comparison.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people, or JSON (default: text)"
    )

    serve = commands.add_parser(
        "serve",
        help="run the enforcing AWS on a loopback port",
        description="Run the enforcing AWS on a loopback port, for the AWS CLI and other programs, until stopped.",
    )
    serve.add_argument("--port", type=_port, default=0, metavar="N", help="port (default: a free one)")
    serve.add_argument(
        "--credentials",
        metavar="FILE",
        help="write an AWS shared-credentials file here, readable by you alone, with the profile `admin`",
    )
    serve.add_argument(
        "--aws",
        metavar="DIR",
        help="write an `aws` command here that calls this AWS with every service, with profiles of its own",
    )
    serve.add_argument("--account", type=_account, metavar="ID", help="the lab's account number, 12 digits")

    doctor = commands.add_parser(
        "doctor",
        help="check this installation",
        description="Check this installation without using the network, and say how to mend what is missing.",
    )
    _add_workspace(doctor)
    return parser


def _add_workspace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "workspace",
        nargs="?",
        metavar="DIR",
        help="your workspace (default: $IAMLAB_WORKSPACE, or iamlab-workspace in your home folder)",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"`{text}` is not a port number (0 to 65535)")
    return int(text)


def _account(text: str) -> str:
    if not text.isascii() or not text.isdecimal() or len(text) != 12:
        raise argparse.ArgumentTypeError(f"`{text}` is not an AWS account number (12 digits)")
    return text
