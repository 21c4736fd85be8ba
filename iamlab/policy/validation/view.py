"""A policy as its text says it: statements, elements and entries, each with its place.

Comes in: the tree that `iamlab.policy.places` reads. Goes out: a `PolicyView` for the checks. Nothing is judged here;
what has the wrong JSON type is simply left out, since the grammar reports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from iamlab.policy.operators import Spelled, spell
from iamlab.policy.places import Node
from iamlab.policy.problems import Path

__all__ = ["Element", "Entry", "PolicyView", "StatementView", "TestView"]


class Entry:
    """One value of an element: a member of its list, or the value that stands alone.

    Attributes:
        text: the value as text.
        node: where it stands.
        path: the way to it.
        index: its position in `nodes`.
        nodes: all nodes of the list that it belongs to; itself when it stands alone.
        kind: the key of `Principal` that it stands under; empty elsewhere.
    """

    __slots__ = ("index", "kind", "node", "nodes", "path", "text")

    def __init__(
        self, text: str, node: Node, path: Path, index: int, nodes: list[Node], kind: str = ""
    ) -> None:
        self.text = text
        self.node = node
        self.path = path
        self.index = index
        self.nodes = nodes
        self.kind = kind


class Element:
    """One element of a statement: its key, its value and its entries."""

    __slots__ = ("entries", "key", "name", "node", "path")

    def __init__(self, name: str, key: Node, node: Node, path: Path) -> None:
        self.name = name
        self.key = key
        self.node = node
        self.path = path
        self.entries = tuple(_entries(node, path))

    @property
    def negated(self) -> bool:
        """Whether it is `NotAction`, `NotResource` or `NotPrincipal`."""
        return self.name.startswith("Not")


class TestView:
    """One operator with one condition key and its values.

    Attributes:
        operator: the operator as written; `operator_key` its node.
        key: the condition key as written; `key_node` its node.
        spelled: the operator's row, or None when there is no such operator.
        node: the value or the list of values.
        values: the scalar values.
        path: the way to it.
    """

    __slots__ = ("key", "key_node", "lookup", "node", "operator", "operator_key", "path", "spelled", "values")

    def __init__(self, operator_key: Node, key_node: Node, node: Node, path: Path) -> None:
        self.operator: str = operator_key.value
        self.operator_key = operator_key
        self.spelled: Spelled | None = spell(self.operator)
        self.key: str = key_node.value
        self.lookup = self.key.lower()
        self.key_node = key_node
        self.node = node
        self.path = path
        self.values = tuple(_entries(node, path, scalars=True))

    @property
    def base(self) -> str:
        """The operator's name without prefix and suffix; empty when there is no such operator."""
        return self.spelled.operator.name if self.spelled else ""

    @property
    def quantifier(self) -> str:
        """`ForAllValues`, `ForAnyValue` or the empty string."""
        return self.spelled.quantifier if self.spelled else ""

    @property
    def positive(self) -> bool:
        """Whether an absent key makes it false."""
        spelled = self.spelled
        if (
            spelled is None
            or spelled.operator.negated
            or spelled.if_exists
            or spelled.quantifier == "ForAllValues"
        ):
            return False
        if spelled.operator.name == "Null":
            return all(value.text.lower() == "false" for value in self.values)
        return True


class StatementView:
    """One statement.

    Attributes:
        node: the whole object.
        path: the way to it.
        elements: by name; of an element that stands twice the last, as JSON readers do.
    """

    def __init__(self, node: Node, path: Path) -> None:
        self.node = node
        self.path = path
        self.elements: dict[str, Element] = {
            key.value: Element(key.value, key, value, (*path, key.value)) for key, value in node.value
        }

    def text(self, name: str) -> str | None:
        """The text of an element that is a string; None when it is absent or something else."""
        element = self.elements.get(name)
        return element.node.value if element is not None and element.node.kind == "string" else None

    @cached_property
    def allows(self) -> bool:
        return self.text("Effect") == "Allow"

    @cached_property
    def denies(self) -> bool:
        return self.text("Effect") == "Deny"

    @cached_property
    def action(self) -> Element | None:
        """`Action` or else `NotAction`."""
        return self.elements.get("Action") or self.elements.get("NotAction")

    @cached_property
    def resource(self) -> Element | None:
        """`Resource` or else `NotResource`."""
        return self.elements.get("Resource") or self.elements.get("NotResource")

    @cached_property
    def principal(self) -> Element | None:
        """`Principal` or else `NotPrincipal`."""
        return self.elements.get("Principal") or self.elements.get("NotPrincipal")

    @cached_property
    def principals(self) -> tuple[Entry, ...]:
        """The principals, each with its kind; `"*"` alone counts as kind `AWS`."""
        element = self.principal
        if element is None:
            return ()
        if element.node.kind == "string":
            return tuple(_entries(element.node, element.path, "AWS"))
        if element.node.kind != "object":
            return ()
        return tuple(
            entry
            for key, value in element.node.value
            for entry in _entries(value, (*element.path, key.value), key.value)
        )

    @cached_property
    def tests(self) -> tuple[TestView, ...]:
        """The conditions."""
        element = self.elements.get("Condition")
        if element is None or element.node.kind != "object":
            return ()
        return tuple(
            TestView(operator, key, value, (*element.path, operator.value, key.value))
            for operator, keys in element.node.value
            if keys.kind == "object"
            for key, value in keys.value
        )

    @cached_property
    def condition_keys(self) -> frozenset[str]:
        """The condition keys in lower case."""
        return frozenset(test.lookup for test in self.tests)


class PolicyView:
    """A policy document.

    Attributes:
        text: its text.
        root: the whole document.
        elements: the top elements, by name.
        statements: those that are objects.
    """

    def __init__(self, text: str, root: Node) -> None:
        self.text = text
        self.root = root
        self.elements: Mapping[str, Element] = {}
        self.statements: tuple[StatementView, ...] = ()
        if root.kind == "object":
            self.elements = {
                key.value: Element(key.value, key, value, (key.value,)) for key, value in root.value
            }
            self.statements = tuple(self._statements())

    def _statements(self) -> Iterator[StatementView]:
        element = self.elements.get("Statement")
        if element is None:
            return
        if element.node.kind == "object":
            yield StatementView(element.node, element.path)
        elif element.node.kind == "array":
            for index, node in enumerate(element.node.value):
                if node.kind == "object":
                    yield StatementView(node, (*element.path, index))

    @property
    def version(self) -> str | None:
        """The `Version`, or None when it is absent or no string."""
        element = self.elements.get("Version")
        return element.node.value if element is not None and element.node.kind == "string" else None


def _entries(node: Node, path: Path, kind: str = "", scalars: bool = False) -> Iterator[Entry]:
    single = node.kind != "array"
    nodes: list[Node] = [node] if single else node.value
    for index, item in enumerate(nodes):
        if item.kind == "string" or (scalars and item.kind == "number"):
            text = item.value
        elif scalars and item.kind == "boolean":
            text = "true" if item.value else "false"
        else:
            continue
        yield Entry(text, item, path if single else (*path, index), index, nodes, kind)
