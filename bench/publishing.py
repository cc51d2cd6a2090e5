"""The time to publish the contracts of the gallery that take longest, and the one that ships with its cases."""

import time
from collections.abc import Iterator

from backmark.grader.contracts import gallery
from backmark.grader.contracts.language import reading
from backmark.worker.grading.revisions import draw
from bench.table import Row

#: Contracts of the gallery.
CONTRACTS = ("udl-7.2", "cs231n-conv", "cs231n-lstm-step")


def measure_publications() -> Iterator[Row]:
    """Yield a row for each contract: it is drawn, differentiated and tried, on one processor."""
    for name in CONTRACTS:
        folder = gallery.find_folder(name)
        if folder is None:
            raise LookupError(f"{name} is no contract of the gallery")
        start = time.perf_counter()
        draw(reading.read(folder))
        yield Row(f"publishing {name}", [1e3 * (time.perf_counter() - start)], goal="<= 60,000 ms")
