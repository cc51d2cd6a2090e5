"""JAX's `check_grads`: backward mode, first order, the loss compiled; one random direction of all parameters."""

import jax
import jax.numpy as jnp
from jax.test_util import check_grads

from bench.checkers.child import Accuracy, judge_direction, raises_refusal, serve_refusals
from bench.networks import GradientProblem

jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - its signature

#: The step by default: `EPS` of jax.test_util.
STEP = 1e-4


def _loss(parameters: list[jax.Array], net_input: jax.Array, y: jax.Array) -> jax.Array:
    """Return the notebook's loss."""
    h = net_input
    for k in range(0, len(parameters), 2):
        f = parameters[k + 1] + jnp.matmul(parameters[k], h)
        h = jnp.maximum(f, 0.0)
    return jnp.sum((f - y) ** 2)


loss = jax.jit(_loss)


def check(problem: GradientProblem) -> None:
    """Check with JAX's own step and tolerance."""
    check_grads(
        lambda parameters: loss(parameters, problem.net_input, problem.y), (problem.parameters,), 1, modes=["rev"]
    )


def judge(problem: GradientProblem) -> Accuracy:
    """Judge along a direction as long as the root of the number of parameters."""
    length = float(sum(part.size for part in problem.parameters)) ** 0.5
    return judge_direction(problem, STEP * length, refuses=raises_refusal(check, problem))


if __name__ == "__main__":
    serve_refusals(check, judge)
