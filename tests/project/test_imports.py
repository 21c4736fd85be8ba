"""The pure rooms stay small to import, and the command loads only what a command needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "boto3",
    "botocore",
    "moto",
    "IPython",
    "ipykernel",
    "jupyterlab",
    "ipywidgets",
    "anywidget",
    "requests",
}
BUDGET_SECONDS = 0.060


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(run.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    "code",
    [
        "import iamlab",
        "import iamlab.policy",
        "import iamlab.engine",
        "import iamlab.analysis",
        "from iamlab import Policy, PolicySet, Request, decide",
        "import iamlab.cli",
        "import iamlab.cli.decide",
        "import iamlab.cli.doctor",
        "import iamlab.cloud.pytest_plugin",
    ],
)
def test_these_do_without_aws_and_without_jupyter(code: str) -> None:
    assert modules_after(code) & HEAVY == set()


def test_the_engine_imports_within_its_budget() -> None:
    """Processor time, and the best of several runs: a busy machine only ever makes an import slower."""
    code = "from time import process_time as now; t = now(); import iamlab.engine; print(now() - t)"
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(7)
    ]
    assert min(seconds) <= BUDGET_SECONDS
