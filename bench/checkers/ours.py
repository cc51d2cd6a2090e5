"""The oracle: every derivative, each with its uncertainty."""

import numpy as np

from bench.checkers.child import Checked, compared, serve
from bench.networks import Given
from grader.model.formulas import Formulas
from grader.oracle.differences import Differences, differences
from grader.oracle.network import Network

FORMULAS = Formulas()


def check(network: Given) -> Differences:
    """The differences; the comparison with an answer is one pass over all networks."""
    made = Network(tuple(network.weights), tuple(network.biases), network.net_input, network.y)
    return differences(made, FORMULAS)


def judge(network: Given) -> Checked:
    """It refuses nothing: it says where it does not know."""
    found = check(network).value
    return compared(found, network, refused=any(bool(np.isnan(part).any()) for part in found))


if __name__ == "__main__":
    serve(check, judge)
