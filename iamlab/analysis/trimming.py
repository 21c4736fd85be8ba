"""`without`: a policy without some of the actions that it allows.

Comes in: a policy, and the actions that it shall lose, as bits of the universe. Goes out: the document that is left,
or None where nothing is. What a statement keeps, it keeps on its resources and under its conditions; a statement that
loses nothing stays as it is written.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionsRecommendedStep.html
"""

from __future__ import annotations

from typing import Any

from iamlab.analysis.universe import universe
from iamlab.policy import Policy

__all__ = ["without"]


def without(policy: Policy, lost: int) -> dict[str, Any] | None:
    """The policy's document without some actions.

    Args:
        policy: the policy; its Denies stay.
        lost: the actions, as bits of the universe.

    Returns:
        The document, or None where no Allow is left.
    """
    known = universe()
    listed = policy.document["Statement"]
    written = listed if isinstance(listed, list) else [listed]
    kept: list[Any] = []
    allows = False
    for statement in policy.statements:
        source = written[statement.index]
        if statement.denies:
            kept.append(source)
            continue
        covered = known.covered(statement.actions)
        left = covered & ~lost
        if not left:
            continue
        allows = True
        if left == covered:
            kept.append(source)
            continue
        named = list(known.named(left))
        kept.append(
            {
                ("Action" if name == "NotAction" else name): named
                if name in ("Action", "NotAction")
                else value
                for name, value in source.items()
            }
        )
    return {**policy.document, "Statement": kept} if allows else None
