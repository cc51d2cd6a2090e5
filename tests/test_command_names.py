"""Docs, deployment and messages name commands as they are called now."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from backmark.worker.cli.main import main

ROOT = Path(__file__).parents[1]
GROUPS = ["assignment", "course", "service"]
#: The places where somebody reads the name of a command, or something runs one.
PLACES = (
    *("*.md", "Makefile", "Dockerfile", "*.yml", ".env.example", ".ci/*", ".github/**/*.yml", "deploy/*", "setup/**/*"),
    *("docs/**/*.md", "examples/**/*.md", "examples/**/*.yml", "bench/**/*.py"),
    *("grader/**/*.py", "grader/**/*.html", "worker/**/*.py", "worker/**/*.sh", "worker/**/*.in"),
)
#: An earlier version's commands have their earlier names there.
LEFT_OUT = {ROOT / "CHANGELOG.md", ROOT / "worker/cli/main.py"}
#: `backmark web`, `backmark, web` and `"backmark", "web"`: as somebody types it, and as a list of words.
CALL = re.compile(
    r"""(?<![\w./@-])(?:\.venv/bin/)?backmark["']?,?\s+["']?(?P<name>[a-z]+)["']?(?:,?\s+["']?(?P<below>[a-z]+))?"""
)
#: What is no call: the name under which a key is derived, which stored keys depend on.
NO_CALLS = {("lti", "key")}


def list_calls() -> Iterator[tuple[str, str, str]]:
    """The place of each call of a command, the command's name and the word after it."""
    for file in {file for place in PLACES for file in ROOT.glob(place)} - LEFT_OUT:
        if file.is_file() and file.suffix != ".pyc":
            for match in CALL.finditer(file.read_text(encoding="utf-8")):
                if match.groups() not in NO_CALLS:
                    yield str(file.relative_to(ROOT)), match["name"], match["below"] or ""


def list_commands(*words: str) -> set[str]:
    context = click.Context(main)
    group: click.Command | None = main
    for word in words:
        assert isinstance(group, click.Group)
        group = group.get_command(context, word)
    assert isinstance(group, click.Group)
    return set(group.list_commands(context))


def test_nothing_calls_a_command_without_its_group() -> None:
    """Such as `backmark web`: somebody who types that is told the group, and a script fails."""
    grouped = {name for group in GROUPS for name in list_commands(group)} - list_commands()
    assert [call for call in list_calls() if call[1] in grouped] == []


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_called_of_a_group_is_in_it(group: str) -> None:
    calls = [call for call in list_calls() if call[1] == group and call[2]]
    assert len(calls) > 5
    assert [call for call in calls if call[2] not in list_commands(group)] == []


@pytest.mark.parametrize(
    "text",
    [
        "run `backmark web --bind x`",
        "command: [backmark, worker, --concurrency]",
        'CMD ["backmark", "sweeper"]',
        "backmark\nlti",
    ],
)
def test_a_call_is_seen_in_every_form(text: str) -> None:
    match = CALL.search(text)
    assert match is not None
    assert match["name"] in {*list_commands("service"), "lti"}
