"""The check of every peer: the notebook's own, on each network. It needs only the standard library and NumPy.

A submission is its global names, since the notebook's function reads the depth from the global `K`.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.loop import differentiate, forward
from bench.networks import GradientProblem, read_problems

#: Wide enough for the right gradient: forward differences with a step of 1e-6 are themselves off by as much.
RTOL = 1e-3


def networks() -> Iterator[GradientProblem]:
    """Yield the networks of this run."""
    return read_problems(Path(os.environ["BENCH_NETWORKS"]))


def agrees(submission: dict[str, Any], problem: GradientProblem) -> bool:
    """Return True if every derivative is near enough to the difference of two losses."""
    function = submission["backward_pass"]
    # The function's own globals: some graders pass a copy of them.
    function.__globals__["K"] = len(problem.weights) - 1
    all_f, all_h = forward(problem.net_input, problem.weights, problem.biases)
    weights, biases = function(problem.weights, problem.biases, all_f, all_h[:-1], problem.y)
    answers = [part for pair in zip(weights, biases, strict=True) for part in pair]
    return all(
        np.allclose(difference, answer, rtol=RTOL, atol=RTOL * max(1.0, float(np.abs(difference).max())))
        for difference, answer in zip(differentiate(problem, frugal=True), answers, strict=True)
    )


def check(submission: dict[str, Any]) -> None:
    """Raise AssertionError at the first network on which the submission is wrong, or if there are none."""
    agreements = [agrees(submission, problem) for problem in networks()]
    if not agreements or not all(agreements):
        message = f"wrong on network {agreements.index(False)}" if agreements else "no networks"
        raise AssertionError(message)
