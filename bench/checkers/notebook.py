"""The notebook's double loop: every derivative by forward differences; one argument says whether it is frugal."""

import sys

import numpy as np

from bench.checkers.child import Checked, compared, serve
from bench.loop import loop
from bench.networks import Array, Given

FRUGAL = "frugal" in sys.argv


def check(network: Given) -> list[Array]:
    """The differences."""
    return loop(network, frugal=FRUGAL)


def judge(network: Given) -> Checked:
    """With the notebook's own tolerance."""
    found = check(network)
    close = all(np.allclose(a, b, rtol=1e-5, atol=1e-8) for a, b in zip(found, network.truth, strict=True))
    return compared(found, network, refused=not close)


if __name__ == "__main__":
    serve(check, judge)
