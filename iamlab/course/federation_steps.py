"""What the exercises of `07-identity-federation` are made of: trust policies for those whom a provider vouches for."""

from __future__ import annotations

from typing import Any

from iamlab.course.documents import ACCOUNT, policy

LESSON = "07-identity-federation"
BESIDE = ["sts:TagSession", "sts:SetSourceIdentity"]
"""Where the session itself is refused, these harm nobody: a ceiling lets them be."""


def federated(provider: str, action: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """A trust policy for people or jobs that an identity provider vouches for."""
    return policy(let_in(provider, action, condition))


def let_in(
    provider: str, actions: str | list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One statement of a trust policy."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:{provider}"},
        "Action": actions,
    }
    return statement | ({"Condition": condition} if condition else {})
