"""`python -m bench.apart`: a service whose workers are in network namespaces of their own, beside one on loopback.

Bytes, commands and milliseconds of Redis's processor for each right submission, and how many a second are graded. Needs
root, and `ip` of iproute2: the namespaces, the pairs of interfaces between them and us, and their addresses go again at
the end. Nothing leaves this machine.
"""

import argparse
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.service import Course
from bench.stack import Stack, run_part, run_stack
from bench.waiting import wait_until

#: The subnets of the pairs of interfaces: .1 is our end, .2 the worker's.
_SUBNET = "10.213.{}"
#: Submissions before those that count.
_WARM_UP = 40


@dataclass(frozen=True, slots=True)
class _Usage:
    """What Redis has received, sent, run and used."""

    received: int
    sent: int
    commands: int
    milliseconds: float

    @classmethod
    def read(cls, stack: Stack) -> "_Usage":
        info = stack.store.redis.info
        stats, cpu = info("stats"), info("cpu")
        return cls(
            int(stats["total_net_input_bytes"]),
            int(stats["total_net_output_bytes"]),
            int(stats["total_commands_processed"]),
            1000 * (float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])),
        )


def main() -> None:
    """Measure both, and print a table."""
    parser = argparse.ArgumentParser(prog="bench.apart", description=__doc__)
    parser.add_argument("--burst", type=int, default=400, help="submissions that count")
    burst = parser.parse_args().burst
    logging.disable()
    print(f"{'workers of one process':28}{'a second':>10}{'received':>10}{'sent':>10}{'commands':>10}{'Redis, ms':>11}")
    with run_stack() as stack:
        course = Course(stack)
        with stack.workers(1):
            print(f"{'one, on loopback':28}{_measure(course, burst)}", flush=True)
        with stack.workers(2):
            print(f"{'two processes, on loopback':28}{_measure(course, burst)}", flush=True)
        with _workers_apart(stack, 2):
            print(f"{'two, each in its namespace':28}{_measure(course, burst)}", flush=True)


def _measure(course: Course, burst: int) -> str:
    """Return the figures of a burst of files that nobody has handed in before, as the rest of a row."""
    stack = course.stack
    course.submit_burst(_WARM_UP, mixed=False)
    before, start = _Usage.read(stack), time.monotonic()
    course.submit_burst(burst, mixed=False)
    seconds, after = time.monotonic() - start, _Usage.read(stack)
    received, sent, commands = (
        (getattr(after, name) - getattr(before, name)) / burst for name in ("received", "sent", "commands")
    )
    milliseconds = (after.milliseconds - before.milliseconds) / burst
    return f"{burst / seconds:10.1f}{received:10,.0f}{sent:10,.0f}{commands:10.1f}{milliseconds:11.2f}"


@contextmanager
def _workers_apart(stack: Stack, count: int) -> Iterator[None]:
    """Run so many workers of one process, each in a network namespace of its own."""
    port = stack.variables["BACKMARK_REDIS_URL"].rpartition(":")[2]
    with ExitStack() as resources:
        hosts = [resources.enter_context(_namespace(number)) for number in range(count)]
        stack.store.redis.config_set("bind", " ".join(["127.0.0.1", *hosts]))
        stack.store.redis.config_set("protected-mode", "no")
        for number, host in enumerate(hosts):
            variables = {**stack.variables, "BACKMARK_REDIS_URL": f"redis://{host}:{port}"}
            resources.enter_context(
                run_part(["worker"], variables, stack.folder / f"apart-{number}.log", within=_enter(number))
            )
        wait_until(lambda: _count_workers(stack) == count, "the workers take work")
        yield
    stack.store.redis.config_set("bind", "127.0.0.1")


def _count_workers(stack: Stack) -> int:
    return sum(record.role == "worker" and bool(record.jail) for record in stack.store.workers.list())


def _name(number: int) -> str:
    return f"bm{os.getpid()}-{number}"


def _enter(number: int) -> list[str]:
    # Not `ip netns exec`, in which there are no control groups.
    return [shutil.which("nsenter") or "nsenter", f"--net=/run/netns/{_name(number)}"]


@contextmanager
def _namespace(number: int) -> Iterator[str]:
    """Make a network namespace with a way to us; return our address there."""
    name, subnet = _name(number), _SUBNET.format(number + 1)
    ours, theirs = f"bm{os.getpid()}h{number}", f"bm{os.getpid()}w{number}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        _ip("address", "add", f"{subnet}.1/24", "dev", ours)
        _ip("link", "set", ours, "up")
        for words in (
            ("address", "add", f"{subnet}.2/24", "dev", theirs),
            ("link", "set", theirs, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", name, *words)
        yield f"{subnet}.1"
    finally:
        # The pair of interfaces goes with it.
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    command: Sequence[str] = ("ip", *words)
    subprocess.run(command, check=True, timeout=10)


if __name__ == "__main__":
    main()
