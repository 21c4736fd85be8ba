"""The policies and requests that the browser tests play with."""

from __future__ import annotations

import json
from typing import Any

from iamlab.engine import Request

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/johndoe"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"
READ = Request("dynamodb:GetItem", TABLE, USER)
DELETE = Request("dynamodb:DeleteTable", TABLE, USER)
QUESTIONS = [("read an order", READ, True), ("delete the table", DELETE, False)]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=4)


READ_ORDERS = document(
    {"Sid": "ReadOrders", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE},
    {"Sid": "NeverDelete", "Effect": "Deny", "Action": "dynamodb:Delete*", "Resource": "*"},
)
