"""What was stored at commit b8e7fd0, by its names, and what a worker does with it."""

from pathlib import Path

from backmark.grader.model.records import Job, Kind, SubmissionRecord
from backmark.grader.model.regrades import Phase
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.worker.service.context import Context
from backmark.worker.service.tasks import perform
from tests.stored.loading import load_known

FOLDER = Path(__file__).parent / "at_b8e7fd0"
KNOWN = load_known(FOLDER)
COURSE, OTHER = KNOWN["course"], KNOWN["other"]
DONE: dict[str, str] = KNOWN["submissions"]["done"]


def submissions(store: Store) -> list[SubmissionRecord]:
    """All of both courses."""
    return [record for course in (COURSE, OTHER) for record in store.submissions.list(Filter(course), 1000).items]


def get_record(store: Store, name: str) -> SubmissionRecord:
    record = store.submissions.get(name)
    assert record is not None
    return record


def marks(store: Store, names: list[str]) -> list[tuple[str | None, int | None, int | None]]:
    records = [get_record(store, name) for name in names]
    return [(record.outcome, record.score, record.max_score) for record in records]


def phase(store: Store, regrade: str) -> Phase:
    record = store.regrades.get(KNOWN["regrades"][regrade])
    assert record is not None
    return record.phase


def do_step(context: Context, regrade: str) -> None:
    perform(context, Job(Kind.REGRADE, KNOWN["regrades"][regrade]))


def perform_until_graded(context: Context, name: str) -> None:
    """Answer messages about a submission until it is graded: each leads to whoever's turn it is."""
    for _ in KNOWN["submissions"]:
        if get_record(context.store, name).outcome is None:
            perform(context, Job(Kind.SUBMISSION, name))
