"""The values of the author's solution: what each of its sites takes in the cases, and for which rows they count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.values.moments import MOMENTS, fingerprint, fingerprint_all, look_up, look_up_all
from backmark.grader.contracts.values.recording import Recording
from backmark.grader.contracts.values.written import WrittenProgram

#: Order of the sites of which one has a value first.
_KINDS = ("computed", "written", "load")
_NUMBERS = {"-1": -1.0, "2": 2.0, "1/2": 0.5}
#: Occurrences of a site, in a loop mostly, that may be all of another program's.
_PARTS: dict[str, slice] = {
    "all": slice(None),
    "last": slice(-1, None),
    "all but the first": slice(1, None),
    "all but the last": slice(0, -1),
}


@dataclass(frozen=True, eq=False)
class SolutionValue:
    """A value of the solution: by case what it takes, one after the other."""

    site: int
    #: The line of the solution's text.
    line: int
    values: Sequence[Sequence[Array]]
    #: Which of the site's occurrences these are.
    part: str
    #: By what it was multiplied; empty for nothing.
    scale: str = ""
    #: All sites whose occurrences these are.
    sites: list[int] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """True for all occurrences of a site."""
        return self.part == "all"


def take_part(values: Sequence[Sequence[Array]], part: str) -> list[Sequence[Array]]:
    """Return by case the occurrences that a part of them has."""
    return [case[_PARTS[part]] for case in values]


@dataclass(frozen=True, eq=False)
class SolutionValues:
    """All values of the solution, each once."""

    program: WrittenProgram
    recording: Recording
    #: By case its dims.
    dims: Sequence[Mapping[str, Any]]
    values: list[SolutionValue] = field(default_factory=list)

    def __post_init__(self) -> None:
        every = [value for value in self._list_all() if any(value.values)]
        moments = fingerprint_all([value.values for value in every])
        table = np.empty((len(every), MOMENTS * len(self.dims)))
        for value, own in zip(every, moments, strict=True):
            count = len(self.values)
            found = look_up(table[:count], own)
            if found < 0:
                table[count] = own[0]
                self.values.append(value)
            if found < 0 or value.is_whole:
                self.values[found].sites.append(value.site)
        vars(self)["table"] = table[: len(self.values)]

    def _list_all(self) -> Iterator[SolutionValue]:
        """Yield the values: those of whole sites first, and what computes before what reads."""
        numbered = list(enumerate(zip(self.program.sites, self.recording.sites, strict=True)))
        numbered.sort(key=lambda each: (_KINDS.index(each[1][0].kind), each[1][1].first))
        parts = list(_PARTS)
        for wholes in (parts[:1], parts[1:]):
            for number, (site, own) in numbered:
                most = max(map(len, own.values), default=0)
                for part in wholes:
                    if part == "last" and not all(own.values):
                        continue
                    if part in parts[2:] and most < 2:
                        continue
                    yield SolutionValue(number, site.spot[1], take_part(own.values, part), part)

    @cached_property
    def table(self) -> Array:
        """The moments of each value; it is made with the values."""
        raise LookupError

    @cached_property
    def scales(self) -> dict[str, Array]:
        """By its name a factor in each case: numbers, sizes and what they make."""
        count = len(self.dims)
        scales = {name: np.full(count, number) for name, number in _NUMBERS.items()}
        sizes = {
            name: np.array([float(case[name]) for case in self.dims])
            for name, size in (self.dims[0].items() if count else ())
            if type(size) is int
        }
        products = {f"{a}*{b}": sizes[a] * sizes[b] for a, b in combinations(sizes, 2)}
        for name, factors in {**sizes, **products}.items():
            if len(set(factors)) > 1:
                scales[name] = factors
                if factors.all():
                    scales[f"1/({name})"] = 1 / factors
        return scales

    @cached_property
    def _scaled(self) -> Array:
        tables = []
        for factors in self.scales.values():
            ones = np.ones_like(factors)
            powers = np.stack([ones, factors, factors**2, factors**3, np.abs(factors)], axis=1).ravel()
            tables.append(self.table * powers)
        return np.concatenate(tables)

    def remake(self, value: SolutionValue) -> list[list[Array]]:
        """Return what a value is in the cases of this recording, which may be others."""
        own = take_part(self.recording.sites[value.site].values, value.part)
        factors = self.scales.get(value.scale, np.ones(len(self.dims)))
        return [[array * factor for array in case] for case, factor in zip(own, factors, strict=True)]

    def list_like(self, value: SolutionValue) -> set[int]:
        """Return the sites whose occurrences are those of a value, or some of its."""
        parts = (self.find(fingerprint(take_part(value.values, part))) for part in _PARTS)
        return {site for found in parts if found >= 0 for site in self.values[found].sites}

    def find(self, moments: Array | None) -> int:
        """Return the value that has these moments; -1 if none has."""
        return look_up(self.table, moments)

    def has_moments(self, value: SolutionValue, moments: Array | None) -> bool:
        """Return True if a value has these moments, but for rounding."""
        own = fingerprint(value.values)
        return own is not None and look_up(own[:1], moments) == 0

    def find_all(self, several: Array) -> list[int]:
        """Return for each of several moments the value that has them; -1 if none has."""
        return look_up_all(self.table, several)

    def find_expected(self, moments: Array | None) -> int:
        """Return the value that has the moments of what is expected by finite differences; -1 if none has.

        Of cases with inconclusive numbers nothing is known.
        """
        if moments is None:
            return -1
        known = ~np.isnan(moments[0])
        return look_up(self.table[:, known], moments[:, known], 1e-4) if 2 * known.sum() > len(known) else -1

    def find_scale(self, moments: Array | None) -> str:
        """Return by what a value is multiplied that has these moments; empty if none has. One number proves nothing."""
        if moments is None or moments[0][::MOMENTS].max() < 2 or not len(self.values):
            return ""
        found = look_up(self._scaled, moments)
        return "" if found < 0 else list(self.scales)[found // len(self.values)]

    def list_scaled(self, names: Sequence[str]) -> list[SolutionValue]:
        """Return the values times these factors."""
        return [
            SolutionValue(
                value.site,
                value.line,
                [
                    [array * factor for array in case]
                    for case, factor in zip(value.values, self.scales[name], strict=True)
                ],
                value.part,
                name,
            )
            for name in names
            for value in self.values
        ]
