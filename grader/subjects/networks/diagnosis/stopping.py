"""A loop that is left where dl/df is small, or after some layers: right gradients above, and zeros from there down."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grader.oracle.network import Array
from grader.oracle.suite import matrices
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case
from grader.subjects.networks.diagnosis.fact import describe_between
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.diagnosis.lines import RIGHT, run

#: The sizes of dl/df that a condition may be about, in words.
_SIZES: dict[str, Callable[[Array], float]] = {
    "has no entry beyond": lambda df: float(np.abs(df).max()),
    "has a norm below": lambda df: float(np.linalg.norm(df)),
    "has entries of a mean size below": lambda df: float(np.abs(df).mean()),
}


#: The place from which it leaves zeros, in words: how many layers above the first zeros the loop stops, and whether it
#: goes on at the output whatever that is.
_PLACES = {
    "from the first layer on": (0, False),
    "below the first layer": (1, False),
    "from the first hidden layer on": (0, True),
}

#: Layers that it comes to at least.
_LEAST_LAYERS = 2


@dataclass(frozen=True, slots=True, eq=False)
class EarlyStop:
    """A network's dl/df from the output down to the layer at which it stops (-1 if nowhere that shows)."""

    df: list[Array]
    layer: int


def stopping(case: Case) -> list[Fit]:
    """The fit of zeros from a layer down whose dl/df, or that of the layer above, is smaller than all others."""
    if len(case.returned) < len(case.answers) or len(case.wrong) < EVIDENCE:
        return []
    stops = []
    # Most that are wrong are so otherwise, which any network shows.
    for i in sorted(range(len(case.answers)), key=lambda i: i not in case.wrong):
        stop = _find_stop(case, i)
        if stop is None:
            return []
        stops.append(stop)
    count = _find_count(stops)
    if count is not None:
        return [Fit((_bug_by_count(count),), complete=True)]
    for where, (above, hidden) in _PLACES.items():
        for words, size in _SIZES.items():
            limits = _find_limits(stops, above, size, hidden=hidden)
            if limits is not None:
                return [Fit((_bug(words, limits, where),), complete=True)]
    return []


def _find_stop(case: Case, i: int) -> EarlyStop | None:
    """The layer from which on network `i` has zeros for other numbers; None if it is wrong otherwise."""
    mine = slice(case.suite.starts[i], case.suite.starts[i + 1])
    df = run(RIGHT, case.predictions.views[i]).dl_df
    if i not in case.wrong:
        return EarlyStop(df, -1)
    got = case.got[mine]
    off = np.where(np.isfinite(case.suite.tolerances[mine]), got - case.suite.derivatives[mine], 0.0)
    wrong = matrices(case.suite.sizes[i], (np.abs(off) > case.floor[mine]).astype(float))
    arrays = matrices(case.suite.sizes[i], got)
    layers = [k for k in range(len(df)) if wrong[2 * k].any() or wrong[2 * k + 1].any()]
    if not layers or any(array.any() for array in arrays[: 2 * layers[-1] + 2]):
        return None
    return EarlyStop(df, layers[-1])


def _find_count(stops: list[EarlyStop]) -> int | None:
    """The number of layers after which it stops in every network; of one alone nothing shows the lines between."""
    counts = {len(stop.df) - 1 - stop.layer for stop in stops if stop.layer >= 0}
    if len(counts) != 1 or min(counts) < _LEAST_LAYERS:
        return None
    (count,) = counts
    # Below a layer of zeros nothing shows; anywhere else it would have gone on.
    goes_on = any(df.any() for stop in stops if stop.layer < 0 for df in stop.df[: max(0, len(stop.df) - count)])
    return None if goes_on else count


def _find_limits(
    stops: list[EarlyStop], above: int, size: Callable[[Array], float], *, hidden: bool
) -> tuple[float, float] | None:
    """The largest dl/df at which it stops, and the smallest at which it goes on, if these are apart."""
    least, most = [], []
    for stop in stops:
        last, layers = stop.layer + above, stop.df[:-1] if hidden else stop.df
        if stop.layer >= 0:
            if last >= len(layers):
                return None
            least.append(size(layers[last]))
        # Below a layer of zeros there are zeros whether it goes on or not.
        most += [size(df) for df in layers[last + 1 if stop.layer >= 0 else above :] if df.any()]
    # Where it never goes on it does not stop.
    return (max(least), min(most)) if len(most) >= EVIDENCE and max(least) < min(most) else None


def _bug(words: str, limits: tuple[float, float], where: str) -> Bug:
    return Bug(
        "stops_early",
        f"leaves zeros {where}, counted from the output, whose dl/df {words} {describe_between(*limits)}",
        Where.WHOLE,
        (),
        "A small derivative is a derivative all the same, and may grow again below. When does your code stop?",
        "Every layer from K down to 0 has its gradients, however small all_dl_df[layer] is.",
        fails=(),
    )


def _bug_by_count(count: int) -> Bug:
    return Bug(
        "stops_after_layers",
        f"leaves zeros in all layers but the highest {count}",
        Where.WHOLE,
        (),
        f"Try a network with more than {count} layers of weights. Which layers does your code come to?",
        "Every layer from K down to 0 has its gradients, whatever K is.",
        fails=(),
    )
