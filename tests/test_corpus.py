"""The corpus judged by itself: its labels can be trusted before anything is measured with it."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.corpus.labels import faults, first_fault
from tests.corpus.mutants import mutants
from tests.corpus.mutations import KINDS
from tests.corpus.networks import KINK, Network, apply, measure, networks
from tests.corpus.rare import RareFault, rare_faults
from tests.corpus.right import STYLES
from tests.corpus.slips import (
    ACTIVATION,
    BIAS,
    DERIVATIVE,
    DERIVATIVES,
    STEPS,
    WEIGHT,
    right_for,
    template,
    todo_slips,
)
from tests.corpus.variants import RightVariant, right_variants

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))

every_activation = pytest.mark.parametrize("activation", list(DERIVATIVES))


def _name(item: RareFault | RightVariant | Path) -> str:
    return item.name


def _complex_step(network: Network, activation: str, layer: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return dl/db of one layer as Im(loss(b + ih)) / h, which has neither truncation nor cancellation."""
    act: dict[str, Callable[[Any], Any]] = {
        "relu": lambda x: np.where(x.real > 0, x, 0),
        "leaky_relu": lambda x: np.where(x.real > 0, x, 0.1 * x),
        "tanh": np.tanh,
    }
    derivative = np.zeros_like(network.biases[layer])
    for unit in range(len(derivative)):
        value = network.h[0].astype(complex)
        for k, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
            shift = np.zeros_like(bias, dtype=complex)
            if k == layer:
                shift[unit] = 1e-30j
            f = weight @ value + bias + shift
            value = act[activation](f)
        derivative[unit] = np.sum((f - network.y) ** 2).imag / 1e-30
    return derivative


@every_activation
@pytest.mark.parametrize("columns", [1, 3])
def test_exact_gradients_agree_with_complex_steps(activation: str, columns: int) -> None:
    """The labels rest on gradients that an independent method finds too."""
    for network in networks(activation, columns)[:40]:
        for layer in range(network.depth + 1):
            exact_gradient = network.dl_dbiases[layer]
            np.testing.assert_allclose(_complex_step(network, activation, layer), exact_gradient, rtol=1e-9, atol=1e-9)


def test_networks_reach_every_size() -> None:
    """Labels rest on every depth, width, and number of inputs and outputs, and the notebook's shape."""
    network_list = networks()
    assert len(network_list) >= 300
    assert {network.depth for network in network_list} == set(range(9))
    assert {width for network in network_list for width in network.widths} == set(range(1, 13))
    assert {(len(network.h[0]), len(network.y)) for network in network_list} == {
        (inputs, outputs) for inputs in range(1, 5) for outputs in range(1, 5)
    }
    assert sum(network.widths == [6] * 5 and len(network.y) == 1 for network in network_list) >= 20


def test_no_network_is_near_a_kink() -> None:
    """No label hangs on the derivative at zero."""
    assert all(np.abs(f).min() > KINK for network in networks() for f in network.f)


def test_a_worked_example_by_hand() -> None:
    """One unit: f = 3, h = 3, output 2 * 3 - 1 = 5, target 4, so dl/df = 2 and dl/dh = 4."""
    matrices = [np.array([[value]]) for value in (3.0, 2.0, 0.0, -1.0, 1.0, 4.0)]
    network = measure(matrices[0:2], matrices[2:4], matrices[4], matrices[5], "relu")
    assert apply("relu", network.f[0]).item() == 3.0
    assert [array.item() for array in network.dl_dweights] == [4.0, 6.0]
    assert [array.item() for array in network.dl_dbiases] == [4.0, 2.0]


@pytest.mark.parametrize("style", list(STYLES))
def test_every_style_is_right(style: str) -> None:
    """What the mutants are made from is right itself."""
    assert first_fault(STYLES[style], networks()) == ""


def test_mutants_are_many_of_every_kind_and_style() -> None:
    """There are enough wrong ones, some right ones, and no kind or style is missing."""
    right = Counter(mutant.right for mutant in mutants())
    assert right[False] >= 300
    assert right[True] >= 20
    assert {mutant.kind for mutant in mutants()} == set(KINDS)
    assert min(Counter(mutant.style for mutant in mutants() if not mutant.right).values()) >= 40


def test_mutants_differ_in_name_and_source_and_all_compile() -> None:
    """A name stands for one text, a text has one name, and none is a syntax error."""
    assert len({mutant.name for mutant in mutants()}) == len(mutants())
    assert len({mutant.source for mutant in mutants()}) == len(mutants())
    for mutant in mutants():
        compile(mutant.source, mutant.name, "exec")


@pytest.mark.parametrize("fault", rare_faults(), ids=_name)
def test_a_rare_fault_is_wrong_in_its_corner_only(fault: RareFault) -> None:
    """It is wrong somewhere; outside its corner, or at the first call for a shape, it is right."""
    asked_networks = [network for network in networks() for _ in range(1 + fault.stateful)]
    texts = faults(fault.source, asked_networks)
    assert any(texts)
    assert not any(text for text, network in zip(texts, asked_networks, strict=True) if not fault.corner(network))
    if fault.stateful:
        assert first_fault(fault.source, networks()[:1]) == ""


@pytest.mark.parametrize("variant", right_variants(), ids=_name)
def test_a_right_variant_is_right(variant: RightVariant) -> None:
    """Unusual is not wrong."""
    assert first_fault(variant.source, networks(), variant.tolerance) == ""


@every_activation
@pytest.mark.parametrize("columns", [1, 3])
def test_slips_are_made_from_a_right_source_and_are_wrong(activation: str, columns: int) -> None:
    """Nothing but the slip is wrong with them, for one column and for several."""
    network_list = networks(activation, columns)
    assert first_fault(right_for(activation), network_list) == ""
    for step, slips in todo_slips(activation).items():
        assert len(slips) >= 4, step
        for slip in slips:
            assert first_fault(slip.source, network_list), slip


@every_activation
def test_a_slip_leaves_the_other_gradient_right(activation: str) -> None:
    """A slip of the weights leaves the biases right, and the reverse; a later one the last layer."""
    slips = todo_slips(activation)
    own = {WEIGHT: "dl_dweights", BIAS: "dl_dbiases"}
    for step in STEPS:
        for slip in slips[step]:
            texts = {text.partition(":")[0] for text in faults(slip.source, networks(activation)) if text}
            if step in own and not slip.name.startswith("loss"):
                assert {name.partition("[")[0] for name in texts} == {own[step]}, slip
        if step in {ACTIVATION, DERIVATIVE}:
            flat = [network for network in networks(activation) if network.depth == 0]
            assert not any(first_fault(slip.source, flat) for slip in slips[step])


def test_both_templates_leave_the_last_layer_right_alone() -> None:
    """TODO 3 or TODO 4 left as zeros: the same answers, so the same faults."""
    template_faults = [faults(template(step), networks()) for step in (ACTIVATION, DERIVATIVE)]
    assert template_faults[0] == template_faults[1]
    assert any(template_faults[0])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=_name)
def test_an_example_notebook_is_one_that_jupyter_writes(path: Path) -> None:
    """It has the keys that its nbformat asks for, lists of lines, and identifiers that are unique."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if notebook["nbformat"] == 3:
        cells = notebook["worksheets"][0]["cells"]
    else:
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        cells = notebook["cells"]
        assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        lines = cell["input"] if "input" in cell else cell["source"]
        assert all(line.endswith("\n") for line in lines[:-1])
        assert {"cell_type", "metadata"} <= set(cell)
    assert "def backward_pass(" in json.dumps(cells)


def test_every_example_is_in_the_table() -> None:
    """The table of the examples names every file, and no other."""
    rows = (EXAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    named = {row.split("`")[1] for row in rows if row.startswith("| `")}
    files = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".ipynb"}}
    assert named == files
