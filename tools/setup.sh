#!/bin/sh
# Make `.venv` ready for `make lab` (argument `lab`) or for development and tests (argument `dev`).
#
# Nothing is assumed but a POSIX shell and some Python 3.11 or newer. `uv` is used where it is installed, else `venv`
# and `pip`; NO_UV=1 leaves uv aside. What was set up is written into `.venv/iamlab-<argument>`; as long as that is
# still true, nothing is done.
set -eu
export UV_PYTHON_DOWNLOADS=never
cd "$(dirname "$0")/.."

purpose=${1:-lab}
case $purpose in
    lab) package=. ;;
    dev) package='.[dev]' ;;
    *) echo "usage: tools/setup.sh lab|dev" >&2; exit 2 ;;
esac
venv=.venv
python=$venv/bin/python
modern='import sys; sys.exit(sys.version_info < (3, 11))'

# The folder is part of what must still be true: a virtual environment that was moved does not work.
wanted="$(pwd) $(cat pyproject.toml constraints.txt tools/build_hook.py | cksum)"
if [ "$(cat "$venv/iamlab-$purpose" 2>/dev/null)" = "$wanted" ] && "$python" -c "$modern" 2>/dev/null; then
    exit 0
fi

has_uv() { [ -z "${NO_UV:-}" ] && uv --version >/dev/null 2>&1; }

if ! "$python" -c "$modern" 2>/dev/null || ! { has_uv || "$python" -m pip --version >/dev/null 2>&1; }; then
    base=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        # A command that is there may still be too old, or a shim that only says "not installed": it has to run.
        if "$candidate" -c "$modern" >/dev/null 2>&1; then base=$candidate; break; fi
    done
    if [ -z "$base" ]; then
        echo "iamlab needs Python 3.11 or newer, and ${PYTHON:-python3} is not." >&2
        echo "Install one (https://www.python.org/downloads/) or name it: make PYTHON=/path/to/python3.12 …" >&2
        exit 1
    fi
    rm -rf "$venv"
    if has_uv; then
        uv venv --quiet --python "$base" "$venv"
    elif ! "$base" -m venv "$venv"; then
        rm -rf "$venv"
        echo "$base can't make a virtual environment. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi

echo "Setting up $venv …"
if has_uv; then
    uv pip install --quiet --python "$python" -c constraints.txt --editable "$package"
else
    "$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable "$package"
fi

printf '%s\n' "$wanted" > "$venv/iamlab-$purpose"
[ "$purpose" = lab ] || printf '%s\n' "$wanted" > "$venv/iamlab-lab" # development holds all that the lessons need
