"""The remembered names give what moto's own picker gives, for every kind of object."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, ClassVar

import pytest
from moto.core.model import Shape
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker
from moto.core.utils import get_service_model

from iamlab.cloud.moto_seam.picking import pick

_ORIGINAL = AttributePicker.__call__


class User:
    """Holds members under moto's own habits of naming."""

    user_name = "by its words"
    name = "by the class's prefix"
    Arn = "as it is"


class Renamed:
    class Meta:
        serialization_aliases: ClassVar = {"UserName": "login"}

    login = "by a name of its own"


def shape(member: str) -> Shape:
    found: Shape = get_service_model("iam").shape_for("User").members[member]
    return found


@pytest.mark.parametrize("picker", [XFormedAttributePicker, AttributePicker])
@pytest.mark.parametrize("key", ["UserName", "Arn", "CreateDate", "Tags", "PermissionsBoundary", "user.name"])
@pytest.mark.parametrize(
    "obj",
    [
        {},
        {"UserName": "a", "Arn": None},
        {"user_name": "b", "tags": [1], "Name": "c"},
        OrderedDict(Arn="d"),
        {"user": {"name": "e"}},
        User(),
        Renamed(),
        None,
        "text",
        ["list"],
    ],
    ids=[
        "nothing",
        "as is",
        "in words",
        "a subclass",
        "nested",
        "an object",
        "its own names",
        "none",
        "text",
        "list",
    ],
)
def test_a_member_is_found_where_moto_finds_it(obj: Any, key: str, picker: type[AttributePicker]) -> None:
    made = picker(response_transformers={"User.Arn": lambda value: f"changed {value}"})
    context = AttributePickerContext(
        obj=obj, key=key, shape=shape(key) if "." not in key else None, key_path="User"
    )
    expected = _ORIGINAL(made, context)
    assert pick(made, context) == expected
    assert pick(made, context) == expected, "the second time from memory"
