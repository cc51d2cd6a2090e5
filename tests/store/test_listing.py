"""Lists: a course sees its own, newest first, a page at a time, whatever arrives meanwhile."""

import pytest

from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.store import search
from backmark.grader.store.errors import BadCursor
from backmark.grader.store.functions import Functions
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.search import Filter, SubmissionSearch
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, finish_job, new, verdict


def walk_pages(store: Store, record_filter: Filter, limit: int) -> list[str]:
    """All pages, one after another; something new arrives after each."""
    ids: list[str] = []
    cursor = None
    while True:
        page = store.submissions.list(record_filter, limit, cursor)
        assert len(page.items) <= limit
        ids += [record.id for record in page.items]
        cursor = page.next_cursor
        accept(store, new("late", course=record_filter.course))
        if cursor is None:
            return ids


def test_pages_hold_while_new_ones_arrive(store: Store) -> None:
    names = [finish_job(store, new(f"s{at}")) for at in range(7)]
    assert walk_pages(store, Filter("cs101"), 3) == names[::-1]


def test_the_last_full_page_leads_nowhere(store: Store) -> None:
    names = [finish_job(store, new(f"s{at}")) for at in range(4)]
    assert store.submissions.list(Filter("cs101"), 4).next_cursor is None
    first = store.submissions.list(Filter("cs101"), 2)
    second = store.submissions.list(Filter("cs101"), 2, first.next_cursor)
    assert [record.id for record in (*first.items, *second.items)] == names[::-1]
    assert second.next_cursor is None


def test_a_course_sees_nothing_of_another(store: Store) -> None:
    own_id = finish_job(store)
    for student in ("ada", "bob"):
        finish_job(store, new(student, course="other"))
    for record_filter in (Filter("cs101"), Filter("cs101", "udl-7.2"), Filter("cs101", student="ada")):
        assert [record.id for record in store.submissions.list(record_filter).items] == [own_id]
    assert store.submissions.list(Filter("cs101", outcome="passed", assignment="udl-7.2")).items[0].id == own_id
    assert store.submissions.list(Filter("third")).items == ()


def test_filters_are_all_kept_to(store: Store) -> None:
    failed_id = finish_job(store, outcome="failed")
    passed_id = finish_job(store)
    finish_job(store, new("bob"))
    finish_job(store, new(assignment="other"))
    waiting_id = accept(store)

    def names(record_filter: Filter) -> list[str]:
        return [record.id for record in store.submissions.list(record_filter).items]

    assert names(Filter("cs101", student="ada", assignment="udl-7.2")) == [waiting_id, passed_id, failed_id]
    assert names(Filter("cs101", student="ada", assignment="udl-7.2", outcome="passed")) == [passed_id]
    assert names(Filter("cs101", outcome="failed")) == [failed_id]
    assert names(Filter("cs101", state=State.QUEUED)) == [waiting_id]
    assert names(Filter("cs101", student="ada", assignment="none")) == []


@pytest.mark.parametrize(
    "criteria",
    [
        Filter("cs101"),
        Filter("cs101", assignment="udl-7.2"),
        Filter("cs101", student="ada"),
        Filter("cs101", assignment="udl-7.2", student="ada"),
        Filter("cs101", outcome="passed"),
        Filter("cs101", state=State.DONE),
    ],
)
def test_a_page_reads_no_more_records_than_it_shows(store: Store, criteria: Filter) -> None:
    for _ in range(10):
        finish_job(store)
    read_count = 0

    def count(names: list[str]) -> list[SubmissionRecord]:
        nonlocal read_count
        read_count += len(names)
        return store.submissions.many(names)

    page = SubmissionSearch(store.redis, Functions(store.redis), count).page(criteria, 4, None)
    assert (len(page.items), read_count) == (4, 4)


def test_a_mistake_is_found_by_its_whole_name(store: Store) -> None:
    """Also where another index is shorter, and the mistakes are compared one by one."""

    def finish(student: str, *mistakes: str) -> str:
        mistake_rows = [{"id": mistake, "title": mistake} for mistake in mistakes]
        explanation = {
            "id": " and ".join(mistakes),
            "title": "",
            "mistakes": mistake_rows,
            "explained": 1,
            "networks": 1,
        }
        name = accept(store, new(student))
        store.submissions.finish(claim_job(store, name), verdict("failed", diagnosis=[explanation]))
        return name

    both_id, longer = finish("a", "x", "y"), finish("b", "xx")

    def names(mistake: str, student: str | None = None) -> list[str]:
        criteria = Filter("cs101", "udl-7.2", mistake=mistake, student=student)
        return [submission.id for submission in store.submissions.list(criteria).items]

    assert names("y") == [both_id]
    assert names("x", "a") == [both_id]
    assert names("x", "b") == []
    assert names("xx", "b") == [longer]


def test_a_page_is_filled_from_far_below(store: Store) -> None:
    old_id = finish_job(store, outcome="failed")
    for at in range(450):
        accept(store, new(f"s{at}"))
    page = store.submissions.list(Filter("cs101", assignment="udl-7.2", state=State.DONE), 5)
    assert [record.id for record in page.items] == [old_id]
    assert page.next_cursor is None


@pytest.mark.parametrize(
    ("criteria", "matches"),
    [
        (Filter("cs101", state=State.SERVICE_FAILED), 2),
        (Filter("cs101", "udl-7.2", state=State.SERVICE_FAILED), 2),
        (Filter("cs101", student="ada", state=State.SERVICE_FAILED), 1),
        (Filter("cs101", state=State.CANCELLED), 0),
        (Filter("cs101", state=State.DONE), 3),
        (Filter("cs101", "udl-7.2", outcome="passed"), 0),
        (Filter("cs101", "udl-7.2", outcome="failed"), 1),
        (Filter("cs101", "other", outcome="passed", state=State.DONE), 2),
    ],
)
def test_a_rare_state_or_outcome_is_found_without_a_look_at_the_others(
    store: Store, criteria: Filter, matches: int
) -> None:
    for student in ("ada", "bob"):
        store.jobs.record_failure(claim_job(store, accept(store, new(student))), "no jail", 1)
    finish_job(store, outcome="failed")
    finish_job(store, new(assignment="other"))
    finish_job(store, new("bob", assignment="other"))
    for at in range(100):
        accept(store, new("ada" if at % 2 else f"s{at}", assignment=f"a{at % 3}"))
        accept(store, new(f"s{at}"))
    before = count_looks(store)
    assert len(store.submissions.list(criteria).items) == matches
    assert count_looks(store) - before <= 3


def count_looks(store: Store) -> int:
    """How often fields of a submission were compared."""
    return int(store.redis.info("commandstats").get("cmdstat_hmget", {"calls": 0})["calls"])


@pytest.mark.parametrize(
    "criteria",
    [Filter("cs101", student="ada", outcome="failed"), Filter("cs101", student="ada", state=State.DONE)],
)
def test_only_a_full_page_leads_on(store: Store, monkeypatch: pytest.MonkeyPatch, criteria: Filter) -> None:
    monkeypatch.setattr(search, "_CHUNK", 3)
    names = [finish_job(store, outcome="failed") for _ in range(3)]
    for at in range(20):
        accept(store, new(assignment=f"a{at}"))
        finish_job(store, new("bob"), outcome="failed")
    first = store.submissions.list(criteria, 2)
    second = store.submissions.list(criteria, 2, first.next_cursor)
    assert [[submission.id for submission in page.items] for page in (first, second)] == [names[:0:-1], names[:1]]
    assert second.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "bm90LWEtdGltZQ", "ZZZZ====", "MS4w\n", "bmFu", "aW5m", "ü"])
def test_a_cursor_that_no_page_gave_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadCursor, match="there is no page"):
        store.submissions.list(Filter("cs101"), cursor=cursor)


def test_publications_are_listed_by_course_newest_first(store: Store) -> None:
    names = [store.publications.request(NewPublication("cs101", f"a{at}", "")).id for at in range(5)]
    store.publications.request(NewPublication("other", "a", ""))
    first = store.publications.list("cs101", 3)
    second = store.publications.list("cs101", 3, first.next_cursor)
    assert [record.id for record in (*first.items, *second.items)] == names[::-1]
    assert second.next_cursor is None
