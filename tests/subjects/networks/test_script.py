"""The counterexample's script, pasted below a student's function, shows the difference that the verdict states."""

import ast
import contextlib
import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.model.formulas import Activation, Loss, Reduction
from grader.model.verdict import Counterexample
from grader.oracle.network import Network
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.script import script
from tests.local import local
from tests.networks import NetworksJudge, leave_out_explanations
from tests.subjects.networks.diagnosis.behaviours import BEHAVIOURS
from tests.subjects.networks.diagnosis.formulas import ASSIGNMENTS, assignment, sources
from tests.subjects.networks.diagnosis.slips import slips
from tests.subjects.networks.diagnosis.styles import Slip, source, written
from tests.subjects.networks.interpreter import Interpreter, start_interpreter

Numbers = list[list[float]]

FOLDER = Path(__file__).parents[3] / "examples"
#: Those that are wrong and are files; notebooks are put to the test in a browser.
EXAMPLES = (
    "bias_template.py",
    "mask_from_wrong_layer.py",
    "missing_factor_two.py",
    "missing_transpose.py",
    "raises.py",
    "through_weight_gradients.py",
    "weight_template.py",
    "weights_from_previous_activation.py",
)
#: What is kept between calls is not there in a fresh interpreter, and the verdict says so.
STATE = {"accumulates", "lists_grow", "returns_earlier_answer", "state_between_calls"}


#: Right under leaky_relu, for batches, with the loss derivative that it is given.
MEAN = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    d = d_loss_d_output(all_f[K], y)
    for k in range(K, -1, -1):
        dws[k], dbs[k] = d @ all_h[k].T, d.sum(axis=1, keepdims=True)
        if k > 0:
            d = np.where(all_f[k - 1] > 0, 1.0, 0.1) * (all_weights[k].T @ d)
    return dws, dbs
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the script printed: each array by its name, whether it is right, and its numbers."""

    right: dict[str, bool]
    expected: dict[str, str]
    actual: dict[str, str]
    #: The end of it, and all.
    last_line: str
    text: str


UDL = assignment(Activation.RELU, Loss.LEAST_SQUARES, 3)

Run = Callable[[str, Counterexample], Shown]


@pytest.fixture(autouse=True)
def _without_explanations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts do not depend on them, and they take a third of the time."""
    leave_out_explanations(monkeypatch)


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    """What runs the scripts."""
    with start_interpreter() as interpreter:
        yield interpreter


@pytest.fixture
def run_script(interpreter: Interpreter) -> Run:
    """Runs the script below the source, in an interpreter of its own."""
    return lambda text, example: _show(interpreter, f"import numpy as np\n{text}\n{example.script}")


def _show(interpreter: Interpreter, script: str) -> Shown:
    process = interpreter.run(script)
    rows = re.findall(r"^(all_dl_d\w+\[\d+\]) (.+)\n  expected (.+)\n  actual   (.+)$", process.output, re.MULTILINE)
    return Shown(
        {name: sentence == "as it should be" for name, sentence, _, _ in rows},
        {name: expected for name, _, expected, _ in rows},
        {name: actual for name, _, _, actual in rows},
        (process.errors if process.status else process.output).strip().splitlines()[-1],
        process.output,
    )


def counterexample(text: str, judge: NetworksJudge) -> Counterexample:
    """The verdict's."""
    judgement = judge.judge(local(text, judge.assignment), lambda: local(text, judge.assignment))
    assert isinstance(judgement.counterexample, Counterexample)
    return judgement.counterexample


def agrees(output: Shown, example: Counterexample) -> None:
    """The difference is the stated one."""
    if example.instead and example.instead.startswith("raised "):
        assert output.last_line.startswith(example.instead.removeprefix("raised ").partition(":")[0])
        return
    if example.actual is None:
        assert output.last_line != "0 arrays are wrong"
        return
    for part in ("weights", "biases"):
        for k in range(example.depth + 1):
            name = f"all_dl_d{part}[{k}]"
            assert ast.literal_eval(output.expected[name]) == near(getattr(example.expected, part)[k])
            assert ast.literal_eval(output.actual[name]) == near(getattr(example.actual, part)[k])
    assert not output.right[f"all_dl_d{example.parameter}[{example.layer}]"]


def near(rows: Numbers) -> object:
    """Two runs of one function may differ in the last digit."""
    return [[pytest.approx(value, rel=1e-6, abs=1e-6) for value in row] for row in rows]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_examples_difference_is_shown(udl: NetworksJudge, run_script: Run, name: str) -> None:
    text = (FOLDER / name).read_text()
    example = counterexample(text, udl)
    agrees(run_script(text, example), example)


#: Every second one: what the script shows depends on the network and on what came back, not on which bug it is.
SLIPS = [pytest.param(slip, marks=[pytest.mark.nightly] * (n % 2)) for n, slip in enumerate(slips("growing"))]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.bug)
def test_a_bugs_difference_is_shown(udl: NetworksJudge, run_script: Run, slip: Slip) -> None:
    example = counterexample(written(slip), udl)
    agrees(run_script(written(slip), example), example)


@pytest.mark.parametrize(
    "bug", [behaviour for behaviour in BEHAVIOURS if behaviour[0] not in STATE], ids=lambda behaviour: behaviour[0]
)
def test_what_is_no_line_is_shown_too(udl: NetworksJudge, run_script: Run, bug: tuple[str, str]) -> None:
    _, text = bug
    example = counterexample(text, udl)
    agrees(run_script(text, example), example)


@pytest.mark.parametrize("formulas", ASSIGNMENTS, ids=lambda formulas: "-".join(map(str, formulas)))
def test_a_right_one_is_right_by_every_formula(formulas: tuple[Activation, Loss, int]) -> None:
    """The script's own finite differences are good enough for it."""
    assignment_ = assignment(*formulas)
    for number in range(20):
        text, stream = script(network(number, assignment_), assignment_), io.StringIO()
        with contextlib.redirect_stdout(stream):
            exec(f"{sources(assignment_)['']}\n{text}", {"np": np})  # noqa: S102 - all of it is ours
        assert stream.getvalue().endswith("\n0 arrays are wrong\n")


def test_a_mean_over_the_columns_is_in_the_script() -> None:
    """In its loss, and in the loss derivative that it gives to who has none."""
    sum_assignment = assignment(Activation.LEAKY_RELU, Loss.LEAST_SQUARES, 3)
    mean_assignment = replace(sum_assignment, formulas=replace(sum_assignment.formulas, reduction=Reduction.MEAN))
    for number in range(10):
        text, stream = script(network(number, mean_assignment), mean_assignment), io.StringIO()
        with contextlib.redirect_stdout(stream):
            exec(f"{MEAN}\n{text}", {"np": np})  # noqa: S102 - all of it is ours
        assert stream.getvalue().endswith("\n0 arrays are wrong\n")


def network(number: int, assignment_: Assignment) -> Network:
    """With units and columns of every number, and targets that suit the loss."""
    rng = np.random.default_rng(number)
    sizes = [int(size) for size in rng.integers(1, 5, 2 + number % 4)]
    sizes[-1] = max(2, sizes[-1])
    columns = int(rng.integers(1, assignment_.ranges.columns.most + 1))
    weights = tuple(rng.normal(size=(n, m)) for m, n in itertools.pairwise(sizes))
    biases = tuple(rng.normal(size=(n, 1)) for n in sizes[1:])
    one_hot = np.eye(sizes[-1])[:, rng.integers(0, sizes[-1], columns)]
    y = rng.normal(size=one_hot.shape) if assignment_.formulas.loss is Loss.LEAST_SQUARES else one_hot
    return Network(weights, biases, rng.normal(size=(sizes[0], columns)), y)


@pytest.mark.parametrize("before", [{}, {"K": 5, "all_weights": ["own"], "net_input": "own", "y": "own", "all_f": []}])
def test_the_notebooks_own_variables_are_as_before(before: dict[str, Any]) -> None:
    """A right solution must not fail its own check because the script was run above it."""
    text, names = script(network(3, UDL), UDL), {"np": np, **before}
    with contextlib.redirect_stdout(io.StringIO()) as stream:
        exec(f"{sources(UDL)['']}\n{text}", names)  # noqa: S102 - all of it is ours
    assert stream.getvalue().endswith("\n0 arrays are wrong\n")
    variables = {"K", "all_weights", "all_biases", "all_f", "all_h", "net_input", "y", "all_dl_dweights"}
    assert {name: value for name, value in names.items() if name in variables} == before


def test_k_is_put_back_if_the_function_raises() -> None:
    names: dict[str, Any] = {"K": 5}
    with pytest.raises(ZeroDivisionError):
        exec(f"def backward_pass(*given):\n    return K / 0\n{script(network(0, UDL), UDL)}", names)  # noqa: S102 - ours
    assert names["K"] == 5


def test_the_students_own_helpers_stay_what_they_are(udl: NetworksJudge) -> None:
    """Whatever they are called: `loss` and `forward_pass` are everybody's names."""
    text = counterexample(source("growing", loss="0 * all_f[-1]"), udl).script
    assert {node.name[:9] for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)} == {"backmark_"}


def test_an_array_of_objects_is_shown_as_none_of_numbers(udl: NetworksJudge, run_script: Run) -> None:
    text = source("growing") + "\nright = backward_pass\ndef backward_pass(*given):\n    dws, dbs = right(*given)\n"
    text += "    return [dw.astype(object) for dw in dws], dbs\n"
    example = counterexample(text, udl)
    assert example.instead is not None
    assert example.instead.endswith("should be an array of real numbers, and its dtype is object")
    output = run_script(text, example)
    assert "no array of numbers" in output.actual.values()
    assert output.last_line != "0 arrays are wrong"


@pytest.mark.parametrize(
    "return_value", ["None", "zip(dws, dbs)", "dws", "{1: dws, 2: dbs, 3: 0}", "(dws, (b for b in dbs))"]
)
def test_what_is_no_two_lists_is_shown_as_what_it_is(udl: NetworksJudge, run_script: Run, return_value: str) -> None:
    text = source("growing", returns=return_value)
    assert re.search(r"should (return two lists|be a list)", run_script(text, counterexample(text, udl)).text)
