"""Every assignment of the gallery is sound: right solutions earn full marks, and each mistake costs its rows."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import grader.assignments
from grader.model.verdict import Judgement, Mark, Outcome
from grader.subjects import kinds
from grader.subjects.contracts.assignment import ContractAssignment
from grader.subjects.contracts.revision import ContractRevision
from grader.subjects.contracts.rows import all_wrong
from tests.subjects.contracts.making import LocalWorkshop, build, judge

GALLERY = Path(next(iter(grader.assignments.__path__))) / "gallery"
FOLDERS = sorted(file.parent.name for file in GALLERY.glob("*/assignment.toml"))
SOLUTIONS = ("solution.py", "other_solution.py")


@dataclass(frozen=True, slots=True)
class Entry:
    """An assignment of the gallery, built, and the verdicts on its mistakes by their names."""

    folder: Path
    revision: ContractRevision
    verdicts: dict[str, Judgement]

    @property
    def assignment(self) -> ContractAssignment:
        """The assignment."""
        return self.revision.assignment


@pytest.fixture(scope="module", params=FOLDERS)
def shown(request: pytest.FixtureRequest) -> Entry:
    folder = GALLERY / request.param
    assignment = kinds.read(folder)
    assert isinstance(assignment, ContractAssignment)
    built = build(assignment)
    return Entry(folder, built, {mistake.id: judge(built, mistake.source) for mistake in assignment.mistakes})


def test_nothing_keeps_an_entry_from_publication(shown: Entry) -> None:
    assert shown.revision.faults == ()
    assert np.isnan(shown.revision.cases.expected).mean() < 0.01


@pytest.mark.parametrize("name", SOLUTIONS)
def test_both_right_solutions_earn_full_marks(shown: Entry, name: str) -> None:
    verdict = judge(shown.revision, (shown.folder / name).read_text(encoding="utf-8"))
    assert [row for row in verdict.properties if row.outcome is not Mark.PASSED] == []
    assert verdict.outcome is Outcome.PASSED
    assert sum(row.score for row in verdict.properties) == sum(shown.assignment.rubric.values())


@pytest.mark.parametrize("name", SOLUTIONS)
def test_both_are_right_in_single_precision_too(shown: Entry, name: str) -> None:
    exchange = replace(shown.revision.subject.exchange, dtype="float32")
    source = (shown.folder / name).read_text(encoding="utf-8")
    answers = LocalWorkshop().ask(source, name, exchange, shown.revision.cases)
    assert not all_wrong(shown.revision.cases, answers).any()


def test_each_of_at_least_six_mistakes_fails(shown: Entry) -> None:
    assert len(shown.verdicts) >= 6
    assert [name for name, verdict in shown.verdicts.items() if verdict.outcome is not Outcome.FAILED] == []
    assert [name for name, verdict in shown.verdicts.items() if verdict.counterexample is None] == []


def test_every_row_with_marks_is_lost_by_some_mistake_and_kept_by_another(shown: Entry) -> None:
    marked = {row for row, marks in shown.assignment.rubric.items() if marks}
    rows = [row for verdict in shown.verdicts.values() for row in verdict.properties]
    assert marked == {row.name for row in rows if row.outcome is Mark.FAILED} & marked
    assert marked == {row.name for row in rows if row.outcome is Mark.PASSED} & marked


def test_each_mistake_has_a_title_that_follows_it_and_a_hint_that_asks_or_points(shown: Entry) -> None:
    for mistake in shown.assignment.mistakes:
        assert mistake.title[0].islower()
        assert mistake.title not in mistake.hint
        assert mistake.hint.endswith((".", "?"))


def test_a_notebook_of_coursera_may_import_the_courses_own_module() -> None:
    folder = GALLERY / "coursera-l-model-backward"
    assignment = kinds.read(folder)
    assert isinstance(assignment, ContractAssignment)
    source = (folder / "solution.py").read_text(encoding="utf-8")
    lines = "import matplotlib.pyplot as plt\nfrom dnn_utils import sigmoid, sigmoid_backward, relu, relu_backward\n"
    assert judge(build(assignment), lines + source).outcome is Outcome.PASSED
