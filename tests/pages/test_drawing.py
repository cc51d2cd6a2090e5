"""The picture of a counterexample: what the judge found wrong is marked, and nothing covers anything."""

from dataclasses import replace
from itertools import chain, combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.counterexample import (
    CaseCounterexample,
    CaseInput,
    CaseResult,
    LayersDrawing,
)
from backmark.grader.reports.html.comparing import compare
from backmark.grader.reports.html.layers import Edge, NetworkDrawing, Node, Tag, draw

#: An entry of a gradient: `weights` or `biases`, layer and index.
Entry = tuple[str, int, tuple[int, ...]]


def case_of(sizes: list[int], *, examples: int = 1, rows: bool = False, wrong: Entry | None = None) -> Any:
    """A case that is a network of that shape, whose units are all -1.5 before and 0 after their activation function."""
    draw = np.random.default_rng(len(sizes))

    def array(name: str, values: Any) -> CaseInput:
        values = values.T if rows else values
        return CaseInput(name, [*values.shape], values.round(2).tolist())

    shapes = list(pairwise(sizes))
    lists: dict[str, list[CaseInput]] = {
        "weights": [array("", draw.normal(size=(after, before))) for before, after in shapes],
        "biases": [array("", draw.normal(size=(after, 1))) for _, after in shapes],
        "all_f": [array("", np.full((after, examples), -1.5)) for _, after in shapes],
        "all_h": [array("", np.zeros((before, examples))) for before, _ in shapes],
    }
    results = []
    for part in ("weights", "biases"):
        for k, parameter in enumerate(lists[part]):
            actual, marks = np.array(parameter.values), np.zeros(parameter.shape or (), bool)
            if wrong is not None and wrong[:2] == (part, k):
                actual[wrong[2]] += 1
                marks[wrong[2]] = True
            results.append(
                CaseResult(
                    f"d_{part}[{k}]",
                    parameter.shape or [],
                    parameter.values,
                    actual.tolist(),
                    int(marks.sum()),
                    marks.tolist(),
                    f"{part}[{k}]",
                )
            )
    inputs = (
        *(CaseInput(name, None, tuple(arrays)) for name, arrays in lists.items()),
        array("x", draw.normal(size=(sizes[0], examples))),
        array("y", np.full((sizes[-1], examples), 7.0)),
    )
    parts = LayersDrawing("weights", "biases", "x", "y", "all_f", "all_h", rows)
    return CaseCounterexample("contract", {}, inputs, tuple(results), None, None, "", parts)


def picture(case: CaseCounterexample) -> NetworkDrawing:
    """Draw a case."""
    drawing = draw(case, compare(case))
    assert drawing is not None
    return drawing


def parts_of(drawing: NetworkDrawing) -> list[Edge | Node]:
    """Return whatever may have a label."""
    return [*drawing.edges, *drawing.nodes]


def tags_of(drawing: NetworkDrawing) -> list[Tag]:
    return [part.tag for part in parts_of(drawing) if part.tag]


def test_units_have_their_values_and_the_output_what_should_come() -> None:
    drawing = picture(case_of([1, 1, 1]))
    assert [(node.value, node.below) for node in drawing.nodes][1:] == [("0", "f = \u22121.5"), ("\u22121.5", "y = 7")]
    assert [heading.text for heading in drawing.headings] == ["x", "all_h[1]", "all_f[1]"]


def test_without_activations_and_a_target_units_are_empty() -> None:
    case = case_of([1, 2, 1])
    parts = replace(case.drawing, preactivations=None, activations=None, target=None)
    drawing = picture(replace(case, drawing=parts))
    assert [(node.value, node.below) for node in drawing.nodes][1:] == 3 * [("", "")]
    assert [heading.text for heading in drawing.headings] == ["x", "layer 1", "output"]
    assert (drawing.valued, any(node.asleep for node in drawing.nodes)) == (False, False)


def test_a_number_that_is_not_finite_is_called_so() -> None:
    case = case_of([1, 1])
    lost = CaseInput("all_f", None, (CaseInput("", [1, 1], [[None]]),))
    inputs = tuple(lost if value.name == "all_f" else value for value in case.inputs)
    assert picture(replace(case, inputs=inputs)).nodes[-1].value == "nan"


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("part", ["weights", "biases"])
def test_only_what_is_wrong_is_marked(part: str, rows: bool) -> None:  # noqa: FBT001
    """Unit 1 of the hidden layer is meant, and the edge to it: also where examples are rows."""
    drawing = picture(case_of([1, 2, 1], rows=rows, wrong=(part, 0, (0, 1) if rows else (1, 0))))
    (marked,) = [drawn for drawn in parts_of(drawing) if drawn.wrong]
    unit = drawing.nodes[2]
    if part == "weights":
        assert isinstance(marked, Edge)
        assert abs(np.hypot(marked.x2 - unit.x, marked.y2 - unit.y) - drawing.radius) < 0.01
    else:
        assert marked == unit
    assert marked.tag is not None
    assert [line[0] for line in marked.tag.lines[1:]] == ["\u2717", "\u2713"]
    assert f"Wrong derivatives: 1 of 2 in d_{part}[0]." in drawing.description


def test_biases_of_one_axis_are_drawn_and_marked() -> None:
    case = case_of([1, 2, 1], wrong=("biases", 0, (1, 0)))
    flat = [CaseInput("", [len(part.values)], [*chain(*part.values)]) for part in case.inputs[1].values]
    results = [
        replace(
            result,
            shape=result.shape[:1],
            expected=[*chain(*result.expected)],
            actual=[*chain(*result.actual)],
            wrong_entries=[*chain(*result.wrong_entries)],
        )
        if result.name.startswith("d_biases")
        else result
        for result in case.results
    ]
    inputs = (case.inputs[0], CaseInput("biases", None, tuple(flat)), *case.inputs[2:])
    assert picture(replace(case, inputs=inputs, results=tuple(results))) == picture(case)


def test_a_layer_that_did_not_come_back_is_drawn_without_marks() -> None:
    case = case_of([1, 2, 1], wrong=("weights", 1, (0, 0)))
    results = [replace(result, actual=None, wrong_entries=None, wrong=0) for result in case.results]
    drawing = picture(replace(case, results=tuple(results)))
    assert (len(drawing.edges), sum(part.wrong for part in parts_of(drawing))) == (4, 0)


def test_of_two_results_that_are_the_same_gradient_the_wrong_one_is_marked() -> None:
    right, wrong = case_of([1, 1]), case_of([1, 1], wrong=("weights", 0, (0, 0)))
    for results in ((*right.results, *wrong.results), (*wrong.results, *right.results)):
        assert [edge.wrong for edge in picture(replace(right, results=results)).edges] == [True]


def test_what_is_no_network_or_a_large_one_is_not_drawn() -> None:
    case = case_of([1, 1])
    assert draw(replace(case, drawing=None), compare(case)) is None
    for sizes in ([4, 1], [1, 4, 1], 6 * [1]):
        large = case_of(sizes)
        assert draw(large, compare(large)) is None


def test_a_batch_is_drawn_by_its_first_example() -> None:
    for rows in (False, True):
        case = case_of([2, 1], examples=3, rows=rows)
        drawing = picture(case)
        assert drawing.examples == 3
        assert len(drawing.nodes) == 3


def test_of_a_batch_that_is_too_large_to_be_shown_the_units_are_empty() -> None:
    case = case_of([2, 1], examples=3)
    inputs = tuple(replace(value, values=None) if value.name == "x" else value for value in case.inputs)
    drawing = picture(replace(case, inputs=inputs))
    assert [node.value for node in drawing.nodes] == ["", "", "\u22121.5"]
    assert not drawing.valued


def test_a_unit_that_lets_nothing_through_is_shown_so() -> None:
    """By its numbers: an activation that is zero is one of a function that is flat there."""
    case = case_of([1, 1, 1])
    assert [node.asleep for node in picture(case).nodes] == [False, True, False]
    leaky = CaseInput("all_h", None, 2 * (CaseInput("", [1, 1], [[-0.015]]),))
    inputs = tuple(leaky if value.name == "all_h" else value for value in case.inputs)
    assert not any(node.asleep for node in picture(replace(case, inputs=inputs)).nodes)


@given(st.lists(st.integers(1, 3), min_size=2, max_size=5), st.booleans())
def test_no_label_covers_another_or_a_unit(sizes: list[int], wrong: bool) -> None:  # noqa: FBT001
    drawing = picture(case_of(sizes, wrong=("weights", 0, (0, 0)) if wrong else None))
    for first_tag, other_tag in combinations(tags_of(drawing), 2):
        assert not _cover(first_tag, other_tag), (first_tag, other_tag)
    for tag in tags_of(drawing):
        assert tag.x - tag.width / 2 >= 0
        assert tag.x + tag.width / 2 <= drawing.width
        assert tag.y + tag.height / 2 <= drawing.height
        for node in drawing.nodes:
            horizontal_gap = max(0.0, abs(tag.x - node.x) - tag.width / 2)
            vertical_gap = max(0.0, abs(tag.y - node.y) - tag.height / 2)
            assert horizontal_gap**2 + vertical_gap**2 >= (drawing.radius - 1) ** 2, (tag, node)


def _cover(first_tag: Tag, other_tag: Tag) -> bool:
    return bool(
        abs(first_tag.x - other_tag.x) < (first_tag.width + other_tag.width) / 2 - 0.01
        and abs(first_tag.y - other_tag.y) < (first_tag.height + other_tag.height) / 2 - 0.01
    )


def test_the_marks_of_numbers_are_the_judges() -> None:
    """However small is what it found wrong, and however large what it did not."""
    case = case_of([1, 1])
    weights, biases = case.results
    small = replace(biases, wrong_entries=[[True]], wrong=1)
    large = replace(weights, actual=[[1000.0]])
    assert [array.wrong for array in compare(replace(case, results=(large, small)))] == [0, 1]


def test_shades_are_of_the_largest_number_and_none_where_there_is_no_number() -> None:
    case = case_of([1, 4])
    values = [[8.0], [-4.0], [0.0], [1e-9]]
    shaded = replace(case.results[1], expected=values, actual=[[8.0], [-4.0], [None], [1e-9]])
    (array,) = compare(replace(case, results=(shaded,)))
    assert [row[0].shade for row in array.actual] == [4, -2, None, 1]
