"""The client of a Backmark server. Only these names are public; the files may move."""

from backmark.grader.client.client import Client
from backmark.grader.client.notifications import NewNotification
from backmark.grader.client.pages import Listing, Page
from backmark.grader.client.patience import Patience
from backmark.grader.client.problems import (
    ClientError,
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    NotReached,
    Problem,
    StillWaiting,
    TooMany,
    Unauthorized,
    Unavailable,
    Unexpected,
    Unusable,
)
from backmark.grader.client.records import Comparison, InvitationLink, Regrade, Submission, Token, utc
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Course, Invitation, Role, StaffMember
from backmark.grader.model.equal_code import CodeGroup, EqualCode, EqualStudent, EqualSubmission
from backmark.grader.model.gradebook import Gradebook, GradebookAssignment, GradebookMark, GradebookStudent
from backmark.grader.model.links import HandInLink
from backmark.grader.model.marks import MarkStatistics, StudentMark
from backmark.grader.model.messages import Answer, Note, Question
from backmark.grader.model.notifications import Delivery, Notification
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.publications import Assignment, Publication, Revision
from backmark.grader.model.records import Position
from backmark.grader.model.scores import GradebookColumn, Score
from backmark.grader.model.terms import Extension, Outage, Override, Policy

__all__ = [
    "Answer",
    "Assignment",
    "AuditEntry",
    "Client",
    "ClientError",
    "CodeGroup",
    "Comparison",
    "Conflict",
    "Course",
    "Delivery",
    "EqualCode",
    "EqualStudent",
    "EqualSubmission",
    "Extension",
    "Fault",
    "Forbidden",
    "Gradebook",
    "GradebookAssignment",
    "GradebookColumn",
    "GradebookMark",
    "GradebookStudent",
    "HandInLink",
    "Invalid",
    "Invitation",
    "InvitationLink",
    "Listing",
    "MarkStatistics",
    "NewNotification",
    "NotFound",
    "NotReached",
    "Note",
    "Notification",
    "Outage",
    "Override",
    "Page",
    "Patience",
    "Policy",
    "Position",
    "Problem",
    "Publication",
    "Question",
    "Regrade",
    "Revision",
    "Role",
    "RosterChange",
    "RosterEntry",
    "Score",
    "StaffMember",
    "StillWaiting",
    "StudentMark",
    "Submission",
    "Token",
    "TooMany",
    "Unauthorized",
    "Unavailable",
    "Unexpected",
    "Unusable",
    "utc",
]
