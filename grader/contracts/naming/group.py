"""The numbers that a claim is about: all of a row's, or those of one of its expressions."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.naming.claim import slug

Indices = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Numbers of the same meaning, over all cases."""

    row: str
    #: The name in a sentence: an expression, or a row's name if it has several.
    name: str
    #: The places of its numbers.
    index: Indices
    #: The same numbers with the axes of each array in reverse order; -1 in an array whose shape is then another.
    reversed: Indices
    #: Its results: the case of each, its expression and its shape.
    places: tuple[tuple[int, str, tuple[int, ...]], ...]

    @property
    def slug(self) -> str:
        """The name as a word of an id."""
        return slug(self.name)


def list_groups(assignment: ContractAssignment, cases: ContractCases) -> dict[str, tuple[Group, ...]]:
    """Return by row the group of all its numbers, and those of its expressions if there are several."""
    places: dict[str, dict[str, list[tuple[int, slice, tuple[int, ...]]]]] = {}
    for i, place, part in cases.slices():
        own = places.setdefault(assignment.results[place.result].row, {})
        own.setdefault(place.expression, []).append((i, part, place.shape))
    return {row: tuple(_list_row(assignment, row, own)) for row, own in places.items()}


def _list_row(
    assignment: ContractAssignment, row: str, own: dict[str, list[tuple[int, slice, tuple[int, ...]]]]
) -> Iterator[Group]:
    declared = [result.expression for result in assignment.results if result.row == row]
    whole = [(i, expression, part, shape) for expression, places in own.items() for i, part, shape in places]
    yield _make(row, declared[0] if len(declared) == 1 else row, whole)
    if len(own) > 1:
        for expression, places in own.items():
            yield _make(row, expression, [(i, expression, part, shape) for i, part, shape in places])


def _make(row: str, name: str, places: list[tuple[int, str, slice, tuple[int, ...]]]) -> Group:
    none = [np.zeros(0, np.intp)]
    index = np.concatenate([*none, *(np.arange(part.start, part.stop) for _, _, part, _ in places)])
    turned = np.concatenate([*none, *(_reverse(part, shape) for _, _, part, shape in places)])
    return Group(row, name, index, turned, tuple((i, text, shape) for i, text, _, shape in places))


def _reverse(part: slice, shape: tuple[int, ...]) -> Indices:
    if shape != shape[::-1]:
        return np.full(part.stop - part.start, -1, np.intp)
    return np.arange(part.start, part.stop).reshape(shape).T.ravel()
