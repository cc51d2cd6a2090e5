"""Submissions that were written for Python 2: told as such, never as wrong mathematics."""

from collections.abc import Callable

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.inside.reading.python2 import leave_out_prints
from tests.corpus.short import RIGHT
from tests.made import notebook

Grade = Callable[[str], Verdict]
GIVEN = 'def show(x):\n    if x: print "x is %d," % x, \\\n        x\n    return (x)\n\n\n'


@pytest.fixture(scope="module")
def grade(udl: Judge, jails: Jails) -> Grade:
    grader = Grader(udl, jails)
    return lambda source: grader.grade(source.encode(), "submission.py")


def body(lines: str) -> str:
    """A right backward pass with lines of its own at the start."""
    return RIGHT.replace("    dw, db, df =", f"    {lines}\n    dw, db, df =")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("print 'layer', 1", "is written for Python 2: Missing parentheses in call to 'print'."),
        ("if len(all_h) < 0: raise ValueError, 'no'", "is written for Python 2: invalid syntax"),
        ("n = 10L", "is written for Python 2: invalid decimal literal"),
        ("for i in xrange(3): pass", "is written for Python 2: it uses `xrange`, which is `range` in Python 3."),
        ("reduce(max, [1, 2])", "is written for Python 2: it uses `reduce`, which is `functools.reduce` in Python 3."),
        ("{}.iteritems()", "is written for Python 2: it uses `.iteritems`, which is `items` in Python 3."),
        ("np.zeros(2).astype(np.int)", "is written for an older NumPy: it uses `np.int`, which NumPy no longer has."),
        (
            "half = 4 / 2; np.zeros((half, 1))",
            "needs `half` as a whole number, but in Python 3 `/` gives a float. Use `//`.",
        ),
    ],
)
def test_code_for_python_2_is_refused_with_its_line(grade: Grade, lines: str, said: str) -> None:
    verdict = grade(body(lines))
    line = 1 + body(lines).split("\n").index(f"    {lines}")
    assert verdict.outcome is Outcome.REJECTED
    assert verdict.error is not None
    assert verdict.error.type == "python_2"
    assert verdict.error.message.startswith(f"Line {line} {said}")
    assert [named.line for named in verdict.error.lines] == [line]


@pytest.mark.parametrize(
    "line",
    [
        "x = = 1  # as `dot` does, 10L",
        "x = '<>' '",
        "the `np.dot` of both",
        "for i in range(3) # raise E, 'no'",
        "x = 01",
    ],
)
def test_no_other_line_that_cannot_be_read_is_called_python_2(grade: Grade, line: str) -> None:
    verdict = grade(body(line))
    assert verdict.error is not None
    assert (verdict.error.type, "Python 2" in verdict.error.message) == ("syntax_error", False)


def test_what_a_refused_file_printed_is_not_shown(grade: Grade) -> None:
    """It is no attempt, so it must tell nobody what the cases are."""
    verdict = grade(body("print(y); xrange(3)"))
    assert (verdict.outcome, verdict.output) == (Outcome.REJECTED, "")


def test_prints_of_what_is_not_graded_stand_in_nobodys_way(grade: Grade) -> None:
    assert grade(GIVEN + RIGHT).outcome is Outcome.PASSED


def test_prints_in_the_cell_of_the_graded_function_stand_in_nobodys_way(udl: Judge, jails: Jails) -> None:
    source = notebook("import numpy as np", GIVEN + RIGHT)
    assert Grader(udl, jails).grade(source, "work.ipynb").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "lines",
    ["half = 3 / 2; np.zeros((half, 1))", "np.zerosx(2)", "all_weights.iteritems()"],
    ids=["no whole number", "no such function", "no dictionary"],
)
def test_other_mistakes_are_not_taken_for_python_2(grade: Grade, lines: str) -> None:
    assert grade(body(lines)).outcome is Outcome.ERROR


@pytest.mark.parametrize("text", ["print 1; x = 2", "print (", "print 'a", "x = 3 +"])
def test_what_does_not_have_its_lines_to_itself_is_kept(text: str) -> None:
    assert leave_out_prints(text) == (text, frozenset())


def test_lines_keep_their_numbers() -> None:
    text, left_out = leave_out_prints('if 1:\n    print "a", (1,\n        2)\nx = 3')
    assert (text, left_out) == ("if 1:\n    pass\n\nx = 3", frozenset({2}))
