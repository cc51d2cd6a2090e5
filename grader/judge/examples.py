"""The counterexamples of one submission: shrunk for each failed property, and confirmed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from grader.errors import CandidateError
from grader.judge.agreement import disagreeing, way
from grader.judge.counterexamples import counterexample
from grader.judge.row import Row
from grader.judge.rubric import same
from grader.judge.shrinking import Failure, Witness, shrink
from grader.model.verdict import Counterexample
from grader.oracle.answers import Answer, Candidate
from grader.oracle.network import Network
from grader.oracle.suite import Suite, key, measured
from grader.subjects.networks.revision import Revision


@dataclass(frozen=True)
class Examples:
    """The smallest counterexamples of one submission, each confirmed in a fresh process."""

    revision: Revision
    #: The places of the suite's networks, from the smallest to the largest.
    order: Sequence[int]
    answers: Sequence[Answer]
    witness: Witness
    fresh: Callable[[], Candidate]

    def of(self, rows: dict[str, Row]) -> dict[str, tuple[Counterexample, bool]]:
        """For each failed property its counterexample, and whether it repeats in a fresh process."""
        # What has no test of its own (`pure`) is not a matter of one network's numbers: its message says it all.
        starts = {name: self._start(row) for name, row in rows.items() if row.failing and row.fails is not None}
        found: dict[str, Network] = {}
        failures: dict[str, Failure] = {}
        for name, start in starts.items():
            fails = rows[name].fails
            if fails is not None:
                failures[name] = Failure(fails, way(self.answers[start]))
                found[name] = shrink(self.revision.suite.networks[start], failures[name], self.witness)
        confirmed, unrepeated = self._confirmed(found, failures)
        shown = {}
        for name, start in starts.items():
            if name in confirmed:
                shown[name] = (confirmed[name], True)
                continue
            # Shown as it was seen. That it depends on the calls before is claimed only of what did answer, otherwise.
            example = counterexample(self.revision.suite, start, self.answers[start], self.revision.assignment)
            shown[name] = (example, name not in unrepeated)
        return shown

    def _start(self, row: Row) -> int:
        """The smallest network that fails; one that finite differences see, where there is any."""
        failing = set(row.failing)
        ordered = [i for i in self.order if i in failing]
        return next((i for i in ordered if self._wrong[i]), ordered[0])

    @cached_property
    def _wrong(self) -> list[bool]:
        return disagreeing(self.revision.suite, self.answers)

    def _confirmed(
        self, found: dict[str, Network], failures: dict[str, Failure]
    ) -> tuple[dict[str, Counterexample], set[str]]:
        """Confirmed counterexamples, and the properties that do not fail when asked about alone.

        Each network is asked about in a process that has answered nothing yet, and measured by differences.
        """
        assignment = self.revision.assignment
        alone: dict[bytes, tuple[Suite, list[Answer]]] = {}
        confirmed, unrepeated = {}, set()
        for name, network in found.items():
            if key(network) not in alone:
                suite = measured([network], ["shrunk"], assignment.formulas, assignment.rtol)
                alone[key(network)] = (suite, self._alone(suite))
            suite, answers = alone[key(network)]
            if not answers:
                continue
            if failures[name].shown(suite, answers) and disagreeing(suite, answers)[0]:
                confirmed[name] = counterexample(suite, 0, answers[0], assignment)
            elif not same(answers[0], self._before(network)):
                unrepeated.add(name)
        return confirmed, unrepeated

    def _before(self, network: Network) -> Answer:
        """What was answered about the network when others had been asked about before it."""
        if key(network) in self.witness.known:
            return self.witness.known[key(network)]
        places = [key(each) for each in self.revision.suite.networks]
        return self.answers[places.index(key(network))]

    def _alone(self, suite: Suite) -> list[Answer]:
        """The answer of a fresh process; none where it ends instead."""
        try:
            return self.fresh().answer(suite)
        except CandidateError:
            return []
