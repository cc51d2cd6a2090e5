"""autograd's `check_grads`: backward mode, first order; one random direction of all parameters together."""

import autograd.numpy as np
from autograd.test_util import EPS, check_grads

from bench.checkers.child import Accuracy, judge_direction, raises_refusal, serve_refusals
from bench.networks import GradientProblem


def check(problem: GradientProblem) -> None:
    """Check with autograd's own step and tolerance."""

    def loss(parameters: list[object]) -> object:
        h = problem.net_input
        for k in range(0, len(parameters), 2):
            f = parameters[k + 1] + np.matmul(parameters[k], h)
            h = np.maximum(f, 0.0)
        return np.sum((f - problem.y) ** 2)

    check_grads(loss, modes=["rev"], order=1)(problem.parameters)


def judge(problem: GradientProblem) -> Accuracy:
    """Judge half a step to either side, along a direction whose length grows with the root of the parameters."""
    length = float(np.sqrt(sum(part.size for part in problem.parameters)))
    return judge_direction(problem, EPS / 2 * length, refuses=raises_refusal(check, problem))


if __name__ == "__main__":
    serve_refusals(check, judge)
