"""Commands name the extra that they lack."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from backmark.grader.contracts import gallery
from backmark.worker.cli.commands.serve import serve
from backmark.worker.cli.extras import MODULES

ROOT = Path(__file__).parents[2]


def run_without(modules: tuple[str, ...], *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a Python in which these modules are not installed."""
    absent = f"import sys; sys.modules.update(dict.fromkeys({modules!r}))"
    code = f"{absent}; from backmark.worker.cli.main import main; main({words!r})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("serve",), "serve"),
        (("service", "worker"), "worker"),
        (("service", "sweeper"), "worker"),
        (("service", "web"), "web"),
        (("service", "token", "list"), "web"),
        (("status", "s1"), "client"),
        (("course", "regrade", "show", "r1"), "client"),
    ],
)
def test_a_command_without_its_extra_says_which_to_install(command: tuple[str, ...], extra: str) -> None:
    """A service's come with the package of the assignments, which a student's wheel is not."""
    process = run_without(MODULES["serve"], *command)
    assert process.returncode == 2
    package = "backmark" if extra == "client" else "backmark-gallery"
    assert f"install '{package}[{extra}]', or in a clone run `make setup`" in process.stderr
    assert "Traceback" not in process.stderr


def test_serve_looks_for_what_its_parts_need_before_it_starts_any() -> None:
    """A web server without gunicorn would be started again and again."""
    assert "needs gunicorn, which is not installed" in run_without(("gunicorn",), "serve").stderr


def test_serve_without_the_assignments_says_which_package_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "is_installed", lambda: False)
    result = CliRunner().invoke(serve, [])
    assert result.exit_code == 2
    assert "install 'backmark-gallery[serve]'" in result.output


def test_without_any_extra_there_is_help_for_every_command() -> None:
    process = run_without(MODULES["serve"], "--help")
    assert process.returncode == 0, process.stderr
    assert "\n  serve " in process.stdout


def test_the_modules_of_an_extra_are_those_of_its_dependencies() -> None:
    """By pyproject.toml; the Redis server is left out, since the machine may have one."""
    modules = {"pyjwt": "jwt", "pylti1p3next": "pylti1p3"}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra in ("client", "web", "worker"):
        names = {requirement.partition(">")[0].partition("[")[0].replace("-", "_") for requirement in extras[extra]}
        assert set(MODULES[extra]) == {modules.get(name, name) for name in names}
    assert set(MODULES["serve"]) == {module for extra in ("client", "web", "worker") for module in MODULES[extra]}
