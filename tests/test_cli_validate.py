"""`iamlab validate` as people type it."""

import io
import json

import pytest

from iamlab.cli import main

BAD = """{
\t"Version": "2012-10-17",
\t"Statement": {"Effect": "Allow", "Action": "s3:GetObjcet", "Resource": "*"}
}
"""
GOOD = BAD.replace("Objcet", "Object")
TRUST = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, %s}}'
)


@pytest.fixture
def write(tmp_path):
    def write(text, name="policy.json"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return str(path)

    return write


def test_a_finding_is_shown_with_its_line_and_carets_below(write, capsys):
    path = write(BAD)
    assert main(["validate", path]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:3:45: error INVALID_ACTION: there is no action `s3:GetObjcet`: did you mean `s3:GetObject`?",
        '    3 | \t"Statement": {"Effect": "Allow", "Action": "s3:GetObjcet", "Resource": "*"}',
        "      | \t" + " " * 43 + "^" * 14,
        "    why: AWS ignores names it doesn't know: the statement neither allows nor denies what you meant.",
        "    fix: replace by `s3:GetObject`",
        "",
        f"{path}: 1 error",
    ]


def test_a_policy_without_findings_says_so_and_exits_with_0(write, capsys):
    path = write(GOOD)
    assert main(["validate", path]) == 0
    assert capsys.readouterr().out == f"{path}: nothing to report\n"


def test_warnings_alone_exit_with_0(write, capsys):
    path = write(GOOD.replace('\t"Version": "2012-10-17",\n', ""))
    assert main(["validate", path]) == 0
    assert f"{path}: 1 warning" in capsys.readouterr().out


def test_of_several_files_one_error_is_enough(write, capsys):
    assert main(["validate", write(GOOD, "a.json"), write(BAD, "b.json")]) == 1
    assert capsys.readouterr().out.count("INVALID_ACTION") == 1


def test_json_is_one_list_of_findings_with_their_files(write, capsys):
    good, bad = write(GOOD, "a.json"), write(BAD, "b.json")
    assert main(["validate", "--format", "json", good, bad]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["file"] == bad
    assert (finding["code"], finding["severity"]) == ("INVALID_ACTION", "ERROR")
    assert finding["span"]["start"] == {"line": 3, "column": 45, "offset": BAD.index('"s3:Get')}
    assert finding["path"] == ["Statement", "Action"]
    assert finding["fix"]["edits"][0]["text"] == '"s3:GetObject"'


def test_standard_input_is_read_for_a_dash(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert main(["validate", "-"]) == 1
    assert capsys.readouterr().out.startswith("-:3:45: error INVALID_ACTION")


def test_the_kind_is_given_and_another_one_suggested(write, capsys):
    path = write(TRUST % '"Action": "sts:AssumeRole"')
    assert main(["validate", path]) == 1
    run = capsys.readouterr()
    assert "UNSUPPORTED_PRINCIPAL" in run.out
    assert (
        run.err
        == f"iamlab validate: {path} is checked as `identity`, and looks like `trust`: try --type trust\n"
    )
    assert main(["validate", "--type", "trust", path]) == 0
    assert capsys.readouterr().err == ""


def test_the_resource_type_switches_on_its_checks(write, capsys):
    path = write(TRUST % '"Action": "sqs:SendMessage", "Resource": "*"')
    assert main(["validate", "--type", "resource", path]) == 0
    assert main(["validate", "--type", "resource", "--resource-type", "AWS::S3::Bucket", path]) == 1
    assert "UNSUPPORTED_ACTION_IN_POLICY" in capsys.readouterr().out


def test_of_a_long_line_the_part_around_the_place_is_shown(write, capsys):
    path = write(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [json.loads(GOOD)["Statement"]] * 3 + [json.loads(BAD)["Statement"]],
            }
        )
    )
    main(["validate", path])
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(lines) if "INVALID_ACTION" in line)
    assert len(lines[at + 1]) < 120
    caret = lines[at + 2].index("^")
    assert lines[at + 1][caret : caret + 14] == '"s3:GetObjcet"'
    assert lines[at + 2].count("^") == 14


def test_line_ends_of_windows_shift_nothing(write, capsys):
    path = write(BAD.replace("\n", "\r\n"))
    assert main(["validate", path]) == 1
    out = capsys.readouterr().out
    assert f"{path}:3:45: error" in out
    assert "\r" not in out


def test_a_file_that_is_not_there_is_a_matter_for_the_person(tmp_path, capsys):
    assert main(["validate", str(tmp_path / "none.json")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert main(["validate", str(tmp_path)]) == 2
