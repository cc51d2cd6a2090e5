"""By values alone, in the template of notebook 7.2: each of several wrong lines costs its row, and no other does."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.mended_statement import MendingKind
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.verdict import Judgement
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision, summarise
from tests.corpus import four_lines

#: The lines of the source that each step is written in.
LINES = {"loss": 8, "bias": 10, "weight": 11, "activation": 12, "derivative": 14}


@cache
def revision() -> ContractRevision:
    """Return the notebook's revision, with its main solution alone."""
    udl = find_revision("udl-7.2")
    return replace(udl, assignment=replace(udl.assignment, other_solutions=()))


def judge_lines(lines: Mapping[str, str]) -> Judgement:
    """Return the judgement on the template with these lines."""
    return judge(revision(), four_lines.source(lines))


def assert_lines_cost_their_rows(lines: Mapping[str, str], marks: int) -> None:
    """Judge the template with these lines: they are named, and cost their rows and nothing else."""
    repaired = summarise(judge_lines(lines))
    assert repaired.lines == tuple((LINES[name],) for name in sorted(lines, key=lambda name: LINES[name]))
    assert repaired.lost == {four_lines.STEP[name] for name in lines}
    assert repaired.marks == marks


@pytest.mark.parametrize(
    ("lines", "marks"),
    [
        # Each raises, and reads only what is right.
        (
            {
                "weight": "np.matmul(all_dl_df[layer].T, all_h[layer])",
                "activation": "all_dl_df[layer] * indicator_function(all_h[layer])",
                "derivative": "all_dl_dh[layer] * np.matmul(all_weights[layer].T, indicator_function(all_f[layer]))",
            },
            2,
        ),
        # The template's own lines: the second hides the first.
        ({"activation": "np.zeros_like(all_h[layer])", "derivative": "np.zeros_like(all_f[layer-1])"}, 4),
        # Nothing depends on the first once the second is mended, by an edit or by its value.
        ({"activation": "np.matmul(all_dl_dweights[layer].T, all_dl_df[layer])", "derivative": "all_dl_dh[layer]"}, 6),
        ({"activation": "all_weights[layer].T", "derivative": "np.zeros_like(all_f[layer-1])"}, 6),
        # What only copies a right value is wrong itself, not what reads the copy.
        (
            {
                "weight": "np.matmul(all_dl_df[layer], all_h[layer].transpose)",
                "activation": "np.zeros_like(all_h[layer])",
                "derivative": "all_f[layer-1]",
            },
            2,
        ),
    ],
)
def test_each_of_several_wrong_lines_costs_its_row_alone(lines: Mapping[str, str], marks: int) -> None:
    assert_lines_cost_their_rows(lines, marks)


@pytest.mark.parametrize("seed", range(8))
def test_however_many_lines_are_wrong_each_costs_its_row_alone(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a sample, no secret
    (lines,) = rng.sample([lines for lines in four_lines.combined(200, seed) if len(lines) > 2], 1)
    repaired = summarise(judge_lines(lines))
    assert repaired.lines == tuple((LINES[name],) for name in sorted(lines, key=lambda name: LINES[name]))
    assert repaired.lost == {four_lines.STEP[name] for name in lines}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("weight", "np.random.randn(*all_weights[layer].shape)"),
        ("derivative", "np.random.randn(*all_f[layer-1].shape)"),
        ("loss", "np.random.randn(*y.shape)"),
    ],
)
def test_a_line_of_random_numbers_costs_its_row(line: str, text: str) -> None:
    assert_lines_cost_their_rows({line: text}, 8)


def test_a_line_of_the_templates_own_is_called_unfilled() -> None:
    (statement,) = judge_lines({"activation": "np.zeros_like(all_h[layer])"}).repair
    assert statement.slips == (Slip(SlipKind.UNFILLED),)


@pytest.mark.parametrize(
    ("line", "text", "before", "after"),
    [
        # The course's helper is missing around a part, and an entry that no other line reads.
        ("derivative", "all_f[layer-1] * all_dl_dh[layer]", "all_f[layer - 1]", "indicator_function(all_f[layer - 1])"),
        ("derivative", "all_dl_dh[layer]", "", "indicator_function(all_f[layer - 1])"),
        ("weight", "np.matmul(all_dl_df[layer], all_weights[0].T)", "all_weights[0]", "all_h[layer]"),
    ],
)
def test_what_is_missing_in_a_line_may_stand_nowhere_in_the_submission(
    line: str, text: str, before: str, after: str
) -> None:
    judgement = judge_lines({line: text})
    ((slip,),) = (statement.slips for statement in judgement.repair)
    assert (slip.before, slip.after) == (before, after)


def test_a_copy_that_lacks_something_is_named_with_the_line_that_reads_it() -> None:
    layer = find_revision("coursera-linear-activation-backward")
    step = "    dA_prev, dW, db = linear_backward(dZ, linear_cache)\n"
    relu, sigmoid = "dZ = relu_backward(dA, activation_cache)\n", "dZ = sigmoid_backward(dA, activation_cache)\n"
    source = strip(layer.assignment.solution).replace(step, "")
    source = source.replace(relu, f"{relu}    {step}").replace(sigmoid, f"dZ = dA\n    {step}")
    (statement,) = judge(layer, source).repair
    assert [line.line for line in statement.lines] == [19, 20]
    assert statement.rows == ("sigmoid_gradient",)


BLANK = ("bias", "weight", "activation", "derivative")


@pytest.mark.parametrize("text", ["None", "0", "np.ones(3)", "np.random.rand(2, 2)"])
@pytest.mark.parametrize("line", BLANK)
def test_a_line_that_is_blank_costs_its_row_alone(line: str, text: str) -> None:
    judgement = judge_lines({line: text})
    assert summarise(judgement).lost == {four_lines.STEP[line]}
    (statement,) = judgement.repair
    assert [each.line for each in statement.lines] == [LINES[line]]
    assert statement.slips == (Slip(SlipKind.PLACEHOLDER),)


def test_every_line_is_blank() -> None:
    repaired = summarise(judge_lines(dict.fromkeys(BLANK, "None")))
    assert repaired.lines == tuple((LINES[name],) for name in BLANK)
    assert repaired.lost == {four_lines.STEP[name] for name in BLANK}


@pytest.mark.parametrize(
    "missing",
    [("activation",), ("weight",), ("derivative",), ("weight", "activation"), ("bias", "weight", "derivative")],
)
def test_a_line_that_is_missing_costs_its_row_alone(missing: Sequence[str]) -> None:
    texts = {
        "bias": "all_dl_dbiases[layer] =",
        "weight": "all_dl_dweights[layer] =",
        "activation": "all_dl_dh[layer] =",
    }
    texts["derivative"] = "all_dl_df[layer-1] ="
    begun = tuple(texts[name] for name in missing)
    lines = four_lines.source({}).splitlines()
    source = "\n".join(
        f"{line[: len(line) - len(line.lstrip())]}pass" if line.strip().startswith(begun) else line for line in lines
    )
    judgement = judge(revision(), source)
    assert [statement.kind for statement in judgement.repair] == [MendingKind.INSERT] * len(missing)
    # No line is shown: the one beside it is right.
    assert {(statement.lines, statement.source) for statement in judgement.repair} == {((), "")}
    assert summarise(judgement).lost >= {four_lines.STEP[name] for name in missing}
