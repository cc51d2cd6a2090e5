"""What is drawn reaches the corners, and what is stored is what was drawn."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from grader.errors import AssignmentError
from grader.model import Assignment
from grader.oracle.network import forward
from grader.properties.engine import Judge
from grader.properties.survey import survey
from grader.revision import Revision, dump, load
from grader.stored import assignment_from_json, assignment_to_json


def test_every_corner_is_reached(udl: Judge) -> None:
    """Those of the design, by looking at the networks rather than at their labels."""
    suite = udl.suite
    found = survey(udl.revision)
    hidden = [sizes[1:-1] for sizes in suite.sizes]
    assert found.depth["0"] >= 10
    assert found.depth["1"] >= 10
    assert found.depth["8"] >= 10
    assert sum(len(widths) > 1 and len(set(widths)) == 1 for widths in hidden) >= 10
    assert sum(len(widths) > 1 and len(set(widths)) == len(widths) for widths in hidden) >= 10
    assert sum(bool(widths) and set(widths) == {1} for widths in hidden) >= 10
    assert sum(sizes[0] > 1 and sizes[-1] > 1 for sizes in suite.sizes) >= 20
    assert found.dead_layers >= 10
    assert found.all_active >= 10
    assert sum(bool((network.y < 0).all()) for network in suite.networks) >= 10
    assert suite.sizes.count((1, 6, 6, 6, 6, 6, 1)) >= 20
    assert found.networks == 200


def test_no_unit_is_at_its_kink_and_no_derivative_is_inconclusive(udl: Judge) -> None:
    """Values are drawn so that finite differences settle every coordinate."""
    for network in udl.suite.networks:
        assert all((f != 0).all() for f in forward(network, udl.assignment.formulas).f[:-1])
    assert survey(udl.revision).inconclusive == 0


def test_a_revision_survives_being_stored_and_keeps_its_id(udl: Judge) -> None:
    """Bit for bit."""
    again = load(dump(udl.revision))
    assert again.id == udl.revision.id
    assert again.assignment == udl.assignment
    assert np.array_equal(again.suite.derivatives, udl.suite.derivatives, equal_nan=True)


def test_a_revision_is_named_by_assignment_and_networks(udl: Judge) -> None:
    """Another limit, or one other bit of a network, is another revision."""
    other = Revision(Assignment("udl-7.2", "other title"), udl.suite)
    moved = udl.suite.take(range(1, len(udl.suite)))
    assert len({udl.revision.id, other.id, Revision(udl.assignment, moved).id}) == 3


@pytest.mark.parametrize("at", [0, 100, 5000, -30])
def test_a_damaged_revision_is_refused(udl: Judge, at: int) -> None:
    """Whatever bit of it was lost."""
    data = bytearray(dump(udl.revision))
    data[at] ^= 0x10
    try:
        assert load(bytes(data)).id == udl.revision.id  # the bit was one of the archive's own padding
    except AssignmentError as error:
        assert "damaged" in str(error)  # noqa: PT017 - either outcome is right, silence about damage is not


def test_an_assignment_survives_json(udl: Judge) -> None:
    """The drawing process reads what the worker wrote."""
    assert assignment_from_json(assignment_to_json(udl.assignment)) == udl.assignment


def test_drawing_in_a_process_of_its_own_repeats_itself() -> None:
    """The same versions draw the same networks."""
    text = assignment_to_json(Assignment("x", "x", networks=20, home_networks=5)).encode()
    drawn = [
        subprocess.run(
            [sys.executable, "-m", "grader.properties.drawing"], input=text, capture_output=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert load(drawn[0]).id == load(drawn[1]).id
    assert Counter(load(drawn[0]).suite.corners)["the notebook's shape"] == 5
