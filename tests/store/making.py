"""Helpers for the tests of the store: small submissions and verdicts, and an expired lease."""

import json
from typing import Any

from backmark.grader.model.notifications import Event, Notification
from backmark.grader.model.records import Claim, Job, Kind, SubmissionRecord
from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import Verdict
from backmark.grader.store import keys
from backmark.grader.store.codec import encode_verdict
from backmark.grader.store.connection import text
from backmark.grader.store.functions import read_library, read_script
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.store.summary import VerdictSummary

REVISION = "0123456789abcdef"
#: The list of events that the functions leave for the deliveries, oldest first.
OUTBOX = keys.key("outbox")


def new(
    student: str = "ada",
    source: bytes = b"def backward_pass(): pass",
    *,
    course: str = "cs101",
    assignment: str = "udl-7.2",
    key: str | None = None,
    fingerprint: str = "same",
) -> NewSubmission:
    """A submission of Ada's; with a key, sent with that Idempotency-Key."""
    idempotency = None if key is None else ("token", "POST /submissions", key, fingerprint)
    return NewSubmission(course, assignment, REVISION, student, "answer.py", source, idempotency)


def accept(store: Store, submission: NewSubmission | None = None) -> str:
    """Accept a submission, which waits, and return its id."""
    return store.submissions.accept(submission or new()).id


def claim_job(store: Store, name: str) -> Claim:
    """Claim a waiting submission."""
    claim = store.jobs.claim(job(name))
    assert claim is not None
    return claim


def finish_job(store: Store, submission: NewSubmission | None = None, outcome: str = "passed") -> str:
    """Accept and finish a submission, and return its id."""
    name = accept(store, submission)
    assert store.submissions.finish(claim_job(store, name), verdict(outcome))
    return name


def make_notification(
    store: Store, url: str, *events: Event, course: str = "cs101", author: str = ""
) -> tuple[Notification, str]:
    """Make a webhook, by default of all events, and return it with its secret."""
    made, secret = store.notifications.create(course, Notification(url, events=events), author)
    assert secret is not None
    return made, secret


def job(name: str) -> Job:
    """A submission as a job."""
    return Job(Kind.SUBMISSION, name)


def position(store: Store, waiting: Job) -> int | None:
    """The number of jobs ahead of one, or None if it does not wait."""
    place = store.jobs.place(waiting)
    return None if place is None else place.position


def now(store: Store, name: str) -> SubmissionRecord:
    """A submission that is there."""
    record = store.submissions.get(name)
    assert record is not None
    return record


def verdict(outcome: str = "passed", **fields: Any) -> Verdict:
    """A verdict with as much of its own as the store looks at; `fields` are as JSON has them."""
    is_passing = outcome == "passed"
    row = {"name": "relu_derivative", "outcome": "passed" if is_passing else "failed"}
    raw = {"outcome": outcome, "score": 10 if is_passing else 8, "max_score": 10, "properties": [row], **fields}
    return read_verdict(complete_result(raw))


def complete_result(raw: dict[str, Any]) -> dict[str, Any]:
    """The result object with everything that each has, and no default has: what it is about, and rows in full."""
    description = {
        "submission": {"id": "source", "filename": "source.py", "source_sha256": "0" * 64},
        "assignment": {"id": "udl-7.2", "revision": REVISION, "networks_sha256": "0" * 64},
        "statistics": {},
    }
    defaults = {"title": "", "score": 0, "max_score": 0, "networks": 0, "message": ""}
    hints = {"hint": "", "strong_hint": "", "read": ""}
    return {
        **description,
        **raw,
        "properties": [defaults | row for row in raw["properties"]],
        "diagnosis": [hints | explanation for explanation in raw.get("diagnosis", ())],
    }


def replace_verdict(store: Store, name: str, expected: int, by: Verdict, regrade: str) -> int | None:
    """Replace the current verdict if it is the expected one, as a regrade does; return the new number, else None."""
    script = "return replace(ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4]), ARGV[5])"
    number = _run(store, script, name, expected, encode_verdict(by), _summary(by), regrade)
    return None if number is None else int(number)


def restore_verdict(store: Store, name: str, expected: int, to: int) -> bool:
    """Restore an earlier verdict if the current one is the expected, as a rollback does; 0 stands for none."""
    earlier_verdict = store.submissions.verdict(name, to) if to else None
    script = "return restore(ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4])) and 1 or 0"
    return bool(_run(store, script, name, expected, to, "{}" if earlier_verdict is None else _summary(earlier_verdict)))


def _run(store: Store, script: str, *arguments: str | bytes | int) -> Any:
    """Run a script with what all functions share."""
    return store.redis.eval(read_script() + script, 0, *arguments)


def keep_functions(store: Store, *names: str) -> None:
    """Make Redis forget all functions but these."""
    others = "".join(f" and name ~= '{name}'" for name in names)
    begin = "  return function(name, run)\n"
    part = read_library().replace(begin, f"{begin}    if true{others} then return end\n")
    store.redis.function_flush()
    if names:
        store.redis.function_load(part)


def _summary(verdict_given: Verdict) -> str:
    return json.dumps(VerdictSummary.of(verdict_given).summary())


def cache_verdict(store: Store, key: str, cached_verdict: Verdict, source_sha256: str) -> bool:
    """Cache a verdict; return True if it is cached."""
    call = store.cache.storing_call(key, cached_verdict, source_sha256)
    return call is not None and bool(store.functions.call_joined(call))


def end_lease(store: Store, claim: Claim) -> None:
    """Set the end of the claim's lease to the past."""
    assert store.redis.zadd(keys.LEASES, {f"{claim.job.kind}:{claim.job.id}": 1}, xx=True, ch=True)


def list_remains(store: Store) -> set[str]:
    """Every key that belongs to a submission, a student or a course."""
    general = {"bm:course-records", "bm:moment", "bm:counters", "bm:outbox"}
    names = {text(name) for name in store.redis.scan_iter("bm:*")}
    # Numbers by assignment, for regrades, seconds that a sender used, by a hash, and those of a revision's gradings.
    passing = ("bm:verdicts-changed:", "bm:used:", "bm:usual:")
    return {name for name in names - general if not name.startswith(passing)}
