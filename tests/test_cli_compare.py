"""`iamlab compare` as people type it."""

import json

import pytest

from iamlab import PolicySet, Request, decide
from iamlab.cli import main


def policy(action, effect="Allow"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return write


def test_the_relation_stands_first_and_a_request_shows_it(write, capsys):
    a, b = write("a.json", policy("dynamodb:*")), write("b.json", policy("dynamodb:GetItem"))
    assert main(["compare", a, b]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "more"
    assert any("Only the first allows `dynamodb:" in line for line in rest)


def test_json_holds_requests_that_decide_confirms(write, capsys):
    a, b = policy("s3:Get*"), policy("s3:*Object")
    assert (
        main(["compare", write("a.json", a), write("b.json", b), "--format", "json", "--universe", "known"])
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["relation"] == "incomparable"
    assert answer["universe"] == "known"
    only_a, only_b = Request.from_json(answer["only_a"]), Request.from_json(answer["only_b"])
    assert decide(only_a, PolicySet([a])).allowed
    assert not decide(only_a, PolicySet([b])).allowed
    assert decide(only_b, PolicySet([b])).allowed
    assert not decide(only_b, PolicySet([a])).allowed


def test_files_may_hold_policies_by_layer(write, capsys):
    bounded = {"identity": [policy("*")], "boundary": policy("s3:*")}
    assert main(["compare", write("a.json", bounded), write("b.json", {"identity": [policy("s3:*")]})]) == 0
    assert capsys.readouterr().out.startswith("equivalent\n")


@pytest.mark.parametrize("content", ["{", "no policy"], ids=["broken JSON", "no JSON"])
def test_a_file_without_a_policy_is_refused_with_its_name(write, capsys, content):
    path = write("a.json", content)
    assert main(["compare", path, path]) == 2
    assert f"{path} holds no policy" in capsys.readouterr().err


def test_a_missing_file_is_refused(capsys):
    assert main(["compare", "nowhere.json", "nowhere.json"]) == 2
    assert "there is no file `nowhere.json`" in capsys.readouterr().err


def test_what_cannot_be_read_fails_closed_and_is_said(write, capsys):
    broken = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "b"}]}
    assert main(["compare", write("a.json", broken), write("b.json", policy("s3:*"))]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("less\n")
    assert "fails closed" in said.err
