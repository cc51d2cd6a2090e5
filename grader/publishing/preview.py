"""What a revision's networks look like and what they catch, as staff are shown it: worked out once, kept as JSON.

`python -m grader.publishing.preview udl-7.2 > grader/assignments/udl-7.2.preview.json` writes that of what ships.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

from grader.oracle.suite import Suite
from grader.publishing.selfcheck import SelfCheck, selfcheck
from grader.publishing.survey import survey
from grader.subjects.networks.revision import Revision, packaged


def preview(revision: Revision, checked: SelfCheck) -> str:
    """The survey, the self-check, and a network for each corner, as JSON. Of the networks only: not of their names."""
    counted = asdict(survey(revision))
    del counted["assignment"], counted["revision"]
    mistakes = [
        {"id": catch.mistake.id, "title": catch.mistake.title, "networks": catch.networks} for catch in checked.catches
    ]
    told = {**counted, "mistakes": mistakes, "examples": _examples(revision.suite)}
    return json.dumps(told, separators=(",", ":"))


def _examples(suite: Suite) -> list[dict[str, Any]]:
    """Of each corner the network that is larger than half of its like."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for corner, sizes in zip(suite.corners, suite.sizes, strict=True):
        found.setdefault(corner, []).append(sizes)
    return [
        {"corner": corner, "sizes": sorted(each, key=lambda sizes: (sum(sizes), sizes))[len(each) // 2]}
        for corner, each in found.items()
    ]


if __name__ == "__main__":
    shipped = packaged(sys.argv[1])
    sys.stdout.write(f"{preview(shipped, selfcheck(shipped))}\n")
