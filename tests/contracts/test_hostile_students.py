"""Hostile submissions to a contract, in real jails: no expectation is in reach, and a forged answer is no answer."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest

from backmark.grader.contracts.cases.answers import Answer, Raised
from backmark.grader.contracts.cases.contract_cases import list_expressions
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.errors import CandidateError, Crashed
from backmark.grader.model.outcome import Outcome
from backmark.worker.grading import workshop
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.workshop import JailWorkshop
from backmark.worker.sandbox.policy import JailLimits
from tests.contracts.making import RIGHT, build, contract
from tests.night import by_day

pytestmark = pytest.mark.usefixtures("limits")


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds as a student has them: the workshop is asked in a student's place."""
    monkeypatch.setattr(workshop, "LIMITS", JailLimits(2.0, 20.0, 1 << 30, 1 << 20))


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    """A revision of a contract."""
    return build(contract())


def ask(jails: Jails, revision: ContractRevision, source: str) -> Sequence[Answer]:
    """Return a submission's answers out of a jail."""
    exchange = ContractExchange(revision.assignment, list_expressions(revision.cases))
    return JailWorkshop(make=lambda: jails).ask(source, "mine.py", exchange, revision.cases)


#: It hashes every eight bytes of whatever the interpreter holds, and says which of the hashes it was looking for.
WALKING = """
import gc
import hashlib
import sys


WANTED = frozenset({wanted!r})


def _octets(thing):
    if isinstance(thing, np.ndarray) and thing.dtype.kind in "fiu":
        return np.ascontiguousarray(np.asarray(thing, np.float64)).tobytes()
    if isinstance(thing, float):
        return np.float64(thing).tobytes()
    if isinstance(thing, (bytes, bytearray, memoryview)):
        return bytes(thing)[: 1 << 22]
    return b""


def _walk():
    frame, first = sys._getframe(), []
    while frame is not None:
        first += [frame.f_globals, frame.f_locals, frame]
        frame = frame.f_back
    waiting, seen = [first, gc.get_objects(), sys.modules], set()
    found = set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or thing is WANTED or thing is found or thing is seen or thing is waiting:
            continue
        seen.add(id(thing))
        octets = _octets(thing)
        for offset in range(8 if isinstance(thing, (bytes, bytearray, memoryview)) and len(octets) < 65536 else 1):
            part = octets[offset:]
            for at in range(0, len(part) - 7, 8):
                digest = hashlib.sha256(part[at : at + 8]).hexdigest()[:16]
                if digest in WANTED:
                    found.add(digest)
        waiting += gc.get_referents(thing)
    return found


def linear(x, w):
    raise RuntimeError(" ".join(sorted(_walk())))


def linear_backward(dout, x, w):
    return None, None
"""


def digests(numbers: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[str]:
    return [hashlib.sha256(number.tobytes()).hexdigest()[:16] for number in numbers]


def test_no_expected_number_is_anywhere_in_the_jail(jails: Jails, revision: ContractRevision) -> None:
    case = revision.cases.take([max(range(len(revision.cases)), key=lambda i: revision.cases.drawn[i].size)])
    inputs = case.drawn[0].numbers
    expected = [number for number in case.expected if number and number not in inputs]
    source = WALKING.format(wanted=digests(np.array([*expected, inputs[0]])))
    exchange = ContractExchange(revision.assignment, list_expressions(case))
    answer = JailWorkshop(make=lambda: jails).ask(source, "mine.py", exchange, case)[0]
    assert isinstance(answer, Raised)
    assert len(expected) > 5
    # The walk sees what is there: an input.
    assert (answer.type, answer.message.split()) == ("RuntimeError", digests(inputs[:1]))


FORGING = """
import sys


def _forge(x):
    module = sys.modules["backmark.worker.sandbox.inside.calls"]
    wire = sys.modules["backmark.worker.sandbox.inside.wire"]
    malformed = dict(where="dx", index=None, found=dict(type="int", shape=None, dtype=None, length=None))
    raised = dict(type="E", message="", traceback="", frames=[], lines=[])
    fine = dict(kind="partial", changed=[], status="002", raised=raised, malformed=[])

    def pack(header, payload=b""):
        size = len(payload)
        {lines}
        return wire.pack(header, payload)

    module.pack = pack


def linear(x, w):
    _forge(x)
    return x @ w


def linear_backward(dout, x, w):
    return None, None
"""


@pytest.mark.parametrize(
    "lines",
    [
        "header = dict(fine, status='00')",
        "header = dict(fine, status='0000')",
        "header = dict(fine, status='')",
        "header = dict(fine, status='0' * 20_000)",
        "header = dict(fine, status='009')",
        "header = dict(fine, status=0)",
        "header = dict(fine, status=['0', '0', '2'])",
        "header = dict(fine, score=100)",
        "header = dict(fine, raised=None)",
        "header = dict(fine, raised='text')",
        "header = dict(fine, raised=dict(raised, lines=[[0, -1]]))",
        "header = dict(fine, raised=dict(raised, message='a' * 3000))",
        "header = dict(fine, raised=dict(raised, message=chr(27)))",
        "header = dict(fine, malformed=[dict(malformed, where='nothing')])",
        "header = dict(fine, malformed=[dict(malformed, index=-1)])",
        "header = dict(fine, malformed=[dict(malformed, extra=1)])",
        "header = dict(fine, malformed=[malformed] * 17)",
        "header = dict(fine, malformed=malformed)",
        "header = dict(fine, malformed=None)",
        "header = dict(fine, causes=None)",
        "header = dict(fine, causes=[None])",
        "header = dict(fine, causes=[['E', '', [2]]] * 9)",
        "header = dict(fine, causes=[['E', 'nothing', [2]]])",
        "header = dict(fine, causes=[['E', ['linear'], [2]]])",
        "header = dict(fine, causes=[['E' * 65, '', [2]]])",
        "header = dict(fine, causes=[['E', '', [3]]])",
        "header = dict(fine, causes=[['E', '', [-1]]])",
        "header = dict(fine, causes=[['E', '', [True]]])",
        "header = dict(fine, causes=[['E', '', [2] * 4]])",
        "header = dict(fine, causes=[['E', '', 2]])",
        "header = dict(fine, causes=[['E', '', [2], 1]])",
        "header = dict(fine, changed=['dx'])",
        "header = dict(fine, changed=['x'] * 99)",
        "header = dict(fine, kind='evidence')",
        "header = dict(fine, kind='malformed')",
        "header = dict(malformed, kind='malformed')",
        "header = dict(raised, kind='raised')",
        "header = dict(kind='returned', changed=[], status='000')",
        "header = fine; payload += bytes(8)",
        "header = fine; payload = payload[:-8]",
        "header = fine; payload = payload[:-1]",
        "header = fine; payload = b''",
    ],
)
def test_a_forged_answer_in_parts_is_no_answer(jails: Jails, lines: str, revision: ContractRevision) -> None:
    with pytest.raises((Crashed, CandidateError), match="not an answer"):
        ask(jails, revision, FORGING.format(lines=lines))


@pytest.mark.parametrize("status", ["000", "222", "111"])
def test_the_status_of_a_forged_answer_earns_nothing(jails: Jails, status: str, revision: ContractRevision) -> None:
    """The numbers alone count: right ones of `out`, and none of the others."""
    lines = f"header = dict(fine, status={status!r}, causes=[['E', 'linear', [2, 2]]])"
    answers = ask(jails, revision, FORGING.format(lines=lines))
    assert all(np.isnan(answer.numbers[-1]) for answer in answers if answer.numbers is not None)
    assert all(isinstance(answer, Raised) for answer in answers)


#: Submissions whose dw is wrong, and which change what the lines that call see.
WRONG = RIGHT.replace("x.T @ dout", "0 * w")


@pytest.mark.parametrize(
    "lines",
    [
        "np.asarray = lambda *a, **k: 0",
        "np.array_equal = np.allclose = lambda *a, **k: True",
        "import sys; sys._getframe(1).f_globals['dw'] = dout",
        "import sys; sys._getframe(1).f_globals.clear()",
        "import sys; sys._getframe(1).f_globals['np'] = None",
        "import sys; sys._getframe(1).f_globals['linear'] = lambda *a: 0",
        "import sys; sys._getframe(3).f_locals['case'] = None",
        "import sys; sys._getframe(3).f_locals['calls'].cases.clear()",
        "import sys; sys._getframe(2).f_locals['statement'] = None; return x, dout",
        "import sys; sys._getframe(2).f_locals['namespace'].update(dx=dout @ w.T); raise ValueError",
        "import sys; sys._getframe(2).f_locals['failures'].record = print; raise ValueError",
        "from backmark.worker.sandbox.inside import calls; calls.numbers = lambda v, w, i, s: bytes(8 * np.prod(s))",
        "import builtins; builtins.len = lambda *a: 0",
        "class E:\n        __eq__ = lambda *a: True\n    return dout @ w.T, E()",
    ],
)
def test_changed_names_earn_no_marks_for_a_wrong_result(lines: str, revision: ContractRevision, jails: Jails) -> None:
    source = WRONG.replace("    return dout", f"    {lines}\n    return dout")
    verdict = Grader(Judge(revision), jails).grade(source.encode(), "mine.py")
    assert verdict.outcome is not Outcome.PASSED
    assert {row.name: row.score for row in verdict.properties}.get("dw", 0) == 0
    assert Grader(Judge(revision), jails).grade(RIGHT.encode(), "mine.py").outcome is Outcome.PASSED


#: A wrong dw, whose answers lie at random about how they came: of arguments, exceptions, forms and causes at once.
LYING = """
import random
import sys

LIES = random.Random({seed})
CALLS = sys.modules["backmark.worker.sandbox.inside.calls"]
genuine = sys.modules["backmark.worker.sandbox.inside.wire"].pack


def say(header, payload=b""):
    return (lie if LIES.random() < {share} else genuine)(header, payload)


def lie(header, payload=b""):
    if {steady}:
        LIES.seed({seed})
    results = len(sys._getframe(2).f_locals["case"].results)
    operand = ["x", "array", [2], 3, "x"]
    mistake = dict(callee="", operands=[operand], words=["basestring", "str"], spot=[0, 1], part="basestring")
    mistake["kind"] = LIES.choice(["old_name", "old_method", "dot", "endless_loop", "anything"])
    raised = dict(message="m", traceback="", frames=[[0, 8]], lines=[[0, 9]])
    raised["type"] = LIES.choice(["E", "NameError", "<b>"])
    raised = LIES.choice([None, raised, dict(raised, mistake=mistake), dict(raised, mistake=mistake)])
    found = dict(type=LIES.choice(["", "NoneType", "ndarray"]), shape=LIES.choice([None, [1, 2]]), dtype=None, length=1)
    malformed = [dict(where=where, found=found) for where in ("out", "dx", "dw") if LIES.random() < 0.4]
    if raised is None and not malformed:
        return genuine(dict(kind="returned", changed=LIES.choice([[], ["x"], ["x", "w", "dout"]])), payload)
    causes = [[LIES.choice(["E", "TypeError"]), LIES.choice(["", "linear"]), list(range(results))]]
    status = "".join(LIES.choice({letters!r}) for _ in range(results))
    said = dict(status=status, raised=raised, completed=LIES.random() < 0.5, malformed=malformed, causes=causes)
    return genuine(dict(said, kind="partial", changed=LIES.choice([[], ["dout"]])), payload)


def linear(x, w):
    CALLS.pack = say
    return x @ w


def linear_backward(dout, x, w):
    dx = dout @ w.T
    dout[...] = 0
    return dx, 0 * w
"""


def write_lying(seed: int) -> str:
    """Return wrong code that lies in some or all of its answers; steadily, or each time in another way."""
    share, steady = ((1.0, True), (0.5, False), (0.1, True), (1.0, False))[seed % 4]
    return LYING.format(seed=seed, share=share, steady=steady, letters=("0", "02", "012", "1")[seed // 4 % 4])


@pytest.mark.parametrize("seed", by_day(range(60), 13))
def test_lies_about_arguments_exceptions_and_forms_at_once_buy_no_row_that_is_wrong(
    jails: Jails, revision: ContractRevision, seed: int
) -> None:
    """They may hide that arguments are changed, and lose rows that are right."""
    grader = Grader(Judge(revision), jails)
    honest = grader.grade(WRONG.encode(), "mine.py")
    verdict = grader.grade(write_lying(seed).encode(), "mine.py")
    assert verdict.outcome in {Outcome.FAILED, Outcome.ERROR, Outcome.REJECTED}, verdict.error
    assert {row.name: row.score for row in verdict.properties}["dw"] == 0
    assert (verdict.score or 0) <= (honest.score or 0) < verdict.max_score
    if verdict.outcome is Outcome.REJECTED:
        assert (verdict.score, verdict.counterexample, verdict.repair, verdict.output) == (0, None, (), "")
