"""A contract whose cases are networks of layers: their picture, and what keeps a contract from having one."""

import json

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.errors import BadAssignment
from backmark.grader.model.counterexample import CaseCounterexample, LayersDrawing
from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import GradedAssignment, GradedSubmission, Verdict
from backmark.grader.reports.html.comparing import compare
from backmark.grader.reports.html.layers import NetworkDrawing, draw
from tests.contracts.making import build, build_shared, contract, judge

TOML = """
language = 1
id = "layers"
title = "Layers"
cases = 30
drawing = "layers"
dims.K = [0, 2]
dims.D = { many = "K + 2", each = [1, 3] }
inputs.W = { each = "K + 1", shape = "D[k+1] D[k]" }
inputs.b = { each = "K + 1", shape = "D[k+1] 1" }
inputs.x = { shape = "D[0] 1" }
inputs.y = { shape = "D[K+1] 1" }
call.given = ["fs", "hs"]
call.code = "dW, db = backward(W, b, x, y, fs, hs)"
results."dW[k]" = { for = "k in range(K + 1)", grad = "W[{k}]" }
results."db[k]" = { for = "k in range(K + 1)", grad = "b[{k}]" }
"""
REFERENCE = """
def forward(tap, W, b, x, y):
    hs, fs = [x], []
    for k in range(len(W)):
        fs.append(W[k] @ hs[-1] + b[k])
        hs.append(np.tanh(fs[-1]))
    return {"fs": fs, "hs": hs[:-1], "loss": np.sum((fs[-1] - y) ** 2)}
"""
RIGHT = """
def backward(W, b, x, y, fs, hs):
    dW, db, d = [], [], 2 * (fs[-1] - y)
    for k in reversed(range(len(W))):
        dW.insert(0, d @ hs[k].T)
        db.insert(0, d.copy())
        if k:
            d = (W[k].T @ d) * (1 - hs[k] ** 2)
    return dW, db
"""
FILES = {"reference": REFERENCE, "solution": RIGHT, "mistake_upstream": ""}


@pytest.fixture(scope="module")
def layers() -> ContractRevision:
    return build_shared(contract(TOML, **FILES))


def example_of(revision: ContractRevision, source: str) -> CaseCounterexample:
    """Return the counterexample of a source, as it is read of a stored result object."""
    assignment = GradedAssignment("layers", "0", "0" * 64, kind="contract")
    verdict = Verdict.of(GradedSubmission("0", "a.py", "0" * 64), assignment, judge(revision, source))
    example = read_verdict(json.loads(json.dumps(verdict.as_dict()))).counterexample
    assert isinstance(example, CaseCounterexample)
    return example


def picture(example: CaseCounterexample) -> NetworkDrawing:
    """Draw a counterexample: of its assignment nothing is known any more."""
    drawing = draw(example, compare(example))
    assert drawing is not None
    return drawing


def marks(drawing: NetworkDrawing) -> tuple[bool, bool]:
    """Return whether some edge is marked as wrong, and some unit."""
    return any(edge.wrong for edge in drawing.edges), any(node.wrong for node in drawing.nodes)


@pytest.mark.parametrize(
    ("right", "wrong", "marked"),
    [
        ("d @ hs[k].T", "2 * d @ hs[k].T", (True, False)),
        ("d.copy()", "-d", (False, True)),
        # Nothing is marked of what did not come back.
        ("return dW, db", "return dW[:-1], db", (False, False)),
        ("d.copy()", "d.ravel()", (False, False)),
        ("if k:", "if k == len(W) - 1:\n            raise ValueError\n        if k:", (False, False)),
    ],
    ids=["weights", "biases", "missing", "shape", "raised"],
)
def test_the_counterexample_is_drawn_with_its_wrong_derivatives(
    layers: ContractRevision, right: str, wrong: str, marked: tuple[bool, bool]
) -> None:
    assert right in RIGHT
    example = example_of(layers, RIGHT.replace(right, wrong))
    assert example.drawing == LayersDrawing("W", "b", "x", "y", "fs", "hs", rows=False)
    drawing = picture(example)
    assert drawing.valued
    assert marks(drawing) == marked


def test_results_name_the_input_of_which_they_are_the_gradient(layers: ContractRevision) -> None:
    example = example_of(layers, RIGHT.replace("d.copy()", "-d"))
    assert {result.gradient_of for result in example.results} >= {"W[0]", "b[0]"}


#: The same where each example is a row, with two inputs of which it is not known what they are, and nothing given.
ROWS = """
language = 1
id = "rows"
title = "Rows"
cases = 20
drawing = "layers"
dims.N = [1, 3]
dims.D = { many = 3, each = [1, 3] }
inputs.x = { shape = "N D[0]" }
inputs.W = { each = "2", shape = "D[k] D[k+1]" }
inputs.b = { each = "2", shape = "D[k+1]" }
inputs.y = { shape = "N D[2]" }
inputs.scale = { shape = "N D[2]", values = "uniform(1, 2)" }
call.code = "dW, db = backward(x, W, b, y, scale)"
results."dW[k]" = { for = "k in range(2)", grad = "W[{k}]" }
results."db[k]" = { for = "k in range(2)", grad = "b[{k}]" }
"""
ROWS_FILES = {
    "reference": """
def forward(tap, x, W, b, y, scale):
    out = np.tanh(x @ W[0] + b[0]) @ W[1] + b[1]
    return {"loss": np.sum(scale * (out - y) ** 2)}
""",
    "solution": """
def backward(x, W, b, y, scale):
    h = np.tanh(x @ W[0] + b[0])
    d = 2 * scale * (h @ W[1] + b[1] - y)
    e = d @ W[1].T * (1 - h**2)
    return [x.T @ e, h.T @ d], [e.sum(axis=0), d.sum(axis=0)]
""",
    "mistake_upstream": "",
}


def test_examples_may_be_rows_and_what_is_not_certain_is_left_out() -> None:
    example = example_of(build(contract(ROWS, **ROWS_FILES)), ROWS_FILES["solution"].replace("h.T @ d", "-h.T @ d"))
    assert example.drawing == LayersDrawing("W", "b", "x", None, None, None, rows=True)
    drawing = picture(example)
    assert (drawing.valued, marks(drawing)) == (False, (True, False))


#: A reference and a solution for inputs of any shapes.
DECAY = {
    **ROWS_FILES,
    "reference": """
def forward(tap, x, W, b, y, scale):
    return {"loss": 0.5 * sum(np.sum(w**2) for w in [*W, *b])}
""",
    "solution": """
def backward(x, W, b, y, scale):
    return [w.copy() for w in W], [w.copy() for w in b]
""",
}


def refuse(toml: str, files: dict[str, str]) -> str:
    with pytest.raises(BadAssignment) as refusal:
        build(contract(toml, **files))
    return str(refusal.value)


def test_another_picture_than_layers_is_refused() -> None:
    refusal = refuse(TOML.replace('"layers"\ndims', '"graph"\ndims'), FILES)
    assert refusal == 'linear.toml: drawing is "graph": write "layers", or leave it out'


@pytest.mark.parametrize(
    ("toml", "right", "wrong"),
    [
        # Weights that do not chain, a gradient that is no result, and no input of the first layer's size.
        (ROWS, 'shape = "D[k] D[k+1]"', 'shape = "D[k+1] D[k]"'),
        (ROWS, 'results."db[k]" = { for = "k in range(2)", grad = "b[{k}]" }', ""),
        (ROWS, 'inputs.x = { shape = "N D[0]" }', 'inputs.x = { shape = "D[0] N" }'),
    ],
    ids=["chain", "gradient", "input"],
)
def test_inputs_that_are_no_network_are_refused_with_what_to_write(toml: str, right: str, wrong: str) -> None:
    assert right in toml
    refusal = refuse(toml.replace(right, wrong), DECAY)
    assert refusal.startswith('drawing is "layers", but no inputs are a network in every case: write a list of weights')


def test_inputs_that_are_networks_in_two_ways_are_refused() -> None:
    toml = ROWS.replace('inputs.scale = { shape = "N D[2]"', 'inputs.scale = { shape = "N D[0]"')
    refusal = refuse(toml, DECAY)
    assert refusal == (
        'drawing is "layers", but by their shapes weights, biases and the network\'s input may be W, b and x (with'
        " examples as rows) or W, b and scale (with examples as rows): let their shapes differ in some case"
    )
