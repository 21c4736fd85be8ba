"""The `iamlab` command as people type it: what it prints, where, and with which exit code."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iamlab import __version__
from iamlab.cli import doctor, main
from iamlab.course.workspace import VARIABLE

USER = "arn:aws:iam::111122223333:user/johndoe"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"},
}


def case(action: str, **more: object) -> str:
    request = {"principal": USER, "action": action, "resource": "*", "context": {}}
    return json.dumps({"id": action, "request": request, "identity": [ALLOW], **more})


def iamlab(*arguments: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "iamlab", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **variables},
        timeout=120,
    )


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "work"))
    return tmp_path / "work"


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert (stop.value.code, capsys.readouterr().out) == (0, f"iamlab {__version__}\n")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(f"\n    {command} " in text for command in ("start", "restore", "decide", "serve", "doctor"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["decid"], "invalid choice: 'decid'"),
        (["decide"], "required: FILE"),
        (["restore"], "required: LESSON"),
        (["start", "--port", "65536"], "`65536` is not a port number (0 to 65535)"),
        (["start", "--port", "http"], "`http` is not a port number"),
        (["serve", "--port", "-1"], "`-1` is not a port number"),
        (["serve", "--account", "12345"], "`12345` is not an AWS account number (12 digits)"),
        (["serve", "--account", "１２３４５６７８９０１２"], "is not an AWS account number"),
        (["--port", "no"], "`no` is not a port number"),
    ],
)
def test_what_is_typed_wrong_is_said_without_a_traceback(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_decide_answers_each_line_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(case("ec2:DescribeInstances") + "\n" + case("ec2:RunInstances") + "\n", encoding="utf-8")
    run = iamlab("decide", str(file))
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(a["id"], a["decision"]) for a in answers] == [
        ("ec2:DescribeInstances", "Allowed"),
        ("ec2:RunInstances", "ImplicitlyDenied"),
    ]
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("expected", "code", "said"),
    [("Allowed", 0, b"1 agree, 0 differ"), ("ExplicitlyDenied", 1, b"0 agree, 1 differ")],
)
def test_decide_reads_standard_input_and_compares_with_what_is_expected(
    expected: str, code: int, said: bytes
) -> None:
    run = iamlab("decide", "-", stdin=case("ec2:DescribeInstances", expected=expected).encode())
    assert (run.returncode, run.stderr.splitlines()[-1]) == (code, said)


@pytest.mark.parametrize("broken", [b"{", b"\xff\xfe\x00", b"[]", b'{"id": "x"}', b'"\\ud800"'])
def test_a_case_that_cannot_be_read_does_not_stop_the_others(broken: bytes) -> None:
    run = iamlab("decide", "-", stdin=broken + b"\n" + case("ec2:DescribeInstances").encode() + b"\n")
    first, second = (json.loads(line) for line in run.stdout.splitlines())
    assert first["error"]
    assert second["decision"] == "Allowed"
    assert b"Traceback" not in run.stderr


def test_decide_reads_a_file_that_windows_wrote(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + case("ec2:DescribeInstances").encode() + b"\r\n")
    assert json.loads(iamlab("decide", str(file)).stdout)["decision"] == "Allowed"


def test_decide_explains_in_words_when_asked() -> None:
    run = iamlab("decide", "-", "--explain", stdin=case("ec2:RunInstances").encode())
    assert run.returncode == 0
    assert b"ec2:RunInstances" in run.stdout
    assert len(run.stdout.splitlines()) > 3


def test_decide_speaks_of_a_missing_file_and_of_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", str(tmp_path / "none.jsonl")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert main(["decide", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_restore_puts_a_fresh_copy_beside_the_learners(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", "00-start-here"]) == 0
    (work / "00-start-here.ipynb").write_text("mine", encoding="utf-8")
    assert main(["restore", "0"]) == 0
    assert str(work / "00-start-here-fresh.ipynb") in capsys.readouterr().out
    assert (work / "00-start-here.ipynb").read_text(encoding="utf-8") == "mine"


def test_restore_of_an_unknown_lesson_names_those_there_are(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", "77"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("iamlab restore: no lesson is named `77`")
    assert "00-start-here" in error


def test_start_in_a_place_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["start", str(tmp_path / "file"), "--no-browser"]) == 2
    assert "a file stands in its way" in capsys.readouterr().err


def test_doctor_finds_this_installation_well(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor"])
    text = capsys.readouterr().out
    assert code == 0, text
    assert "Everything the lessons need is here" in text
    assert "denies a user without policy" in text
    assert not work.exists()


def test_doctor_writes_nothing_to_the_home_folder(tmp_path: Path) -> None:
    moved = {name: value for name, value in os.environ.items() if not name.startswith(("IPYTHON", "JUPYTER"))}
    moved |= {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), VARIABLE: str(tmp_path / "work")}
    run = subprocess.run(
        [sys.executable, "-m", "iamlab", "doctor"], env=moved, capture_output=True, timeout=120
    )
    assert (run.returncode, run.stderr) == (0, b""), run.stdout.decode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("1/0", "division by zero"),
        ("print('another python')", "another python"),
    ],
)
def test_doctor_sees_a_kernel_that_is_not_this_python(
    probe: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_PROBE", probe)
    finding = doctor._kernel()
    assert finding.mark is doctor.Mark.BAD
    assert said in finding.what
    assert "-m ipykernel install" in finding.mend


def test_doctor_says_why_a_kernel_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ipykernel_launcher.py").write_text(
        "raise SystemExit('no kernel in this Python')", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = doctor._kernel()
    assert finding.mark is doctor.Mark.BAD
    assert "no kernel in this Python" in finding.what


def test_doctor_says_how_to_mend_a_version_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = doctor.metadata.version
    monkeypatch.setattr(
        doctor.metadata, "version", lambda name: "4.2.14" if name == "moto" else installed(name)
    )
    [bad] = [finding for finding in doctor._packages() if finding.mark is doctor.Mark.BAD]
    assert bad.what.startswith("moto 4.2.14, but iamlab needs ")
    assert bad.mend.startswith("pip install 'moto[")


def test_doctor_says_which_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = doctor.metadata.version

    def version(name: str) -> str:
        if name == "ipywidgets":
            raise doctor.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    [bad] = [finding for finding in doctor._packages() if finding.mark is doctor.Mark.BAD]
    assert str(bad).startswith("FAIL  ipywidgets is missing\n      → pip install 'ipywidgets>=")


def test_doctor_makes_a_finding_of_a_check_that_breaks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    def broken() -> doctor.Finding:
        raise ImportError("No module named 'moto'")

    monkeypatch.setattr(doctor, "_lab", broken)
    monkeypatch.setattr(doctor, "_kernel", lambda: doctor.Finding(doctor.Mark.GOOD, "kernel"))
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "FAIL  lab: ImportError: No module named 'moto'" in text
    assert text.endswith("1 thing has to be mended before the lessons can run.\n")


def test_doctor_sees_that_the_workspace_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(dir: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refused)
    finding = doctor._workspace(str(tmp_path / "work" / "deeper"))
    assert finding.mark is doctor.Mark.BAD
    assert finding.what.endswith(f"can't write to {tmp_path} (Permission denied)")
    assert "iamlab start DIR" in finding.mend


def test_a_reader_that_goes_away_ends_decide_quietly(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text((case("ec2:DescribeInstances") + "\n") * 20_000, encoding="utf-8")
    command = [sys.executable, "-m", "iamlab", "decide", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode != 0
