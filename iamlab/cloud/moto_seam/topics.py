"""Messages of services, put into moto's SNS."""

from __future__ import annotations

from iamlab.cloud.moto_seam import resources


def exists(arn: str) -> bool:
    """Whether there is a topic of this ARN."""
    return resources.topic_policy(*_place(arn), arn) is not None


def publish(arn: str, message: str) -> bool:
    """Send a message to a topic's subscribers, as a service does: nobody is asked.

    Returns:
        False if there is no such topic.
    """
    if not exists(arn):
        return False
    account, region = _place(arn)
    found = resources.backend("sns", account, region)
    assert found is not None
    found.publish(message, arn)
    return True


def _place(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    return (parts[4], parts[3]) if len(parts) == 6 else ("", "")
