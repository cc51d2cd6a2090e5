"""An assignment's text becomes a revision that is sound, or a sentence that says why not."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from grader.subjects.networks.assignment import Assignment, Ranges
from grader.subjects.networks.assignment_toml import MOST_NETWORKS
from grader.subjects.networks.steps import STEPS

from grader.errors import AssignmentError
from grader.model import fresh_places
from grader.model.fresh_places import GROUPS, group, places, usual
from grader.model.records import Job, Kind, PublicationRecord, RevisionRecord, State
from grader.publishing.selfcheck import selfcheck
from grader.store.publications import NewPublication
from grader.store.regrades.model import Selection, Which
from grader.store.search import Filter
from grader.store.submissions import NewSubmission
from tests.contracts import ContractJudge
from tests.made import table
from tests.service.conftest import Making, Sent
from tests.service.parts import COURSE, EXAMPLES, until
from worker.grading.revisions import DrawingProcess
from worker.service import fresh_cases, pools
from worker.service.context import Context
from worker.service.tasks import perform

RIGHT = next(file for file in EXAMPLES if file.name == "right_loops.py").read_bytes()
TOML = 'id = "mine"\ntitle = "Mine"\n'
NO_MARKS = "".join(f"{name} = 0\n" for name in (*STEPS, "any_shape"))
#: Of this service, and of another.
OURS, OTHERS = "nobody guesses it", "nor this"
NAMES = [f"s{number}" for number in range(1, 100)]


@pytest.fixture(scope="module", autouse=True)
def _draw_once() -> Iterator[None]:
    """Draw the same networks once for all tests of this file; whatever is not drawn yet, is drawn as ever."""
    networks_by_request: dict[tuple[Assignment, bool], bytes] = {}

    class Kept(DrawingProcess):
        """A drawing that is remembered."""

        def __init__(self, assignment: Assignment, *, pool: bool = False) -> None:
            self._asked = (assignment, pool)
            if self._asked not in networks_by_request:
                super().__init__(assignment, pool=pool)

        def result(self, seconds: float | None = None) -> bytes:
            """A revision's bytes, drawn now or before."""
            if self._asked not in networks_by_request:
                networks_by_request[self._asked] = super().result(seconds)
            return networks_by_request[self._asked]

        def stop(self) -> None:
            """End it, if it runs."""
            if self._asked not in networks_by_request:
                super().stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pools, "DrawingProcess", Kept)
        yield


def run_publication(context: Context, toml: str, *, fresh_count: int = 0, name: str = "mine") -> PublicationRecord:
    """Request a publication, let the worker perform it, and return it."""
    request = context.store.publications.request(NewPublication(COURSE, name, toml, fresh_count))
    perform(context, Job(Kind.PUBLICATION, request.id))
    publication = context.store.publications.get(request.id)
    assert publication is not None
    return publication


def publish(context: Context, toml: str, *, fresh_count: int = 0) -> RevisionRecord:
    publication = run_publication(context, toml, fresh_count=fresh_count)
    assert (publication.state, publication.refusal) == (State.DONE, None)
    revision = context.store.assignments.current(COURSE, "mine")
    assert revision is not None
    assert revision.id == publication.revision
    return revision


def verdict(
    context: Context, revision: RevisionRecord, source: bytes, student: str, assignment: str = "mine"
) -> dict[str, Any]:
    new = NewSubmission(COURSE, assignment, revision.id, student, "a.py", source)
    job = Job(Kind.SUBMISSION, context.store.submissions.accept(new).id)
    perform(context, job)
    verdict_record = context.store.submissions.verdict(job.id)
    assert verdict_record is not None, context.store.submissions.get(job.id)
    return verdict_record.as_dict()


def pair() -> tuple[str, str]:
    """Two students of one group."""
    return "s0", next(name for name in NAMES if group_of(name) == group_of("s0"))


def stranger() -> str:
    """A student of another group than theirs."""
    return next(name for name in NAMES if group_of(name) != group_of("s0"))


def group_of(student: str) -> str:
    return group(OURS.encode(), COURSE, student)


def bare(verdict: dict[str, Any]) -> dict[str, Any]:
    """All of a verdict but whose it is, and how long it took."""
    timeless = {**verdict["statistics"], "seconds": 0}
    return {**verdict, "submission": None, "statistics": timeless}


def test_a_sound_assignment_is_published_and_graded_on(context: Context) -> None:
    revision = publish(context, TOML + "networks = 60\n")
    assert (revision.title, revision.fresh) == ("Mine", 0)
    assert len(revision.catches) > 10
    assert all(networks > 0 for _, networks in revision.catches)
    preview = json.loads(revision.preview)
    assert (preview["networks"], sum(preview["depth"].values())) == (60, 60)
    assert [(mistake["id"], mistake["networks"]) for mistake in preview["mistakes"]] == [*revision.catches]
    first_verdict = verdict(context, revision, RIGHT, "ann")
    assert first_verdict["outcome"] == "passed"
    assert first_verdict["assignment"] == {
        "id": "mine",
        "revision": revision.id,
        "networks_sha256": revision.networks_sha256,
        "own_networks": True,
        "kind": "networks",
    }


@pytest.mark.parametrize(
    ("toml", "fresh_count", "sentence"),
    [
        ("id = mine", 0, "no TOML"),
        (TOML + "depth = 3\n", 0, "depth"),
        ('id = "other"\ntitle = "Other"\n', 0, "the assignment's id is other"),
        (TOML + "networks = 2\n[home]\nnetworks = 1\n", 0, "several_inputs"),
        (TOML + "networks = 30\n[ranges]\ndepth = [0, 2]\n", 0, "home.depth is 5"),
        (TOML + "networks = 100\n[rubric]\n" + NO_MARKS, 0, "has any marks"),
        (TOML, 5, "BACKMARK_SECRET"),
    ],
)
def test_what_a_person_can_mend_is_refused_in_a_sentence(
    context: Context, toml: str, fresh_count: int, sentence: str
) -> None:
    publication = run_publication(context, toml, fresh_count=fresh_count)
    assert publication.state is State.DONE
    assert publication.revision is None
    assert sentence in str(publication.refusal)
    assert context.store.assignments.current(COURSE, "mine") is None


def test_a_refusal_names_the_mistakes_that_would_pass_and_what_to_do(context: Context) -> None:
    refusal = run_publication(context, TOML + "networks = 2\n[home]\nnetworks = 1\n").refusal
    assert refusal is not None
    assert refusal.says == "these known-wrong implementations would pass"
    assert "several_inputs" in {mistake.id for mistake in refusal.mistakes}
    assert refusal.advice.startswith("Run `backmark assignment check` on the file: it finds")
    mistake_names = ", ".join(f"{mistake.id} ({mistake.title})" for mistake in refusal.mistakes)
    assert str(refusal) == f"{refusal.says}: {mistake_names}. {refusal.advice}"


def test_more_fresh_networks_than_can_be_drawn_are_refused(making: Making) -> None:
    """An earlier version accepted them."""
    publication = run_publication(making(secret=OURS), TOML, fresh_count=fresh_places.MOST + 1)
    assert str(publication.refusal) == "fresh is 401; at most 400 networks can be fresh"


def test_a_pool_of_the_most_fresh_networks_is_an_assignment_that_can_be_drawn() -> None:
    assert fresh_cases.pool_size(fresh_places.MOST) == MOST_NETWORKS
    assert fresh_places.usual(MOST_NETWORKS) == fresh_places.MOST


def test_a_worker_that_stops_hands_back_a_publication(making: Making) -> None:
    """Drawing takes a second or more: the process that draws is ended."""
    context = making(grace_seconds=0)
    request = context.store.publications.request(NewPublication(COURSE, "mine", TOML + "networks = 2000\n", 0))
    job = Job(Kind.PUBLICATION, request.id)

    def stop() -> None:
        until(lambda: context.store.jobs.running() == 1, "it runs")
        context.stop.request()

    stop_thread = threading.Thread(target=stop)
    stop_thread.start()
    perform(context, job)
    stop_thread.join()
    assert isinstance(context.dispatcher, Sent)
    assert context.dispatcher.again == [job]
    assert context.store.jobs.position(job) == 0


def test_students_of_one_group_are_graded_on_the_same_fresh_networks(making: Making) -> None:
    """Whatever the source: who changes a comment meets no others. The verdict names the networks and the revision."""
    context = making(secret=OURS)
    revision = publish(context, TOML + "networks = 60\n", fresh_count=12)
    assert (revision.fresh, len(revision.replaced)) == (12, 12)
    (ann, bob), other_student = pair(), stranger()
    first = verdict(context, revision, RIGHT, ann)
    changed_verdict = verdict(context, revision, RIGHT + b"\n# mine\n", ann)
    pool_verdict = verdict(context, revision, RIGHT, bob)
    other_verdict = verdict(context, revision, RIGHT, other_student)
    anew = verdict(making(secret=OURS, cache_days=0), revision, RIGHT, ann)
    all_verdicts = [first, changed_verdict, pool_verdict, other_verdict, anew]
    assert [found_verdict["outcome"] for found_verdict in all_verdicts] == ["passed"] * 5
    hashes = [found_verdict["assignment"]["networks_sha256"] for found_verdict in all_verdicts]
    assert len({*hashes[:3], hashes[4]}) == 1
    assert hashes[3] != hashes[0]
    assert revision.networks_sha256 not in hashes
    assert {found_verdict["assignment"]["revision"] for found_verdict in all_verdicts} == {revision.id}
    assert {found_verdict["statistics"]["networks"] for found_verdict in all_verdicts} == {60}
    assert bare(anew) == bare(first)
    with pytest.raises(AssignmentError, match="BACKMARK_SECRET"):
        making().graders.grader(revision, "0" * 64, "1")


def test_another_secret_chooses_other_networks(making: Making) -> None:
    revision = publish(making(secret=OURS), TOML + "networks = 60\n", fresh_count=12)
    hashes = [
        making(secret=secret).graders.grader(revision, "", "3").reference.networks_sha256 for secret in (OURS, OTHERS)
    ]
    assert len(set(hashes)) == 2


def test_verdicts_are_reused_within_a_group_only(making: Making) -> None:
    context = making(secret=OURS)
    revision = publish(context, TOML + "networks = 60\n", fresh_count=12)
    (ann, bob), other_student = pair(), stranger()
    reuses = []
    for student in (ann, bob, other_student):
        verdict(context, revision, RIGHT, student)
        (record,) = context.store.submissions.list(Filter(COURSE, student=student), 1).items
        reuses.append(record.reused)
    assert reuses == [False, True, False]


def test_a_table_of_the_answers_to_the_shipped_networks_fails_in_the_service(
    making: Making, udl: ContractJudge
) -> None:
    """With a secret the pool is drawn for the first submission, and kept; a right submission passes."""
    context, cheating_source = making(secret=OURS), table(udl.revision)
    revision = context.store.assignments.current(COURSE, "udl-7.2")
    assert revision is not None
    assert (revision.id, revision.fresh) == (udl.revision.id, 40)
    cheat, right = (verdict(context, revision, source, "ann", "udl-7.2") for source in (cheating_source, RIGHT))
    assert right["outcome"] == "passed"
    assert cheat["outcome"] != "passed"
    assert cheat["score"] == 0
    assert right["assignment"]["revision"] == revision.id
    assert right["assignment"]["networks_sha256"] != revision.networks_sha256
    pool = context.store.assignments.pool(revision.id)
    second_context = making(secret=OURS, cache_days=0)
    assert bare(verdict(second_context, revision, RIGHT, "ann", "udl-7.2")) == bare(right)
    assert second_context.store.assignments.pool(revision.id) == pool is not None


def test_without_a_secret_what_ships_is_graded_on_its_own_networks(making: Making, udl: ContractJudge) -> None:
    context = making()
    revision = context.store.assignments.current(COURSE, "udl-7.2")
    assert revision is not None
    assert (revision.fresh, revision.replaced) == (0, ())
    ann_verdict = verdict(context, revision, RIGHT, "ann", "udl-7.2")
    assert ann_verdict["assignment"]["networks_sha256"] == udl.revision.cases_sha256


def test_a_regrade_draws_the_networks_of_each_students_group(making: Making) -> None:
    """A source has a unit for each group that handed it in, whose verdict is that of its students, bit for bit."""
    context = making(secret=OURS)
    revision = publish(context, TOML + "networks = 60\n", fresh_count=12)
    (ann, bob), other_student = pair(), stranger()
    before = {student: verdict(context, revision, RIGHT, student) for student in (ann, bob, other_student)}
    selection = Selection(COURSE, "mine", revision.id, which=Which.ALL, fresh=True)
    regrade = context.store.regrades.request(selection).regrade.id
    perform(context, Job(Kind.REGRADE, regrade))
    assert isinstance(context.dispatcher, Sent)
    units = [job for job in context.dispatcher.jobs if job.kind is Kind.UNIT]
    assert len(units) == 2
    for job in units:
        perform(context, job)
    rows = context.store.regrades.report(regrade).all(frozenset())
    verdicts = {row.entry.student: context.store.regrades.units.verdict(row.entry.unit) for row in rows}
    assert {
        student: student_verdict and bare(student_verdict.as_dict()) for student, student_verdict in verdicts.items()
    } == {student: bare(student_verdict) for student, student_verdict in before.items()}


def test_what_gives_way_leaves_networks_that_catch_every_mistake(udl: ContractJudge) -> None:
    places_caught = [caught_mistake.places for caught_mistake in selfcheck(udl.revision).catches]
    assert fresh_places.replaceable(200, 40, places_caught) == places(200, usual(200))
    assert fresh_places.replaceable(10, 2, [(0,), (5,)]) == (1, 6)
    assert fresh_places.replaceable(4, 2, [(0,), (1,)]) == (2,)
    assert fresh_places.replaceable(2, 1, [(0,), (1,)]) == ()


def test_who_hands_in_without_a_name_belongs_to_a_group_of_the_course() -> None:
    assert group(b"secret", "one", "") == group(b"other", "one", "") != group(b"secret", "two", "")
    assert {group(b"secret", "one", f"{i}") for i in range(100)} == {str(i) for i in range(GROUPS)}


def test_a_choice_covers_the_whole_pool(udl: ContractJudge) -> None:
    choices = [set(fresh_cases.choose(b"secret", "revision", f"{i:064}", 50, 10)) for i in range(50)]
    assert all(len(choice) == 10 for choice in choices)
    assert set.union(*choices) == set(range(50))
    with pytest.raises(AssignmentError):
        fresh_cases.choose(b"secret", "revision", "", 5, 6)
    assert udl.assignment.ranges == Ranges()


def test_a_pool_is_drawn_by_a_seed_that_only_the_secret_tells(udl: ContractJudge) -> None:
    def pool(count: int, secret: bytes) -> Assignment:
        pool_drawn = fresh_cases.pool_assignment(udl.assignment, count, secret)
        assert isinstance(pool_drawn, Assignment)
        return pool_drawn

    pools = [pool(10, secret) for secret in (b"one", b"two")]
    assert pools[0].seed != pools[1].seed
    assert pools[0].networks == 200
    assert replace(pools[0], seed=0, networks=0) == replace(udl.assignment, seed=0, networks=0)
    assert pool(100, b"one").networks == 500


def test_joined_networks_stand_in_order_of_depth(udl: ContractJudge) -> None:
    merged_revision = udl.revision.renewal.merge(udl.revision, [0, 150, 3])
    depths = [len(sizes) for sizes in merged_revision.suite.sizes]
    assert depths == sorted(depths)
    assert len(merged_revision.suite) == 203
    assert sorted(merged_revision.suite.corners) == sorted(
        [*udl.revision.suite.corners, *(udl.revision.suite.corners[i] for i in (0, 150, 3))]
    )
