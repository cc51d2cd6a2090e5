"""Submissions to a contract: each result is judged by itself, with its marks, its smallest case and a script."""

import contextlib
import io
from dataclasses import replace

import numpy as np
import pytest

from backmark.grader.contracts.judging import revision
from backmark.grader.contracts.judging.revision import ContractRevision, load
from backmark.grader.contracts.language.archive import read_header
from backmark.grader.contracts.language.assignment import ContractAssignment, vary
from backmark.grader.contracts.publishing.selfcheck import find_warnings, selfcheck
from backmark.grader.errors import AssignmentError, BadAssignment, MadeByNewerVersion
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark
from backmark.worker.cli.advice import find_advice
from tests.contracts.making import LINEAR, MISTAKE, REFERENCE, RIGHT, build, contract, judge


@pytest.fixture(scope="module")
def linear() -> ContractRevision:
    return build(contract())


def list_failing(judgement: Judgement) -> set[str]:
    return {row.name for row in judgement.properties if row.outcome is Mark.FAILED}


def marks(judgement: Judgement) -> int:
    return sum(row.score for row in judgement.properties)


def test_the_solution_passes_with_all_marks(linear: ContractRevision) -> None:
    judgement = judge(linear, RIGHT)
    assert (judgement.outcome, marks(judgement), list_failing(judgement)) == (Outcome.PASSED, 5, set())
    assert judgement.statistics.derivatives == len(linear.cases.expected)


@pytest.mark.parametrize(
    ("old", "new", "rows", "score"),
    [
        ("x.T @ dout", "x.T @ dout * 2", {"dw"}, 3),
        ("return x @ w\n", "return x @ w + 1e-3\n", {"out"}, 4),
        ("x.T @ dout", "(x.T @ dout).T.copy()", {"dw"}, 3),
        ("dout @ w.T", "(dout @ w.T)[0]", {"dx"}, 3),
        ("dout @ w.T, x.T @ dout", "dout @ w.T, None", {"dw"}, 3),
    ],
)
def test_what_is_wrong_with_one_result_says_nothing_about_the_others(
    old: str, new: str, rows: set[str], score: int, linear: ContractRevision
) -> None:
    assert old in RIGHT
    judgement = judge(linear, RIGHT.replace(old, new))
    assert (judgement.outcome, list_failing(judgement)) == (Outcome.FAILED, {*rows, "finite_differences"})
    assert marks(judgement) == score


def test_a_backward_pass_that_raises_leaves_the_marks_of_the_forward_pass(linear: ContractRevision) -> None:
    judgement = judge(linear, RIGHT.replace("return dout", "raise ValueError('not yet')\n    return dout"))
    assert (judgement.outcome, list_failing(judgement), marks(judgement)) == (
        Outcome.FAILED,
        {"finite_differences", "dx", "dw"},
        1,
    )
    assert judgement.error is not None
    assert judgement.error.message == "not yet"


def test_each_result_of_another_shape_says_so_in_its_own_row(linear: ContractRevision) -> None:
    source = RIGHT.replace("dout @ w.T, x.T @ dout", "(dout @ w.T)[None], (x.T @ dout)[None]")
    messages = {row.name: row.message for row in judge(linear, source).properties}
    assert (
        "On all of them, the result has the wrong form: in one case, `dx` is an array of shape (1, " in messages["dx"]
    )
    assert (
        "On all of them, the result has the wrong form: in one case, `dw` is an array of shape (1, " in messages["dw"]
    )


@pytest.mark.parametrize("returned", ["(part for part in ({}))", "[({})[0]]", "np.array"])
def test_results_that_cannot_be_read_are_wrong_and_raised_nothing(returned: str) -> None:
    lists = build(
        contract(
            LINEAR.replace("dx, dw = linear", "grads = linear")
            .replace("dx = {", '"grads[0]" = {')
            .replace("dw = {", '"grads[1]" = {'),
            mistake_upstream="",
        )
    )
    judgement = judge(lists, RIGHT.replace("dout @ w.T, x.T @ dout", returned.format("dout @ w.T, x.T @ dout")))
    messages = {row.name: row.message for row in judgement.properties}
    assert (judgement.outcome, judgement.error) == (Outcome.FAILED, None)
    assert "numbers are missing: in one case, there is no `grads[1]` after the call." in messages["grads_1"]


def test_a_function_that_is_missing_fails_its_own_rows(linear: ContractRevision) -> None:
    forward_source = RIGHT[: RIGHT.index("def linear_backward")]
    judgement = judge(linear, forward_source)
    assert list_failing(judgement) == {"finite_differences", "dx", "dw"}


def test_a_forward_pass_that_raises_leaves_the_marks_of_a_backward_pass_that_does_not_need_it(
    linear: ContractRevision,
) -> None:
    judgement = judge(linear, RIGHT.replace("return x @ w", "return x.nothing"))
    assert (judgement.outcome, list_failing(judgement), marks(judgement)) == (
        Outcome.FAILED,
        {"finite_differences", "out"},
        4,
    )


def test_code_that_raises_everywhere_is_an_error(linear: ContractRevision) -> None:
    judgement = judge(linear, RIGHT.replace("return ", "return x.nothing, "))
    assert (judgement.outcome, marks(judgement)) == (Outcome.ERROR, 0)


def test_an_input_that_is_changed_in_place_is_noticed(linear: ContractRevision) -> None:
    judgement = judge(linear, RIGHT.replace("    return x @ w", "    out = x @ w\n    x *= 1.5\n    return out"))
    assert "pure" in list_failing(judgement)


def test_the_counterexample_is_the_smallest_of_the_ladder_and_its_script_reproduces_it(
    linear: ContractRevision,
) -> None:
    judgement = judge(linear, RIGHT.replace("x.T @ dout", "x.T[:, :1] @ dout[:1]"))
    example = judgement.counterexample
    assert isinstance(example, CaseCounterexample)
    assert example.case == {"N": 2, "D": 1, "M": 1}
    assert [(result.name, result.wrong) for result in example.results] == [("out", 0), ("dx", 0), ("dw", 1)]
    stream = io.StringIO()
    source = RIGHT.replace("x.T @ dout", "x.T[:, :1] @ dout[:1]")
    with contextlib.redirect_stdout(stream):
        exec(f"import numpy as np\n{source}\n{example.script}", {})  # noqa: S102 - the script is ours
    assert "dw" in stream.getvalue()


def test_a_right_answer_in_single_precision_passes(linear: ContractRevision) -> None:
    source = RIGHT.replace("return x @ w", "return np.float32(x) @ np.float32(w)").replace(
        "return dout @ w.T, x.T @ dout", "return np.float32(dout) @ np.float32(w).T, np.float32(x).T @ np.float32(dout)"
    )
    assert judge(linear, source).outcome is Outcome.PASSED


def test_one_part_in_a_thousand_is_seen_in_nearly_every_number(linear: ContractRevision) -> None:
    cases = linear.cases
    conclusive = np.isfinite(cases.expected) & (cases.expected != 0)
    assert np.mean(cases.tolerances[conclusive] < 1e-3 * np.abs(cases.expected[conclusive])) > 0.9


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (
            {"reference": "def forward(tap, x, w):\n    return {'out': x @ v}\n"},
            "reference.py raised NameError on line 2",
        ),
        ({"reference": "def forward(tap, x, w):\n    x += 1\n    return {'out': x @ w}\n"}, "writes into its input x"),
        ({"reference": "def forward(tap, x, w):\n    return {'y': x @ w}\n"}, "results.out: out is no output"),
        ({"reference": "def backward(tap, x, w):\n    return {'out': x @ w}\n"}, "no function `forward`"),
        ({"reference": "def forward(tap, x, w):\n    return {'out': x @ w / 0}\n"}, "not finite for"),
        ({"solution": RIGHT.replace("x.T @ dout", "2 * x.T @ dout")}, "solution.py is not right on 62 of 62 cases"),
        ({"solution": RIGHT.replace("x.T @ dout", "dout")}, "solution.py returns dw as an array of shape"),
        ({"solution": "def linear(x, w):\n    return x @ w\n"}, "solution.py raised NameError"),
        ({"template": "def layer(x, w):\n    return None\n"}, "template.py: There is no function `linear_backward`"),
        ({"mistake_upstream": MISTAKE.replace("return x @ w", "raise ValueError('x')")}, "on every case"),
    ],
)
def test_an_assignment_whose_own_code_is_wrong_is_refused_by_a_sentence(files: dict[str, str], fault: str) -> None:
    with pytest.raises(BadAssignment) as refusal:
        build(contract(**files))
    assert fault in str(refusal.value)


def test_a_factor_is_advised_for_a_gradient_alone() -> None:
    for old, new, has_advice in (("x.T @ dout", "2 * x.T @ dout", True), ("x @ w\n", "x @ w + 1\n", False)):
        with pytest.raises(BadAssignment) as refusal:
            build(contract(solution=RIGHT.replace(old, new)))
        assert ("set scale" in str(refusal.value)) is has_advice


def test_a_mistake_that_passes_is_missed_by_the_self_check() -> None:
    check = selfcheck(build(contract(mistake_upstream=f'"""is right."""\n{RIGHT}')))
    assert ([mistake.id for mistake in check.missed], check.sound) == (["upstream"], False)


def test_an_author_whose_mistake_is_right_is_asked_whether_it_was_meant() -> None:
    """More cases are tried first; of 2,000 there are no more."""
    assert (
        find_advice(contract(LINEAR.replace("cases = 30", "cases = 2000")), 1) == "Is this implementation really wrong?"
    )
    assert (
        find_advice(contract(LINEAR.replace("cases = 30", "cases = 2000")), 2)
        == "Are these implementations really wrong?"
    )


@pytest.mark.parametrize(
    ("call", "widening"),
    [
        ("out = linear(float(x), 1)", "float(x)"),
        ("out = linear(x.astype(float), w)", "x.astype(float)"),
        ("out = linear(np.float64(x), w)", "np.float64(x)"),
        ("out = linear(np.asarray(x, dtype='float64'), w)", "np.asarray(x, dtype='float64')"),
        ("out = linear(x.tolist(), w)", "x.tolist()"),
        # Beside an array NumPy gives a number of Python's the precision of that.
        ("out = linear(x, float(w))", ""),
        ("out = linear(x, w, float(N))", ""),
        ("out = float(linear(x, w))", ""),
    ],
)
def test_a_call_that_makes_single_precision_double_is_warned_about(call: str, widening: str) -> None:
    assignment = contract(LINEAR.replace("out = linear(x, w)", call))
    warnings = [*find_warnings(assignment)]
    assert len(warnings) == bool(widening)
    assert all(warning.startswith(f"call.code has {widening}, which makes double precision of") for warning in warnings)


@pytest.mark.parametrize(
    ("header", "submission", "missing"),
    [
        ("import os\nimport numpy.linalg\nfrom past.builtins import xrange", "", ["past.builtins"]),
        ("import matplotlib.pyplot as plt, scipy", 'stand_ins = ["matplotlib"]', ["scipy"]),
        ("from .layers import *\nfrom . import utils", "", ["layers", "utils"]),
        ("from .layers import *", 'file = "cs231n/a.py"\nhelpers = "h.py"\nmodules = [".layers"]', []),
        ("from cs231n.layers import *", 'file = "cs231n/a.py"', []),
    ],
)
def test_a_header_that_imports_what_nothing_gives_is_warned_about(
    header: str, submission: str, missing: list[str]
) -> None:
    files = {"h": "def f(x):\n    return x\n"} if "h.py" in submission else {}
    toml = f"{LINEAR}\n[submission]\n{submission}\n"
    warnings = [*find_warnings(contract(toml, solution=f"{header}\n{RIGHT}", **files))]
    assert [warning.split()[3].rstrip(",") for warning in warnings] == missing
    assert all(warning.startswith("the solution imports ") for warning in warnings)


def test_a_warning_is_no_refusal() -> None:
    toml = LINEAR.replace("linear(x, w)", "linear(x.astype(float), w)")
    check = selfcheck(build(contract(toml)))
    assert (check.sound, len(check.warnings)) == (True, 1)


def test_two_mistakes_that_answer_alike_are_refused_as_a_pair() -> None:
    contract_revision = build(contract(mistake_again=MISTAKE.replace("np.ones_like(dout)", "(0 * dout + 1)")))
    assert any("again and upstream give the same numbers" in fault for fault in contract_revision.faults)


def test_a_result_that_zero_satisfies_carries_no_marks() -> None:
    reference = REFERENCE.replace("x @ w}", "x @ w, 'dead': 0 * x}")
    toml = LINEAR.replace(
        'out = { value = "out" }', 'out = { value = "out" }\n"0 * x" = { value = "dead", row = "dead" }'
    )
    contract_revision = build(contract(toml, reference=reference))
    assert any(fault.startswith("too few numbers test `dead`: 0 in 0 cases") for fault in contract_revision.faults)
    assert any(fault.startswith("zeros in every place earn the marks of dead: ") for fault in contract_revision.faults)


def test_a_result_that_ones_satisfy_carries_no_marks() -> None:
    reference = REFERENCE.replace("x @ w}", "x @ w, 'same': 0 * x + 1}")
    toml = LINEAR.replace(
        'out = { value = "out" }', 'out = { value = "out" }\n"0 * x + 1" = { value = "same", row = "same" }'
    )
    assert build(contract(toml, reference=reference)).faults == (
        "ones in every place earn the marks of same: draw other values, or give it no marks",
    )


def test_what_is_stored_is_read_again_and_damage_is_seen(linear: ContractRevision) -> None:
    data = revision.dump(linear)
    second_revision = load(data)
    assert (second_revision.id, second_revision.assignment, second_revision.cases_sha256) == (
        linear.id,
        linear.assignment,
        linear.cases_sha256,
    )
    assert read_header(data).cases == len(linear.cases)
    other_revision = replace(linear, faults=("another",))
    assert other_revision.id != linear.id
    for at in range(40, len(data), len(data) // 40):
        damaged_data = bytearray(data)
        damaged_data[at] ^= 0x55
        with contextlib.suppress(AssignmentError):
            assert load(bytes(damaged_data)).id == linear.id


@pytest.mark.parametrize(("constant", "newer"), [("FORMAT", 3), ("CONTRACT", "another")])
def test_a_revision_of_a_newer_version_is_refused_as_such(
    linear: ContractRevision, monkeypatch: pytest.MonkeyPatch, constant: str, newer: object
) -> None:
    monkeypatch.setattr(revision, constant, newer)
    data = revision.dump(linear)
    monkeypatch.undo()
    with pytest.raises(MadeByNewerVersion):
        load(data)


def test_an_assignment_is_varied_by_seed_and_cases() -> None:
    variant = vary(contract(), 5, 12)
    assert isinstance(variant, ContractAssignment)
    assert (variant.seed, variant.cases) == (5, 12)


def test_a_counterexample_shows_the_dims_that_the_call_names() -> None:
    """A stride is part of the case as its arrays are; a size is seen in them."""
    toml = LINEAR.replace("[inputs]", "by = [2, 3]\n\n[inputs]").replace("linear(x, w)", "linear(x, w) * by / by")
    judgement = judge(build(contract(toml)), RIGHT.replace("dout @ w.T", "dout @ w.T * 2"))
    example = judgement.counterexample
    assert isinstance(example, CaseCounterexample)
    assert [value.name for value in example.inputs] == ["by", "x", "w", "dout"]


def test_what_came_in_another_shape_is_a_sentence(linear: ContractRevision) -> None:
    example = judge(linear, RIGHT.replace("x.T @ dout", "(x.T @ dout).ravel()")).counterexample
    assert isinstance(example, CaseCounterexample)
    assert example.instead is not None
    assert example.instead.startswith("gives `dw` as an array of shape (1,) where an array of shape (1, 1) is expected")
