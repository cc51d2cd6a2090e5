"""The folder of commands is `backmark --help`, old names lead to new ones, and a command imports no other."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from backmark.worker.cli import commands
from backmark.worker.cli.main import CommandFolder, main
from tests.worker.test_cli import backmark

FOLDER = Path(commands.__path__[0])
GROUPS = {
    "": {"autograde", "doctor", "grade", "serve", "status", "submit"},
    "assignment": {"cases", "check", "draw", "export", "kit", "list", "new", "publish", "template"},
    "course": {"archive", "change", "create", "fill", "invite", "list", "regrade", "staff", "undelivered"},
    "init": {"classroom50", "github", "gradescope", "nbgrader"},
    "service": {"backup", "lti", "rerun", "restore", "sweeper", "token", "web", "worker"},
}
#: Each command of the groups, by its words.
COMMANDS = [f"{group} {name}".strip() for group, names in GROUPS.items() for name in sorted(names)]


def list_files() -> set[str]:
    files = (file.relative_to(FOLDER) for file in FOLDER.rglob("*.py") if file.stem != "__init__")
    return {" ".join(file.with_suffix("").parts) for file in files}


def walk(command: click.Command, *words: str) -> Iterator[tuple[str, click.Command]]:
    """The command and all below it, each with its words."""
    yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from walk(below, *words, name)


ALL = dict(walk(main))


def section(text: str, title: str) -> str:
    return text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]


def test_the_commands_are_the_files_of_the_folder() -> None:
    assert list_files() == set(COMMANDS)


def test_the_help_describes_what_grades_and_names_all_else_by_groups() -> None:
    text = backmark("--help").stdout
    assert {line.split()[0] for line in section(text, "Grading").splitlines()} == GROUPS[""]
    for group in ("assignment", "course", "init", "service"):
        named = section(text, f"backmark {group} COMMAND")
        assert set(re.split(r",\s+", named.splitlines()[-1].strip())) == GROUPS[group]
    assert len(text.splitlines()) <= 40


@pytest.mark.parametrize("group", ["assignment", "course", "init", "service"])
def test_a_group_has_a_help_of_its_own(group: str) -> None:
    text = backmark(group, "--help").stdout
    assert {line.split()[0] for line in section(text, "Commands").splitlines()} == GROUPS[group]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_file_holds_the_command_of_its_name_with_help(words: str) -> None:
    module = import_module(".".join([commands.__name__, *words.split()]))
    command = ALL[words]
    assert command in vars(module).values()
    assert command.name == words.rpartition(" ")[2]
    assert command.help


@pytest.mark.parametrize(
    "group", [words for words, command in ALL.items() if words and isinstance(command, click.Group)]
)
def test_the_list_of_commands_describes_each_in_full(group: str) -> None:
    lines = section(backmark(*group.split(), "--help").stdout, "Commands").splitlines()
    assert lines
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


def test_no_line_of_the_main_help_is_cut() -> None:
    assert "..." not in backmark("--help").stdout.partition("Grading:")[2]


@pytest.mark.parametrize("words", [words for words, command in ALL.items() if not isinstance(command, click.Group)])
def test_every_option_says_what_it_does_and_its_default(words: str) -> None:
    """A flag is off by default, and an option that is required has none."""
    for parameter in ALL[words].params:
        if isinstance(parameter, click.Option):
            assert (parameter.help or "").endswith("."), parameter.name
            bounded = isinstance(parameter.type, click.IntRange | click.FloatRange)
            assert parameter.show_default or parameter.required or not bounded, parameter.name


@pytest.mark.parametrize("word", ["__init__", "grade.py", "os", "../files", ".main", "", "list"])
def test_a_word_that_names_no_file_of_the_folder_is_no_command(word: str) -> None:
    assert main.get_command(click.Context(main), word) is None


def test_a_mistyped_command_is_answered_with_a_similar_one() -> None:
    process = backmark("submi")
    assert process.returncode == 2
    assert "Did you mean 'submit'?" in process.stderr
    assert "Did you mean 'publish'?" in backmark("assignment", "publsh").stderr


@pytest.mark.parametrize(
    ("name", "groups"),
    [("publish", "`backmark assignment publish`"), ("list", "`backmark assignment list` or `backmark course list`")],
)
def test_a_command_without_its_group_is_answered_with_the_group(name: str, groups: str) -> None:
    process = backmark(name)
    assert process.returncode == 2
    assert f"Did you mean {groups}?" in process.stderr


def test_a_group_is_described_by_its_folder() -> None:
    groups = {name for name, command in ALL.items() if isinstance(command, CommandFolder) and name}
    assert groups == {"assignment", "course", "init", "service"}
    for name in groups:
        assert ALL[name].help == import_module(f"{commands.__name__}.{name}").__doc__


@pytest.mark.parametrize(
    ("words", "imports"),
    [
        (("--version",), set()),
        (("submit", "--help"), {"submit"}),
        (("doctor", "-h"), {"doctor"}),
        (("service", "token", "-h"), {"service", "service.token"}),
    ],
)
def test_only_the_command_that_is_asked_for_is_imported(words: tuple[str, ...], imports: set[str]) -> None:
    run = f"main({words!r}, standalone_mode=False)"
    code = f"import sys; from backmark.worker.cli.main import main; {run}; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    prefix = f"{commands.__name__}."
    modules = process.stdout.splitlines()[-1].split()
    assert {module.removeprefix(prefix) for module in modules if module.startswith(prefix)} == imports
