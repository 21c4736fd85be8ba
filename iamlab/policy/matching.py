"""The `Action` and `Resource` elements and their negations, compiled.

Comes in: the element. Goes out: an `Actions` or a `Resources` with a fast `match` and the entries as written. Actions
compare ignoring case; resources compare the case too, and may hold variables in their resource part.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html and …_resource.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iamlab.policy.glob import STAR, Predicate, resource_glob, resource_pattern, split_segments, tokens_of
from iamlab.policy.glob import pattern as glob_pattern
from iamlab.policy.problems import Path, Problems
from iamlab.policy.text import listed
from iamlab.policy.variables import (
    Part,
    Values,
    Variable,
    VariableError,
    fill,
    has_variables,
    keys_of,
    template,
)

__all__ = ["Actions", "Resources", "compile_actions", "compile_resources"]


class Actions:
    """Compiled `Action` or `NotAction`.

    Attributes:
        negated: it is `NotAction`.
        texts: the entries as written.
        broken: why it can't be evaluated, or None.
        services: the service prefixes an action can have to match; None when any can.
    """

    __slots__ = ("_exact", "_globs", "broken", "negated", "path", "services", "texts")

    def __init__(self, negated: bool, path: Path) -> None:
        self.negated = negated
        self.path = path
        self.texts: list[str] = []
        self.broken: str | None = None
        self.services: set[str] | None = set()
        self._exact: set[str] = set()
        self._globs: list[Predicate] = []

    def _add(self, text: str) -> bool:
        self.texts.append(text)
        pattern = text.lower()
        service, colon, name = pattern.partition(":")
        everything = pattern.strip("*") == "" and pattern != ""
        if self.services is not None:
            if self.negated or "*" in service or "?" in service:
                self.services = None
            else:
                self.services.add(service)
        if "*" in pattern or "?" in pattern:
            self._globs.append(glob_pattern(pattern))
        else:
            self._exact.add(pattern)
        return everything or bool(colon and service and name and " " not in pattern)

    def listed(self, action: str) -> bool:
        """Whether an entry matches the action (in lower case)."""
        if action in self._exact:
            return True
        for predicate in self._globs:  # noqa: SIM110 (runs once per statement and new action)
            if predicate(action):
                return True
        return False

    def match(self, action: str) -> bool:
        """Whether the element covers the action; an empty element covers nothing."""
        return bool(self.texts) and self.listed(action) is not self.negated


def compile_actions(value: Any, path: Path, problems: Problems) -> Actions:
    """Compile `Action` or `NotAction` (the path's last step tells which)."""
    actions = Actions(path[-1] == "NotAction", path)
    for index, item in listed(value):
        place = path if index is None else (*path, index)
        if not isinstance(item, str):
            actions.broken = problems.note(
                "DATA_TYPE_MISMATCH", "an action is a string such as `s3:GetObject`", place
            )
        elif not actions._add(item):
            message = f"`{item}` is no action: write `service:Name`, or `*` for all"
            actions.broken = problems.note("INVALID_ACTION", message, place)
    return actions


class Resources:
    """Compiled `Resource` or `NotResource`.

    Attributes:
        negated: it is `NotResource`.
        texts: the entries as written.
        broken: why it can't be evaluated, or None.
        match: whether the element covers a resource, given the request's context for variables.
        variables_on: whether the policy's version has variables.
    """

    __slots__ = (
        "_exact",
        "_globs",
        "_templates",
        "broken",
        "everything",
        "match",
        "negated",
        "path",
        "texts",
        "variables_on",
    )

    def __init__(self, negated: bool, path: Path, variables_on: bool) -> None:
        self.negated = negated
        self.path = path
        self.variables_on = variables_on
        self.texts: list[str] = []
        self.broken: str | None = None
        self.everything = False
        self.match: Callable[[str, Values], bool] = lambda resource, values: False
        self._exact: set[str] = set()
        self._globs: list[Predicate] = []
        self._templates: list[tuple[Part, ...]] = []

    def variables(self) -> tuple[str, ...]:
        """The keys that the entries' variables ask for, as written."""
        return tuple(key for parts in self._templates for key in keys_of(parts))

    def parts(self) -> tuple[tuple[Part, ...], ...]:
        """The entries as patterns, variables included, in the order of the text. For readable elements only."""
        return tuple(
            template(text, True) if self.variables_on and has_variables(text) else tuple(tokens_of(text))
            for text in self.texts
        )

    def resolved(self, values: Values) -> tuple[str | None, ...]:
        """The entries with the request's variables put in; None where one has no value."""
        if not self._templates:
            return tuple(self.texts)
        shown: list[str | None] = []
        rest = iter(self._templates)
        for text in self.texts:
            if has_variables(text):
                tokens = fill(next(rest, ()), values)
                filled = (
                    None
                    if tokens is None
                    else "".join(t if isinstance(t, str) else "?*"[t == STAR] for t in tokens)
                )
                shown.append(filled)
            else:
                shown.append(text)
        return tuple(shown)

    def _finish(self) -> Resources:
        exact, globs, templates = frozenset(self._exact), tuple(self._globs), tuple(self._templates)
        if templates:
            self.match = self._with_variables
        elif not self.texts:
            pass  # an empty element covers nothing
        elif self.everything:
            covers = not self.negated
            self.match = lambda resource, values: covers
        elif self.negated:
            self.match = lambda resource, values: (
                resource not in exact and not any(test(resource) for test in globs)
            )
        elif not globs:
            self.match = lambda resource, values: resource in exact
        elif len(globs) == 1 and not exact:
            only = globs[0]
            self.match = lambda resource, values: only(resource)
        else:

            def match(resource: str, values: Values) -> bool:
                if resource in exact:
                    return True
                for test in globs:  # noqa: SIM110 (any() with a generator costs twice as much)
                    if test(resource):
                        return True
                return False

            self.match = match
        return self

    def _with_variables(self, resource: str, values: Values) -> bool:
        found = self.everything or resource in self._exact or any(test(resource) for test in self._globs)
        for parts in self._templates:
            tokens = fill(parts, values)
            if tokens is None:
                # Without a value the entry names no resource. What `NotResource` then covers isn't documented: nothing.
                if self.negated:
                    return False
            elif not found:
                found = resource_glob(tokens)(resource)
        return found is not self.negated


def compile_resources(value: Any, path: Path, version_2012: bool, problems: Problems) -> Resources:
    """Compile `Resource` or `NotResource` (the path's last step tells which)."""
    resources = Resources(path[-1] == "NotResource", path, version_2012)
    for index, item in listed(value):
        place = path if index is None else (*path, index)
        if not isinstance(item, str):
            resources.broken = problems.note(
                "DATA_TYPE_MISMATCH", "a resource is an ARN, as a string, or `*`", place
            )
            continue
        resources.texts.append(item)
        if item and not item.strip("*"):
            resources.everything = True
            continue
        complaint = _add(resources, item, version_2012)
        if complaint:
            resources.broken = problems.note(*complaint, place)
    return resources._finish()


def _add(resources: Resources, text: str, version_2012: bool) -> tuple[str, str] | None:
    variables = version_2012 and has_variables(text)
    if not variables and text.startswith("arn:") and text.count(":") >= 5:
        if "*" in text or "?" in text:
            resources._globs.append(resource_pattern(text))
        else:
            resources._exact.add(text)
        return None
    try:
        parts: tuple[Part, ...] = template(text, True) if variables else tuple(tokens_of(text))
    except VariableError as error:
        return error.code, str(error)
    # A variable stands in for one character here: colons inside of it don't part the ARN.
    segments = split_segments(["\0" if isinstance(part, Variable) else part for part in parts], 5)
    if len(segments) < 6 or segments[0] != ["arn"]:
        if "\0" in "".join(str(token) for segment in segments for token in segment):
            return (
                "VARIABLE_UNSUPPORTED_IN_ELEMENT",
                f"`{text}`: a variable may stand only after an ARN's fifth colon",
            )
        return (
            "MISSING_ARN_FIELD",
            f"`{text}` is no ARN: write `arn:partition:service:region:account:resource` or `*`",
        )
    if any(isinstance(token, str) and "\0" in token for segment in segments[:5] for token in segment):
        return (
            "VARIABLE_UNSUPPORTED_IN_ELEMENT",
            f"`{text}`: a variable may stand only after an ARN's fifth colon",
        )
    resources._templates.append(parts)
    return None
