"""Contracts whose answers are edited: a mistake is planted by its numbers, in whatever code it would be made."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Malformed, ReceivedForm, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.verdict import Diagnosis
from tests.contracts.making import build, contract

#: Makes of what is expected, its parts by term and the dims what is answered instead.
Edit = Callable[[Array, Mapping[str, Array], Mapping[str, Any]], Array]

GATED = '''
language = 1
id = "gated"
title = "A gated step"
cases = 40

[dims]
N = [1, 4]
D = [1, 4]

[inputs]
x = { shape = "N D" }
c = { shape = "N D" }
w = { shape = "D D" }

[upstream]
dh = "h"
dc = "new_c"

[call]
code = """
h, new_c, cache = step(x, c, w)
dx, dc_before, dw = step_backward(dh, dc, cache)
"""

[results]
h = { value = "h" }
dx = { grad = "x" }
dc_before = { grad = "c" }
dw = { grad = "w" }
'''
GATED_REFERENCE = """
import numpy as np


def forward(tap, x, c, w):
    new_c = c * np.tanh(x @ w)
    return {"new_c": new_c, "h": np.tanh(new_c)}
"""
GATED_RIGHT = """
import numpy as np


def step(x, c, w):
    gate = np.tanh(x @ w)
    new_c = c * gate
    h = np.tanh(new_c)
    return h, new_c, (x, c, w, gate, h)


def step_backward(dh, dc, cache):
    x, c, w, gate, h = cache
    total = dc + dh * (1 - h * h)
    inner = total * c * (1 - gate * gate)
    return inner @ w.T, total * gate, x.T @ inner
"""
GATED_MISTAKE = '"""forgets the gradient of the cell\'s new state.\n\nHow many ways lead from c to the loss?\n"""\n' + (
    GATED_RIGHT.replace("dc + dh", "dh")
)

REGULARISED = """
language = 1
id = "regularised"
title = "Ridge regression"
cases = 40

[dims]
N = [1, 5]
D = [1, 4]
reg = { real = [0.1, 3.0] }

[inputs]
x = { shape = "N D" }
y = { shape = "N" }
w = { shape = "D" }
b = { shape = "1" }

[forward]
dims = ["reg"]

[call]
code = "loss, grads = ridge(x, y, w, b, reg)"

[results]
loss = { value = "loss" }
"grads['w']" = { grad = "w" }
"grads['b']" = { grad = "b" }
"""
REGULARISED_REFERENCE = """
import numpy as np


def forward(tap, x, y, w, b, reg):
    return {"loss": {"data": np.sum((x @ w + b - y) ** 2) / len(x), "reg": reg * np.sum(w * w)}}
"""
REGULARISED_RIGHT = """
import numpy as np


def ridge(x, y, w, b, reg):
    error = 2 * (x @ w + b - y) / len(x)
    loss = np.mean((x @ w + b - y) ** 2) + reg * np.sum(w * w)
    return loss, {"w": x.T @ error + 2 * reg * w, "b": np.array([error.sum()])}
"""
REGULARISED_MISTAKE = '"""forgets the examples but the first.\n\nWhat is the loss a mean over?\n"""\n' + (
    REGULARISED_RIGHT.replace("/ len(x)", "/ len(x) * (np.arange(len(x)) == 0)")
)


def build_gated() -> ContractAssignment:
    """Return a contract with two upstream gradients."""
    return contract(GATED, reference=GATED_REFERENCE, solution=GATED_RIGHT, mistake_upstream=GATED_MISTAKE)


def build_regularised() -> ContractAssignment:
    """Return a contract whose loss has two terms."""
    return contract(
        REGULARISED,
        reference=REGULARISED_REFERENCE,
        solution=REGULARISED_RIGHT,
        mistake_upstream=REGULARISED_MISTAKE,
    )


def make_revision(assignment: ContractAssignment) -> ContractRevision:
    """Return the contract's revision."""
    return build(assignment)


def right(revision: ContractRevision) -> list[Array]:
    """Return what is right in each case; where that is not known, zeros."""
    cases = revision.cases
    flat = np.nan_to_num(cases.expected)
    return [flat[start:stop].copy() for start, stop in zip(cases.starts, cases.starts[1:], strict=False)]


def plant(revision: ContractRevision, row: str, edit: Edit) -> list[Answer]:
    """Return right answers but for a row, of which each result is edited; one of another shape is malformed."""
    cases, answers = revision.cases, right(revision)
    forms: dict[int, Malformed] = {}
    for i, place, part in cases.slices():
        if revision.assignment.results[place.result].row != row:
            continue
        own = slice(part.start - cases.starts[i], part.stop - cases.starts[i])
        parts = {
            term: numbers[part].reshape(place.shape) for term, numbers in zip(revision.terms, cases.terms, strict=True)
        }
        result = np.asarray(edit(answers[i][own].reshape(place.shape), parts, cases.drawn[i].dims))
        if result.shape == place.shape:
            answers[i][own] = result.ravel()
        else:
            answers[i][own] = np.nan
            form = ReceivedForm("ndarray", result.shape, str(result.dtype))
            forms.setdefault(i, Malformed(place.expression, place.shape, form, numbers=answers[i]))
    return [forms.get(i, Returned(numbers)) for i, numbers in enumerate(answers)]


def diagnose(revision: ContractRevision, answers: list[Answer]) -> tuple[Diagnosis, ...]:
    """Return the diagnosis of these answers."""
    return revision.contract.diagnoser.diagnose(answers)[0]


def noise(cases: ContractCases, seed: int) -> Array:
    """Return errors within the tolerance of each number."""
    tolerances = np.where(np.isfinite(cases.tolerances), cases.tolerances, 0.0)
    return np.random.default_rng(seed).uniform(-0.5, 0.5, len(tolerances)) * tolerances
