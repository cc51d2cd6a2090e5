"""What one process of a worker finds out about the machine, all of them know: the first one reports it."""

import subprocess
import sys

from backmark.worker.sandbox import doctor
from backmark.worker.sandbox.policy import Launch, Way

#: In an interpreter of its own: the first process of a worker, and a child that examines the machine.
WORKER = """
import os
from backmark.worker.service.isolation import Isolation

isolation = Isolation({bwrap!r})
before = isolation.way_found
if (child := os.fork()) == 0:
    isolation.examine()
    os._exit(0)
os.waitpid(child, 0)
print(before, isolation.way_found, isolation.reason, sep="\\n")
"""


def examine_in_a_child(bwrap: str | None) -> tuple[str, str, str]:
    """The way before and after, and the reason, as the first process knows them."""
    command = [sys.executable, "-c", WORKER.format(bwrap=bwrap)]
    process = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    before, after, reason = process.stdout.rstrip("\n").split("\n", 2)
    return before, after, reason


def test_the_way_that_a_child_found_is_known_to_its_worker(jail: Launch) -> None:
    way = Way.TEMPLATE if doctor.examine(jail.wrapper[0]).forks else Way.SINGLE
    assert examine_in_a_child(jail.wrapper[0]) == (Way.SINGLE, way, "None")


def test_the_reason_why_a_child_found_no_jail_is_known_to_its_worker() -> None:
    before, after, reason = examine_in_a_child("/nowhere/bwrap")
    assert (before, after) == (Way.SINGLE, Way.SINGLE)
    assert "/nowhere/bwrap" in reason
