"""The oracle: every derivative, each with its uncertainty."""

import numpy as np

from bench.checkers.child import Accuracy, judge_entries, serve
from bench.networks import GradientProblem
from grader.model.formulas import Formulas
from grader.oracle.differences import Differences, differences
from grader.oracle.network import Network

FORMULAS = Formulas()


def check(problem: GradientProblem) -> Differences:
    """Return the differences; the comparison with an answer is one pass over all networks."""
    network = Network(tuple(problem.weights), tuple(problem.biases), problem.net_input, problem.y)
    return differences(network, FORMULAS)


def judge(problem: GradientProblem) -> Accuracy:
    """Judge the values; the oracle refuses nothing, but marks with NaN what it does not know."""
    values = check(problem).value
    return judge_entries(values, problem, refuses=any(bool(np.isnan(part).any()) for part in values))


if __name__ == "__main__":
    serve(check, judge)
