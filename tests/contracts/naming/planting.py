"""Contracts whose answers are edited: a mistake is planted by its numbers, in whatever code it would be made."""

from collections.abc import Callable

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Malformed, ReceivedForm, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.verdict import Diagnosis
from tests.contracts.making import build, contract

#: Makes of what is expected what is answered instead.
Edit = Callable[[Array], Array]

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
        result = np.asarray(edit(answers[i][own].reshape(place.shape)))
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
