"""A process that grades, and cannot start at first."""

import os
import subprocess
import sys
from pathlib import Path

from backmark.worker.serve.die_with_parent import tie_to_parent
from tests.service.parts import EXAMPLES, ROOT, Service, until

RIGHT = next(file for file in EXAMPLES if file.name == "right_loops.py").read_bytes()

#: A worker; each of its processes that grade removes a file before it starts, or else cannot.
WORKER = """
import sys
from pathlib import Path
from backmark.worker.cli.main import main
from backmark.worker.grading.pool import Jails

check = Jails.check


def fail_at_first(self):
    for fault in Path({folder!r}).glob("fault-*"):
        fault.unlink(missing_ok=True)
        raise OSError("no room")
    check(self)


Jails.check = fail_at_first
sys.argv = ["backmark", "service", "worker", "--concurrency", "2"]
sys.exit(main())
"""


def test_a_process_that_cannot_start_at_first_loses_no_message(service: Service, tmp_path: Path) -> None:
    """Without a sweeper, which would send what was lost again."""
    faults = [tmp_path / f"fault-{number}" for number in range(3)]
    for fault in faults:
        fault.touch()
    command = tie_to_parent([sys.executable, "-c", WORKER.format(folder=str(tmp_path))])
    worker = subprocess.Popen(command, env={**os.environ, **service.variables}, cwd=ROOT)
    try:
        until(service.store.workers.list, "the worker reports")
        names = [service.submit(RIGHT, "right.py", f"student-{number}") for number in range(8)]
        assert {submission.outcome for submission in service.wait_for_ends(*names)} == {"passed"}
        assert not any(fault.exists() for fault in faults)
    finally:
        worker.terminate()
        assert worker.wait() == 0
