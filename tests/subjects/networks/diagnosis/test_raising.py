"""What raises, or returns arrays of another shape, is explained with its line and its operand."""

import re

import pytest

from grader.model.verdict import Judgement, Mark
from grader.subjects.networks.assignment import Assignment, Range, Ranges
from grader.subjects.networks.diagnosis.bugs import library
from grader.subjects.networks.diagnosis.operands import changes
from grader.subjects.networks.statement import Factor, Parsed, Product, ProductKind
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.raising_slips import SLIPS, RaisingSlip

FORMULA = re.compile(r"@|\.T\b|(?<!\*)\*(?!\*)|should be all_|> 0")
NAME = re.compile(r"\b[a-zA-Z]\w*_\w+\b")
#: The only names in a hint: it is shown where networks are not, and a text of the student's could carry their numbers.
NOTEBOOK = {
    *("all_weights", "all_biases", "all_f", "all_h", "indicator_function", "d_loss_d_output", "backward_pass"),
    *("all_dl_dweights", "all_dl_dbiases", "all_dl_df", "all_dl_dh"),
}


def judge_source(source: str, judge: NetworksJudge) -> Judgement:
    """The judgement of a source."""
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


#: Whose loop's variable is gone when the comprehension has raised: the shapes alone tell what it is, without a line.
LOST_NAME = "np.multiply for the weight gradient in a comprehension"


@pytest.mark.parametrize("slip", [slip for slip in SLIPS if slip.name != LOST_NAME], ids=lambda slip: slip.name)
def test_the_faulty_line_and_operand_are_named(udl: NetworksJudge, slip: RaisingSlip) -> None:
    """Whatever the style, in the first explanation, without a formula; steps whose lines are right keep their marks."""
    judgement = judge_source(slip.source, udl)
    first = judgement.diagnosis[0]
    assert f"Look at line {slip.line}." in first.hint
    # An index may be written with the student's own letter.
    text = re.sub(r"\[[a-z]\b", "[layer", f"{first.title} {first.hint} {first.strong_hint}")
    assert slip.operand in text
    marks = {row.name: row.outcome for row in judgement.properties}
    assert [name for name in slip.right if marks[name] is not Mark.PASSED] == []
    assert not FORMULA.search(first.hint)
    assert set(NAME.findall(first.hint)) <= NOTEBOOK


@pytest.mark.parametrize("text", ["(" * 400, "x" * 401, "a\x00b", "x = " + "-" * 390 + "1", "a; b", ""])
def test_a_statement_that_cannot_be_read_is_no_evidence(text: str) -> None:
    """It is the word of a process that a student's code can steer."""
    assert Parsed.of(text, "") is None or text.startswith("x = ")


def test_an_index_that_is_far_off_is_not_repeated() -> None:
    """It could say a number of a network's."""
    far = Factor("all_h", 8_675_309, (3, 1), flipped=True)
    product = Product(ProductKind.MATRIX, Factor("all_dl_df", 1, (2, 1)), far)
    assert list(changes(product, ("all_dl_dweights", 1), (4, 3, 2), 1)) == []


def test_with_one_hidden_layer_the_first_and_the_last_are_no_explanations_of_their_own() -> None:
    """Where the three answer alike, one is offered."""
    shallow = {bug.id for bug in library.of(Assignment("x", "x", ranges=Ranges(depth=Range(0, 1))))}
    assert "no_derivative" in shallow
    assert {"derivative_missing_at_first", "derivative_missing_at_last"}.isdisjoint(shallow)
