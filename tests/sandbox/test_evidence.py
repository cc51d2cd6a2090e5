"""The lists that a function writes on its way, read from its frame."""

import numpy as np
import pytest

from grader.oracle.suite import Suite
from grader.subjects.networks import wording
from grader.subjects.networks.evidence import Evidence, ReturnedForm
from tests.local import local
from tests.networks import load_layered
from worker.sandbox.inside.networks.forms import FORMS

UDL = load_layered()
#: A network with one hidden layer.
ONE: Suite = UDL.suite.one(next(i for i, sizes in enumerate(UDL.suite.sizes) if len(sizes) == 3 and sizes[1] > 1))
#: A network with two hidden layers.
THREE: Suite = UDL.suite.one(next(i for i, sizes in enumerate(UDL.suite.sizes) if len(sizes) == 4 == len({*sizes})))
RIGHT = """
import numpy as np
{before}
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights, all_dl_dbiases = [None] * (K + 1), [None] * (K + 1)
    all_dl_df, all_dl_dh = [None] * (K + 1), [None] * (K + 1)
    all_dl_df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], {h})
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])
        if layer > 0:
            all_dl_df[layer-1] = indicator_function(all_f[layer-1]) * all_dl_dh[layer]
    {end}
"""


RETURN = "return all_dl_dweights, all_dl_dbiases"


def evidence(*, before: str = "", h: str = "all_h[layer].T", end: str = RETURN, suite: Suite = ONE) -> Evidence:
    """The evidence that a variant of the notebook's solution leaves on one network."""
    records: list[Evidence] = local(RIGHT.format(before=before, h=h, end=end), UDL.assignment).evidence(suite)
    return records[0]


def test_every_entry_of_the_four_lists_is_read_at_the_return() -> None:
    """K = 1: two entries of each list."""
    record = evidence()
    assert (record.ended, record.form, record.status) == (True, "plain", "1" * 8)
    assert np.isfinite(record.numbers).all()


@pytest.mark.parametrize(
    ("end", "form"),
    [
        ("return all_dl_dbiases, all_dl_dweights", "swapped"),
        ("return {'dW': all_dl_dweights, 'db': all_dl_dbiases}", "named"),
        ("return list(zip(all_dl_dweights, all_dl_dbiases))", "pairs"),
        ("return None", "none"),
        ("return 7", "other"),
    ],
)
def test_the_form_of_what_is_returned_is_named_and_its_lists_are_read(end: str, form: str) -> None:
    """Whatever the form, the numbers are the same. With two layers, pairs could as well be two wrong lists."""
    record = evidence(end=end, suite=THREE)
    assert record.form == form
    assert record.numbers.tobytes() == evidence(suite=THREE).numbers.tobytes()


def test_flat_biases_are_told_from_those_of_the_right_shape() -> None:
    """Their numbers are read all the same."""
    record = evidence(end="return all_dl_dweights, [db.ravel() for db in all_dl_dbiases]")
    assert record.status[2:4] == "22"
    assert record.numbers.tobytes() == evidence().numbers.tobytes()


def test_a_raise_leaves_the_lists_up_to_it_with_the_statement_and_its_operands() -> None:
    """The second line of the loop raises in its first turn."""
    record = evidence(h="all_h[layer]")
    assert (record.ended, record.status) == (False, "00010100")
    assert record.raised is not None
    assert record.raised.statement == "all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer])"
    assert record.raised.part == "np.matmul(all_dl_df[layer], all_h[layer])"
    shapes = {operand.text: operand.shape for operand in record.raised.operands}
    sizes = ONE.sizes[0]
    assert shapes["all_dl_df[layer]"] == (sizes[2], 1)
    assert shapes["all_h[layer]"] == (sizes[1], 1)


def test_a_decorated_function_is_found_by_its_code() -> None:
    """The name is bound to the wrapper."""
    before = "def twice(f):\n    return lambda *a: f(*a)\n\n@twice"
    assert evidence(before=before).status == "1" * 8


def test_arrays_that_share_memory_are_named() -> None:
    """What changes one of them in place changes the other."""
    record = evidence(end=f"all_dl_dh[1] = all_dl_df[0]; {RETURN}")
    assert record.shared == (False, True)


@pytest.mark.parametrize(
    "line",
    [
        "import sys; sys.monitoring.free_tool_id(3)",
        "import sys; sys.setprofile(None)",
        "all_dl_df = type('L', (list,), {'__len__': lambda self: 10**9, '__iter__': lambda self: 1 / 0})(all_dl_df)",
        "all_dl_dh = {10**12: 1}",
        "all_dl_dh = np.zeros((3, 0, 4)); all_dl_df = [[[]]] * 9",
    ],
)
def test_code_that_tampers_with_the_watch_costs_only_its_own_evidence(line: str) -> None:
    """An answer comes for every network all the same, with what it returned."""
    assert evidence(end=f"{line}; {RETURN}").status[:4] == "1111"


def test_the_grader_knows_the_forms_that_the_jail_names_and_has_words_for_each() -> None:
    assert set(ReturnedForm) == FORMS == set(wording.FORMS)
