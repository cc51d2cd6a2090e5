"""PyTorch's `gradcheck`: slow mode compares every derivative, fast mode one random direction of each parameter."""

import sys
from collections.abc import Callable

import torch
from torch.autograd.gradcheck import get_numerical_jacobian_wrt_specific_input, gradcheck

from bench.checkers.child import Accuracy, judge_direction, judge_entries, raises_refusal, serve_refusals
from bench.networks import Array, GradientProblem

FAST = "fast" in sys.argv
#: The step of `gradcheck`.
STEP = 1e-6


def _make_loss(problem: GradientProblem) -> tuple[Callable[..., torch.Tensor], tuple[torch.Tensor, ...]]:
    """Return the loss as a function of the parameters, and the parameters."""
    net_input, y = torch.from_numpy(problem.net_input.copy()), torch.from_numpy(problem.y.copy())

    def loss(*parameters: torch.Tensor) -> torch.Tensor:
        h = net_input
        for k in range(0, len(parameters), 2):
            f = parameters[k + 1] + parameters[k] @ h
            h = torch.relu(f)
        return ((f - y) ** 2).sum()

    return loss, tuple(torch.from_numpy(part.copy()).requires_grad_() for part in problem.parameters)


def check(problem: GradientProblem) -> None:
    """Check with PyTorch's own step and tolerance."""
    loss, parameters = _make_loss(problem)
    gradcheck(loss, parameters, fast_mode=FAST)


def judge(problem: GradientProblem) -> Accuracy:
    """Judge the numerical Jacobian in slow mode, and in fast mode a direction of unit length."""
    refuses = raises_refusal(check, problem)
    if FAST:
        return judge_direction(problem, STEP, refuses=refuses)
    return judge_entries(_compute_jacobian(problem), problem, refuses=refuses)


def _compute_jacobian(problem: GradientProblem) -> list[Array]:
    loss, parameters = _make_loss(problem)
    jacobian = [
        get_numerical_jacobian_wrt_specific_input(loss, index, parameters, (loss(*parameters),), STEP)[0]
        for index in range(len(parameters))
    ]
    return [part.detach().numpy().reshape(true.shape) for part, true in zip(jacobian, problem.gradient, strict=True)]


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve_refusals(check, judge)
