"""A fresh interpreter for each of many scripts, without NumPy's import for each: forked by one that has it already."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_PROGRAM = r"""
import json, os, sys, tempfile, traceback
import numpy

for line in sys.stdin:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if not child:
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            status = 0
            try:
                exec(compile(json.loads(line), "<string>", "exec"), {"__name__": "__main__"})
            except BaseException:
                traceback.print_exc()
                status = 1
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode())
    print(json.dumps([status, *texts]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a script ended, and what it printed."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Runs one script after another, each on its own."""

    process: "subprocess.Popen[str]"

    def run(self, script: str) -> Completed:
        """Run a script to its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(script) + "\n")
        self.process.stdin.flush()
        return Completed(*json.loads(self.process.stdout.readline()))


@contextmanager
def start_interpreter() -> Iterator[Interpreter]:
    """An interpreter until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-I", "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Interpreter(process)
