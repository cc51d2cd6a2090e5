"""JAX's `check_grads`: backward mode, first order, the loss compiled; one random direction of all parameters."""

import jax
import jax.numpy as jnp
from jax.test_util import check_grads

from bench.checkers.child import Checked, along, refuses, serve
from bench.networks import Given

jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - its signature

#: What it moves by where it is told nothing: `EPS` of jax.test_util.
STEP = 1e-4


def _loss(parameters: list[jax.Array], net_input: jax.Array, y: jax.Array) -> jax.Array:
    """The notebook's."""
    h = net_input
    for k in range(0, len(parameters), 2):
        f = parameters[k + 1] + jnp.matmul(parameters[k], h)
        h = jnp.maximum(f, 0.0)
    return jnp.sum((f - y) ** 2)


loss = jax.jit(_loss)


def check(network: Given) -> None:
    """With its own step and tolerance."""
    check_grads(lambda given: loss(given, network.net_input, network.y), (network.parameters,), 1, modes=["rev"])


def judge(network: Given) -> Checked:
    """Its direction is as long as the root of the number of parameters."""
    length = float(sum(part.size for part in network.parameters)) ** 0.5
    return along(network, STEP * length, refused=refuses(check, network))


if __name__ == "__main__":
    # A refusal comes by an exception, and differs from one random direction to the next.
    serve(lambda network: refuses(check, network), judge)
