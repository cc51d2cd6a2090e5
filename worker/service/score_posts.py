"""The body of a score, as platforms take it. Only a mark that is final is ever sent.

Moodle and Canvas erase the mark that they have when anything but FullyGraded comes, and refuse a timestamp that is not
later than the last: Moodle compares whole seconds. Canvas makes a new attempt of each score unless told otherwise, and
refuses one beyond the attempts that the assignment allows.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backmark.grader.store.scores import ScoreClaim

MEDIA_TYPE = "application/vnd.ims.lis.v1.score+json"
#: The member by which Canvas learns more of a submission.
_CANVAS = "https://canvas.instructure.com/lti/submission"
#: Digits of points behind the point: shares are floats.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class PresentMark:
    """A student's mark as it is now, and the submission that it counts."""

    share: float | None
    #: Empty: none, as under an override of a student who has handed in nothing.
    submission: str = ""
    #: When it was handed in, in seconds since 1970.
    created: float = 0.0
    #: True if nobody may be told it yet.
    held_back: bool = False


def fingerprint(claim: ScoreClaim, mark: PresentMark) -> str:
    """Return all that a gradebook would show of a mark: with the same, there is nothing to send."""
    return json.dumps([mark.share, claim.item.maximum, mark.submission])


def is_new_submission(claim: ScoreClaim, mark: PresentMark) -> bool:
    """Return True if another submission counts than the one that the gradebook shows."""
    return mark.submission not in {"", claim.shown}


def score_body(claim: ScoreClaim, subject: str, mark: PresentMark) -> dict[str, Any]:
    """Return the score of the standard. `subject` is the platform's name of the student."""
    if mark.share is None:
        raise ValueError("a student without a mark has no score to send")
    maximum = claim.item.maximum or 1.0
    body: dict[str, Any] = {
        "userId": subject,
        "timestamp": iso(claim.timestamp),
        "scoreGiven": round(mark.share * maximum, _DIGITS),
        "scoreMaximum": maximum,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    if mark.submission:
        body["submission"] = {"submittedAt": iso(mark.created)}
    return body


def canvas_extension(claim: ScoreClaim, link: str | None, *, new: bool) -> dict[str, Any]:
    """Return what Canvas is told besides: whether it is another attempt, and the launch that shows it.

    `prioritize_non_tool_grade` keeps any mark that is there, also one of ours. So it goes with the first score only:
    what a person gave before that stays until our mark changes.
    """
    about: dict[str, Any] = {"new_submission": new}
    if claim.first:
        about["prioritize_non_tool_grade"] = True
    if link is not None:
        about |= {"submission_type": "basic_lti_launch", "submission_data": link}
    return {_CANVAS: about}


def iso(moment: float) -> str:
    """Return a time as ISO 8601 with milliseconds and offset, which both Canvas and Moodle read."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
