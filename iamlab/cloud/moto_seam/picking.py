"""Where moto's serialiser finds a member of an answer, remembered.

For each member of each answer moto derives anew the names under which an object may hold it (`CreateDate`,
`create_date`, …), a tenth of a call's time. The names depend on the member and on the object's class alone: here they
are derived once, by moto's own code. `tests/cloud/test_moto_seam_picking.py` holds both to the same result.
"""

from __future__ import annotations

from typing import Any

from moto.core.serialize import DEFAULT_ALIAS_PROVIDERS, AttributePicker, AttributePickerContext
from moto.core.utils import get_value

_MISSING = object()
_MOST = 20_000

# (picker's class, member, object's class, id of the member's shape) → names, and the shape, so that its id stays taken
_names: dict[tuple[Any, ...], tuple[tuple[str, ...], Any]] = {}


def pick(self: AttributePicker, context: AttributePickerContext) -> Any:
    """In the place of `AttributePicker.__call__`."""
    obj = context.obj
    value = None
    for name in _names_for(self, context):
        plain = type(obj) is dict and "." not in name
        found = obj.get(name, _MISSING) if plain else get_value(obj, name, _MISSING)
        if found is not _MISSING:
            value = found
            break
    if self.response_transformers:
        path = f"{context.key_path}.{context.key}"
        for ending, transform in self.response_transformers.items():
            if path.endswith(ending):
                return transform(value)
    return value


def _names_for(picker: AttributePicker, context: AttributePickerContext) -> Any:
    kind = type(context.obj)
    if picker.alias_providers is not DEFAULT_ALIAS_PROVIDERS or hasattr(context.obj, "Meta"):
        return picker.get_possible_keys(context)  # an object with names of its own for some members
    key = (type(picker), context.key, kind, id(context.shape))
    known = _names.get(key)
    if known is None:
        if len(_names) >= _MOST:
            _names.clear()
        names = tuple(dict.fromkeys(picker.get_possible_keys(context)))
        known = _names[key] = (names, context.shape)
    return known[0]
