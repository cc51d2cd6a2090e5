"""The wheels that Backmark needs in Gradescope's image, chosen by pip for that image and not for this machine."""

import importlib.util
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from backmark.grader.errors import ServiceError

#: The Python of Ubuntu 24.04, and the newest C library that a wheel may want there.
PYTHON, _GLIBC = "3.12", 39
#: The oldest that wheels are still made for.
_OLDEST_GLIBC = 5
#: The platforms of the wheels that are needed as this is written, for a command that people copy.
_USUAL = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64")
#: The part of pip's complaint that names what is missing.
_COMPLAINT = "ERROR: "


def collect_wheels(folder: Path, source: Path | None) -> list[Path]:
    """Put all wheels into a folder, from `source` alone if there is one, else from pip's index.

    Raises ServiceError, which says what is missing.
    """
    if importlib.util.find_spec("pip") is None:
        raise ServiceError(
            "pip is needed to choose the wheels, but is not installed beside Backmark; run `python -m ensurepip`"
        )
    command = _command(folder, source)
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a command of our own
    if process.returncode:
        raise ServiceError(_explain(process.stderr, source))
    return sorted(folder.glob("*.whl"))


def _command(folder: Path, source: Path | None) -> list[str]:
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(_GLIBC, _OLDEST_GLIBC - 1, -1)]
    platforms += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]
    origin = [] if source is None else ["--no-index", "--find-links", str(source)]
    return [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", str(folder)),
        *("--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON, "--abi", "cp312"),
        *(word for platform in platforms for word in ("--platform", platform)),
        *origin,
        # Ubuntu's Python has no pip of its own.
        *(f"backmark=={version('backmark')}", "pip"),
    ]


def _explain(complaint: str, source: Path | None) -> str:
    errors = [line.removeprefix(_COMPLAINT) for line in complaint.splitlines() if line.startswith(_COMPLAINT)]
    said = (errors or complaint.strip().splitlines() or ["pip gave no reason"])[-1]
    if source is None:
        return (
            f"the wheels could not be downloaded: {said}. Put wheels for Python {PYTHON} on Linux, x86_64, into a"
            " folder, and name the folder by --wheels; for a Backmark that no index has, make the wheel by `pip wheel"
            " --no-deps -w FOLDER .`"
        )
    platforms = " ".join(f"--platform {platform}" for platform in _USUAL)
    return (
        f"wheels are missing in the folder {source}: {said}. To download what is missing, run `pip download"
        f" --only-binary=:all: --python-version {PYTHON} {platforms} --find-links {source} -d {source} backmark pip`"
    )
