"""Cases that let a known mistake pass are refused."""

from dataclasses import replace

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.publishing.selfcheck import selfcheck


def test_the_shipped_assignment_catches_every_mistake(udl: Judge) -> None:
    """And accepts its solution in every case."""
    report = selfcheck(udl.revision)
    assert report.sound
    assert report.reference_rejected == 0
    assert min(caught_mistake.cases for caught_mistake in report.catches) >= 10


def test_cases_that_a_mistake_passes_are_not_sound(udl: Judge) -> None:
    """Of three cases without hidden layers none shows the derivative of an activation."""
    flat = [place for place, case in enumerate(udl.revision.cases.drawn) if case.dims["K"] == 0][:3]
    mistakes = {name: replace(mistake, wrong=()) for name, mistake in udl.revision.mistakes.items()}
    report = selfcheck(replace(udl.revision, cases=udl.revision.cases.take(flat), mistakes=mistakes))
    assert "no_relu_derivative" in {mistake.id for mistake in report.missed}
    assert not report.sound
