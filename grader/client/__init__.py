"""The client of a Backmark server. Only these names are public; the files may move."""

from backmark.grader.client.client import Client
from backmark.grader.client.course_records import GradebookColumn, HandInLink, SentMark
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
from backmark.grader.client.records import Assignment, Position, Publication, Revision, Submission, Token, utc
from backmark.grader.client.regrade_records import Comparison, Regrade
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.marks import StudentMark
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.terms import Extension, Outage, Override, Policy

__all__ = [
    "Assignment",
    "AuditEntry",
    "Client",
    "ClientError",
    "Comparison",
    "Conflict",
    "Extension",
    "Fault",
    "Forbidden",
    "GradebookColumn",
    "HandInLink",
    "Invalid",
    "Listing",
    "NotFound",
    "NotReached",
    "Outage",
    "Override",
    "Page",
    "Patience",
    "Policy",
    "Position",
    "Problem",
    "Publication",
    "Regrade",
    "Revision",
    "RosterChange",
    "RosterEntry",
    "SentMark",
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
