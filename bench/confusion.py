"""`python -m bench.confusion`: the mistakes that are named for generic ones and for a contract's own.

Generic mistakes are planted in the numbers of right answers, in each row of each contract that they change.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

import backmark.grader.assignments
from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.exchange import numbers_of
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.naming.claim import slug
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.contracts.rows.results import RowFails
from backmark.grader.model.verdict import Diagnosis
from bench.percentiles import percentile_95
from bench.table import render_markdown
from tests.contracts.making import build
from tests.contracts.naming.planting import Edit, diagnose, plant
from tests.local import local_by

GALLERY = Path(backmark.grader.assignments.__path__[0]) / "gallery"
#: Fates of a mistake; the last name is false, or has the same numbers.
FIRST, OWN, SEVERAL, NOTHING, ANOTHER = COLUMNS = (
    "named first",
    "own mistake with these numbers",
    "one of several",
    "nothing",
    "another one",
)

CONSTANTS: Mapping[str, Edit] = {
    "times_2": lambda true, _, __: 2 * true,
    "divided_by_2": lambda true, _, __: true / 2,
    "wrong_sign": lambda true, _, __: -true,
    "zero": lambda true, _, __: 0 * true,
    "transposed": lambda true, _, __: true.T,
    "flat": lambda true, _, __: true.ravel(),
}

#: Claims about shapes that say the same of what is planted, or say it more closely.
ALIKE: Mapping[str, tuple[str, ...]] = {
    "transposed": ("reversed_shape",),
    "flat": ("lacks_axis_of_1", "extra_axis_of_1"),
}


@dataclass(slots=True)
class ClaimTally:
    """Mistakes by kind and fate, the misses, and milliseconds of each diagnosis."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def add(self, kind: str, mistake: str, column: str, first_id: str) -> None:
        """Count a mistake."""
        self.counts.setdefault(kind, Counter())[column] += 1
        if column not in {FIRST, OWN}:
            self.misses.append(f"- {mistake}: {column}: `{first_id}`" if first_id else f"- {mistake}: nothing")

    def time_diagnosis(self, revision: ContractRevision, answers: list[Answer]) -> tuple[Diagnosis, ...]:
        """Return the diagnoses, and record the time."""
        start = time.process_time()
        diagnoses = diagnose(revision, answers)
        self.milliseconds.append(1000 * (time.process_time() - start))
        return diagnoses


@dataclass(frozen=True, eq=False)
class GalleryEntry:
    """A contract of the gallery, and the answers of its own mistakes."""

    revision: ContractRevision
    #: By the mistake's id.
    own_answers: Mapping[str, Sequence[Answer]]

    @classmethod
    def of(cls, folder: Path) -> "GalleryEntry":
        """Draw and differentiate the contract, and run its mistakes."""
        assignment = reading.read(folder)
        if not isinstance(assignment, ContractAssignment):
            raise TypeError(f"{folder} is no contract")
        revision = build(assignment)
        exchange = revision.contract.exchange
        answers = {
            mistake.id: local_by(mistake.source, exchange).answer(revision.cases) for mistake in assignment.mistakes
        }
        return cls(revision, answers)

    def list_planted(self) -> Iterator[tuple[str, str, str, list[Answer]]]:
        """Yield the kind, the row, the id of the claim and the answers of each generic mistake that changes any."""
        revision = self.revision
        for row in dict.fromkeys(result.row for result in revision.assignment.results):
            for kind, claim, edit in self._list_edits(row):
                answers = plant(revision, row, edit)
                if self._is_wrong(answers):
                    yield kind, row, claim, answers

    def _list_edits(self, row: str) -> Iterator[tuple[str, str, Edit]]:
        for name, edit in CONSTANTS.items():
            yield name, name, edit
        for dim in self._list_dims():
            yield "times a dim", f"times_{dim}", _multiply(dim, 1)
            yield "divided by a dim", f"divided_by_{dim}", _multiply(dim, -1)
        # A term without which the row is zero is a factor of all of it, which is planted above.
        if len(terms := self._list_terms(row)) > 1:
            for term in terms:
                for kind, weight in (("without", -1.0), ("doubled", 1.0), ("wrong sign", -2.0)):
                    name = slug(term)
                    claims = {-1.0: f"without_{name}", 1.0: f"{name}_times_2", -2.0: f"{name}_wrong_sign"}
                    yield f"a term or upstream {kind}", claims[weight], _add_term(term, weight)

    def _list_terms(self, row: str) -> list[str]:
        """Return the terms that the row's numbers depend on."""
        cases = self.revision.cases
        own_cases = RowFails(self.revision.assignment, row).owns(cases)
        return [
            term
            for term, numbers in zip(self.revision.terms, cases.terms, strict=True)
            if np.any(numbers[own_cases] != 0)
        ]

    def _list_dims(self) -> list[str]:
        cases = self.revision.cases.drawn
        return [
            dim.name
            for dim in self.revision.assignment.dims
            if dim.least and not dim.many and len({case.dims[dim.name] for case in cases}) > 1
        ]

    def _is_wrong(self, answers: Sequence[Answer]) -> bool:
        """Return True if the answers to several cases are wrong: else the mistake makes no sense in this row."""
        return sum(disagreeing(self.revision.cases, answers)) > 1

    def choose_column(self, row: str, claim: str, answers: Sequence[Answer], diagnoses: Sequence[Diagnosis]) -> str:
        """Return the column of a planted mistake."""
        if not diagnoses:
            return NOTHING
        first_id = diagnoses[0].id
        result, _, claims = first_id.partition(":")
        whole = next(group for group in self.revision.contract.diagnoser.groups[row]).slug
        # A claim of a factor on all of a row is the same as that on its only part.
        if result == whole and (claims == claim or claims in ALIKE.get(claim, ())):
            return FIRST
        if first_id in self.own_answers and self._are_alike(answers, self.own_answers[first_id]):
            return OWN
        return SEVERAL if result == whole and claim in claims.split("|") else ANOTHER

    def _are_alike(self, first: Sequence[Answer], second: Sequence[Answer]) -> bool:
        cases = self.revision.cases
        sizes = np.diff(cases.starts).tolist()
        left, right = (
            np.concatenate([numbers_of(answer, size) for answer, size in zip(answers, sizes, strict=True)])
            for answers in (first, second)
        )
        apart = ~(np.abs(left - right) <= 4 * cases.tolerances + 1e-5 * np.abs(right))
        comparable = ~np.isnan(cases.expected)
        return not (apart & comparable & ~(np.isnan(left) & np.isnan(right))).any()


def _multiply(dim: str, power: int) -> Edit:
    return lambda true, _, dims: true * float(dims[dim]) ** power


def _add_term(term: str, weight: float) -> Edit:
    return lambda true, parts, _: true + weight * parts[term]


def _measure(folder: Path, tally: ClaimTally) -> None:
    entry = GalleryEntry.of(folder)
    revision, name = entry.revision, folder.name
    for kind, row, claim, answers in entry.list_planted():
        diagnoses = tally.time_diagnosis(revision, answers)
        column = entry.choose_column(row, claim, answers, diagnoses)
        tally.add(kind, f"{name}: {row}: {claim}", column, _first_id(diagnoses))
    for mistake, own_answers in entry.own_answers.items():
        first_id = _first_id(tally.time_diagnosis(revision, list(own_answers)))
        column = FIRST if first_id == mistake else ANOTHER if first_id else NOTHING
        tally.add("the contract's own", f"{name}: {mistake}", column, first_id)


def _first_id(diagnoses: Sequence[Diagnosis]) -> str:
    return diagnoses[0].id if diagnoses else ""


def main() -> None:
    """Print the table, whatever was not named first, and the time it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of contracts; by default the gallery's")
    tally = ClaimTally()
    for folder in parser.parse_args().folders or sorted(GALLERY.iterdir()):
        with np.errstate(all="ignore"):
            _measure(folder, tally)
    rows = ([kind, *(counts[column] for column in COLUMNS)] for kind, counts in tally.counts.items())
    print(render_markdown(["planted", *COLUMNS], rows))
    total: Counter[str] = sum(tally.counts.values(), Counter())
    share = (total[FIRST] + total[OWN]) / total.total()
    print(f"\nOf {total.total()}, {share:.1%} are named first; another one is named for {total[ANOTHER]}.")
    times = tally.milliseconds
    print(f"A diagnosis takes {median(times):.1f} ms (95 %: {percentile_95(times):.1f} ms) of processor time.\n")
    print("\n".join(tally.misses))


if __name__ == "__main__":
    main()
