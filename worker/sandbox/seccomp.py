"""The jail's system call filters, as classic BPF programs that the kernel runs before every call.

Both are allow-lists: what is not named fails with EPERM. They check the architecture word, since `int 0x80`
would otherwise reach the 32-bit table, and refuse x32 numbers. A program looks at registers only, never at
memory, so an argument that is a pointer cannot be judged: hence no `clone3`, whose flags are behind one.
"""

import errno
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backmark.worker.sandbox.syscalls import FORKING, RUNNING, STARTING

#: The architecture word of each machine (linux/audit.h) and its column in the tables.
MACHINES: Mapping[str, tuple[int, int]] = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

#: Verdicts (linux/seccomp.h).
ALLOW = 0x7FFF0000
KILL = 0x80000000
ERRNO = 0x00050000

# Instruction codes (linux/bpf_common.h) and offsets into struct seccomp_data.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32_BIT = 0x40000000

#: CLONE_THREAD, which every thread has, and what no thread needs: CLONE_NEW*, CLONE_PTRACE, CLONE_VFORK.
_CLONE_THREAD = 0x00010000
_CLONE_OTHERS = 0x7E020000 | 0x00002000 | 0x00004000
#: The flags with which a template forks: every CLONE_NEW* but those of clocks and of the network, CLONE_PIDFD, and
#: SIGCHLD at its end.
_CLONE_JAIL = 0x3E020000 | 0x00001000 | 17
#: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ: no locks, leases or owners.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
#: TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX.
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
#: FUTEX_PRIVATE_FLAG, and FUTEX_WAIT and FUTEX_WAIT_BITSET, the latter also by the real-time clock.
_FUTEX_PRIVATE = 128
_FUTEX_WAITS = (0, 9, 9 | 256)
#: PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (the C library names its memory with it).
_PRCTL = (15, 16, 0x53564D41)
#: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC; O_TMPFILE takes one of the first two.
_OPEN_TO_CHANGE = 0o1 | 0o2 | 0o100 | 0o1000
_SIGKILL, _SIGSTOP = 9, 19
#: And PR_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _CAPBSET_READ, _CAPBSET_DROP, _SET_NO_NEW_PRIVS, _CAP_AMBIENT.
_PRCTL_STARTING = (*_PRCTL, 1, 4, 22, 23, 24, 38, 47)


@dataclass(frozen=True, slots=True)
class FilterStep:
    """One instruction: code, jumps when true and when false, and its constant."""

    code: int
    true: int
    false: int
    constant: int


def running(machine: str) -> bytes:
    """Return the strict program, under which a submission runs: no new programs, no processes, no sockets."""
    rules = {"prctl": _one_of(0, _PRCTL), "prlimit64": _only_read_limits()}
    rules |= dict.fromkeys(("exit", "exit_group"), _small_status())
    return _program(machine, RUNNING, {**_RULES, **rules})


def confined(machine: str, pid: int) -> bytes:
    """Return the program of a confined process: as strict, and for one whose files and processes are not its own.

    It opens files to read them only, and signals itself alone, but not so that it would look killed from outside.
    """
    rules = {
        "prctl": _one_of(0, _PRCTL),
        "prlimit64": _only_read_limits(),
        "open": _only_reads(1),
        "openat": _only_reads(2),
        "tgkill": _only_itself(pid),
    }
    rules |= dict.fromkeys(("exit", "exit_group"), _small_status())
    return _program(machine, RUNNING, {**_RULES, **rules})


def starting(machine: str) -> bytes:
    """Return the program under which bwrap starts Python: strict, but for giving up privileges."""
    rules = {**_RULES, "prctl": _one_of(0, _PRCTL_STARTING)}
    return _program(machine, {**RUNNING, **STARTING}, rules)


def forking(machine: str) -> bytes:
    """Return the program of a template: it also forks, into new namespaces, and speaks over a socket of its own."""
    rules = {**_RULES, "prctl": _one_of(0, _PRCTL_STARTING), "clone": _namespaces()}
    return _program(machine, {**RUNNING, **STARTING, **FORKING}, rules)


def _program(
    machine: str,
    table: Mapping[str, tuple[int | None, int | None]],
    rules: Mapping[str, list[FilterStep]],
) -> bytes:
    architecture, column = MACHINES[machine]
    steps = [
        _load(_ARCHITECTURE),
        FilterStep(_EQUAL, 1, 0, architecture),
        _answer(KILL),
        _load(_NUMBER),
        FilterStep(_AT_LEAST, 0, 1, _X32_BIT),
        _answer(ERRNO | errno.EPERM),
    ]
    for name, numbers in table.items():
        number = numbers[column]
        if number is not None:
            body = rules.get(name, [_answer(ALLOW)])
            # A rule ends in a verdict on every path, so the number need not be loaded again behind it.
            steps += [FilterStep(_EQUAL, 0, len(body), number), *body]
    steps.append(_answer(ERRNO | errno.EPERM))
    return _assemble(steps)


def _assemble(steps: Iterable[FilterStep]) -> bytes:
    return b"".join(struct.pack("=HBBI", step.code, step.true, step.false, step.constant) for step in steps)


def _load(offset: int) -> FilterStep:
    return FilterStep(_LOAD, 0, 0, offset)


def _answer(verdict: int) -> FilterStep:
    return FilterStep(_RETURN, 0, 0, verdict)


def _low(argument: int) -> FilterStep:
    """Load an argument's low word, all that the kernel reads of an int; both machines are little-endian."""
    return _load(_ARGUMENTS + 8 * argument)


def _one_of(argument: int, values: tuple[int, ...]) -> list[FilterStep]:
    tests = [FilterStep(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [_low(argument), *tests, _answer(ERRNO | errno.EPERM), _answer(ALLOW)]


def _only_threads() -> list[FilterStep]:
    return [
        _low(0),
        FilterStep(_ANY_BIT, 1, 0, _CLONE_THREAD),
        _answer(ERRNO | errno.EPERM),
        FilterStep(_ANY_BIT, 0, 1, _CLONE_OTHERS),
        _answer(ERRNO | errno.EPERM),
        _answer(ALLOW),
    ]


def _namespaces() -> list[FilterStep]:
    """Let threads be made, and processes that get their namespaces anew."""
    return [_low(0), FilterStep(_EQUAL, 0, 1, _CLONE_JAIL), _answer(ALLOW), *_only_threads()]


def _only_read_limits() -> list[FilterStep]:
    """Let prlimit64 through where both words of its third argument, the new limits, are zero."""
    return [
        _low(2),
        FilterStep(_EQUAL, 1, 0, 0),
        _answer(ERRNO | errno.EPERM),
        _load(_ARGUMENTS + 8 * 2 + 4),
        FilterStep(_EQUAL, 1, 0, 0),
        _answer(ERRNO | errno.EPERM),
        _answer(ALLOW),
    ]


def _only_reads(flags: int) -> list[FilterStep]:
    """Let a file be opened whose flags, this argument, ask for nothing but reading."""
    return [
        _low(flags),
        FilterStep(_ANY_BIT, 0, 1, _OPEN_TO_CHANGE),
        _answer(ERRNO | errno.EPERM),
        _answer(ALLOW),
    ]


def _only_itself(pid: int) -> list[FilterStep]:
    """Let the process signal its own threads; SIGKILL and SIGSTOP do nothing, as they do to process 1 of a jail."""
    return [
        _low(0),
        FilterStep(_EQUAL, 1, 0, pid),
        _answer(ERRNO | errno.EPERM),
        _low(2),
        FilterStep(_EQUAL, 1, 0, _SIGKILL),
        FilterStep(_EQUAL, 0, 1, _SIGSTOP),
        _answer(ERRNO),
        _answer(ALLOW),
    ]


def _small_status() -> list[FilterStep]:
    """Let an exit through whose status bwrap would not also report for a signal."""
    return [
        _low(0),
        FilterStep(_AND, 0, 0, 0xFF),
        FilterStep(_AT_LEAST, 0, 1, 128),
        _answer(ERRNO | errno.EPERM),
        _answer(ALLOW),
    ]


def _private_futexes() -> list[FilterStep]:
    """Let futexes through that are this process's own, and the shared waits by which threads are joined.

    A shared wake would reach another jail over the same page of a mapped library.
    """
    tests = [FilterStep(_EQUAL, len(_FUTEX_WAITS) - place, 0, value) for place, value in enumerate(_FUTEX_WAITS)]
    return [
        _low(1),
        FilterStep(_ANY_BIT, len(tests) + 1, 0, _FUTEX_PRIVATE),
        *tests,
        _answer(ERRNO | errno.EPERM),
        _answer(ALLOW),
    ]


_RULES: Mapping[str, list[FilterStep]] = {
    "clone": _only_threads(),
    # The C library then falls back on clone, whose flags can be seen.
    "clone3": [_answer(ERRNO | errno.ENOSYS)],
    "fcntl": _one_of(1, _FCNTL),
    "futex": _private_futexes(),
    "ioctl": _one_of(1, _IOCTL),
}
