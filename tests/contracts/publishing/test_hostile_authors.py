"""Hostile code of an author, in real jails: refused with a sentence, nothing gets out, and the worker goes on."""

import resource
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from backmark.grader.contracts.cases.draw import draw_all
from backmark.grader.contracts.cases.drawn import dump_cases
from backmark.grader.contracts.judging import revision
from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_to_json
from backmark.grader.contracts.publishing import finishing
from backmark.grader.errors import BadAssignment
from backmark.grader.model.records import State
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.grading import workshop
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.workshop import JailWorkshop
from backmark.worker.sandbox.policy import JailLimits
from backmark.worker.service.tasks import perform
from tests.contracts.making import FILES, LINEAR, RIGHT, contract
from tests.night import by_day
from tests.service.conftest import Making, context, making, redis_server

__all__ = ["Making", "context", "making", "redis_server"]

pytestmark = pytest.mark.usefixtures("limits")

SHORT = LINEAR.replace("cases = 30", "cases = 20")
#: Its dims and inputs are drawn once: what differs from test to test is the code.
SKETCH = draw_all(contract(SHORT))
#: Characters of a refusal that anybody reads, and seconds and KiB that a publication may take of the worker.
LONGEST, SECONDS, MEMORY = 4_500, 30.0, 300 << 10
CANARY = "canary-4711"


class Refuse(Protocol):
    """Returns the sentence with which a publication of this assignment, and these files, is refused."""

    def __call__(self, toml: str = SHORT, **files: str) -> str: ...


#: Returns the revision that comes of the drawn cases and an assignment's code.
Publish = Callable[[ContractAssignment], bytes]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower limits than a service's: what never ends need not be waited for."""
    monkeypatch.setattr(workshop, "LIMITS", JailLimits(1.0, 4.0, 1 << 30, 1 << 20))


@pytest.fixture
def publish(jails: Jails) -> Publish:
    """A publication by one template, whatever those before it did."""

    def publish(assignment: ContractAssignment) -> bytes:
        sketch = dump_cases(assignment_to_json(assignment), *SKETCH)
        return finishing.finish(sketch, JailWorkshop(make=lambda: jails))

    return publish


@pytest.fixture
def refuse(publish: Publish) -> Refuse:
    """A publication that is refused: soon, with little memory, and with a sentence that anybody reads."""

    def refuse(toml: str = SHORT, **files: str) -> str:
        start, memory_before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(BadAssignment) as refusal:
            publish(contract(toml, **files))
        assert time.monotonic() - start < SECONDS
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_before < MEMORY
        sentence = str(refusal.value)
        assert len(sentence) < LONGEST
        assert sentence.encode()
        return sentence

    return refuse


def forward(lines: str) -> str:
    """Return a reference that does this before it returns what is right."""
    body = textwrap.indent(textwrap.dedent(lines).strip(), "    ")
    return f'def forward(tap, x, w):\n{body}\n    return {{"out": x @ w}}\n'


#: Lines of a reference, and what the refusal says.
HOSTILE_REFERENCES = [
    ("while True: pass", "more than 1 s"),
    ("import time; time.sleep(60)", "more than 1 s"),
    ("a = []\nwhile True: a.append(np.empty(1 << 21))", "MiB"),
    ("np.ones((1 << 16, 1 << 16)) + 1", "MiB"),
    ("while True: print('x' * 1000)", "printed more than"),
    ("import os; os._exit(0)", "exit status 0"),
    ("import os; os.kill(os.getpid(), 11)", "PermissionError"),
    ("import os\nwhile True: os.fork()", "reference.py"),
    ("raise SystemExit(0)", "SystemExit"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("class E(BaseException):\n    def __str__(self): raise self\nraise E", "the message cannot be shown"),
    ("raise ValueError('\\ud800\\x00\\x1b[31m' * 9999)", "reference.py raised ValueError"),
    ("import socket; socket.create_connection(('127.0.0.1', 22))", "reference.py raised"),
    ("import backmark.worker.grading", "reference.py raised ModuleNotFoundError"),
    ("import backmark.grader.contracts", "reference.py raised ModuleNotFoundError"),
    ("x += 1", "writes into its input x"),
    ("w[:] = 0", "writes into its input w"),
    ("import random; return {'out': x @ w + random.random()}", "other numbers when it was called again"),
    ("import os; return {'out': x @ w + int.from_bytes(os.urandom(2))}", "other numbers"),
    ("forward.n = getattr(forward, 'n', 0) + 1; return {'out': x @ w * forward.n}", "other numbers"),
    ("return object()", "must return a dictionary"),
    ("return (x for x in [1])", "must return a dictionary"),
    ("return {'out': object()}", "returned a object"),
    ("return {'out': (x for x in [1])}", "returned a generator"),
    ("return {'out': np.array([object()])}", "an array of object"),
    ("return {'out': np.array(['a'])}", "an array of <U1"),
    ("return {'out': x @ w + 1j}", "an array of complex128"),
    ("a = []; a.append(a); return {'out': a}", "nested too deeply"),
    ("d = {}; d['out'] = d; return d", "nested too deeply"),
    ("return {'out': np.zeros(1 << 17)}", "numbers"),
    ("return {'out': x @ w, 'rest': np.zeros((1 << 20) - 200)}", "reference"),
    ("return {'out': [0] * (1 << 21)}", "reference"),
    ("return {'out': [[]] * 70_000}", "reference"),
    ("return {'out': x @ w * np.nan}", "not finite"),
    ("return {'out': x @ w * np.inf}", "not finite"),
    ("return {'out': 10 ** 400}", "too large"),
    ("return {'out': 'text'}", "no array of numbers"),
    ("return {'out': [x, w, [1, [2]]]}", "out"),
    ("return {'out': None}", "NoneType"),
    ("return {'out': {}}", "out"),
    ("return {}", "out"),
    ("return {1: x, (1, 2): w}", "key that is a tuple"),
    ("return {1: x, 'b': w}", "1 is no name of an output"),
    ("return {f'n{i}' * 99: i for i in range(99)}", "no name of an output"),
    ("return {'\\ud800': x @ w}", "reference"),
    ("for i in range(99): tap(f'n{i}' * 20, x)\nreturn {'output': x @ w}", "there are output"),
    ("tap([], x)", "TypeError"),
    ("tap('x', w[:, :0])", "x"),
]


@pytest.mark.parametrize(("lines", "part"), by_day(HOSTILE_REFERENCES, 3))
def test_a_hostile_reference_is_refused(refuse: Refuse, lines: str, part: str) -> None:
    assert part in refuse(reference=forward(lines))


def test_a_subclass_that_lies_about_itself_is_seen_through(publish: Publish) -> None:
    source = """
        class Lying(np.ndarray):
            shape = property(lambda self: (1 << 40,))
            ndim = 77
            dtype = property(lambda self: 'no dtype')
            def __array__(self, *a, **k): return np.array([object()])
            def astype(self, *a, **k): return 'nothing'
        return {"out": (x @ w).view(Lying)}
    """
    publish(contract(SHORT, reference=forward(source)))


LOSS = SHORT.replace('[upstream]\ndout = "out"\n', "").replace("dout", "np.ones((N, M))")


@pytest.mark.parametrize(
    "loss",
    [
        "{}",
        "{1: x.sum(), 'a': 0.0}",
        "{'a': x, 'b': 1.0}",
        "{'a': 'text'}",
        "{'a': None}",
        "'text'",
        "[1.0, [2.0]]",
        "x",
        "None",
    ],
)
def test_a_hostile_loss_is_refused(refuse: Refuse, loss: str) -> None:
    toml = LOSS.replace("[results]\n", '[results]\n"np.sum(out)" = { value = "loss" }\n')
    refuse(toml, reference=forward(f'return {{"out": x @ w, "loss": {loss}}}'))


#: A reference that answers with whatever numbers it likes.
FORGING = """
def _forge():
    import sys
    wire = sys.modules["backmark.worker.sandbox.inside.wire"]
    question = sys.modules["backmark.worker.sandbox.inside.contracts.reference"].ReferenceQuestion
    def answer(self, forward, given, case):
        row = {row}
        numbers = dict(length=[{length}], values=row, derivatives=[1.0] * 999)[self.asks]
        return wire.pack({header}, np.array(numbers, float).tobytes())
    question._answer = answer


def forward(tap, x, w, forged=_forge()):
    return {{}}
"""
HEADER = '{"kind": "returned", "changed": []}'
FINE = "[7, 2, 8, 0, 8, 0]"


@pytest.mark.parametrize(
    ("row", "length", "header"),
    [
        (FINE, "float('nan')", HEADER),
        (FINE, "float('inf')", HEADER),
        (FINE, "-1", HEADER),
        (FINE, "0.5", HEADER),
        (FINE, "1e18", HEADER),
        (FINE, "1 << 27", HEADER),
        ("[0.0] * (1 << 22)", "1 << 22", HEADER),
        ("[]", "0", HEADER),
        (FINE, "len(row)", HEADER),
        ("[0]", "len(row)", HEADER),
        ("[7, 2, 0, 0]", "len(row)", HEADER),
        ("[7, 2, 8, 0, 0]", "len(row)", HEADER),
        ("[float('nan')] * 9", "len(row)", HEADER),
        ("[6, 1] * 20_000 + [0]", "len(row)", HEADER),
        ("[7, 2, 8, 1, 4, 1, 0xD800, 3, 1, 8, 0]", "len(row)", HEADER),
        ("[7, 2, 8, 1, 4, 3, 111, 117, 116, 5, 105, 1, 1, float('nan'), 8, 0]", "len(row)", HEADER),
        ("[7, 2, 8, 1, 4, 3, 111, 117, 116, 5, 105, 1, 1, 1e300, 8, 0]", "len(row)", HEADER),
        ("[7, 2, 8, 1, 4, 3, 111, 117, 116, 2, 1e300, 8, 0]", "len(row)", HEADER),
        ("[7, 2, 8, 1, 4, 3, 111, 117, 116, 5, 102, 8, 0] + [60_000] * 7 + [8, 0]", "len(row)", HEADER),
        ("[7, 2, 8, 1, 2, 1e300, 3, 1, 8, 0]", "len(row)", HEADER),
        (FINE, "len(row)", '{"kind": "returned", "changed": ["passwd"]}'),
        (FINE, "len(row)", '{"kind": "returned"}'),
        (FINE, "len(row)", '{"kind": "partial", "changed": [], "status": "0", "raised": None, "malformed": []}'),
        (FINE, "len(row)", '{"kind": "raised"}'),
        (FINE, "len(row)", '{"kind": "malformed", "where": "out", "index": None, "found": {}}'),
        (FINE, "len(row)", '{"kind": ["returned"]}'),
    ],
)
def test_a_reference_that_forges_its_answers_is_refused(refuse: Refuse, row: str, length: str, header: str) -> None:
    refuse(reference=FORGING.format(row=row, length=length, header=header))


def test_a_reference_that_writes_on_the_answers_is_refused(refuse: Refuse) -> None:
    refuse(reference=forward("import os\nfor i in range(99): os.write(41, bytes([255]) * 99)"))


def test_nothing_gets_in_or_out_of_the_jail(refuse: Refuse, tmp_path: Path) -> None:
    secret, written_file = tmp_path / "secret.txt", tmp_path / "made.txt"
    secret.write_text(CANARY)
    for lines in (f"raise ValueError(open({str(secret)!r}).read())", f"open({str(written_file)!r}, 'w').write('x')"):
        assert CANARY not in refuse(reference=forward(lines))
        refuse(solution=RIGHT.replace("    return x @ w", f"    {lines}"))
    assert not written_file.exists()


@pytest.mark.parametrize(
    "lines",
    [
        "while True: pass",
        "import os; os._exit(0)",
        "return (x @ w) * np.inf",
        "return x @ w + 1e308",
        "return np.full((1 << 12, 1 << 12), 1.0)",
        "return 'text' * 99999",
        "type(x).shape = 1",
        "x[:] = 0",
        "class L(list):\n        def __len__(self): return -1\n    return L()",
        "return np.array([object()])",
        "return type('a' * 9999, (), {})()",
        "import sys; sys.modules['backmark.worker.sandbox.inside.calls'].pack = lambda h, p=b'': b'nothing'",
    ],
)
def test_a_hostile_solution_is_refused(refuse: Refuse, lines: str) -> None:
    assert "solution.py" in refuse(solution=RIGHT.replace("    return x @ w", f"    {lines}\n    return x @ w"))


@pytest.mark.parametrize(
    "lines",
    ["while True: pass", "import os; os._exit(0)", "raise SystemExit", "import os; os.write(41, bytes(99))"],
)
def test_a_hostile_mistake_is_refused(refuse: Refuse, lines: str) -> None:
    source = FILES["mistakes/upstream.py"].replace("    return x @ w", f"    {lines}")
    assert "the mistake upstream" in refuse(mistake_upstream=source)


@pytest.mark.parametrize("number", ["np.inf", "-np.inf", "np.nan", "1e308", "-1e308"])
def test_a_mistake_with_extreme_numbers_is_kept_as_any_other(publish: Publish, number: str) -> None:
    source = FILES["mistakes/upstream.py"].replace("np.ones_like(dout)", f"np.full_like(dout, {number})")
    data = publish(contract(SHORT, mistake_upstream=source))
    assert revision.load(data).mistakes["upstream"].wrong == tuple(range(20))


@pytest.mark.parametrize(
    ("code_before", "code_after"),
    [
        ("out = linear(x, w)", "while True: linear(x, w)"),
        ("out = linear(x, w)", "out = linear(x, w)\nimport os; os._exit(0)"),
        ("out = linear(x, w)", "x[:] = 0\nout = linear(x, w)"),
        ("out = linear(x, w)", "out = linear(x, w)\nnp.sum = None\nraise SystemExit"),
        ('out = { value = "out" }', '"[out for i in iter(int, 1)]" = { value = "out" }'),
        ('out = { value = "out" }', '"__import__(\'os\')._exit(0)" = { value = "out" }'),
        ('out = { value = "out" }', 'out = { value = "out[{1:2}]" }'),
        ('out = { value = "out" }', 'out = { value = "out[9]" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x", scale = "[1]" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x", scale = "(0 - 1) ** 0.5" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x", scale = "1e308 * 10" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x", for = "k in N" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x", for = "k in [[1], 2]" }'),
        ('dx = { grad = "x" }', '"dx * k" = { grad = "x", for = "k in range(9999)" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x[{range(9999)}]" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x[9]" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "x[0]" }'),
        ('dx = { grad = "x" }', 'dx = { grad = "N" }'),
        ('dout = "out"', 'dout = "out[0]"'),
        ('dout = "out"', 'dout = "o u t"'),
    ],
)
def test_a_hostile_call_is_refused(refuse: Refuse, code_before: str, code_after: str) -> None:
    refuse(SHORT.replace(code_before, code_after))


def test_the_worker_goes_on_after_hostile_publications(making: Making) -> None:
    context = making(secret="a secret for tests, as long as others")  # noqa: S106 - it guards nothing
    hostile = [
        forward("while True: pass"),
        forward("import os; os.kill(os.getpid(), 9)"),
        FORGING.format(row="[6, 1] * 9999", length="len(row)", header=HEADER),
        FORGING.format(row=FINE, length="1e18", header=HEADER),
        forward("return {1: x, 'b': w}"),
    ]

    def request(reference: str) -> tuple[State, str | None]:
        files = {**FILES, "reference.py": reference}
        tables = "".join(f"\"{name}\" = '''\n{text}'''\n" for name, text in files.items())
        record = context.store.publications.request(
            NewPublication("calculus", "linear", f"{SHORT}\n[files]\n{tables}", 0)
        )
        perform(context)
        publication = context.store.publications.get(record.id)
        assert publication is not None
        return publication.state, None if publication.refusal is None else str(publication.refusal)

    for reference in hostile:
        state, refusal = request(reference)
        assert (state, bool(refusal)) == (State.DONE, True)
    assert request(FILES["reference.py"]) == (State.DONE, None)
    current = context.store.assignments.current("calculus", "linear")
    assert current is not None
    receipt = context.store.submissions.accept(
        NewSubmission("calculus", "linear", current.id, "ada", "mine.py", RIGHT.encode())
    )
    perform(context)
    verdict = context.store.submissions.verdict(receipt.id)
    assert verdict is not None
