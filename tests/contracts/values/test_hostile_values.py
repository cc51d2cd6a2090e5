"""Code that lies about its values, answers rightly when it is looked into, or returns nothing: it gains nothing."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.cases.answers import Answer, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.values.program import SITED, ProgramExchange
from backmark.grader.contracts.values.recorder import MOST_OCTETS, record_solution
from backmark.grader.errors import TimedOut
from backmark.grader.model.assignment import Limits
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark
from backmark.worker.grading.candidate import Jailed
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.programs import JailedPrograms, KeptSolution
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.reply import Reply
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.session import Session
from tests.contracts.making import RIGHT, build_shared, contract, judge
from tests.contracts.values.test_own_arrangement import AFFINE
from tests.contracts.values.test_rows import SOURCE, revision
from tests.contracts.values.test_wrong_lines import strip_rows
from tests.local import LocalWriter, local_by, local_programs
from tests.night import by_day

WRONG = AFFINE.replace("dout.sum(axis=0)", "dout.mean(axis=0)")


def marks_of(judgement: Judgement) -> int:
    """Return all marks of a judgement."""
    return sum(row.score for row in judgement.properties)


class WatchedWriter(LocalWriter):
    """A session that keeps what comes in, by whether the submission runs in it."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__()
        self._seen = seen
        self._last: str | None = None

    def extract(self, source: bytes, filename: str, entry: Entry) -> None:
        """Read a file."""
        self._last = source.decode()
        self._seen.append(self._last)
        super().extract(source, filename, entry)

    def write(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing runs here."""
        if self._last is not None:
            self._seen.remove(self._last)
            self._last = None
        return super().write(wanted)

    def answer(self, request: JailRequest) -> list[Reply]:
        """Keep the header, and answer."""
        self._seen.append(str(dict(request.header)))
        return super().answer(request)


def test_no_line_of_the_solution_reaches_a_jail_in_which_a_submission_runs() -> None:
    judge_of = Judge(strip_rows("cs231n-affine"))
    contract, seen = judge_of.contract, list[str]()

    def start() -> WatchedWriter:
        return WatchedWriter(seen)

    solution, exchange = contract.assignment.solution, contract.exchange
    programs = JailedPrograms(WRONG.encode(), "a.py", solution, exchange, start, LocalWriter)

    def begin() -> Jailed:
        return local_by(WRONG, contract.exchange)

    assert judge_of.judge(begin(), begin, programs=programs).repair
    lines = {line.strip() for line in contract.assignment.solution.splitlines() if len(line.strip()) > 12}
    assert len(seen) > 4
    assert not any(line in text for text in seen for line in lines - {each.strip() for each in WRONG.splitlines()})


@pytest.mark.parametrize(
    "lie",
    [
        # It says that all its values are ones; that it has computed a million; it is no log at all.
        "backmark_name = lambda site, value: np.ones_like(value)",
        "backmark_value = lambda site, make: [backmark_store(site, np.ones(99)) for _ in range(9)] and make()",
        "backmark_log = 3",
    ],
)
def test_who_lies_about_values_gets_no_more_marks(lie: str) -> None:
    assert marks_of(judge(revision(), f"{WRONG}\n{lie}\n")) <= marks_of(judge(revision(), WRONG))


def test_who_is_right_only_when_looked_into_does_not_pass() -> None:
    source = WRONG.replace("db = dout.mean(axis=0)", "db = dout.sum(axis=0) * ('backmark_begin' in globals())")
    judgement = judge(revision(), source)
    assert judgement.properties[0].outcome is Mark.FAILED
    assert {row.name: row.outcome for row in judgement.properties}["bias_gradient"] is not Mark.PASSED


@pytest.mark.parametrize("value", ["np.zeros", "np.ones", "np.random.standard_normal"])
def test_zeros_and_constants_hold_no_row(value: str) -> None:
    source = (
        "def affine_forward(x, w, b):\n    return 0, 0\n\n\n"
        f"def affine_backward(dout, cache):\n    return {value}((2, 2)), {value}((2, 2)), {value}(2)\n"
    )
    judgement = judge(revision(), source)
    assert marks_of(judgement) == 0


def test_the_same_file_gets_the_same_lines() -> None:
    source = SOURCE.replace("total = total + row", "total = row")
    first, second = (judge(replace(revision()), source).repair for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "attack",
    [
        "while True:\n        pass",
        "import os\n    os._exit(0)",
        "raise MemoryError",
        "globals()['backmark_value'] = None",
        "import sys\n    sys.stdout.write('x' * 10**7)",
        "[].append(bytearray(1 << 40))",
    ],
)
def test_whatever_code_does_in_a_program_it_stays_a_wrong_answer(attack: str, jails: Jails) -> None:
    made = build_shared(replace(contract(), id="linear-brief", limits=Limits(seconds_per_call=0.5, seconds=1.0)))
    wrong = RIGHT.replace("dout @ w.T", "dout @ w") + f"\n\nif 'backmark_begin' in globals():\n    {attack}\n"
    verdict = Grader(Judge(made), jails).grade(wrong.encode(), "a.py")
    assert verdict.outcome is Outcome.FAILED
    assert {row.name for row in verdict.properties if row.score} <= {"out", "dw"}


#: In a program it says right numbers for db at times, lies about its values, and prints. No site stands in a text.
LIE = """
import random
import sys

import numpy as np

LIES = random.Random({seed})
SUM = np.zeros(0)
CALLS = sys.modules["backmark.worker.sandbox.inside.calls"]
genuine = sys.modules["backmark.worker.sandbox.inside.wire"].pack


def lie(header, payload=b""):
    numbers, start = np.frombuffer(payload, float).copy(), 0
    for result in sys._getframe(1).f_locals["case"].results:
        stop = start + int(np.prod(result.shape))
        if result.expression == "db" and SUM.shape == result.shape and LIES.random() < {honest}:
            numbers[start:stop] = SUM
        last, start = start, stop
    if LIES.random() < {share}:
        some = slice(LIES.choice([last, last + 3, LIES.randrange(len(numbers))]), None, LIES.choice([1, 2, 7]))
        numbers[some] = LIES.choice([0, 1, 7, np.nan, 1e300, numbers[some][::-1].copy(), numbers[some] * 2])
        header = LIES.choice([header, dict(kind="returned", changed=["x"])])
    return genuine(header, numbers.tobytes())


def begin(dout):
    global SUM
    CALLS.pack, SUM = lie, dout.sum(axis=0)
    sys.stderr.write("ESCA" + "PED")
"""
LYING = WRONG.replace(
    "    x, w, b = cache\n",
    "    if 'backmark_begin' in globals():\n        if not HIDDEN:\n            exec(LIE, HIDDEN)\n"
    "        HIDDEN['begin'](dout)\n    x, w, b = cache\n",
)


def write_lying(seed: int) -> str:
    """Return code with a wrong db, whose programs lie in a share of their answers."""
    share, honest = ((0.1, 0.5), (0.5, 1.0), (0.02, 0.9), (0.02, 0.0))[seed % 4]
    return f"HIDDEN = {{}}\nLIE = {LIE.format(seed=seed, share=share, honest=honest)!r}\n{LYING}"


@pytest.mark.parametrize("seed", by_day(range(40), 13))
def test_lies_about_values_and_answers_at_once_say_nothing_and_buy_no_pass(jails: Jails, seed: int) -> None:
    """In the programs that are searched, and in those that confirm: each in a real jail."""
    source = write_lying(seed)
    judge_of = Judge(strip_rows("cs231n-affine") if seed % 3 else revision())
    verdict = Grader(judge_of, jails).grade(source.encode(), "mine.py")
    assert verdict.outcome is Outcome.FAILED, verdict.error
    assert (verdict.score or 0) < verdict.max_score
    assert verdict.properties[0].outcome is Mark.FAILED
    text = json.dumps(verdict.as_dict(), ensure_ascii=False)
    assert "ESCAPED" not in text
    own = {line.strip() for line in source.splitlines()}
    assert {part for line in verdict.repair for part in line.source.split("\n")} <= own
    lines = {line.strip() for line in judge_of.assignment.solution.splitlines() if len(line.strip()) > 12}
    assert not any(line in text for line in lines - own)


def test_nothing_runs_in_a_jail_in_which_a_program_is_written(jails: Jails, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that its words are ours, whatever the submission would say."""
    writing, running, write, answer = set[Session](), set[Session](), Session.write, Session.answer

    def note_write(session: Session, wanted: Mapping[str, Any]) -> dict[str, Any]:
        writing.add(session)
        return write(session, wanted)

    def note_answer(session: Session, request: JailRequest) -> list[Reply]:
        running.add(session)
        return answer(session, request)

    monkeypatch.setattr(Session, "write", note_write)
    monkeypatch.setattr(Session, "answer", note_answer)
    assert Grader(Judge(strip_rows("cs231n-affine")), jails).grade(WRONG.encode(), "mine.py").repair
    assert len(writing) == 2, "the submission's and the solution's"
    assert running.isdisjoint(writing)


def test_the_solution_runs_once_for_all_submissions_and_in_no_jail_of_theirs() -> None:
    judge_of, apart, beside = Judge(strip_rows("cs231n-affine")), list[str](), list[str]()
    contract, kept = judge_of.contract, KeptSolution()
    solution, exchange = contract.assignment.solution, contract.exchange
    for source in (WRONG, AFFINE.replace("dout @ w.T", "dout @ w")):
        programs = JailedPrograms(
            *(source.encode(), "a.py", solution, exchange),
            *(partial(WatchedWriter, beside), partial(WatchedWriter, apart), kept),
        )

        def begin(source: str = source) -> Jailed:
            return local_by(source, exchange)

        assert judge_of.judge(begin(), begin, programs=programs).repair
    assert len([text for text in apart if "def affine_forward" in text]) == 1
    assert kept.recorded is not None
    assert 0 < kept.recorded.octets <= MOST_OCTETS
    assert not any(line in text for text in beside for line in solution.splitlines() if len(line) > 60)


class SlowWriter(LocalWriter):
    """Has no time for the first question."""

    asked = 0

    def answer(self, request: JailRequest) -> list[Reply]:
        """One reply for each case, from the second question on."""
        SlowWriter.asked += 1
        if SlowWriter.asked == 1:
            raise TimedOut("The machine is busy.")
        return super().answer(request)


def test_a_solution_that_a_busy_machine_gave_no_time_is_recorded_for_the_next_submission() -> None:
    contract_of, kept = revision().contract, KeptSolution()
    programs = JailedPrograms(
        *(SOURCE.encode(), "a.py", contract_of.assignment.solution, contract_of.exchange),
        *(LocalWriter, SlowWriter, kept),
    )
    exchange = ProgramExchange.of(contract_of.assignment, contract_of.cases)
    with pytest.raises(TimedOut):
        programs.record_solution(exchange, contract_of.cases, contract_of.order)
    assert programs.record_solution(exchange, contract_of.cases, contract_of.order).logs


class Forger:
    """Answers with one number in the place of each, also of a log's."""

    def __init__(self, number: float) -> None:
        self.number = number

    def answer(self, cases: ContractCases) -> list[Answer]:
        """One answer for each case."""
        return [Returned(np.full(size, self.number)) for size in np.diff(cases.starts)]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300, -5.0])
def test_a_log_that_an_authors_code_forges_is_no_failure_of_ours(number: float) -> None:
    contract_of = revision().contract
    program = local_programs(SOURCE, Judge(revision())).write(SITED)
    recorded = record_solution(program, Forger(number), contract_of.cases, contract_of.order)
    assert not recorded.logs
