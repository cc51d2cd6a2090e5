"""What is said of loops that end early, of what is kept between calls, of iterators, and of single lines."""

import pytest

from grader.judge.examples import Examples
from grader.model.verdict import Judgement, Mark, Property
from tests.local import local
from tests.networks import NetworksJudge, load_layered

JUDGE = NetworksJudge(load_layered())

#: A backward pass by generators and dictionaries; each hole is right by default.
SOURCE = """
import itertools
import numpy as np

{above}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    {first}
    weights, biases = dict(), dict()
    error = {start}
    for place, matrix in sorted(enumerate(all_weights), key=lambda pair: -pair[0]):
        {enter}
        entered = all_h[place]
        weights[place], biases[place] = {kept}
        if place > 0:
            before = all_f[place - 1]
            error = {down}
    count = range(len(all_weights))
    return {end}
"""
RIGHT = {
    "above": "",
    "first": "pass",
    "start": "np.multiply(2, all_f[-1] - y)",
    "enter": "pass",
    "kept": "np.outer(error, entered), error.copy()",
    "down": "np.where(before > 0, np.einsum('ij,ic->jc', matrix, error), 0)",
    "end": "[weights[at] for at in count], [biases[at] for at in count]",
}
#: A forward pass of its own, whose values take the place of all_f and all_h.
FORWARD = """places, h = [], [{start}]
    for place, matrix in enumerate(all_weights):
        f = matrix @ h[-1] + {bias}
        places.append(f)
        h.append({act})
    all_f, all_h = places, h[:-1]"""
#: What the loop did not come to is returned as zeros, or as nothing.
ZEROS = "[weights.get(at, 0 * all_weights[at]) for at in count], [biases.get(at, 0 * all_biases[at]) for at in count]"
NOTHING = "[weights.get(at) for at in count], [biases.get(at) for at in count]"


def source(**holes: str) -> str:
    """The text with some of its holes filled otherwise."""
    return SOURCE.format(**RIGHT | holes)


def judge_source(text: str) -> Judgement:
    """The judgement on a source."""
    return JUDGE.judge(local(text, JUDGE.assignment), lambda: local(text, JUDGE.assignment))


def row_of(judgement: Judgement, name: str) -> Property:
    """The row of this name."""
    return next(row for row in judgement.properties if row.name == name)


def lost_rows(judgement: Judgement) -> set[str]:
    """The rows without their marks."""
    return {row.name for row in judgement.properties if row.max_score and not row.score}


@pytest.fixture
def _without_counterexamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of what is said does not depend on them, and they take most of the time."""
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})


#: Whole functions, the explanation of each, and the rows that lose their marks for it.
FUNCTIONS = {
    "iterators over the right arrays": (
        {"end": "iter([weights[at] for at in count]), map(np.array, [biases[at] for at in count])"},
        "returned_iterators",
        {"any_shape"},
    ),
    "one iterator over the two lists' arrays, without end": (
        {"end": "[weights[at] for at in count], itertools.cycle([biases[at] for at in count])"},
        None,
        {"bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative", "any_shape"},
    ),
    "a loop that ends where little is left": (
        {"enter": "if np.sqrt(np.sum(error ** 2)) < 0.3: break", "end": ZEROS},
        "stops_early",
        {"any_shape"},
    ),
    "a loop that ends where little is left, but not at the output": (
        {"enter": "if place + 1 < len(all_f) and np.sqrt(np.sum(error ** 2)) < 0.3: break", "end": ZEROS},
        "stops_early",
        {"any_shape"},
    ),
    "a loop that ends below a layer of zeros": (
        {"kept": "np.outer(error, entered), +error\n        if (error == 0).all(): break", "end": NOTHING},
        "stops_at_zeros",
        {"any_shape"},
    ),
    "a loop that ends after three layers": (
        {"enter": "if len(biases) == 3: break", "end": ZEROS},
        "stops_after_layers",
        {"any_shape"},
    ),
    "what the first call computed": (
        {"above": "memory = {}", "enter": "error = memory.setdefault(len(biases), error)"},
        "state_between_calls",
        {"any_shape"},
    ),
    "masks one layer too late": (
        {"down": "matrix.T @ (error if place + 1 == len(all_f) else error * (all_f[place] > 0))"},
        None,
        {"relu_derivative"},
    ),
    "sums over all calls, where the arrays can be added": (
        {
            "above": "kept_w, kept_b = {}, {}",
            "kept": "kept_w.get(place, 0) + np.outer(error, entered), kept_b.get(place, 0) + error\n"
            "        kept_w[place], kept_b[place] = weights[place], biases[place]",
        },
        "accumulates",
        {"any_shape"},
    ),
    "masks of the first call": (
        {"above": "gates = {}", "down": "gates.setdefault(place, before > 0) * (matrix.T @ error)"},
        "derivative_kept",
        {"relu_derivative", "any_shape"},
    ),
    "a forward pass from an input of its own": (
        {
            "above": "def again(x, ws, bs):\n    outs, ins = [], [x]\n    for w, b in zip(ws, bs):\n"
            "        outs.append(w @ ins[-1] + b)\n        ins.append(np.maximum(outs[-1], 0))\n    return outs, ins",
            "first": "all_f, all_h = again(np.array([[0.5], [-1.5]]), all_weights, all_biases)",
        },
        "forward_from_other_input",
        None,
    ),
    "an assert of its own": (
        {"enter": "assert all_h[place].size == all_f[place].size"},
        "own_assertion",
        {"any_shape"},
    ),
    "a return in the loop, where zeros stand for what is to come": (
        {"kept": f"np.outer(error, entered), +error\n        count = range(len(all_weights))\n        return {ZEROS}"},
        "returned_early",
        None,
    ),
    "gradients of a network cut to one norm": (
        {
            "above": "def cut(*parts):\n    norm = sum((array ** 2).sum() for part in parts for array in part) ** 0.5\n"
            "    return [[array * min(1, 9 / norm) if norm else array for array in part] for part in parts]",
            "end": "cut([weights[at] for at in count], [biases[at] for at in count])",
        },
        "clipped",
        None,
    ),
    "a loop that leaves out layer 0, where there are others": (
        {"enter": "if place == 0 and len(all_weights) > 1: break", "end": ZEROS},
        "lowest_layer_missing",
        {"any_shape"},
    ),
    "one array of all weights": ({"first": "cube = np.array(all_weights)"}, "list_stacked", {"any_shape"}),
    "one array of the hidden layers": ({"first": "cube = np.array(all_h[1:])"}, "list_stacked", {"any_shape"}),
    "a column that is squeezed": (
        {"down": "np.squeeze(np.where(before > 0, matrix.T @ error, 0))\n            error = error[:, None]"},
        "axes_lost",
        None,
    ),
    "a vector of one number in a product": (
        {
            "down": "np.squeeze((before > 0) * (matrix.T @ error).reshape(-1, 1))",
            "kept": "np.outer(error, entered), error",
        },
        "axes_lost",
        None,
    ),
    "a forward pass of its own without the first biases": (
        {"first": FORWARD.format(bias="(place > 0) * all_biases[place]", start="all_h[0]", act="np.maximum(f, 0)")},
        "own_forward_pass",
        {"any_shape"},
    ),
    "a forward pass of its own that masks the input": (
        {"first": FORWARD.format(bias="all_biases[place]", start="np.maximum(all_h[0], 0)", act="np.maximum(f, 0)")},
        "own_forward_pass",
        {"any_shape"},
    ),
    "activations of its own without biases": (
        {
            "first": FORWARD.format(bias="0", start="all_h[0]", act="np.maximum(f, 0)").replace(
                "all_f, all_h =", "_, own ="
            ),
            "kept": "np.outer(error, own[place]), error.copy()",
        },
        "observed_weight",
        {"weight_gradient"},
    ),
    "an assert about the outputs": ({"enter": "assert y.shape == (1, 1)"}, "own_assertion", {"any_shape"}),
    "a list searched for an array": ({"enter": "place = all_weights.index(matrix)"}, "list_searched", None),
    "an array sought in a list": ({"enter": "assert matrix in all_weights"}, "list_searched", None),
}


@pytest.mark.usefixtures("_without_counterexamples")
@pytest.mark.parametrize(("holes", "id_", "rows"), FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_whole_functions_are_named_and_lose_no_right_line(
    holes: dict[str, str], id_: str | None, rows: set[str] | None
) -> None:
    """The loop, what is kept and the form are no lines of the four."""
    judgement = judge_source(source(**holes))
    assert id_ is None or [diagnosis.id for diagnosis in judgement.diagnosis] == [id_]
    assert rows is None or lost_rows(judgement) == rows


#: Slips in one line, and words of the fact about them.
FACTS = {
    "an output of its own": ({"above": "guess = 0.75", "start": "2 * (guess - y)"}, "what one output gives"),
    "zeros in layer 0": ({"kept": "np.outer(error, entered), error * (place > 0)"}, "at zero in layer 0"),
    "a factor in layer K": (
        {"kept": "np.outer(error, entered) * (3 if place + 1 == len(all_f) else 1), +error"},
        "3 times what follows from all_dl_dbiases[layer] and all_h[layer] in layer K",
    ),
    "a ramp": (
        {"down": "(before / 2 + 0.25).clip(0, 1) * (matrix.T @ error)"},
        "that rises with all_f[layer-1], from ",
    ),
    "the mean of the targets": ({"start": "2 * (all_f[-1] - np.mean(y))"}, "with the mean of y as the target"),
    "the first target for all": ({"start": "2 * (all_f[-1] - y[0])"}, "with the first of y as the target"),
    "no mask where all units are off": (
        {"down": "(matrix.T @ error) * ((before > 0) if (before > 0).any() else 1)"},
        "in layers where it is positive nowhere",
    ),
    "the inputs' sum in each column": (
        {"kept": "error * entered.sum() + np.zeros((1, len(entered))), +error"},
        "times the sum of all_h[layer], in each column",
    ),
    "a norm that is cut": (
        {"down": "(before > 0) * (matrix.T @ error) / max(1, np.linalg.norm((before > 0) * (matrix.T @ error)) / 3)"},
        "scaled down to the norm 3 where its own is larger",
    ),
    "a difference without its sign": (
        {"start": "-2 * np.abs(all_f[-1] - y)"},
        "minus the absolute value of what follows",
    ),
    "half precision at the output": ({"start": "(2 * (all_f[-1] - y)).astype('e').astype(float)"}, "half precision"),
    "the first numbers for the active units": (
        {
            "down": "matrix.T @ error\n            on = before[:, 0] > 0\n"
            "            error[on], error[~on] = error[: sum(on)].copy(), 0"
        },
        "the first numbers of what comes down, in the units",
    ),
    "the active units' numbers at the top": (
        {
            "down": "matrix.T @ error\n            on = before[:, 0] > 0\n"
            "            error[: sum(on)], error[sum(on) :] = error[on], 0"
        },
        "in the first units",
    ),
    "one unit switched off": (
        {"down": "matrix.T @ error\n            error[np.flatnonzero(before < 0)[:1]] = 0"},
        "in all units but the first whose all_f[layer-1] is negative",
    ),
    "the last unit unmasked": (
        {"down": "(np.append(before[:-1], [[1]], axis=0) > 0) * matrix.T.dot(error)"},
        "is positive, and in the last unit",
    ),
    "the first column left out": (
        {"kept": "np.outer(error, entered * (np.arange(len(entered)) > 0)[:, None]), +error"},
        "in all columns but the first",
    ),
    "weights that take a step first": (
        {"down": "((matrix + 0.05 * weights[place]).T @ error) * (before > 0)"},
        "plus 0.05 times the activation's derivative times all_dl_dweights[layer].T",
    ),
    "a transpose where the shapes need it": (
        {
            "first": "all_dl_df, all_dl_dh = [None] * len(all_f), [None] * len(all_f)",
            "enter": "turned = matrix if matrix.shape[0] == matrix.shape[1] else matrix.T\n"
            "        all_dl_df[place], all_dl_dh[place] = error, turned @ error",
            "down": "(before > 0) * all_dl_dh[place]",
        },
        "all_weights[layer] @ all_dl_df[layer], without the transpose, in the layers where it is wrong",
    ),
    "an index of another layer's units": (
        {"down": "matrix.T @ error\n            error[all_h[place - 1] < 0] = 0"},
        "applies the activation's derivative to an array that it does not fit",
    ),
    "entries that are views of one array": (
        {
            "first": "room = np.zeros((max(map(len, all_f)), 1))",
            "enter": "room[: len(error)] = error",
            "kept": "np.outer(error, entered), room[: len(error)]",
        },
        "several entries of all_dl_dbiases in the same memory",
    ),
    "views of one array, which the highest layers lose": (
        {
            "first": "room = np.zeros((max(map(len, all_f)), 1))",
            "enter": "room[: len(error)] = error",
            "kept": "np.outer(error, entered), room[: len(error)]",
        },
        "in layers above 0",
    ),
    "whole numbers on the way down": (
        {"down": "np.where(before > 0, (matrix.T @ error).astype(int), 0).astype(float)"},
        "without its decimals",
    ),
    "twice a square": ({"start": "2 * np.square(y - all_f[-1])"}, "twice the square of the difference"),
    "a mean over the inputs, beside another slip": (
        {"start": "3 * (all_f[-1] - y)", "kept": "np.outer(error, entered) / entered.size, error + 0"},
        "depends on the number of columns of all_weights[layer]",
    ),
}


@pytest.mark.usefixtures("_without_counterexamples")
@pytest.mark.parametrize(("holes", "words"), FACTS.values(), ids=FACTS.keys())
def test_a_fact_says_where_a_line_departs(holes: dict[str, str], words: str) -> None:
    """In which layer, in which units, by which array."""
    assert any(words in diagnosis.title for diagnosis in judge_source(source(**holes)).diagnosis)


@pytest.mark.usefixtures("_without_counterexamples")
def test_zeros_that_a_return_at_the_end_gives_are_those_of_a_line() -> None:
    """The return stands in the loop, and every layer was come to before it."""
    judgement = judge_source(
        source(
            kept="np.outer(error, entered), +error\n        count = range(len(all_weights))\n"
            f"        if place == 0: return {NOTHING}",
            down="0 * before",
        )
    )
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == ["no_propagation", "zero_derivative"]


@pytest.mark.usefixtures("_without_counterexamples")
def test_a_product_is_not_named_that_would_have_raised_before_what_did() -> None:
    """A row times a column is no product of matrices: that the weights' product raises shows it."""
    judgement = judge_source(
        source(
            start="np.multiply(2, all_f[-1] - y).T",
            kept="(all_h[place] @ error).T, error.T",
            down="(error @ matrix) * (before > 0)",
        )
    )
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == ["row_for_column"]
    assert row_of(judgement, "activation_gradient").outcome is not Mark.FAILED


@pytest.mark.usefixtures("_without_counterexamples")
def test_numbers_made_outside_of_the_function_are_not_shown() -> None:
    """Such numbers were made anew for each K, and the notebook shows others."""
    judgement = judge_source(source(above="guess = np.random.randn() + K", start="2 * (guess - y)"))
    assert "what one output gives" in judgement.diagnosis[0].title
    assert not any(letter.isdecimal() for letter in judgement.diagnosis[0].hint)


@pytest.mark.usefixtures("_without_counterexamples")
def test_a_mask_of_other_activations_costs_no_line_but_its_own() -> None:
    """An entry of all_h in the line of the derivative: no weight gradient raises there, nor a product further down."""
    judgement = judge_source(
        source(
            first="all_dl_dbiases = [None] * len(all_f)",
            enter="carried = matrix.T @ error",
            kept="np.outer(error, entered), error\n        all_dl_dbiases[place] = error",
            down="(all_h[place - 1] > 0) * carried",
        )
    )
    assert lost_rows(judgement) == {"relu_derivative", "any_shape"}


@pytest.mark.usefixtures("_without_counterexamples")
def test_single_rows_do_not_show_which_product_a_weight_gradient_is() -> None:
    """In all other layers it has another shape, and is no product entry by entry."""
    judgement = judge_source(source(kept="np.einsum('ij,ik->jk', matrix, error), 1 * error"))
    assert "product" not in judgement.diagnosis[0].title


@pytest.mark.usefixtures("_without_counterexamples")
def test_a_line_that_reads_what_was_never_made_is_not_blamed() -> None:
    """The derivative's line leaves an entry out: the weights' line stumbles over it, and is right."""
    judgement = judge_source(
        source(
            first="upstream = [None] * len(all_weights)",
            enter="if place + 1 == len(all_f): upstream[place] = error",
            kept="upstream[place] @ all_h[place].T, upstream[place]",
            down="(before > 0) * (matrix.T @ upstream[place])\n            if place > 1: upstream[place - 1] = error",
        )
    )
    assert row_of(judgement, "weight_gradient").outcome is not Mark.FAILED


@pytest.mark.usefixtures("_without_counterexamples")
def test_a_product_with_an_array_that_another_line_stretched_is_not_blamed() -> None:
    """A sum with another layer's array gives dl/df its shape, or raises; the product below raises for it."""
    stretched = "error = error + 0 * all_f[min(place + 1, len(all_f) - 1)]"
    judgement = judge_source(source(enter=stretched, down="(matrix.T @ error) * (before > 0)"))
    assert row_of(judgement, "activation_gradient").outcome is not Mark.FAILED


@pytest.mark.usefixtures("_without_counterexamples")
def test_layers_of_zeros_count_in_a_depth_where_none_shows_anything_else() -> None:
    """A single wrong step is wrong on every wrong network, those with a layer that is zero on all of them included."""
    judgement = judge_source(source(down="np.zeros_like(before) if (before < 0).any() else matrix.T @ error"))
    wrong = row_of(judgement, "finite_differences").message.removeprefix("Wrong on ").removesuffix(" of 200 networks.")
    assert row_of(judgement, "relu_derivative").message.startswith(f"Does not hold on {wrong} of ")


FILLED_LISTS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws, dbs = [{fill}(w) for w in all_weights], [{fill}(b) for b in all_biases]
    for j in range(1, len(all_f) + 1):
        error = 2 * (all_f[-1] - y) if j == 1 else (all_weights[-j].T @ error) * (all_f[-j] > 0)
        dws[-j], dbs[-j] = error @ all_h[-j].T, error
    return dws, dbs
"""


@pytest.mark.usefixtures("_without_counterexamples")
def test_zeros_that_a_list_was_filled_with_are_no_answer_of_a_call_that_raised() -> None:
    """Through the weights of another layer: it raises on most networks, before it comes to the first layers."""
    zeros_judgement, plain_judgement = (
        judge_source(FILLED_LISTS.format(fill=fill)) for fill in ("np.zeros_like", "id")
    )
    assert not any("do not depend on the error" in row.message for row in zeros_judgement.properties)
    assert lost_rows(zeros_judgement) == lost_rows(plain_judgement) == {"activation_gradient", "any_shape"}


def test_facts_give_way_to_what_a_fresh_process_shows() -> None:
    """From the second call on the sign is another: asked again it is the same, alone it is right."""
    judgement = judge_source(
        source(above="seen = []", start="np.multiply(-2 if seen else 2, all_f[-1] - y)\n    seen.append(1)")
    )
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == ["state_between_calls"]
    assert "after other networks" in judgement.diagnosis[0].title
    assert "twice" not in judgement.diagnosis[0].hint
    assert row_of(judgement, "pure").outcome is Mark.FAILED
    assert judgement.first_difference is None


@pytest.mark.parametrize("other_answer", ["0", "1", "np.nan", "sum(map(np.sum, all_weights))"])
def test_who_knows_the_first_networks_by_heart_keeps_nothing_between_calls(other_answer: str) -> None:
    """A fresh process is wrong about the others, too."""
    networks = JUDGE.subject.cases.networks
    first_weights = {network.depth: float(network.weights[0][0, 0]) for network in reversed(networks)}
    end = ", ".join(
        f"[{name}[at] if all_weights[0][0, 0] in known else 0 * {name}[at] + {other_answer} for at in count]"
        for name in ("weights", "biases")
    )
    judgement = judge_source(source(above=f"known = {set(first_weights.values())}", end=end))
    assert "state_between_calls" not in [diagnosis.id for diagnosis in judgement.diagnosis]
    assert row_of(judgement, "pure").outcome is Mark.PASSED
    assert row_of(judgement, "bias_gradient").outcome is Mark.FAILED or other_answer == "np.nan"


def test_numbers_that_are_not_finite_are_in_the_form_that_was_asked_for() -> None:
    """Zero over zero in each unit that is off."""
    judgement = judge_source(source(down="all_h[place] / all_h[place] * (matrix.T @ error)"))
    shape = row_of(judgement, "any_shape").message
    assert "returns numbers that are not finite" in shape
    assert "form" not in shape
    assert row_of(judgement, "form").outcome is Mark.PASSED
    assert judgement.counterexample is not None
    assert judgement.counterexample.instead is not None
    assert judgement.counterexample.instead.startswith("returned numbers that are not finite")


@pytest.mark.usefixtures("_without_counterexamples")
def test_a_size_that_enters_an_equation_is_not_said_to_be_written_out() -> None:
    judgement = judge_source(source(kept="error @ entered.T / len(all_h[0]), error / len(all_h[0])"))
    (diagnosis,) = judgement.diagnosis
    assert "have 1 input, and on no others" in diagnosis.title
    assert "hard-coded" not in diagnosis.hint
    assert "where its equation has none" in diagnosis.hint


@pytest.mark.usefixtures("_without_counterexamples")
def test_of_two_steps_that_are_seen_together_neither_is_pointed_at_alone() -> None:
    """A sigmoid's derivative and another loss, with no list of dl/dh."""
    judgement = judge_source(source(start="all_f[-1] - y", down="(matrix.T @ error) * (entered * (1 - entered))"))
    (diagnosis,) = judgement.diagnosis
    assert "all_weights[layer].T @ all_dl_df[layer]" in diagnosis.strong_hint
    assert "all_dl_dh[layer] times the activation's derivative" in diagnosis.strong_hint
    assert "first part" in diagnosis.read
    assert "second part" in diagnosis.read


def test_the_right_source_of_these_slips_passes() -> None:
    """The holes are right by default."""
    assert all(row.outcome is Mark.PASSED for row in judge_source(source()).properties)
