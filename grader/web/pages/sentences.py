"""The sentences that pages take from code: in forms, on error pages, in the log, beside marks that were not sent.

All others stand in the templates.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from backmark.grader.model.records import NAME_IN_WORDS
from backmark.grader.model.scores import ScoreReason

#: Messages of forms.
CHOOSE_CSV = "Choose a CSV file."
CHOOSE_EXPORT = "Choose the file that the LMS exported."
CHOOSE_FILE = "Choose a file first."
CHOOSE_SECTION = "Choose a section that has students."
COURSE_EXISTS = "A course with this id exists already. It may be archived."
EMPTY_FILE = "This file is empty. Save it and choose it again."
ENTER_ID = "Enter your student id."
LINK_TAKES_NONE = "This link takes no more files."
NAME_NEEDED = "This assignment has a policy, so a link must name its student."
NAME_OF_ENDED = "Name the student whose links should end."
NAME_ONE = "Name one student by the id that submissions use."
NO_SUCH_STUDENT = (
    "{name} is neither an id nor a name in the roster, and nobody has handed in as {name}. Check the spelling."
)
NOT_CONFIRMED = "This is not the name of the course. Nothing was deleted."
RENAME_FILE = "The file's name contains characters that cannot be shown. Rename the file."
SEVERAL_STUDENTS = "Several students of the roster are called {name}. Write the id of one: {ids}."
SEVERAL_COLUMNS = "This table has several columns for marks; choose one."
UNKNOWN_TOKEN = "This token is unknown, has expired or was revoked."  # noqa: S105 - a sentence
USE_COURSE_ID = f"Use {NAME_IN_WORDS}, such as nn-2027."
USE_STUDENT_ID = f"Use {NAME_IN_WORDS}."
WRONG_STUDENT_ID = f"This is not a valid student id: use {NAME_IN_WORDS}."

#: Title and advice for people, by status; for others the problem's own title.
ERRORS: Mapping[HTTPStatus, tuple[str, str]] = MappingProxyType(
    {
        HTTPStatus.FORBIDDEN: ("You may not do this", ""),
        HTTPStatus.NOT_FOUND: ("There is nothing here", "The address may be mistyped, or the page was deleted."),
        HTTPStatus.METHOD_NOT_ALLOWED: ("There is nothing here", "This address cannot be opened as a page."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
            "That file is too large",
            "Outputs take up most of the space in many notebooks. Clear them, save the file and hand it in again.",
        ),
        HTTPStatus.TOO_MANY_REQUESTS: ("Too many requests", "Wait a minute, then load this page again."),
        HTTPStatus.INSUFFICIENT_STORAGE: (
            "There is no room for this file",
            "Nothing was recorded. Clear the notebook's outputs, save it and hand it in again, or tell the staff.",
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: (
            "Backmark failed",
            "You did nothing wrong. Load the page again. If it fails again, tell the staff the number below.",
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: (
            "Not available right now",
            "Nothing was lost. Wait a few seconds, then load this page again.",
        ),
    }
)

#: The words for each act, after the name of its author; {student} and {subject} are those of the entry.
ACTS: Mapping[str, str] = MappingProxyType(
    {
        "policy.set": "set the policy of {subject}",
        "marks.publish": "published the verdicts and marks of {subject}",
        "policy.remove": "removed the policy of {subject}",
        "extension.set": "gave {student} an extension for {subject}",
        "extension.remove": "removed the extension of {student} for {subject}",
        "outage.add": "added an outage to {subject}",
        "outage.remove": "removed an outage from {subject}",
        "override.set": "gave {student} a mark for {subject}",
        "override.remove": "removed the override of {student} for {subject}",
        "roster.put": "replaced the roster",
        "roster.add": "added or changed {student} in the roster",
        "roster.remove": "removed {student} from the roster",
        "roster.read": "asked to read the roster from the LMS",
        "publication.request": "asked to publish {subject}",
        "revision.current": "made another revision of {subject} current",
        "kit.offer": "offered students the kit of {subject}",
        "kit.withdraw": "ended the offer of the kit of {subject}",
        "regrade.start": "asked for the regrade {subject}",
        "regrade.apply": "applied the regrade {subject}",
        "regrade.roll_back": "rolled back the regrade {subject}",
        "regrade.cancel": "cancelled the regrade {subject}",
        "regrade.resume": "resumed the regrade {subject}",
        "regrade.export": "downloaded the report of the regrade {subject}",
        "marks.export": "downloaded the marks of {subject}",
        "gradebook.export": "downloaded the gradebook of the course",
        "code.export": "downloaded the code of {subject}",
        "course.export": "exported the course",
        "course.create": "made the course",
        "course.change": "changed the settings of the course",
        "course.take_over": "took over assignments of another course",
        "course.give": "took over assignments of this course for another one",
        "course.archive": "archived the course",
        "course.bring_back": "brought the course back from the archive",
        "staff.invite": "made the staff invitation {subject}",
        "staff.withdraw": "withdrew the staff invitation {subject}",
        "staff.accept": "accepted an invitation, and has the token {subject}",
        "scores.send": "asked to send all marks of {subject} to the LMS again",
        "scores.try": "had the gradebook columns of {subject} tried again",
        "token.create": "made the token {subject}",
        "token.revoke": "revoked the token {subject}",
        "notification.create": "made the notification {subject}",
        "notification.rotate": "gave the notification {subject} a new secret",
        "notification.test": "sent a test message of the notification {subject}",
        "notification.remove": "removed the notification {subject}",
        "source.read": "downloaded the file of submission {subject} by {student}",
        "submission.cancel": "cancelled the submission {subject} of {student}",
        "submission.ask_class": "had the class asked about fresh cases of the submission {subject} of {student}",
        "submission.retry": "asked to grade the submission {subject} of {student} again",
        "submissions.retry": "asked to grade all failed submissions again {subject}",
        "link.make": "made a link for {student} to hand in for {subject}",
        "link.make_class": "made a link for the whole class to hand in for {subject}",
        "link.make_roster": "made a link to hand in for {subject} for each student of the roster",
        "link.end": "ended the links of {student} to hand in for {subject}",
        "link.end_all": "ended all links to hand in for {subject}",
        "note.add": "left a note on submission {subject} of {student}",
        "note.remove": "removed a note from submission {subject} of {student}",
        "question.answer": "answered a question about submission {subject} of {student}",
        "submission.delete": "deleted a submission of {student}",
        "student.delete": "deleted all data of a student",
    }
)
#: The student of an act, once everything of them was deleted.
FORGOTTEN_STUDENT = "a student whose data was deleted"

#: The reasons for which staff may have something to do, as sentences.
NOT_SENT: Mapping[ScoreReason, str] = MappingProxyType(
    {
        ScoreReason.HELD_BACK: "Marks are held back; they are sent once staff publish them.",
        ScoreReason.MARK_GONE: "The student no longer has a mark. The gradebook keeps the last one: clear it in the "
        "LMS.",
        ScoreReason.UNKNOWN_STUDENT: "The LMS has not named this student yet. Backmark sends the mark once the"
        " student opens the assignment in the LMS, or once the roster has the student.",
        ScoreReason.UNKNOWN_PLATFORM: "The LMS is no longer registered in Backmark.",
        ScoreReason.NO_ANSWER: "The LMS did not answer.",
        ScoreReason.NO_TOKEN: "The LMS denied access. Its administrator may have removed Backmark, or the permission to"
        " send marks.",
        ScoreReason.REFUSED: "The LMS refused the mark.",
        ScoreReason.INTERNAL_ERROR: "Backmark failed; its log has the details.",
    }
)
