"""The preview of a revision's cases and of what they catch, for staff: worked out once, kept as JSON.

In `grader/assignments/gallery`, this writes what ships:

    python -m backmark.grader.contracts.publishing.preview udl-7.2 > udl-7.2.preview.json
"""

import json
import sys
from dataclasses import asdict

from backmark.grader.contracts.judging.revision import ContractRevision, load_packaged
from backmark.grader.contracts.publishing import summary
from backmark.grader.contracts.publishing.selfcheck import SelfCheck, selfcheck
from backmark.grader.model.publications import CaughtMistake


def preview(revision: ContractRevision, checked: SelfCheck) -> str:
    """Return the figures of the cases, with the self-check in them, as JSON. It names no revision."""
    mistakes = [asdict(CaughtMistake(catch.mistake.id, catch.mistake.title, catch.cases)) for catch in checked.catches]
    return json.dumps(
        {**summary.count(revision.cases, revision.statements), "mistakes": mistakes}, separators=(",", ":")
    )


if __name__ == "__main__":
    shipped = load_packaged(sys.argv[1])
    sys.stdout.write(f"{preview(shipped, selfcheck(shipped))}\n")
