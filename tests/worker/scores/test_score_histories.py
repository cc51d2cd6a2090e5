"""Any history of marks, posts and failures ends with each student's present mark in the gradebook."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
import requests
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from werkzeug.wrappers import Request, Response

from backmark.grader.model.lti import LineItem, LtiUser, Platform
from backmark.grader.model.scores import ScoreReason, ScoreState
from backmark.grader.model.terms import Override
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.scores import ScoreClaim, ScoreEnd
from backmark.grader.store.store import Store
from backmark.worker.service.score_sources import recorded_sources
from backmark.worker.service.scores import GradebookScores, ScorePost
from tests.lti.platform.gradebook import INSTRUCTOR, TEST_USER, CanvasRules, Gradebook, Member, MoodleRules, Rules
from tests.lti.platform.wire import connect, verifier
from tests.store.making import accept, claim_job, new, replace_verdict, restore_verdict, verdict

COURSE, ASSIGNMENT, COLUMN = "lti-1", "udl-7.2", "/lineitems/7"
TOKEN_URL = "https://lms.example/token"  # noqa: S105 - an address
#: Names of students in submissions, and their subjects; a member of staff and a preview hand in, too.
STUDENTS = {"11": "11", "12": "12"}
STAFF, TEST = "21", "test-student-0123456789abcdef01234567"
EVERYBODY = [*STUDENTS, STAFF, TEST]
#: Few, so that marks go back to what they were.
SCORES = st.sampled_from([0, 3, 8])
FAILURES = ["answers", "away", "fails", "busy", "loses answers"]
#: Which of what stands is meant, modulo how many there are. How many claims there are goes by the store's clock, which
#: must not decide what is drawn.
NUMBERS = st.integers(0, 7)
DAY, LEASE = 86_400.0, 60.0


@dataclass
class Flight:
    """A claim of a process that may be slow, or die."""

    claim: ScoreClaim
    #: When its lease ends, by the platform's clock.
    until: float
    prepared: ScorePost | ScoreEnd | None = None
    end: ScoreEnd | None = None


@dataclass
class Handed:
    """A submission with its verdicts."""

    student: str
    shares: list[float]
    holds: int = 1


class Histories(RuleBasedStateMachine):
    """Marks come, change and go while posts are at every stage and the platform fails in every way."""

    def __init__(self, store: Store, service: ServiceSettings, rules: Rules, pair: tuple[str, str]) -> None:
        super().__init__()
        store.redis.flushall()
        self.store = store
        family = "moodle" if isinstance(rules, MoodleRules) else "canvas"
        self.book = Gradebook(rules, verifier(pair[1], TOKEN_URL), self.now)
        self.book.columns[COLUMN] = 20.0
        self.book.enrol(*(Member(subject) for subject in STUDENTS.values()))
        self.book.enrol(Member("21", roles=(INSTRUCTOR,)), Member("99", roles=(*Member("").roles, TEST_USER)))
        platform = Platform("p", "https://lms.example", "client", "", TOKEN_URL, "", family=family)
        store.platforms.add(platform)
        for student, subject in {**STUDENTS, STAFF: "21", TEST: "99"}.items():
            store.launches.record_user(LtiUser(COURSE, student, subject, staff=student == STAFF, test=student == TEST))
        store.line_items.record(LineItem("i", "p", f"https://lms.example{COLUMN}?type_id=1", COURSE, ASSIGNMENT, 20.0))
        self.sender = GradebookScores(
            store.scores, connect(self.answer, pair), recorded_sources(store, service), lease=LEASE
        )
        store.scores.ahead = 0.0
        self.mode = "answers"
        self.handed: dict[str, Handed] = {}
        self.overrides: dict[str, float] = {}
        self.flights: list[Flight] = []

    def now(self) -> float:
        """The platform's clock, which is right."""
        return self.store.time() + self.store.scores.ahead

    def answer(self, environ: Any, start_response: Any) -> Any:
        """The platform, as it is at the moment."""
        if self.mode == "away":
            raise requests.ConnectionError("refused")
        status = {"fails": HTTPStatus.BAD_GATEWAY, "busy": HTTPStatus.TOO_MANY_REQUESTS}.get(self.mode)
        if status is not None and not Request(environ).path.endswith("/token"):
            return Response(status=status, headers={"Retry-After": "7"})(environ, start_response)
        answer = self.book(environ, start_response)
        if self.mode == "loses answers" and not Request(environ).path.endswith("/token"):
            raise requests.ConnectionError("reset after the request was read")
        return answer

    @rule(student=st.sampled_from(EVERYBODY), score=SCORES)
    def hand_in(self, student: str, score: int) -> None:
        """A submission is graded."""
        submission = new(student, course=COURSE, assignment=ASSIGNMENT)
        name = accept(self.store, submission)
        self.store.submissions.finish(claim_job(self.store, name), verdict("failed", score=score, max_score=10))
        self.handed[name] = Handed(student, [score / 10])

    @precondition(lambda self: self.handed)
    @rule(number=NUMBERS, score=SCORES)
    def regrade(self, number: int, score: int) -> None:
        """A regrade gives another verdict."""
        name = self.name(number)
        attempt = self.handed[name]
        verdict_given = verdict("failed", score=score, max_score=10)
        assert replace_verdict(self.store, name, attempt.holds, verdict_given, "regrade")
        attempt.shares.append(score / 10)
        attempt.holds = len(attempt.shares)

    @precondition(lambda self: self.handed)
    @rule(number=NUMBERS)
    def roll_back(self, number: int) -> None:
        """The first verdict holds again."""
        name = self.name(number)
        assert restore_verdict(self.store, name, self.handed[name].holds, 1)
        self.handed[name].holds = 1

    @precondition(lambda self: self.handed)
    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        """A submission is deleted."""
        name = self.name(number)
        del self.handed[name]
        self.store.submissions.delete(name)

    @rule(student=st.sampled_from(EVERYBODY), share=st.one_of(st.none(), st.sampled_from([0.3, 1.0])))
    def override(self, student: str, share: float | None) -> None:
        """Staff give a mark, or take it back."""
        if share is None:
            self.overrides.pop(student, None)
            self.store.courses.remove_override(COURSE, ASSIGNMENT, student, "staff")
        else:
            self.overrides[student] = share
            self.store.courses.set_override(COURSE, ASSIGNMENT, Override(student, share, "staff", "because"))

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        """A process claims what waits."""
        for claim in self.store.scores.claim(limit, 4, LEASE):
            now = self.now()
            for flight in self.flights:
                if flight.claim.student == claim.student:
                    # One post of a student is under way: another follows when the lease of the first has ended.
                    assert flight.until <= now + 1
                    flight.until = 0.0
            self.flights.append(Flight(claim, now + LEASE))

    def name(self, number: int) -> str:
        """A submission, by its place in the order of handing in: its id is another in each run."""
        return list(self.handed)[number % len(self.handed)]

    @rule(number=NUMBERS)
    def go_on(self, number: int) -> None:
        """A process takes the next step with a claim: prepare, post, conclude."""
        if self.flights:
            self.step(self.flights[number % len(self.flights)])

    def step(self, flight: Flight) -> None:
        """Prepare, post or conclude."""
        if flight.prepared is None:
            flight.prepared = self.sender.prepare(flight.claim)
        elif flight.end is None and isinstance(flight.prepared, ScorePost):
            flight.end = self.sender.send(flight.claim, flight.prepared)
        else:
            end = flight.prepared if isinstance(flight.prepared, ScoreEnd) else flight.end
            assert end is not None
            self.store.scores.conclude(flight.claim, end)
            self.flights.remove(flight)

    @rule(number=NUMBERS)
    def die(self, number: int) -> None:
        """A process dies at whatever it did."""
        if self.flights:
            del self.flights[number % len(self.flights)]

    @rule(mode=st.sampled_from(FAILURES))
    def turn(self, mode: str) -> None:
        """The platform fails, or answers again."""
        self.mode = mode

    @rule()
    def revoke_tokens(self) -> None:
        """The platform accepts no token that it gave."""
        self.book.revoke_tokens()

    @rule(seconds=st.sampled_from([1.0, 61.0, 4000.0, DAY]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.store.scores.ahead += seconds

    @rule(seconds=st.sampled_from([50.0, DAY]))
    def set_clock_back(self, seconds: float) -> None:
        """The store's clock is set back, but not before the real one: submissions have its times."""
        self.store.scores.ahead = max(0.0, self.store.scores.ahead - seconds)
        for flight in self.flights:
            # Leases start anew, at the next claim.
            flight.until = min(flight.until, self.now() + LEASE)

    @rule()
    def send_again(self) -> None:
        """Staff send all marks again."""
        self.store.scores.send_again(COURSE, ASSIGNMENT)

    def expected(self, student: str) -> float | None:
        """The present mark."""
        shares = [attempt.shares[attempt.holds - 1] for attempt in self.handed.values() if attempt.student == student]
        return self.overrides.get(student, max(shares, default=None))

    @invariant()
    def nothing_is_erased(self) -> None:
        """No mark of the gradebook was ever cleared."""
        assert self.book.erased == []

    @invariant()
    def nobody_else_gets_a_mark(self) -> None:
        """Nothing is posted for staff and for previews, and nothing but what is final."""
        assert {body["userId"] for body, _ in self.book.scores} <= set(STUDENTS.values())
        assert {body["gradingProgress"] for body, _ in self.book.scores} <= {"FullyGraded"}

    def teardown(self) -> None:
        """The platform answers again: every present mark arrives, and nothing that is late changes one."""
        self.mode = "answers"
        late_flights = list(self.flights)
        self.settle()
        given_up = [score for score in self.store.scores.of("i") if score.state is ScoreState.FAILED]
        assert {score.reason for score in given_up} <= {
            ScoreReason.NO_ANSWER,
            ScoreReason.REFUSED,
            ScoreReason.NO_TOKEN,
        }
        self.check(students_without={score.student for score in given_up})
        self.store.scores.send_again(COURSE, ASSIGNMENT)
        self.settle()
        for flight in late_flights:
            while flight in self.flights:
                self.step(flight)
        self.check(students_without=set())

    def settle(self) -> None:
        """Go on until nothing waits: processes that hung are long dead by then."""
        for _ in range(40):
            self.store.scores.ahead += 400
            for claim in self.store.scores.claim(16, 4, LEASE):
                flight = Flight(claim, self.now() + LEASE)
                self.flights.append(flight)
                while flight in self.flights:
                    self.step(flight)
            if not self.store.scores.waiting():
                return
        pytest.fail("something waits for ever")

    def check(self, students_without: set[str]) -> None:
        """The gradebook has the present marks."""
        states = {score.student: score.state for score in self.store.scores.of("i")}
        for student, subject in STUDENTS.items():
            share = self.expected(student)
            if student in students_without:
                continue
            if share is not None:
                assert self.book.mark(COLUMN, subject) == pytest.approx(20 * share)
                assert states[student] is ScoreState.SENT
        assert set(states.values()) <= {ScoreState.SENT, ScoreState.NOTHING, ScoreState.FAILED}


@pytest.mark.parametrize(
    "rules", [MoodleRules(), CanvasRules(), CanvasRules(attempts=1)], ids=["moodle", "canvas", "one"]
)
def test_every_history_ends_with_the_present_marks(
    store: Store, settings: ServiceSettings, rules: Rules, pair: tuple[str, str]
) -> None:
    class OnStore(Histories):
        def __init__(self) -> None:
            super().__init__(store, settings, rules, pair)

    run_state_machine_as_test(OnStore, settings=hypothesis_settings(stateful_step_count=30))
