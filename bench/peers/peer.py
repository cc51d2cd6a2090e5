"""A grader that is measured: how it is told what to check, and how it says what it found."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.run import ONE_THREAD, Command, Run, timed

ROOT = Path(__file__).parents[2]
#: Where `make bench-peers` installs.
PEERS = ROOT / ".peers"


def environment(python: Path, folder: Path) -> dict[str, str]:
    """Its programs are found first, ours can be imported, its settings are of this run only.

    pytest does not load what is in our environment for our own tests.
    """
    path = os.pathsep.join((str(python.parent), os.environ.get("PATH", "")))
    settings = {"HOME": str(folder), "JUPYTER_PLATFORM_DIRS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**ONE_THREAD, **settings, "PATH": path, "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True)
class Peer:
    """One grader."""

    name: str
    #: Its folder in `.peers`; none where it runs in our own environment.
    home: str | None
    #: Lays everything down in a folder, for a Python and a submission's source, and says what to run there.
    lay: Callable[[Path, Path, str], Sequence[str]]
    #: Whether what it left says that the submission passed.
    passed: Callable[[Path, Run], bool]

    @property
    def python(self) -> Path:
        """The interpreter that has it."""
        return PEERS / self.home / "bin" / "python" if self.home else Path(sys.executable)

    @property
    def installed(self) -> bool:
        """Whether it can be measured here."""
        return self.python.exists()

    def command(self, folder: Path, networks: Path, source: str) -> Command:
        """What grades the submission, in a folder that is made for it."""
        folder.mkdir(parents=True)
        words = self.lay(folder, self.python, source)
        variables = {**environment(self.python, folder), "BENCH_NETWORKS": str(networks)}
        return Command(words, folder, variables, range(256))

    def tried(self, folder: Path, networks: Path, source: str, *, right: bool) -> Command:
        """The same, after one run that has to come to the right conclusion: who sees nothing measures nothing."""
        command = self.command(folder, networks, source)
        run = timed(command)
        if self.passed(folder, run) != right:
            said = "".join(run.text[-10:])
            message = f"{self.name} does not see that this submission is {'right' if right else 'wrong'}: {said}"
            raise RuntimeError(message)
        return command
