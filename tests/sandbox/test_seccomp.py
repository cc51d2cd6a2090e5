"""The filters' verdicts, for every number, by an interpreter of their programs."""

import errno
import os
import platform
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from backmark.worker.sandbox import seccomp, syscalls
from tests.services import require

X86, ARM, I386 = 0xC000003E, 0xC00000B7, 0x40000003
DENY = seccomp.ERRNO | errno.EPERM
WORDS = {"x86_64": X86, "aarch64": ARM}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
TABLE = {**syscalls.RUNNING, **syscalls.STARTING}
#: By name the number on each machine.
SystemCalls = dict[str, tuple[int | None, int | None]]


def verdict(program: bytes, number: int, arguments: tuple[int, ...] = (), architecture: int = X86) -> int:
    """Run a program as the kernel does."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, *[0] * 6)[:6])
    steps = list(struct.iter_unpack("=HBBI", program))
    place = accumulator = 0
    while True:
        code, true, false, constant = steps[place]
        place += 1
        if code == 0x06:
            return int(constant)
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif code == 0x54:
            accumulator &= constant
        else:
            comparisons = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: accumulator & constant,
            }
            place += true if comparisons[code] else false


def numbers(machine: str, names: SystemCalls) -> dict[int, str]:
    column = seccomp.MACHINES[machine][1]
    name_by_number = {numbers[column]: name for name, numbers in names.items()}
    return {number: name for number, name in name_by_number.items() if number is not None}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("make", "names"),
    [
        (seccomp.running, syscalls.RUNNING),
        (seccomp.starting, TABLE),
        (seccomp.forking, {**TABLE, **syscalls.FORKING}),
    ],
    ids=["running", "starting", "forking"],
)
def test_what_is_not_named_is_refused(machine: str, make: Callable[[str], bytes], names: SystemCalls) -> None:
    program, name_by_number = make(machine), numbers(machine, names)
    for number in range(1024):
        answer = verdict(program, number, architecture=WORDS[machine])
        if number not in name_by_number:
            assert answer == DENY, number
        elif name_by_number[number] not in {"clone", "clone3", "prctl", "ioctl"}:
            assert answer == seccomp.ALLOW, name_by_number[number]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_another_architecture_ends_the_process(machine: str) -> None:
    for architecture in {X86, ARM, I386} - {WORDS[machine]}:
        for number in range(512):
            assert verdict(seccomp.running(machine), number, architecture=architecture) == seccomp.KILL


def test_x32_numbers_are_refused() -> None:
    program = seccomp.running("x86_64")
    assert {verdict(program, 0x40000000 | number) for number in range(1024)} == {DENY}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (0x003D0F00,), seccomp.ALLOW),  # what the C library gives for a thread
        ("clone", (17,), DENY),  # a fork
        ("clone", (0x10000000 | 0x003D0F00,), DENY),  # a user namespace
        ("clone", (0x4111,), DENY),  # vfork
        ("clone3", (), seccomp.ERRNO | errno.ENOSYS),
        ("fcntl", (0, 3), seccomp.ALLOW),  # F_GETFL
        ("fcntl", (0, 6), DENY),  # F_SETLK
        ("fcntl", (0, 37), DENY),  # F_OFD_SETLK
        ("fcntl", (0, 1024), DENY),  # F_SETLEASE
        ("fcntl", (0, 1026), DENY),  # F_NOTIFY
        ("fcntl", (0, 6 | 1 << 32), DENY),
        ("ioctl", (0, 0x541B), seccomp.ALLOW),  # FIONREAD
        ("ioctl", (0, 0x5412), DENY),  # TIOCSTI
        ("prctl", (15,), seccomp.ALLOW),  # PR_SET_NAME
        ("prctl", (4,), DENY),  # PR_SET_DUMPABLE
        ("prctl", (22,), DENY),  # PR_SET_SECCOMP
        ("futex", (0, 128 | 1), seccomp.ALLOW),  # FUTEX_WAKE, of its own
        ("futex", (0, 0), seccomp.ALLOW),  # FUTEX_WAIT, by which a thread is joined
        ("futex", (0, 1), DENY),  # FUTEX_WAKE, beyond the process
        ("exit_group", (127,), seccomp.ALLOW),
        ("exit_group", (137,), DENY),  # what bwrap says of SIGKILL
        ("exit_group", (0x100 | 137,), DENY),
        ("prlimit64", (0, 7, 0), seccomp.ALLOW),
        ("prlimit64", (0, 7, 1), DENY),
        ("prlimit64", (0, 7, 1 << 32), DENY),
    ],
)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_arguments_are_judged(machine: str, name: str, arguments: tuple[int, ...], expected: int) -> None:
    number = TABLE[name][seccomp.MACHINES[machine][1]]
    assert number is not None
    assert verdict(seccomp.running(machine), number, arguments, WORDS[machine]) == expected


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_template_forks_into_all_its_namespaces_or_makes_a_thread(machine: str) -> None:
    """Of the flags of `clone`, none may be missing and none be there besides."""
    program, number = seccomp.forking(machine), TABLE["clone"][seccomp.MACHINES[machine][1]]
    assert number is not None
    namespaces = 0x10000000 | 0x20000000 | 0x08000000 | 0x04000000 | 0x02000000 | 0x00020000
    flags = namespaces | 0x1000 | 17  # CLONE_PIDFD, SIGCHLD
    assert verdict(program, number, (flags,), WORDS[machine]) == seccomp.ALLOW
    assert verdict(program, number, (0x003D0F00,), WORDS[machine]) == seccomp.ALLOW
    assert {verdict(program, number, (flags ^ 1 << bit,), WORDS[machine]) for bit in range(32)} == {DENY}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_numbers_are_those_of_the_headers(machine: str) -> None:
    if machine == "x86_64" and platform.machine() != machine:
        pytest.skip("only its own machine has this header")
    header_file = require(HEADERS[machine] if HEADERS[machine].exists() else None, str(HEADERS[machine]))
    text = header_file.read_text(encoding="utf-8")
    header = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    # The generic header has an older name for it as well.
    header.setdefault("newfstatat", header.get("fstatat", -1))
    own_numbers = {name: number for number, name in numbers(machine, TABLE).items()}
    assert own_numbers == {name: header[name] for name in own_numbers}
    # 1024 and above are the generic header's calls of the past, which aarch64 never had.
    assert not [name for name in TABLE if name not in own_numbers and header.get(name, 1024) < 1024]


@pytest.mark.parametrize(
    "name",
    [
        *("execve", "execveat", "fork", "vfork", "socket", "socketpair"),
        *("connect", "memfd_create", "unshare", "setns", "mount", "umount2"),
        *("pivot_root", "ptrace", "process_vm_readv", "bpf", "userfaultfd", "perf_event_open"),
        *("io_uring_setup", "keyctl", "add_key", "request_key", "flock", "kill"),
        *("mkdir", "mkdirat", "unlink", "rename", "symlink", "chmod"),
        *("mknod", "truncate", "ftruncate", "shmget", "msgget", "semget"),
        *("mq_open", "personality", "inotify_init1", "fanotify_init", "sched_setaffinity", "setresuid"),
        *("capset", "chroot", "seccomp"),
    ],
)
def test_what_an_attack_needs_is_not_named(name: str) -> None:
    assert name not in syscalls.RUNNING


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_confined_process_may_do_nothing_that_a_jailed_one_may_not(machine: str) -> None:
    jailed, confined = seccomp.running(machine), seccomp.confined(machine, 7)
    for number in range(600):
        if verdict(jailed, number, architecture=WORDS[machine]) == DENY:
            assert verdict(confined, number, architecture=WORDS[machine]) == DENY


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(("name", "place"), [("openat", 2), ("open", 1)])
def test_a_confined_process_opens_files_to_read_alone(machine: str, name: str, place: int) -> None:
    number = syscalls.RUNNING[name][seccomp.MACHINES[machine][1]]
    program = seccomp.confined(machine, 7)
    if number is None:
        return
    for flags, verdict_wanted in (
        (os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY, seccomp.ALLOW),
        (os.O_WRONLY, DENY),
        (os.O_RDWR, DENY),
        (os.O_RDONLY | os.O_CREAT, DENY),
        (os.O_RDONLY | os.O_TRUNC, DENY),
        (os.O_RDWR | os.O_TMPFILE, DENY),
    ):
        arguments = (0,) * place + (flags,)
        assert verdict(program, number, arguments, WORDS[machine]) == verdict_wanted


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_confined_process_signals_itself_alone_and_looks_killed_by_nobody(machine: str) -> None:
    number = syscalls.RUNNING["tgkill"][seccomp.MACHINES[machine][1]]
    assert number is not None
    program = seccomp.confined(machine, 77)
    for arguments, verdict_wanted in (
        ((77, 78, 15), seccomp.ALLOW),
        ((1, 1, 15), DENY),
        ((1 << 32 | 1, 1, 15), DENY),
        # They do nothing, and say so to nobody.
        ((77, 77, 9), seccomp.ERRNO),
        ((77, 77, 19), seccomp.ERRNO),
    ):
        assert verdict(program, number, arguments, WORDS[machine]) == verdict_wanted
