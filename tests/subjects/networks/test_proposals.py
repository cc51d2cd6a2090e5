"""What is kept of the proposals: rows that submissions have in common, and no others."""

import gc
import weakref

import numpy as np

from grader.subjects.networks.layers import stack_once
from grader.subjects.networks.proposals import Proposals
from tests.networks import NetworksJudge
from tests.subjects.networks.seeded import network as draw_network
from worker.grading.candidate import Requests


def test_what_every_submission_is_asked_is_made_once(udl: NetworksJudge) -> None:
    proposals, formulas = Proposals(udl.assignment), udl.assignment.formulas
    requests = Requests(udl.revision.subject.exchange)
    first, second = (proposals.expectations(proposals.ladder(1, 1)) for _ in range(2))
    assert first is second
    assert stack_once(first, formulas) is stack_once(second, formulas)
    first, second = (proposals.questions(proposals.ladder(1, 1)) for _ in range(2))
    assert requests.of(first) is requests.of(second)


def test_a_question_is_asked_without_working_out_what_is_expected(udl: NetworksJudge) -> None:
    """Most proposals are answered in another way than the one that is looked for."""
    proposals = Proposals(udl.assignment)
    row = proposals.ladder(1, 1)
    assert np.isnan(proposals.questions(row).derivatives).all()
    assert not any("expected" in vars(proposal) for proposal in row)
    assert np.isfinite(proposals.expectations(row).derivatives).all()


def test_what_only_one_submission_is_asked_goes_with_it(udl: NetworksJudge) -> None:
    """Its own networks, and those that are large, however often they are asked for."""
    proposals, formulas = Proposals(udl.assignment), udl.assignment.formulas
    requests = Requests(udl.revision.subject.exchange)
    own = proposals.of([draw_network(seed, udl.assignment) for seed in range(9)])
    large = proposals.seeded((40, 60, 40), 1)
    assert own
    assert large
    for row in (own, [*proposals.ladder(1, 1), *own], large):
        suite, questions = proposals.expectations(row), proposals.questions(row)
        assert stack_once(suite, formulas) is stack_once(suite, formulas)
        references = [weakref.ref(part) for part in (suite, questions, requests.of(questions))]
        del suite, questions
        gc.collect()
        assert [reference() for reference in references] == [None, None, None]
