"""Lines are named by values: without row comments, in code that no solution resembles, and never of what is right."""

from dataclasses import replace
from functools import cache

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.mended_statement import MendingKind
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.verdict import Judgement
from tests.contracts.making import RIGHT, build, contract, judge
from tests.contracts.values.making import find_revision
from tests.contracts.values.test_own_arrangement import (
    AFFINE,
    BACKWARD,
    ENTRIES,
    HELPING,
    LINEAR,
    LSTM,
    RNN,
    STAGED,
    SVM,
    find_line,
)


@cache
def strip_rows(name: str) -> ContractRevision:
    """Return a revision of the gallery without rows of statements, and with its main solution alone."""
    revision = find_revision(name)
    return replace(revision, assignment=replace(revision.assignment, rows=(), other_solutions=()))


def judge_with(source: str, *changes: tuple[str, str]) -> Judgement:
    """Return the judgement on a source with parts of it changed, without rows."""
    changed = source
    for right, wrong in changes:
        assert changed.count(right) == 1
        changed = changed.replace(right, wrong)
    return judge(strip_rows(ENTRIES[source]), changed)


@pytest.mark.parametrize(
    ("source", "right", "wrong", "slip"),
    [
        (RNN, "prev_h @ Wh + b", "prev_h @ Wh", (SlipKind.TERM, "", "b")),
        (STAGED, "+ t + b", "+ t", (SlipKind.TERM, "", "b")),
        (LINEAR, "dLdW = dLdZ.T @ self.A", "dLdW = self.A", (SlipKind.FACTOR, "", "dLdZ.T")),
        (AFFINE, "dout @ w.T", "dout @ w", (SlipKind.TRANSPOSE, "w", "w.T")),
        (SVM, "margins > 0", "margins >= 0", (SlipKind.COMPARISON, "margins >= 0", "margins > 0")),
        (HELPING, "df @ h.T", "df @ h", (SlipKind.TRANSPOSE, "h", "h.T")),
        (AFFINE, "x, w, b = ", "w, x, b = ", (SlipKind.ORDER, "(w, x, b)", "(x, w, b)")),
        (BACKWARD, "return dW, db", "return db, dW", (SlipKind.ORDER, "(db, dW)", "(dW, db)")),
        (BACKWARD, "if l > 0", "if l >= 0", (SlipKind.COMPARISON, "l >= 0", "l > 0")),
        (LSTM, "da @ Wx.T", "da @ Wx", (SlipKind.TRANSPOSE, "Wx", "Wx.T")),
    ],
)
def test_a_slip_is_named_in_its_line_without_row_comments(
    source: str, right: str, wrong: str, slip: tuple[SlipKind, str, str]
) -> None:
    (statement,) = judge_with(source, (right, wrong)).repair
    assert [line.line for line in statement.lines] == [find_line(source, right)]
    assert statement.slips == (Slip(*slip),)
    assert statement.rows == ()


def test_a_line_that_only_names_what_has_no_value_is_found() -> None:
    (statement,) = judge_with(AFFINE, ("dout @ w.T", "nowhere")).repair
    assert [line.line for line in statement.lines] == [find_line(AFFINE, "dout @ w.T")]


def test_two_slips_are_both_named() -> None:
    judgement = judge_with(AFFINE, ("dout @ w.T", "dout @ w"), ("dout.sum(axis=0)", "dout.mean(axis=0)"))
    lines = [line.line for statement in judgement.repair for line in statement.lines]
    assert lines == [find_line(AFFINE, "db = "), find_line(AFFINE, "dx_flat = ")]


def test_a_line_that_no_small_edit_mends_is_named_if_all_that_it_reads_is_right() -> None:
    (statement,) = judge_with(AFFINE, ("x_flat.T @ dout", "np.cos(x_flat.T) @ np.sin(dout)")).repair
    assert statement.kind is MendingKind.REPLACE
    assert [line.line for line in statement.lines] == [find_line(AFFINE, "dw = ")]
    assert statement.wrong is not None
    assert statement.wrong.result == "dw"


WHOLLY_OTHER = """
def affine_forward(x, w, b):
    return np.sin(x), 1


def affine_backward(dout, cache):
    return np.cos(dout), np.exp(dout), dout.T
"""


def test_nothing_is_said_of_lines_where_nothing_is_right() -> None:
    assert judge(strip_rows("cs231n-affine"), WHOLLY_OTHER).repair == ()


def test_of_several_lines_that_could_all_be_wrong_none_is_named() -> None:
    source = AFFINE.replace("db = dout.sum(axis=0)", "db = helper(dout)") + (
        "\n\ndef helper(a):\n    total = np.sinh(a)\n    return total\n"
    )
    assert judge(strip_rows("cs231n-affine"), source).repair == ()


def test_a_line_that_returns_what_another_computes_is_not_wrong() -> None:
    source = RIGHT.replace("    return x @ w\n", "    out = np.sinh(x) @ np.cosh(w)\n    return out\n")
    (statement,) = judge(build(contract()), source).repair
    assert [line.line for line in statement.lines] == [find_line(source, "out = ")]


def test_a_right_value_that_lacks_something_is_named_with_the_line_that_returns_it() -> None:
    source = change_solution("cmu-mse-loss", " / (self.N * self.C)\n        return dLdA", "\n        return dLdA")
    (statement,) = judge(strip_rows("cmu-mse-loss"), source).repair
    assert [line.line for line in statement.lines] == [find_line(source, "dLdA = "), find_line(source, "return dLdA")]


def change_solution(entry: str, right: str, wrong: str) -> str:
    """Return the solution of an entry without its comments, with one change."""
    solution = strip(find_revision(entry).assignment.solution)
    assert solution.count(right) == 1
    return solution.replace(right, wrong)


@pytest.mark.parametrize(
    ("entry", "right", "wrong", "slip"),
    [
        ("accumulating_linear", "self.dW += self.x", "self.dW = self.x", (SlipKind.ASSIGNMENT,)),
        ("cmu-activations", "1 / (1 + np.exp(-Z))", "1 / (1 + np.exp(Z))", ()),
        ("cmu-cross-entropy-loss", "(self.softmax - self.Y) / self.N", "self.softmax - self.Y", (SlipKind.DIVISOR,)),
        ("coursera-l-model-backward", 'caches[L - 1], "sigmoid"', 'caches[L - 1], "relu"', (SlipKind.CONSTANT,)),
        ("coursera-l-model-backward", "np.sum(dZ, axis=1, keepd", "np.sum(dZ, keepd", (SlipKind.AXIS,)),
        ("cs231n-dropout", "< p) / p", "< p) * 1.0", (SlipKind.DIVISOR,)),
        ("cs231n-batchnorm", "std = np.sqrt(var + eps)", "std = np.sqrt(var) + eps", ()),
    ],
)
def test_a_slip_in_what_an_object_keeps_counts_or_names_is_found(
    entry: str, right: str, wrong: str, slip: tuple[SlipKind, ...]
) -> None:
    source = change_solution(entry, right, wrong)
    (statement,) = judge(find_revision(entry), source).repair
    assert [line.line for line in statement.lines] == [find_line(source, wrong.split("\n", maxsplit=1)[0])]
    assert tuple(each.kind for each in statement.slips) == slip


def test_the_marks_are_those_of_the_results() -> None:
    judgement = judge_with(RNN, ("prev_h.T @ dz", "prev_h @ dz"))
    assert judgement.repair
    assert {row.name for row in judgement.properties if row.score} <= {"next_h", "dx", "dprev_h", "dWx", "db", "pure"}


def test_a_right_submission_is_not_run_anew() -> None:
    assert judge(strip_rows("cs231n-affine"), AFFINE).repair == ()


TWO_LAYERS = """
import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        P, n = self.params, len(X)
        h = np.maximum(0, X @ P["W1"] + P["b1"])
        s = h @ P["W2"] + P["b2"]
        if y is None:
            return s
        e = np.exp(s - s.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        data = -np.log(p[np.arange(n), y]).mean()
        penalty = 0.0
        for name in ("W1", "W2"):
            penalty += (P[name] ** 2).sum()
        total = data + reg * penalty
        ds = (p - np.eye(s.shape[1])[y]) / n
        dh = ds @ P["W2"].T * (h > 0)
        g = {"W2": h.T @ ds, "b2": ds.sum(axis=0), "W1": X.T @ dh, "b1": dh.sum(axis=0)}
        for name in ("W1", "W2"):
            g[name] += 2 * reg * P[name]
        return total, g
"""


def test_an_edit_that_makes_up_for_a_mistake_elsewhere_is_not_believed() -> None:
    source = TWO_LAYERS.replace("data + reg * penalty", "data + 0.5 * reg * penalty")
    assert judge(strip_rows("cs231n-two-layer-net"), TWO_LAYERS).outcome is Outcome.PASSED
    (statement,) = judge(strip_rows("cs231n-two-layer-net"), source).repair
    assert [line.line for line in statement.lines] == [find_line(source, "total = ")]


PASSED_ON = """
import numpy as np


def push(rows, matrix):
    return rows @ matrix


def affine_forward(x, w, *others):
    return push(x.reshape(len(x), -1), w), (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)
"""


def test_a_right_value_that_is_used_wrongly_makes_no_line_wrong_that_passes_it_on() -> None:
    assert judge(strip_rows("cs231n-affine"), PASSED_ON).repair == ()


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        # A function is called with a part of what it needs; what is summed up begins with zeros; sizes and reshapes.
        ("coursera-rnn-backward", "later_steps_forgotten"),
        ("coursera-pool-backward", "stride_ignored"),
        ("cs231n-affine", "examples_mixed"),
        ("coursera-linear-backward", "divided_by_units"),
    ],
)
def test_a_line_that_is_right_is_never_named_for_what_it_is_given(entry: str, mistake: str) -> None:
    revision = find_revision(entry)
    (wrong,) = [each.source for each in revision.assignment.mistakes if each.id == mistake]
    kept = set(strip(revision.assignment.solution).splitlines())
    repair = judge(revision, wrong).repair
    lines = [wrong.splitlines()[line.line - 1] for statement in repair for line in statement.lines]
    assert not kept.intersection(lines)
