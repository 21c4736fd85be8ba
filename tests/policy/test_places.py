"""The JSON reader: agrees with the standard library, knows places, and says what is wrong and where."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.policy import Policy
from iamlab.policy.places import JsonSyntaxError, Node, parse
from iamlab.policy.text import MAX_DEPTH, copied, dump, load

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def plain(node: Node) -> Any:
    if node.kind == "object":
        return {key.value: plain(value) for key, value in node.value}
    if node.kind == "array":
        return [plain(item) for item in node.value]
    return json.loads(node.value) if node.kind == "number" else node.value


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_it_reads_what_json_writes(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert plain(parse(text)) == value == load(text)


@given(st.text(alphabet='{}[]",:\\ \n\tntruefalsenull01-+.eEud8', max_size=30))
def test_it_accepts_exactly_what_json_accepts(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(JsonSyntaxError) as caught:
            parse(text)
        span = caught.value.span
        assert 0 <= span.start <= span.end <= len(text)
        assert span.line >= 1
        assert span.column >= 1
    else:
        assert plain(parse(text)) == expected


def nodes(node: Node) -> list[Node]:
    inner: list[Node] = []
    if node.kind == "object":
        inner = [part for pair in node.value for part in pair]
    elif node.kind == "array":
        inner = node.value
    return [node, *(found for part in inner for found in nodes(part))]


@given(VALUES)
def test_every_span_holds_exactly_its_value(value: Any) -> None:
    text = json.dumps(value, indent=1)
    for node in nodes(parse(text)):
        assert plain(parse(text[node.start : node.end])) == plain(node)


@given(VALUES)
def test_data_survives_being_written_out(value: Any) -> None:
    assert json.loads(dump(value)) == value == copied(value)


def test_places_count_lines_and_columns_from_one() -> None:
    policy = Policy(
        '{\n  "Version": "2012-10-17",\n  "Statement": {"Effect": "Allow",\r\n\t"Action": ["a:b", "c:d"]}\n}'
    )
    whole, second = policy.span(()), policy.span(("Statement", "Action", 1))
    key = policy.span(("Statement", "Action"), at_key=True)
    assert whole is not None
    assert second is not None
    assert key is not None
    assert (whole.line, whole.column, whole.end_line, whole.end_column) == (1, 1, 5, 2)
    assert (second.line, second.column, second.end_column) == (4, 20, 25)
    assert policy.text[second.start : second.end] == '"c:d"'
    assert policy.text[key.start : key.end] == '"Action"'


MISTAKES = [
    ("", "the document is empty", "1:1"),
    ("  \n ", "the document is empty", "1:1"),
    ('{"a": 1,}', "a comma stands before the closing bracket", "1:8"),
    ("[1, 2,\n]", "a comma stands before the closing bracket", "1:6"),
    ('{"a": 1 "b": 2}', "a comma is missing after this value", "1:7"),
    ('{"a": {"b": 1}\n"c": 2}', "a comma is missing after this value", "1:7"),
    ("[1 [2]]", "a comma is missing after this value", "1:2"),
    ('{"a": 1', "the `{` of 1:1 is never closed", "1:8"),
    ('{"a": [1, 2', "the `[` of 1:7 is never closed", "1:12"),
    ('{"a": "b}', "this string has no closing quote", "1:7"),
    ('{"a": "b\n"}', "a string can't hold a line break", "1:7"),
    ('{"a": "\\q"}', "`\\q` is no escape", "1:8"),
    ('{"a": "\\u12"}', "`\\u` needs four hexadecimal digits", "1:8"),
    ("{'a': 1}", "JSON strings stand in double quotes", "1:2"),
    ("{“a”: 1}", "typographic quotes", "1:2"),
    ("{a: 1}", "a key in double quotes, found `a`", "1:2"),
    ('{"a" 1}', "expected `:` after the key `a`", "1:6"),
    ('{"a": True}', "write `true`", "1:7"),
    ('{"a": None}', "write `null`", "1:7"),
    ('{"a": 01}', "`01` is not a JSON number", "1:7"),
    ('{"a": 1.}', "`1.` is not a JSON number", "1:7"),
    ('{"a": NaN}', "expected a value, found `NaN`", "1:7"),
    ('{"a": // why\n1}', "JSON has no comments", "1:7"),
    ("{} {}", "nothing more after the document", "1:4"),
    ('{"a":}', "expected a value, found `}`", "1:6"),
    ("[,]", "expected a value, found `,`", "1:2"),
    ("[1}", "expected `,` or `]`, found `}`", "1:3"),
    ("\ufeff{}", "without a byte order mark", "1:1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place"), MISTAKES)
def test_a_mistake_is_named_with_its_place(text: str, message: str, place: str) -> None:
    with pytest.raises(JsonSyntaxError) as caught:
        parse(text)
    assert message in caught.value.message
    assert str(caught.value.span) == place
    (finding,) = Policy(text).errors()
    assert (finding.code, finding.message, str(finding.span)) == (
        "JSON_SYNTAX_ERROR",
        caught.value.message,
        place,
    )


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_hostile_nesting_is_refused_at_once(opening: str) -> None:
    begun = time.perf_counter()
    (finding,) = Policy(opening * 200_000).errors()
    assert time.perf_counter() - begun < 5
    assert f"nested deeper than {MAX_DEPTH}" in finding.message


def test_nesting_up_to_the_bound_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert plain(parse(text)) == json.loads(text) == load(text)


def test_brackets_in_strings_are_no_nesting() -> None:
    resource = "arn:aws:s3:::b/" + "[{" * MAX_DEPTH
    text = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": resource}})
    assert Policy(text).valid
    assert Policy(text).document["Statement"]["Resource"] == resource


def test_nested_data_is_refused_too() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    (finding,) = Policy({"Statement": deep}).errors()
    assert finding.code == "JSON_SYNTAX_ERROR"


def test_a_number_too_long_for_python_is_refused() -> None:
    (finding,) = Policy('{"Statement": ' + "9" * 10_000 + "}").errors()
    assert finding.code == "JSON_SYNTAX_ERROR"


def test_reading_takes_time_linear_in_the_text() -> None:
    def seconds(size: int) -> float:
        text = '{"Statement": [' + ", ".join(['{"Effect": "Allow", "Sid": "\\u0041"}'] * size) + "]}"
        best = 9.0
        for _ in range(3):
            begun = time.process_time()
            parse(text)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(8000) < 4 * 3 * max(seconds(2000), 0.001)


def test_sources_of_a_policy() -> None:
    data = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    text = json.dumps(data)
    assert Policy(text).document == Policy(text.encode()).document == Policy(data).document == data
    assert Policy(data["Statement"]).document == {"Statement": data["Statement"]}
    assert Policy(text).text == text
    assert Policy(data).text == json.dumps(data, indent=4)
    assert Policy(Policy(text, name="p", arn="arn:x")) == Policy(text, name="p", arn="arn:x")
    assert Policy(data, arn="arn:aws:iam::1:policy/team/Reader").name == "Reader"
    assert Policy("{").document is None


def test_a_policy_does_not_change_with_the_data_it_came_from() -> None:
    data: dict[str, Any] = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    policy = Policy(data)
    data["Statement"].clear()
    policy.document["Statement"].clear()
    assert len(policy.document["Statement"]) == len(policy.statements) == 1
    assert "s3:*" in policy.text


def statement(effect: str = "Allow", action: str = "s3:*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action} | more


ALL: dict[str, Any] = {"Resource": "*"}
EVERYBODY: dict[str, Any] = {"Principal": "*"}
OTHERS: dict[str, Any] = {"NotPrincipal": {"AWS": "111111111111"}}
NEW = "2012-10-17"

RULES: list[tuple[str, str | None, Any, str]] = [
    ("identity", NEW, statement(**ALL, **EVERYBODY), "UNSUPPORTED_PRINCIPAL"),
    ("boundary", NEW, statement(), "MISSING_RESOURCE"),
    ("scp", NEW, statement("Deny", **ALL, **OTHERS), "UNSUPPORTED_PRINCIPAL"),
    ("resource", NEW, statement(**ALL), "MISSING_PRINCIPAL"),
    ("vpce", NEW, statement(**ALL), "MISSING_PRINCIPAL"),
    ("trust", NEW, statement(**ALL, **EVERYBODY), "INVALID_POLICY_ELEMENT"),
    ("trust", NEW, statement("Deny", **OTHERS), "INVALID_POLICY_ELEMENT"),
    ("rcp", NEW, statement(**ALL, **EVERYBODY), "RCP_SYNTAX_ERROR_ALLOW"),
    ("rcp", NEW, statement("Deny", **ALL, Principal={"AWS": "*"}), "RCP_SYNTAX_ERROR_PRINCIPAL"),
    ("rcp", NEW, statement("Deny", "*", **ALL, **EVERYBODY), "RCP_SYNTAX_ERROR_ACTION"),
    ("rcp", NEW, statement("Deny", "s3:*Object", **ALL, **EVERYBODY), "RCP_SYNTAX_ERROR_ACTION"),
    ("rcp", None, statement("Deny", **ALL, **EVERYBODY), "INVALID_VERSION"),
    ("identity", NEW, [statement(Sid="a b", **ALL)], "UNSUPPORTED_SID"),
    ("identity", NEW, [statement(Sid="a", **ALL)] * 2, "UNIQUE_SIDS_REQUIRED"),
]


@pytest.mark.parametrize(("kind", "version", "statements", "code"), RULES)
def test_each_type_of_policy_has_its_rules(
    kind: str, version: str | None, statements: Any, code: str
) -> None:
    policy = Policy({"Statement": statements} | ({"Version": version} if version else {}))
    findings = policy.errors(kind)
    assert [finding.code for finding in findings] == [code]
    assert findings[0].span is not None
    assert policy.valid


def test_an_identity_policy_has_no_id() -> None:
    policy = Policy({"Id": "x", "Statement": []})
    assert [finding.code for finding in policy.errors("identity")] == ["INVALID_POLICY_ELEMENT"]
    assert not policy.errors("resource")


def test_a_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="`role` is no type of policy"):
        Policy({"Statement": []}).errors("role")


@settings(max_examples=300)
@given(VALUES)
def test_no_content_makes_a_policy_raise(value: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": value}
    for source in (document, json.dumps(value), [value]):
        policy = Policy(source)
        assert all(finding.span for finding in policy.errors())
        assert all(finding.span for finding in policy.errors("resource"))
