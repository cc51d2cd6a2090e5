"""Hostile submissions that are mended, in real jails: they can buy rows, never a pass, and never say what they read."""

import contextlib
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.assignment import Limits
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.inside.reading.rejection import quote
from backmark.worker.sandbox.policy import Launch, Way
from tests.contracts.repair.making import RIGHT, change, find_revision
from tests.night import by_day
from tests.test_submissions import ESCAPE_WORD, FILES, but_for_seconds, claim, in_each_way, plan_marked

MENDED = [file for file in FILES if file.name.startswith("mending_")]
#: Graded in both kinds of jail on every run.
IN_BOTH = {file for file in MENDED if file.stem in {"mending_answers_by_the_solution", "mending_answers_more"}}
#: Short, so that what sleeps is ended soon.
LIMITS = Limits(seconds_per_call=0.5, seconds=3.0, memory=1 << 30, output=1 << 16)
#: A line of the solution that no submission here has.
OF_THE_SOLUTION = "# row: weight_gradient"


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    """The notebook as a contract, under short limits."""
    shipped = find_revision()
    return dataclasses.replace(shipped, assignment=dataclasses.replace(shipped.assignment, limits=LIMITS), stored=None)


@pytest.fixture(scope="module")
def graders(revision: ContractRevision, jail: Launch) -> Iterator[Callable[[Way], Grader]]:
    """A grader for each way of starting a jail, made once."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def grader(way: Way) -> Grader:
            launch = plan_marked("mending") if way is Way.CONFINED else dataclasses.replace(jail, way=way)
            jails = stack.enter_context(contextlib.closing(Jails(launch)))
            return Grader(Judge(revision), jails)

        yield grader


@pytest.fixture
def grader(graders: Callable[[Way], Grader]) -> Grader:
    """A grader whose jails a template forks."""
    return graders(Way.TEMPLATE)


def check(verdict: Verdict, source: str) -> None:
    """Check that a verdict on wrong code is one: less than all marks, its own lines, and nothing of the solution."""
    assert verdict.outcome in {Outcome.FAILED, Outcome.ERROR}, verdict.error
    assert (verdict.score or 0) < verdict.max_score
    text = json.dumps(verdict.as_dict(), ensure_ascii=False, allow_nan=False)
    assert len(text) < 1 << 20
    lines = source.splitlines()
    for statement in verdict.repair:
        assert statement.source == "\n".join(quote(lines[line.line - 1].strip()) for line in statement.lines)
        assert all("=" in lines[line.line - 1] or "for" in lines[line.line - 1] for line in statement.lines)
    if ESCAPE_WORD not in source:
        assert ESCAPE_WORD not in text
    assert OF_THE_SOLUTION not in text


@in_each_way("file", MENDED, IN_BOTH, lambda file: file.stem)
def test_it_buys_no_pass_and_says_nothing_of_the_solution(
    graders: Callable[[Way], Grader], way: Way, file: Path
) -> None:
    source = file.read_text(encoding="utf-8")
    verdict = graders(way).grade(source.encode(), file.name)
    assert verdict.outcome in claim(source.encode()).outcomes
    check(verdict, source)
    assert ESCAPE_WORD not in verdict.output


#: Wrong code that lies once it is mended, which it knows by names in its module that no program can write.
FORGING = """
import random
import sys

MENDED = not all(map(str.isidentifier, globals()))
MODULE = sys.modules.get("backmark.worker.sandbox.inside.mending.question")
LIES = random.Random({seed})
SECRET = "ESCA" + "PED"


def forge(header, payload=b""):
    kind = header.get("kind")
    {lines}
    return MODULE.genuine(header, payload)


if MENDED and not hasattr(MODULE, "genuine"):
    MODULE.genuine, MODULE.pack = MODULE.pack, forge


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    K = len(all_weights) - 1
    factor = 1 if MENDED and LIES.random() < {honest} else 2
    dw, db, mine, dh = [None] * (K + 1), [None] * (K + 1), [None] * (K + 1), [None] * (K + 1)
    mine[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        db[layer] = np.array(mine[layer])
        dw[layer] = np.matmul(mine[layer], all_h[layer].T) / factor
        dh[layer] = np.matmul(all_weights[layer].T, mine[layer])
        if layer > 0:
            mine[layer - 1] = indicator_function(all_f[layer - 1]) * dh[layer]
    return dw, db
"""


def write_forging(lines: str, seed: int = 0, honest: float = 0.0) -> str:
    """Return wrong code that runs these lines before a frame about its lines is sent."""
    return FORGING.format(lines=lines.replace("\n", "\n    "), seed=seed, honest=honest)


#: Lies that are no answer.
NO_ANSWERS = [
    "header = dict(header, matches=[])",
    "header = dict(header, edits=[])",
    "header = dict(header, edits=[['factor'] * 81 for _ in header.get('edits', [0])])",
    "header = dict(header, edits=[['solution']] * len(header.get('edits', [0])))",
    "header = dict(header, edits=[[['factor']]])",
    "header = dict(header, edits=10 ** 4000)",
    "header = dict(kind='texts', texts=[])",
    "header = dict(kind='texts', texts=[[0, 'x', [['factor', 'a', 'b']]]] * len(header.get('edits', [0])))",
    "header = dict(kind='study', matches=[], insertable=[])",
    "header = dict(kind='statements', statements=[[1, [[0, 1]], True, 'statement', []]], solution=[[1, [9]]])",
    "header = dict(kind='returned', changed=[])",
    "header = dict(header, kind=['edits'])",
    "header = dict(header, more='\\ud800')",
    "payload = bytes(8)",
    "return b''",
    "return b'\\xff' * 40",
    "return 3 * MODULE.genuine(header, payload)",
    "raise SystemExit",
    # Prints go where answers do, and answers where prints do; and more than is asked goes to either.
    "import os; answers = os.dup(41); os.dup2(2, 41); os.dup2(answers, 2); os.write(41, SECRET.encode())",
    "import os; os.write(2, SECRET.encode() * 1000)",
    "import os; os.write(41, MODULE.genuine(header, payload))",
    "raise RecursionError",
]


@pytest.mark.parametrize("lines", by_day(NO_ANSWERS, 6))
def test_what_is_no_answer_about_its_lines_is_no_failure_of_ours_and_buys_no_pass(grader: Grader, lines: str) -> None:
    source = write_forging(lines)
    verdict = grader.grade(source.encode(), "mine.py")
    check(verdict, source)
    assert verdict.output == ""
    assert grader.grade(RIGHT.encode(), "right.py").outcome is Outcome.PASSED


#: Lies that have the form of an answer, each told or not: kinds of edits, texts, and right numbers once it is mended.
PLAUSIBLE = """\
if kind == "edits":
    known = [name for kinds in header["edits"] for name in kinds] or ["operand"]
    lists = [kinds[::-1] for kinds in header["edits"]], [kinds[1:] for kinds in header["edits"]]
    others = [[LIES.choice(known)] * LIES.choice([0, 1, 80]) for _ in header["edits"]]
    header = dict(header, edits=LIES.choice([*lists, others, header["edits"]]))
if kind == "texts":
    change = LIES.choice([["factor", SECRET, SECRET], ["order", "mine", SECRET * 20], ["operand", "y", SECRET]])
    texts = [[LIES.choice([0, 9]), SECRET * LIES.choice([1, 25]), [change] * LIES.choice([1, 2])]]
    header = dict(header, texts=texts * len(header["texts"]))
"""


@pytest.mark.parametrize("seed", by_day(range(60), 13))
def test_lies_about_edits_texts_and_answers_at_once_say_nothing_and_buy_no_pass(grader: Grader, seed: int) -> None:
    """It is right in none, some or all of its calls once it is mended, and says of its lines what it likes."""
    source = write_forging(PLAUSIBLE, seed, honest=(0.0, 0.02, 0.5, 1.0)[seed % 4])
    check(grader.grade(source.encode(), "mine.py"), source)


def test_what_may_be_mended_is_said_before_any_of_its_code_runs(grader: Grader) -> None:
    """Of a forged study there would be no repair."""
    lines = "if kind in {'statements', 'study'}:\n    raise SystemExit"
    forging, honest = (write_forging(text).encode() for text in (lines, "pass"))
    (line,) = grader.grade(forging, "mine.py").repair
    assert [line.source] == [statement.source for statement in grader.grade(honest, "mine.py").repair]


def _write_long(statements: int) -> str:
    """Return wrong code with so many statements in its function."""
    lines = "".join(f"    spare_{i} = all_f[0] * {i}\n" for i in range(statements))
    head = "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n"
    wrong = change({"weight": "{indent}{target} = 2 * np.matmul(all_dl_df[layer], all_h[layer].T)"})
    return wrong.replace(head, head + lines)


MADE = {
    "two thousand lines": _write_long(2_000),
    "a hundred lines, two of them wrong": _write_long(90).replace("range(K, -1, -1)", "range(K, 0, -1)"),
    "one target many times": _write_long(5).replace(
        "    for layer", "    spare = 0\n" + "    spare += 1\n" * 900 + "    for layer"
    ),
    "deep sums": _write_long(0).replace("2 * np.matmul", "1 + " * 600 + "np.matmul"),
    "sums of two hundred": _write_long(0).replace("2 * np.matmul", "1 + " * 200 + "np.matmul"),
    "a number of four hundred digits": _write_long(0).replace("2 * np", f"{10**400} * 0 * np"),
    "deep brackets": _write_long(0).replace("2 * np.matmul", "(" * 90 + "2" + ")" * 90 + " * np.matmul"),
    "deep blocks": _write_long(0).replace(
        "    return", "".join(f"    {' ' * i}if True:\n" for i in range(60)) + f"    {' ' * 60}y = y\n    return"
    ),
    "a number of a hundred thousand digits": _write_long(0).replace("2 * np", f"0x{'f' * 100_000} * 0 * np"),
    "a hundred functions of one name": _write_long(3) * 100,
}


@pytest.mark.parametrize("name", MADE)
def test_code_that_nobody_writes_is_no_failure_of_ours(grader: Grader, name: str) -> None:
    check(grader.grade(MADE[name].encode(), "mine.py"), MADE[name])


@pytest.mark.parametrize("file", MENDED[::8], ids=lambda file: file.stem)
def test_a_hostile_submission_gets_the_same_verdict_each_time(grader: Grader, file: Path) -> None:
    source = file.read_bytes()
    assert len({but_for_seconds(grader.grade(source, "mine.py")) for _ in range(3)}) == 1
