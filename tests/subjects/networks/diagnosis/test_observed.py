"""What no model explains is described by facts: of the line that is wrong, with its numbers, and of no other line."""

import re

import pytest

from grader.judge.examples import Examples
from grader.model.verdict import Diagnosis, Judgement, Mark
from grader.subjects.networks.diagnosis.diagnoser import Diagnoser
from grader.subjects.networks.explanation import Explanation
from tests.corpus import four_lines
from tests.corpus.own_names import OWN_NAMES, OwnNames
from tests.local import local
from tests.networks import NetworksJudge

DH, DF, W, F = "all_dl_dh[layer]", "all_dl_df[layer]", "all_weights[layer]", "all_f[layer-1]"
PRODUCT = f"np.matmul({DF}, all_h[layer].T)"

#: Lines of the notebook that no model knows, and words of the fact.
FACTS: dict[tuple[str, str], str] = {
    ("derivative", f"({F} > 0.1) * {DH}"): f"to {DH} where {F} is above some number between",
    ("derivative", f"({F} > 0) * ({F} < 6) * {DH}"): f"where {F} is above 0 and below some number between",
    ("derivative", f"np.clip({F}, 0, 1) * {DH}"): f"to {DH} times {F}, cut off to between 0 and 1",
    ("derivative", f"{DH} / (1 + np.exp(-{F}))"): f"to {DH} times the logistic sigmoid of {F}",
    ("derivative", f"({F} > 0) * ({DH} > 0) * {DH}"): f"where it and {F} are both positive",
    ("derivative", f"({F} > {F}.mean()) * {DH}"): f"where {F} is above the mean of its layer",
    ("derivative", f"np.any({F} > 0) * {DH}"): f"in layers where some {F} is positive",
    ("derivative", f"np.where({F} > 0, 1, 0.3) * {DH}"): f"to 1 times {DH} where {F} is positive, and to 0.3",
    ("derivative", f"({F} > 0) * ({DH} + 2 * {F})"): "plus 2 times all_h[layer]",
    ("derivative", f"all_h[layer] * (1 - all_h[layer]) * {DH}"): f"to {DH} times all_h[layer] * (1 - all_h[layer])",
    ("derivative", f"np.vectorize(lambda g, f: g if f > 0 else 0)({DH}, {F})"): (
        f"to what follows from {DH} and {F}, without its decimals, in the layers where it is wrong"
    ),
    ("derivative", f"(np.cumsum({F} <= 0, axis=0) == 0) * {DH}"): (
        f"to {DH} in the units before the first whose {F} is not positive, and to 0 elsewhere"
    ),
    ("activation", f"np.round(np.matmul({W}.T, {DF}), 3)"): f"to what follows from {DF} and {W}, rounded to 3 decimals",
    (
        "derivative",
        f"({F} == np.max({F})) * {DH}",
    ): f"to {DH} where {F} is the largest of its layer, and to 0 elsewhere",
    (
        "derivative",
        f"np.resize(all_h[layer-1] > 0, {F}.shape) * {DH}",
    ): "where all_h[layer-1] is positive, repeated or",
    ("derivative", f"({F} > 0) / max(np.mean({F} > 0), 0.01) * {DH}"): "derivative, divided by its mean over the layer",
    (
        "derivative",
        f"(({F} > 0) if layer % 2 else 1) * {DH}",
    ): f"to {DH} for every unit in the layers where it is wrong",
    ("activation", f"np.matmul({W}.T, {DF}) - np.matmul({W}.T, {DF}).mean()"): f"to {W}.T @ {DF} minus its mean",
    ("activation", f"np.concatenate([all_biases[layer].T @ {DF}, {W}.T @ {DF}])[:-1]"): "moved down by one unit, below",
    ("derivative", f"({F} > 0) * (np.abs({DH}) > 0.05) * {DH}"): f"at zero where the size of {DH} is below some number",
    (
        "activation",
        f"np.where(np.arange({W}.shape[1]) < 6, np.matmul({W}.T, {DF}).T, 0).T",
    ): "in the first 6 units, and to 0",
    ("weight", f"np.reshape(np.ravel({PRODUCT}), {W}.shape, order='F')"): "taken row by row and put column by column",
    ("weight", f"{DF} @ np.maximum(all_h[layer], 0).T"): "np.maximum(all_h[layer], 0).T",
    ("loss", "2 * (all_f[K] - all_biases[K] - y)"): "at the output of a forward pass without all_biases[K]",
    ("loss", "2 * (all_f[K] - np.clip(y, 0, 1))"): "to the loss derivative with y cut off to between 0 and 1",
    ("activation", f"{W}.astype(np.float16).T @ {DF}"): f"to {W}.T, rounded to half precision, @ {DF}",
    ("activation", f"{W}[:max(1, len({W}) - 1)].T @ {DF}[:max(1, len({W}) - 1)]"): "without the last unit, if there",
    ("activation", f"{W}.T @ ((all_f[layer] > 0) * {DF})"): "of the units whose all_f[layer] is positive",
    ("activation", f"np.matmul({W}.T, {DF}) + ({DF} if {DF}.shape == all_h[layer].shape else 0)"): (
        f"plus {DF}, in the layers where it is wrong"
    ),
    ("activation", f"({W} - 0.01 * all_dl_dweights[layer]).T @ {DF}"): "minus 0.01 times all_dl_dweights[layer].T",
    ("activation", f"np.sign({W}).T @ {DF}"): f"to np.sign({W}).T @ {DF}",
    ("weight", f"({W} > 0) * {PRODUCT}"): f"where {W} is positive",
    ("weight", f"np.sum({DF}) * all_h[layer].T * np.ones_like({W})"): (
        f"to the sum of {DF} times all_h[layer].T, in each row"
    ),
    ("weight", f"np.abs({PRODUCT})"): f"to the absolute value of what follows from {DF} and all_h[layer]",
    ("weight", f"{DF} @ (all_h[layer] > 0).T"): "(all_h[layer] > 0).T",
    ("weight", f"{DF} @ np.sin(all_h[layer]).T"): f"to a product of {DF} and a column other than all_h[layer]",
    ("bias", f"0.01 * {DF}"): f"sets all_dl_dbiases[layer] to 0.01 times what follows from {DF}",
    ("bias", f"(all_biases[layer] > 0) * {DF}"): "where all_biases[layer] is positive",
    ("bias", f"{PRODUCT}[:, :1]"): "to the first column of all_dl_dweights[layer]",
    ("bias", f"{DF} + 0.05 * np.sign(all_biases[layer])"): "plus 0.05 times np.sign(all_biases[layer])",
    ("bias", f"np.sort({DF}, axis=0)"): f"sets all_dl_dbiases[layer] to numbers that do not follow from {DF}",
    ("loss", "2 * (all_f[K] - 20.0)"): "to what the target 20 gives in every network",
    (
        "loss",
        "(all_f[K] - y) / np.linalg.norm(all_f[K] - y)",
    ): "to what follows from all_f[K] and y, scaled to the norm 1",
    ("loss", "np.exp(all_f[K]) / np.sum(np.exp(all_f[K])) - y"): "to the softmax of all_f[K] minus y",
    ("loss", "2 * (all_f[K] - y.astype(int))"): "to the loss derivative with y without its decimals",
    ("loss", "2 * (np.maximum(all_f[K], 0) - y)"): "to the loss derivative at np.maximum(all_f[K], 0)",
    ("loss", "np.full_like(y, 0.3)"): "sets all_dl_df[K] to the same numbers in every network that was read",
    ("loss", "d_loss_d_output(all_f[K], y) * (np.arange(len(y)) == 0)[:, None]"): "in the first unit",
}

#: The explanation that each line has.
IDS = {
    "loss": "observed_output",
    "bias": "observed_bias",
    "weight": "observed_weight",
    "activation": "observed_activation",
    "derivative": "observed_derivative",
}


@pytest.fixture(autouse=True)
def _without_counterexamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Diagnosis, ...]]:
    """The facts that there would be without any model, one after the other."""
    diagnoses: list[tuple[Diagnosis, ...]] = []
    add_facts = Diagnoser.add_facts

    def note(self: Diagnoser, answers, evidence, explanation, *rest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        diagnoses.append(add_facts(self, answers, evidence, Explanation(), *rest))
        return add_facts(self, answers, evidence, explanation, *rest)

    monkeypatch.setattr(Diagnoser, "add_facts", note)
    return diagnoses


def judge_source(source: str, judge: NetworksJudge) -> Judgement:
    """The judgement on a source."""
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


@pytest.mark.parametrize(("line", "text"), FACTS, ids=lambda part: part)
def test_a_line_that_no_model_knows_is_described(
    line: str, text: str, udl: NetworksJudge, facts: list[tuple[Diagnosis, ...]]
) -> None:
    """With the list, and with how it departs from what follows from its inputs."""
    judge_source(four_lines.source({line: text}), udl)
    ((diagnosis,),) = facts
    assert FACTS[line, text] in diagnosis.title
    assert [mistake.id for mistake in diagnosis.mistakes] == [IDS[line]]


@pytest.mark.slow
def test_no_fact_speaks_of_a_line_that_is_right(udl: NetworksJudge, facts: list[tuple[Diagnosis, ...]]) -> None:
    """Slips in the four lines, alone and several at once: those and no others are described."""
    sources = [{line: text} for line, text in four_lines.slips()] + four_lines.combined(24, seed=31)
    mistakes = []
    for lines in sources:
        facts.clear()
        judge_source(four_lines.source(lines), udl)
        named = {mistake.id for diagnoses in facts for diagnosis in diagnoses for mistake in diagnosis.mistakes}
        if named - {IDS[line] for line in lines}:
            mistakes.append((lines, named))
    assert mistakes == []


@pytest.mark.slow
def test_no_fact_speaks_of_a_line_that_is_right_under_other_names(
    udl: NetworksJudge, facts: list[tuple[Diagnosis, ...]]
) -> None:
    """What came back is all that there is to read."""
    lines = {
        "offset": {"observed_bias"},
        "slope": {"observed_weight"},
        # Only the product of two steps is seen: the fact is about the one whose row fails.
        "back": {"observed_derivative", "observed_activation"},
    }
    reversed_units = OwnNames("units upside down", "offset", "back[::-1]", frozenset())
    mistakes = []
    for slip in (*OWN_NAMES, reversed_units):
        facts.clear()
        judge_source(slip.source, udl)
        named = {mistake.id for diagnoses in facts for diagnosis in diagnoses for mistake in diagnosis.mistakes}
        if slip.line in lines and named - lines[slip.line]:
            mistakes.append((slip.name, named))
    assert mistakes == []


@pytest.mark.parametrize(
    ("line", "text", "fact"),
    [
        ("back", "(all_f[at - 1] > 0.1) * (all_weights[at].T @ back)", "is above some number between"),
        ("back", "(all_f[at - 1] > 0) * (np.sign(all_weights[at]).T @ back)", "np.sign(all_weights[layer]).T"),
        ("slope", "back @ (all_h[at] > 0).T", "(all_h[layer] > 0).T"),
    ],
)
def test_under_other_names_the_fact_is_about_what_came_back(
    line: str, text: str, fact: str, udl: NetworksJudge
) -> None:
    """No list of the notebook's is there to be read."""
    (diagnosis,) = judge_source(OwnNames("", line, text, frozenset()).source, udl).diagnosis
    assert fact in diagnosis.title


def test_a_factor_by_the_number_of_units_is_named_as_such(udl: NetworksJudge) -> None:
    """Neither step of the propagation is called wrong for it."""
    text = "[s / len(s) for s in slopes], [o / len(o) for o in offsets]"
    judgement = judge_source(OwnNames("", "returned", text, frozenset()).source, udl)
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == ["scaled_by_units"]
    rows = {row.name: row for row in judgement.properties}
    assert rows["activation_gradient"].outcome is rows["relu_derivative"].outcome is Mark.PASSED


@pytest.mark.parametrize(
    "return_value",
    [
        "[s * 1.0000013 for s in slopes], [o * 1.0000013 for o in offsets]",
        "[s * 1.000002 for s in slopes], offsets",
        "slopes, [o * (1 + 2e-6 * len(o)) for o in offsets]",
    ],
)
def test_numbers_that_just_miss_their_tolerance_are_off_by_no_factor(return_value: str, udl: NetworksJudge) -> None:
    """A factor of 1 changes nothing, nor do two minus signs; both numbers of an example are not shown as one."""
    judgement = judge_source(OwnNames("", "returned", return_value, frozenset()).source, udl)
    assert judgement.properties[0].outcome is Mark.FAILED
    assert {diagnosis.id.partition("_")[0] for diagnosis in judgement.diagnosis} <= {"observed"}
    for diagnosis in judgement.diagnosis:
        assert " times" not in diagnosis.title + diagnosis.hint
        example = re.search(r" is (\S+) where (\S+) follows", diagnosis.hint)
        assert example is not None
        assert example[1] != example[2]


def test_a_factor_in_some_layers_is_not_said_of_each(udl: NetworksJudge) -> None:
    """Above layer 0 the biases are right."""
    text = "slopes, [offsets[0] / len(all_h[0]) * len(y)] + offsets[1:]"
    (diagnosis,) = judge_source(OwnNames("", "returned", text, frozenset()).source, udl).diagnosis
    assert "all_dl_dweights[layer] in some of the layers that were read:" in diagnosis.title
    assert "By which factor is each wrong layer off?" in diagnosis.hint


ZEROS = "[np.zeros_like(w) for w in all_weights]", "[np.zeros_like(b) for b in all_biases]"


def skip_layers(loop: str) -> str:
    """The notebook's solution with lists of zeros and another loop."""
    source = four_lines.source({}).replace("range(K, -1, -1)", loop)
    for name, zeros in zip(("all_dl_dweights", "all_dl_dbiases"), ZEROS, strict=True):
        source = source.replace(f"{name} = [None] * (K + 1)", f"{name} = {zeros}")
    return source.replace("all_dl_df = [None] * (K + 1)", "all_dl_df = [np.zeros_like(f) for f in all_f]")


def test_a_loop_that_leaves_layers_out_costs_no_step(udl: NetworksJudge) -> None:
    """dl/dh is not called zero: in the layers that the loop comes to it is not."""
    judgement = judge_source(skip_layers("range(K, -1, -2)"), udl)
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == ["layers_left_out"]
    lost_rows = {row.name for row in judgement.properties if row.outcome is not Mark.PASSED}
    assert lost_rows == {"finite_differences", "any_shape"}


def test_a_line_is_no_template_where_only_its_array_is_zero(udl: NetworksJudge) -> None:
    """The loop begins a layer too low: every line is written."""
    for diagnosis in judge_source(skip_layers("range(K - 1, -1, -1)"), udl).diagnosis:
        assert not any(word in diagnosis.hint + diagnosis.strong_hint for word in ("TODO", "template", "zeros_like"))


def test_a_line_that_got_nothing_is_not_called_wrong(udl: NetworksJudge) -> None:
    """A loop that runs upwards raises where all_dl_df[0] is not there yet: no fault of the line that reads it."""
    source = four_lines.source({"bias": DF}).replace("range(K, -1, -1)", "range(K + 1)")
    rows = {row.name: row.outcome for row in judge_source(source, udl).properties}
    assert rows["bias_gradient"] is Mark.PASSED
    assert rows["weight_gradient"] is not Mark.FAILED


def test_lines_behind_one_of_another_shape_are_not_called_wrong(udl: NetworksJudge) -> None:
    """Boolean indexing leaves the active units alone; the lines of the next layer get an array that fits nothing."""
    judgement = judge_source(four_lines.source({"derivative": f"{DH}[{F} > 0]"}), udl)
    failed_rows = {row.name for row in judgement.properties if row.outcome is Mark.FAILED}
    assert failed_rows & {"bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative"} == {
        "relu_derivative"
    }
    assert "another shape" in judgement.diagnosis[0].title


def test_one_list_of_two_names_costs_no_line(udl: NetworksJudge) -> None:
    """Whatever comes back is what right lines make."""
    source = four_lines.source({}).replace("    all_dl_dbiases = [None] * (K + 1)\n", "")
    source = source.replace("all_dl_dweights = [None]", "all_dl_dweights = all_dl_dbiases = [None]")
    rows = {row.name: row.outcome for row in judge_source(source, udl).properties}
    assert {name for name, outcome in rows.items() if outcome is not Mark.PASSED} == {
        "finite_differences",
        "any_shape",
        "form",
    }


def test_an_entry_is_blamed_by_the_index_that_is_written(udl: NetworksJudge) -> None:
    """The line writes the entry of the layer below, and says nothing of its own layer's."""
    source = four_lines.source({"bias": DF}).replace("all_dl_dbiases[layer] =", "all_dl_dbiases[layer-1] =")
    source = source.replace("all_dl_dbiases = [None] * (K + 1)", f"all_dl_dbiases = {ZEROS[1]}")
    (diagnosis,) = judge_source(source, udl).diagnosis
    assert "writes all_dl_df[layer] to all_dl_dbiases[layer-1]" in diagnosis.title


def test_an_index_below_the_first_entry_is_not_beyond_the_last(udl: NetworksJudge) -> None:
    """A recursion without an end."""
    source = four_lines.source({"loss": "d_loss_d_output(all_f[-K - 2], y)"})
    (diagnosis,) = judge_source(source, udl).diagnosis
    assert "before the beginning" in diagnosis.strong_hint
