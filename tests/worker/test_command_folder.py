"""The folder of commands is `backmark --help`, and a command imports no other."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from backmark.worker.cli import commands
from backmark.worker.cli.main import main
from tests.worker.test_cli import backmark

NAMES = sorted(file.stem for file in Path(commands.__path__[0]).glob("*.py") if file.stem != "__init__")


def test_the_help_lists_the_files_of_the_folder() -> None:
    lines = backmark("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_the_command_of_its_name_with_help(name: str) -> None:
    command = getattr(import_module(f"{commands.__name__}.{name}"), name)
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("group", ["", "assignment", "course", "regrade", "token"])
def test_the_list_of_commands_describes_each_in_full(group: str) -> None:
    lines = backmark(*group.split(), "--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("word", ["__init__", "grade.py", "os", "../files", ".main", ""])
def test_a_word_that_names_no_file_of_the_folder_is_no_command(word: str) -> None:
    assert main.get_command(click.Context(main), word) is None


def test_a_mistyped_command_is_answered_with_a_similar_one() -> None:
    process = backmark("submi")
    assert process.returncode == 2
    assert "Did you mean 'submit'?" in process.stderr


@pytest.mark.parametrize(
    ("words", "imports"), [(("--version",), set()), (("submit", "--help"), {"submit"}), (("doctor", "-h"), {"doctor"})]
)
def test_only_the_command_that_is_asked_for_is_imported(words: tuple[str, ...], imports: set[str]) -> None:
    run = f"main({words!r}, standalone_mode=False)"
    code = f"import sys; from backmark.worker.cli.main import main; {run}; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    prefix = f"{commands.__name__}."
    modules = process.stdout.splitlines()[-1].split()
    assert {module.removeprefix(prefix) for module in modules if module.startswith(prefix)} == imports
