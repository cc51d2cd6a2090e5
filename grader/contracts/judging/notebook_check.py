"""The check that a notebook has itself: whether it passes, and why that differs from the verdict.

Such a check differentiates a loss that the student's own functions compute, on one fixed shape, and compares that with
the student's gradients, often by what the own forward pass hands on. Here the same is done on cases of that shape,
along one direction for each gradient. It is asked when all else is judged, and costs no marks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from backmark.grader.contracts.cases import trees
from backmark.grader.contracts.cases.answers import Answer, Candidate, Raised, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import (
    ContractCases,
    Layout,
    ResultPlace,
    list_expressions,
    locate_inputs,
)
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import ContractExchange, join_numbers, numbers_of
from backmark.grader.contracts.cases.layout import split_target
from backmark.grader.contracts.language.assignment import HOME, LOSS, ContractAssignment, ContractCheck, ContractResult
from backmark.grader.contracts.language.driver import bound_names, used_names
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.errors import CandidateError
from backmark.grader.model.verdict import CheckReason, NotebookCheck

#: Gradients of one case that are compared at most.
_GRADIENTS = 40
#: Length of the step to one side, by which one case is compared first; of a right submission mostly no more is asked.
_STEP = 1e-7
#: Lengths of the step to both sides: what differs by noise, or at a kink, differs by one of them alone.
_STEPS = (1e-5, 1e-4)
#: Derivatives are alike within the one part of the larger, and differ beyond the other; between, nothing is said.
_ALIKE, _APART = 1e-4, 1e-2
#: The part of the loss by which rounding moves it.
_ROUNDING = 1e-13

#: Returns the submission, to be asked by an exchange of the check's; None if it lacks one of the exchange's functions.
Start = Callable[[ContractExchange], Candidate | None]


@dataclass(frozen=True, slots=True)
class _Direction:
    """A direction in which the numbers are moved by which a result is the gradient."""

    #: Where these stand among the case's numbers, and the gradient's among those of all results.
    numbers: slice
    part: slice
    along: Array


@dataclass(frozen=True, slots=True)
class _Probe:
    """A move of one case along directions."""

    home: int
    directions: tuple[_Direction, ...]

    def project(self, gradients: Array) -> float:
        """Return the derivative along the probe by given gradients."""
        return float(sum(gradients[direction.part] @ direction.along for direction in self.directions))

    def move(self, case: DrawnCase, length: float) -> DrawnCase:
        """Return the case moved so far along the probe."""
        numbers = case.numbers.copy()
        for direction in self.directions:
            numbers[direction.numbers] += length * direction.along
        return replace(case, numbers=numbers)


@dataclass(frozen=True, slots=True)
class _Compared:
    """The derivative of the student's own loss along a probe, by each step, beside that by gradients."""

    values: tuple[float, ...]
    #: NaN if the gradients have another form.
    by_gradients: float
    noise: float

    @property
    def alike(self) -> bool:
        """True if they are the same; never if the loss or the gradients are no numbers."""
        gap, size = abs(self.values[0] - self.by_gradients), max(abs(self.values[0]), abs(self.by_gradients))
        return gap <= _ALIKE * size + self.noise

    @property
    def apart(self) -> bool:
        """True if they are certainly not."""
        gaps = [abs(value - self.by_gradients) for value in self.values]
        sizes = [abs(value) for value in (*self.values, self.by_gradients)]
        certain = min(gaps) > _APART * max(sizes) + 10 * self.noise and max(gaps) < 1.1 * min(gaps)
        return certain or bool(np.isnan(self.by_gradients))


@dataclass(frozen=True, eq=False)
class _Round:
    """Cases of the notebook's shape asked about together: first as they are, then moved along each probe."""

    #: All cases of that shape.
    at_home: ContractCases
    homes: tuple[int, ...]
    probes: tuple[_Probe, ...]
    #: Places along a probe, in pairs of one above the other; 0 is the case as it is.
    ends: tuple[tuple[float, float], ...]
    #: By result as it is declared, True if the lines of the check make it anew.
    own: tuple[bool, ...]

    @cached_property
    def cases(self) -> ContractCases:
        """The cases to ask about, with nothing expected of them."""
        loss = ResultPlace(LOSS, len(self.own), (), LOSS)
        layouts: list[Layout] = [
            (loss, *(place for place in self.at_home.layouts[home] if self.own[place.result])) for home in self.homes
        ]
        drawn = [self.at_home.drawn[home] for home in self.homes]
        for probe in self.probes:
            drawn += [probe.move(self.at_home.drawn[probe.home], end) for pair in self.ends for end in pair if end]
        layouts += [(loss,)] * (len(drawn) - len(layouts))
        nothing = np.zeros(sum(place.size for layout in layouts for place in layout))
        return ContractCases(
            tuple(drawn), tuple(layouts), nothing, nothing, np.zeros((0, len(nothing))), self.at_home.provides
        )

    def compare(self, replies: Sequence[Answer], judged: Sequence[Answer]) -> list[_Compared] | None:
        """Return for each probe the derivatives; None if a loss is no number.

        The gradients are those of the replies where the check makes them, else those of the judged answers.
        """
        losses = [_read_loss(reply) for reply in replies]
        if not np.isfinite(losses[len(self.homes) :]).all():
            return None
        gradients = self._read_gradients(replies, judged)
        compared, moved = [], iter(losses[len(self.homes) :])
        for probe in self.probes:
            base = losses[self.homes.index(probe.home)]
            values = [
                ((next(moved) if above else base) - (next(moved) if below else base)) / (above - below)
                for above, below in self.ends
            ]
            above, below = self.ends[0]
            noise = _ROUNDING * abs(base) / (above - below)
            compared.append(_Compared(tuple(values), probe.project(gradients), noise))
        return compared

    def _read_gradients(self, replies: Sequence[Answer], judged: Sequence[Answer]) -> Array:
        gradients = join_numbers(judged, self.at_home.starts)
        starts = dict.fromkeys(self.homes, 1)
        for home, place, part in self.at_home.slices():
            if home in starts and self.own[place.result]:
                stop = starts[home] + place.size
                gradients[part] = numbers_of(replies[self.homes.index(home)], stop)[starts[home] : stop]
                starts[home] = stop
        return gradients


@dataclass(frozen=True)
class CheckComparison:
    """A contract's check, made ready for comparing submissions; without cases of its shape nothing is compared."""

    assignment: ContractAssignment
    check: ContractCheck
    cases: ContractCases

    @cached_property
    def exchange(self) -> ContractExchange:
        """The exchange that asks about the loss of the student's own functions, and about its gradients by them."""
        loss = ContractResult(LOSS, LOSS, "", value=LOSS, loose=True)
        results = (*self.assignment.results, loss)
        asked = replace(self.assignment, entries=self.check.functions, call=self.check.code, results=results)
        return ContractExchange(asked, self.results | {LOSS}, apart=True)

    @cached_property
    def at_home(self) -> ContractCases:
        """The cases that are compared: those of the notebook's own shape."""
        return self.cases.take(self._homes)

    @cached_property
    def results(self) -> frozenset[str]:
        """The expressions of the results with the dims of the notebook's shape."""
        return list_expressions(self.at_home)

    def explain(self, answers: Sequence[Answer], failing: Sequence[int], start: Start) -> NotebookCheck | None:
        """Return what the check says where it differs from what is judged; None if it does not, or is not known."""
        if not self._probes or (not failing and set(self.check.functions) <= set(self.assignment.entries)):
            # Of a right submission these functions are right.
            return None
        judged = [answers[i] for i in self._homes]
        try:
            candidate = start(self.exchange)
            return self._explain_wrong(judged, candidate) if failing else self._explain_right(judged, candidate)
        except CandidateError:
            return None

    def find_fault(self, ask: Callable[[ContractExchange, ContractCases], Sequence[Answer]]) -> str:
        """Return why the check of a right submission does not pass, as what follows its name; empty if it does."""
        if not self._probes:
            return "looks at no gradient: the check needs results that are gradients by inputs, without a scale"
        asked = self._ask_everywhere(self._probes)
        replies = ask(self.exchange, asked.cases)
        for reply in replies:
            if isinstance(reply, Raised):
                return f"raised {reply.type}: {reply.message}"
        right = [Returned(part) for part in np.split(self.at_home.expected, self.at_home.starts[1:-1])]
        compared = asked.compare(replies, right)
        if compared is None:
            return f"gives no number as {LOSS}"
        for probe, derivative in zip(self._probes, compared, strict=True):
            if not derivative.alike:
                (name,) = (
                    place.expression for _, place, part in self.at_home.slices() if part == probe.directions[0].part
                )
                return f"gives another derivative than {name}"
        return ""

    def _explain_right(self, judged: Sequence[Answer], candidate: Candidate | None) -> NotebookCheck | None:
        """Look at one case first: most submissions are right, and there it passes."""
        if candidate is None:
            return None
        first = self._first.compare(candidate.answer(self._first.cases), judged)
        if first is not None and first[0].alike:
            return None
        replies = candidate.answer(self._thorough.cases)
        # Without a line of the student's the functions were called otherwise than they are in the notebook.
        raised = [base for base in replies[: len(self._every)] if isinstance(base, Raised) and base.frames]
        if len(raised) == len(self._every):
            return self._conclude(CheckReason.RAISED, passes=None, error=raised[0].type, lines=raised[0].frames[-1:])
        compared = self._thorough.compare(replies, judged)
        if compared is None or not all(derivative.apart for derivative in compared):
            return None
        return self._conclude(CheckReason.OWN_FUNCTIONS, passes=False)

    def _explain_wrong(self, judged: Sequence[Answer], candidate: Candidate | None) -> NotebookCheck | None:
        wrong = all_wrong(self.at_home, judged)
        right = not any(wrong[direction.part].any() for probe in self._probes for direction in probe.directions)
        if candidate is None and not right:
            return None
        if candidate is not None and not all(
            self._passes(asked, judged, candidate) for asked in (self._first, self._thorough)
        ):
            return None
        if not right:
            return self._conclude(CheckReason.OWN_FUNCTIONS, passes=True)
        unseen = [place.expression for _, place, part in self.at_home.slices() if wrong[part].any()]
        reason = CheckReason.UNSEEN if unseen else CheckReason.SHAPE
        return self._conclude(reason, passes=True, supposed=candidate is None, unseen=tuple(dict.fromkeys(unseen)))

    @staticmethod
    def _passes(asked: _Round, judged: Sequence[Answer], candidate: Candidate) -> bool:
        compared = asked.compare(candidate.answer(asked.cases), judged)
        return compared is not None and all(derivative.alike for derivative in compared)

    def _conclude(self, reason: CheckReason, *, passes: bool | None, **more: Any) -> NotebookCheck:
        check, entries = self.check, self.assignment.entries
        # In the order of their declaration, which a stored assignment does not keep for [home].
        dims = (dim.name for dim in self.assignment.dims if dim.name in self.assignment.home)
        home = ", ".join(f"{name} = {self.assignment.home[name]}" for name in dims)
        own = tuple(name for name in check.functions if name not in entries) or check.functions
        return NotebookCheck(reason, passes, check.name, check.shape or home, self.assignment.function, own, **more)

    @cached_property
    def _homes(self) -> list[int]:
        """The places of the cases that are compared."""
        return [i for i, case in enumerate(self.cases.drawn) if case.corner == HOME]

    @cached_property
    def _every(self) -> tuple[int, ...]:
        """The places of all these among themselves."""
        return tuple(range(len(self._homes)))

    @cached_property
    def _own(self) -> tuple[bool, ...]:
        bound = bound_names(self.check.code)
        return tuple(bool(used_names(result.expression) & bound) for result in self.assignment.results)

    @cached_property
    def _probes(self) -> list[_Probe]:
        """A probe for each gradient that the check looks at and that finite differences settle."""
        rng = np.random.default_rng(0)
        probes = []
        counts = [0] * len(self._homes)
        for home, place, part in self.at_home.slices():
            result = self.assignment.results[place.result]
            plain = result.grad and result.scale == "1" and place.size and place.expression not in self.check.unseen
            moved = _find_numbers(self.assignment, self.at_home.drawn[home], place.target) if plain else None
            if moved is None or np.isnan(self.at_home.expected[part]).any() or counts[home] == _GRADIENTS:
                continue
            counts[home] += 1
            signs = np.where(rng.random(place.size) < 1 / 2, -1.0, 1.0)
            probes.append(_Probe(home, (_Direction(moved, part, signs),)))
        return probes

    @cached_property
    def _joint(self) -> tuple[_Probe, ...]:
        """One probe for each case, along all its gradients, each weighed so that none is lost beside the others."""
        joint = []
        for home in self._every:
            directions = [probe.directions[0] for probe in self._probes if probe.home == home]
            if not directions:
                continue
            sizes = [float(np.linalg.norm(self.at_home.expected[direction.part])) for direction in directions]
            least = 1e-3 * max(sizes) or 1.0
            weights = np.array([1 / max(size, least) for size in sizes])
            weights /= weights.max()
            weighed = (
                replace(direction, along=weight * direction.along)
                for weight, direction in zip(weights, directions, strict=True)
            )
            joint.append(_Probe(home, tuple(weighed)))
        return tuple(joint)

    @cached_property
    def _first(self) -> _Round:
        probe = self._joint[0]
        return _Round(self.at_home, (probe.home,), (probe,), ((_STEP, 0.0),), self._own)

    @cached_property
    def _thorough(self) -> _Round:
        return self._ask_everywhere(self._joint)

    def _ask_everywhere(self, probes: Sequence[_Probe]) -> _Round:
        return _Round(self.at_home, self._every, tuple(probes), tuple((step, -step) for step in _STEPS), self._own)


def _read_loss(reply: Answer) -> float:
    """Return the loss, also of an answer whose gradients have another form; NaN if there is none."""
    return float(numbers_of(reply, 1)[0])


def _find_numbers(assignment: ContractAssignment, case: DrawnCase, target: str) -> slice | None:
    """Return where the numbers of an input, or of an entry of one, stand among a case's; None if it is none."""
    name, path = split_target(target)
    if not any(entry.name == name for entry in assignment.inputs):
        return None
    start, described = locate_inputs(case)[name].start, case.inputs[name]
    for index in path:
        parts = described["list"]
        start += sum(map(trees.count, parts[:index]))
        described = parts[index]
    return slice(start, start + trees.count(described))
