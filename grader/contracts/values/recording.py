"""The values of a program's sites, case by case, as its logs have them; and their moments, whatever their order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.values.work import Work
from backmark.grader.errors import Crashed

#: Axes of a value, at most.
_AXES = 8
_NO_LOG = "Your code's process sent something that is not an answer."
#: The number of the moments of one case.
MOMENTS = 5


@dataclass(slots=True)
class SiteValues:
    """The values of one site: by case those of its occurrences, and when each came."""

    values: list[list[Array]]
    times: list[list[int]]

    @property
    def first(self) -> float:
        """The earliest time of any of them."""
        return min((times[0] for times in self.times if times), default=np.inf)


@dataclass(slots=True)
class Recording:
    """The values of all sites of a program, and of what it computed itself where others took their place."""

    sites: list[SiteValues]
    raws: list[list[list[Array]]]
    #: By case the site that raised; -1 for none.
    raised: list[int] = field(default_factory=list)

    def count_turns(self) -> list[int]:
        """Return by case the values that its sites have."""
        return [sum(map(len, case)) for case in zip(*(own.values for own in self.sites), strict=True)]


class OverflownError(Exception):
    """A log has no room for all values."""


def is_overflown(log: Array) -> bool:
    """Return True if a log has no room for all values."""
    return bool(log[2])


def read_logs(logs: Sequence[Array], sites: int, work: Work | None = None) -> Recording:
    """Return what logs have of so many sites; raises OverflownError, OutOfWorkError, and Crashed for what is no log."""
    recording = Recording([SiteValues([], []) for _ in range(sites)], [[] for _ in range(sites)])
    for log in logs:
        for own, raw in zip(recording.sites, recording.raws, strict=True):
            own.values.append([])
            own.times.append([])
            raw.append([])
        if work is not None:
            work.take(values=sites)
        _read_log(log, recording, work)
    return recording


def _read_log(log: Array, recording: Recording, work: Work | None) -> None:
    stop, raised, overflown = (int(number) if np.isfinite(number) else -1 for number in log[:3])
    if overflown:
        raise OverflownError
    if not (0 <= raised <= len(recording.sites) and 3 <= stop <= len(log)):
        raise Crashed(_NO_LOG)
    recording.raised.append(raised - 1)
    # Plain numbers are read in a tenth of the time that those of an array are.
    numbers = log[:stop].tolist()
    at, time = 3, 0
    while at < stop:
        if work is not None:
            work.take(values=1)
        site, axes = numbers[at], numbers[at + 1] if at + 1 < stop else math.nan
        # Nothing is true of what is no number.
        if not (1 <= abs(site) <= len(recording.sites) and 0 <= axes <= _AXES):
            raise Crashed(_NO_LOG)
        start = at + 2 + int(axes)
        shape = numbers[at + 2 : start]
        if not all(0 <= size <= len(log) for size in shape):
            raise Crashed(_NO_LOG)
        sizes = tuple(map(int, shape))
        # The sizes beside a 0, too: NumPy makes no array that has no numbers but too large a shape.
        if start > stop or start + math.prod(size or 1 for size in sizes) > len(log) + 1:
            raise Crashed(_NO_LOG)
        at = start + math.prod(sizes)
        if at > stop:
            raise Crashed(_NO_LOG)
        array = log[start:at].reshape(sizes)
        number = abs(int(site)) - 1
        if site > 0:
            time += 1
            recording.sites[number].values[-1].append(array)
            recording.sites[number].times[-1].append(time)
        else:
            recording.raws[number][-1].append(array)


def fingerprint(values: Sequence[Sequence[Array]]) -> Array | None:
    """Return the moments of the numbers in each case, and behind them their scales; None if there are no values."""
    if not any(values):
        return None
    moments, scales = [], []
    with np.errstate(all="ignore"):
        for case in values:
            flat = np.concatenate([value.ravel() for value in case]) if case else np.zeros(0)
            squares, size = flat * flat, np.abs(flat).sum()
            # A power is ten times as slow as a product.
            cubes = squares * flat
            square = squares.sum()
            moments += [flat.size, flat.sum(), square, cubes.sum(), size]
            scales += [0.0, size, square, np.abs(cubes).sum(), size]
    return np.array([moments, scales])


def look_up(table: Array, wanted: Array | None, rounding: float = 1e-7) -> int:
    """Return the first row of a table that has these moments, but for rounding; -1 if none has."""
    if wanted is None or not len(table):
        return -1
    rows = np.arange(len(table))
    # Hardly any has the moments of the first case.
    for part in (slice(0, MOMENTS), slice(MOMENTS, None)):
        rows = rows[_are_near(table[rows, part], wanted[:, part], rounding)]
    return int(rows[0]) if len(rows) else -1


def _are_near(table: Array, wanted: Array, rounding: float) -> Booleans:
    moments, scales = wanted
    with np.errstate(all="ignore"):
        near = np.abs(table - moments) <= 1e-9 + rounding * scales
    near |= np.isnan(table) & np.isnan(moments)
    near |= table == moments
    return np.asarray(near.all(axis=1))
