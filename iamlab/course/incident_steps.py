"""What the incidents of `12-break-and-fix` are made of: code that writes policies."""

from __future__ import annotations

LESSON = "12-break-and-fix"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
REMOVED = 'iam.delete_user_policy(UserName="%s", PolicyName="%s")\n'


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
