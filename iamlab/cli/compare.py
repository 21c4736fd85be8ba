"""`iamlab compare A.json B.json`: what one policy allows that the other doesn't, with requests that show it."""

from __future__ import annotations

import io
import json
import sys
from argparse import Namespace
from collections.abc import Mapping

from iamlab.analysis import compare
from iamlab.cli.errors import CommandError
from iamlab.engine import PolicySet
from iamlab.policy import Policy

__all__ = ["run"]

_LAYERS = ("identity", "boundary", "session", "vpce", "resource_policy", "scps", "rcps")


def run(options: Namespace) -> int:
    """Compare two files; see `iamlab.analysis.compare`."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # one output on every system
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    answer = compare(_read(options.a), _read(options.b), universe=options.universe)
    if options.format == "json":
        print(json.dumps(answer.to_json(), indent=2, ensure_ascii=False))
    else:
        print(f"{answer.relation}\n{answer.explain()}")
    return 0


def _read(name: str) -> Policy | PolicySet:
    """A policy, or a set of policies by layer as `iamlab decide` reads them."""
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        raise CommandError(f"there is no file `{name}`") from None
    except IsADirectoryError:
        raise CommandError(f"`{name}` is a folder; name a file that holds a policy") from None
    except PermissionError:
        raise CommandError(f"`{name}` can't be read: no permission, or it is a folder") from None
    policy = Policy(text, name=name)
    document = policy.document
    if (
        isinstance(document, Mapping)
        and "Statement" not in document
        and any(key in document for key in _LAYERS)
    ):
        try:
            return PolicySet.from_json(document)
        except ValueError as error:
            raise CommandError(f"{name}: {error}") from None
    if document is None:
        raise CommandError(f"{name} holds no policy: {policy.complaint}")
    errors = policy.errors()
    if errors:
        place = f":{errors[0].span}" if errors[0].span else ""
        print(
            f"iamlab compare: {name}{place}: {errors[0].message}; what can't be read fails closed",
            file=sys.stderr,
        )
    return policy
