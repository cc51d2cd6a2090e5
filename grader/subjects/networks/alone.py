"""The steps by answers that no call came before, of a submission whose answers depend on the calls before.

A sample of networks is asked about, each in a process of its own that has answered nothing yet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.errors import CandidateError
from grader.judge.agreement import agreement
from grader.judge.marks import AloneMarks
from grader.judge.row import Row
from grader.model.verdict import Mark
from grader.oracle.answers import Answer, Candidate
from grader.oracle.cases import spread
from grader.oracle.suite import Suite
from grader.subjects.networks import wording
from grader.subjects.networks.asking import refuses_lists
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.explanation import Explanation
from grader.subjects.networks.form import in_one_order
from grader.subjects.networks.layers import stack
from grader.subjects.networks.rubric import any_shape, earned, home_networks, read_steps
from grader.subjects.networks.unpropagated import ignores_error, telling

#: Networks that are asked about, each in a fresh process.
SAMPLE = 24


@dataclass(frozen=True, slots=True)
class EachAlone:
    """A submission that is asked about each network in a process that has answered nothing yet."""

    fresh: Callable[[], Candidate[Suite]]

    def answer(self, suite: Suite) -> list[Answer]:
        """Return the answer to each network; raises a CandidateError if a process ends."""
        return [self.fresh().answer(suite.one(n))[0] for n in range(len(suite))]

    def evidence(self, suite: Suite) -> list[Evidence]:
        """Return the lists that it wrote about each network, as far as no process ends; raises where none can start."""
        return [lists for n in range(len(suite)) for lists in self.fresh().evidence(suite.one(n))]


def judge_alone(  # noqa: PLR0913 - what is judged, and what is known of it already
    suite: Suite,
    order: Sequence[int],
    rows: Mapping[str, Row],
    assignment: Assignment,
    fresh: Callable[[], Candidate[Suite]],
    *,
    ignores: bool,
) -> AloneMarks | None:
    """Judge the steps by a sample of the networks; `any_shape` is lost.

    None if a process ends or refuses to show its lists, or if that earns no more marks than the `rows` so far. If
    answers that depend on the calls before seem to ignore the error at the output (`ignores`), those of fresh processes
    may not.
    """
    places = _choose(suite, order)
    sample = suite.take(places)
    try:
        answers = EachAlone(fresh).answer(sample)
        agreed = agreement(sample, answers)
        # Reading the lists is a call, too: where an answer is wrong, another process is asked for them.
        read = {n: lists[0] for n in agreed.failing if (lists := fresh().evidence(sample.one(n)))}
        if refuses_lists(answers, read, agreed.failing):
            return None
        evidence = in_one_order(sample, read)
        wrong = agreed.failing
        if ignores and ignores_error(EachAlone(fresh), sample, telling(sample), evidence, wrong, assignment):
            return None
    except CandidateError:
        return None
    judged = _judge_steps(sample, answers, agreed, evidence, assignment)
    alone = {
        name: replace(row, failing=tuple(places[n] for n in row.failing), message=wording.alone_tally(row.message))
        if row.mark is Mark.FAILED
        else row
        for name, row in judged.items()
        if row.mark is not Mark.NOT_RUN
    }
    alone["any_shape"] = Row(Mark.FAILED, len(suite), wording.dependence(len(places)))
    if earned({**rows, **alone}, assignment.rubric)[0] <= earned(rows, assignment.rubric)[0]:
        return None
    return AloneMarks(alone, dict(zip(places, answers, strict=True)))


def _choose(suite: Suite, order: Sequence[int]) -> list[int]:
    """Networks from small to large; of one column, on which the steps are seen, if there are enough."""
    single = [i for i in order if suite.columns[i] == 1]
    chosen = single if len(single) >= SAMPLE else order
    return spread(chosen, SAMPLE)


def _judge_steps(
    sample: Suite, answers: Sequence[Answer], agreed: Row, evidence: dict[int, Evidence], assignment: Assignment
) -> dict[str, Row]:
    layers, home = stack(sample, assignment.formulas), home_networks(sample, assignment)
    read, _ = read_steps(sample, layers, answers, assignment)
    return any_shape(sample, layers, answers, assignment, agreed, home, read, evidence, Explanation())[1]
