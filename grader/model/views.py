"""Who sees what, and who may set what: of each noun that is served, the names of its fields.

A field that no view names is not served. Secrets are in no noun that is.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Course, Invitation, NewMember, StaffMember
from backmark.grader.model.equal_code import CodeGroup, EqualCode, EqualStudent, EqualSubmission
from backmark.grader.model.fields import noun_fields
from backmark.grader.model.gradebook import Gradebook, GradebookAssignment, GradebookMark, GradebookStudent
from backmark.grader.model.links import HandInLink
from backmark.grader.model.marks import MarkStatistics, StudentMark
from backmark.grader.model.messages import Answer, Note, Question
from backmark.grader.model.notifications import Delivery, Notification
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.publications import Assignment, Publication, Revision
from backmark.grader.model.records import Position, Scope, State, SubmissionRecord
from backmark.grader.model.regrades import (
    ComparisonRecord,
    RegradeCounts,
    RegradeProgress,
    RegradeRecord,
    Selection,
    SkippedCounts,
    VerdictBrief,
)
from backmark.grader.model.scores import GradebookColumn, RosterReading, Score
from backmark.grader.model.terms import Extension, Outage, Override, Policy
from backmark.grader.model.tokens import TokenRecord

#: The names of fields, by noun.
View = Mapping[type[Any], tuple[str, ...]]

_POLICY = ("opens", "due", "closes", "grace", "late", "floor", "attempts", "counts", "held_back")
_COURSE = (
    *("title", "term", "zone", "contact", "archived", "assignment_order", "hidden_assignments"),
    *("default_grace", "default_late", "default_floor", "default_attempts", "default_counts"),
)

#: The fields that a request sets, by noun. All else comes of the address, the caller and the clock.
GIVEN: View = MappingProxyType(
    {
        Policy: _POLICY,
        Extension: ("due", "closes", "attempts", "reason"),
        Outage: ("start", "end", "reason"),
        Override: ("share", "kind", "reason"),
        RosterEntry: ("name", "lms_id", "section"),
        Course: _COURSE,
        Invitation: ("role", "days", "once"),
        NewMember: ("name",),
        TokenRecord: ("name", "scopes"),
        Selection: ("assignment", "outcomes", "students", "which", "fresh"),
        Note: ("text",),
        Question: ("text",),
        Answer: ("text", "marks_changed"),
        Notification: ("kind", "url", "events"),
    }
)

#: The fields that an answer has.
SERVED: View = MappingProxyType(
    {
        Policy: _POLICY,
        Extension: ("student", "due", "closes", "attempts", "author", "reason", "recorded"),
        Outage: ("id", "start", "end", "author", "reason", "recorded"),
        Override: ("student", "share", "kind", "computed", "author", "reason", "recorded"),
        RosterEntry: ("student", "name", "lms_id", "section", "source", "left", "recorded"),
        StudentMark: (
            *("student", "name", "lms_id", "section", "in_roster", "left", "verified"),
            *("share", "computed", "submission", "raw", "lateness", "late_days", "penalty", "best"),
            *("attempts", "attempts_left", "refused_files", "pending", "last_attempt", "mistakes"),
            *("override", "differs", "extension"),
        ),
        MarkStatistics: (*("section", "students", "unmarked", "mean", "lower_quartile", "median", "upper_quartile"),),
        Gradebook: ("assignments", "students", "statistics"),
        GradebookAssignment: ("assignment", "title", "due", "missing", "statistics"),
        GradebookStudent: (
            *("student", "name", "lms_id", "section", "in_roster", "left", "verified"),
            *("mean", "missing", "marks"),
        ),
        GradebookMark: (
            *("assignment", "share", "attempts", "refused_files", "late_days", "overridden", "pending", "missing"),
        ),
        RosterChange: ("added", "changed", "left"),
        Course: ("id", *_COURSE, "created"),
        StaffMember: ("id", "name", "role", "source", "since", "expires"),
        Invitation: ("id", "role", "days", "once", "author", "created", "accepted"),
        AuditEntry: ("at", "author", "act", "subject", "student", "reason", "details"),
        SubmissionRecord: (
            *("id", "course", "assignment", "revision", "student", "attempt", "filename", "source_sha256", "size"),
            *("state", "created", "started", "finished", "superseded_by", "failure", "regrade"),
            *("outcome", "score", "max_score", "engine", "reused"),
        ),
        Position: ("position", "estimated_seconds"),
        Revision: (
            *("id", "assignment", "title", "shipped", "published", "networks_sha256", "fresh"),
            *("settings", "catches"),
        ),
        Assignment: ("id", "title", "hidden", "revision"),
        Publication: (
            *("id", "state", "course", "assignment", "fresh", "created", "finished", "revision"),
            *("refusal", "refused", "failure", "toml"),
        ),
        Selection: ("course", "assignment", "revision", "outcomes", "since", "students", "which", "fresh"),
        RegradeProgress: ("total", "done", "failed"),
        SkippedCounts: ("changed", "would_lower", "deleted"),
        RegradeCounts: (
            *("submissions", "sources", "up", "down", "same", "could_not_be_graded", "skipped", "skipped_because"),
            *("applied", "rolled_back", "left", "newly_failing", "newly_passing"),
        ),
        RegradeRecord: (
            *("id", "selection", "phase", "stopped_in", "failure", "mode", "created", "changed"),
            *("progress", "eta_seconds", "counts", "actions"),
        ),
        VerdictBrief: ("outcome", "score", "max_score", "failing"),
        ComparisonRecord: (
            *("submission", "student", "attempt", "filename", "created", "change", "before", "after"),
            *("newly_failing", "newly_passing", "status", "reason"),
        ),
        TokenRecord: ("id", "name", "course", "scopes", "created", "expires", "revoked"),
        Score: ("student", "line_item", "state", "reason", "status", "detail", "tries", "changed", "sent"),
        GradebookColumn: ("line_item", "title", "gone", "parked", "status"),
        RosterReading: ("read", "tried", "problem"),
        EqualCode: ("handed_in", "common", "groups"),
        CodeGroup: ("fingerprint", "students"),
        EqualStudent: ("student", "name", "section", "verified", "submissions"),
        EqualSubmission: ("id", "created", "outcome"),
        HandInLink: ("url", "student", "hands_in", "reads"),
        Note: ("id", "text", "author", "recorded"),
        Question: ("id", "submission", "assignment", "student", "text", "state", "asked", "answer"),
        Answer: ("text", "marks_changed", "author", "recorded"),
        Notification: (
            *("id", "course", "kind", "url", "events", "created"),
            *("disabled", "disabled_reason", "previous_until"),
        ),
        Delivery: (
            *("id", "event", "submission", "regrade", "state", "attempts", "status", "error"),
            *("created", "due", "ended"),
        ),
    }
)

#: The fields that are null without a scope, where others of the answer need less. What an answer has beside its noun is
#: named too: of a submission its link and its verdict.
NEEDS: Mapping[type[Any], Mapping[str, Scope]] = MappingProxyType(
    {
        SubmissionRecord: {
            **dict.fromkeys(("outcome", "score", "max_score", "engine", "link", "verdict"), Scope.READ),
            "reused": Scope.ASSIST,
        },
        Revision: {"catches": Scope.STAFF},
    }
)

#: The fields that only staff see while an assignment's marks are held back: for others they have their default. When
#: grading begins and how long it takes tells right from wrong as well.
HELD_BACK: View = MappingProxyType(
    {
        SubmissionRecord: (
            *("outcome", "score", "max_score", "failing", "mistakes", "engine", "reused"),
            *("started", "finished", "judged", "regrade", "tries", "verdict"),
        )
    }
)
#: The states between which only staff can tell them: for others all of these are `done`.
_HELD_BACK_STATES = frozenset({State.QUEUED, State.RUNNING, State.DONE})

#: The fields that a student reads on a page.
SHOWN_TO_STUDENTS: View = MappingProxyType(
    {
        Note: ("text", "author", "recorded"),
        Question: ("text", "state", "asked", "answer"),
        Answer: ("text", "marks_changed", "author", "recorded"),
    }
)


def hidden_fields(kind: type[Any], allows: Callable[[Scope], bool]) -> frozenset[str]:
    """Return the names of the fields of a noun that are null for whom a token allows only this."""
    return frozenset(name for name, scope in NEEDS.get(kind, {}).items() if not allows(scope))


def show(noun: Any, view: View) -> Mapping[str, Any]:
    """Return the fields of a noun that a view names, by name; so too of the nouns in it."""
    values = {name: getattr(noun, name) for name in view[type(noun)]}
    return {name: show(value, view) if type(value) in view else value for name, value in values.items()}


def hold_back(submission: SubmissionRecord) -> SubmissionRecord:
    """Return a submission without what says how good it is, for whoever may not know that yet.

    It is `done` from the time it was handed in, unless it ended otherwise: when it is graded tells how long that took.
    """
    fields = noun_fields(SubmissionRecord)
    hidden = {name: fields[name].default for name in HELD_BACK[SubmissionRecord]}
    state = State.DONE if submission.state in _HELD_BACK_STATES else submission.state
    return replace(submission, state=state, **hidden)
