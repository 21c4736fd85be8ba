"""IP addresses: private ranges that AWS never sees, and bits beyond a mask.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import TestView

__all__ = ["CHECKS"]

Network = IPv4Network | IPv6Network

# RFC 1918 and RFC 4193.
_PRIVATE: Final[tuple[Network, ...]] = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)


@lru_cache(maxsize=1024)
def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _private(network: Network) -> bool:
    return any(
        network.version == private.version and network.subnet_of(private)  # type: ignore[arg-type]  # of one version
        for private in _PRIVATE
    )


def _check(report: Report) -> None:
    for statement in report.view.statements:
        for test in statement.tests:
            if test.base in ("IpAddress", "NotIpAddress"):
                _check_ranges(report, test)
                if test.lookup == "aws:sourceip":
                    _check_private(report, test)


def _check_ranges(report: Report, test: TestView) -> None:
    for value in test.values:
        network = _network(value.text)
        host, slash, prefix = value.text.partition("/")
        if network is None or not slash:
            continue
        exact = _network(host)
        if exact is not None and exact.network_address != network.network_address:
            better = f"{network.network_address}/{prefix}"
            message = f"beyond its mask `{value.text}` is ignored: write `{better}`"
            report.at("IMPROVE_IP_RANGE", message, value, report.replace(value.node, better))


def _check_private(report: Report, test: TestView) -> None:
    networks = [(value, network) for value in test.values if (network := _network(value.text))]
    private = [value for value, network in networks if _private(network)]
    if not private:
        return
    code = "PRIVATE_NOT_IP_ADDRESS" if test.base == "NotIpAddress" else "PRIVATE_IP_ADDRESS"
    if len(private) == len(networks):
        effect = "always" if test.base == "NotIpAddress" else "never"
        message = f"`{test.key}` holds public addresses, so this {effect} matches: use `aws:VpcSourceIp`"
        report.add(code, message, test.node, test.path)
        return
    for value in private:
        message = f"`{value.text}` is private, and `{test.key}` holds public addresses: use `aws:VpcSourceIp`"
        report.at(f"{code}_SUBSET", message, value, report.drop_entry(value))


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
