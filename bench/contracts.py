"""A contract's submission beside a layered network's of as many cases, and the time to publish a large contract."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.grading import grade, seconds_per_file
from bench.submissions import right_sources, write_variants
from bench.table import Row, median_ratio
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
class LanguageTimes:
    """A revision on disk, files for it, a note on the bytes that it exchanges, and milliseconds by round."""

    name: str
    revision: Path
    files: Sequence[str]
    note: str
    milliseconds: list[float] = field(default_factory=list)

    def run_round(self) -> None:
        """Grade all files in one call."""
        options = ("--assignment", str(self.revision))
        run = grade(self.files, [True] * len(self.files), options)
        self.milliseconds.append(1e3 * seconds_per_file(run))


@dataclass(frozen=True, slots=True)
class LanguageComparison:
    """A layered network and a contract, measured in turn, and publications in milliseconds by contract."""

    layered: LanguageTimes
    contract: LanguageTimes
    publications: dict[str, float]

    def run_round(self) -> None:
        """Measure both once."""
        self.layered.run_round()
        self.contract.run_round()

    def rows(self) -> Iterator[Row]:
        """Yield a row for each language, and one for each publication."""
        base = self.layered.milliseconds
        for times, goal in ((self.layered, ""), (self.contract, "time <= 1.5")):
            ratio = median_ratio(times.milliseconds, base)
            yield Row(times.name, times.milliseconds, ratio, goal=goal, note=times.note)
        for name, milliseconds in self.publications.items():
            yield Row(f"publishing {name}, {CASES} cases", [milliseconds], goal="<= 60,000 ms")


def prepare_comparison(folder: Path, count: int) -> LanguageComparison:
    """Publish the contracts, and write so many right files for each language."""
    publications, archives = {}, {}
    for name in LARGEST:
        start = time.perf_counter()
        archives[name] = draw(replace(_read_contract(name), cases=CASES))
        publications[name] = 1e3 * (time.perf_counter() - start)
    base = kinds.of(assignment := load_packaged(LAYERED).assignment).vary(assignment, None, CASES)
    layered = draw(replace(base, ranges=RANGES, home_networks=1))
    return LanguageComparison(
        _write_files(folder, f"backmark grade, {count} right ones, layered networks", layered, count),
        _write_files(folder, f"backmark grade, {count} right ones, a contract", archives[CONTRACT], count),
        publications,
    )


def _read_contract(name: str) -> ContractAssignment:
    folder = gallery.find_folder(name)
    assignment = None if folder is None else kinds.read(folder)
    if not isinstance(assignment, ContractAssignment):
        raise TypeError(f"{name} is no contract of the gallery")
    return assignment


def _write_files(folder: Path, name: str, archive: bytes, count: int) -> LanguageTimes:
    subject = Judge(kinds.load(archive, name)).subject
    question = subject.exchange.question(subject.cases)
    note = f"{len(question.payload) / 1024:,.0f} KiB given, {sum(question.sizes) / 1024:,.0f} KiB returned"
    file = folder / f"{subject.noun}.npz"
    file.write_bytes(archive)
    return LanguageTimes(name, file, write_variants(folder / subject.noun, right_sources(), count), note)
