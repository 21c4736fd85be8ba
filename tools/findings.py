"""Write docs/findings.md: the table of issue codes, for reading.

``python tools/findings.py`` after a change of `iamlab.policy.validation.codes`; a test compares.
"""

from __future__ import annotations

from pathlib import Path

from iamlab.policy import Severity
from iamlab.policy.validation.codes import CODES, OMITTED

PAGE = Path(__file__).parents[1] / "docs" / "findings.md"

_HEAD = """# What `iamlab validate` reports

`iamlab validate POLICY.json` and `Policy(text).findings(kind)` report what AWS's own policy validation (IAM Access
Analyzer's `ValidatePolicy`, and the JSON editor of the console) reports, under the same issue codes and severities.
Each finding names its place, says why it matters and, where a safe one exists, carries a fix:

```python
from iamlab import Policy

policy = Policy(text)
for finding in policy.findings("identity"):
    print(finding)
    if finding.fix:
        text = finding.fix.apply(policy.text)
```

[AWS's page of checks][page] explains each code at length; `finding.learn_more` leads to the right place on it.

[page]: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html

Kinds of policy: `identity`, `resource`, `trust`, `scp`, `rcp`, `boundary`, `session`, `vpce`. AWS checks boundaries and
session policies as identity policies, and so do we, with their own quotas. For `resource`, `resource_type` (such as
`AWS::S3::Bucket`) switches on the checks of that type.

What services, actions, resource types and condition keys exist is taken from a packaged copy of AWS's service
authorization reference: an action that is newer than the copy is reported as unknown.

Text that is not JSON is mended as far as possible, so that one missing comma doesn't hide everything else.
"""

_TITLES = {
    Severity.ERROR: (
        "Errors",
        "AWS refuses the policy, or saves it and it can't do what it says. `iamlab validate` exits with 1.",
    ),
    Severity.SECURITY_WARNING: ("Security warnings", "The policy lets more happen than seems meant."),
    Severity.WARNING: ("Warnings", "The policy is valid, and may not do what seems meant."),
    Severity.SUGGESTION: ("Suggestions", "Something has no effect, or could be said more clearly."),
}

# Question, what iamlab does.
_OPEN = (
    (
        "Which policies get `RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL`?",
        "Resource-based policies, not trust policies of roles: many services that assume roles send no source.",
    ),
    (
        "Which keys does `VARIABLE_USAGE_TOO_PERMISSIVE` concern?",
        "The keys that AWS calls sensitive (accounts, organisations, VPCs), unless the variable is one of them itself; "
        "`aws:PrincipalArn` and `aws:userid` with fewer than six fixed characters in front.",
    ),
    (
        "Which actions get `UNSUPPORTED_ACTION_FOR_CONDITION_KEY`?",
        "Actions named in full, with keys of services; not under operators with `IfExists`.",
    ),
    (
        "When does a service not support a tag key?",
        "When the reference lists `aws:ResourceTag` for none of its actions in the statement; reported where the "
        "operator is neither negated nor has `IfExists`.",
    ),
    (
        "Which values of `iam:PassedToService` make `iam:PassRole` on `*` harmless?",
        "All but those that begin with `*`.",
    ),
    (
        "Does a wildcard in `Resource` always mean any role?",
        "No: `role/app-*` is taken for a convention of names, `role/*` and `*` for any role.",
    ),
)


def render() -> str:
    """The page."""
    parts = [_HEAD]
    for severity, (title, text) in _TITLES.items():
        rows = sorted(
            (code for code in CODES.values() if code.severity is severity), key=lambda code: code.name
        )
        parts.append(f"## {title}\n\n{text}\n\n| code | says | why it matters |\n|---|---|---|")
        for code in rows:
            name = f"`{code.name}`" + (" (ours)" if code.ours else "")
            parts[-1] += f"\n| {name} | {_cell(code.what)} | {_cell(code.why)} |"
        parts[-1] += "\n"
    parts.append(
        "Codes marked *ours* are iamlab's own: AWS's validation has no check for that mistake.\n\n"
        "## Codes of AWS that are never reported\n\n| code | reason |\n|---|---|\n"
        + "\n".join(f"| `{code.name}` | {_cell(code.reason)} |" for code in OMITTED)
        + "\n"
    )
    parts.append(
        "## Where AWS's page leaves it open\n\n| question | answer here |\n|---|---|\n"
        + "\n".join(f"| {_cell(question)} | {_cell(answer)} |" for question, answer in _OPEN)
        + "\n"
    )
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
