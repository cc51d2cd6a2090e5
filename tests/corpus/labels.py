"""Right or wrong, by exact gradients: a source is run in this process, so only for sources of our own."""

import contextlib
import io
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest import mock

import numpy as np

from tests.corpus.networks import Matrix, Network

#: What an entry may differ by, as a part of the largest entry of its array: far above float64's rounding.
TOLERANCE = 1e-5

#: For sources that work in float32, whose rounding grows where the network's output nearly meets its target.
FLOAT32_TOLERANCE = 1e-3

#: Keeps arrays of zeros comparable.
_TINY = 1e-12

_Backward = Callable[..., Any]


def _loss_derivative(net_output: Matrix, y: Matrix) -> Matrix:
    return 2 * (net_output - y)


def _indicator(x: Matrix) -> Matrix:
    return (x > 0).astype(float)


def load(source: str, depth: int) -> _Backward:
    """Return the source's backward_pass from a module of its own, with the notebook's globals for this K."""
    module = types.ModuleType("submission")
    module.__dict__.update(np=np, K=depth, d_loss_d_output=_loss_derivative, indicator_function=_indicator)
    code = compile(source, "submission", "exec", dont_inherit=True)
    # A dataclass with postponed annotations looks its module up by name.
    with mock.patch.dict(sys.modules, submission=module):
        exec(code, module.__dict__)  # noqa: S102 - every source is this corpus's own
    backward: _Backward = module.backward_pass
    return backward


def _fault(name: str, arrays: Any, exact_arrays: list[Matrix], tolerance: float) -> str:
    """Return what is wrong with one of the two answers, or nothing."""
    if len(arrays) != len(exact_arrays):
        return f"{name}: {len(arrays)} arrays for {len(exact_arrays)}"
    for layer, (answer, exact_array) in enumerate(zip(arrays, exact_arrays, strict=True)):
        array = np.asarray(answer, dtype=float)
        if array.shape != exact_array.shape:
            return f"{name}[{layer}]: shape {array.shape} for {exact_array.shape}"
        # Written so that a NaN is a fault.
        if not np.all(np.abs(array - exact_array) <= tolerance * np.abs(exact_array).max() + _TINY):
            return f"{name}[{layer}]: values"
    return ""


def fault_on(backward: _Backward, network: Network, tolerance: float = TOLERANCE) -> str:
    """Return what is wrong with the answer for this network, or nothing; the arguments are fresh copies."""
    lists = (network.weights, network.biases, network.f, network.h)
    arguments = [[array.copy() for array in arrays] for arrays in lists]
    try:
        dl_dweights, dl_dbiases = backward(*arguments, network.y.copy())
        return _fault("dl_dweights", dl_dweights, network.dl_dweights, tolerance) or _fault(
            "dl_dbiases", dl_dbiases, network.dl_dbiases, tolerance
        )
    except Exception as error:  # noqa: BLE001 - a mutant may raise anything, and is wrong whatever it raises
        return f"raises {type(error).__name__}"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what mutants print and warn of out of the tests' own output."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def faults(source: str, networks: Iterable[Network], tolerance: float = TOLERANCE) -> list[str]:
    """Return for each network, in order, what is wrong with the source's answer, or nothing."""
    by_depth: dict[int, _Backward] = {}
    faults_found = []
    with _quiet():
        for network in networks:
            if network.depth not in by_depth:
                by_depth[network.depth] = load(source, network.depth)
            faults_found.append(fault_on(by_depth[network.depth], network, tolerance))
    return faults_found


def first_fault(source: str, networks: Iterable[Network], tolerance: float = TOLERANCE) -> str:
    """Return the first fault on any of the networks, or nothing; not to load is a fault too."""
    by_depth: dict[int, _Backward] = {}
    with _quiet():
        for network in networks:
            if network.depth not in by_depth:
                try:
                    by_depth[network.depth] = load(source, network.depth)
                except Exception as error:  # noqa: BLE001 - a mutant's top level may raise anything too
                    return f"raises {type(error).__name__}"
            if fault := fault_on(by_depth[network.depth], network, tolerance):
                return fault
    return ""
