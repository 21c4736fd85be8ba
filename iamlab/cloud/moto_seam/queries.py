"""Athena's queries, as moto keeps them.

Pinned to moto by `tests/cloud/test_named_twice.py`.
"""

from __future__ import annotations

from iamlab.cloud.moto_seam import resources


def work_group(account: str, region: str, query: str) -> str | None:
    """The work group of a named query or of a query's execution; None where there is no such query.

    Args:
        query: its id.
    """
    found = resources.backend("athena", account, region)
    if found is None:
        return None
    kept = found.executions.get(query) or found.named_queries.get(query)
    group = kept.workgroup if kept is not None else None
    return str(group.name) if group is not None else None
