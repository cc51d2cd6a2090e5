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

from grader.errors import Crashed, JailFailed, OutOfMemory, TimedOut
from grader.model.verdict import Outcome
from grader.oracle.suite import join
from tests.local import entry_of
from tests.networks import NetworksJudge
from tests.sandbox.conftest import LIMITS, ask, ask_again, body, network, numbers, pid_of
from tests.service.parts import until
from worker.grading.candidate import request
from worker.grading.grader import Grader
from worker.grading.pool import Jails
from worker.sandbox.forked import Forked
from worker.sandbox.inside import wire
from worker.sandbox.inside.practice import practise
from worker.sandbox.policy import Launch
from worker.sandbox.process import Jail
from worker.sandbox.request import JailRequest
from worker.sandbox.session import Session
from worker.sandbox.single import Single
from worker.sandbox.template import Template

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
        "import worker.sandbox.inside.networks.answer as a\na.np = None",
        "import worker.sandbox.inside.networks.answer as a\nprint(a.np is np)",
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
def own(jail: Launch) -> Iterator[Template]:
    """A template of the test's own."""
    with contextlib.closing(Template(jail)) as made:
        yield made


def printed(jail: Jail, lines: str) -> str:
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
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        place, rights = line.split()[:2]
        if rights.startswith("rw"):
            start, end = (int(each, 16) for each in place.split("-"))
            kept = ctypes.create_string_buffer(end - start)
            here, there = Vector(ctypes.addressof(kept), len(kept)), Vector(start, len(kept))
            count = libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
            assert count >= 0, os.strerror(ctypes.get_errno())
            found.append(kept.raw[:count])
    return b"".join(found)


@pytest.mark.parametrize("what", LEFT)
def test_nothing_of_a_submission_reaches_the_next(template: Template, what: str) -> None:
    leave, look, found = LEFT[what]
    before = printed(template, look)
    assert found in {None, before}
    with Session(template, LIMITS) as session, contextlib.suppress(Crashed):
        ask(session, body(leave, "import os, sys"))
    assert printed(template, look) == before


def test_each_is_process_one_of_its_own_and_sees_no_other(own: Template) -> None:
    with Session(own, LIMITS) as first:
        ask(first, body("pass"))
        assert printed(own, "print(os.getpid(), os.getppid())") == "1 0"
        assert printed(own, "import ctypes\nprint(ctypes.CDLL(None).kill(-1, 9))") == "-1"
        assert ask(first, body("pass"))[0].header["kind"] == "returned"


def test_two_that_run_at_once_have_namespaces_of_their_own(own: Template) -> None:
    """Each of six kinds, and none is the worker's."""
    kinds = ("cgroup", "ipc", "mnt", "pid", "user", "uts")
    with Session(own, LIMITS) as one, Session(own, LIMITS) as other:
        found = []
        for session in (one, other):
            session._await_ready()
            assert isinstance(session._process, Forked)
            found.append([Path(f"/proc/{session._process.pid}/ns/{kind}").readlink() for kind in kinds])
        ours = [Path(f"/proc/self/ns/{kind}").readlink() for kind in kinds]
    assert all(len({a, b, c}) == 3 for a, b, c in zip(*found, ours, strict=True))


def test_the_network_is_not_ours_and_has_no_interface_but_its_own_loopback(own: Template) -> None:
    """And belongs to another user namespace than the child's, so that no capability of it counts there."""
    with Session(own, LIMITS) as session:
        session._await_ready()
        pid = pid_of(session)
        there = Path(f"/proc/{pid}/ns/net")
        assert there.readlink() != Path("/proc/self/ns/net").readlink()
        with there.open(encoding="utf-8") as network:
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
def test_however_one_ends_the_template_goes_on(own: Template, lines: str, error: type[Exception]) -> None:
    printed(own, "pass")
    first = own.pid
    limits = dataclasses.replace(LIMITS, seconds_per_call=0.2)
    with Session(own, limits) as session, pytest.raises(error):
        ask(session, body(lines, "import os"))
    assert printed(own, "print('well')") == "well"
    assert own.pid == first


def test_it_is_replaced_after_so_many_uses(jail: Launch) -> None:
    with contextlib.closing(Template(jail, uses=2)) as template:
        seen = []
        for _ in range(5):
            printed(template, "pass")
            seen.append(template.pid)
    assert seen[0] == seen[1] != seen[2] == seen[3] != seen[4]


def test_one_that_was_killed_is_our_failure_and_the_next_jail_comes_from_another(own: Template) -> None:
    with Session(own, LIMITS) as session:
        ask(session, body("pass"))
        first = own.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        with pytest.raises(JailFailed):
            ask(session, body("while True: pass"))
    assert printed(own, "print('well')") == "well"
    assert own.pid != first


def test_where_it_may_not_fork_it_says_so(jail: Launch) -> None:
    """Here by the filter of a jail for one submission."""
    with (
        contextlib.closing(Template(dataclasses.replace(jail, forking=jail.starting))) as template,
        pytest.raises(JailFailed, match="template"),
        Session(template, LIMITS) as session,
    ):
        session.extract(b"", "work.py", entry_of("backward_pass"))


def test_a_jail_that_is_stopped_before_it_is_there_ends(own: Template) -> None:
    with Session(own, LIMITS) as session:
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
        "from worker.sandbox import policy\nfrom worker.sandbox.template import Template\n"
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
    until(lambda: not marked(mark), "nothing of it is left")


def marked(mark: str) -> list[str]:
    """Processes with this on their command line."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in file.read_bytes():
                found.append(file.parent.name)
    return found


def test_what_one_was_ended_for_is_not_what_ended_another(own: Template) -> None:
    """The kernel counts what it ends for memory in the group that all of a template's jails share."""
    hold = body("global kept\nkept = [np.ones(1_250_000) for _ in range(36)]")
    limits = dataclasses.replace(LIMITS, memory=1 << 29, seconds=9, seconds_per_call=5)
    with Session(own, limits) as first, Session(own, limits) as second, Session(own, limits) as third:
        third._await_ready()
        if own._running is None or own._running._group is None or own._running._group.events is None:
            pytest.skip("no control groups for memory here")
        ask(first, hold)
        # The kernel chooses the one or the other.
        with pytest.raises(OutOfMemory):
            _ = ask(second, hold), ask_again(first)
        with pytest.raises(Crashed, match="exit status 1"):
            ask(third, body("os._exit(1)", "import os"))
    assert printed(own, "print('well')") == "well"


def test_two_with_all_their_threads_do_not_keep_the_template_from_forking(own: Template) -> None:
    """Each has its own limit; that of the group is for all of them."""
    lines = """threading.stack_size(1 << 16)
global event
event = threading.Event()
with contextlib.suppress(RuntimeError):
    while True:
        threading.Thread(target=event.wait, daemon=True).start()
print(threading.active_count())"""
    with Session(own, LIMITS) as first, Session(own, LIMITS) as second:
        for session in (first, second):
            ask(session, body(lines, "import contextlib, threading"))
            assert session.output == "64\n"
        assert printed(own, "print('well')") == "well"
        assert ask_again(first)[0].header["kind"] == "returned"


def test_one_that_may_have_less_takes_nothing_from_one_that_has_more(own: Template) -> None:
    hold = body("global kept\nkept = globals().get('kept') or [np.ones(1_250_000) for _ in range(70)]")
    limits = dataclasses.replace(LIMITS, seconds=9, seconds_per_call=5)
    with Session(own, limits) as first:
        ask(first, hold)
        with Session(own, dataclasses.replace(limits, memory=1 << 28)) as second:
            assert ask(second, body("pass"))[0].header["kind"] == "returned"
        assert ask_again(first)[0].header["kind"] == "returned"


def test_whoever_waits_for_a_template_that_is_no_more_is_told_so(own: Template) -> None:
    """And reads nothing of what has its descriptors' numbers by then."""
    with Session(own, LIMITS) as session:
        own.close()
        pipes = [os.pipe() for _ in range(8)]
        for _, write in pipes:
            os.write(write, b"somebody else's")
        with pytest.raises(JailFailed, match="it ended"):
            session.admit()
        assert all(os.read(read, 100) == b"somebody else's" for read, _ in pipes)
    for end in itertools.chain(*pipes):
        os.close(end)


def test_one_that_ended_before_it_was_taken_hold_of_is_our_failure(own: Template) -> None:
    """Such as one that the kernel chose while it waited."""
    with Session(own, LIMITS) as session:
        assert own._running is not None
        own._running._hear()
        signal.pidfd_send_signal(own._running._holders[0], signal.SIGKILL)
        with pytest.raises(JailFailed, match="did not start"):
            ask(session, body("pass"))
    assert printed(own, "print('well')") == "well"


def test_template_and_jail_have_no_memory_together(own: Template) -> None:
    """What is written in one is a copy: no mapping is shared."""
    with Session(own, LIMITS) as session:
        ask(session, body("pass"))
        for pid in (own.pid, pid_of(session)):
            lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
            assert lines
            assert {line.split()[1][3] for line in lines} == {"p"}


def test_no_derivative_and_nothing_of_our_environment_is_in_its_memory(
    udl: NetworksJudge, jail: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the child while it answers, and of the template; what was sent is found, so that the search finds."""
    monkeypatch.setenv("BACKMARK_CANARY", "the-canary-of-this-test")
    suite = udl.questions
    asked = request(udl.subject.exchange.question(suite))
    with contextlib.closing(Template(jail)) as template, Session(template, LIMITS) as session:
        session.extract(body("pass").encode(), "work.py", entry_of("backward_pass"))
        session.answer(asked)
        held = memory(pid_of(session))
        derivatives = [number.tobytes() for number in suite.derivatives[:4000:80] if 1e-3 < abs(number) < 1e3]
        sent = [number.tobytes() for number in suite.preactivations[:400:40]]
        assert derivatives
        assert all(number in held for number in sent)
        for found in (held, memory(template.pid)):
            assert not any(number in found for number in derivatives)
            assert b"the-canary-of-this-test" not in found


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
    while "question" not in frame.f_locals:
        frame = frame.f_back
    for form, numbers in frame.f_locals["question"].networks:
        ctypes.memset(numbers.ctypes.data, 0, numbers.nbytes)
        form.order.clear()
    frame.f_locals["question"].networks[1:] = []
    return sums(*arguments)
"""


def answered(jail: Jail, code: str, asked: JailRequest) -> list[bytes]:
    """The numbers of each answer."""
    with Session(jail, LIMITS) as session:
        session.extract(code.encode(), "sums.py", entry_of("backward_pass"))
        with contextlib.suppress(TimedOut, Crashed):
            session.answer(asked)
        return [reply.payload for reply in session.replies]


def test_what_a_template_keeps_is_answered_as_what_is_sent(own: Template, udl: NetworksJudge) -> None:
    """Whatever another submission did to it."""
    asked = request(udl.subject.exchange.question(udl.questions))
    sent = answered(own, SUMS, asked)
    assert len(sent) == len(udl.questions)
    own.keep(asked)
    with Session(own, LIMITS) as session:
        assert session._process.kept == {asked.key}
    assert answered(own, SUMS, asked) == sent
    assert len(answered(own, OVERWRITES, asked)) < len(sent)
    assert answered(own, SUMS, asked) == sent


def test_a_template_that_replaces_another_is_told_again(own: Template, udl: NetworksJudge) -> None:
    asked = request(udl.subject.exchange.question(udl.questions))
    own.keep(asked)
    sent = answered(own, SUMS, asked)
    own.keep(asked)
    own.close()
    assert answered(own, SUMS, asked) == sent
    own.keep(asked)
    assert answered(own, SUMS, asked) == sent
    with Session(own, LIMITS) as session:
        assert session._process.kept == {asked.key}


def wide(width: int) -> JailRequest:
    """A request about one layer that is so wide."""
    header, payload, size = network([1, width])
    return JailRequest({"function": "backward_pass", "loss": "least_squares", "networks": [header]}, payload, [size])


def test_what_there_is_no_room_for_is_sent(own: Template) -> None:
    """Some four megabytes each."""
    requests = [wide(100_000 + more) for more in range(8)]
    answered(own, SUMS, wide(1))
    kept = 0
    for each in requests:
        own.keep(each)
        with Session(own, LIMITS) as session:
            kept += each.key in session._process.kept
        (numbers,) = answered(own, SUMS, each)
        assert len(numbers) == each.answer_sizes[0]
    assert 0 < kept < len(requests)


def test_what_is_kept_for_others_is_in_no_child(own: Template, udl: NetworksJudge) -> None:
    """Not even in what it has given back: numbers are known to whoever is asked about them alone."""
    first, second, third = request(udl.subject.exchange.question(udl.questions)), wide(5), wide(6)
    numbers = [number.tobytes() for number in udl.revision.suite.preactivations[:400:40]]
    answered(own, SUMS, second)
    for each in (first, second):
        own.keep(each)
    # One that is kept, one that is sent, and nothing but what it is asked itself.
    for asked, known in ((first, True), (second, False), (third, False), (first, True)):
        with Session(own, LIMITS) as session:
            assert session._process.kept == {first.key, second.key}
            session.extract(SUMS.encode(), "sums.py", entry_of("backward_pass"))
            assert len(session.answer(asked)) == len(asked.answer_sizes)
            # Asked for again, it is still there.
            assert len(session.answer(asked)) == len(asked.answer_sizes)
            held = memory(pid_of(session))
        assert all((number in held) is known for number in numbers)


def test_a_template_that_does_not_listen_is_replaced(own: Template) -> None:
    """It may have half of what it was told to keep."""
    printed(own, "pass")
    before = own.pid
    assert own._running is not None
    assert before is not None
    own._running._control.settimeout(0.2)
    os.kill(before, signal.SIGSTOP)
    own.keep(wide(300_000))
    os.kill(before, signal.SIGCONT)
    assert printed(own, "print('well')") == "well"
    assert own.pid != before


@pytest.mark.parametrize("kind", [Template, Single])
def test_the_largest_suite_is_asked(jail: Launch, udl: NetworksJudge, kind: type[Template] | type[Single]) -> None:
    """Sent and, where that is done, kept."""
    suite = join([udl.revision.suite] * 10)
    asked = request(udl.subject.exchange.question(suite))
    assert len(suite) == 2000
    limits = dataclasses.replace(LIMITS, seconds=20)
    with contextlib.closing(kind(jail)) as made:
        for _ in range(2):
            with Session(made, limits) as session:
                session.extract(SUMS.encode(), "sums.py", entry_of("backward_pass"))
                assert len(session.answer(asked)) == len(suite)
            made.keep(asked)


@pytest.mark.parametrize("shared", [True, False])
def test_networks_of_one_submission_alone_are_in_no_template(
    udl: NetworksJudge,
    jail: Launch,
    shared: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    with contextlib.closing(Jails(jail)) as jails:
        for _ in range(2):
            assert Grader(udl, jails, shared=shared).grade(RIGHT, "right.ipynb").outcome is Outcome.PASSED
        assert isinstance(jails._jail, Template)
        # The template takes things in turn: by then it has what it was told to keep.
        jails.check()
        held = memory(jails._jail.pid)
    asked = [number.tobytes() for number in udl.revision.suite.preactivations[:400:40]]
    assert all((number in held) is shared for number in asked)


@pytest.mark.parametrize("kind", [Template, Single])
def test_its_end_starts_no_program_that_the_host_has_for_cores(
    jail: Launch, kind: type[Template] | type[Single]
) -> None:
    """The kernel starts none for a process that may not be dumped, whose memory is then not its user's file."""
    with contextlib.closing(kind(jail)) as made, Session(made, LIMITS) as session:
        ask(session, body("pass"))
        folder = Path(f"/proc/{pid_of(session)}")
        assert (folder / "mem").stat().st_uid != folder.stat().st_uid


def test_three_hundred_jails_leave_nothing(own: Template) -> None:
    """Neither here nor in the template: descriptors, threads, processes, groups, mounts."""
    printed(own, "pass")

    def held() -> tuple[int, ...]:
        pid = own.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        groups = list(Path("/sys/fs/cgroup").glob(f"**/backmark-{os.getpid()}-*"))
        counted = [len(list(Path("/proc", str(each), "fd").iterdir())) for each in ("self", pid)]
        mounts = Path(f"/proc/{pid}/mounts").read_text(encoding="utf-8").count("\n")
        return (*counted, threading.active_count(), len(children.split()), len(groups), mounts)

    before = held()
    for number in range(300):
        with Session(own, LIMITS) as session:
            if number % 50 == 0:
                assert numbers(ask(session, body("return all_weights, all_biases"))[0]) == [1.0, 2.0]
    assert held() == before


def test_practice_has_each_kind_of_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    """What none of its replies is, the first wrong submissions would have to warm up."""
    written: list[bytes] = []
    write = wire.write

    def record(descriptor: int, data: bytes) -> None:
        written.append(data)
        write(descriptor, data)

    monkeypatch.setattr(wire, "write", record)
    practise(1)
    frames = wire.Parser(1 << 20).feed(b"".join(written))
    kinds = [frame.header["kind"] for frame in frames if "kind" in frame.header]
    assert {*kinds} == {"returned", "raised", "malformed", "evidence"}
    assert any(frame.header.get("raised") for frame in frames)
