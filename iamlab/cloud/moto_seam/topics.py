"""moto's topics and their subscriptions, and messages that services put into them.

moto confirms every subscription at once, and shows what it keeps in forms of its own. Pinned to moto by
`tests/cloud/services/test_topics.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from moto.core.utils import camelcase_to_underscores

from iamlab.cloud.moto_seam import resources

_MAKER = "subscription_principal"


def named(arn: str) -> Any | None:
    """The topic of this ARN."""
    account, region = _place(arn)
    store = resources.backend("sns", account, region)
    return store.topics.get(arn) if store is not None else None


def exists(arn: str) -> bool:
    """Whether there is a topic of this ARN."""
    return named(arn) is not None


def attribute(topic: Any, name: str) -> str:
    """An attribute that requests set, '' if none has; `name` as the API has it."""
    value = getattr(topic, camelcase_to_underscores(name), None)
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def set_attribute(topic: Any, name: str, value: Any) -> None:
    """Keep an attribute."""
    setattr(topic, camelcase_to_underscores(name), value)


def publish(arn: str, message: str) -> bool:
    """Send a message to a topic's subscribers, as a service does: nobody is asked.

    Returns:
        False if there is no such topic.
    """
    topic = named(arn)
    if topic is None:
        return False
    topic.sns_backend.publish(message, arn)
    return True


# ---------------------------------------------------------------- subscriptions
def subscription(arn: str) -> Any | None:
    """The subscription of this ARN."""
    account, region = _place(arn)
    store = resources.backend("sns", account, region)
    return store.subscriptions.get(arn) if store is not None else None


def subscriptions(topic: Any) -> list[Any]:
    """A topic's subscriptions, in order."""
    found: list[Any] = topic.sns_backend._get_topic_subscriptions(topic)
    return found


def all_subscriptions(account: str, region: str) -> list[Any]:
    """All subscriptions of an account in a region, in order."""
    store = resources.backend("sns", account, region)
    return list(store.subscriptions.values()) if store is not None else []


def subscribe(topic: Any, protocol: str, endpoint: str, principal: str, *, pending: bool) -> Any:
    """A new subscription.

    Args:
        principal: who made it.
        pending: its endpoint has to confirm it first; until then it hears nothing.
    """
    made = topic.sns_backend.subscribe(topic.arn, endpoint, protocol)
    setattr(made, _MAKER, principal)
    if pending:
        made.attributes.update(PendingConfirmation=True, ConfirmationWasAuthenticated=False)
        made.publish = _unheard
    elif protocol == "sqs":
        made.publish = partial(_to_queue, type(made).publish, made)
    return made


def set_subscription_attribute(found: Any, name: str, value: str) -> None:
    """Keep an attribute of a subscription.

    Raises:
        moto.sns.exceptions.SNSInvalidParameter: a filter that SNS doesn't take.
    """
    kept = value.lower() == "true" if name == "RawMessageDelivery" else value
    found.topic.sns_backend.set_subscription_attributes(found.arn, name, kept)


def _unheard(*message: Any, **details: Any) -> None:
    """In place of a subscription's `publish`."""


def _to_queue(publish: Callable[..., None], made: Any, *message: Any, **details: Any) -> None:
    """SNS tells nobody that a queue it writes to is gone."""
    from moto.sqs.exceptions import QueueDoesNotExist

    with suppress(QueueDoesNotExist):
        publish(made, *message, **details)


def is_pending(found: Any) -> bool:
    """Whether a subscription waits for its endpoint to confirm it."""
    return bool(found.attributes.get("PendingConfirmation"))


def subscription_attributes(found: Any) -> dict[str, str]:
    """A subscription's attributes as texts."""
    kept = found.topic.sns_backend.get_subscription_attributes(found.arn)
    shown = {"SubscriptionPrincipal": getattr(found, _MAKER, None), **kept}
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in shown.items()
        if value is not None
    }


def _place(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    return (parts[4], parts[3]) if len(parts) >= 6 else ("", "")
