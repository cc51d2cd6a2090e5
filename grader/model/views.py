"""Who sees what, and who may set what: of each noun that is served, the names of its fields.

A field that no view names is not served. Secrets are in no noun that is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.marks import StudentMark
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.terms import Extension, Outage, Override, Policy

#: The names of fields, by noun.
View = Mapping[type[Any], tuple[str, ...]]

_POLICY = ("opens", "due", "closes", "grace", "late", "floor", "attempts", "counts", "held_back")

#: The fields that a request sets, by noun. All else comes of the address, the caller and the clock.
GIVEN: View = MappingProxyType(
    {
        Policy: _POLICY,
        Extension: ("due", "closes", "attempts", "reason"),
        Outage: ("start", "end", "reason"),
        Override: ("share", "reason"),
        RosterEntry: ("name", "lms_id", "section"),
    }
)

#: The fields that staff read.
SERVED: View = MappingProxyType(
    {
        Policy: _POLICY,
        Extension: ("student", "due", "closes", "attempts", "author", "reason", "recorded"),
        Outage: ("id", "start", "end", "author", "reason", "recorded"),
        Override: ("student", "share", "computed", "author", "reason", "recorded"),
        RosterEntry: ("student", "name", "lms_id", "section", "source", "left", "recorded"),
        StudentMark: (
            *("student", "name", "lms_id", "section", "in_roster", "left", "verified"),
            *("share", "computed", "submission", "raw", "lateness", "late_days", "penalty", "best"),
            *("attempts", "attempts_left", "refused_files", "pending", "last_attempt", "mistakes"),
            *("override", "differs", "extension"),
        ),
        RosterChange: ("added", "changed", "left"),
        AuditEntry: ("at", "author", "act", "subject", "student", "reason", "details"),
    }
)
