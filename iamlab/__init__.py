"""iamlab: learn AWS IAM against an in-process AWS in which IAM is really enforced.

The public names are loaded on first use, so that ``import iamlab.engine`` stays free of boto3, moto and Jupyter.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamlab.analysis import compare
    from iamlab.cloud import Lab
    from iamlab.engine import Decision, PolicySet, Request, decide
    from iamlab.policy import Policy

__version__ = "0.1.0"
__all__ = ["Decision", "Lab", "Policy", "PolicySet", "Request", "compare", "decide"]

_HOMES = {
    "Decision": "iamlab.engine",
    "Lab": "iamlab.cloud",
    "Policy": "iamlab.policy",
    "PolicySet": "iamlab.engine",
    "Request": "iamlab.engine",
    "compare": "iamlab.analysis",
    "decide": "iamlab.engine",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'iamlab' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


def _give_exercises_their_buttons() -> None:
    """In a notebook's kernel, let an exercise show itself as a card with buttons.

    The course knows nothing of widgets, so the notebook is told from here; the widgets load with the first card.
    https://ipython.readthedocs.io/en/stable/config/integrating.html#formatters-for-third-party-types
    """
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if hasattr(shell, "kernel"):
        bundles = shell.display_formatter.mimebundle_formatter
        bundles.for_type_by_name("iamlab.course.definition", "Exercise", _exercise_card)


def _exercise_card(exercise: object) -> Any:
    return import_module("iamlab.widgets").ExerciseCard(exercise)._repr_mimebundle_()


_give_exercises_their_buttons()
