"""A title is said of the code only where one model alone explains everything; all else is what was measured."""

import pytest

from grader.judge.examples import Examples
from grader.model.verdict import Diagnosis, Judgement
from tests.corpus.four_lines import source as four_lines
from tests.corpus.own_names import OwnNames
from tests.local import local
from tests.networks import NetworksJudge

BELOW = "if layer > 0:\n            all_dl_df[layer-1] ="
ZEROS = (
    ("all_dl_dweights = [None] * (K + 1)", "all_dl_dweights = [np.zeros_like(w) for w in all_weights]"),
    ("all_dl_dbiases = [None] * (K + 1)", "all_dl_dbiases = [np.zeros_like(b) for b in all_biases]"),
    ("all_dl_df = [None] * (K + 1)", "all_dl_df = [np.zeros_like(f) for f in all_f]"),
    ("all_dl_dh = [None] * (K + 1)", "all_dl_dh = [np.zeros_like(h) for h in all_h]"),
)
END = "    return all_dl_dweights"


@pytest.fixture(autouse=True)
def _without_counterexamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})


def judge_source(source: str, judge: NetworksJudge) -> Judgement:
    """The judgement on a source."""
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


def diagnose_one(source: str, judge: NetworksJudge) -> Diagnosis:
    """The one explanation of a source."""
    (diagnosis,) = judge_source(source, judge).diagnosis
    return diagnosis


def replace_parts(source: str, *pairs: tuple[str, str]) -> str:
    """The source with these texts exchanged, each of which is in it."""
    for old, new in pairs:
        assert old in source
        source = source.replace(old, new)
    return source


def test_two_models_together_speak_of_the_answers(udl: NetworksJudge) -> None:
    """Two others may give the same."""
    diagnosis = diagnose_one(OwnNames("", "slope", "-(back @ all_h[at].T)", frozenset()).source, udl)
    assert diagnosis.title == "It has the weight gradient with the opposite sign."
    pair = four_lines({"derivative": "all_dl_dh[layer]", "bias": "-all_dl_df[layer]"})
    assert diagnose_one(pair, udl).title.startswith("Its answers are those of code that ")
    assert " and that " in diagnose_one(pair, udl).title


def test_a_model_that_the_lists_contradict_is_not_named(udl: NetworksJudge) -> None:
    """The factor is in the mask's line, and all_dl_dh is right; ones in all_dl_dh are a mistake of its own line."""
    factor = four_lines({"derivative": "2 * indicator_function(all_f[layer-1]) * all_dl_dh[layer]"})
    diagnosis = diagnose_one(factor, udl)
    assert "sets all_dl_df[layer-1] to 2 times what follows from all_dl_dh[layer]" in diagnosis.title
    ones = diagnose_one(four_lines({"activation": "np.ones_like(all_h[layer])"}), udl)
    assert "derivative_alone" not in ones.id


def test_a_list_that_is_changed_at_the_end_is_no_mistake_of_the_line_that_writes_it(udl: NetworksJudge) -> None:
    """The bias gradients have the right shape after their line."""
    source = replace_parts(
        four_lines({"activation": "2 * np.matmul(all_weights[layer].T, all_dl_df[layer])"}),
        (END, f"    all_dl_dbiases = [b.T for b in all_dl_dbiases]\n{END}"),
    )
    diagnosis = diagnose_one(source, udl)
    assert "leaves all_dl_dbiases[layer] in another shape than all_biases[layer]" in diagnosis.title
    assert "change it later" in diagnosis.hint


def test_a_factor_of_some_layers_is_said_of_those(udl: NetworksJudge) -> None:
    """Where the biases are right, they were read, too; layers that their numbers tell apart are named."""
    diagnosis = diagnose_one(OwnNames("", "offset", "back * (-1) ** at", frozenset()).source, udl)
    assert "in the layers where it is wrong" in diagnosis.title
    first = diagnose_one(OwnNames("", "offset", "back * (at > 0)", frozenset()).source, udl)
    assert first.title.endswith("at zero in layer 0.")


def test_zeros_that_a_list_was_made_with_are_not_what_a_line_made(udl: NetworksJudge) -> None:
    """The call raised before it came to these lines."""
    source = replace_parts(
        four_lines({"activation": "np.matmul(all_weights[layer].T, all_dl_df[layer] + all_biases[layer])"}),
        *ZEROS,
        ("range(K, -1, -1)", "range(5, -1, -1)"),
    )
    named = {mistake.id for mistake in diagnose_one(source, udl).mistakes}
    assert "observed_activation" in named
    assert not {"observed_bias", "observed_weight"} & named


def test_what_is_written_over_after_use_is_described_as_it_is_at_the_end(udl: NetworksJudge) -> None:
    """In layer 0 the loop writes to all_dl_df[-1], which all_dl_dh[K] was made from."""
    source = replace_parts(
        four_lines({"weight": "np.sin(np.matmul(all_dl_df[layer], all_h[layer].T))"}),
        *ZEROS,
        ("if layer > 0:", "if layer < 99:"),
    )
    for diagnosis in judge_source(source, udl).diagnosis:
        assert "computes" not in diagnosis.title
        assert "by 1 for every unit" not in diagnosis.title


def test_a_list_whose_mistake_is_undone_is_not_called_right(udl: NetworksJudge) -> None:
    """The bias gradients are right, and the list of dl/df is twice as large."""
    source = four_lines(
        {
            "loss": "4 * (all_f[K] - y)",
            "bias": "all_dl_df[layer] / 2",
            "weight": "np.matmul(all_dl_df[layer], all_h[layer].T) / 2",
            "activation": "np.matmul(all_weights[layer].T, all_dl_df[layer]) / 3",
        }
    )
    first = judge_source(source, udl).first_difference
    assert first is not None
    assert "all_dl_df[5] is correct" not in first.message


def test_a_few_arrays_that_fit_another_order_are_not_said_to_come_in_it(udl: NetworksJudge) -> None:
    """The others raised."""
    source = four_lines(
        {
            "weight": "np.dot(all_dl_df[layer], all_h[layer])",
            "activation": "all_weights[layer].T * all_dl_df[layer].sum()",
        }
    )
    (form,) = (row for row in judge_source(source, udl).properties if row.name == "form")
    assert "other order" not in form.message


def test_of_calls_that_raised_a_fact_says_how_far_it_was_read(udl: NetworksJudge) -> None:
    """Layers of zeros are not read there, which the line may have made."""
    product = "np.any(all_f[layer-1] > 0) * all_dl_dh[layer]"
    source = four_lines({"derivative": product, "weight": "np.matmul(all_dl_df[layer].T, all_h[layer].T)"})
    diagnosis = diagnose_one(source, udl)
    assert "for every unit" not in diagnosis.title or "as far as could be read" in diagnosis.title


def test_an_array_of_a_wrong_shape_is_not_said_to_be_of_another_layer(udl: NetworksJudge) -> None:
    """A mask of the output's shape makes it."""
    source = OwnNames("", "back", "(all_f[last] > 0) * (all_weights[at].T @ back)", frozenset()).source
    for diagnosis in judge_source(source, udl).diagnosis:
        assert "of another" not in diagnosis.title
