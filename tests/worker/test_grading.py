"""A submission through a real jail: each of the eight outcomes, and what is said with it."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.errors import JailInterrupted, SliceEnded
from backmark.grader.model.assignment import Limits
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Mark, Statistics, Verdict
from backmark.grader.reports.view import make_view
from backmark.worker.grading import engine_version
from backmark.worker.grading.grader import Grader, choose_equation
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.reply import Extracted
from backmark.worker.sandbox.session import Session
from tests.corpus.short import RIGHT
from tests.sandbox.conftest import pid_of

Grade = Callable[..., Verdict]


@pytest.fixture(scope="module")
def grade(udl: Judge, jails: Jails) -> Grade:
    """Grade a source with short limits."""
    limits = Limits(seconds_per_call=0.5, seconds=5.0, memory=1 << 30, output=1 << 16)
    grader = Grader(Judge(replace(udl.revision, assignment=replace(udl.assignment, limits=limits))), jails)

    def grade_source(source: str | bytes, filename: str = "submission.py") -> Verdict:
        return grader.grade(source.encode() if isinstance(source, str) else source, filename)

    return grade_source


def body(line: str) -> str:
    """A right backward pass with a line of its own at the start."""
    return RIGHT.replace("    dw, db, df =", f"    {line}\n    dw, db, df =")


def test_a_while_loop_that_does_not_end_is_named(grade: Grade) -> None:
    source = body("i = 0\n    while i < 3: i -= 1")
    (line,) = (number for number, text in enumerate(source.split("\n"), 1) if "while" in text)
    view = make_view(grade(source))
    assert (view.wrong, "Is there a loop" in view.more) == (
        f"Line {line} begins a loop that does not end in time.",
        False,
    )


@pytest.mark.parametrize(
    "lines", ["import itertools\n    for i in itertools.count(): pass", "import time; time.sleep(60)"]
)
def test_of_what_takes_too_long_otherwise_no_line_is_named(grade: Grade, lines: str) -> None:
    verdict = grade(body(lines))
    assert (verdict.outcome, make_view(verdict).wrong) == (Outcome.TIMEOUT, "")


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (RIGHT, Outcome.PASSED),
        (RIGHT.replace("np.array(df[layer])", "2 * df[layer]"), Outcome.FAILED),
        (body("raise ValueError('no')"), Outcome.ERROR),
        (body("while True: pass"), Outcome.TIMEOUT),
        (body("bytearray(10 << 30)"), Outcome.MEMORY),
        (body("print('x' * (1 << 26))"), Outcome.OUTPUT_LIMIT),
        (body("import os; os._exit(0)"), Outcome.CRASHED),
        (body("import ctypes; ctypes.string_at(0)"), Outcome.CRASHED),
        ("def backward_pas(): pass", Outcome.REJECTED),
    ],
)
def test_each_outcome_is_reached(grade: Grade, source: str, outcome: Outcome) -> None:
    """And only `passed` has full marks."""
    verdict = grade(source)
    assert verdict.outcome is outcome
    assert (verdict.score == verdict.max_score) == (outcome is Outcome.PASSED)
    json.dumps(verdict.as_dict(), allow_nan=False)


def test_a_file_of_another_format_is_rejected_by_name(grade: Grade) -> None:
    verdict = grade(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "work.ipynb")
    assert verdict.outcome is Outcome.REJECTED
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.message) == (
        "binary", "This is a PDF. Hand in the notebook itself: the .ipynb file, as Jupyter or Colab saves it."
    )  # fmt: skip


def test_the_result_object_has_the_keys_that_outsiders_rely_on(grade: Grade) -> None:
    """`backmark.result/1`."""
    verdict = grade(RIGHT.replace("np.array(df[layer])", "2 * df[layer]")).as_dict()
    assert verdict["schema"] == "backmark.result/1"
    assert set(verdict) >= {
        "submission", "assignment", "outcome", "score", "max_score", "properties", "counterexample",
        "diagnosis", "error", "statistics", "flags",
    }  # fmt: skip
    assert set(verdict["counterexample"]) >= {"kind", "case", "inputs", "results", "first", "instead", "script"}
    assert [row["name"] for row in verdict["properties"]] == [
        "finite_differences", "bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative",
        "any_shape", "all_dl_dweights", "all_dl_dbiases", "pure",
    ]  # fmt: skip


def test_the_same_submission_gets_the_same_verdict_but_for_seconds(grade: Grade) -> None:
    """Byte for byte."""
    source = RIGHT.replace("indicator_function(all_f[layer - 1]) * ", "")
    first, second = (grade(source).as_dict() for _ in range(2))
    for result in (first, second):
        result["statistics"]["seconds"] = 0
    assert json.dumps(first) == json.dumps(second)


def test_a_verdict_names_the_engine_that_reached_it(grade: Grade) -> None:
    """By the version that its worker reports, whatever the outcome."""
    for source in (RIGHT, "def backward_pas(): pass"):
        assert grade(source).as_dict()["engine"] == engine_version.version()


def test_a_traceback_has_the_students_own_lines(grade: Grade) -> None:
    """Not ours."""
    verdict = grade(body("raise ValueError('no')"))
    assert verdict.error is not None
    line = body("raise ValueError('no')").splitlines().index("    raise ValueError('no')") + 1
    assert f"line {line}, in backward_pass" in verdict.error.traceback
    assert "runner" not in verdict.error.traceback


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "return dw, [b[:, 0] for b in db]",
            "gives `all_dl_dbiases[0]` as an array of shape (1,) where an array of shape (1, 1) is expected",
        ),
        (
            "return [w.astype(complex) for w in dw], db",
            "gives `all_dl_dweights[0]` as an array of complex128 where real numbers are expected",
        ),
        ("return dw[:-1], db", "gives no `all_dl_dweights[0]` where an array of shape (1, 1) is expected"),
        ("return (w for w in dw), db", "gives no `all_dl_dweights[0]` where an array of shape (1, 1) is expected"),
        (
            "return dw",
            "returns no results that can be read (ValueError: not enough values to unpack (expected 2, got 1))",
        ),
    ],
)
def test_a_wrong_form_is_failed_with_a_sentence(grade: Grade, line: str, sentence: str) -> None:
    """The sentence has the expected shape and the actual one."""
    verdict = grade(RIGHT.replace("return dw, db", line))
    assert verdict.outcome is Outcome.FAILED
    example = verdict.counterexample
    assert example is not None
    assert isinstance(example, CaseCounterexample)
    assert sentence in str(example.instead)


def test_numbers_of_another_dtype_are_named_in_their_row(grade: Grade) -> None:
    """Their shape is right."""
    verdict = grade(RIGHT.replace("return dw, db", "return [w.astype(complex) for w in dw], db"))
    row = next(row for row in verdict.properties if row.name == "all_dl_dweights")
    assert "the numbers are not real: in one case, `all_dl_dweights[0]` is an array of complex128." in row.message


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("return [w * np.nan for w in dw], db", "all_dl_dweights[0]"),
        ("return dw, [b / 0 for b in db]", "all_dl_dbiases[0]"),
    ],
)
def test_numbers_that_are_not_finite_are_failed_and_named(grade: Grade, line: str, name: str) -> None:
    verdict = grade(RIGHT.replace("return dw, db", line))
    assert verdict.outcome is Outcome.FAILED
    example = verdict.counterexample
    assert isinstance(example, CaseCounterexample)
    assert example.first is not None
    assert (example.first.result, example.first.index, example.instead) == (name, [0, 0], None)


def test_a_value_that_the_calling_lines_cannot_unpack_is_an_error_there(grade: Grade) -> None:
    verdict = grade(RIGHT.replace("return dw, db", "return None"))
    assert verdict.outcome is Outcome.ERROR
    assert isinstance(verdict.counterexample, CaseCounterexample)
    assert verdict.counterexample.instead == "returns nothing"


def test_prints_are_kept_capped_and_flagged(grade: Grade, udl: Judge) -> None:
    """They change nothing else."""
    verdict = grade(body("print('layer', K)"))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.output.startswith(f"layer {udl.revision.cases.drawn[0].dims['K']}\n")
    assert len(verdict.output) <= 4200
    assert [flag.id for flag in verdict.flags] == ["prints"]


def test_changing_arguments_fails_pure_and_nothing_else(grade: Grade) -> None:
    """Reported, flagged, no marks by default."""
    verdict = grade(RIGHT.replace("    return dw", "    all_h[0][:] = 0\n    return dw"))
    marks = {row.name: row.outcome for row in verdict.properties}
    assert verdict.outcome is Outcome.PASSED
    assert marks.pop("pure") is Mark.FAILED
    assert set(marks.values()) == {Mark.PASSED}
    assert verdict.score == verdict.max_score


def test_who_differentiates_numerically_is_flagged(udl: Judge, jails: Jails) -> None:
    """Beside the verdict, never in it. It takes its time for each case, and has what the assignment allows."""
    verdict = Grader(udl, jails).grade(NUMERICAL.encode(), "submission.py")
    assert "finite_differences" in {flag.id for flag in verdict.flags}


NUMERICAL = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    def loss():
        h = all_h[0]
        for k in range(K + 1):
            f = all_biases[k] + all_weights[k] @ h
            h = np.maximum(f, 0)
        return np.sum((f - y) ** 2)
    found = []
    for parameters in (all_weights, all_biases):
        found.append([])
        for array in parameters:
            slope = np.zeros_like(array)
            for at in np.ndindex(array.shape):
                value = array[at]
                array[at] = value + 1e-5
                above = loss()
                array[at] = value - 1e-5
                slope[at] = (above - loss()) / 2e-5
                array[at] = value
            found[-1].append(slope)
    return found
"""
RECOMPUTES = RIGHT.replace(
    "    df[K] =",
    """    h = [all_h[0]]
    f = []
    for k in range(K + 1):
        f.append(all_biases[k] + all_weights[k] @ h[k])
        h.append(np.maximum(f[k], 0))
    all_f, all_h = f, h
    df[K] =""",
)


def test_who_recomputes_the_forward_pass_is_flagged_and_passes(grade: Grade) -> None:
    """And is not taken for one who differentiates numerically."""
    verdict = grade(RECOMPUTES)
    assert verdict.outcome is Outcome.PASSED
    assert [flag.id for flag in verdict.flags] == ["recomputes_forward_pass"]


def test_a_right_one_has_no_flags(grade: Grade) -> None:
    """No false alarm."""
    assert grade(RIGHT).flags == ()


@pytest.mark.parametrize("kills", [2, 3])
def test_a_file_whose_jail_is_killed_is_graded_again_three_times_at_most(
    udl: Judge, jails: Jails, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    """Also without a service that counts."""
    grader, kills_left = Grader(udl, jails), iter(range(kills))
    real_extract = Session.extract

    def extract(session: Session, source: bytes, filename: str, entry: Entry) -> Extracted:
        session._await_ready()
        pid = pid_of(session)
        if next(kills_left, None) is not None and pid is not None:
            os.kill(pid, signal.SIGKILL)
        return real_extract(session, source, filename, entry)

    monkeypatch.setattr(Session, "extract", extract)
    if kills < 3:
        assert grader.grade(RIGHT.encode(), "a.py").outcome is Outcome.PASSED
    else:
        with pytest.raises(JailInterrupted):
            grader.grade(RIGHT.encode(), "a.py")


def test_what_uses_up_its_slice_ends_without_a_verdict_and_with_all_its_seconds_it_has_the_one_of_ever(
    udl: Judge, jails: Jails
) -> None:
    grader = Grader(udl, jails)
    source = body("import time; time.sleep(0.02)").replace("np.array(df[layer])", "2 * df[layer]").encode()
    quick = grader.grading(source, "a.py", slice_seconds=0.5)
    with pytest.raises(SliceEnded) as ended:
        quick.verdict()
    assert 0.5 < ended.value.seconds == pytest.approx(quick.used, abs=0.2)
    assert ended.value.limit == udl.assignment.limits.seconds
    whole = grader.grading(source, "a.py", slice_seconds=udl.assignment.limits.seconds)
    verdict = replace(whole.verdict(), statistics=Statistics())
    assert verdict == replace(grader.grade(source, "a.py"), statistics=Statistics())
    assert whole.used > 0.5


def test_a_sleeper_has_one_budget_for_all_of_its_jails(udl: Judge, jails: Jails) -> None:
    """It sleeps once in each. The verdict on what the first one answered stands, without a confirmation."""
    limits = Limits(seconds_per_call=2.0, seconds=2.0, memory=1 << 30, output=1 << 16)
    grader = Grader(Judge(replace(udl.revision, assignment=replace(udl.assignment, limits=limits))), jails)
    sleeps = "import sys, time\n    if not sys.__dict__.setdefault('slept', []): sys.slept.append(time.sleep(1.2))"
    source = body(sleeps).replace("np.array(df[layer])", "2 * df[layer]")
    grading = grader.grading(source.encode(), "sleeper.py")
    verdict = grading.verdict()
    assert verdict.outcome is Outcome.FAILED
    assert verdict.counterexample is not None
    assert verdict.error is None
    # On a busy machine what is counted falls a little short of the clock that ended it in its second sleep.
    assert 1.2 < grading._budget.used < limits.seconds + 0.5
    assert not grading.repeatable


@pytest.mark.parametrize(
    ("source", "repeatable"),
    [
        (RIGHT, True),
        (RIGHT.replace("np.array(df[layer])", "2 * df[layer]"), True),
        ("def backward_pas(): pass", True),
        (body("while len(y) > 3: pass"), False),
        ("-" * 900_000 + "1", False),
    ],
)
def test_a_verdict_repeats_itself_where_no_limit_had_a_part_in_it(
    udl: Judge,
    jails: Jails,
    source: str,
    repeatable: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    grading = Grader(udl, jails).grading(source.encode(), "a.py")
    grading.verdict()
    assert grading.repeatable is repeatable


@pytest.mark.parametrize(("limit", "depth"), [("K > 6", 7), ("K == 0", 0)])
def test_a_time_out_names_the_case_at_which_it_came(grade: Grade, limit: str, depth: int) -> None:
    """Pinned by what had been answered before."""
    verdict = grade(body(f"\n    while {limit}: pass"))
    assert verdict.outcome is Outcome.TIMEOUT
    assert verdict.error is not None
    assert verdict.error.reached is not None
    assert verdict.error.reached.case["K"] == depth
    assert isinstance(verdict.counterexample, CaseCounterexample)
    assert verdict.counterexample.case["K"] == depth


#: Ends its process when it is asked more than every submission is.
ENDS_WHEN_ASKED_MORE = """
import os
import numpy as np
CALLS = os.__dict__.setdefault("calls", [])

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    CALLS.append(y)
    if len(CALLS) > {questions}:
        os._exit(3)
    dw, db = [np.ones_like(w) for w in all_weights], [np.ones_like(b) for b in all_biases]
    db[-1] = 2 * (all_f[-1] - y)
    dw[-1] = db[-1] @ all_h[-1].T
    return dw, db
"""

#: Right in the first call of a process, but on one network in twenty, so that it is asked alone and again afterwards.
RIGHT_AT_FIRST = """
import numpy as np
CALLS = []

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    CALLS.append(y)
    dw, db = [None] * len(all_weights), [None] * len(all_weights)
    g = 2 * (all_f[-1] - y)
    for k in range(len(all_weights) - 1, -1, -1):
        dw[k], db[k] = g @ all_h[k].T, g
        if k:
            g = all_weights[k].T @ g * (all_f[k - 1] > 0)
    if len(CALLS) > 1 or int(abs(all_weights[0][0, 0]) * 1e6) % 20 == 1:
        dw, db = [np.sin(w * len(CALLS)) for w in dw], [np.cos(b + len(CALLS)) for b in db]
    return dw, db
"""


@pytest.mark.parametrize("source", [ENDS_WHEN_ASKED_MORE, RIGHT_AT_FIRST])
def test_a_process_that_is_over_is_asked_nothing_more(grade: Grade, udl: Judge, source: str) -> None:
    """It ended while it was asked about small cases, or for one that answers alone: that is no failure of ours."""
    assert grade(source.replace("{questions}", str(len(udl.questions)))).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("comment", "read"),
    [
        ("# TODO: last line of eq. 7.24# REPLACE THIS LINE", "Equation 7.24, its first part"),
        ("# Equation (7.25)", "Equation 7.25, its first part"),
        ("# eq 7.3", "Equation 7.25, its first part (7.24 in older notebooks)"),
        ("# eq 7.24, or eq 7.25", "Equation 7.25, its first part (7.24 in older notebooks)"),
        ("# 7.24", "Equation 7.25, its first part (7.24 in older notebooks)"),
    ],
)
def test_an_equation_has_the_number_that_the_students_own_comment_names(comment: str, read: str) -> None:
    given = "Equation 7.25, its first part (7.24 in older notebooks)"
    assert choose_equation(given, [SourceLine(None, 2)], lambda line: comment if line.line == 1 else "") == read


def test_of_a_file_that_is_all_comment_a_few_lines_are_read() -> None:
    """Each costs a look into the whole file, outside of the jail."""
    asked: list[int] = []

    def read_line(line: SourceLine) -> str:
        asked.append(line.line)
        return "# eq 7.24"

    assert choose_equation("Equation 7.25 (7.24 before)", [SourceLine(None, 100_000)], read_line) == "Equation 7.24"
    assert len(asked) <= 20
    assert choose_equation("Equation 7.25", [SourceLine(None, 100_000)], read_line) == "Equation 7.25"
    assert len(asked) <= 20


def test_the_comment_above_a_line_is_read(grade: Grade) -> None:
    comment = f"# TODO Calculate the derivatives with respect to the biases{' at layer' * 12} (eq 7.21)"
    source = RIGHT.replace("db[layer] =", f"{comment}\n        db[layer] = 2 *")
    (statement,) = grade(source).repair
    assert statement.read == "Equation 7.21"
