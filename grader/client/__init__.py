"""The client of a Backmark server. Only these names are public; the files may move."""

from grader.client.client import Client
from grader.client.course_records import (
    CoursePolicy,
    HandInLink,
    LoggedAct,
    MarkOverride,
    RosterStudent,
    RosterUpdate,
    SentMark,
    ServiceOutage,
    StudentExtension,
    StudentMark,
)
from grader.client.pages import Listing, Page
from grader.client.patience import Patience
from grader.client.problems import (
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
from grader.client.records import Assignment, Position, Publication, Revision, Submission, Token
from grader.client.regrade_records import Comparison, Regrade

__all__ = [
    "Assignment",
    "Client",
    "ClientError",
    "Comparison",
    "Conflict",
    "CoursePolicy",
    "Fault",
    "Forbidden",
    "HandInLink",
    "Invalid",
    "Listing",
    "LoggedAct",
    "MarkOverride",
    "NotFound",
    "NotReached",
    "Page",
    "Patience",
    "Position",
    "Problem",
    "Publication",
    "Regrade",
    "Revision",
    "RosterStudent",
    "RosterUpdate",
    "SentMark",
    "ServiceOutage",
    "StillWaiting",
    "StudentExtension",
    "StudentMark",
    "Submission",
    "Token",
    "TooMany",
    "Unauthorized",
    "Unavailable",
    "Unexpected",
    "Unusable",
]
