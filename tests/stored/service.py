"""Services as they were left behind, by the names of what was stored, and what a worker does."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import HttpUrl, SecretStr

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.worker.service.context import Context
from backmark.worker.service.tasks import perform
from tests.stored.loading import Raw, load_known


@dataclass(frozen=True, slots=True)
class StoredService:
    """A service that was stored: its folder, and what was noted of it."""

    folder: Path
    known: Raw

    @classmethod
    def load(cls, name: str) -> "StoredService":
        """Return the service whose folder has this name."""
        folder = Path(__file__).parent / name
        return cls(folder, load_known(folder))

    @property
    def courses(self) -> list[str]:
        """The names of its courses; the first is the one with everything in it."""
        return [self.known[name] for name in ("course", "other", "lms")]

    @property
    def done(self) -> dict[str, str]:
        """The ids of submissions that were graded, by name."""
        done: dict[str, str] = self.known["submissions"]["done"]
        return done

    @property
    def verdict_links(self) -> dict[str, str]:
        """The links to verdicts, by the name of the submission."""
        paths: dict[str, str] = self.known["verdict links"]
        return paths

    @property
    def hand_in_links(self) -> dict[str, str]:
        """The links to hand in that hold."""
        return {name: path for name, path in self.known["links"].items() if name != "ended"}

    def settings(self, redis_url: str) -> ServiceSettings:
        """Return the settings of the service on another Redis."""
        return ServiceSettings(
            redis_url=SecretStr(redis_url),
            secret=SecretStr(self.known["secret"]),
            tries=2,
            link_days=3650,
            public_url=HttpUrl(self.known["public_url"]),
        )

    def submissions(self, store: Store) -> list[SubmissionRecord]:
        """Return the submissions of all courses."""
        return [record for course in self.courses for record in store.submissions.list(Filter(course), 1000).items]

    def phase(self, store: Store, regrade: str) -> str:
        """Return the phase of the regrade with this name."""
        record = store.regrades.get(self.known["regrades"][regrade])
        assert record is not None
        return record.phase

    def do_step(self, context: Context, regrade: str) -> None:
        """Let a worker do what waits, until the step is done in which the regrade with this name is."""
        before = self.phase(context.store, regrade)
        for _ in range(100):
            if self.phase(context.store, regrade) != before:
                return
            perform(context)
        raise AssertionError(f"it is {before} for good")


AT_0_3_0 = StoredService.load("at_0_3_0")


def get_record(store: Store, name: str) -> SubmissionRecord:
    record = store.submissions.get(name)
    assert record is not None
    return record


def marks(store: Store, names: list[str]) -> list[tuple[str | None, int | None, int | None]]:
    records = [get_record(store, name) for name in names]
    return [(record.outcome, record.score, record.max_score) for record in records]


def perform_until_graded(context: Context, name: str) -> None:
    """Answer messages about a submission until it is graded: each leads to whoever's turn it is."""
    for _ in range(20):
        if get_record(context.store, name).outcome is None:
            perform(context)
