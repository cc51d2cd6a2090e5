"""What staff are shown of a revision is what its networks are, also of what ships, which is kept beside it."""

import json
from importlib import resources

from grader.publishing.preview import preview
from grader.publishing.selfcheck import selfcheck
from tests.contracts import ContractJudge


def test_what_is_kept_of_the_shipped_assignment_is_what_its_networks_say(udl: ContractJudge) -> None:
    """The first lines of grader/publishing/preview.py say how to write it anew."""
    kept_text = (resources.files("grader") / "assignments" / "udl-7.2.preview.json").read_text()
    assert json.loads(kept_text) == json.loads(preview(udl.revision, selfcheck(udl.revision)))


def test_there_is_a_network_of_each_corner(udl: ContractJudge) -> None:
    preview_data = json.loads(preview(udl.revision, selfcheck(udl.revision)))
    assert {example["corner"] for example in preview_data["examples"]} == set(preview_data["corners"])
    drawn_cases = set(zip(udl.revision.suite.corners, udl.revision.suite.sizes, strict=True))
    assert all((example["corner"], tuple(example["sizes"])) in drawn_cases for example in preview_data["examples"])
    assert sum(preview_data["corners"].values()) == preview_data["networks"] == len(udl.revision.suite)
