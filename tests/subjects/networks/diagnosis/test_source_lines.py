"""The line that writes what is the first to differ is named where it can be told which it is."""

import pytest

from grader.model.verdict import FirstDifference
from grader.subjects.networks.diagnosis.place import add_sentence
from grader.subjects.networks.diagnosis.source_lines import WrittenEntry, add_lines
from tests.local import entry_of
from worker.sandbox.inside.source import extract

NOTEBOOK = """def backward_pass(all_weights, all_biases, all_f, all_h, y):
  all_dl_df, all_dl_dh = [None] * (K + 1), [None] * (K + 1)
  all_dl_dbiases, all_dl_dweights = [None] * (K + 1), [None] * (K + 1)
  all_dl_df[K] = d_loss_d_output(all_f[K], y)
  for layer in range(K, -1, -1):
    all_dl_dbiases[layer] = all_dl_df[layer]
    all_dl_dweights[layer] = all_dl_df[layer] @ all_h[layer].T
    all_dl_dh[layer] = all_weights[layer].T @ all_dl_df[layer]
    if layer > 0:
      all_dl_df[layer-1] = all_dl_dh[layer]
      all_dl_df[layer-1] *= (all_f[layer-1] > 0)
  return all_dl_dweights, all_dl_dbiases
"""


def first(variable: str, layer: int) -> FirstDifference:
    """In the notebook's own network."""
    lists = tuple(name.partition("[")[0] for name in variable.split(" and "))
    source = "" if len(lists) > 1 else f"all_dl_df[{layer}]"
    return add_sentence(FirstDifference(variable, layer, 5, "", lists, source, home=True))


def describe(source: str, variable: str, layer: int) -> str:
    """The sentence with its place."""
    cut = extract(source.encode(), "a.py", entry_of("backward_pass"))
    difference = add_lines(first(variable, layer), [WrittenEntry(w.name, w.index, w.cell, w.line) for w in cut.writes])
    assert difference is not None
    return difference.message.partition("(K = 5), ")[2].partition(", and ")[2].partition(" the first")[0]


@pytest.mark.parametrize(
    ("variable", "layer", "sentence"),
    [
        ("all_dl_df[5]", 5, "all_dl_df[5] (see line 4) is"),
        ("all_dl_df[4]", 4, "all_dl_df[4] (see lines 10 and 11) is"),
        ("all_dl_dbiases[5]", 5, "all_dl_dbiases[5] (see line 6) is"),
        ("all_dl_dweights[0]", 0, "all_dl_dweights[0] (see line 7) is"),
    ],
)
def test_it_is_the_line_of_that_entry(variable: str, layer: int, sentence: str) -> None:
    assert describe(NOTEBOOK, variable, layer) == sentence


def test_who_has_names_of_their_own_is_told_no_line() -> None:
    assert describe(NOTEBOOK.replace("all_dl_df", "delta"), "all_dl_df[4]", 4) == "all_dl_df[4] is"


def test_lines_in_two_cells_are_not_told() -> None:
    two = [WrittenEntry("all_dl_df", "layer - 1", cell, 3) for cell in (1, 2)]
    assert add_lines(first("all_dl_df[4]", 4), two) == first("all_dl_df[4]", 4)


def test_many_lines_are_not_told() -> None:
    many = [WrittenEntry("all_dl_df", str(line), 1, line) for line in range(1, 6)]
    assert add_lines(first("all_dl_df[4]", 4), many) == first("all_dl_df[4]", 4)


def test_a_line_of_a_cell_is_told_with_its_cell() -> None:
    difference = add_lines(first("all_dl_df[2]", 2), [WrittenEntry("all_dl_df", "layer - 1", 9, 31)])
    assert difference is not None
    assert "all_dl_df[2] (see cell 9, line 31) is the first wrong value" in difference.message
    assert (difference.cell, difference.lines) == (9, (31,))


def test_in_a_file_there_is_no_cell() -> None:
    difference = add_lines(first("all_dl_df[2]", 2), [WrittenEntry("all_dl_df", "layer - 1", 0, 31)])
    assert difference is not None
    assert (difference.cell, difference.lines) == (None, (31,))


def test_where_nothing_differs_nothing_is_placed() -> None:
    assert add_lines(None, []) is None


def test_no_line_is_named_where_one_layer_has_a_line_of_its_own() -> None:
    """Either of the two may have written the entry last."""
    source = NOTEBOOK.replace(
        "    if layer > 0:\n", "    if layer == 1:\n      all_dl_df[0] = all_dl_dh[1]\n    elif layer > 0:\n"
    )
    assert source != NOTEBOOK
    assert "line" not in describe(source, "all_dl_df[0]", 0)
    assert "line" not in describe(source, "all_dl_df[3]", 3)


def test_no_line_is_named_where_the_loop_may_write_the_output_again() -> None:
    """The line above the loop may be right, and the one in it change what it wrote."""
    source = NOTEBOOK.replace(
        "(K, -1, -1):\n", "(K, -1, -1):\n    all_dl_df[layer] = all_dl_df[layer] / all_dl_df[layer].max()\n"
    )
    assert source != NOTEBOOK
    assert describe(source, "all_dl_df[5]", 5) == "all_dl_df[5] is"
    assert describe(source, "all_dl_df[4]", 4) == "all_dl_df[4] (see lines 6, 11 and 12) is"


@pytest.mark.parametrize(
    ("old", "new", "layer"),
    [
        ("all_dl_df[K] =", "last = K\n  all_dl_df[last] =", 5),
        ("all_dl_df[K] =", "last = K\n  all_dl_df[last] =", 4),
        (
            "layer in range(K, -1, -1):\n",
            "layer in range(K, -1, -1):\n    if layer == 2:\n      all_dl_df[layer] = 2 * all_dl_df[layer]\n",
            4,
        ),
    ],
)
def test_no_line_of_other_layers_is_named(old: str, new: str, layer: int) -> None:
    """By another index it may write their entries alone, and under a condition, too."""
    assert old in NOTEBOOK
    assert describe(NOTEBOOK.replace(old, new), f"all_dl_df[{layer}]", layer) == f"all_dl_df[{layer}] is"


def test_the_outputs_line_is_not_told_of_another_layer() -> None:
    """Who wrote that entry is not known: an alias may have."""
    output = [WrittenEntry("all_dl_dbiases", "K", 10, 7)]
    assert add_lines(first("all_dl_dbiases[4]", 4), output) == first("all_dl_dbiases[4]", 4)


@pytest.mark.parametrize("part", ["[:]", "[:, 0]", "[0][0]"])
def test_a_line_that_writes_a_part_of_an_entry_is_told(part: str) -> None:
    """The line above the loop writes the output's entry alone."""
    source = NOTEBOOK.replace("    all_dl_dbiases[layer] =", f"    all_dl_dbiases[layer]{part} =")
    source = source.replace("  for layer", "  all_dl_dbiases[K] = all_dl_df[K]\n  for layer")
    assert describe(source, "all_dl_dbiases[4]", 4) == "all_dl_dbiases[4] (see line 7) is"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[None] * (K + 1), [None] * (K + 1)\n  all_dl_db", "[None] * K + [start], [None] * (K + 1)\n  all_dl_db"),
        ("  return", "  halve(all_dl_df)\n  return"),
        ("  return", "  deltas = all_dl_df\n  return"),
        ("all_dl_df[layer-1] = all_dl_dh[layer]", "all_dl_df[layer-1] = passed.copy()"),
    ],
)
def test_no_line_is_named_where_another_one_may_have_made_the_entry(old: str, new: str) -> None:
    """What makes the list, a function that is given it, another name of it, or lines before that store."""
    assert old in NOTEBOOK
    assert describe(NOTEBOOK.replace(old, new), "all_dl_df[4]", 4) == "all_dl_df[4] is"


def test_no_line_is_named_of_a_list_that_is_returned_otherwise() -> None:
    """Its arrays may be changed then."""
    source = NOTEBOOK.replace("return all_dl_dweights,", "return [w / 2 for w in all_dl_dweights],")
    assert describe(source, "all_dl_dweights[0]", 0) == "all_dl_dweights[0] is"
    assert describe(source, "all_dl_dbiases[0]", 0) == "all_dl_dbiases[0] (see line 6) is"


def test_no_line_is_named_that_may_leave_the_layer_out() -> None:
    """In layer 0 the biases keep what the list was made with."""
    lines = "    all_dl_dbiases[layer] = all_dl_df[layer]\n"
    source = NOTEBOOK.replace(lines, "").replace("    if layer > 0:\n", f"    if layer > 0:\n  {lines}")
    assert describe(source, "all_dl_dbiases[0]", 0) == "all_dl_dbiases[0] is"
    assert describe(source, "all_dl_df[4]", 4) == "all_dl_df[4] (see lines 10 and 11) is"
