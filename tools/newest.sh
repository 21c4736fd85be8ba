#!/bin/sh
# Run the tests against the newest versions of every dependency, with our own upper bounds ignored, in a virtual
# environment of its own. It fails where the next upgrade will hurt: nothing else depends on it.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh dev
venv=.venv-newest
python=$venv/bin/python
rm -rf "$venv"
.venv/bin/python -m venv "$venv"
names=$(.venv/bin/python tools/requirements.py --unbounded)
# shellcheck disable=SC2086  # the names are words of their own
if uv --version >/dev/null 2>&1; then
    uv pip install --quiet --python "$python" --upgrade $names
    uv pip install --quiet --python "$python" --no-deps --editable .
else
    "$python" -m pip install --quiet --upgrade $names
    "$python" -m pip install --quiet --no-deps --editable .
fi
"$python" -m pytest -n 2 --dist loadscope -m "not browser"
"$python" tools/notebooks.py --compare
