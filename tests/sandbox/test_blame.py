"""Whose fault an end is: killed or stopped from outside is ours, and what the student's code can bring about is not."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backmark.grader.errors import BackmarkError, Crashed, JailFailed, SubmissionError, TimedOut
from backmark.worker.sandbox.cgroup import Cgroup, Overruns
from backmark.worker.sandbox.clock import Clock
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.wire import Parser
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.process import Jail, begin
from backmark.worker.sandbox.session import Session
from tests.local import entry_of
from tests.sandbox.conftest import LIMITS, ask, ask_again, body, pid_of


@contextmanager
def send_signal(session: Session, number: signal.Signals, seconds: float = 0.3) -> Iterator[None]:
    """Send a signal from outside while something is waited for."""
    pid = pid_of(session)
    assert pid is not None
    timer = threading.Timer(seconds, os.kill, (pid, number))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def stop_jail(session: Session) -> None:
    """Have the jail ready, and stopped."""
    session._await_ready()
    pid = pid_of(session)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)


def test_a_jail_that_is_killed_while_it_reads_is_our_failure(jail_session: Session) -> None:
    stop_jail(jail_session)
    with send_signal(jail_session, signal.SIGKILL), pytest.raises(JailFailed, match="killed"):
        jail_session.extract(body("pass").encode(), "work.py", entry_of("backward_pass"))


def test_a_jail_that_is_killed_while_it_answers_is_our_failure(jail_session: Session) -> None:
    jail_session.extract(body("import time\ntime.sleep(60)").encode(), "work.py", entry_of("backward_pass"))
    with send_signal(jail_session, signal.SIGKILL, 0.1), pytest.raises(JailFailed, match="killed"):
        ask_again(jail_session)


def test_a_jail_that_is_stopped_for_long_answers_when_it_goes_on(jail_session: Session) -> None:
    """For five times as long as a call may take."""
    jail_session.extract(body("pass").encode(), "work.py", entry_of("backward_pass"))
    stop_jail(jail_session)
    with send_signal(jail_session, signal.SIGCONT, 5 * LIMITS.seconds_per_call):
        assert ask_again(jail_session)[0].header["kind"] == "returned"


def test_a_jail_that_stays_stopped_is_our_failure_in_the_end(any_jail: Jail) -> None:
    with Session(any_jail, JailLimits(seconds_per_call=0.2, seconds=0.2, memory=1 << 30, output=1000)) as session:
        stop_jail(session)
        with pytest.raises(JailFailed, match="stopped"):
            session.extract(body("pass").encode(), "work.py", entry_of("backward_pass"))


def test_what_was_answered_while_we_were_held_up_is_taken_before_anything_is_said(
    any_jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty calls compute for longer together than one may, and we hear of none of them meanwhile."""
    real_look, held_up = Clock.look, iter([2.0])

    def look(clock: Clock) -> BackmarkError | None:
        time.sleep(next(held_up, 0.0))
        return real_look(clock)

    monkeypatch.setattr(Clock, "look", look)
    lines = "import time\nend = time.process_time() + 0.04\nwhile time.process_time() < end:\n    pass"
    with Session(any_jail, JailLimits(seconds_per_call=0.3, seconds=9.0, memory=1 << 30, output=1000)) as session:
        session.extract(body(lines).encode(), "work.py", entry_of("backward_pass"))
        held_up = iter([2.0])
        assert len(ask_again(session, *[[1, 1]] * 20)) == 20


def test_what_reading_a_file_uses_up_itself_is_its_own_and_is_not_repeatable(any_jail: Jail) -> None:
    with Session(any_jail, JailLimits(seconds_per_call=0.01, seconds=0.01, memory=1 << 30, output=1000)) as session:
        with pytest.raises(SubmissionError) as error:
            session.extract(b"x = [" + b"f'{1}{2}'," * 40_000 + b"]\n", "work.py", entry_of("backward_pass"))
        assert error.value.reason == "too_complex"
        assert not session.repeatable


def test_an_error_of_ours_while_a_file_is_read_is_our_failure(
    jail_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The jail is told nothing of the function, which it needs."""
    monkeypatch.setattr(Entry, "header", lambda _: {})
    with pytest.raises(JailFailed, match="KeyError"):
        jail_session.extract(body("pass").encode(), "work.py", entry_of("backward_pass"))


def test_a_rejection_by_the_parser_itself_is_repeatable(jail_session: Session) -> None:
    with pytest.raises(SubmissionError):
        jail_session.extract(b"def backward_pass(:", "work.py", entry_of("backward_pass"))
    assert jail_session.repeatable


def test_the_kernels_own_limit_is_a_timeout_though_we_did_not_look(
    any_jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the worker is stopped while a loop runs in the jail."""
    monkeypatch.setattr(Clock, "look", lambda _: None)
    limits = JailLimits(seconds_per_call=0.2, seconds=0.2, memory=1 << 30, output=1000)
    with Session(any_jail, limits) as session, pytest.raises(TimedOut, match="in all"):
        ask(session, body("while True: pass"))


def test_the_kernels_own_limit_comes_long_after_ours(jail: Launch) -> None:
    """It counts in ticks, which may come to a tenth more than the clock that is read here."""
    limits = JailLimits(seconds_per_call=2.0, seconds=20.0, memory=1 << 30, output=1000)
    (frame,) = Parser(payload_cap=1 << 20).feed(begin(jail, limits, None))
    assert frame.header["limits"]["seconds"] >= 2 * limits.seconds


@pytest.mark.parametrize("status", [0, 1, 9, 127, 128, 137, 255])
def test_no_exit_status_is_taken_for_a_kill(any_jail: Jail, status: int) -> None:
    with Session(any_jail, LIMITS) as session, pytest.raises(Crashed):
        ask(session, body(f"os._exit({status})", "import os"))


def test_a_kill_by_the_kernel_for_its_memory_is_its_own_only_at_its_own_limit(tmp_path: Path) -> None:
    """In both versions of control groups: the machine's memory, and that of a group above, can be others' doing."""
    events = tmp_path / "memory.events"
    group = Cgroup((tmp_path,), events)
    events.write_text("low 0\nmax 3\noom 0\noom_kill 1\n", encoding="ascii")
    assert not group.overruns().after(Overruns())
    events.write_text("low 0\nmax 9\noom 1\noom_kill 1\n", encoding="ascii")
    assert group.overruns().after(Overruns())
    assert not group.overruns().after(group.overruns())
    events.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", encoding="ascii")
    (tmp_path / "memory.failcnt").write_text("0\n", encoding="ascii")
    assert not group.overruns().after(Overruns())
    (tmp_path / "memory.failcnt").write_text("7\n", encoding="ascii")
    assert group.overruns().after(Overruns())
