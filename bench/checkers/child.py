"""What each checker's process does: read networks, say what it errs by, check them all for each line it is sent."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.networks import Array, Given, read

#: Seconds that a round takes at least: what is over sooner says more of the machine than of the checker.
LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Checked:
    """What a checker makes of a network with its right gradient; errors relative to the largest derivative."""

    #: The largest error of a derivative, where it finds them one by one.
    entry: float | None
    #: The error of the derivative along one random direction of unit length.
    direction: float
    #: Whether it takes the right gradient for wrong, or says that it does not know.
    refused: bool


def serve(check: Callable[[Given], object], judge: Callable[[Given], Checked]) -> None:
    """`check` is what is timed: seconds a network, in the mean over all; `judge` runs once, and warms it up."""
    networks = list(read(Path(sys.argv[1])))
    found = [judge(network) for network in networks]

    def passes(times: int) -> float:
        started = time.perf_counter()
        for _ in range(times):
            for network in networks:
                check(network)
        return (time.perf_counter() - started) / times

    passes(1)
    times = max(1, round(LEAST / passes(1)))
    entries = [each.entry for each in found if each.entry is not None]
    about = {
        "entry": max(entries, default=None),
        "direction": max(each.direction for each in found),
        "refused": sum(each.refused for each in found),
    }
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        print(json.dumps(passes(times) / len(networks)), flush=True)


def compared(found: Sequence[Array], network: Given, *, refused: bool) -> Checked:
    """Of dW[0], db[0], ...; what is NaN makes no claim."""
    off = [np.nan_to_num(a - b) for a, b in zip(found, network.truth, strict=True)]
    projected = sum(float(np.vdot(part, way)) for part, way in zip(off, _direction(network), strict=True))
    worst = max(float(np.abs(part).max()) for part in off)
    return Checked(worst / network.largest, abs(projected) / network.largest, refused)


def along(network: Given, move: float, *, refused: bool) -> Checked:
    """Of a central difference along one direction, its ends that far off, for who compares no more than that."""
    direction = _direction(network)
    plus, minus = (
        _loss([part + sign * move * way for part, way in zip(network.parameters, direction, strict=True)], network)
        for sign in (1.0, -1.0)
    )
    exact = sum(float(np.vdot(part, way)) for part, way in zip(network.truth, direction, strict=True))
    return Checked(None, abs((plus - minus) / (2 * move) - exact) / network.largest, refused)


def _direction(network: Given) -> list[Array]:
    rng = np.random.default_rng(0)
    drawn: list[Array] = [np.asarray(rng.standard_normal(part.shape)) for part in network.parameters]
    length = np.sqrt(sum(float((part**2).sum()) for part in drawn))
    return [part / length for part in drawn]


def _loss(parameters: list[Array], network: Given) -> float:
    """The notebook's, at W[0], b[0], W[1], ..."""
    h = network.net_input
    for k in range(0, len(parameters), 2):
        f = parameters[k + 1] + parameters[k] @ h
        h = np.maximum(f, 0.0)
    return float(((f - network.y) ** 2).sum())


def refuses(check: Callable[[Given], object], network: Given) -> bool:
    """Whether a checker that says no by an exception does so."""
    try:
        check(network)
    except (AssertionError, RuntimeError):
        return True
    return False
