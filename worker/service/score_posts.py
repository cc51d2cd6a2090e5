"""The body of a score, as platforms take it. Only a mark that is final is ever sent.

Moodle and Canvas erase the mark that they have when anything but FullyGraded comes, and refuse a timestamp that is not
later than the last: Moodle compares whole seconds. Canvas makes a new attempt of each score unless told otherwise, and
refuses one beyond the attempts that the assignment allows.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from backmark.grader.store.scores import ScoreClaim

MEDIA_TYPE = "application/vnd.ims.lis.v1.score+json"
#: The member by which Canvas learns more of a submission.
_CANVAS = "https://canvas.instructure.com/lti/submission"
#: Hexadecimal digits of the hash of a comment.
_DIGEST = 16
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
    #: What its student reads beside it, and the address of the whole verdict; empty: nothing.
    comment: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """All that a gradebook shows of a mark: with the same, there is nothing to send. A link changes by itself."""

    share: float | None
    maximum: float
    submission: str
    #: A hash of the comment; empty: there is none. None: an earlier version sent the mark, without one.
    comment: str | None

    @classmethod
    def of(cls, claim: ScoreClaim, mark: PresentMark) -> "Fingerprint":
        """Return that of a mark for the column of a claim."""
        digest = sha256(mark.comment.encode()).hexdigest()[:_DIGEST] if mark.comment else ""
        return cls(mark.share, claim.item.maximum, mark.submission, digest)

    @classmethod
    def read(cls, sent: str) -> "Fingerprint | None":
        """Return what was sent last, or None if that is not known."""
        fields = json.loads(sent) if sent else None
        return None if fields is None else cls(*fields, *([None] * (4 - len(fields))))

    def write(self) -> str:
        """Return the text that the store keeps."""
        return json.dumps([self.share, self.maximum, self.submission, self.comment])

    def is_shown(self, sent: "Fingerprint | None") -> bool:
        """Return True if the gradebook shows this already."""
        return sent is not None and (
            self == sent or (sent.comment is None and self == replace(sent, comment=self.comment))
        )


def is_new_submission(claim: ScoreClaim, mark: PresentMark) -> bool:
    """Return True if another submission counts than the one that the gradebook shows."""
    return mark.submission not in {"", claim.shown}


def score_body(claim: ScoreClaim, subject: str, mark: PresentMark, *, appends: bool = False) -> dict[str, Any]:
    """Return the score of the standard. `subject` is the platform's name of the student.

    A platform has the comment of the latest score, by the standard. One that `appends` them, as Canvas does, gets a
    comment once.
    """
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
    if mark.comment and not (appends and _has_comment(claim, mark)):
        whole = f"The whole verdict: {mark.link}" if mark.link else ""
        body["comment"] = "\n\n".join(filter(None, (mark.comment, whole)))
    return body


def _has_comment(claim: ScoreClaim, mark: PresentMark) -> bool:
    """Return True if the gradebook has the comment; if what was sent is not known, the submission that it shows."""
    sent = Fingerprint.read(claim.sent)
    if sent is None:
        return mark.submission == claim.shown
    return sent.comment == Fingerprint.of(claim, mark).comment


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
