"""Courses, and one of them: its settings, staff, rules of time, roster, marks, log. For staff."""

import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from backmark.grader.client.calls import Calls, no_value, path_of, value
from backmark.grader.client.pages import Listing
from backmark.grader.client.records import InvitationLink, Token, reader, write, write_changes
from backmark.grader.client.transport import Request, read_json
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Course, Invitation, Role, StaffMember
from backmark.grader.model.equal_code import EqualCode
from backmark.grader.model.gradebook import Gradebook
from backmark.grader.model.links import HandInLink
from backmark.grader.model.marks import StudentMark
from backmark.grader.model.messages import Question
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.scores import GradebookColumn, Score
from backmark.grader.model.terms import Extension, Outage, Override, Policy


class CoursesCalls:
    """The methods of `client.courses`: all courses that the token sees."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, search: str = "", *, archived: bool = False) -> Listing[Course]:
        """Return the courses in use, or with `archived` the others, with a text in their id, title or term."""
        params = {"search": search, "archived": "true" if archived else "false"}
        return self._calls.listing("/courses", reader(Course), params)

    def create(self, course: Course) -> Course:
        """Make a course. Raises Conflict if there is one with its id. For admins."""
        return self._calls.post("/courses", reader(Course), {"id": course.id, **write(course)})


class CourseCalls:
    """The methods of `client.course`: those of the client's course, by default the token's own."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._name = calls.course

    # The course itself

    def read(self) -> Course:
        """Return the course with its settings."""
        return self._calls.get(self._in(), reader(Course))

    def change(self, **changes: Any) -> Course:
        """Change these fields of the course, such as `title` or `zone`, and no others."""
        return self._calls.patch(self._in(), reader(Course), write_changes(Course, changes))

    def archive(self) -> Course:
        """Archive the course: students hand in nothing any more, and lists leave it out."""
        return self.change(archived=time.time())

    def bring_back(self) -> Course:
        """End the archiving of the course."""
        return self.change(archived=None)

    # Its staff

    def staff(self) -> list[StaffMember]:
        """Return the staff of the course by name, but for administrators."""
        return list(self._calls.listing(self._in("staff"), reader(StaffMember)))

    def remove_staff(self, member: str) -> None:
        """Remove somebody from the staff, by the id in `staff`: the token is revoked."""
        self._calls.delete(self._in("staff", member), no_value)

    def invite(self, role: Role | str, *, days: int = 7, once: bool = True) -> InvitationLink:
        """Make a link by which one person, or without `once` several, become staff with this role."""
        body = write(Invitation(Role(role), days, once))
        # Never retried automatically: a link that nobody saw would be left behind.
        return self._calls.post(self._in("invitations"), reader(InvitationLink), body)

    def invitations(self) -> list[InvitationLink]:
        """Return the invitations that still hold, newest first."""
        return list(self._calls.listing(self._in("invitations"), reader(InvitationLink)))

    def withdraw_invitation(self, invitation: str) -> None:
        """Withdraw an invitation, by its id."""
        self._calls.delete(self._in("invitations", invitation), no_value)

    # The rules of time

    def policy(self, assignment: str) -> Policy:
        """Return the policy of an assignment. Raises NotFound if there is none."""
        return self._calls.get(self._at(assignment, "policy"), reader(Policy))

    def set_policy(self, assignment: str, policy: Policy) -> Policy:
        """Set the policy of an assignment, in place of the one before. Its times are seconds since 1970.

        It publishes nothing that is held back: `publish_marks` does.
        """
        body = write(policy)
        if not policy.held_back:
            # What is left out stays.
            del body["held_back"]
        return self._calls.put(self._at(assignment, "policy"), reader(Policy), body)

    def publish_marks(self, assignment: str) -> Policy:
        """Let students read verdicts and marks that were held back. Raises NotFound if there is no policy."""
        body = {**write(self.policy(assignment)), "held_back": False}
        return self._calls.put(self._at(assignment, "policy"), reader(Policy), body)

    def remove_policy(self, assignment: str) -> None:
        """Remove the policy of an assignment."""
        self._calls.delete(self._at(assignment, "policy"), no_value)

    def extensions(self, assignment: str) -> list[Extension]:
        """Return the extensions of an assignment, by student."""
        return list(self._calls.listing(self._at(assignment, "extensions"), reader(Extension)))

    def extend(  # noqa: PLR0913 - the limits, each by its name
        self,
        assignment: str,
        student: str,
        *,
        reason: str,
        due: datetime | None = None,
        closes: datetime | None = None,
        attempts: int | None = None,
    ) -> Extension:
        """Give a student an extension, in place of the one before; what is None is as the policy says."""
        body = {"due": _iso(due), "closes": _iso(closes), "attempts": attempts, "reason": reason}
        return self._calls.put(self._at(assignment, "extensions", student), reader(Extension), body)

    def extend_section(self, assignment: str, section: str, extension: Extension) -> int:
        """Give each student who is in a section now an extension, whose student is passed over; return their number."""
        body = {"section": section, **write(extension)}
        return self._calls.post(
            self._at(assignment, "extensions"), lambda answer: int(answer["given"]), body, again=True
        )

    def extend_by_table(self, assignment: str, table: bytes) -> int:
        """Give the students of a CSV file extensions; return their number. Its times have an offset."""
        request = Request(
            method="POST",
            path=self._at(assignment, "extensions"),
            content=table,
            headers={"Content-Type": "text/csv"},
            repeatable=True,
        )
        return value(read_json(self._calls.transport.send(request)), lambda answer: int(answer["given"]))

    def remove_extension(self, assignment: str, student: str) -> None:
        """Remove a student's extension."""
        self._calls.delete(self._at(assignment, "extensions", student), no_value)

    def outages(self, assignment: str) -> list[Outage]:
        """Return the outages that move the times of an assignment, the earliest first."""
        return list(self._calls.listing(self._at(assignment, "outages"), reader(Outage)))

    def add_outage(self, assignment: str, start: datetime, end: datetime, *, reason: str) -> Outage:
        """Add an outage: every due and close after its start moves by its length, for everybody."""
        body = {"start": _iso(start), "end": _iso(end), "reason": reason}
        # Overlapping outages count once, so a second one of the same time moves nothing.
        return self._calls.post(self._at(assignment, "outages"), reader(Outage), body, again=True)

    def remove_outage(self, assignment: str, outage: str) -> None:
        """Remove an outage."""
        self._calls.delete(self._at(assignment, "outages", outage), no_value)

    # Links to hand in

    def make_link(self, assignment: str, student: str | None = None, *, days: int | None = None) -> HandInLink:
        """Make a link to hand in, for a student or for all; without days it takes files until the assignment closes."""
        body = {"student": student, "days": days}
        return self._calls.post(self._at(assignment, "links"), reader(HandInLink), body, again=True)

    def end_links(self, assignment: str, student: str | None = None) -> None:
        """End all links to hand in for an assignment, or those of one student; links made afterwards work."""
        self._calls.delete(self._at(assignment, "links", *(() if student is None else (student,))), no_value)

    # Marks

    def marks(self, assignment: str, *, section: str | None = None) -> Listing[StudentMark]:
        """Return each student's mark for an assignment: of the roster or a section, and of others who handed in."""
        return self._calls.listing(self._at(assignment, "marks"), reader(StudentMark), {"section": section})

    def mark(self, assignment: str, student: str) -> StudentMark | None:
        """Return the mark of one student; None if nothing is known of them."""
        return next(
            iter(self._calls.listing(self._at(assignment, "marks"), reader(StudentMark), {"student": student})), None
        )

    def marks_table(self, assignment: str) -> bytes:
        """Return all marks as CSV, safe to open in a spreadsheet."""
        return self._read_table(self._at(assignment, "marks"))

    def gradebook(self) -> Gradebook:
        """Return the marks of the course: students by assignments, what is missing, statistics."""
        return self._calls.get(self._in("gradebook"), reader(Gradebook))

    def gradebook_table(self) -> bytes:
        """Return the gradebook as CSV, safe to open in a spreadsheet."""
        return self._read_table(self._in("gradebook"))

    def overrides(self, assignment: str) -> list[Override]:
        """Return the marks that staff gave, by student."""
        return list(self._calls.listing(self._at(assignment, "overrides"), reader(Override)))

    def override(self, assignment: str, student: str, share: float, *, reason: str, kind: str = "fixed") -> Override:
        """Give a student a mark, as a part of the maximum from 0 to 1.

        A `fixed` one stands in place of the computed mark; one of `at_least` so much is raised by a better attempt.
        """
        body = {"share": share, "kind": kind, "reason": reason}
        return self._calls.put(self._at(assignment, "overrides", student), reader(Override), body)

    def remove_override(self, assignment: str, student: str) -> None:
        """Remove a student's override: the computed mark counts again."""
        self._calls.delete(self._at(assignment, "overrides", student), no_value)

    # Code

    def equal_code(self, assignment: str) -> EqualCode:
        """Return the groups of students whose code for an assignment is equal."""
        return self._calls.get(self._at(assignment, "equal-code"), reader(EqualCode))

    def export_code(self, assignment: str, file: Path) -> None:
        """Write the code of the attempts that count into a ZIP file for JPlag and Dolos, as `export` does."""
        self._download(self._at(assignment, "code"), file)

    # Questions

    def questions(self, *, state: str = "open") -> Listing[Question]:
        """Return the questions of the course in a state, newest first; by default those that wait for an answer."""
        return self._calls.listing(self._in("questions"), reader(Question), {"state": state})

    # The roster

    def roster(self) -> list[RosterEntry]:
        """Return the students of the course by name, also those who left."""
        return list(self._calls.listing(self._in("roster"), reader(RosterEntry)))

    def put_roster(self, students: Iterable[RosterEntry] | bytes) -> RosterChange:
        """Store a whole roster, of records or a CSV file's bytes: students it lacks are marked as having left."""
        if isinstance(students, bytes):
            headers = {"Content-Type": "text/csv"}
            request = Request(method="PUT", path=self._in("roster"), content=students, headers=headers, repeatable=True)
            return value(read_json(self._calls.transport.send(request)), reader(RosterChange))
        rows = [{"student": row.student, **write(row)} for row in students]
        return self._calls.put(self._in("roster"), reader(RosterChange), {"students": rows})

    def put_student(self, entry: RosterEntry) -> RosterEntry:
        """Add one student to the roster, or change the entry."""
        return self._calls.put(self._in("roster", entry.student), reader(RosterEntry), write(entry))

    def remove_student(self, student: str) -> None:
        """Remove one entry of the roster, and nothing else of the student's: see `Client.delete_student`."""
        self._calls.delete(self._in("roster", student), no_value)

    # The LMS

    def scores(self, assignment: str, *, state: str = "failed") -> list[Score]:
        """Return the marks in a state on their way to the LMS's gradebook, by default those that were given up."""
        return list(self._calls.listing(self._at(assignment, "scores"), reader(Score), {"state": state}))

    def score_counts(self, assignment: str) -> dict[str, int]:
        """Return the number of marks in each state on their way to the LMS's gradebook."""
        return self._calls.get(self._at(assignment, "scores"), lambda body: dict(body["counts"]))

    def score_columns(self, assignment: str) -> list[GradebookColumn]:
        """Return the columns of the LMS's gradebook that get an assignment's marks; none from an older server."""
        path = self._at(assignment, "scores")
        return self._calls.get(
            path, lambda body: [reader(GradebookColumn)(column) for column in body.get("columns", ())]
        )

    def send_scores(self, assignment: str) -> int:
        """Send all marks of an assignment to the LMS again; return their number."""
        path = self._at(assignment, "scores", "send")
        return self._calls.post(path, lambda body: int(body["marks"]), again=True)

    def try_columns(self, assignment: str) -> int:
        """Try now the columns of an assignment whose marks the LMS refused; return their number."""
        path = self._at(assignment, "scores", "try")
        return self._calls.post(path, lambda body: int(body["columns"]), again=True)

    def read_lms_roster(self) -> None:
        """Have the LMS's roster read now. Raises NotFound if the course has none."""
        self._calls.post(self._in("roster-reading"), no_value, again=True)

    # All of it

    def log(self) -> Listing[AuditEntry]:
        """Return the acts of staff, newest first."""
        return self._calls.listing(self._in("audit"), reader(AuditEntry))

    def export(self, file: Path) -> None:
        """Write the whole course into a zip file. It has its name once it is complete."""
        self._download(self._in("export"), file)

    def delete(self, *, confirm: str) -> int:
        """Delete everything in the course; `confirm` is its name. Return the number of submissions. For admins."""
        return self._calls.delete(self._in(), lambda body: int(body["deleted"]), {"confirm": confirm})

    def _download(self, path: str, file: Path) -> None:
        partial = file.with_name(f"{file.name}.part")
        request = Request(method="GET", path=path)
        with self._calls.transport.download(request) as pieces, partial.open("wb") as target:
            target.writelines(pieces)
        partial.replace(file)

    def _read_table(self, path: str) -> bytes:
        request = Request(method="GET", path=path, params={"format": "csv"}, repeatable=True)
        return self._calls.transport.send(request).content

    def _in(self, *parts: str) -> str:
        if self._name is None:
            # No token ever changes its course.
            self._name = self._calls.get("/token", reader(Token)).course
        return path_of("courses", self._name, *parts)

    def _at(self, assignment: str, *parts: str) -> str:
        return self._in("assignments", assignment, *parts)


def _iso(moment: datetime | None) -> Any:
    return None if moment is None else moment.isoformat()
