"""The use cases: record what was asked for, then nudge the workers.

The API and the pages translate to and from these; neither holds a rule of its own. One nudge too many does no harm, and
of a repeated request nobody knows whether the first one's was sent.
"""

from dataclasses import dataclass

from structlog.contextvars import bind_contextvars

from backmark.grader.contracts.language.stored_settings import find_package
from backmark.grader.courses.marks import mark_student
from backmark.grader.dispatch import Dispatcher
from backmark.grader.model.messages import Answer, Question
from backmark.grader.model.publications import Publication
from backmark.grader.model.records import Kind, State, SubmissionRecord
from backmark.grader.model.regrades import Mode, RegradeRecord, Selection
from backmark.grader.model.trace import Trace
from backmark.grader.store.errors import MessageRefused, NothingToAsk, NotRetryable
from backmark.grader.store.paging import RecordPage
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.regrades.store import RecordedRegrade
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import AcceptedSubmission, NewSubmission
from backmark.grader.support.file_formats import name_format, refuse_other_format

#: The sender, the request and a hash of it: a request with a key that was used before is the same one, or refused.
Idempotency = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Intake:
    """Records in a store, and tells its workers."""

    store: Store
    dispatcher: Dispatcher

    def accept(self, new: NewSubmission) -> AcceptedSubmission:
        """Record a submission; SubmissionError if its file is no homework, other errors as of `Submissions.accept`."""
        if name_format(new.source):
            refuse_other_format(new.source, self._package(new))
        accepted = self.store.submissions.accept(new)
        if accepted.needs_nudge:
            self._nudge(Kind.SUBMISSION, accepted.id)
        return accepted

    def _package(self, new: NewSubmission) -> str:
        """Return the path of the file that is graded in an archive; empty if the assignment takes none."""
        revision = self.store.assignments.get(new.course, new.revision)
        return "" if revision is None else find_package(revision.assignment)

    def retry(self, submission: str, author: str = "") -> SubmissionRecord | None:
        """Grade a submission again if it ended as service_failed; as it is now, or None if there is none.

        It stays as it is if it waits, runs or is done. NotRetryable if it was cancelled or superseded.
        """
        if self.store.submissions.retry(submission, author):
            self._nudge(Kind.SUBMISSION, submission)
        latest = self.store.submissions.get(submission)
        if latest is not None and latest.state in {State.CANCELLED, State.SUPERSEDED}:
            state = latest.state
            raise NotRetryable(f"the submission is {state}; only a submission that is service_failed can be retried")
        return latest

    def ask_class(self, submission: SubmissionRecord, author: str = "") -> None:
        """Have the class asked about the fresh cases that a submission fails; raises NothingToAsk if there are none."""
        verdict = self.store.submissions.verdict(submission.id)
        places = [place for flag in (verdict.flags if verdict else ()) for place in flag.cases or ()]
        if not places:
            raise NothingToAsk("the submission fails no fresh case, so there is none to ask the class about")
        self.store.assignments.ask_class(submission, places, author)

    def retry_all(self, course: str, assignment: str | None, limit: int, cursor: str | None = None) -> RecordPage[str]:
        """Grade all of a course's submissions again that ended as service_failed; a page of their ids."""
        page = self.store.submissions.retry_all(course, assignment, limit, cursor)
        for submission in page.items:
            self._nudge(Kind.SUBMISSION, submission)
        return page

    def publish(self, new: NewPublication) -> Publication:
        """Record a request to publish a revision; errors as of `Publications.request`."""
        publication = self.store.publications.request(new)
        if not publication.state.terminal:
            self._nudge(Kind.PUBLICATION, publication.id)
        return publication

    def regrade(self, selection: Selection, key: Idempotency | None, trace: Trace, author: str = "") -> RecordedRegrade:
        """Record a regrade, or find the one that was asked for before; errors as of `Regrades.request`."""
        recorded = self.store.regrades.request(selection, key, trace, author)
        if not recorded.same:
            self._nudge(Kind.REGRADE, recorded.regrade.id)
        return recorded

    def apply(self, regrade: str, mode: Mode, author: str = "") -> RegradeRecord:
        """Apply the previewed verdicts of a regrade; WrongPhase if it has none."""
        started = self.store.regrades.apply(regrade, mode, author)
        self._nudge(Kind.REGRADE, regrade)
        return started

    def roll_back(self, regrade: str, author: str = "") -> RegradeRecord:
        """Restore the verdicts from before a regrade; WrongPhase if nothing was applied."""
        started = self.store.regrades.roll_back(regrade, author)
        self._nudge(Kind.REGRADE, regrade)
        return started

    def resume(self, regrade: str, author: str = "") -> RegradeRecord:
        """Go on with a regrade that was cancelled or failed, and grade again what could not be graded."""
        resumed, nudges = self.store.regrades.resume(regrade, author)
        self.dispatcher.nudge(nudges)
        return resumed

    def ask(self, submission: SubmissionRecord, text: str) -> tuple[Question, bool] | None:
        """Record a student's question, unless verdicts are held back or the course is archived.

        Else errors and answer as of `Messages.ask`.
        """
        policy = self.store.courses.policy(submission.course, submission.assignment)
        if policy is not None and policy.held_back:
            raise MessageRefused("Verdicts are held back. A question can be asked once they are published.")
        if self.is_archived(submission.course):
            raise MessageRefused("The course is archived. Questions can no longer be asked.")
        return self.store.messages.ask(submission, text, self._mark(submission))

    def answer(self, submission: SubmissionRecord, question: str, answer: Answer) -> Answer | None:
        """Record the answer to a question; None if there is no such question.

        MessageRefused if it says that the mark was changed, and the mark is that of the time of the question.
        """
        if answer.marks_changed:
            questions = self.store.messages.conversation(submission).questions
            before = next((asked.share for asked in questions if asked.id == question), None)
            if before is not None and before == self._mark(submission):
                raise MessageRefused(
                    "The mark is the same as at the time of the question. Change it first, for example by an override."
                )
        return self.store.messages.answer(submission.id, question, answer)

    def _mark(self, submission: SubmissionRecord) -> float | None:
        """Return the mark of a submission's student for its assignment."""
        place, courses = (submission.course, submission.assignment, submission.student), self.store.courses
        return mark_student(submission.student, courses.attempts_of(*place), courses.terms_of(*place)).share

    def is_archived(self, course: str) -> bool:
        """Return True if a course is read-only to students."""
        return self.store.course_records.settings(course).is_archived(self.store.time())

    def _nudge(self, kind: Kind, name: str) -> None:
        # For the request's line in the log.
        bind_contextvars(job=f"{kind} {name}")
        self.dispatcher.nudge()
