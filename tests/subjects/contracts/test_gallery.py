"""Every assignment of the gallery is sound: right solutions earn full marks, and each mistake costs its rows.

Nothing here is drawn twice: an entry's tests share its revision and the verdicts on its mistakes.
"""

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
#: Seeds of the nightly drawings.
SEEDS = range(1, 6)


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


def read(name: str) -> ContractAssignment:
    assignment = kinds.read(GALLERY / name)
    assert isinstance(assignment, ContractAssignment)
    return assignment


@pytest.fixture(scope="module", params=FOLDERS)
def shown(request: pytest.FixtureRequest) -> Entry:
    built = build(read(request.param))
    verdicts = {mistake.id: judge(built, mistake.source) for mistake in built.assignment.mistakes}
    return Entry(GALLERY / request.param, built, verdicts)


def assert_full_marks(built: ContractRevision, name: str) -> None:
    """A solution passes with full marks in double precision, and has no wrong number in single precision."""
    source = (GALLERY / built.assignment.id / name).read_text(encoding="utf-8")
    verdict = judge(built, source)
    assert [row for row in verdict.properties if row.outcome is not Mark.PASSED] == []
    assert verdict.outcome is Outcome.PASSED
    assert sum(row.score for row in verdict.properties) == sum(built.assignment.rubric.values())
    exchange = replace(built.subject.exchange, dtype="float32")
    assert not all_wrong(built.cases, LocalWorkshop().ask(source, name, exchange, built.cases)).any()


def test_nothing_keeps_an_entry_from_publication(shown: Entry) -> None:
    assert shown.revision.faults == ()
    assert np.isnan(shown.revision.cases.expected).mean() < 0.01


def test_right_solutions_in_two_styles_earn_full_marks_in_either_precision(shown: Entry) -> None:
    for name in SOLUTIONS:
        assert_full_marks(shown.revision, name)


def test_each_of_at_least_six_mistakes_fails_and_is_named_first(shown: Entry) -> None:
    assert len(shown.verdicts) >= 6
    assert [name for name, verdict in shown.verdicts.items() if verdict.outcome is not Outcome.FAILED] == []
    assert [name for name, verdict in shown.verdicts.items() if verdict.counterexample is None] == []
    assert {name: [claim.id for claim in verdict.diagnosis[:1]] for name, verdict in shown.verdicts.items()} == {
        name: [name] for name in shown.verdicts
    }


def test_every_row_with_marks_is_lost_by_some_mistake_and_kept_by_another(shown: Entry) -> None:
    marked = {row for row, marks in shown.assignment.rubric.items() if marks}
    rows = [row for verdict in shown.verdicts.values() for row in verdict.properties]
    assert marked == {row.name for row in rows if row.outcome is Mark.FAILED} & marked
    assert marked == {row.name for row in rows if row.outcome is Mark.PASSED} & marked


def test_each_mistake_has_a_title_that_follows_it_and_a_hint_that_asks_or_points() -> None:
    for mistake in (mistake for name in FOLDERS for mistake in read(name).mistakes):
        assert mistake.title[0].islower()
        assert mistake.title not in mistake.hint
        assert mistake.hint.endswith((".", "?"))


def test_a_notebook_of_coursera_may_import_the_courses_own_module() -> None:
    folder = GALLERY / "coursera-linear-activation-backward"
    source = (folder / "solution.py").read_text(encoding="utf-8")
    lines = "import matplotlib.pyplot as plt\nfrom dnn_utils import sigmoid, sigmoid_backward, relu, relu_backward\n"
    assert judge(build(read(folder.name)), lines + source).outcome is Outcome.PASSED


@pytest.mark.nightly
@pytest.mark.parametrize("name", FOLDERS)
def test_an_entry_is_as_sound_on_other_draws(name: str) -> None:
    for seed in SEEDS:
        built = build(replace(read(name), seed=seed))
        assert built.faults == ()
        assert [mistake for mistake, stored in built.mistakes.items() if not stored.wrong] == []
        for solution in SOLUTIONS:
            assert_full_marks(built, solution)
