"""What is kept of the proposals: rows that submissions have in common, and no others."""

import gc
import weakref

from grader.judge.judge import Judge
from grader.subjects.networks.layers import stacked
from grader.subjects.networks.proposals import Proposals
from tests.subjects.networks.seeded import network as seeded
from worker.grading.candidate import Requests


def test_what_every_submission_is_asked_is_made_once(udl: Judge) -> None:
    proposals, formulas = Proposals(udl.assignment), udl.assignment.formulas
    requests = Requests(udl.assignment)
    first, second = (proposals.joined(proposals.ladder(1, 1)) for _ in range(2))
    assert first is second
    assert stacked(first, formulas) is stacked(second, formulas)
    assert requests.of(first) is requests.of(second)


def test_what_only_one_submission_is_asked_goes_with_it(udl: Judge) -> None:
    """Its own networks, and those that are large, however often they are asked for."""
    proposals, formulas = Proposals(udl.assignment), udl.assignment.formulas
    requests = Requests(udl.assignment)
    own = proposals.of([seeded(seed, udl.assignment) for seed in range(9)])
    large = proposals.seeded((40, 60, 40), 1)
    assert own
    assert large
    for row in (own, [*proposals.ladder(1, 1), *own], large):
        suite = proposals.joined(row)
        assert stacked(suite, formulas) is stacked(suite, formulas)
        made = [weakref.ref(each) for each in (suite, requests.of(suite))]
        del suite
        gc.collect()
        assert [each() for each in made] == [None, None]
