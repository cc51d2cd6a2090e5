"""What every peer checks: the notebook's own check, on each network. Standard library and NumPy only.

A submission is its global names, since the notebook's function reads the depth from the global `K`.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.loop import loop
from bench.networks import Array, Given, read

#: Wide enough for the right gradient: forward differences with a step of 1e-6 are themselves off by as much.
RTOL = 1e-3


def networks() -> Iterator[Given]:
    """Those that this run is about."""
    return read(Path(os.environ["BENCH_NETWORKS"]))


def agrees(submission: dict[str, Any], network: Given) -> bool:
    """Every derivative is near enough to the difference of two losses."""
    function = submission["backward_pass"]
    # Its own globals: some graders pass a copy of them.
    function.__globals__["K"] = len(network.weights) - 1
    all_f, all_h = _forward(network)
    weights, biases = function(network.weights, network.biases, all_f, all_h, network.y)
    got = [part for pair in zip(weights, biases, strict=True) for part in pair]
    return all(
        np.allclose(mine, theirs, rtol=RTOL, atol=RTOL * max(1.0, float(np.abs(mine).max())))
        for mine, theirs in zip(loop(network, frugal=True), got, strict=True)
    )


def check(submission: dict[str, Any]) -> None:
    """Raise AssertionError at the first network on which it is wrong, or where there are none."""
    found = [agrees(submission, network) for network in networks()]
    if not found or not all(found):
        message = f"wrong on network {found.index(False)}" if found else "no networks"
        raise AssertionError(message)


def _forward(network: Given) -> tuple[list[Array], list[Array]]:
    all_f: list[Array] = []
    all_h = [network.net_input]
    for weights, biases in zip(network.weights, network.biases, strict=True):
        all_f.append(biases + np.matmul(weights, all_h[-1]))
        all_h.append(np.maximum(all_f[-1], 0.0))
    return all_f, all_h[:-1]
