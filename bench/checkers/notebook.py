"""The notebook's double loop: every derivative by forward differences; the argument `frugal` spares repeated runs."""

import sys

import numpy as np

from bench.checkers.child import Accuracy, judge_entries, serve
from bench.loop import differentiate
from bench.networks import Array, GradientProblem

FRUGAL = "frugal" in sys.argv


def check(problem: GradientProblem) -> list[Array]:
    """Return the differences."""
    return differentiate(problem, frugal=FRUGAL)


def judge(problem: GradientProblem) -> Accuracy:
    """Judge with the notebook's own tolerance."""
    differences = check(problem)
    close = all(np.allclose(a, b, rtol=1e-5, atol=1e-8) for a, b in zip(differences, problem.gradient, strict=True))
    return judge_entries(differences, problem, refuses=not close)


if __name__ == "__main__":
    serve(check, judge)
