"""autograd's `check_grads`: backward mode, first order; one random direction of all parameters together."""

import autograd.numpy as np
from autograd.test_util import EPS, check_grads

from bench.checkers.child import Checked, along, refuses, serve
from bench.networks import Given


def check(network: Given) -> None:
    """With its own step and tolerance."""

    def loss(parameters: list[object]) -> object:
        h = network.net_input
        for k in range(0, len(parameters), 2):
            f = parameters[k + 1] + np.matmul(parameters[k], h)
            h = np.maximum(f, 0.0)
        return np.sum((f - network.y) ** 2)

    check_grads(loss, modes=["rev"], order=1)(network.parameters)


def judge(network: Given) -> Checked:
    """Its ends are half a step off, along a direction whose length grows with the root of the parameters."""
    length = float(np.sqrt(sum(part.size for part in network.parameters)))
    return along(network, EPS / 2 * length, refused=refuses(check, network))


if __name__ == "__main__":
    # A refusal comes by an exception, and differs from one random direction to the next.
    serve(lambda network: refuses(check, network), judge)
