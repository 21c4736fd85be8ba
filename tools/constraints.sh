#!/bin/sh
# Compile constraints.txt from pyproject.toml for every supported Python and system. No address of a package index is
# written, so that the file says the same wherever packages are fetched from.
set -eu
cd "$(dirname "$0")/.."
header=$(sed -n '/^#/p' constraints.txt)
compiled=$(uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade \
    --no-annotate --no-header pyproject.toml)
printf '%s\n%s\n' "$header" "$compiled" > constraints.txt
