"""Submission after submission from one template: none finds anything of another, and the template is as it was."""

import contextlib
import ctypes
import dataclasses
import fcntl
import itertools
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.errors import Crashed, JailFailed, OutOfMemory, TimedOut
from backmark.worker.grading.candidate import request
from backmark.worker.sandbox import forked
from backmark.worker.sandbox.forked import Forked
from backmark.worker.sandbox.inside import immortal
from backmark.worker.sandbox.policy import Launch
from backmark.worker.sandbox.process import Jail
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.single import SingleJail
from backmark.worker.sandbox.template import Template
from tests.local import entry_of
from tests.sandbox.conftest import LIMITS, ask, ask_again, body, make_request, numbers, pid_of
from tests.service.parts import until

#: What one submission does, and what the next would then print, where it is not as it should be.
LEFT = {
    "module state": ("np.left = 1", "print(hasattr(np, 'left'))", "False"),
    "a module of its own": ("sys.modules['left'] = sys", "print('left' in sys.modules)", "False"),
    "built-ins": ("import builtins; builtins.left = 1", "import builtins; print(hasattr(builtins, 'left'))", "False"),
    "NumPy's error state": ("np.seterr(all='raise')", "print(np.geterr()['divide'])", "ignore"),
    "NumPy's print options": ("np.set_printoptions(precision=1)", "print(np.get_printoptions()['precision'])", "8"),
    "NumPy's own functions": ("np.multiply = np.add", "print(np.multiply(3, 4))", "12"),
    "the bytes of a constant": (
        "import ctypes\nctypes.memset(id(257) + 24, 1, 4)\nctypes.memset(id(np.pi) + 16, 0, 8)",
        "print(np.pi)",
        "3.141592653589793",
    ),
    "our own code": (
        "import backmark.worker.sandbox.inside.calls as a\na.np = None",
        "import backmark.worker.sandbox.inside.calls as a\nprint(a.np is np)",
        "True",
    ),
    "a signal's handler": (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "import signal\nprint(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)",
        "True",
    ),
    "a blocked signal": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})",
        "import signal\nprint(*signal.pthread_sigmask(signal.SIG_BLOCK, ()))",
        "",
    ),
    "a timer": (
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 100)",
        "import signal\nprint(signal.getitimer(signal.ITIMER_REAL)[0])",
        "0.0",
    ),
    "a descriptor": ("os.dup(0)", "print(*[n for n in range(64) if n not in {0, 1, 2, 40, 41} and is_open(n)])", ""),
    "a stream that was closed": ("sys.stdin.close()", "print(sys.stdin.closed)", "False"),
    "the folder it works in": ("os.chdir('/jail')", "print(os.getcwd())", "/"),
    "the mask of new files": ("os.umask(0o777)", "print(oct(os.umask(0)))", "0o22"),
    "an environment variable": ("os.environ['LEFT'] = '1'", "print('LEFT' in os.environ)", "False"),
    "shared memory": (
        "import mmap\nm = mmap.mmap(-1, 4096)\nm[:4] = b'left'\nglobals()['kept'] = m",
        "print('kept' in globals())",
        "False",
    ),
    "a thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
        "import threading\nprint(threading.active_count())",
        "1",
    ),
    "a switch of the garbage collector": ("import gc\ngc.disable()", "import gc\nprint(gc.isenabled())", "True"),
    "the limit of recursion": ("sys.setrecursionlimit(50_000)", "print(sys.getrecursionlimit())", "1000"),
    "the random generators": (
        "import random\nrandom.seed(1); np.random.seed(1)",
        "import random\nprint(random.random() == 0.8444218515250481, np.random.rand() == 0.5488135039273248)",
        "True True",
    ),
    "a hash of its own": ("pass", "print(hash('left'))", None),
}
#: A submission that passes.
RIGHT = (Path(__file__).parents[2] / "examples" / "right.ipynb").read_bytes()
IS_OPEN = """
def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
"""


@pytest.fixture
def own_template(jail: Launch) -> Iterator[Template]:
    """A template of the test's own."""
    with contextlib.closing(Template(jail)) as template:
        yield template


def read_printed(jail: Jail, lines: str) -> str:
    """What a submission prints."""
    with Session(jail, LIMITS) as session:
        reply = ask(session, body(lines, f"import os, sys\n{IS_OPEN}"))[0]
        assert reply.header["kind"] == "returned", reply.header
        return session.output.strip()


class Vector(ctypes.Structure):
    """A `struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def memory(pid: int | None) -> bytes:
    """What a process could have written; read as a debugger does, whoever its files belong to."""
    libc = ctypes.CDLL(None, use_errno=True)
    matches = []
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        place, rights = line.split()[:2]
        if rights.startswith("rw"):
            start, end = (int(address, 16) for address in place.split("-"))
            memory_copy = ctypes.create_string_buffer(end - start)
            local_vector, remote_vector = (
                Vector(ctypes.addressof(memory_copy), len(memory_copy)),
                Vector(start, len(memory_copy)),
            )
            count = libc.process_vm_readv(pid, ctypes.byref(local_vector), 1, ctypes.byref(remote_vector), 1, 0)
            assert count >= 0, os.strerror(ctypes.get_errno())
            matches.append(memory_copy.raw[:count])
    return b"".join(matches)


@pytest.mark.parametrize("leftover", LEFT)
def test_nothing_of_a_submission_reaches_the_next(template: Template, leftover: str) -> None:
    leave, look, output = LEFT[leftover]
    before = read_printed(template, look)
    assert output in {None, before}
    with Session(template, LIMITS) as session, contextlib.suppress(Crashed):
        ask(session, body(leave, "import os, sys"))
    assert read_printed(template, look) == before


def test_each_is_process_one_of_its_own_and_sees_no_other(own_template: Template) -> None:
    with Session(own_template, LIMITS) as first:
        ask(first, body("pass"))
        assert read_printed(own_template, "print(os.getpid(), os.getppid())") == "1 0"
        assert read_printed(own_template, "import ctypes\nprint(ctypes.CDLL(None).kill(-1, 9))") == "-1"
        assert ask(first, body("pass"))[0].header["kind"] == "returned"


def test_two_that_run_at_once_have_namespaces_of_their_own(own_template: Template) -> None:
    """Each of six kinds, and none is the worker's."""
    kinds = ("cgroup", "ipc", "mnt", "pid", "user", "uts")
    with Session(own_template, LIMITS) as first_session, Session(own_template, LIMITS) as second_session:
        namespaces = []
        for session in (first_session, second_session):
            session._await_ready()
            assert isinstance(session._process, Forked)
            namespaces.append([Path(f"/proc/{session._process.pid}/ns/{kind}").readlink() for kind in kinds])
        own_namespaces = [Path(f"/proc/self/ns/{kind}").readlink() for kind in kinds]
    assert all(len({a, b, c}) == 3 for a, b, c in zip(*namespaces, own_namespaces, strict=True))


def test_a_machine_without_memory_ends_a_jail_before_its_template(own_template: Template) -> None:
    with Session(own_template, LIMITS) as session:
        session._await_ready()
        jail, template = (
            int(Path(f"/proc/{pid}/oom_score_adj").read_text("ascii")) for pid in (pid_of(session), own_template.pid)
        )
    assert (jail, template < jail) == (1000, True)


def test_the_third_shares_its_pages_as_the_first_two_do_not(own_template: Template) -> None:
    """Which it could not while the template still made itself ready for it, or had hung on that."""
    lines = "print(sys.getrefcount(os), 'backmark.worker.sandbox.inside.writing.programs' in sys.modules)"
    printed = [read_printed(own_template, lines).split() for _ in range(3)]
    assert [imported for _, imported in printed] == ["True"] * 3
    first, second, third = (int(count) for count, _ in printed)
    assert first == second
    assert (third > 1 << 28) is immortal._possible()


def test_the_network_is_not_ours_and_has_no_interface_but_its_own_loopback(own_template: Template) -> None:
    """And belongs to another user namespace than the child's, so that no capability of it counts there."""
    with Session(own_template, LIMITS) as session:
        session._await_ready()
        pid = pid_of(session)
        namespace = Path(f"/proc/{pid}/ns/net")
        assert namespace.readlink() != Path("/proc/self/ns/net").readlink()
        with namespace.open(encoding="utf-8") as network:
            # NS_GET_USERNS
            owner = fcntl.ioctl(network, 0xB701)
        owned_by = str(Path(f"/proc/self/fd/{owner}").readlink())
        os.close(owner)
        assert owned_by != str(Path(f"/proc/{pid}/ns/user").readlink())
        lines = Path(f"/proc/{pid}/net/dev").read_text(encoding="utf-8").splitlines()[2:]
        assert [line.split(":")[0].strip() for line in lines] == ["lo"]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("while True: pass", TimedOut),
        ("os._exit(1)", Crashed),
        ("import ctypes; ctypes.string_at(0)", Crashed),
        ("return np.ones(2**31)", OutOfMemory),
    ],
)
def test_however_one_ends_the_template_goes_on(own_template: Template, lines: str, error: type[Exception]) -> None:
    read_printed(own_template, "pass")
    first = own_template.pid
    limits = dataclasses.replace(LIMITS, seconds_per_call=0.2)
    with Session(own_template, limits) as session, pytest.raises(error):
        ask(session, body(lines, "import os"))
    assert read_printed(own_template, "print('well')") == "well"
    assert own_template.pid == first


def test_it_is_replaced_after_so_many_uses(jail: Launch) -> None:
    with contextlib.closing(Template(jail, uses=2)) as template:
        pids = []
        for _ in range(5):
            read_printed(template, "pass")
            pids.append(template.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


def test_one_that_was_killed_is_our_failure_and_the_next_jail_comes_from_another(own_template: Template) -> None:
    with Session(own_template, LIMITS) as session:
        ask(session, body("pass"))
        first = own_template.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        with pytest.raises(JailFailed):
            ask(session, body("while True: pass"))
    assert read_printed(own_template, "print('well')") == "well"
    assert own_template.pid != first


def test_where_it_may_not_fork_it_says_so(jail: Launch) -> None:
    """Here by the filter of a jail for one submission."""
    with (
        contextlib.closing(Template(dataclasses.replace(jail, forking=jail.starting))) as template,
        pytest.raises(JailFailed, match="template"),
        Session(template, LIMITS) as session,
    ):
        session.extract(b"", "work.py", entry_of("backward_pass"))


def test_a_jail_that_is_stopped_before_it_is_there_ends(own_template: Template) -> None:
    with Session(own_template, LIMITS) as session:
        session.stop()
        with pytest.raises((Crashed, JailFailed)):
            ask(session, body("pass"))


@pytest.mark.parametrize("after", [0.0, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.1])
def test_whenever_its_worker_is_killed_nothing_is_left(jail: Launch, after: float) -> None:
    """Also in the moment in which bwrap starts, where a process that the kernel ties to another would wait for ever."""
    assert jail.jailed
    mark = secrets.token_hex(8)
    code = (
        "import dataclasses, sys\n"
        "from backmark.worker.sandbox import policy\nfrom backmark.worker.sandbox.template import Template\n"
        "from tests.sandbox.conftest import LIMITS\n"
        "jail = policy.plan_jailed()\n"
        f"command = (jail.command[0], '-X', 'mark={mark}', *jail.command[1:])\n"
        "print('now', flush=True)\n"
        "Template(dataclasses.replace(jail, command=command)).start(LIMITS).admit()\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        (sys.executable, "-c", code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"now\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(after)
        worker.kill()
    until(lambda: not find_processes(mark), "nothing of it is left")


def find_processes(mark: str) -> list[str]:
    """Processes with this on their command line."""
    matches = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in file.read_bytes():
                matches.append(file.parent.name)
    return matches


def test_what_one_was_ended_for_is_not_what_ended_another(own_template: Template) -> None:
    """The kernel counts what it ends for memory in the group that all of a template's jails share."""
    hold = body("global kept\nkept = [np.ones(1_250_000) for _ in range(36)]")
    limits = dataclasses.replace(LIMITS, memory=1 << 29, seconds=9, seconds_per_call=5)
    with (
        Session(own_template, limits) as first,
        Session(own_template, limits) as second,
        Session(own_template, limits) as third,
    ):
        third._await_ready()
        if (
            own_template._running is None
            or own_template._running._group is None
            or own_template._running._group.events is None
        ):
            pytest.skip("no control groups for memory here")
        ask(first, hold)
        # The kernel chooses the one or the other.
        with pytest.raises(OutOfMemory):
            _ = ask(second, hold), ask_again(first)
        with pytest.raises(Crashed, match="exit status 1"):
            ask(third, body("os._exit(1)", "import os"))
    assert read_printed(own_template, "print('well')") == "well"


def test_two_with_all_their_threads_do_not_keep_the_template_from_forking(own_template: Template) -> None:
    """Each has its own limit; that of the group is for all of them."""
    lines = """threading.stack_size(1 << 16)
global event
event = threading.Event()
with contextlib.suppress(RuntimeError):
    while True:
        threading.Thread(target=event.wait, daemon=True).start()
print(threading.active_count())"""
    with Session(own_template, LIMITS) as first, Session(own_template, LIMITS) as second:
        for session in (first, second):
            ask(session, body(lines, "import contextlib, threading"))
            assert session.output == "64\n"
        assert read_printed(own_template, "print('well')") == "well"
        assert ask_again(first)[0].header["kind"] == "returned"


def test_one_that_may_have_less_takes_nothing_from_one_that_has_more(own_template: Template) -> None:
    hold = body("global kept\nkept = globals().get('kept') or [np.ones(1_250_000) for _ in range(70)]")
    limits = dataclasses.replace(LIMITS, seconds=9, seconds_per_call=5)
    with Session(own_template, limits) as first:
        ask(first, hold)
        with Session(own_template, dataclasses.replace(limits, memory=1 << 28)) as second:
            assert ask(second, body("pass"))[0].header["kind"] == "returned"
        assert ask_again(first)[0].header["kind"] == "returned"


def test_whoever_waits_for_a_template_that_is_no_more_is_told_so(own_template: Template) -> None:
    """And reads nothing of what has its descriptors' numbers by then."""
    with Session(own_template, LIMITS) as session:
        own_template.close()
        pipes = [os.pipe() for _ in range(8)]
        for _, write in pipes:
            os.write(write, b"somebody else's")
        with pytest.raises(JailFailed, match="it ended"):
            session.admit()
        assert all(os.read(reader, 100) == b"somebody else's" for reader, _ in pipes)
    for end in itertools.chain(*pipes):
        os.close(end)


def test_one_that_answers_too_late_has_not_ended(own_template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    read_printed(own_template, "pass")
    assert own_template._running is not None
    assert own_template.pid is not None
    own_template._running._control.settimeout(0.5)
    os.kill(own_template.pid, signal.SIGSTOP)
    monkeypatch.setattr(forked, "PATIENCE", 0.0)
    with pytest.raises(JailFailed, match="it did not answer in time"):
        read_printed(own_template, "pass")


def test_one_that_ended_before_it_was_taken_hold_of_is_our_failure(own_template: Template) -> None:
    """Such as one that the kernel chose while it waited."""
    with Session(own_template, LIMITS) as session:
        assert own_template._running is not None
        own_template._running._hear()
        signal.pidfd_send_signal(own_template._running._holders[0], signal.SIGKILL)
        with pytest.raises(JailFailed, match="did not start"):
            ask(session, body("pass"))
    assert read_printed(own_template, "print('well')") == "well"


def test_template_and_jail_have_no_memory_together(own_template: Template) -> None:
    """What is written in one is a copy: no mapping is shared."""
    with Session(own_template, LIMITS) as session:
        ask(session, body("pass"))
        for pid in (own_template.pid, pid_of(session)):
            lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
            assert lines
            assert {line.split()[1][3] for line in lines} == {"p"}


def test_no_derivative_and_nothing_of_our_environment_is_in_its_memory(
    udl: Judge, jail: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the child while it answers, and of the template; what was sent is found, so that the search finds."""
    monkeypatch.setenv("BACKMARK_CANARY", "the-canary-of-this-test")
    suite = udl.questions
    query = request(udl.contract.exchange.question(suite))
    with contextlib.closing(Template(jail)) as template, Session(template, LIMITS) as session:
        session.extract(body("pass").encode(), "work.py", entry_of("backward_pass"))
        session.answer(query)
        memory_bytes = memory(pid_of(session))
        # A whole number, such as the length of a list, may stand in any memory.
        derivatives = [
            number.tobytes() for number in suite.expected[:4000:80] if 1e-3 < abs(number) < 1e3 and number % 1
        ]
        sent_numbers = [number.tobytes() for case in suite.drawn[:100:10] for number in case.numbers[:1]]
        assert derivatives
        assert all(number in memory_bytes for number in sent_numbers)
        for process_memory in (memory_bytes, memory(template.pid)):
            assert not any(number in process_memory for number in derivatives)
            assert b"the-canary-of-this-test" not in process_memory


#: Answers that depend on every argument.
SUMS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    parts = zip(all_weights, all_biases, all_f, all_h)
    sums = [w.sum() + 2 * b.sum() + 3 * f.sum() + 5 * h.sum() + 7 * y.sum() for w, b, f, h in parts]
    return [w + s for w, s in zip(all_weights, sums)], [b - s for b, s in zip(all_biases, sums)]
"""
#: The same, of whoever has first written over all that was kept, as far as it is found.
OVERWRITES = f"""
import ctypes, sys
{SUMS.replace("backward_pass", "sums")}
def backward_pass(*arguments):
    frame = sys._getframe()
    while "calls" not in frame.f_locals:
        frame = frame.f_back
    for case in frame.f_locals["calls"].cases:
        numbers = case.inputs._numbers
        ctypes.memset(numbers.ctypes.data, 0, numbers.nbytes)
        case.results.clear()
    frame.f_locals["calls"].cases[1:] = []
    return sums(*arguments)
"""


def read_answers(jail: Jail, code: str, query: JailRequest) -> list[bytes]:
    """The numbers of each answer."""
    with Session(jail, LIMITS) as session:
        session.extract(code.encode(), "sums.py", entry_of("backward_pass"))
        with contextlib.suppress(TimedOut, Crashed):
            session.answer(query)
        return [reply.payload for reply in session.replies]


def test_what_a_template_keeps_is_answered_as_what_is_sent(own_template: Template, udl: Judge) -> None:
    """Whatever another submission did to it."""
    query = request(udl.contract.exchange.question(udl.questions))
    answers = read_answers(own_template, SUMS, query)
    assert len(answers) == len(udl.questions)
    own_template.keep(query)
    with Session(own_template, LIMITS) as session:
        assert session._process.kept == {query.key}
    assert read_answers(own_template, SUMS, query) == answers
    assert len(read_answers(own_template, OVERWRITES, query)) < len(answers)
    assert read_answers(own_template, SUMS, query) == answers


def test_a_template_that_replaces_another_is_told_again(own_template: Template, udl: Judge) -> None:
    query = request(udl.contract.exchange.question(udl.questions))
    own_template.keep(query)
    answers = read_answers(own_template, SUMS, query)
    own_template.keep(query)
    own_template.close()
    assert read_answers(own_template, SUMS, query) == answers
    own_template.keep(query)
    assert read_answers(own_template, SUMS, query) == answers
    with Session(own_template, LIMITS) as session:
        assert session._process.kept == {query.key}


def make_wide_request(width: int) -> JailRequest:
    """A request about one layer that is so wide."""
    return make_request([1, width])


def test_what_there_is_no_room_for_is_sent(own_template: Template) -> None:
    """Some four megabytes each."""
    requests = [make_wide_request(100_000 + extra) for extra in range(8)]
    read_answers(own_template, SUMS, make_wide_request(1))
    kept_count = 0
    for request_kept in requests:
        own_template.keep(request_kept)
        with Session(own_template, LIMITS) as session:
            kept_count += request_kept.key in session._process.kept
        (numbers,) = read_answers(own_template, SUMS, request_kept)
        assert len(numbers) == request_kept.answer_sizes[0]
    assert 0 < kept_count < len(requests)


def test_what_is_kept_for_others_is_in_no_child(own_template: Template, udl: Judge) -> None:
    """Not even in what it has given back: numbers are known to whoever is asked about them alone."""
    first, second, third = (
        request(udl.contract.exchange.question(udl.questions)),
        make_wide_request(5),
        make_wide_request(6),
    )
    numbers = [number.tobytes() for case in udl.revision.cases.drawn[:100:10] for number in case.numbers[:1]]
    read_answers(own_template, SUMS, second)
    for query in (first, second):
        own_template.keep(query)
    # One that is kept, one that is sent, and nothing but what it is asked itself.
    for question, is_known in ((first, True), (second, False), (third, False), (first, True)):
        with Session(own_template, LIMITS) as session:
            assert session._process.kept == {first.key, second.key}
            session.extract(SUMS.encode(), "sums.py", entry_of("backward_pass"))
            assert len(session.answer(question)) == len(question.answer_sizes)
            # Asked for again, it is still there.
            assert len(session.answer(question)) == len(question.answer_sizes)
            memory_bytes = memory(pid_of(session))
        assert all((number in memory_bytes) is is_known for number in numbers)


def test_a_template_that_does_not_listen_is_replaced(own_template: Template) -> None:
    """It may have half of what it was told to keep."""
    read_printed(own_template, "pass")
    before = own_template.pid
    assert own_template._running is not None
    assert before is not None
    own_template._running._control.settimeout(0.2)
    os.kill(before, signal.SIGSTOP)
    own_template.keep(make_wide_request(300_000))
    os.kill(before, signal.SIGCONT)
    assert read_printed(own_template, "print('well')") == "well"
    assert own_template.pid != before


@pytest.mark.parametrize("kind", [Template, SingleJail])
def test_the_largest_suite_is_asked(jail: Launch, udl: Judge, kind: type[Template] | type[SingleJail]) -> None:
    """Sent and, where that is done, kept."""
    cases = udl.revision.cases
    suite = cases.join(*[cases] * 9)
    query = request(udl.contract.exchange.question(suite))
    assert len(suite) == 2000
    limits = dataclasses.replace(LIMITS, seconds=20)
    with contextlib.closing(kind(jail)) as jails:
        for _ in range(2):
            with Session(jails, limits) as session:
                session.extract(SUMS.encode(), "sums.py", entry_of("backward_pass"))
                assert len(session.answer(query)) == len(suite)
            jails.keep(query)


@pytest.mark.parametrize("kind", [Template, SingleJail])
def test_its_end_starts_no_program_that_the_host_has_for_cores(
    jail: Launch, kind: type[Template] | type[SingleJail]
) -> None:
    """The kernel starts none for a process that may not be dumped, whose memory is then not its user's file."""
    with contextlib.closing(kind(jail)) as jails, Session(jails, LIMITS) as session:
        ask(session, body("pass"))
        folder = Path(f"/proc/{pid_of(session)}")
        assert (folder / "mem").stat().st_uid != folder.stat().st_uid


def test_three_hundred_jails_leave_nothing(own_template: Template) -> None:
    """Neither here nor in the template: descriptors, threads, processes, groups, mounts."""
    read_printed(own_template, "pass")

    def count_held() -> tuple[int, ...]:
        pid = own_template.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        groups = list(Path("/sys/fs/cgroup").glob(f"**/backmark-{os.getpid()}-*"))
        descriptor_counts = [len(list(Path("/proc", str(pid_name), "fd").iterdir())) for pid_name in ("self", pid)]
        mounts = Path(f"/proc/{pid}/mounts").read_text(encoding="utf-8").count("\n")
        return (*descriptor_counts, threading.active_count(), len(children.split()), len(groups), mounts)

    before = count_held()
    for number in range(300):
        with Session(own_template, LIMITS) as session:
            if number % 50 == 0:
                assert numbers(ask(session, body("return all_weights, all_biases"))[0]) == [1.0, 2.0]
    assert count_held() == before
