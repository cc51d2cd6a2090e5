"""The first minute by the README, and the quick start behind each door, word for word, in the order of the page."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.services import require_program

#: An environment is made from nothing, and a service is started in it.
pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
#: Seconds in which a service is ready, its environment made included; and those of all other blocks together.
_READY, _PATIENCE = 240, 240
#: Ends at the first command that does not do what it is for; 1 says that not everybody passed.
_STRICT = "set -uE -o pipefail\ntrap 'status=$?; [ $status -le 1 ] || exit $status' ERR\n"
#: What the environment of these tests has and a new user's has not; `make` hands down the variables it was given.
_OURS = ("BACKMARK_", "VIRTUAL_ENV", "XDG_", "MAKE", "MFLAGS", "ARGS", "FILE", "UPGRADE", "PYTEST_")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code of a page."""

    language: str
    text: str

    @property
    def serves(self) -> bool:
        """True if it runs until it is stopped: what comes after it is typed into another terminal."""
        return self.text.strip() == "make serve"


def read_blocks(page: str) -> list[Block]:
    """Return the blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
    assert text.count("\n```") == 2 * len(blocks)
    return blocks


def read_quick_start(door: str) -> list[Block]:
    """Return the blocks of a quick start."""
    return read_blocks(f"docs/{door}/index.md")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh checkout of what is here, without an environment: the first `make` makes one."""
    folder = tmp_path_factory.mktemp("fresh") / "backmark"
    if not (ROOT / ".git").exists():
        pytest.skip("without git nobody knows which files a checkout has")
    list_files = [require_program("git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(list_files, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and os.path.lexists(ROOT / name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "All")
    return folder


def _git(folder: Path, *words: str) -> str:
    command = [require_program("git"), "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has never run Backmark; what they have downloaded may be used again."""
    home = tmp_path / "home"
    home.mkdir()
    for name in (".cache", ".config"):
        if (Path.home() / name).exists():
            (home / name).symlink_to(Path.home() / name)
    kept = {name: text for name, text in os.environ.items() if not name.startswith(_OURS)}
    path = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if not part.startswith(str(ROOT)))
    return {**kept, "HOME": str(home), "PATH": path}


def type_in(blocks: Sequence[Block], checkout: Path, environment: dict[str, str]) -> str:
    """Return what a terminal shows of these blocks: those of the shell, and those of Python in its environment."""
    words = {"sh": "{}", "python": "python3 - << 'PYTHON'\n{}PYTHON\n"}
    script = _STRICT + "".join(words[block.language].format(block.text) for block in blocks)
    process = subprocess.run(
        [require_program("bash"), "-c", script],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )
    assert process.returncode in {0, 1}, process.stdout
    return process.stdout


@contextmanager
def serve(checkout: Path, environment: dict[str, str], log: Path) -> Iterator[None]:
    """`make serve` in a terminal of its own, until the end of the block."""
    found = Path(environment["HOME"]) / ".local/share/backmark/environment"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [require_program("make"), "serve"],
            cwd=checkout,
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            end = time.monotonic() + _READY
            while not found.exists() or not _is_ready(found):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < end, log.read_text(encoding="utf-8")
                time.sleep(0.2)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)


def _is_ready(environment: Path) -> bool:
    (url,) = re.findall(r"^BACKMARK_URL=(\S+)$", environment.read_text(encoding="utf-8"), re.MULTILINE)
    words = [require_program("curl"), "--silent", "--fail", "--output", os.devnull, f"{url}/readyz"]
    return subprocess.run(words, check=False).returncode == 0


def test_student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block in a cell of a notebook beside a clone. Backmark is installed already: pip only tries."""
    for name, text in {"PIP_DRY_RUN": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}.items():
        monkeypatch.setenv(name, text)
    (tmp_path / "backmark").symlink_to(ROOT)
    usual: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [
        {**usual, "id": f"cell-{place}", "source": block.text}
        for place, block in enumerate(read_quick_start("student"))
    ]
    # Here, since they take seconds to import, in each process that collects tests.
    import nbformat  # noqa: PLC0415
    from nbclient import NotebookClient  # noqa: PLC0415

    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=_PATIENCE, resources={"metadata": {"path": str(tmp_path)}}).execute()
    checked = next(cell for cell in notebook.cells if 'result = check("udl-7.2")' in cell.source)
    (output,) = (each for each in checked.outputs if each.output_type == "execute_result")
    assert "The smallest case" in output.data["text/html"]


@pytest.fixture(scope="module")
def first_minute() -> tuple[str, str]:
    """The lines of the README's first screen: up to the first verdict, and those of the tests."""
    upto, verb, tests = read_blocks("README.md")[0].text.partition("make test")
    return upto, verb + tests


@pytest.mark.usefixtures("jail")
def test_the_readme_leads_to_a_verdict_and_installs_what_that_needs(
    checkout: Path, environment: dict[str, str], tmp_path: Path, first_minute: tuple[str, str]
) -> None:
    typed = Block("sh", first_minute[0].replace("ADDRESS", str(checkout)))
    shown = type_in([typed], tmp_path, environment)
    assert "no_relu_derivative.ipynb (udl-7.2)  failed  8 of 10 marks" in shown
    (installed,) = (tmp_path / "backmark/.venv/lib").glob("python*/site-packages")
    assert (installed / "numpy").exists()
    assert not (installed / "celery").exists()
    assert not (installed / "pytest").exists()
    assert _git(tmp_path / "backmark", "status", "--porcelain") == ""


@pytest.mark.nightly
@pytest.mark.usefixtures("jail")
def test_the_readme_leads_from_the_verdict_to_the_tests(
    checkout: Path, environment: dict[str, str], tmp_path: Path, first_minute: tuple[str, str]
) -> None:
    """To a few of them; what else only tests need is left as it is here."""
    upto, tests = first_minute
    few = tests.replace("make test ", "make test ARGS='tests/test_words.py -n 0' ", 1)
    shown = type_in([Block("sh", upto.replace("ADDRESS", str(checkout)) + few)], tmp_path, environment)
    assert re.search(r"^\d+ passed", shown.splitlines()[-1].strip("= "))


@pytest.mark.nightly(12)
@pytest.mark.usefixtures("jail")
def test_each_quick_start_starts_where_another_ends(
    checkout: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """In one terminal and with one service, the developer's first: its token must not become the operator's."""
    require_program("make")
    require_program("curl")
    every = [block for door in ("developer", "operator", "instructor") for block in read_quick_start(door)]
    with serve(checkout, environment, tmp_path / "log"):
        # The block for containers only where an engine answers; `make compose-test` tries them anywhere.
        typed = [block for block in every if not block.serves and "docker" not in block.text]
        shown = type_in(typed, checkout, environment)
    for part in ("failed\npassed 10 of 10\n", "10 of 10 marks", "/invitations/", "8 of 10 marks", "cs231n-affine"):
        assert part in shown
    home = Path(environment["HOME"])
    assert (home / "marks.csv").read_text(encoding="utf-8").count("\n") == 3
    assert (home / "report/index.html").exists()
    assert (home / "backmark-backup").stat().st_size > 1000
    secrets = {(checkout / "secrets" / name).read_text("utf-8") for name in ("backmark_secret", "redis_password")}
    assert len(secrets) == 2
    assert _git(checkout, "status", "--porcelain") == ""


@pytest.mark.nightly
def test_operator_in_containers(checkout: Path, environment: dict[str, str]) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode > 0:
        pytest.skip("no Docker engine answers; `make compose-test` starts one of its own")
    blocks = [block for block in read_quick_start("operator") if "docker" in block.text or "secrets" in block.text]
    try:
        assert "ready" in type_in(blocks, checkout, environment)
    finally:
        down = [docker, "compose", "down", "--volumes"]
        subprocess.run(down, cwd=checkout, env=environment, check=False, capture_output=True)
