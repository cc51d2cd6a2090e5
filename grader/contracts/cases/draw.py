"""Draws a contract's cases with Hypothesis; run as a process of its own.

    python -m backmark.grader.contracts.cases.draw <assignment.json >cases.npz
    python -m backmark.grader.contracts.cases.draw 1 <assignment.json >pool.npz

A seed alone does not fix what Hypothesis draws: it mixes in constants of the local modules that happen to be imported.
A process that imports only this much draws alike for the same versions, and what it drew is stored as data.
"""

import contextlib
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from backmark.grader.contracts.cases import trees, values
from backmark.grader.contracts.cases.drawn import ANY, SIMPLE, DrawnCase, dump_cases
from backmark.grader.contracts.cases.ladder import Choices, Option, RejectedChoicesError, walk
from backmark.grader.contracts.cases.taught import is_tried
from backmark.grader.contracts.cases.values import MOST_NUMBERS
from backmark.grader.contracts.language.assignment import (
    HOME,
    MOST_SIZE,
    OUTSIDE,
    ContractAssignment,
    Dim,
    Input,
    assignment_from_json,
    assignment_to_json,
)
from backmark.grader.contracts.language.expressions import (
    DRAWING,
    FUNCTIONS,
    MOST_MANY,
    ExpressionError,
    count,
    count_items,
    evaluate,
)
from backmark.grader.errors import REFUSED, AssignmentError

#: Cases drawn for each of a pool: some make outputs that are not finite, and are left out. For each that decides more
#: are drawn, to choose from, and at most so many in all.
SPARE, CHOICE, MOST_CHOICE = 1.25, 8.0, 2000
#: Cases of the notebook's own shape, and those that the handout does not try, where only what it tries decides.
AT_HOME, OUTSIDE_CASES = 4, 16
#: The ladder of small cases, from which counterexamples are chosen: its shapes, how many of them have a case with the
#: kinds' own values, and how often one is drawn until it is no other again.
SHAPES, OWN_VALUES, ATTEMPTS = 64, 32, 6
#: Numbers that the inputs of a case of the ladder may have, and about so many those of all: each is differentiated by.
MOST_OF_RUNG, MOST_OF_LADDER = 200, 10_000
#: By the place of a shape, the simple numbers that the cases of it are drawn from: most mistakes show on the first
#: shapes.
NEAR, NEAR_VARIETIES, FAR_VARIETIES = 12, (1, *[2] * 4, *[4] * 5, *[6] * 6), (1, 2, 4, 6)
#: The part of the cases that is drawn freely.
FREE = 0.5
#: Numbers in the inputs of all cases.
MOST_IN_ALL = 1 << 23
#: Bytes of memory that drawing may take.
MOST_MEMORY = 1 << 30

#: Dims on purpose: all ones, all equal, all different, the least, the largest; and small ones, for the ladder.
ONES, EQUAL, DIFFERENT, LEAST, LARGEST, SMALL = (*("ones", "all equal", "all different", "least", "largest", "small"),)
CORNERS = (ONES, EQUAL, DIFFERENT, LEAST, LARGEST)


class _DrawnEnoughError(Exception):
    """Ends Hypothesis's generation: nothing more is wanted of it."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The choices of Hypothesis."""

    draw: DrawFn

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def real(self, low: float, high: float) -> float:
        # Few digits, both ends among them.
        return round(low + (high - low) * self.draw(st.integers(0, 64)) / 64, 6)

    def one_of(self, options: Sequence[Option]) -> Option:
        return self.draw(st.sampled_from(options))

    def reject(self) -> NoReturn:
        hypothesis.reject()


def draw_dims(choices: Choices, assignment: ContractAssignment, corner: str) -> dict[str, Any]:
    """Return the dims of one case; raises ExpressionError, and rejects what the assignment does not assume."""
    known: dict[str, Any] = {}
    used: set[int] = set()
    equal = choices.whole(1, 6) if corner == EQUAL else 0

    def whole(least: int, most: int) -> int:
        low, high = {
            ONES: (1, 1),
            LEAST: (least, least),
            LARGEST: (most, most),
            EQUAL: (equal, equal),
        }.get(corner, (least, most))
        low = min(max(low, least), most)
        number = choices.whole(low, max(low, min(high, most)))
        if corner == DIFFERENT:
            free = [size for size in range(least, most + 1) if size not in used]
            number = choices.one_of(free) if free else number
            used.add(number)
        return number

    def ints(many: int, least: int, most: int) -> list[int]:
        if not (all(isinstance(number, int) for number in (many, least, most)) and 0 <= least <= most <= MOST_SIZE):
            raise ExpressionError(f"ints takes a number of items and a range within 0 and {MOST_SIZE}: ints(L, 1, 5)")
        if many > MOST_MANY:
            raise ExpressionError(f"ints gives at most {MOST_MANY} items, not {many}")
        return [whole(least, most) for _ in range(many)]

    functions = {**FUNCTIONS, DRAWING: ints}
    items = 0
    for dim in assignment.dims:
        with _naming(f"dims.{dim.name}"):
            if corner == HOME and dim.name in assignment.home:
                known[dim.name] = assignment.home[dim.name]
            else:
                known[dim.name] = _draw_dim(choices, dim, known, whole, functions)
            items = count_items(known[dim.name], items)
    with _naming("assume"):
        assumed = all(evaluate(condition, known) for condition in assignment.assume)
    if not assumed:
        choices.reject()
    return known


@contextlib.contextmanager
def _naming(key: str) -> Iterator[None]:
    """Have an ExpressionError say which key it is about."""
    try:
        yield
    except ExpressionError as error:
        message = f"{key}: {error}"
        raise ExpressionError(message) from error


def _draw_dim(
    choices: Choices,
    dim: Dim,
    known: Mapping[str, Any],
    whole: Callable[[int, int], int],
    functions: Mapping[str, Callable[..., Any]],
) -> Any:
    if dim.expression:
        return evaluate(dim.expression, known, functions)
    if dim.of:
        return choices.one_of(dim.of)
    if dim.real is not None:
        return choices.real(*dim.real)
    least, most = dim.least or 0, dim.most or 0
    if dim.many:
        return [whole(least, most) for _ in range(count(dim.many, known, functions))]
    return whole(least, most)


def cases(assignment: ContractAssignment, corner: str, salt: int) -> st.SearchStrategy[DrawnCase]:
    """Cases with drawn dims and values."""

    # Without arguments: Hypothesis writes these down, and an assignment holds whole files.
    @st.composite
    def case(draw: DrawFn) -> DrawnCase:
        return draw_case(draw, assignment, corner, salt)

    return case()


def draw_case(draw: DrawFn, assignment: ContractAssignment, corner: str, salt: int) -> DrawnCase:
    """Return a case with drawn dims and values; raises ExpressionError."""
    chosen = draw_dims(_Drawing(draw), assignment, corner)
    rng = np.random.default_rng([draw(st.integers(0, 2**32 - 1)), salt, assignment.seed])
    return _draw_inputs(assignment, chosen, rng, corner)


def _draw_inputs(
    assignment: ContractAssignment, chosen: Mapping[str, Any], rng: np.random.Generator, corner: str, variety: int = 0
) -> DrawnCase:
    """Return a case of these dims; with a variety its inputs are of so many simple numbers where that can be."""
    described: dict[str, trees.Description] = {}
    numbers = [np.zeros(0)]
    for entry in assignment.inputs:
        with _naming(f"inputs.{entry.name}"):
            value = _draw_value(entry, rng, chosen, corner, variety)
        described[entry.name], part = trees.describe(value)
        if not isinstance(value, np.ndarray) and not value:
            described[entry.name] = {"list": []}
        numbers.append(part)
        if sum(map(len, numbers)) > MOST_NUMBERS:
            raise ExpressionError(f"the inputs of a case hold more than {MOST_NUMBERS:,} numbers: let dims be smaller")
    return DrawnCase(chosen, described, np.concatenate(numbers), corner)


def _draw_value(entry: Input, rng: np.random.Generator, dims: Mapping[str, Any], corner: str, variety: int) -> Any:
    kind = entry.values
    if not entry.each:
        return values.draw(kind, values.shape_of(entry.shape, dims), rng, dims, corner, variety)
    places = [{**dims, "k": k} for k in range(count(entry.each, dims))]
    return [values.draw(kind, values.shape_of(entry.shape, place), rng, place, corner, variety) for place in places]


def draw_all(assignment: ContractAssignment, *, pool: bool = False) -> tuple[list[DrawnCase], list[DrawnCase]]:
    """The cases to choose from, in an order that mixes corners, and a ladder of small ones.

    Those of its home come last, if it has one, and behind them those that do not decide. A pool of fresh cases has
    neither, and no ladder.
    """
    wanted, corners = _count_wanted(assignment, pool=pool), [*enumerate(CORNERS)]
    if any(values.can_vary(entry.values) for entry in assignment.inputs):
        # The numbers between are those of cases that are drawn freely, of the ladder and of home.
        corners += enumerate(values.VARIED, len(CORNERS) + 3)
    seen: set[bytes] = set()
    share = max(1, round((1 - FREE) * wanted / len(corners)))
    drawn: list[DrawnCase] = []
    for number, corner in corners:
        drawn += _examples(assignment, corner, share, number, seen)
    drawn += _examples(assignment, ANY, wanted - len(drawn), len(CORNERS), seen)
    if len(drawn) < 10:
        raise AssignmentError(
            f"only {len(drawn)} different cases could be drawn: widen dims, or check that assume is not too narrow"
        )
    if sum(case.size for case in drawn) > MOST_IN_ALL:
        raise AssignmentError(
            f"the inputs of {len(drawn)} cases hold more than {MOST_IN_ALL:,} numbers: let dims be smaller, or ask for"
            " fewer cases"
        )
    order = np.random.default_rng(assignment.seed).permutation(len(drawn))
    if pool:
        return [drawn[place] for place in order], []
    home = _draw_home(assignment, seen) if assignment.home else ()
    return [*(drawn[place] for place in order), *home, *_draw_outside(assignment)], draw_ladder(assignment)


def _draw_outside(assignment: ContractAssignment) -> list[DrawnCase]:
    """Return cases that the handout does not try, if only those decide that it tries."""
    taught = assignment.taught
    if taught is None or not taught.decides:
        return []
    wide = replace(assignment, dims=taught.dims)
    drawn = _examples(wide, ANY, 8 * OUTSIDE_CASES, len(CORNERS) + 3, set())
    outside = [replace(case, corner=OUTSIDE) for case in drawn if not is_tried(assignment, case.dims)]
    # The smallest are of a kind that many mistakes survive.
    return sorted(outside, key=lambda case: -case.size)[:OUTSIDE_CASES]


def draw_ladder(assignment: ContractAssignment) -> list[DrawnCase]:
    """Return small cases, shape by shape from the least up: several of simple numbers, then one of the kinds' own."""
    ladder: dict[bytes, DrawnCase] = {}
    for place, dims in enumerate(islice(walk(partial(_make_small_dims, assignment)), SHAPES)):
        rng = np.random.default_rng([assignment.seed, place])
        varieties = NEAR_VARIETIES if place < NEAR else FAR_VARIETIES
        drawn = [(SIMPLE, variety) for variety in varieties] + [(SMALL, 0)] * (place < OWN_VALUES)
        for corner, variety in drawn:
            # Few numbers are soon drawn once more.
            attempts = (_draw_inputs(assignment, dims, rng, corner, variety) for _ in range(ATTEMPTS))
            case = next((case for case in attempts if case.key() not in ladder), None)
            if case is not None:
                ladder[case.key()] = case
        if sum(case.size for case in ladder.values()) > MOST_OF_LADDER:
            break
    return list(ladder.values())


def _make_small_dims(assignment: ContractAssignment, choices: Choices) -> dict[str, Any]:
    """Return dims whose inputs are small enough to be read; rejects others."""
    try:
        dims = draw_dims(choices, assignment, ANY)
        sizes = [
            math.prod(values.shape_of(entry.shape, place))
            for entry in assignment.inputs
            for place in ([{**dims, "k": k} for k in range(count(entry.each, dims))] if entry.each else [dims])
        ]
    except ExpressionError as error:
        raise RejectedChoicesError from error
    if not 0 < sum(sizes) <= MOST_OF_RUNG:
        choices.reject()
    return dims


def _count_wanted(assignment: ContractAssignment, *, pool: bool) -> int:
    """Return the number of cases to draw: to choose from, as many as there is room for even if all are the largest."""
    least = ceil(SPARE * assignment.cases)
    if pool:
        return least
    largest = _examples(assignment, LARGEST, 1, CORNERS.index(LARGEST), set())
    room = MOST_IN_ALL // max((case.size for case in largest), default=1)
    return max(least, min(ceil(CHOICE * assignment.cases), MOST_CHOICE, room))


def _draw_home(assignment: ContractAssignment, seen: set[bytes]) -> Sequence[DrawnCase]:
    with _naming("home"):
        home = _examples(assignment, HOME, AT_HOME, len(CORNERS) + 2, seen)
    if not home:
        raise AssignmentError("no case of [home] could be drawn: let its dims meet assume")
    return home


def _examples(
    assignment: ContractAssignment, corner: str, wanted: int, salt: int, seen: set[bytes]
) -> Sequence[DrawnCase]:
    """The first `wanted` different cases that Hypothesis draws, or fewer."""
    distinct: dict[bytes, DrawnCase] = {}

    @hypothesis.seed(assignment.seed * 1000 + salt)
    @settings(
        max_examples=10 * wanted + 50,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(assignment, corner, salt))
    def gather(case: DrawnCase) -> None:
        key = case.key()
        if key not in seen:
            distinct[key] = case
            seen.add(key)
        if len(distinct) >= wanted:
            raise _DrawnEnoughError

    if wanted > 0:
        with contextlib.suppress(_DrawnEnoughError, hypothesis.errors.Unsatisfiable):
            gather()
    return list(distinct.values())


def limit_memory(more: int) -> None:
    """Limit the address space of this process to so many bytes more than it has, where that is Linux's to do."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - only where there is one

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> None:
    """Read an assignment as JSON, write its cases, or with REFUSED why there are none; an argument asks for a pool."""
    assignment = assignment_from_json(sys.stdin.read())
    limit_memory(MOST_MEMORY)
    try:
        drawn = dump_cases(assignment_to_json(assignment), *draw_all(assignment, pool=len(sys.argv) > 1))
    except (AssignmentError, ExpressionError) as error:
        _refuse(str(error))
    except MemoryError:
        _refuse(f"they take more than {MOST_MEMORY >> 20} MiB of memory: let dims be smaller, or ask for fewer cases")
    sys.stdout.buffer.write(drawn)


def _refuse(why: str) -> NoReturn:
    sys.stdout.write(json.dumps({"refused": why}))
    sys.exit(REFUSED)


if __name__ == "__main__":
    main()
