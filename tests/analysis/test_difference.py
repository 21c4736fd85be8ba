"""Which requests count when two sets are held against each other.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import pytest

from iamlab.analysis.difference import find_difference
from iamlab.engine import PolicySet


def deleting(buckets: str) -> PolicySet:
    """All of S3 but deleting those buckets."""
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": buckets},
    ]
    return PolicySet(identity={"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize(("partition", "differs"), [("", True), ("aws", False), ("aws-cn", True)])
def test_known_requests_can_be_those_of_one_partition(partition: str, differs: bool) -> None:
    found = find_difference(deleting("arn:aws:s3:::*"), deleting("*"), "known", partition=partition)
    assert found.reason == ""
    assert (found.request is not None) is differs
    assert found.request is None or found.request.resource.startswith(f"arn:{partition}")
