"""Confined processes: what holds without a jail, with Landlock and without; only root can start one."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backmark.grader.errors import Crashed, JailInterrupted, JailUnavailable, ServiceError
from backmark.grader.settings import machine
from backmark.worker.sandbox import confined, fallback, policy
from backmark.worker.sandbox.confined import Confined, Confining, OwnUser
from backmark.worker.sandbox.inside.landlock import find_landlock
from backmark.worker.sandbox.policy import Launch, Way
from backmark.worker.sandbox.session import Session
from tests.local import entry_of
from tests.sandbox.conftest import LIMITS, ask, ask_again, body, numbers


@pytest.fixture(scope="module", params=["landlock", "no landlock"])
def launch(request: pytest.FixtureRequest) -> Launch:
    """Confined processes, with Landlock where the kernel has it and without: skipped where they cannot be had.

    They take root, and a Python and a NumPy that another user can get to.
    """
    landlock = request.param == "landlock"
    if landlock and not find_landlock():
        pytest.skip("this kernel has no Landlock, or a container does not let it be used")
    return plan_confined(landlock=landlock)


def plan_confined(*, landlock: bool) -> Launch:
    """Return how one is started here; where none can be, skip the test."""
    try:
        return policy.plan_confined(landlock=landlock)
    except JailUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def session(launch: Launch) -> Iterator[Session]:
    """A session of a confined process."""
    with contextlib.closing(Confining(launch)) as jail, Session(jail, LIMITS) as new_session:
        yield new_session


def process(session: Session) -> Confined:
    """The process of a session."""
    assert isinstance(session._process, Confined)
    return session._process


def printed(session: Session, lines: str) -> str:
    """What a submission prints that does this."""
    ask(session, body(lines, before="import os, sys, ctypes"))
    return session.output


def test_its_walls_hold_all_with_landlock_and_but_for_reading_without(launch: Launch) -> None:
    isolation = fallback.confine("a reason", landlock=launch.readable is not None)
    assert set(isolation.breached) == (set() if launch.readable else fallback.READING)
    assert "a reason" in isolation.sentence


def test_a_right_answer_comes_back(session: Session) -> None:
    (reply,) = ask(session, body("return [np.ones_like(w) for w in all_weights], [2 * b for b in all_biases]"))
    assert numbers(reply)[0] == 1.0


def test_it_is_a_user_of_its_own_without_groups_and_capabilities(session: Session) -> None:
    text = printed(session, "print(os.getresuid(), os.getresgid(), os.getgroups())")
    uid = int(re.findall(r"\d+", text)[0])
    assert uid in confined.USERS
    assert text.strip() == f"{(uid,) * 3} {(uid,) * 3} []"
    status = Path(f"/proc/{process(session).pid}/status").read_text(encoding="ascii")
    assert re.findall(r"Cap(?:Inh|Prm|Eff|Bnd|Amb):\t(\w+)", status) == ["0" * 16] * 5
    assert "NoNewPrivs:\t1\n" in status
    assert "Seccomp:\t2\n" in status


def test_two_at_once_are_two_users(launch: Launch) -> None:
    with contextlib.closing(Confining(launch)) as jail, Session(jail, LIMITS) as one, Session(jail, LIMITS) as other:
        assert process(one)._user.uid != process(other)._user.uid


def test_nothing_can_be_written_anywhere_not_even_where_everybody_may(session: Session, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        folder.chmod(0o777 if folder == tmp_path else folder.stat().st_mode | 0o011)
    (tmp_path / "results.json").write_text("ours", encoding="utf-8")
    (tmp_path / "results.json").chmod(0o666)
    printed(
        session,
        f"""for name in ("results.json", "new"):
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_WRONLY | os.O_CREAT | os.O_APPEND):
        try:
            os.close(os.open({str(tmp_path)!r} + "/" + name, flags))
        except OSError:
            pass
for change in (lambda p: os.unlink(p), lambda p: os.rename(p, p + "2"), lambda p: os.mkdir(p + "d"),
               lambda p: os.symlink("/etc/passwd", p + "l"), lambda p: os.truncate(p, 0), lambda p: os.mkfifo(p + "f")):
    try:
        change({str(tmp_path)!r} + "/results.json")
    except OSError:
        pass""",
    )
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]
    assert (tmp_path / "results.json").read_text(encoding="utf-8") == "ours"


def test_the_grader_can_be_neither_signalled_nor_looked_into(session: Session) -> None:
    text = printed(
        session,
        f"""for attempt in (
    lambda: os.kill({os.getpid()}, 0),
    lambda: open("/proc/{os.getpid()}/mem", "rb"),
    lambda: open("/proc/{os.getpid()}/environ", "rb").read(),
    lambda: open("/proc/{os.getpid()}/maps", "rb").read(),
    lambda: os.listdir("/proc/{os.getpid()}/fd"),
    lambda: os.readlink("/proc/{os.getpid()}/cwd"),
    lambda: os.setpriority(os.PRIO_PROCESS, {os.getpid()}, 19),
):
    try:
        attempt()
        print("DONE")
    except OSError:
        print("no")""",
    )
    assert text.split() == ["no"] * 7


def test_what_only_root_may_read_is_not_read(session: Session, tmp_path: Path) -> None:
    secret = tmp_path / "revision.npz"
    secret.write_text("answers", encoding="utf-8")
    secret.chmod(0o600)
    text = printed(
        session,
        f"""for path in ({str(secret)!r}, "/etc/shadow"):
    try:
        print(open(path).read())
    except OSError:
        print("no")""",
    )
    assert text.split() == ["no", "no"]


def test_landlock_hides_what_everybody_may_read() -> None:
    if not find_landlock() or not policy.can_become():
        pytest.skip("this takes Landlock, and root")
    with contextlib.closing(Confining(plan_confined(landlock=True))) as jail, Session(jail, LIMITS) as session:
        text = printed(
            session,
            f"""for path in ("/etc/passwd", "/proc/self/status", {__file__!r}, {fallback.__file__!r}):
    try:
        open(path).read(1)
        print("READ", path)
    except OSError:
        print("no")
import statistics, numpy.polynomial
print("imported")""",
        )
    assert text.split() == ["no"] * 4 + ["imported"]


def test_landlock_shows_a_folder_but_not_what_is_hidden_in_it(tmp_path: Path) -> None:
    """In a process of its own, which keeps what it gave up."""
    if not find_landlock():
        pytest.skip("this kernel has no Landlock")
    for name in ("shown/a.txt", "shown/site-packages/answers.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    script = f"""
import ctypes, os
from backmark.worker.sandbox.inside.landlock import restrict
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
restrict(libc, [{str(tmp_path / "shown")!r}], [{str(tmp_path / "shown/site-packages")!r}])
print(open({str(tmp_path / "shown/a.txt")!r}).read(), sorted(os.listdir({str(tmp_path / "shown")!r})))
try:
    print(open({str(tmp_path / "shown/site-packages/answers.txt")!r}).read())
except PermissionError:
    print("no")
"""
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert process.stdout.splitlines() == ["shown/a.txt ['a.txt', 'site-packages']", "no"]


def test_killed_from_outside_it_is_nobodys_crash(session: Session) -> None:
    session.extract(body("pass").encode(), "work.py", entry_of("backward_pass"))
    os.kill(process(session).pid, signal.SIGKILL)
    with pytest.raises(JailInterrupted):
        ask_again(session)


def test_it_cannot_make_itself_look_killed(session: Session) -> None:
    (reply,) = ask(
        session, body("import signal\nsignal.raise_signal(signal.SIGKILL)\nsignal.raise_signal(signal.SIGSTOP)")
    )
    assert reply.header["kind"] == "returned"


def test_another_signal_of_its_own_is_its_crash(session: Session) -> None:
    with pytest.raises(Crashed, match="SIGTERM"):
        ask(session, body("import signal\nsignal.raise_signal(signal.SIGTERM)"))


def test_all_that_its_user_runs_is_ended_in_whatever_session(launch: Launch) -> None:
    """Its filter lets it start nothing: this is for the day on which there is a way around it."""
    with contextlib.closing(Confining(launch)) as jail:
        session = Session(jail, LIMITS)
        uid = process(session)._user.uid
        with subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, user=uid, start_new_session=True
        ) as left:
            session.close()
            assert left.wait(10) == -signal.SIGKILL
    assert confined._list_processes(uid) == []


def test_a_user_that_another_has_is_not_taken() -> None:
    taken = OwnUser()
    with contextlib.closing(taken):
        others = [OwnUser() for _ in range(20)]
        assert taken.uid not in {other.uid for other in others}
        for other in others:
            other.close()


def test_nothing_is_left(launch: Launch) -> None:
    before = {entry.name for entry in Path("/proc/self/fd").iterdir()}
    for _ in range(3):
        with contextlib.closing(Confining(launch)) as jail, Session(jail, LIMITS) as session:
            ask(session, body("pass"))
            folder = Path(jail._folder.name)
            pid = process(session).pid
        assert not folder.exists()
        assert not Path(f"/proc/{pid}").exists()
    assert len({entry.name for entry in Path("/proc/self/fd").iterdir()}) == len(before)


def test_no_setting_chooses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service goes by BACKMARK_JAIL."""
    monkeypatch.setenv("BACKMARK_JAIL", Way.CONFINED)
    with pytest.raises(ServiceError):
        machine.from_environment()


def test_a_jail_is_preferred_where_it_can_be_had(jail: Launch) -> None:  # noqa: ARG001 - skipped where there is none
    isolation = fallback.find_isolation()
    assert isolation.launch.way is Way.AUTO
    assert isolation.sentence == ""


def test_where_neither_jail_nor_confined_process_can_be_made_both_reasons_are_sentences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> Launch:
        raise JailUnavailable("The kernel has no seccomp.")

    monkeypatch.setattr(policy, "plan_confined", refuse)
    with pytest.raises(JailUnavailable) as error:
        fallback.confine("No bubblewrap.")
    assert str(error.value) == (
        "No jail is possible here: No bubblewrap.\nA confined process cannot be made either: The kernel has no seccomp."
    )


def test_without_landlock_nothing_runs_beside_answers_that_everybody_may_read(launch: Launch, tmp_path: Path) -> None:
    open_to_all = next(path for path in (Path("/etc/passwd"), Path("/etc/hosts")) if fallback.is_open(path))
    closed = tmp_path / "revision.npz"
    closed.touch(0o600)
    landlock = launch.readable is not None
    assert fallback.confine("no jail", [closed], landlock=landlock).launch.way is Way.CONFINED
    with contextlib.nullcontext() if landlock else pytest.raises(JailUnavailable, match=f"chmod go= {open_to_all}"):
        fallback.confine("no jail", [closed, open_to_all], landlock=landlock)


def test_a_file_is_open_if_others_may_read_it_and_enter_all_folders_above(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "revision.npz"
    file.parent.mkdir()
    file.touch()
    for folder in tmp_path.parents[:-1]:
        folder.chmod(folder.stat().st_mode | 0o011)
    states = []
    for outer, inner in ((0o755, 0o644), (0o755, 0o600), (0o700, 0o644)):
        file.parent.chmod(outer)
        file.chmod(inner)
        tmp_path.chmod(0o755)
        states.append(fallback.is_open(file))
    assert states == [True, False, False]
    assert not fallback.is_open(tmp_path / "nothing")


def test_where_none_can_be_had_the_reason_is_said(launch: Launch) -> None:  # noqa: ARG001 - root alone
    isolation = fallback.find_isolation("/nowhere/bwrap")
    assert isolation.launch.way is Way.CONFINED
    assert "No bubblewrap at /nowhere/bwrap" in isolation.sentence


def test_whoever_is_not_root_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "can_become", lambda: False)
    with pytest.raises(JailUnavailable, match=r"No bubblewrap at(.|\n)*only root can"):
        fallback.find_isolation("/nowhere/bwrap")
