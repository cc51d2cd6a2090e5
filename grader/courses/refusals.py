"""The refusal of a file by the policy of its assignment, as an error with a sentence. Its times are UTC."""

from datetime import UTC, datetime

from backmark.grader.courses.limits import Bar, HandInRefusal
from backmark.grader.errors import HandInBarred

#: The reason of a refusal that no figures belong to: a policy needs to know whose attempt it is.
UNVERIFIED = "unverified"
#: And one that no policy gives: the course is over.
ARCHIVED = "archived"
_PLAIN = {
    UNVERIFIED: "Times and attempts count for each student here, and a link for the whole class does not say who you "
    "are. Hand in by your personal link or from your course's page in the LMS.",
    ARCHIVED: "This course is archived and accepts no more files. Verdicts stay readable.",
}


def refusal_error(refusal: HandInRefusal) -> HandInBarred:
    """Return the error of a refusal."""
    return HandInBarred(refusal.bar, _sentence(refusal), at=refusal.at, attempts=refusal.attempts, had=refusal.used)


def plain_error(reason: str) -> HandInBarred:
    """Return the error of a refusal that no figures belong to."""
    return HandInBarred(reason, _PLAIN[reason])


def _sentence(refusal: HandInRefusal) -> str:
    if refusal.bar is Bar.NO_ATTEMPTS_LEFT:
        had = "your only attempt" if refusal.attempts == 1 else f"all of your {refusal.attempts} attempts"
        return f"You have used {had}."
    moment = "" if refusal.at is None else f" on {datetime.fromtimestamp(refusal.at, UTC):%Y-%m-%d at %H:%M:%S} UTC"
    if refusal.bar is Bar.NOT_OPEN:
        return f"This assignment opens{moment}; hand in from then on."
    return f"This assignment closed{moment}."
