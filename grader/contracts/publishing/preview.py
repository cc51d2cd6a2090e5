"""The preview of a revision's cases and of what they catch, for staff: worked out once, kept as JSON.

In `grader/assignments/gallery`, `python -m grader.contracts.publishing.preview udl-7.2 > udl-7.2.preview.json` writes what ships.
"""

import json
import sys

from grader.contracts.judging.subject import JudgedRevision
from grader.contracts.kinds import load_packaged
from grader.contracts.publishing.selfcheck import SelfCheck, selfcheck
from grader.model.records import CaughtMistake


def preview(revision: JudgedRevision, checked: SelfCheck) -> str:
    """The subject's summary of its cases, with the self-check in it, as JSON. Of the cases only: not of their names."""
    mistakes = [CaughtMistake(catch.mistake.id, catch.mistake.title, catch.cases) for catch in checked.catches]
    return json.dumps(revision.subject.summary(mistakes), separators=(",", ":"))


if __name__ == "__main__":
    shipped = load_packaged(sys.argv[1])
    sys.stdout.write(f"{preview(shipped, selfcheck(shipped))}\n")
