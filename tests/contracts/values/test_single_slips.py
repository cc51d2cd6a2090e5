"""One wrong line costs its own row and nothing else, whatever is wrong with it."""

import re
from itertools import product

import pytest

from backmark.grader.model.mended_statement import MendingKind
from backmark.grader.model.slip import SlipKind
from tests.contracts.values.making import LINES, RIGHT, STEPS, change, judge_source, repair
from tests.corpus import four_lines
from tests.night import by_day

SLIPS = list(four_lines.slips())
NAMES = {
    "all_dl_dweights": "gw",
    "all_dl_dbiases": "gb",
    "all_dl_df": "error",
    "all_dl_dh": "back",
    "layer": "n",
    "all_weights": "matrices",
    "all_biases": "shifts",
    "all_f": "pre",
    "all_h": "act",
    "y": "wanted",
}
#: Whole lines in the place of one: it raises itself, its own number is there, it stands under a condition or twice.
CHANGES = {
    "raises": ("{indent}{target} = undefined", MendingKind.REPLACE),
    "unfilled": ("{indent}{target} = np.ones((1, 1))", MendingKind.REPLACE),
    "deleted": ("{indent}pass", MendingKind.INSERT),
    "guarded": ("{indent}if K > 3:\n{indent}    {target} = RIGHT", MendingKind.EDIT),
    "twice": ("{line}\n{indent}{target} = 2 * {target}", MendingKind.EDIT),
    "left to raise": ("{indent}raise NotImplementedError", MendingKind.INSERT),
}


def rename(source: str) -> str:
    """Return a source with all its local names replaced."""
    return re.sub(r"[A-Za-z_]\w*", lambda name: NAMES.get(name[0], name[0]), source)


#: A transpose that nothing distinguishes from what it transposes: the line that reads it may be mended as well.
ALIKE = ("activation", "np.matmul(all_dl_df[layer].T, all_weights[layer])")


def find_row(line: str, text: str) -> str:
    """Return the row that a slip costs."""
    return "relu_derivative" if (line, text) == ALIKE else four_lines.STEP[line]


@pytest.mark.parametrize(("line", "text"), by_day(SLIPS, 3))
def test_a_slip_costs_the_row_of_its_line_alone(line: str, text: str) -> None:
    repaired = repair(four_lines.source({line: text}))
    assert repaired.lost == {find_row(line, text)}
    assert repaired.held == set(STEPS) - repaired.lost
    assert repaired.marks == 8


@pytest.mark.parametrize(("line", "text"), by_day(SLIPS, 5))
def test_it_does_so_under_other_names(line: str, text: str) -> None:
    repaired = repair(rename(four_lines.source({line: text})))
    assert repaired.lost == {find_row(line, text)}
    assert repaired.held == set(STEPS) - repaired.lost


@pytest.mark.parametrize(("line", "name"), by_day(product(LINES, CHANGES), 3))
def test_a_line_that_is_no_slip_costs_its_row_alone(line: str, name: str) -> None:
    text, kind = CHANGES[name]
    repaired = repair(change({line: text.replace("RIGHT", four_lines.RIGHT[line])}))
    assert repaired.lost == {four_lines.STEP[line]}
    assert repaired.held == set(STEPS) - repaired.lost
    assert kind in repaired.kinds or (name == "raises" and MendingKind.EDIT in repaired.kinds)
    assert repaired.marks == 8


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_does_not_belong_there_costs_one_row(line: str) -> None:
    repaired = repair(change({line: "{indent}undefined(1)\n{line}"}))
    assert repaired.kinds == (MendingKind.EDIT,)
    assert (len(repaired.lost), repaired.marks) == (1, 8)


def test_a_right_submission_is_not_mended() -> None:
    repaired = repair(RIGHT)
    assert repaired.kinds == ()
    assert repaired.marks == 10


def test_a_line_that_the_template_has_as_it_must_be_is_never_called_unfilled() -> None:
    source = "def d_loss_d_output(net_output, y):\n    return net_output - y\n\n\n" + RIGHT
    assert repair(source).marks == 8
    (statement,) = judge_source(source).repair
    assert [slip.kind for slip in statement.slips] == [SlipKind.FACTOR]
