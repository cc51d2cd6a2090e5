"""The verdicts of a right and of a wrong example, by the engine itself."""

import json

from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import Verdict
from bench.grading import grade
from bench.submissions import EXAMPLES

PASSED, FAILED = "right.ipynb", "no_relu_derivative.ipynb"


def grade_examples() -> tuple[Verdict, Verdict]:
    """Return the verdict of the right example, and of the wrong one."""
    run = grade([str(EXAMPLES / name) for name in (PASSED, FAILED)], [True, False])
    passed, failed = (read_verdict(json.loads(line)) for line in run.lines)
    return passed, failed
