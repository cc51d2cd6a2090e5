"""The values of a program's sites, case by case, as its logs have them; and their moments, whatever their order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.errors import Crashed

#: Axes of a value, at most.
_AXES = 8
#: Values of a usual run: one that has more counts for several.
_USUAL = 200
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

    def weigh(self) -> list[int]:
        """Return by case for how many runs one counts."""
        counts = [sum(map(len, case)) for case in zip(*(own.values for own in self.sites), strict=True)]
        return [1 + count // _USUAL for count in counts]


class OverflownError(Exception):
    """A log has no room for all values."""


def is_overflown(log: Array) -> bool:
    """Return True if a log has no room for all values."""
    return bool(log[2])


def read_logs(logs: Sequence[Array], sites: int) -> Recording:
    """Return what logs have of so many sites; raises OverflownError, and Crashed for what is no log."""
    recording = Recording([SiteValues([], []) for _ in range(sites)], [[] for _ in range(sites)])
    for log in logs:
        for own, raw in zip(recording.sites, recording.raws, strict=True):
            own.values.append([])
            own.times.append([])
            raw.append([])
        _read_log(log, recording)
    return recording


def _read_log(log: Array, recording: Recording) -> None:
    stop, raised, overflown = (int(number) if np.isfinite(number) else -1 for number in log[:3])
    if overflown:
        raise OverflownError
    if not (0 <= raised <= len(recording.sites) and 3 <= stop <= len(log)):
        raise Crashed("Your code's process sent something that is not an answer.")
    recording.raised.append(raised - 1)
    at, time = 3, 0
    while at < stop:
        site, axes = log[at], log[at + 1] if at + 1 < stop else np.nan
        if not (np.isfinite(site) and 0 < abs(site) <= len(recording.sites) and 0 <= axes <= _AXES):
            raise Crashed("Your code's process sent something that is not an answer.")
        shape = log[at + 2 : at + 2 + int(axes)]
        if not (np.isfinite(shape).all() and (shape >= 0).all() and (shape <= len(log)).all()):
            raise Crashed("Your code's process sent something that is not an answer.")
        sizes = tuple(int(size) for size in shape)
        start = at + 2 + int(axes)
        # The sizes beside a 0, too: NumPy makes no array that has no numbers but too large a shape.
        if start + math.prod(size or 1 for size in sizes) > len(log) + 1:
            raise Crashed("Your code's process sent something that is not an answer.")
        at = start + math.prod(sizes)
        if at > stop:
            raise Crashed("Your code's process sent something that is not an answer.")
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
            size, cubes = np.abs(flat), np.abs(flat) ** 3
            moments += [flat.size, flat.sum(), (flat**2).sum(), (flat**3).sum(), size.sum()]
            scales += [0.0, size.sum(), (flat**2).sum(), cubes.sum(), size.sum()]
    return np.array([moments, scales])


def look_up(table: Array, wanted: Array | None, rounding: float = 1e-7) -> int:
    """Return the first row of a table that has these moments, but for rounding; -1 if none has."""
    if wanted is None or not len(table):
        return -1
    moments, scales = wanted
    with np.errstate(all="ignore"):
        near = np.abs(table - moments) <= 1e-9 + rounding * scales
    near |= np.isnan(table) & np.isnan(moments)
    near |= table == moments
    rows = np.flatnonzero(near.all(axis=1))
    return int(rows[0]) if len(rows) else -1
