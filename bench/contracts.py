"""A contract's submission beside a layered network's of as many cases, and how long it takes to publish a large one."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.grading import each, grade
from bench.submissions import distinct, right
from bench.table import Row, compared
from grader.judge.judge import Judge
from grader.subjects import gallery, kinds
from grader.subjects.contracts.assignment import ContractAssignment
from grader.subjects.networks.assignment import Range, Ranges
from tests.networks import load_packaged
from worker.grading.revisions import draw

CASES = 100
#: The same homework in both languages, for which the same file is handed in.
LAYERED, CONTRACT = "udl-7.2", "udl-7.2-contract"
#: The contract's sizes, for the layered networks: as many bytes go in and come out, more or less.
RANGES = Ranges(Range(0, 6), *(Range(1, 6),) * 3)
#: The contracts of the gallery whose publication takes longest.
LARGEST = (CONTRACT, "cs231n-conv")


@dataclass(slots=True)
class Measured:
    """A revision on disk, the bytes that a submission is given and returns, and milliseconds by round."""

    name: str
    revision: Path
    files: Sequence[str]
    note: str
    milliseconds: list[float] = field(default_factory=list)

    def turn(self) -> None:
        """Grade all files in one call."""
        options = ("--assignment", str(self.revision))
        self.milliseconds.append(1e3 * each(grade(self.files, [True] * len(self.files), options)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A layered network and a contract, measured in turn, and publications in milliseconds by contract."""

    layered: Measured
    contract: Measured
    publications: dict[str, float]

    def round(self) -> None:
        """Measure both once."""
        self.layered.turn()
        self.contract.turn()

    def rows(self) -> Iterator[Row]:
        """Yield one row for each, and one for each publication."""
        base = self.layered.milliseconds
        for measured, goal in ((self.layered, ""), (self.contract, "time <= 1.5")):
            ratio = compared(measured.milliseconds, base)
            yield Row(measured.name, measured.milliseconds, ratio, goal=goal, note=measured.note)
        for name, milliseconds in self.publications.items():
            yield Row(f"publishing {name}, {CASES} cases", [milliseconds], goal="<= 60,000 ms")


def compare(folder: Path, count: int) -> Comparison:
    """Publish the contracts, and lay down so many right files for each language."""
    publications, drawn = {}, {}
    for name in LARGEST:
        started = time.perf_counter()
        drawn[name] = draw(replace(_read(name), cases=CASES))
        publications[name] = 1e3 * (time.perf_counter() - started)
    base = kinds.of(assignment := load_packaged(LAYERED).assignment).vary(assignment, None, CASES)
    layered = draw(replace(base, ranges=RANGES, home_networks=1))
    return Comparison(
        _lay_down(folder, f"backmark grade, {count} right ones, layered networks", layered, count),
        _lay_down(folder, f"backmark grade, {count} right ones, a contract", drawn[CONTRACT], count),
        publications,
    )


def _read(name: str) -> ContractAssignment:
    folder = gallery.find_folder(name)
    assignment = None if folder is None else kinds.read(folder)
    if not isinstance(assignment, ContractAssignment):
        raise TypeError(f"{name} is no contract of the gallery")
    return assignment


def _lay_down(folder: Path, name: str, data: bytes, count: int) -> Measured:
    subject = Judge(kinds.load(data, name)).subject
    question = subject.exchange.question(subject.cases)
    note = f"{len(question.payload) / 1024:,.0f} KiB given, {sum(question.sizes) / 1024:,.0f} KiB returned"
    file = folder / f"{subject.noun}.npz"
    file.write_bytes(data)
    return Measured(name, file, distinct(folder / subject.noun, right(), count), note)
