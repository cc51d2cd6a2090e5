"""Who differentiates numerically is told from who recomputes the forward pass, in whatever precision."""

import pytest

from grader.model.assignment import Activation, Loss
from grader.subjects.networks.differencing import differentiates
from grader.subjects.networks.draw import draw
from grader.subjects.networks.probes import recomputes
from tests.corpus.recomputing import differencing, right
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.formulas import ASSIGNMENTS, assignment


@pytest.fixture(
    scope="module", params=(None, *ASSIGNMENTS), ids=lambda each: (each and f"{each[0]}-{each[1]}") or "udl"
)
def judge(request: pytest.FixtureRequest, udl: NetworksJudge) -> NetworksJudge:
    """The assignment that ships, and others that have little in common."""
    if request.param is None:
        return udl
    activation, loss, columns = request.param
    return NetworksJudge(draw(assignment(Activation(activation), Loss(loss), columns), choice=1))


def accused(source: str, judge: NetworksJudge) -> bool:
    """What is flagged of a source that recomputes the forward pass."""
    candidate = local(source, judge.assignment)
    assert recomputes(judge.revision.subject._probes, candidate.answer(judge.revision.subject._probes.suite))
    return differentiates(candidate, judge.revision.suite, judge.assignment)


def test_every_scheme_of_differences_is_seen(judge: NetworksJudge) -> None:
    """Forward, central, five-point, complex step, Richardson, in random directions; with several steps."""
    sources = differencing(judge.assignment)
    assert [name for name, source in sources.items() if not accused(source, judge)] == []


def test_nobody_is_accused_who_recomputes_in_any_precision(judge: NetworksJudge) -> None:
    """Forty of them: double, single, extended, mixed."""
    sources = right(judge.assignment)
    assert len(sources) >= 40
    assert [name for name, source in sources.items() if accused(source, judge)] == []
