"""The committed bundle is the one its sources make, without Node.js to build it again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import iamlab.widgets

WIDGETS = Path(iamlab.widgets.__file__).parent
FRONTEND, STATIC = WIDGETS / "frontend", WIDGETS / "static"
REBUILD = "run `npm ci && npm run build` in iamlab/widgets/frontend and commit static/"


def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((STATIC / "iamlab.json").read_text(encoding="utf-8"))
    return loaded


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_bundle_was_built_from_the_sources_as_they_are() -> None:
    paths = [FRONTEND / name for name in ("build.mjs", "package.json", "package-lock.json", "tsconfig.json")]
    paths += [path for path in (FRONTEND / "src").rglob("*") if path.is_file()]
    hashes = {
        path.relative_to(FRONTEND).as_posix(): sha256(path.read_bytes().replace(b"\r\n", b"\n"))
        for path in paths
    }
    assert manifest()["sources"] == hashes, REBUILD


def test_the_bundle_is_the_one_that_was_built() -> None:
    assert sha256((STATIC / "iamlab.js").read_bytes()) == manifest()["bundle"], REBUILD


def test_the_lock_file_names_no_host() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_the_lock_file_pins_what_package_json_asks_for() -> None:
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    asked = package["dependencies"] | package["devDependencies"]
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in asked} == asked


@pytest.mark.parametrize("word", [b"https://cdn", b"fetch(", b"XMLHttpRequest", b"WebSocket(", b"eval("])
def test_the_bundle_has_no_means_to_ask_the_network(word: bytes) -> None:
    assert word not in (STATIC / "iamlab.js").read_bytes()


def test_the_licences_of_what_is_bundled_travel_along() -> None:
    text = (STATIC / "THIRD-PARTY-LICENSES.txt").read_text(encoding="utf-8")
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    for name, version in package["dependencies"].items():
        assert f"{name} {version} (MIT)" in text
    assert "Permission is hereby granted" in text
