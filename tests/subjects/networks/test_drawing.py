"""What is drawn reaches the corners, and what is stored is what was drawn."""

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from grader.errors import AssignmentError
from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.model.stored import assignment_to_json
from grader.oracle.network import forward
from grader.subjects.networks.assignment import Assignment, Home, Range, Ranges, assignment_from_json
from grader.subjects.networks.draw import draw
from grader.subjects.networks.revision import NetworksRevision, dump, load
from grader.subjects.networks.summary import survey
from tests.networks import NetworksJudge
from tests.subjects.networks.seeded import network as draw_network


def test_every_corner_is_reached(udl: NetworksJudge) -> None:
    """Those of the design, by looking at the networks rather than at their labels."""
    suite = udl.revision.suite
    counts = survey(udl.revision.assignment, udl.revision.id, udl.revision.suite)
    hidden = [sizes[1:-1] for sizes in suite.sizes]
    assert counts.depth["0"] >= 10
    assert counts.depth["1"] >= 10
    assert counts.depth["8"] >= 10
    assert sum(len(widths) > 1 and len(set(widths)) == 1 for widths in hidden) >= 10
    assert sum(len(widths) > 1 and len(set(widths)) == len(widths) for widths in hidden) >= 10
    assert sum(bool(widths) and set(widths) == {1} for widths in hidden) >= 4
    assert sum(sizes[0] > 1 and sizes[-1] > 1 for sizes in suite.sizes) >= 20
    assert counts.dead_layers >= 10
    assert counts.all_active >= 10
    assert sum(bool((network.y < 0).all()) for network in suite.networks) >= 10
    assert suite.sizes.count((1, 6, 6, 6, 6, 6, 1)) >= 20
    assert counts.networks == 200


def test_few_networks_tell_of_nothing_but_scalars(udl: NetworksJudge) -> None:
    """Nor are the deepest narrow: a gradient there passes through one number."""
    sizes = udl.revision.suite.sizes
    assert sum(set(network) == {1} for network in sizes) <= 10
    deepest_networks = [network for network in sizes if len(network) == 10]
    assert sum(1 in network[1:-1] for network in deepest_networks) <= len(deepest_networks) * 2 / 3


def test_most_values_need_all_the_bits_of_a_float64(udl: NetworksJudge) -> None:
    """Rounded to float32, the weights of three networks in four are others; the rest are of the grid."""
    networks = udl.revision.suite.networks
    full = [all((part.astype(np.float32) != part).mean() > 0.5 for part in network.weights) for network in networks]
    assert np.mean(full) >= 0.75


def test_no_two_networks_share_their_values(udl: NetworksJudge) -> None:
    """But for those of Hypothesis's own choice and those with exact zeros."""
    networks_and_corners = zip(udl.revision.suite.networks, udl.revision.suite.corners, strict=True)
    inputs = Counter(
        network.net_input.tobytes() for network, corner in networks_and_corners if corner != "plain values"
    )
    zeros = {np.zeros((size, 1)).tobytes() for size in range(1, 5)}
    assert [count for values, count in inputs.items() if count > 1 and values not in zeros] == []


def test_no_unit_is_at_its_kink_and_no_derivative_is_inconclusive(udl: NetworksJudge) -> None:
    """Values are drawn so that finite differences settle every coordinate."""
    for network in udl.revision.suite.networks:
        assert all((f != 0).all() for f in forward(network, udl.assignment.formulas).f[:-1])
    assert survey(udl.revision.assignment, udl.revision.id, udl.revision.suite).inconclusive == 0


def test_a_revision_survives_being_stored_and_keeps_its_id(udl: NetworksJudge) -> None:
    """Bit for bit."""
    second_revision = load(dump(udl.revision))
    assert second_revision.id == udl.revision.id
    assert second_revision.assignment == udl.assignment
    assert np.array_equal(second_revision.suite.derivatives, udl.revision.suite.derivatives, equal_nan=True)


def test_a_revision_is_named_by_assignment_and_networks(udl: NetworksJudge) -> None:
    """Another limit, or one other bit of a network, is another revision."""
    other_title = NetworksRevision(Assignment("udl-7.2", "other title"), udl.revision.suite)
    moved_suite = udl.revision.suite.take(range(1, len(udl.revision.suite)))
    assert len({udl.revision.id, other_title.id, NetworksRevision(udl.assignment, moved_suite).id}) == 3


@pytest.mark.parametrize("at", [0, 100, 5000, -30])
def test_a_damaged_revision_is_refused(udl: NetworksJudge, at: int) -> None:
    """Whatever bit of it was lost."""
    data = bytearray(dump(udl.revision))
    data[at] ^= 0x10
    try:
        assert load(bytes(data)).id == udl.revision.id  # the bit was one of the archive's own padding
    except AssignmentError as error:
        assert "damaged" in str(error)  # noqa: PT017 - either outcome is right, silence about damage is not


def of_columns(least: int, most: int, home: int, networks: int = 60) -> Assignment:
    """A small assignment with batches."""
    ranges = Ranges(depth=Range(0, 2), widths=Range(1, 4), columns=Range(least, most))
    return Assignment("x", "x", ranges=ranges, home=Home(2, 3, columns=home), networks=networks, home_networks=4)


def test_every_number_of_columns_in_the_range_is_drawn() -> None:
    """And about half of the networks have one: the rubric's steps are judged there."""
    counts = Counter(draw(of_columns(1, 16, 1), choice=1).suite.columns)
    assert set(counts) == set(range(1, 17))
    assert 20 <= counts[1] <= 40


def test_a_range_of_one_number_of_columns_draws_no_other() -> None:
    assert set(draw(of_columns(8, 8, 8, 30), choice=1).suite.columns) == {8}


def test_the_notebooks_shape_may_be_a_batch_and_is_drawn_alone_too() -> None:
    suite = draw(of_columns(1, 4, 3), choice=1).suite
    home = zip(suite.corners, suite.columns, strict=True)
    assert Counter(columns for corner, columns in home if corner == "the notebook's shape") == {3: 2, 1: 2}


def legal(seed: int) -> Assignment:
    """Any small assignment that a file may ask for, whatever its home shape; each fifth has one shape only."""
    rng = random.Random(seed)  # noqa: S311 - an assignment, the same each time

    def limits(least: int, most: int) -> Range:
        low = rng.randint(least, most)
        return Range(low, low if seed % 5 == 0 else rng.randint(low, most))

    reduction, activation = rng.choice(list(Reduction)), rng.choice(list(Activation))
    formulas = Formulas(activation, rng.choice(list(Loss)), reduction=reduction)
    least = 2 if formulas.loss is Loss.SOFTMAX_CROSS_ENTROPY else 1
    ranges = Ranges(limits(0, 6), limits(1, 5), limits(1, 3), limits(least, 4), limits(1, 5))
    home = Home(rng.randint(0, 4), rng.randint(1, 4), 1, least, rng.randint(1, 3))
    networks = rng.randint(1, 12)
    return Assignment("x", "x", "f", formulas, ranges, home, networks, rng.randint(1, networks))


@pytest.mark.parametrize("seed", range(30))
def test_every_legal_assignment_draws_within_its_ranges(seed: int) -> None:
    """Hypothesis draws the networks, so that it cannot draw the assignments: it does not nest."""
    assignment = legal(seed)
    suite = draw(assignment).suite
    assert len(suite) == assignment.networks
    ranges, home = assignment.ranges, assignment.home
    for sizes, columns in zip(suite.sizes, suite.columns, strict=True):
        if sizes == home.sizes and columns in {1, home.columns}:
            continue
        assert len(sizes) - 2 in ranges.depth
        assert all(width in ranges.widths for width in sizes[1:-1])
        assert sizes[0] in ranges.inputs
        assert sizes[-1] in ranges.outputs
        assert columns in ranges.columns
    assert np.isnan(suite.derivatives).mean() <= 0.01


def test_a_range_that_holds_too_few_networks_is_refused_by_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.subjects.networks.draw.usable", lambda *_, **__: False)
    networks = [draw_network(0, Assignment("x", "x"))] * 9
    monkeypatch.setattr("grader.subjects.networks.draw.ordinary", lambda *_: iter(networks))
    with pytest.raises(AssignmentError, match="only 0 of 9 different networks could be drawn within the ranges"):
        draw(replace(of_columns(1, 1, 1), networks=9))


def test_an_assignment_survives_json(udl: NetworksJudge) -> None:
    """The drawing process reads what the worker wrote."""
    assert assignment_from_json(assignment_to_json(udl.assignment)) == udl.assignment


def test_drawing_in_a_process_of_its_own_repeats_itself() -> None:
    """The same versions draw the same networks."""
    text = assignment_to_json(Assignment("x", "x", networks=20, home_networks=5)).encode()
    archives = [
        subprocess.run(
            [sys.executable, "-m", "grader.subjects.networks.draw"], input=text, capture_output=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert load(archives[0]).id == load(archives[1]).id
    assert Counter(load(archives[0]).suite.corners)["the notebook's shape"] == 5
