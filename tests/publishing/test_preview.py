"""What staff are shown of a revision is what its networks are, also of what ships, which is kept beside it."""

import json
from importlib import resources

from grader.publishing.preview import preview
from grader.publishing.selfcheck import selfcheck
from tests.networks import NetworksJudge


def test_what_is_kept_of_the_shipped_assignment_is_what_its_networks_say(udl: NetworksJudge) -> None:
    """The first lines of grader/publishing/preview.py say how to write it anew."""
    kept = (resources.files("grader") / "assignments" / "udl-7.2.preview.json").read_text()
    assert json.loads(kept) == json.loads(preview(udl.revision, selfcheck(udl.revision)))


def test_there_is_a_network_of_each_corner(udl: NetworksJudge) -> None:
    told = json.loads(preview(udl.revision, selfcheck(udl.revision)))
    assert {each["corner"] for each in told["examples"]} == set(told["corners"])
    drawn = set(zip(udl.revision.suite.corners, udl.revision.suite.sizes, strict=True))
    assert all((each["corner"], tuple(each["sizes"])) in drawn for each in told["examples"])
    assert sum(told["corners"].values()) == told["networks"] == len(udl.revision.suite)
