"""docs/diagnosis.md under test: every model is on it, in the words that a verdict uses."""

from pathlib import Path

from grader.subjects.networks.diagnosis import state
from grader.subjects.networks.diagnosis.bugs import library
from grader.subjects.networks.diagnosis.diagnoser import DIFFERENTIATES
from tests.subjects.networks.diagnosis.behaviours import BEHAVIOURS
from tests.subjects.networks.diagnosis.formulas import ASSIGNMENTS, assignment, sources

PAGE = (Path(__file__).parents[4] / "docs" / "diagnosis.md").read_text(encoding="utf-8")


def test_every_model_is_on_the_page_with_its_title() -> None:
    """A row each."""
    bugs = [bug for line in (*library.LINES, library.RETURNED) for bug in line]
    bugs += [state.ACCUMULATES, state.GROWS, state.REMEMBERS, state.KEEPS, state.DEPENDS, DIFFERENTIATES]
    assert [bug.id for bug in bugs if f"| `{bug.id}` | {bug.title} |" not in PAGE] == []


def test_every_bug_of_the_tests_is_on_the_page() -> None:
    """Those too whose titles are made from numbers."""
    bugs = {bug for bug, _ in BEHAVIOURS} | {bug for params in ASSIGNMENTS for bug in sources(assignment(*params))}
    names = {name for bug in bugs for name in bug.split("+") if name}
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []
