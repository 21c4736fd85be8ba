"""What the incidents of `12-break-and-fix` are made of: code that writes policies, and a proof of no way left."""

from __future__ import annotations

from iamlab.analysis import escalations
from iamlab.course.bench import Bench
from iamlab.course.demand import Holds

LESSON = "12-break-and-fix"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
REMOVED = 'iam.delete_user_policy(UserName="%s", PolicyName="%s")\n'


def no_way_up(who: str) -> Holds:
    """Over all known methods: nobody can become an administrator starting there."""

    def holds(bench: Bench) -> bool:
        return not escalations(bench.lab.snapshot()).paths(who, to_administrator=True)

    return Holds(
        holds,
        f"The way of the incident is closed, but `{who}` has **another** way to an administrator. "
        "`escalations(lab.snapshot())` shows it.",
        "another way up",
    )


def put_policy(user: str, name: str, *statements: str) -> str:
    """Code that puts a policy of these statements on a user."""
    body = ",\n        ".join(statements)
    return (
        "document = {\n"
        '    "Version": "2012-10-17",\n'
        f'    "Statement": [\n        {body},\n    ],\n'
        "}\n"
        "iam.put_user_policy(\n"
        f'    UserName="{user}", PolicyName="{name}", PolicyDocument=json.dumps(document)\n'
        ")\n"
    )


def may(action: str, resource: str, condition: str = "") -> str:
    """An Allow statement as code; `action` may be a list as code."""
    more = f', "Condition": {condition}' if condition else ""
    actions = action if action.startswith("[") else f'"{action}"'
    return f'{{"Effect": "Allow", "Action": {actions}, "Resource": "{resource}"{more}}}'
