"""PyTorch's `gradcheck`: slow mode compares every derivative, fast mode one random direction of each parameter."""

import sys
from collections.abc import Callable

import torch
from torch.autograd.gradcheck import get_numerical_jacobian_wrt_specific_input, gradcheck

from bench.checkers.child import Checked, along, compared, refuses, serve
from bench.networks import Given

FAST = "fast" in sys.argv
#: `gradcheck`'s own step.
STEP = 1e-6


def _loss(network: Given) -> tuple[Callable[..., torch.Tensor], tuple[torch.Tensor, ...]]:
    net_input, y = torch.from_numpy(network.net_input.copy()), torch.from_numpy(network.y.copy())

    def loss(*parameters: torch.Tensor) -> torch.Tensor:
        h = net_input
        for k in range(0, len(parameters), 2):
            f = parameters[k + 1] + parameters[k] @ h
            h = torch.relu(f)
        return ((f - y) ** 2).sum()

    return loss, tuple(torch.from_numpy(part.copy()).requires_grad_() for part in network.parameters)


def check(network: Given) -> None:
    """With its own step and tolerance."""
    loss, parameters = _loss(network)
    gradcheck(loss, parameters, fast_mode=FAST)


def judge(network: Given) -> Checked:
    """In slow mode the error of its own numerical Jacobian; in fast mode its directions have unit length."""
    refused = refuses(check, network)
    if FAST:
        return along(network, STEP, refused=refused)
    loss, parameters = _loss(network)
    jacobian = [
        get_numerical_jacobian_wrt_specific_input(loss, at, parameters, (loss(*parameters),), STEP)[0]
        for at in range(len(parameters))
    ]
    found = [part.detach().numpy().reshape(truth.shape) for part, truth in zip(jacobian, network.truth, strict=True)]
    return compared(found, network, refused=refused)


if __name__ == "__main__":
    torch.set_num_threads(1)
    # A refusal comes by an exception, and differs from one random direction to the next.
    serve(lambda network: refuses(check, network), judge)
