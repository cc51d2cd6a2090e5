"""A session answers, pins what fails to its network, and lets nothing out or stay behind."""

import contextlib
import dataclasses
import math
import os
import platform
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from backmark.grader.errors import Crashed, JailFailed, OutOfMemory, SubmissionError, TimedOut, TooMuchOutput
from backmark.worker.sandbox import bubble
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.process import Jail
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.single import SingleJail, SingleProcess
from backmark.worker.sandbox.template import Template
from tests.local import entry_of
from tests.sandbox.conftest import LIMITS, ask, ask_again, body, make_request, numbers

RIGHT = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    db = [None] * (K + 1)
    dW = [None] * (K + 1)
    db[K] = d_loss_d_output(all_f[K], y)
    for layer in range(K, -1, -1):
        dW[layer] = db[layer] @ all_h[layer].T
        if layer:
            db[layer - 1] = indicator_function(all_f[layer - 1]) * (all_weights[layer].T @ db[layer])
    return dW, db
"""
#: For tables of what the code in the jail alone decides: by the other ways of starting it, nightly.
inside_alone = pytest.mark.parametrize(
    "way",
    ["forked", *(pytest.param(way, marks=pytest.mark.nightly) for way in ("single", "unjailed"))],
    indirect=True,
)


# ---- answers


def test_the_numbers_come_back_in_the_order_of_the_parameters(session: Session) -> None:
    replies = ask(session, RIGHT, [1, 1], [1, 2, 1])
    # W 1, b 2, f 3, h 4, y 5: dl/df is 2 (3 - 5), dW that times 4.
    assert numbers(replies[0]) == [-16.0, -4.0]
    # W 1 2, 3 4, b 5 6, 7, f 8 9, 10, h 11, 12 13, y 14: dl/df is 2 (10 - 14) at the output.
    assert numbers(replies[1]) == [-24 * 11, -32 * 11, -24, -32, -8 * 12, -8 * 13, -8]
    assert [reply.header for reply in replies] == [{"kind": "returned", "changed": []}] * 2


def test_batches_have_as_many_columns(session: Session) -> None:
    lines = "return [all_f[0].shape[1] + all_weights[0]], [y.shape[1] + all_biases[0]]"
    assert numbers(ask(session, body(lines), columns=3)[0]) == [4.0, 5.0]


def test_the_slice_is_executed_once_for_each_depth_and_kept(session: Session) -> None:
    before = "count = [0]\ndef mine(n=K):\n    count[0] += 1\n    return n * 100 + count[0]"
    code = body("return [mine() + 0 * w for w in all_weights], [0 * b for b in all_biases]", before)
    assert [numbers(reply)[0] for reply in ask(session, code, [1, 1], [1, 1, 1], [1, 1])] == [1, 101, 2]
    assert numbers(ask_again(session, [1, 1])[0])[0] == 3


def test_the_students_own_helpers_win_and_k_is_ours(session: Session) -> None:
    code = body("return [d_loss_d_output(1, 2) + K + 0 * w for w in all_weights], all_biases")
    assert numbers(ask(session, "K = 5\ndef d_loss_d_output(a, b):\n    return 7\n" + code)[0])[0] == 7


def test_dataclasses_with_postponed_annotations_work(session: Session) -> None:
    before = "from dataclasses import dataclass\n@dataclass\nclass Box:\n    value: 'float' = 3.0"
    code = "from __future__ import annotations\n" + body(
        "return [Box().value + 0 * all_weights[0]], all_biases", before
    )
    assert numbers(ask(session, code)[0])[0] == 3


def test_random_numbers_are_the_same_each_time(way: Jail) -> None:
    code = body("return [np.random.rand(1, 1) + random.random() + 0 * len({'a', 'b'})], all_biases", "import random")
    answers = []
    for _ in range(2):
        with Session(way, LIMITS) as session:
            answers.append(numbers(ask(session, code)[0]))
    assert answers[0] == answers[1]


@inside_alone
@pytest.mark.parametrize(
    ("lines", "changed_names"),
    [
        ("all_h[0][0, 0] = 9", ["all_h"]),
        ("all_weights[0] *= 2\nall_biases.append(1)", ["all_weights", "all_biases"]),
        ("all_f[0] = 2 * all_f[0]", ["all_f"]),
        ("all_f[0] = all_f[0].copy()", []),
        ("y.shape = (1,)", ["y"]),
        ("y += 0", []),
        ("all_h[0] *= np.nan", ["all_h"]),
    ],
)
def test_changed_arguments_are_named(session: Session, lines: str, changed_names: list[str]) -> None:
    return_line = "return [np.zeros((1, 1))], [np.zeros((1, 1))]"
    assert ask(session, body(f"{lines}\n{return_line}"))[0].header == {"kind": "returned", "changed": changed_names}


@inside_alone
@pytest.mark.parametrize(
    "expression",
    [
        "([[[3.0]]], ([[4]],))",
        "[np.array([[[3]]], dtype='int8'), np.array([[[4]]], dtype='float16')]",
        "[[np.matrix([[3.0]])], [np.ma.array([[4.0]], mask=[[True]])]]",
        "[np.array([np.array([[3.0]]), None], dtype=object)[:1], [np.array([[4]], dtype=np.longdouble)]]",
        "[[np.array([[3.0]], dtype='>f8')], [np.asfortranarray([[4.0]])]]",
    ],
)
def test_what_is_convertible_with_the_right_shape_is_taken(session: Session, expression: str) -> None:
    assert numbers(ask(session, body(f"return {expression}"))[0]) == [3, 4]


@inside_alone
@pytest.mark.parametrize(
    ("expression", "forms", "error"),
    [
        ("None", {}, "TypeError"),
        ("(None, [])", {"all_dl_dweights[0]": "", "all_dl_dbiases[0]": ""}, None),
        ("(np.float64(1), [])", {"all_dl_dweights[0]": "", "all_dl_dbiases[0]": ""}, None),
        ("(np.array(1.0), [])", {"all_dl_dweights[0]": "", "all_dl_dbiases[0]": ""}, None),
        ("([np.zeros((1, 1))] * 2, [])", {"all_dl_dbiases[0]": ""}, None),
        ("([np.zeros(1)], [])", {"all_dl_dweights[0]": "ndarray", "all_dl_dbiases[0]": ""}, None),
        ("([1.0], [1])", {"all_dl_dweights[0]": "float", "all_dl_dbiases[0]": "int"}, None),
        ("([[[1], [2, 3]]], [[[1]]])", {"all_dl_dweights[0]": "list"}, None),
        ("([np.zeros((1, 1))], [np.array([[1j]])])", {"all_dl_dbiases[0]": "ndarray"}, None),
        ("([np.zeros((1, 1))], [[['1']]])", {"all_dl_dbiases[0]": "list"}, None),
        ("([np.zeros((1, 1))], [np.zeros((1, 1), dtype=object)])", {"all_dl_dbiases[0]": "ndarray"}, None),
        (
            "([np.zeros((1, 1))], [np.zeros((1, 1)).transpose])",
            {"all_dl_dbiases[0]": "builtin_function_or_method"},
            None,
        ),
    ],
)
def test_what_has_another_structure_is_named_and_the_rest_is_answered(
    session: Session, expression: str, forms: dict[str, str], error: str | None
) -> None:
    session.extract(body(f"return {expression}").encode(), "work.py", entry_of("backward_pass"))
    (reply,) = session.answer(make_request([1, 1]))
    header = reply.header
    assert header["kind"] == "partial"
    assert {form["where"]: form["found"]["type"] for form in header["malformed"]} == forms
    assert reply.raised_type == error
    assert [math.isnan(number) for number in numbers(reply)] == [mark != "0" for mark in header["status"]]
    assert header["completed"] is (expression != "None")


# ---- exceptions


def test_an_exception_shows_the_students_lines_only(session: Session) -> None:
    header = ask(session, "\n" + body("return np.linalg.inv(np.zeros((1, 1)))"))[0].header
    assert (header["kind"], header["type"], header["message"]) == ("raised", "LinAlgError", "Singular matrix")
    lines = header["traceback"].splitlines()
    assert lines[0] == "  line 5, in backward_pass"
    assert lines[1] == "    return np.linalg.inv(np.zeros((1, 1)))"
    assert lines[2].startswith("  numpy.linalg")
    assert lines[-1] == "LinAlgError: Singular matrix"
    assert len(lines) == 4
    assert header["frames"] == [[0, 5]]


@pytest.mark.parametrize("error", ["SystemExit(0)", "KeyboardInterrupt", "GeneratorExit"])
def test_exits_are_answers_too_and_the_next_network_is_asked(session: Session, error: str) -> None:
    replies = ask(session, body(f"if K == 0:\n    raise {error}"), [1, 1], [1, 1, 1])
    assert (replies[0].header["kind"], replies[0].header["type"]) == ("raised", error.partition("(")[0])
    assert replies[1].header["kind"] == "returned"


def test_what_executing_the_slice_raises_is_the_answer_of_every_network_of_its_depth(
    session: Session,
) -> None:
    replies = ask(session, body("table", "table = [1, 2][K]"), [1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1])
    assert [reply.header["kind"] for reply in replies] == ["returned", "raised", "raised", "returned"]
    assert "line 2" in replies[2].header["traceback"]
    assert "before your function was called" in replies[1].header["message"]
    (inner_reply,) = ask(session, body("1 / 0"), [1, 1, 1, 1])
    assert "before the function" not in inner_reply.header["message"]


@inside_alone
@pytest.mark.parametrize(
    "method",
    [
        "def __str__(self): raise ValueError",
        "def __str__(self): return self.__str__()",
        "def __str__(self): return 'x' * 10**8",
        "def __str__(self): return '\\ud800\\x00\\x1b[31m'",
        "def __init__(self): self.__cause__ = self",
        "def __str__(self): raise SystemExit",
    ],
)
def test_exceptions_that_break_when_looked_at_are_described(session: Session, method: str) -> None:
    header = ask(session, body("raise Broken()", f"class Broken(Exception):\n    {method}"))[0].header
    assert (header["kind"], header["type"]) == ("raised", "Broken")
    assert len(header["message"]) <= 2000
    assert len(header["traceback"]) <= 8000
    assert "line 5" in header["traceback"]
    assert "\x00" not in header["message"]


def test_endless_recursion_is_an_exception_and_its_traceback_is_short(session: Session) -> None:
    header = ask(session, body("return backward_pass(all_weights, all_biases, all_f, all_h, y)"))[0].header
    assert header["type"] == "RecursionError"
    assert "more" in header["traceback"]
    assert len(header["traceback"]) < 4000
    assert header["frames"]
    assert len(header["frames"]) <= 16


def test_the_cause_comes_first(session: Session) -> None:
    header = ask(session, body("try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('two')"))[0].header
    assert header["traceback"].index("ZeroDivisionError") < header["traceback"].index("ValueError: two")
    assert header["frames"] == [[0, 5], [0, 7]]


def test_a_frame_outside_of_the_submission_is_none_of_its_lines(session: Session) -> None:
    code = "exec(compile('\\n' * 99999 + '1 / 0', '<submission>', 'exec'))"
    header = ask(session, body(code))[0].header
    assert (header["type"], header["frames"]) == ("ZeroDivisionError", [[0, 4]])


# ---- extraction and output


def test_a_rejection_is_a_submission_error_and_the_session_goes_on(session: Session) -> None:
    with pytest.raises(SubmissionError) as error:
        session.extract(b"def backward_pass(:", "work.py", entry_of("backward_pass"))
    assert error.value.reason == "syntax_error"
    assert ask(session, RIGHT)


def test_a_jail_that_was_ruined_by_what_it_read_before_is_no_failure_of_ours(jail_session: Session) -> None:
    ask(jail_session, body("import builtins\nbuiltins.any = builtins.all = lambda things: True\nbuiltins.float = None"))
    with pytest.raises(Crashed):
        jail_session.extract(RIGHT.encode(), "work.py", entry_of("backward_pass"))


@pytest.mark.parametrize("source", [b"(" * 300_000, b"-" * 900_000 + b"1", b"x = " + b"f'{" * 200 + b"1"])
def test_source_that_is_too_deep_is_rejected(jail_session: Session, source: bytes) -> None:
    with pytest.raises(SubmissionError):
        jail_session.extract(source, "work.py", entry_of("backward_pass"))


def test_prints_are_kept_apart_from_answers(session: Session) -> None:
    lines = "import os\nos.write(1, b'one ')\nprint('two', end=' ', flush=True)\nos.system\nprint('three')"
    assert ask(session, body(lines))[0].header["kind"] == "returned"
    assert session.output.split() == ["one", "two", "three"]


def test_input_meets_an_end_of_file(session: Session) -> None:
    assert ask(session, body("input()"))[0].header["type"] == "EOFError"


@pytest.mark.parametrize("lines", ["print('x' * 20_000)", "while True:\n    print('x')"])
def test_too_much_output_is_found_and_pinned(session: Session, lines: str) -> None:
    code = body("if K == 1:\n" + "\n".join(f"    {line}" for line in lines.splitlines()))
    with pytest.raises(TooMuchOutput, match="16,384"):
        ask(session, code, [1, 1], [1, 1, 1])
    # How many answers came before is a matter of timing: prints and answers come over two pipes.
    assert session.output.startswith("x")
    assert len(session.output) <= 4096


# ---- ends


@pytest.mark.parametrize("loop", ["while True:\n        pass", "import time\n    time.sleep(60)"])
def test_a_call_that_does_not_end_is_pinned_to_its_network(way: Jail, loop: str) -> None:
    limits = JailLimits(seconds_per_call=0.2, seconds=5.0, memory=1 << 30, output=1000)
    with Session(way, limits) as session:
        with pytest.raises(TimedOut, match=r"0\.2 s on one call"):
            ask(session, body(f"if K == 1:\n    {loop}"), [1, 1], [1, 1, 1], [1, 1])
        assert len(session.replies) == 1


def test_slow_answers_meet_the_limit_for_all_of_them(way: Jail) -> None:
    limits = JailLimits(seconds_per_call=1.0, seconds=0.4, memory=1 << 30, output=1000)
    lines = "import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end:\n    pass"
    with Session(way, limits) as session, pytest.raises(TimedOut, match="in all"):
        ask(session, body(lines), *[[1, 1]] * 50)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("import os\nos._exit(0)", "exit status 0"),
        ("import os\nos._exit(3)", "exit status 3"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        ("import os\nos.close(41)", "without an answer"),
        ("import os\nos.write(41, b'x' * 10_000_000)", "answer"),
        ("import os\nos.write(41, bytes(12))", "not an answer"),
    ],
)
def test_a_process_that_dies_or_talks_nonsense_has_crashed(jail_session: Session, lines: str, message: str) -> None:
    code = body("if K == 1:\n" + "\n".join(f"    {line}" for line in lines.splitlines()))
    with pytest.raises(Crashed, match=message):
        ask(jail_session, code, [1, 1], [1, 1, 1])
    assert [reply.header["kind"] for reply in jail_session.replies] == ["returned"]
    with pytest.raises(JailFailed, match="over"):
        ask_again(jail_session)


def test_forged_headers_are_no_answers(jail_session: Session) -> None:
    lines = (
        "import json, os, struct\n"
        "text = json.dumps({'kind': 'returned', 'changed': [['y']], 'score': 8}).encode()\n"
        "os.write(41, struct.pack('>IQ', len(text), 16) + text + bytes(16))"
    )
    with pytest.raises(Crashed, match="not an answer"):
        ask(jail_session, body(lines))


def test_memory_is_limited(jail_session: Session) -> None:
    with pytest.raises(OutOfMemory, match="1,024 MiB"):
        ask(jail_session, body("return np.ones(2**31)"))


def test_memory_beyond_the_address_space_limit_meets_the_group(single: SingleJail) -> None:
    """The runner's own limit is taken away here, as if it had been got around."""
    code = body("kept = [np.ones(2**23) for _ in range(20)]")
    limits = JailLimits(seconds_per_call=5, seconds=9, memory=1 << 30, output=1000)
    with Session(single, limits) as session:
        assert isinstance(session._process, SingleProcess)
        group = session._process._group
        if group is None or not any(list(folder.glob("memory.*")) for folder in group.folders):
            pytest.skip("no control groups for memory here")
        session._await_ready()
        for folder in group.folders:
            for name in ("memory.max", "memory.limit_in_bytes"):
                if (folder / name).exists():
                    (folder / name).write_text(str(200 << 20), encoding="ascii")
        with pytest.raises(OutOfMemory, match="MiB"):
            ask(session, code)


def read_something(jail: Jail) -> None:
    """Have a jail read something."""
    with Session(jail, LIMITS) as session:
        session.extract(b"", "work.py", entry_of("backward_pass"))


@pytest.mark.parametrize("kind", [SingleJail, Template])
def test_a_jail_that_cannot_start_says_what_bwrap_said(jail: Launch, kind: type[SingleJail] | type[Template]) -> None:
    broken_launch = Launch(
        wrapper=(*jail.wrapper, "--no-such-flag"),
        command=jail.command,
        environment=jail.environment,
        jailed=True,
    )
    with contextlib.closing(kind(broken_launch)) as jails, pytest.raises(JailFailed, match="no-such-flag"):
        read_something(jails)


def test_nobody_is_let_through_the_gate_of_whom_bwrap_did_not_tell(
    jail: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would run without having been taken hold of."""
    monkeypatch.setattr(bubble, "_START", 0.05)
    silent_jail = dataclasses.replace(jail, wrapper=("/bin/sh", "-c", "exec sleep 60"))
    with pytest.raises(JailFailed, match="did not say"):
        SingleJail(silent_jail).start(LIMITS)


@pytest.mark.parametrize("kind", [SingleJail, Template])
def test_an_interpreter_without_numpy_is_our_failure(jail: Launch, kind: type[SingleJail] | type[Template]) -> None:
    command = (*jail.command[:-1], "import sys; sys.exit('no NumPy here')")
    broken_launch = Launch(
        wrapper=jail.wrapper,
        command=command,
        environment=jail.environment,
        jailed=True,
        user=jail.user,
        starting=jail.starting,
        forking=jail.forking,
        running=jail.running,
    )
    with contextlib.closing(kind(broken_launch)) as jails, pytest.raises(JailFailed, match="no NumPy here"):
        read_something(jails)


# ---- isolation


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket()",
        "import socket; socket.socketpair()",
        "import os; os.fork()",
        "import os; os.execv(sys.executable, ['python'])",
        "import subprocess; subprocess.run(['/bin/true'])",
        "import os; os.memfd_create('x')",
        "import os; os.listdir('/proc')",
        "import os; os.listdir('/dev')",
        "import os; os.listdir('/work')",
        "import os; os.listdir('/tmp')",
        "open('/etc/passwd')",
        "open('/x', 'w')",
        "open('/jail/x', 'w')",
        "open('/jail/backmark/worker/sandbox/inside/runner.py', 'a')",
        "import os; os.mkdir('/x')",
        "import os; os.kill(1, 9)",
        "import os; os.setuid(0)",
        "import os; os.chmod('/', 0o777)",
        "import os; os.sched_setaffinity(0, {0})",
        "import fcntl; fcntl.flock(os.open(sys.executable, 0), 2)",
        "import fcntl; fcntl.lockf(os.open(sys.executable, 0), fcntl.LOCK_SH)",
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
        "import threading as t; [t.Thread(target=t.Event().wait, daemon=True).start() for _ in range(99)]",
        "import backmark.grader",
        "import backmark.grader.contracts",
        "import backmark.worker.sandbox.session",
        "import backmark.worker.cli.main",
        "import hypothesis",
        "import pip",
        "import click",
    ],
)
def test_an_attempt_fails(jail_session: Session, attempt: str) -> None:
    reply = ask(jail_session, body(f"import os, sys\n{attempt}"))[0]
    assert reply.header["kind"] == "raised", attempt
    assert reply.header["type"] in {
        *("PermissionError", "FileNotFoundError", "ModuleNotFoundError", "OSError", "RuntimeError"),
        *("BlockingIOError", "ValueError"),
    }


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize(
    "call",
    [
        "272, 0x10000000",
        "319, b'x', 0",
        "425, 1, 0",
        "250, 0",
        "321, 0",
        "323, 0",
        "165, b'', b'/', 0, 0, 0",
        "308, 0, 0",
        "101, 0, 0",
        "310, 1",
        "435, 0, 0",
        "41, 40, 1, 0",
        "57",
        "117, 0, 0, 0",
        "160, 7, 0",
        "135, 0",
    ],
)
def test_the_kernel_refuses_a_raw_call(jail_session: Session, call: str) -> None:
    lines = f"import ctypes\nl = ctypes.CDLL(None, use_errno=True)\nprint(l.syscall({call}), ctypes.get_errno())"
    assert look(jail_session, lines) == ("-1 38" if call.startswith("435") else "-1 1")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="machine code of x86_64")
def test_the_32_bit_door_is_shut(jail_session: Session) -> None:
    lines = (
        "import ctypes, mmap\n"
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        "page.write(bytes.fromhex('b867010000cd80c3'))\n"  # mov eax, 359 (socket); int 0x80; ret
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
    )
    with pytest.raises(Crashed, match="SIGSYS"):
        ask(jail_session, body(lines))


def test_sessions_run_side_by_side(any_jail: Jail) -> None:
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(Session(any_jail, LIMITS)) for _ in range(4)]
        answers = [numbers(ask(session, RIGHT)[0]) for session in sessions]
    assert answers == [[-16.0, -4.0]] * 4


def look(session: Session, lines: str) -> str:
    """Return what the lines print inside."""
    assert ask(session, body(f"import os, sys\n{lines}"))[0].header["kind"] == "returned"
    return session.output.strip()


def test_the_process_is_nobody_and_can_become_nobody_else(jail_session: Session) -> None:
    """Without a map of its users the forked one is the kernel's overflow user, in its own eyes."""
    assert look(jail_session, "print({*os.getresuid(), *os.getresgid()} - {10001, 65534}, os.getpid())") == "set() 1"


def test_the_environment_is_ours_alone(jail_session: Session) -> None:
    names = look(jail_session, "print(*sorted(os.environ))").split()
    assert set(names) <= {
        "LANG",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "PYTHONHASHSEED",
        "PWD",
        "LC_CTYPE",
    }


OPEN = "for n in range(512):\n    try:\n        os.fstat(n)\n        print(n)\n    except OSError:\n        pass"


def test_no_descriptor_is_open_but_the_pipes(jail_session: Session) -> None:
    assert look(jail_session, OPEN).split() == ["0", "1", "2", "40", "41"]


def test_nor_is_one_if_the_worker_has_many_open(single: SingleJail) -> None:
    """What bwrap is passed then has numbers beyond those of the pipes."""
    with contextlib.ExitStack() as stack:
        for _ in range(64):
            stack.callback(os.close, os.dup(0))
        with Session(single, LIMITS) as session:
            assert look(session, OPEN).split() == ["0", "1", "2", "40", "41"]


def test_only_what_python_needs_is_mounted(jail_session: Session) -> None:
    folders = ("/jail", "/jail/backmark", "/jail/backmark/worker", "/jail/backmark/worker/sandbox")
    lines = f"for folder in {folders}:\n    print(*os.listdir(folder))"
    assert sorted(look(jail_session, lines).split()) == ["backmark", "inside", "sandbox", "site", "worker"]


def test_every_mount_is_read_only(jail_session: Session) -> None:
    lines = (
        "for top, folders, files in os.walk('/'):\n"
        "    if not os.statvfs(top).f_flag & os.ST_RDONLY:\n        print(top)\n"
        "    folders[:] = [] if top.count('/') > 4 else folders"
    )
    assert look(jail_session, lines) == ""


def test_installed_packages_cannot_be_seen(jail_session: Session) -> None:
    lines = (
        "for path in sys.path:\n"
        "    for name in ('site-packages', 'dist-packages'):\n"
        "        if os.path.isdir(path + '/' + name):\n            print(*os.listdir(path + '/' + name))\n"
        "print(*os.listdir('/jail/site'))"
    )
    assert set(look(jail_session, lines).split()) <= {"numpy", "numpy.libs"}


@pytest.mark.parametrize(("kind", "processes"), [(SingleJail, 2), (Template, 3)])
def test_it_is_killed_with_the_worker(jail: Launch, kind: type[SingleJail | Template], processes: int) -> None:
    """Nothing outlives a worker that was killed: neither bwrap nor what it started, nor what that forked."""
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from tests.sandbox.conftest import LIMITS\n"
        f"from backmark.worker.sandbox import policy\nfrom {kind.__module__} import {kind.__name__}\n"
        "from backmark.worker.sandbox.session import Session\n"
        f"session = Session({kind.__name__}(policy.plan_jailed()), LIMITS)\nsession._await_ready()\n"
        "found = [os.getpid()]\n"
        "for pid in found:\n"
        "    found += map(int, Path(f'/proc/{pid}/task/{pid}/children').read_text().split())\n"
        "print(*found[1:], flush=True)\nsys.stdin.read()"
    )
    worker = subprocess.Popen(
        (sys.executable, "-c", code),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert jail.jailed
    assert worker.stdin
    assert worker.stdout
    with worker.stdin, worker.stdout:
        pids = [int(word) for word in worker.stdout.readline().split()]
        # bwrap and the process in it, and what a template has forked.
        assert len(pids) == processes
        with contextlib.ExitStack() as ends:
            descriptors = [os.pidfd_open(pid) for pid in pids]
            for descriptor in descriptors:
                ends.callback(os.close, descriptor)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            for descriptor in descriptors:
                assert select.select([descriptor], [], [], 10)[0]


def test_twenty_sessions_leave_nothing_behind(way: Jail) -> None:
    def count_held() -> tuple[int, int, int]:
        groups = len(list(Path("/sys/fs/cgroup").glob(f"**/backmark-{os.getpid()}-*")))
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), groups

    def children() -> set[str]:
        return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())

    with Session(way, LIMITS) as session:
        # A template is there before anything is counted.
        ask(session, RIGHT)
    before, child_pids = count_held(), children()
    for number in range(20):
        with Session(way, LIMITS) as session:
            if number % 10 == 0:
                ask(session, RIGHT)
            elif number % 10 == 1:
                session._await_ready()
            session.close()
    assert count_held() == before
    assert children() == child_pids
