"""The process of a checker: it reads networks, prints its errors, and times a check of all for each line it is sent."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.loop import compute_loss
from bench.networks import Array, GradientProblem, read_problems

#: Seconds that a round takes at least: a shorter one says more of the machine than of the checker.
LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The errors of a checker on a network with its right gradient, relative to the largest derivative."""

    #: The largest error of a derivative, if the checker computes them one by one.
    entry_error: float | None
    #: The error of the derivative along one random direction of unit length.
    direction_error: float
    #: True if the checker takes the right gradient for wrong, or does not know.
    refuses: bool


def serve(check: Callable[[GradientProblem], object], judge: Callable[[GradientProblem], Accuracy]) -> None:
    """Print the errors by `judge`, then for each line the seconds that `check` takes for a network, in the mean."""
    problems = list(read_problems(Path(sys.argv[1])))
    # This warms the checker up, too.
    accuracies = [judge(problem) for problem in problems]

    def time_pass(repeats: int) -> float:
        start = time.perf_counter()
        for _ in range(repeats):
            for problem in problems:
                check(problem)
        return (time.perf_counter() - start) / repeats

    time_pass(1)
    repeats = max(1, round(LEAST / time_pass(1)))
    print(json.dumps(_summarize(accuracies)), flush=True)
    for _ in sys.stdin:
        print(json.dumps(time_pass(repeats) / len(problems)), flush=True)


def _summarize(accuracies: Sequence[Accuracy]) -> dict[str, float | None]:
    entry_errors = [accuracy.entry_error for accuracy in accuracies if accuracy.entry_error is not None]
    return {
        "entry_error": max(entry_errors, default=None),
        "direction_error": max(accuracy.direction_error for accuracy in accuracies),
        "refusals": sum(accuracy.refuses for accuracy in accuracies),
    }


def judge_entries(derivatives: Sequence[Array], problem: GradientProblem, *, refuses: bool) -> Accuracy:
    """Return the errors of dW[0], db[0], ...; a NaN makes no claim."""
    errors = [np.nan_to_num(a - b) for a, b in zip(derivatives, problem.gradient, strict=True)]
    projection = sum(float(np.vdot(part, way)) for part, way in zip(errors, _draw_direction(problem), strict=True))
    worst = max(float(np.abs(part).max()) for part in errors)
    return Accuracy(worst / problem.largest, abs(projection) / problem.largest, refuses)


def judge_direction(problem: GradientProblem, step: float, *, refuses: bool) -> Accuracy:
    """Return the error of a central difference along one direction, for a checker that compares no more than that."""
    direction = _draw_direction(problem)
    plus, minus = (_loss_along(problem, direction, sign * step) for sign in (1.0, -1.0))
    exact = sum(float(np.vdot(part, way)) for part, way in zip(problem.gradient, direction, strict=True))
    return Accuracy(None, abs((plus - minus) / (2 * step) - exact) / problem.largest, refuses)


def _draw_direction(problem: GradientProblem) -> list[Array]:
    rng = np.random.default_rng(0)
    direction: list[Array] = [np.asarray(rng.standard_normal(part.shape)) for part in problem.parameters]
    length = np.sqrt(sum(float((part**2).sum()) for part in direction))
    return [part / length for part in direction]


def _loss_along(problem: GradientProblem, direction: list[Array], step: float) -> float:
    parameters = [part + step * way for part, way in zip(problem.parameters, direction, strict=True)]
    return compute_loss(problem, parameters[::2], parameters[1::2])


def raises_refusal(check: Callable[[GradientProblem], object], problem: GradientProblem) -> bool:
    """Return True if the checker refuses the gradient by an exception."""
    try:
        check(problem)
    except (AssertionError, RuntimeError):
        return True
    return False


def serve_refusals(check: Callable[[GradientProblem], object], judge: Callable[[GradientProblem], Accuracy]) -> None:
    """Serve a checker that refuses by an exception: a refusal differs from one random direction to the next."""
    serve(lambda problem: raises_refusal(check, problem), judge)
