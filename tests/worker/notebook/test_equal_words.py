"""A check says what the service says: rows, marks, names, lines and the smallest case, on the same cases."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision, load_packaged
from backmark.grader.contracts.kits.kit import Kit, dump_kit, load_kit
from backmark.grader.model.assignment import Limits
from backmark.grader.model.verdict import Verdict
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.notebook.warm import WarmSessions
from backmark.worker.sandbox.policy import plan_unjailed

#: Functions that return or raise whatever there is, and do no harm outside of a jail.
FILES = [
    file
    for file in sorted((Path(__file__).parents[2] / "submissions").glob("*.py"))
    if file.name.startswith(("array_", "exception_"))
]
#: Of those, the ones that are graded in every run.
FEW = FILES[::12]


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    shipped = load_packaged("udl-7.2")
    limits = Limits(seconds_per_call=1.0, seconds=8.0)
    return replace(shipped, assignment=replace(shipped.assignment, limits=limits), stored=None)


@pytest.fixture(scope="module")
def service(revision: ContractRevision, jails: Jails) -> Grader:
    return Grader(Judge(revision), jails)


@pytest.fixture(scope="module")
def checker(revision: ContractRevision) -> Iterator[Grader]:
    kit = load_kit(dump_kit(Kit.of(revision, with_solution=True)), "udl-7.2.kit")
    with closing(WarmSessions(plan_unjailed())) as sessions:
        yield Grader(Judge(kit.contents), sessions)


def list_words(verdict: Verdict) -> dict[str, Any]:
    """All that a verdict says of a submission: not how long it took, by which engine, nor what staff alone see."""
    words = verdict.as_dict()
    for member in ("engine", "flags", "assignment"):
        del words[member]
    del words["statistics"]["seconds"]
    return words


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=() if file in FEW else pytest.mark.nightly, id=file.stem) for file in FILES],
)
def test_a_check_has_the_words_of_the_service(service: Grader, checker: Grader, file: Path) -> None:
    source = file.read_bytes()
    assert list_words(checker.grade(source, file.name)) == list_words(service.grade(source, file.name))
