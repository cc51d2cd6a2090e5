"""A mistake of Backmark's own on one file of many: the others have their verdicts, and the exit status is ours."""

import itertools
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.worker.cli import parallel
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.main import main
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import Launch
from tests.corpus.short import RIGHT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three right submissions, on the second of which our own code raises."""
    plain = Grader.grade

    def grade(self: Grader, source: bytes, filename: str) -> Verdict:
        if filename == "b.py":
            raise KeyError("none")
        return plain(self, source, filename)

    monkeypatch.setattr(Grader, "grade", grade)
    for name in "abc":
        (tmp_path / f"{name}.py").write_text(RIGHT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("jobs", [["--jobs", "1"], []])
def test_a_folder_goes_on_after_an_internal_error(folder: Path, jobs: list[str], jail: Launch) -> None:
    """The file is named, the summary says so, and nothing is counted against the student."""
    assert jail.jailed
    result = CliRunner().invoke(main, ["grade", *jobs, str(folder)])
    assert result.exit_code == 3
    assert "b.py was not graded" in result.stderr
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith(("a.py", "b.py", "c.py"))]
    assert [row[1] for row in rows[-3:]] == ["passed", "internal", "passed"]


def test_each_process_goes_on_after_an_internal_error(folder: Path, udl: Judge, jail: Launch) -> None:
    """Verdicts come in the order of the files, with the failure in its place."""
    files = sorted(folder.iterdir())
    names = [file.name for file in files]
    with closing(parallel.Parallel(files, names, 2, lambda: Grader(udl, Jails(jail)))) as processes:
        answers = list(itertools.islice(processes.receive_verdicts(), 3))
    outcomes = [answer.outcome if isinstance(answer, Verdict) else answer.filename for answer in answers]
    assert outcomes == [Outcome.PASSED, "b.py", Outcome.PASSED]
    assert [isinstance(answer, GradingFailure) for answer in answers] == [False, True, False]
