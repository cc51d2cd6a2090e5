"""The values of a program's sites, case by case, as its logs have them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.values.work import Work
from backmark.grader.errors import Crashed

#: Axes of a value, at most.
_AXES = 8
#: Values of a log that are counted at once.
_COUNTED = 64
_NO_LOG = "Your code's process sent something that is not an answer."


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
    recording = Recording([], [])
    if work is not None:
        work.take(values=sites * len(logs))
    for _ in range(sites):
        recording.sites.append(SiteValues([[] for _ in logs], [[] for _ in logs]))
        recording.raws.append([[] for _ in logs])
    for case, log in enumerate(logs):
        _read_log(log, case, recording, work)
    return recording


def _read_log(log: Array, case: int, recording: Recording, work: Work | None) -> None:
    stop, raised, overflown = (int(number) if np.isfinite(number) else -1 for number in log[:3])
    if overflown:
        raise OverflownError
    if not (0 <= raised <= len(recording.sites) and 3 <= stop <= len(log)):
        raise Crashed(_NO_LOG)
    recording.raised.append(raised - 1)
    # Plain numbers are read in a tenth of the time that those of an array are.
    numbers = log[:stop].tolist()
    at, time, count = 3, 0, 0
    while at < stop:
        if work is not None and count % _COUNTED == 0:
            work.take(values=_COUNTED)
        count += 1
        site, axes = numbers[at], numbers[at + 1] if at + 1 < stop else math.nan
        # Nothing is true of what is no number.
        if not (1 <= abs(site) <= len(recording.sites) and 0 <= axes <= _AXES):
            raise Crashed(_NO_LOG)
        start = at + 2 + int(axes)
        sizes = _read_shape(numbers[at + 2 : start], len(log) + 1 - start) if axes else ()
        at = start + math.prod(sizes)
        if at > stop:
            raise Crashed(_NO_LOG)
        array = log[start:at].reshape(sizes)
        number = abs(int(site)) - 1
        if site > 0:
            time += 1
            own = recording.sites[number]
            own.values[case].append(array)
            own.times[case].append(time)
        else:
            recording.raws[number][case].append(array)


def _read_shape(shape: Sequence[float], most: int) -> tuple[int, ...]:
    """Return a shape of so many numbers at most; those of the sizes beside a 0, too.

    NumPy makes no array that has no numbers but too large a shape.
    """
    if not all(0 <= size <= most for size in shape):
        raise Crashed(_NO_LOG)
    sizes = tuple(map(int, shape))
    if math.prod(size or 1 for size in sizes) > most:
        raise Crashed(_NO_LOG)
    return sizes
