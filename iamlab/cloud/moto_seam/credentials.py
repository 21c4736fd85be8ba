"""Where moto keeps what users hold beside access keys: passwords, SSH keys, certificates, credentials of services.

The lab's own operations make, read and remove these records; moto's state is only their place, so that they go when
their user or account goes. What moto has no place for is kept here, beside its records.

In: moto's user records and account ids. Out: the lab's own records, whatever they are.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakKeyDictionary

from moto.iam import models

from iamlab.cloud.moto_seam.identities import iam

# Keyed by moto's own record, so that a deleted user takes its credentials along.
_service_credentials: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()


def users(account: str) -> list[Any]:
    """Every user of the account, in the order they were made."""
    return list(iam(account).users.values())


# ------------------------------------------------------------------ passwords
def password(user: Any) -> Any | None:
    """What was put there by `set_password`; None for a user without a password."""
    return user.password


def set_password(user: Any, record: Any | None) -> None:
    user.password = record


def password_last_used(user: Any) -> Any | None:
    return user.password_last_used


def set_password_last_used(user: Any, when: Any) -> None:
    user.password_last_used = when


def password_policy(account: str) -> Any | None:
    """The account's own password policy; None where AWS's default rules."""
    return iam(account).account_password_policy


def set_password_policy(account: str, policy: Any | None) -> None:
    iam(account).account_password_policy = policy


# ------------------------------------------------------------------ other things that users hold
def ssh_keys(user: Any) -> list[Any]:
    """The user's SSH public keys, to be changed in place."""
    found: list[Any] = user.ssh_public_keys
    return found


def signing_certificates(user: Any) -> dict[str, Any]:
    """The user's signing certificates by id, to be changed in place."""
    found: dict[str, Any] = user.signing_certificates
    return found


def service_credentials(user: Any) -> list[Any]:
    """The user's service-specific credentials, to be changed in place."""
    return _service_credentials.setdefault(user, [])


# ------------------------------------------------------------------ server certificates
def server_certificates(account: str) -> list[Any]:
    """The account's server certificates, in the order they were made."""
    return list(iam(account).certificates.values())


def add_server_certificate(
    account: str, name: str, path: str, body: str, chain: str | None, private_key: str, **facts: Any
) -> Any:
    """Keep a server certificate as moto's load balancers look for it.

    Args:
        facts: what moto's record has no field for: `certificate_id`, `upload_date`, `expiration`, `tags`.
    """
    made: Any = models.Certificate(account, "us-east-1", name, body, private_key, chain, path)
    for field, value in facts.items():
        setattr(made, field, value)
    iam(account).certificates[made.certificate_id] = made
    return made


def remove_server_certificate(account: str, certificate: Any) -> None:
    iam(account).certificates.pop(certificate.certificate_id, None)


def user_of_certificate(account: str, arn: str) -> str | None:
    """ARN of a load balancer of this account, in whatever region, that serves a certificate."""
    for _, backend in _regions("elbv2", account):
        for balancer in list(backend.load_balancers.values()):
            if any(arn in listener.certificates for listener in list(balancer.listeners.values())):
                return str(balancer.arn)
    for region, backend in _regions("elb", account):
        for balancer in list(backend.load_balancers.values()):
            if any(listener.ssl_certificate_id == arn for listener in balancer.listeners):
                return f"arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{balancer.name}"
    return None


def serves_cloudfront(account: str, certificate_id: str) -> bool:
    """A CloudFront distribution of this account shows the certificate to its viewers."""
    return any(
        distribution.distribution_config.ViewerCertificate.iam_certificate_id == certificate_id
        for _, backend in _regions("cloudfront", account)
        for distribution in list(backend.distributions.values())
    )


def _regions(service: str, account: str) -> list[tuple[str, Any]]:
    """Regions in which the account has touched the service. A service nobody has loaded has no resources."""
    module = sys.modules.get(f"moto.{service}.models")
    if module is None:
        return []
    backends = getattr(module, f"{service}_backends")
    return list(backends[account].items()) if account in backends else []
