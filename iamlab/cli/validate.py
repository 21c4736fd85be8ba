"""`iamlab validate FILE…`: what AWS's policy validation reports of a policy, with the line it stands in."""

from __future__ import annotations

import io
import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator

from iamlab.cli.errors import CommandError
from iamlab.policy import Finding, Policy, Severity, Span
from iamlab.policy.validation.kinds import better_kind

__all__ = ["run"]

_WIDEST = 100
_BEFORE = 30  # of a long line, how much to show before the place


def run(options: Namespace) -> int:
    """Report the findings of every file; 1 if any of them is an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # one output on every system
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    found: list[tuple[str, str, tuple[Finding, ...]]] = []
    for name in options.policies:
        text = _text(name)
        policy = Policy(text, name=name)
        found.append((name, text, policy.findings(options.type, resource_type=options.resource_type)))
        better = better_kind(text, options.type)
        if better:
            note = f"{name} is checked as `{options.type}`, and looks like `{better}`: try --type {better}"
            print(f"iamlab validate: {note}", file=sys.stderr)
    if options.format == "json":
        rows = [{"file": name, **finding.to_json()} for name, _, findings in found for finding in findings]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for name, text, findings in found:
            print("\n".join(_report(name, text, findings)))
    return int(any(finding.severity is Severity.ERROR for _, _, findings in found for finding in findings))


def _text(name: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                data = file.read()
    except FileNotFoundError:
        raise CommandError(f"there is no file `{name}`; use - to read standard input") from None
    except IsADirectoryError:
        raise CommandError(f"`{name}` is a folder; name a file that holds a policy") from None
    except PermissionError:
        raise CommandError(f"`{name}` can't be read: no permission, or it is a folder") from None
    return data.decode("utf-8", "replace")


def _report(name: str, text: str, findings: tuple[Finding, ...]) -> Iterator[str]:
    lines = text.split("\n")
    for finding in findings:
        place = f":{finding.span}" if finding.span else ""
        yield f"{name}{place}: {_words(finding.severity)} {finding.code}: {finding.message}"
        if finding.span:
            yield from _source(lines[finding.span.line - 1].removesuffix("\r"), finding.span)
        if finding.why:
            yield f"    why: {finding.why}"
        if finding.fix:
            yield f"    fix: {finding.fix.title}"
        yield ""
    yield f"{name}: {_sum(findings)}"


def _words(severity: Severity) -> str:
    return severity.lower().replace("_", " ")


def _sum(findings: tuple[Finding, ...]) -> str:
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[severity]} {_words(severity)}{'s' * (counts[severity] != 1)}" for severity in Severity]
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "nothing to report"


def _source(line: str, span: Span) -> Iterator[str]:
    """The line of the text and below it carets under the place; of a long line the part around the place."""
    start = span.column - 1
    stop = span.end_column - 1 if span.end_line == span.line else len(line)
    left = max(0, start - _BEFORE) if len(line) > _WIDEST else 0
    shown = line[left : left + _WIDEST]
    stop = min(max(stop, start + 1), left + len(shown) + 1)
    before, after = "…" * (left > 0), "…" * (left + len(shown) < len(line))
    # Tabs stay tabs, so that the carets stand under the place whatever a tab's width.
    gap = " " * len(before) + "".join("\t" if char == "\t" else " " for char in line[left:start])
    number = str(span.line)
    yield f"    {number} | {before}{shown}{after}"
    yield f"    {' ' * len(number)} | {gap}{'^' * (stop - start)}"
