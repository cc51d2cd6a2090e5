"""A grader that is measured: its environment, the files it wants, its command, and its conclusion."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.run import ONE_THREAD, Command, Run, run_command

ROOT = Path(__file__).parents[2]
#: The folder into which `make bench-peers` installs.
PEERS = ROOT / ".peers"


def find_python(home: str | None) -> Path:
    """Return the interpreter of a folder of `.peers`, or our own for None."""
    return PEERS / home / "bin" / "python" if home else Path(sys.executable)


def make_environment(python: Path, folder: Path) -> dict[str, str]:
    """Return variables by which the peer's programs come first, ours can be imported, and no user's settings are read.

    pytest does not load the plugins that our environment has for our own tests.
    """
    path = os.pathsep.join((str(python.parent), os.environ.get("PATH", "")))
    settings = {"HOME": str(folder), "JUPYTER_PLATFORM_DIRS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**ONE_THREAD, **settings, "PATH": path, "PYTHONPATH": str(ROOT)}


def read_results(folder: Path) -> dict[str, Any]:
    """Return what a grader wrote as `results.json`."""
    return dict(json.loads((folder / "results.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Peer:
    """A grader that a course could use instead."""

    name: str
    #: Its folder in `.peers`; None if it runs in our own environment.
    home: str | None
    #: Writes all files into a folder, for an interpreter and a submission's source; returns the words of the command.
    lay_out: Callable[[Path, Path, str], Sequence[str]]
    #: Returns True if the files or the run show that the submission passed.
    passes: Callable[[Path, Run], bool]

    @property
    def python(self) -> Path:
        """The interpreter that has the grader."""
        return find_python(self.home)

    @property
    def is_installed(self) -> bool:
        """True if the grader can be measured on this machine."""
        return self.python.exists()

    def prepare_command(self, folder: Path, networks: Path, source: str) -> Command:
        """Create the folder with all files; return the command that grades the submission."""
        folder.mkdir(parents=True)
        words = self.lay_out(folder, self.python, source)
        variables = {**make_environment(self.python, folder), "BENCH_NETWORKS": str(networks)}
        return Command(words, folder, variables, range(256))

    def prove_command(self, folder: Path, networks: Path, source: str, *, right: bool) -> Command:
        """Prepare the command and run it once. Raises RuntimeError if it does not come to the right conclusion."""
        command = self.prepare_command(folder, networks, source)
        run = run_command(command)
        if self.passes(folder, run) != right:
            output = "".join(run.lines[-10:])
            message = f"{self.name} does not see that this submission is {'right' if right else 'wrong'}: {output}"
            raise RuntimeError(message)
        return command
