"""Our own operations are found, also those of modules that load for few operations."""

from __future__ import annotations

from importlib import import_module

import pytest

from iamlab.cloud import services

_SELDOM = sorted({module for table in services._SELDOM.values() for module in table.values()})


@pytest.mark.parametrize("module", _SELDOM)
def test_each_operation_of_a_seldom_module_leads_to_it_by_its_name(module: str) -> None:
    found = import_module(f"iamlab.cloud.services.{module}")
    registered = [
        (service, name)
        for table in (services._operations, services._guards, services._proofs)
        for (service, name), function in table.items()
        if found.__name__
        in {
            getattr(one, "__module__", "") for one in (function if isinstance(function, list) else [function])
        }
    ]
    assert registered
    for service, name in registered:
        led = {to for part, to in services._SELDOM[service].items() if part in name}
        assert module in led, f"{service}:{name}"
