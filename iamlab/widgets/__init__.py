"""What one sees and touches in a notebook: the policy editor, the decision view and the exercises.

Each widget has three parts: a Python class here, its drawing in ``frontend/`` (TypeScript, built into ``static/``), and
a static form for where nothing is drawn. Python decides and checks; the page shows.
"""

from iamlab.widgets.decision import DecisionView
from iamlab.widgets.editor import PolicyEditor
from iamlab.widgets.exercise import ExerciseCard
from iamlab.widgets.questions import Question

__all__ = ["DecisionView", "ExerciseCard", "PolicyEditor", "Question"]
