"""The oracle beside the notebook's own double loop, in turn; prints JSON. A process of its own."""

import json
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from bench.loop import loop
from grader.oracle.differences import differences
from grader.oracle.network import Array
from grader.oracle.reference import gradient
from grader.revision import packaged


@dataclass(frozen=True, slots=True)
class Oracle:
    """One entry of the lists a round."""

    networks: int
    parameters: int
    #: Milliseconds a network.
    oracle: list[float]
    loop: list[float]
    frugal: list[float]
    #: The largest difference from the analytic gradient, relative to the largest entry of the network's gradient.
    oracle_error: float
    loop_error: float
    #: Entries for which the oracle says that it does not know.
    inconclusive: int


def main() -> None:
    """Measure as many rounds as the argument says."""
    rounds = int(sys.argv[1])
    revision = packaged("udl-7.2")
    networks, formulas = revision.suite.networks, revision.assignment.formulas
    ours, theirs, frugal = np.zeros((3, rounds))
    oracle_error = loop_error = 0.0
    inconclusive = 0
    for at in range(-1, rounds):
        started = time.perf_counter()
        found = [differences(network, formulas).value for network in networks]
        between = time.perf_counter()
        looped = [loop(network, frugal=False) for network in networks]
        after = time.perf_counter()
        for network in networks:
            loop(network, frugal=True)
        ended = time.perf_counter()
        if at >= 0:
            ours[at], theirs[at], frugal[at] = between - started, after - between, ended - after
            continue
        # The round that warms up is the one that is compared.
        for network, one, other in zip(networks, found, looped, strict=True):
            truth = gradient(network, formulas)
            inconclusive += sum(int(np.isnan(part).sum()) for part in one)
            oracle_error = max(oracle_error, _error(one, truth))
            loop_error = max(loop_error, _error(other, truth))
    count = len(networks)
    result = Oracle(
        count,
        int(revision.suite.starts[-1]),
        (1e3 * ours / count).tolist(),
        (1e3 * theirs / count).tolist(),
        (1e3 * frugal / count).tolist(),
        oracle_error,
        loop_error,
        inconclusive,
    )
    print(json.dumps(asdict(result)))


def _error(found: list[Array], truth: list[Array]) -> float:
    largest = max(float(np.abs(part).max()) for part in truth) or 1.0
    worst = max(float(np.nanmax(np.abs(a - b), initial=0.0)) for a, b in zip(found, truth, strict=True))
    return worst / largest


if __name__ == "__main__":
    main()
