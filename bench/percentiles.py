"""Percentiles of times."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of `n` times, in milliseconds."""

    p50: float
    p95: float
    p99: float
    n: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """Return the percentiles of two times or more, given in seconds."""
        cuts = quantiles(seconds, n=100, method="inclusive")
        p50, p95, p99 = (round(1e3 * cuts[percent - 1], 1) for percent in (50, 95, 99))
        return cls(p50, p95, p99, len(seconds))

    def __str__(self) -> str:
        return f"p50 {self.p50:.0f} ms, p95 {self.p95:.0f} ms, p99 {self.p99:.0f} ms (of {self.n})"


def percentile_95(values: Sequence[float]) -> float:
    """Return the 95th percentile of the population of which the values are a sample."""
    return quantiles(values, n=20)[-1]
