"""Marks that nobody can call absurd: by the lists that the function wrote, whatever is wrong elsewhere."""

from functools import cache

import pytest

from grader.judge.examples import Examples
from grader.model.verdict import Judgement, Mark
from tests.corpus import four_lines
from tests.corpus.four_lines import FORMS, IGNORING, SHAPELESS, STEP, WRONG, Lines, combined, mended
from tests.local import local
from tests.networks import NetworksJudge, leave_out_facts, load_layered

JUDGE = NetworksJudge(load_layered())


@pytest.fixture(autouse=True)
def _marks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks depend on neither counterexamples nor facts about lines, which take most of the time."""
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})
    leave_out_facts(monkeypatch)


def judge_lines(lines: Lines) -> Judgement:
    """The judgement on the notebook's solution with these lines."""
    return _judge_source(four_lines.source(lines))


@cache
def _judge_source(source: str) -> Judgement:
    """One for all tests: combinations have much in common once they are mended in part."""
    return JUDGE.judge(local(source, JUDGE.assignment), lambda: local(source, JUDGE.assignment))


def score(judgement: Judgement) -> int:
    """Marks given."""
    return sum(row.score for row in judgement.properties)


def lost_rows(judgement: Judgement) -> set[str]:
    """The properties with marks that earned none."""
    return {row.name for row in judgement.properties if row.max_score and not row.score}


def flat(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Line and text of each slip."""
    return [(line, text) for line, texts in table.items() for text in texts]


@pytest.mark.parametrize(("line", "text"), flat(WRONG))
def test_a_slip_costs_its_own_step_and_nothing_else(line: str, text: str) -> None:
    """8 of 10 marks."""
    assert lost_rows(judge_lines({line: text})) == {STEP[line]}


@pytest.mark.parametrize(("line", "text"), flat(SHAPELESS))
def test_a_slip_that_raises_or_loses_the_shape_costs_that_besides(line: str, text: str) -> None:
    """6 of 10 marks: the lines above the raise, and those on networks where it does not raise, have theirs."""
    assert lost_rows(judge_lines({line: text})) == {STEP[line], "any_shape"}


@pytest.mark.parametrize(("line", "text"), flat(IGNORING))
def test_what_ignores_the_output_error_earns_at_most_two(line: str, text: str) -> None:
    """Random, constant and unpropagated gradients, alone and with another slip."""
    assert score(judge_lines({line: text})) <= 2
    assert score(judge_lines({line: text, "weight": WRONG["weight"][0]})) <= 2
    # At layer 0 this one reads f[-1], the output: that moves with the output, and not with its error.
    assert score(judge_lines({line: text, "weight": "np.matmul(all_dl_df[layer], all_f[layer-1].T)"})) <= 2
    # Most of these do not fit, and the gradient of the output's input follows the error.
    assert score(judge_lines({line: text, "weight": "all_dl_df[layer] * all_h[layer]"})) <= 2
    # Where the sizes are a palindrome these are right arrays in reverse.
    assert score(judge_lines({line: text, "weight": "np.matmul(all_h[layer], all_dl_df[layer].T)"})) <= 2


def test_random_weight_gradients_say_nothing_of_what_is_carried_down() -> None:
    """They are all that is known below the output: the other arrays have another shape there."""
    swapped_product = "np.matmul(all_dl_df[layer].T, all_weights[layer])"
    judgement = judge_lines({"weight": "np.random.randn(*all_weights[layer].shape)", "activation": swapped_product})
    assert not any("do not depend on the error" in row.message for row in judgement.properties)


def test_zeros_of_random_numbers_beside_a_constant_are_no_answer_to_another_error() -> None:
    lines = {
        "loss": "np.random.randn(*y.shape)",
        "derivative": "indicator_function(all_dl_dh[layer]) * all_dl_dh[layer]",
        "weight": "np.matmul(all_h[layer], all_dl_df[layer].T)",
    }
    constant = {**lines, "bias": "np.ones_like(all_biases[layer])"}
    assert score(judge_lines(constant)) <= score(judge_lines(lines))


@pytest.mark.parametrize(
    "lines",
    [
        {"derivative": "all_dl_dh[layer]", "activation": "np.zeros_like(all_h[layer])"},
        {
            "derivative": "all_dl_dh[layer]",
            "activation": "np.zeros_like(all_h[layer])",
            "weight": "np.random.randn(*all_weights[layer].shape)",
        },
        {
            "derivative": "indicator_function(all_f[layer]) * all_dl_dh[layer]",
            "activation": "np.ones_like(all_h[layer])",
        },
    ],
)
def test_zeros_that_hold_every_equation_and_masks_that_follow_the_output_earn_at_most_two(lines: Lines) -> None:
    assert score(judge_lines(lines)) <= 2


@pytest.mark.parametrize("return_value", FORMS)
def test_a_wrong_form_alone_costs_any_shape_only(return_value: str) -> None:
    """The numbers are right: `form` says what is not, and carries no marks."""
    judgement = judge_lines({"returned": return_value})
    assert lost_rows(judgement) == {"any_shape"}
    form = next(row for row in judgement.properties if row.name == "form")
    assert (form.outcome, form.max_score) == (Mark.FAILED, 0)


#: Found among 600 combinations: what came back fitted other lines than the lists show.
FOUND_LINES: tuple[Lines, ...] = (
    {
        "weight": "2 * np.matmul(all_dl_df[layer], all_h[layer].T)",
        "derivative": "np.abs(indicator_function(all_f[layer-1]) * all_dl_dh[layer])",
        "bias": "2 * all_dl_df[layer]",
    },
    {
        "weight": "all_dl_df[layer] * all_h[layer]",
        "derivative": "all_dl_dh[layer]",
        "activation": "np.matmul(all_dl_df[layer].T, all_weights[layer])",
    },
)


#: Pairs come first, then three and four at once: every third is some of both, and the others are left to the night.
SAMPLE = [
    pytest.param(lines, marks=[pytest.mark.nightly] * bool(n % 3)) for n, lines in enumerate(combined(60, seed=11))
]


@pytest.mark.parametrize("lines", [*SAMPLE, *FOUND_LINES], ids=lambda lines: "+".join(sorted(lines)))
def test_mending_a_mistake_never_lowers_the_score(lines: Lines) -> None:
    """A sample of what `python -m bench.marks` goes through."""
    score_before = score(judge_lines(lines))
    for _, better_lines in mended(lines):
        assert score(judge_lines(better_lines)) >= score_before


def test_a_right_one_has_every_mark() -> None:
    """The template of all of them."""
    assert lost_rows(judge_lines({})) == set()


@pytest.mark.parametrize("return_value", ["None", "7"])
def test_right_lists_that_are_not_returned_lose_any_shape_only(return_value: str) -> None:
    """They stand in the frame; the message says what came back instead."""
    judgement = judge_lines({"returned": return_value})
    assert lost_rows(judgement) == {"any_shape"}
    form = next(row for row in judgement.properties if row.name == "form")
    assert form.message.startswith("The numbers can be read, but ")
