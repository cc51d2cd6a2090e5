"""The picture of a counterexample: what the judge found wrong is marked, and nothing covers anything."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.cases import as_case, list_places
from grader.model.stored import read
from grader.model.verdict import Counterexample
from grader.web.pages.comparing import Array, compare
from grader.web.pages.networks.drawing import Drawing, Edge, Node, Shape, Tag, draw


def example(sizes: list[int], columns: int = 1, wrong: tuple[str, int, list[int]] | None = None) -> dict[str, Any]:
    """A counterexample of that shape; with an entry that is wrong, if one is named."""
    draw = np.random.default_rng(len(sizes))
    shapes = list(zip(sizes[1:], sizes, strict=False))
    weights = [draw.normal(size=shape).round(2).tolist() for shape in shapes]
    biases = [draw.normal(size=(rows, 1)).round(2).tolist() for rows, _ in shapes]
    expected = {"weights": weights, "biases": biases}
    actual = {name: [np.array(array).tolist() for array in part] for name, part in expected.items()}
    marks: dict[str, Any] = {
        name: [np.zeros(np.shape(array), bool).tolist() for array in arrays] for name, arrays in expected.items()
    }
    part, layer, index = wrong or (None, None, None)
    if part is not None and layer is not None and index is not None:
        actual[part][layer][index[0]][index[1]] += 1
        marks[part][layer][index[0]][index[1]] = True
    return {
        "depth": len(sizes) - 2,
        "widths": sizes[1:-1],
        "weights": weights,
        "biases": biases,
        "net_input": draw.normal(size=(sizes[0], columns)).round(2).tolist(),
        "y": draw.normal(size=(sizes[-1], columns)).round(2).tolist(),
        "expected": expected,
        "actual": actual,
        "parameter": part,
        "layer": layer,
        "index": index,
        "wrong_entries": marks,
        "preactivations": [[[-1.5] * columns for _ in range(rows)] for rows in sizes[1:]],
        "activations": [[[0.25] * columns for _ in range(rows)] for rows in sizes[:-1]],
        "instead": None,
        "script": "",
    }


def old_example(sizes: list[int], wrong: tuple[str, int, list[int]]) -> dict[str, Any]:
    """A counterexample as versions before 0.3 stored it, read now."""
    return example(sizes, wrong=wrong) | dict.fromkeys(("wrong_entries", "preactivations", "activations"))


def arrays(raw: dict[str, Any]) -> list[Array]:
    """Its arrays beside the expected ones."""
    return compare(as_case(read(Counterexample, raw)))


def picture(raw: dict[str, Any]) -> Drawing:
    """It drawn."""
    drawing = draw(read(Counterexample, raw), arrays(raw), {})
    assert isinstance(drawing, Drawing)
    return drawing


def parts(drawing: Drawing) -> list[Edge | Node]:
    """Whatever may have a label."""
    return [*drawing.edges, *drawing.nodes]


def test_units_have_their_values_and_the_output_what_should_come() -> None:
    raw = example([1, 1, 1]) | {"y": [[7.0]]}
    assert [(node.value, node.below) for node in picture(raw).nodes] == [
        ("0.25", ""),
        ("0.25", "f = \u22121.5"),
        ("\u22121.5", "y = 7"),
    ]


def test_a_number_that_is_not_finite_is_called_so() -> None:
    raw = example([1, 1])
    raw["preactivations"][0][0][0] = None
    assert picture(raw).nodes[-1].value == "nan"


@pytest.mark.parametrize("part", ["weights", "biases"])
def test_of_a_verdict_of_an_earlier_version_the_first_wrong_entry_is_marked_and_units_are_empty(part: str) -> None:
    """The page does not judge: of the other entries it does not know."""
    raw = old_example([1, 2, 1], (part, 0, [1, 0]))
    raw["actual"]["weights"][1][0][0] += 1
    assert {array.wrong for array in arrays(raw)} == {None}
    drawing = picture(raw)
    (marked_part,) = [drawn_part for drawn_part in parts(drawing) if drawn_part.wrong]
    assert marked_part.tag is not None
    assert len(marked_part.tag.lines) == 3
    assert (drawing.valued, drawing.nodes[1].value, drawing.nodes[1].asleep) == (False, "", False)


@pytest.mark.parametrize("part", ["weights", "biases"])
def test_only_what_is_wrong_is_marked(part: str) -> None:
    drawing = picture(example([1, 2, 1], wrong=(part, 0, [1, 0])))
    edges = [edge for edge in drawing.edges if edge.wrong]
    nodes = [node for node in drawing.nodes if node.wrong]
    assert (len(edges), len(nodes)) == ((1, 0) if part == "weights" else (0, 1))
    marked_parts: list[Edge | Node] = [*edges, *nodes]
    (tag,) = [marked_part.tag for marked_part in marked_parts]
    assert tag is not None
    assert [line[0] for line in tag.lines[1:]] == ["✗", "✓"]
    assert f"1 of 2 in all_dl_d{part}[0]" in drawing.description


def test_what_the_judge_found_wrong_is_marked_however_small_it_is() -> None:
    raw = example([1, 1])
    raw["wrong_entries"]["biases"][0][0][0] = True
    assert [array.wrong for array in arrays(raw)] == [1, 0]


def test_what_the_judge_did_not_find_wrong_is_not_marked_however_large_it_is() -> None:
    raw = example([1, 1])
    raw["actual"]["biases"][0][0][0] += 1000.0
    assert [array.wrong for array in arrays(raw)] == [0, 0]


def test_arrays_come_from_the_output_down() -> None:
    names = [array.name for array in arrays(example([1, 2, 1]))]
    assert names == ["all_dl_dbiases[1]", "all_dl_dweights[1]", "all_dl_dbiases[0]", "all_dl_dweights[0]"]
    assert names == [f"all_dl_d{part}[{k}]" for part, k in list_places(1)]


def test_shades_are_of_the_largest_number_and_none_where_there_is_no_number() -> None:
    raw = example([1, 4])
    raw["expected"]["biases"][0] = [[8.0], [-4.0], [0.0], [1e-9]]
    raw["actual"]["biases"][0] = [[8.0], [-4.0], [None], [1e-9]]
    array = arrays(raw)[0]
    assert [row[0].shade for row in array.actual] == [4, -2, None, 1]


def test_a_unit_that_is_asleep_is_shown_so() -> None:
    raw = example([1, 1, 1])
    assert [node.asleep for node in picture(raw).nodes] == [False, True, False]
    drawing = draw(read(Counterexample, raw), [], {"formulas": {"activation": "tanh"}})
    assert isinstance(drawing, Drawing)
    assert not any(node.asleep for node in drawing.nodes)


@given(st.lists(st.integers(1, 3), min_size=2, max_size=5), st.booleans())
def test_no_label_of_a_small_network_covers_another_or_a_unit(sizes: list[int], wrong: bool) -> None:  # noqa: FBT001
    drawing = picture(example(sizes, wrong=("weights", 0, [0, 0]) if wrong else None))
    tags = [part.tag for part in parts(drawing) if part.tag]
    assert not drawing.part
    for first_tag, other_tag in combinations(tags, 2):
        assert not _cover(first_tag, other_tag), (first_tag, other_tag)
    for tag in tags:
        assert tag.x - tag.width / 2 >= 0
        assert tag.x + tag.width / 2 <= drawing.width
        assert tag.y + tag.height / 2 <= drawing.height
        for node in drawing.nodes:
            horizontal_gap = max(0.0, abs(tag.x - node.x) - tag.width / 2)
            vertical_gap = max(0.0, abs(tag.y - node.y) - tag.height / 2)
            assert horizontal_gap**2 + vertical_gap**2 >= (drawing.radius - 1) ** 2, (tag, node)


def test_of_a_large_network_the_unit_with_the_most_wrong_derivatives_is_drawn_with_a_few_neighbours() -> None:
    raw = example([9, 10, 9, 3], wrong=("weights", 1, [4, 7]))
    for j in (2, 7, 8):
        raw["actual"]["weights"][1][4][j] += 1
        raw["wrong_entries"]["weights"][1][4][j] = True
    raw["wrong_entries"]["weights"][0][1][1] = True
    drawing = picture(raw)
    assert "Drawn is unit 4 of layer 2" in drawing.part
    assert "3 of the 10 units of layer 1 and the 3 outputs" in drawing.part
    assert [heading.text for heading in drawing.headings] == ["all_h[1]", "all_h[2]", "all_f[2]"]
    assert [node.below.split()[0] for node in drawing.nodes] == ["[2]", "[7]", "[8]", "[4]", "[0]", "[1]", "[2]"]
    assert sum(edge.wrong for edge in drawing.edges) == 3


@given(st.lists(st.integers(4, 9), min_size=2, max_size=5), st.data())
def test_no_label_of_a_part_covers_another(sizes: list[int], data: st.DataObject) -> None:
    k = data.draw(st.integers(0, len(sizes) - 2))
    i, j = data.draw(st.integers(0, sizes[k + 1] - 1)), data.draw(st.integers(0, sizes[k] - 1))
    drawing = picture(example(sizes, wrong=("weights", k, [i, j])))
    assert drawing.part
    assert len(drawing.nodes) <= 7
    for first_tag, other_tag in combinations([part.tag for part in parts(drawing) if part.tag], 2):
        assert not _cover(first_tag, other_tag), (first_tag, other_tag)


def test_of_a_large_network_without_an_answer_the_shape_is_drawn() -> None:
    raw = example([4, 12, 12, 4]) | {"actual": None, "wrong_entries": None, "instead": "raised ValueError"}
    drawing = draw(read(Counterexample, raw), arrays(raw), {})
    assert isinstance(drawing, Shape)
    assert drawing.description.startswith("A network with 4 inputs, 12 hidden units and then 12 hidden units")


def test_formulas_of_a_newer_version_are_not_drawn() -> None:
    raw = example([1, 1])
    assert draw(read(Counterexample, raw), arrays(raw), {"formulas": {"activation": "swish"}}) is None


def _cover(first_tag: Tag, other_tag: Tag) -> bool:
    return (
        abs(first_tag.x - other_tag.x) < (first_tag.width + other_tag.width) / 2 - 0.01
        and abs(first_tag.y - other_tag.y) < (first_tag.height + other_tag.height) / 2 - 0.01
    )
