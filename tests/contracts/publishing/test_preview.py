"""What staff are shown of a revision is what its cases are, also of what ships, which is kept beside it."""

import json
from importlib import resources

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.publishing.preview import preview
from backmark.grader.contracts.publishing.selfcheck import selfcheck


def test_what_is_kept_of_the_shipped_assignment_is_what_its_cases_say(udl: Judge) -> None:
    """The first lines of grader/contracts/publishing/preview.py say how to write it anew."""
    kept_text = (resources.files("grader") / "assignments" / "gallery" / "udl-7.2.preview.json").read_text()
    assert json.loads(kept_text) == json.loads(preview(udl.revision, selfcheck(udl.revision)))
