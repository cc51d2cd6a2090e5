"""A layered assignment as a contract: every choice of formulas is sound, and what does not fit is named."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.folder import NAME, join
from backmark.grader.contracts.publishing.selfcheck import selfcheck
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.errors import BadAssignment
from backmark.grader.model.assignment import Feedback, Limits
from backmark.grader.model.verdict import Mark, Outcome
from backmark.worker.cli.conversion import folder, layered
from backmark.worker.cli.main import main
from tests.contracts.making import LocalWorkshop, build, judge
from tests.corpus.examples import OUTCOMES
from tests.night import by_day

#: Notebook 7.2 as the layered assignment that it was.
UDL = Path(__file__).with_name("layered_udl_7.2.toml")
EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS = ("bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative")

#: The slope of each activation at `f`, and the derivative of each loss, as none of the converted files has them.
SLOPES = {
    "relu": "np.heaviside(f, 0.0)",
    "leaky_relu": "np.where(f < 0, 0.1, 1.0)",
    "tanh": "np.cosh(f) ** -2.0",
    "sigmoid": "0.25 * np.cosh(0.5 * f) ** -2.0",
}
ERRORS = {
    "least_squares": "2.0 * output - 2.0 * y",
    "binary_cross_entropy": "np.exp(-np.logaddexp(0.0, -output)) - y",
    "softmax_cross_entropy": "np.exp(output - np.log(np.sum(np.exp(output), axis=0))) - y",
}
RIGHT = """
import numpy as np


def slope(f):
    return SLOPE


def error(output, y):
    return ERROR


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = error(all_f[K], y)
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.sum(all_dl_df[layer], axis=1, keepdims=True)
        all_dl_dweights[layer] = all_dl_df[layer] @ all_h[layer].T
        all_dl_dh[layer] = all_weights[layer].T @ all_dl_df[layer]
        if layer > 0:
            all_dl_df[layer - 1] = slope(all_f[layer - 1]) * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases
"""
#: The usual slips, by what is written instead of what, and the row that each costs.
SLIPS = (
    ("error(all_f[K], y)", "3 * error(all_f[K], y)", "bias_gradient"),
    ("np.sum(all_dl_df[layer], axis=1, keepdims=True)", "np.zeros_like(all_biases[layer])", "bias_gradient"),
    ("all_h[layer].T", "all_h[layer - 1].T", "weight_gradient"),
    ("all_weights[layer].T", "all_weights[layer]", "activation_gradient"),
    ("slope(all_f[layer - 1]) * ", "", "relu_derivative"),
    ("slope(all_f[layer - 1])", "slope(all_f[layer])", "relu_derivative"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The formulas of an assignment, and whether its networks have batches."""

    activation: str
    loss: str
    reduction: str
    batches: bool

    def write(self, networks: int = 12) -> str:
        """Return a small layered assignment of them."""
        return f"""
id = "small"
title = "Small"
activation = "{self.activation}"
loss = "{self.loss}"
reduction = "{self.reduction}"
networks = {networks}
ranges = {{ depth = [0, 3], widths = [1, 4], outputs = [2, 4], columns = [1, {3 if self.batches else 1}] }}
home = {{ depth = 2, width = 3, outputs = 2, networks = 4 }}
"""

    def solve(self) -> str:
        """Return a right submission."""
        mean = " / y.shape[1]" if self.reduction == "mean" else ""
        return RIGHT.replace("SLOPE", SLOPES[self.activation]).replace("ERROR", f"({ERRORS[self.loss]}){mean}")


EVERY = [Choice(*formulas) for formulas in itertools.product(SLOPES, ERRORS, ("sum", "mean"), (False, True))]
#: Each activation, loss and reduction at least once, with batches and without.
SOME = (
    Choice("relu", "softmax_cross_entropy", "mean", batches=True),
    Choice("leaky_relu", "least_squares", "mean", batches=False),
    Choice("tanh", "least_squares", "sum", batches=True),
    Choice("sigmoid", "binary_cross_entropy", "sum", batches=False),
)


def convert(text: str) -> folder.ConvertedAssignment:
    return folder.convert(layered.read(text, "old.toml"))


def read_contract(files: Mapping[str, str]) -> ContractAssignment:
    beside = {name: text for name, text in files.items() if name != NAME}
    assignment = reading.parse(join(files[NAME], beside), "old")
    assert isinstance(assignment, ContractAssignment)
    return assignment


def build_contract(text: str) -> ContractRevision:
    return build(read_contract(convert(text).files))


def refuse(text: str) -> str:
    with pytest.raises(BadAssignment) as refused:
        layered.read(text, "old.toml")
    return str(refused.value)


def small(*lines: str) -> str:
    """A layered assignment with required keys and these lines."""
    return "\n".join(('id = "small"', 'title = "Small"', *lines))


def assert_sound_and_fair(choice: Choice, networks: int = 12) -> None:
    """It may be used, right code passes in either precision, and each slip costs its row alone."""
    revision = build_contract(choice.write(networks))
    assert selfcheck(revision).sound
    right = choice.solve()
    assert judge(revision, right).outcome is Outcome.PASSED
    exchange = replace(revision.contract.exchange, dtype="float32")
    assert not all_wrong(revision.cases, LocalWorkshop().ask(right, "hw.py", exchange, revision.cases)).any()
    for before, after, row in SLIPS:
        verdict = judge(revision, right.replace(before, after))
        marks = {judged.name: judged.outcome for judged in verdict.properties if judged.name in ROWS}
        assert marks == {**dict.fromkeys(ROWS, Mark.PASSED), row: Mark.FAILED}, (before, after)


@pytest.mark.parametrize("choice", by_day(SOME, len(SOME), str))
def test_a_choice_of_formulas_is_sound_and_a_slip_costs_its_own_row(choice: Choice) -> None:
    assert_sound_and_fair(choice)


@pytest.mark.nightly
@pytest.mark.parametrize("choice", EVERY, ids=str)
def test_every_choice_of_formulas_is_sound_and_a_slip_costs_its_own_row(choice: Choice) -> None:
    assert_sound_and_fair(choice, 30)


@pytest.mark.parametrize("choice", EVERY, ids=str)
def test_every_choice_of_formulas_is_written_plainly(choice: Choice) -> None:
    """No file has a formula of another choice, a name that was not filled in, or lines of two blanks."""
    files = convert(choice.write()).files
    read_contract(files)
    for text in files.values():
        assert "$" not in text
        assert "##" not in text
        assert "\n\n\n\n" not in text
        assert text == text.lstrip()
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
    assert ("np.tanh" in files["reference.py"]) == (choice.activation == "tanh")
    assert ("/ y.shape[1]" in files["helpers.py"]) == (choice.batches and choice.reduction == "mean")


def test_notebook_7_2_keeps_what_it_chose() -> None:
    contract = read_contract(convert(UDL.read_text(encoding="utf-8")).files)
    assert (contract.id, contract.title) == ("udl-7.2", "Backpropagation in a deep network")
    assert (contract.seed, contract.cases, len(contract.fingerprints)) == (72, 200, 5)
    assert (contract.limits, contract.feedback) == (Limits(), Feedback())
    assert {row.name: (row.marks, row.read) for row in contract.rows} == {
        "bias_gradient": (2, "Equation 7.22 (7.21 in notebooks before 16 February 2025)"),
        "weight_gradient": (2, "Equation 7.23 (7.22 in notebooks before 16 February 2025)"),
        "activation_gradient": (2, "Equation 7.25, its second part (7.24 in notebooks before 16 February 2025)"),
        "relu_derivative": (2, "Equation 7.25, its first part (7.24 in notebooks before 16 February 2025)"),
        "any_shape": (2, ""),
        "form": (0, ""),
    }
    assert sum(contract.rubric.values()) == 10
    assert contract.home == {"K": 5, "widths": [6] * 5, "inputs": 1, "outputs": 1}


def test_another_function_is_called_by_its_name() -> None:
    choice = Choice("relu", "least_squares", "sum", batches=False)
    text = choice.write() + 'function = "backprop"\n'
    revision, right = build_contract(text), choice.solve()
    assert judge(revision, right.replace("backward_pass", "backprop")).outcome is Outcome.PASSED
    assert "backward_pass" not in "".join(convert(text).files.values())


def test_without_hidden_layers_their_rows_are_left_out() -> None:
    text = small("networks = 30", "ranges.depth = [0, 0]", "home.depth = 0", "home.networks = 4")
    converted = convert(text)
    (note,) = converted.notes
    assert note.startswith("rubric: activation_gradient and relu_derivative are left out, since without hidden layers")
    contract = read_contract(converted.files)
    assert [row.name for row in contract.rows] == ["bias_gradient", "weight_gradient", "any_shape", "form"]
    revision = build(contract)
    assert selfcheck(revision).sound
    verdict = judge(revision, Choice("relu", "least_squares", "sum", batches=False).solve())
    assert (verdict.outcome, sum(row.score for row in verdict.properties)) == (Outcome.PASSED, 6)


def test_batches_alone_carry_the_marks_of_their_lines() -> None:
    text = small("networks = 12", "ranges.columns = [8, 8]", "home.columns = 8", "home.networks = 4")
    converted = convert(text + "\nranges.depth = [0, 3]\nranges.widths = [1, 4]\nhome.depth = 2\nhome.width = 3")
    (note,) = converted.notes
    assert note.startswith("ranges.columns: a contract judges lines in batches, too, so bias_gradient, weight_gradient")
    revision = build(read_contract(converted.files))
    assert selfcheck(revision).sound
    verdict = judge(revision, Choice("relu", "least_squares", "sum", batches=True).solve())
    assert (verdict.outcome, sum(row.score for row in verdict.properties)) == (Outcome.PASSED, 10)


def test_a_line_without_marks_counts_for_another_row() -> None:
    converted = convert(small("rubric = { relu_derivative = 0, weight_gradient = 3 }", "home.networks = 4"))
    (note,) = converted.notes
    assert note.endswith("has to cost marks, so the line of relu_derivative counts for bias_gradient as well")
    assert "# row: relu_derivative, bias_gradient\n" in converted.files["solution.py"]
    contract = read_contract(converted.files)
    assert {row.name: row.marks for row in contract.rows}["relu_derivative"] == 0
    assert sum(contract.rubric.values()) == 9


def test_lines_without_any_marks_leave_them_to_the_results() -> None:
    rubric = "{ " + ", ".join(f"{row} = 0" for row in ROWS) + ", any_shape = 7, pure = 1 }"
    converted = convert(small(f"rubric = {rubric}", "home.networks = 4"))
    (note,) = converted.notes
    assert note.endswith("so the two lists that are returned carry all 7, and there are no rows")
    contract = read_contract(converted.files)
    assert contract.rows == ()
    assert contract.rubric == {"all_dl_dweights": 4, "all_dl_dbiases": 3, "finite_differences": 0, "pure": 1}
    assert "# row" not in "".join(converted.files.values())


def test_marks_for_finite_differences_alone_need_no_marks_of_lines() -> None:
    rubric = "{ " + ", ".join(f"{row} = 0" for row in (*ROWS, "any_shape")) + ", finite_differences = 5 }"
    converted = convert(small(f"rubric = {rubric}", "home.networks = 4"))
    assert converted.notes == ()
    assert {row.marks for row in read_contract(converted.files).rows} == {0}


def test_a_hidden_line_hides_what_would_tell_of_it() -> None:
    converted = convert(small('feedback = { level = "hint", hidden = ["relu_derivative"] }', "home.networks = 4"))
    assert converted.notes == (
        "feedback.hidden: all_dl_dweights and all_dl_dbiases are hidden, too, since they would tell of a hidden line",
    )
    feedback = read_contract(converted.files).feedback
    assert (feedback.level, feedback.hidden) == ("hint", ("all_dl_dbiases", "all_dl_dweights", "relu_derivative"))


def test_what_a_contract_does_not_have_is_named_with_the_reason() -> None:
    converted = convert(small("rtol = 1e-6", "networks = 4", "home.networks = 1", f'templates = ["{"0" * 64}"]'))
    *others, templates = converted.notes
    assert others == [
        "rtol: 1e-06 is left out, since the tolerance of a contract is measured on its own solutions",
        "networks: 10 cases are drawn instead of 4, the fewest that a contract has",
        "home.networks: 1 is left out, since a contract draws 4 cases of the shape in [home]",
    ]
    assert templates.startswith("templates: the fingerprints are kept, and template.py is that of notebook 7.2: ")
    assert "template.py" in converted.files


def test_quotes_and_slopes_are_written_as_toml_and_python_have_them() -> None:
    converted = convert(
        small('references.bias_gradient = ""', 'activation = "leaky_relu"', "slope = 0.01").replace(
            '"Small"', '"a \\"b\\" \\\\ ä\\u007F"'
        )
    )
    contract = read_contract(converted.files)
    assert contract.title == 'a "b" \\ ä\x7f'
    assert contract.rows[0].read == ""
    assert "np.where(all_f[layer - 1] > 0, 1, 0.01) * all_dl_dh[layer]" in contract.solution
    assert "0.01 * all_f[-1]" in contract.reference


STORED = {
    "feedback": {"full_after": 3, "hidden": ["pure"], "level": "hint", "strong_hint_after": 0},
    "formulas": {"activation": "tanh", "loss": "least_squares", "reduction": "mean", "slope": 0.1},
    "function": "backward_pass",
    "home": {"columns": 1, "depth": 5, "inputs": 1, "outputs": 1, "width": 6},
    "home_networks": 7,
    "id": "small",
    "limits": {"memory": 1 << 31, "output": 1 << 20, "seconds": 20.0, "seconds_per_call": 3.0},
    "networks": 150,
    "ranges": {"columns": {"least": 1, "most": 4}, "depth": {"least": 0, "most": 8}},
    "rtol": 5e-07,
    "rubric": {"any_shape": 4},
    "seed": 9,
    "templates": [],
    "title": "Small",
}


def test_the_settings_of_a_stored_assignment_are_read_as_well() -> None:
    """As its TOML, in the units in which they are stored."""
    written = small(
        'activation = "tanh"',
        'reduction = "mean"',
        "networks = 150",
        "seed = 9",
        "ranges.columns = [1, 4]",
        "home.networks = 7",
        "limits = { memory_mib = 2048, seconds_per_call = 3.0 }",
        "rubric.any_shape = 4",
        'feedback = { level = "hint", full_after = 3, hidden = ["pure"] }',
    )
    assert convert(json.dumps(STORED)) == convert(written)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (('activation = "swish"',), 'activation is "swish": write one of "relu", "leaky_relu", "tanh", "sigmoid"'),
        (("ranges.depth = [0, 99]",), "ranges.depth is 99: write two whole numbers, [least, most], within [0, 32]"),
        (("ranges.depth = [6, 5]",), "ranges.depth is [6, 5]: write the smaller number first"),
        (("ranges.depth = [0, 3]",), "home.depth is 5, outside of ranges.depth, [0, 3]: write a number within"),
        (("netwroks = 20",), "netwroks is no key of an assignment: did you mean networks?"),
        (("rubric.bias = 1",), "rubric.bias is no key of an assignment: write one of"),
        (("rubric.form = -1",), "rubric.form is -1: write a whole number of marks, from 0 to 1000"),
        (('feedback.hidden = ["dx"]',), 'feedback.hidden is "dx": write a list of properties, each one of'),
        (('loss = "softmax_cross_entropy"',), "softmax_cross_entropy needs two outputs or more: write so in"),
        (('function = "lambda"',), 'function is "lambda", which Python keeps for itself: write another name'),
        (('kind = "toy"',), 'kind is "toy": write "networks", the kind that can be converted'),
    ],
)
def test_a_wrong_file_is_refused_with_its_key_and_what_to_write(lines: tuple[str, ...], message: str) -> None:
    assert refuse(small(*lines)).startswith(f"old.toml: {message}")


@pytest.mark.parametrize("line", ["language = 1", 'kind = "contract"'])
def test_a_contract_is_not_converted(line: str) -> None:
    assert refuse(small(line)) == "old.toml is a contract already: there is nothing to convert"


@pytest.mark.parametrize(
    "text", ["{", "{}x", "[]", '{"id": 3}', '{"ranges": {"depth": 3}}', '{"limits": {"memory": "x"}}']
)
def test_what_is_neither_toml_nor_stored_settings_is_refused(text: str) -> None:
    assert refuse(text).startswith("old.toml")


def command(*words: str | Path) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(main, ["assignment", *map(str, words)])
    return outcome.exit_code, outcome.stdout, outcome.stderr


@pytest.mark.usefixtures("jail")
def test_a_folder_is_written_and_sound_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    old, choice = tmp_path / "old.toml", Choice("tanh", "binary_cross_entropy", "mean", batches=True)
    old.write_text(choice.write() + "rtol = 1e-6\n", encoding="utf-8")
    status, text, notes = command("convert", old)
    assert (status, text.splitlines()[-1]) == (0, f"Next: backmark assignment check {tmp_path / 'old'}")
    assert (
        notes
        == f"{old}: rtol: 1e-06 is left out, since the tolerance of a contract is measured on its own solutions.\n"
    )
    assert sorted(text.splitlines()[:-1]) == sorted(str(file) for file in (tmp_path / "old").iterdir())
    right = tmp_path / "right.py"
    right.write_text(choice.solve(), encoding="utf-8")
    status, text, _ = command("check", tmp_path / "old", "--right", right)
    assert (status, text.splitlines()[-1]) == (0, "Sound: every known mistake is caught.")


def test_a_folder_with_files_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "notes.txt"
    kept.parent.mkdir()
    kept.write_text("mine", encoding="utf-8")
    status, _, message = command("convert", UDL, "-o", kept.parent)
    assert (status, kept.read_text(encoding="utf-8")) == (2, "mine")
    assert f"{kept.parent} is not empty; name a folder that does not exist yet" in message


def test_a_file_is_not_taken_for_the_folder(tmp_path: Path) -> None:
    """Without a suffix the file itself has the folder's name."""
    old = tmp_path / "old"
    old.write_text(small(), encoding="utf-8")
    status, _, message = command("convert", old)
    assert (status, old.read_text(encoding="utf-8")) == (2, small())
    assert "is a file; name a folder that does not exist yet" in " ".join(message.split())


@pytest.mark.parametrize("function", ["K", "x", "indicator_function", "all_f", "np"])
def test_a_function_by_a_name_that_means_something_else_is_refused(function: str, tmp_path: Path) -> None:
    old = tmp_path / "old.toml"
    old.write_text(small(f'function = "{function}"'), encoding="utf-8")
    status, _, message = command("convert", old)
    assert (status, (tmp_path / "old").exists()) == (2, False)
    assert "old.toml, as a contract: " in " ".join(message.split())


@pytest.mark.nightly
@pytest.mark.usefixtures("jail")
def test_notebook_7_2_as_a_contract_loses_of_each_example_the_row_of_its_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At full size. The layered judge took `any_shape` besides, where a line is wrong on some shapes only."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    assert command("convert", UDL, "-o", tmp_path / "udl")[0] == 0
    assert command("check", tmp_path / "udl")[0] == 0
    graded = CliRunner().invoke(main, ["grade", "--json", "--assignment", str(tmp_path / "udl"), str(EXAMPLES)])
    verdicts = [json.loads(line) for line in graded.stdout.splitlines()]
    assert {
        verdict["submission"]["filename"]: (
            verdict["outcome"],
            {row["name"] for row in verdict["properties"] if row["name"] in ROWS and row["outcome"] == "failed"},
        )
        for verdict in verdicts
    } == OUTCOMES
