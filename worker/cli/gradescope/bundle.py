"""The ZIP file that Gradescope takes as an autograder."""

import zipfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

#: The files that Gradescope looks for, by these names at the top.
SCRIPTS = ("setup.sh", "run_autograder")
#: The mode of a file that is run, and of one that is read, as an archive has them.
_RUN, _READ = 0o100755 << 16, 0o100644 << 16


def write_bundle(target: Path, revision: bytes, wheels: Sequence[Path]) -> None:
    """Write the ZIP file: the same bytes for the same wheels and cases."""
    folder = resources.files(__package__)
    with zipfile.ZipFile(target, "w") as archive:
        for name in SCRIPTS:
            _add(archive, name, (folder / name).read_bytes(), _RUN)
        _add(archive, "revision.npz", revision, _READ)
        for wheel in sorted(wheels, key=lambda wheel: wheel.name):
            _add(archive, f"wheels/{wheel.name}", wheel.read_bytes(), _READ)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, mode: int) -> None:
    # With the time of no moment; and stored, since wheels and revisions are compressed already.
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = mode
    archive.writestr(member, data)
