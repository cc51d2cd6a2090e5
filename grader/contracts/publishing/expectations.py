"""What is expected of a contract's cases, by its reference: the results with their shapes and numbers."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases, Layout, ResultPlace
from backmark.grader.contracts.cases.drawn import SIMPLE, DrawnCase
from backmark.grader.contracts.cases.layout import IndexedResult, find, list_results
from backmark.grader.contracts.cases.values import SIMPLEST, draw
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.expressions import ExpressionError
from backmark.grader.contracts.publishing.author_code import clip, describe_dims, list_names
from backmark.grader.contracts.publishing.reference_run import (
    MOST_IN_ALL,
    MOST_OF_CASE,
    PassedCase,
    ReferenceRun,
)
from backmark.grader.errors import BadAssignment


@dataclass(frozen=True, slots=True)
class Expectations:
    """The expectations of cases: their results, what these must be, and by how much that is uncertain."""

    assignment: ContractAssignment
    reference: ReferenceRun

    def judge(self, passed: Sequence[PassedCase]) -> tuple[ContractCases, Array]:
        """Return the cases with what is expected of them, without tolerances, and the uncertainty of each number."""
        layouts = [self._layout(entry) for entry in passed]
        bound = [self._bind(entry, place) for place, entry in enumerate(passed)]
        numbers = 2 * sum(place.size for layout in layouts for place in layout)
        if numbers > MOST_IN_ALL:
            raise BadAssignment(
                f"the results of {len(passed)} cases take {numbers:,} numbers; at most {MOST_IN_ALL:,} are taken:"
                " let dims be smaller, or ask for fewer cases"
            )
        for entry in passed:
            self._check_loss(entry)
        derivatives = self.reference.differentiate(bound, layouts)
        expected, uncertainty = [np.zeros(0)], [np.zeros(0)]
        for entry, layout, gradients in zip(passed, layouts, derivatives, strict=True):
            scales = [indexed.scale for indexed in list_results(self.assignment, entry.case.dims)]
            for place, scale in zip(layout, scales, strict=True):
                if place.target in gradients:
                    derivative, doubt = gradients[place.target] * scale
                    expected.append(derivative)
                    uncertainty.append(np.abs(doubt))
                else:
                    expected.append(read_value(entry, place.target).ravel())
                    uncertainty.append(np.zeros(place.size))
        flat = np.concatenate(expected)
        cases = ContractCases(
            tuple(bound),
            tuple(layouts),
            flat,
            np.zeros(len(flat)),
            self.assignment.provides,
        )
        return cases, np.concatenate(uncertainty)

    def _layout(self, entry: PassedCase) -> Layout:
        """Return the results of a case with their shapes; raises BadAssignment."""
        known = {**entry.case.values(), **entry.taps}
        try:
            results = list(list_results(self.assignment, entry.case.dims))
        except ExpressionError as error:
            message = f"results: {error} (with {describe_dims(entry.case)})"
            raise BadAssignment(message) from error
        places = tuple(_locate(entry, known, indexed) for indexed in results)
        if sum(place.size for place in places) > MOST_OF_CASE:
            raise BadAssignment(
                f"the results of a case have more than {MOST_OF_CASE:,} numbers (with {describe_dims(entry.case)}):"
                " let dims be smaller"
            )
        return places

    def _bind(self, entry: PassedCase, place: int) -> DrawnCase:
        """Return the case with upstream gradients and given outputs among its inputs."""
        more: dict[str, Any] = {}
        for name, output in self.assignment.upstream.items():
            value = self._output(entry, f"upstream.{name}", output)
            try:
                shape = np.asarray(value, np.float64).shape
            except (TypeError, ValueError) as error:
                message = f"upstream.{name} names {output}, which is no array of numbers"
                raise BadAssignment(message) from error
            rng = np.random.default_rng([self.assignment.seed, place, zlib.crc32(name.encode())])
            variety = len(SIMPLEST) if entry.case.corner == SIMPLE else 0
            more[name] = draw("normal", shape, rng, {}, variety=variety)
        for name in self.assignment.given:
            more[name] = self._output(entry, "call.given", name)
        return entry.case.bind(more)

    def _output(self, entry: PassedCase, key: str, name: str) -> Any:
        try:
            return find(entry.outputs, name)
        except (LookupError, TypeError, ValueError) as error:
            there = list_names(entry.outputs)
            message = f"{key} names {name}, which the reference does not return; it returns {there}"
            raise BadAssignment(message) from error

    def _check_loss(self, entry: PassedCase) -> None:
        """Raise BadAssignment unless the loss, if there is one, is a number, or the sum of named numbers."""
        if self.assignment.upstream or not any(
            result.grad or result.value == "loss" for result in self.assignment.results
        ):
            return
        loss = self._output(entry, "results", "loss")
        if isinstance(loss, dict) and not (loss and all(map(_is_number, loss.values()))):
            raise BadAssignment("the reference's loss must be a number, or a dictionary of numbers: its terms")


def _locate(entry: PassedCase, known: Mapping[str, Any], indexed: IndexedResult) -> ResultPlace:
    """Return a result with its shape; raises BadAssignment."""
    result = indexed.result
    try:
        value = find(known, indexed.target) if result.grad else read_value(entry, indexed.target)
        return ResultPlace(indexed.expression, indexed.place, np.asarray(value).shape, indexed.target)
    except _NoNumbersError as error:
        message = f"results.{result.expression}: {error}"
        raise BadAssignment(message) from error
    except (LookupError, TypeError, ValueError) as error:
        kind = "input or tapped value" if result.grad else "output of the reference"
        message = (
            f"results.{result.expression}: {clip(indexed.target)} is no {kind} (with {describe_dims(entry.case)});"
            f" there are {list_names(known if result.grad else entry.outputs)}"
        )
        raise BadAssignment(message) from error


class _NoNumbersError(TypeError):
    """An output that is no array of numbers."""


def read_value(entry: PassedCase, target: str) -> Array:
    """Return an output as numbers, a loss that is given in terms as their sum; raises _NoNumbersError, LookupError."""
    value = find(entry.outputs, target)
    if target == "loss" and isinstance(value, dict):
        value = sum(value.values())
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        message = (
            f"the reference's output {target} is a {type(value).__name__} that is no array of numbers: name a part"
            f" of it, such as {target}[0], or return its numbers under a name of their own"
        )
        raise _NoNumbersError(message) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, np.ndarray) and not value.ndim)
