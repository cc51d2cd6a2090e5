"""Every assignment of the gallery is sound: right solutions earn full marks, and each mistake costs its rows.

Nothing here is drawn twice: an entry's tests share its revision and the verdicts on its mistakes.
"""

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

import backmark.grader.assignments
from backmark.grader.contracts.gallery import list_gallery
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language import reading, row_comments
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.publishing.tolerance import is_rough
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import LocalWorkshop, build, build_shared, judge

GALLERY = Path(next(iter(backmark.grader.assignments.__path__))) / "gallery"
FOLDERS = sorted(file.parent.name for file in GALLERY.glob("*/assignment.toml"))
SOLUTIONS = ("solution.py", "other_solution.py")
#: Seeds of the nightly drawings.
SEEDS = range(1, 6)
#: The entries that are built by day, each of another kind: a network, a layer, an update; the others nightly.
BY_DAY = frozenset({"accumulating_linear", "mit-tanh", "momentum_update", "udl-7.2"})
#: Of the conventions that do not count one is told of by day, which has another call.
ALSO_BY_DAY = ("cmu-activations", "local")
ENTRIES = [pytest.param(name, marks=() if name in BY_DAY else pytest.mark.nightly) for name in FOLDERS]


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


def read_entry(name: str) -> ContractAssignment:
    assignment = reading.read(GALLERY / name)
    assert isinstance(assignment, ContractAssignment)
    return assignment


def list_conventions() -> list[tuple[str, str]]:
    entries = (read_entry(entry.id) for entry in list_gallery())
    return [(entry.id, convention.name) for entry in entries for convention in entry.conventions]


@pytest.fixture(scope="module", params=ENTRIES)
def revision(request: pytest.FixtureRequest) -> ContractRevision:
    return build_shared(read_entry(request.param))


@pytest.fixture(scope="module", params=ENTRIES)
def entry(request: pytest.FixtureRequest) -> Entry:
    revision = build_shared(read_entry(request.param))
    verdicts = {mistake.id: judge(revision, mistake.source) for mistake in revision.assignment.mistakes}
    return Entry(GALLERY / request.param, revision, verdicts)


def assert_full_marks(revision: ContractRevision, name: str) -> None:
    """A solution passes with full marks in double precision, and has no wrong number in single precision."""
    solutions = {solution.name: solution.source for solution in revision.assignment.other_solutions}
    source = {"solution.py": revision.assignment.solution, **solutions}[name]
    verdict = judge(revision, source)
    assert [row for row in verdict.properties if row.outcome is not Mark.PASSED] == []
    assert verdict.outcome is Outcome.PASSED
    assert sum(row.score for row in verdict.properties) == sum(revision.assignment.rubric.values())
    exchange = replace(revision.contract.exchange, dtype="float32")
    assert not all_wrong(revision.cases, LocalWorkshop().ask(source, name, exchange, revision.cases)).any()


def test_nothing_keeps_an_entry_from_publication(revision: ContractRevision) -> None:
    assert revision.faults == ()
    assert np.isnan(revision.cases.expected).mean() < 0.01


def test_single_precision_keeps_enough_of_every_array(revision: ContractRevision) -> None:
    """Right code in another style is rounded otherwise, as a softmax is by the logarithm of its sum."""
    cases = revision.cases
    assert [case.dims for place, case in enumerate(cases.drawn) if is_rough(cases.take([place]))] == []


def test_right_solutions_in_two_styles_earn_full_marks_in_either_precision(revision: ContractRevision) -> None:
    for name in SOLUTIONS:
        assert_full_marks(revision, name)


def test_each_of_at_least_six_mistakes_fails_and_is_named_first(entry: Entry) -> None:
    assert len(entry.verdicts) >= 6
    assert [name for name, verdict in entry.verdicts.items() if verdict.outcome is not Outcome.FAILED] == []
    assert [name for name, verdict in entry.verdicts.items() if verdict.counterexample is None] == []
    assert {name: [claim.id for claim in verdict.diagnosis[:1]] for name, verdict in entry.verdicts.items()} == {
        name: [name] for name in entry.verdicts
    }


def test_every_row_with_marks_is_lost_by_some_mistake_and_kept_by_another(entry: Entry) -> None:
    rows_with_marks = {row for row, marks in entry.assignment.rubric.items() if marks}
    rows = [row for verdict in entry.verdicts.values() for row in verdict.properties]
    assert rows_with_marks == {row.name for row in rows if row.outcome is Mark.FAILED} & rows_with_marks
    assert rows_with_marks == {row.name for row in rows if row.outcome is Mark.PASSED} & rows_with_marks


def test_a_mistake_in_lines_that_count_for_rows_costs_their_rows_alone(entry: Entry) -> None:
    rows = {row.name for row in entry.assignment.rows}
    for mistake in entry.assignment.mistakes:
        verdict = entry.verdicts[mistake.id]
        changed = find_changed_rows(entry.assignment.solution, mistake.source)
        kept = {
            # One mistake costs once: another row that fails by it as well keeps its marks.
            row.name
            for row in verdict.properties
            if row.name in rows and (row.outcome is Mark.PASSED or row.score == row.max_score > 0)
        }
        if changed and verdict.repair:
            # What is stored and what reads it are mended by one of the two.
            assert rows - kept <= changed, mistake.id
            assert kept < rows, mistake.id
        assert rows or not verdict.repair


def find_changed_rows(solution: str, mistake: str) -> set[str]:
    """Return the rows of the lines of a solution that a mistake changes; none if it changes others as well."""
    statements = row_comments.read_row_statements(solution)
    lines, others = row_comments.strip(solution).splitlines(), mistake.splitlines()
    rows: set[str] = set()
    for kind, start, stop, _, _ in SequenceMatcher(None, lines, others, autojunk=False).get_opcodes():
        # The first lines are a docstring.
        for number in range(start + 1, stop + 1) if kind != "equal" and start else ():
            found = [row for known in statements if known.first <= number <= known.last for row in known.rows]
            if not found and lines[number - 1].strip():
                return set()
            rows.update(found)
    return rows


def test_each_mistake_has_a_title_that_follows_it_and_a_hint_that_asks_or_points() -> None:
    for mistake in (mistake for name in FOLDERS for mistake in read_entry(name).mistakes):
        assert mistake.title[0].islower()
        assert mistake.title not in mistake.hint
        assert mistake.hint.endswith((".", "?"))


def test_a_notebook_of_coursera_may_import_the_courses_own_module() -> None:
    folder = GALLERY / "coursera-linear-activation-backward"
    source = (folder / "solution.py").read_text(encoding="utf-8")
    lines = "import matplotlib.pyplot as plt\nfrom dnn_utils import sigmoid, sigmoid_backward, relu, relu_backward\n"
    assert judge(build_shared(read_entry(folder.name)), lines + source).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("name", "convention"),
    [
        pytest.param(*pair, marks=() if pair == ALSO_BY_DAY else pytest.mark.nightly, id="-".join(pair))
        for pair in list_conventions()
    ],
)
def test_the_solution_of_another_convention_is_right_by_that_one_alone(name: str, convention: str) -> None:
    revision = build_shared(read_entry(name))
    (other,) = (known for known in revision.assignment.conventions if known.name == convention)
    for source in (other.solution, *(solution.source for solution in other.other_solutions)):
        verdict = judge(revision, row_comments.strip(source))
        assert (verdict.outcome is Outcome.PASSED, [remark.title for remark in verdict.remarks]) == (
            other.costs == (),
            [other.title],
        )


@pytest.mark.parametrize(("name", "convention"), list_conventions())
def test_each_convention_can_be_the_one_that_counts(name: str, convention: str) -> None:
    own = read_entry(name)
    counting = reading.parse(f'counts = "{convention}"\n{reading.read_text(GALLERY / name)}', name)
    (other,) = (known for known in own.conventions if known.name == convention)
    assert (counting.solution, counting.results, counting.call) == (other.solution, other.results, other.call)
    assert own.counting in [known.title for known in counting.conventions]


@pytest.fixture(scope="module")
def dropout() -> ContractRevision:
    return build(replace(read_entry("cs231n-dropout"), mistakes=(), cases=10, rows=()))


@pytest.mark.parametrize(
    ("mask", "wrong"),
    [
        ("np.random.default_rng().random(x.shape) < p", ""),
        ("np.random.binomial(1, p, x.shape)", ""),
        ("np.random.choice([0, 1], x.shape, p=[1 - p, p])", ""),
        ("np.random.rand(x.shape[-1]) < p", "examples_lose_different_units"),
        ("np.random.rand(*x.shape[:1], *[1] * (x.ndim - 1)) < p", "units_are_lost_in_different_examples"),
        ("np.random.rand(*x.shape) < (p + 1) / 2", "share_kept_is_about_p"),
        ("np.random.choice([0, 1], x.shape) if p < 1 else np.ones(x.shape)", "share_kept_is_about_p"),
    ],
)
def test_a_mask_of_dropout_may_be_drawn_in_any_way_that_keeps_p_of_the_units(
    mask: str, wrong: str, dropout: ContractRevision
) -> None:
    source = dropout.assignment.solution.replace("np.random.rand(*x.shape) < p", mask)
    verdict = judge(dropout, source)
    assert verdict.outcome is (Outcome.FAILED if wrong else Outcome.PASSED)
    example = verdict.counterexample
    results = example.results if isinstance(example, CaseCounterexample) else ()
    assert [result.name for result in results if result.wrong] == [wrong] * bool(wrong)


@pytest.mark.nightly(0)
@pytest.mark.parametrize("name", FOLDERS)
def test_an_entry_is_as_sound_on_other_draws(name: str) -> None:
    for seed in SEEDS:
        revision = build(replace(read_entry(name), seed=seed))
        assert revision.faults == ()
        assert [mistake for mistake, stored_mistake in revision.mistakes.items() if not stored_mistake.wrong] == []
        for solution in SOLUTIONS:
            assert_full_marks(revision, solution)
