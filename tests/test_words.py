"""One word for one thing: what users read has no word that the glossary in CONTRIBUTING.md drops.

A failure names the place, the word, what is said instead, and the sentence. Where such a word is right, as the score
that LTI calls so, it is in `ALLOWED`.
"""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import SecretStr

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from backmark.worker.cli.main import main

#: A place, and a text that is read there.
Text = tuple[str, str]

ROOT = Path(__file__).parents[1]

#: Words that no user reads, as regular expressions, and what is said instead.
DROPPED = {
    "scores?": "marks",
    "shares?": "marks, or a part",
    "propert(y|ies)": "row",
    "judge?ments?": "verdict",
    "results? of (a|the|your) (submission|attempt|student)": "verdict",
    "slips?|bugs?": "mistake",
    "teachers?": "staff, or instructor",
    "anew": "again",
    "whoever": "the person, or anyone who",
    "what holds": "the noun",
    r"\d %|\}\} %": "80%",
}
#: Others, which mean something else too in docs and commands: a server's network, mount points.
DROPPED_BESIDE_VERDICTS = DROPPED | {"networks?": "case", "points": "marks"}
#: And those of the API that pages do not say: students hand in, instructors publish.
DROPPED_ON_PAGES = DROPPED_BESIDE_VERDICTS | {"submit(s|ted|ting)?": "hand in", "publications?": "request to publish"}

#: What each face may say nevertheless.
ALLOWED: dict[str, tuple[str, ...]] = {
    "pages": (),
    "api": (
        "(row )?Points Possible",  # of Canvas's gradebook
        # A case may have the picture of one.
        "picture of a network",
        "the network's input",
        "target of the network",
        "`all_f` of the network",
    ),
    "commands": ("~/.local/share", r"GITHUB_OUTPUT: [\w, ]*"),
    "words": ("A network with", "card network", "Picture of the network"),
    "docs": (
        "## Scores?",  # classes and operations of LTI's gradebooks, in pages made from the code
        "Score publish service|Canvas's Score( API)?",
        r'"(max_)?score": \d+|/scores/send',  # JSON and addresses in indented code
        r"GITHUB_OUTPUT: [\w, ]*",
        r"(holds )?[Ss]cores (of shape|near)|holds scores, \(N, C\)",  # what a softmax loss takes
        "Share launcher's name",  # a field of Moodle's form
        "~/.local/share",
    ),
}


def test_pages_have_no_dropped_word() -> None:
    texts = chain(_templates(), _literals("grader/web/pages", "grader/web/lti", "grader/notifications"))
    assert _find("pages", texts, DROPPED_ON_PAGES) == []


def test_the_api_has_no_dropped_word() -> None:
    shared = ("grader/web/http", "grader/web/links.py", "grader/web/invitation_links.py", "grader/courses")
    texts = chain(_openapi(), _literals(*shared, "grader/web/api", "grader/web/usecases"))
    assert _find("api", texts, DROPPED_BESIDE_VERDICTS) == []


def test_commands_have_no_dropped_word() -> None:
    assert _find("commands", _helps(main, "backmark"), DROPPED) == []


def test_verdicts_have_no_dropped_word() -> None:
    assert _find("words", _literals("grader/reports"), DROPPED_BESIDE_VERDICTS) == []


def test_docs_have_no_dropped_word() -> None:
    assert _find("docs", _docs(), DROPPED) == []


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("Your score is 8.", ["scores?"]),
        ("The key `score` is JSON, and so is <code>points</code>; a scoreboard is none.", []),
        ("It runs on many networks.", ["networks?"]),
        ("Whoever submits has {{}} %.", ["whoever", r"\d %|\}\} %", "submit(s|ted|ting)?"]),
    ],
)
def test_a_dropped_word_is_found(text: str, dropped: list[str]) -> None:
    assert [word for _, word, _, _ in _find("pages", [("here", text)], DROPPED_ON_PAGES)] == dropped


def _find(face: str, texts: Iterable[Text], dropped: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Return each dropped word of these texts: the place, the word, what is said instead, and the text."""
    allowed = re.compile("|".join((*ALLOWED[face], r"`[^`\n]*`", "<code>.*?</code>")))
    words = {word: re.compile(rf"(?<![\w-])(?:{word})(?![\w-])", re.IGNORECASE) for word in dropped}
    found = []
    for place, text in texts:
        said = allowed.sub("", text)
        found += [(place, word, dropped[word], text) for word, pattern in words.items() if pattern.search(said)]
    return found


def _templates() -> Iterator[Text]:
    """Yield the texts of templates: between tags, in attributes that are read out, and in expressions."""
    for file in sorted((ROOT / "grader/web/templates").rglob("*.html")):
        source = file.read_text(encoding="utf-8")
        source = re.sub(r"\{#.*?#\}|<script.*?</script>|<code>.*?</code>", "", source, flags=re.DOTALL)
        expressions = re.findall(r"\{[{%].*?[%}]\}", source, re.DOTALL)
        chosen = chain.from_iterable(re.findall(r'"([^"]*)"', expression) for expression in expressions)
        plain = re.sub(r"\{%.*?%\}", "\0", re.sub(r"\{\{.*?\}\}", "{{}}", source, flags=re.DOTALL), flags=re.DOTALL)
        spoken = re.findall(r'(?:aria-label|placeholder)="([^"]*)"', plain)
        shown = re.split(r"<[^>]*>|\0", plain)
        texts = (*shown, *spoken, *(text for text in chosen if " " in text.strip() and not text.startswith("/")))
        yield from ((file.name, " ".join(text.split())) for text in texts if text.strip())


def _literals(*places: str) -> Iterator[Text]:
    """Yield the texts with a blank in these files, or folders of files, without docstrings; values in them are `{}`."""
    for place in places:
        for file in sorted((ROOT / place).rglob("*.py")) or [ROOT / place]:
            reader = _TextReader()
            reader.visit(ast.parse(file.read_text(encoding="utf-8")))
            yield from ((file.name, text) for text in reader.texts if " " in text.strip())


class _TextReader(ast.NodeVisitor):
    """The texts of a module."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.texts.append(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        self.texts.append("".join(parts))


def _openapi() -> Iterator[Text]:
    """Yield the descriptions and summaries of the OpenAPI document, which needs no Redis."""
    settings = ServiceSettings(redis_url=SecretStr("redis://127.0.0.1:1/0"))
    yield from _describe(create_app(settings, Store.connect(settings)).api_doc, "")


def _describe(node: Any, place: str) -> Iterator[Text]:
    if isinstance(node, list):
        for item in node:
            yield from _describe(item, place)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"description", "summary"} and isinstance(value, str):
                yield place, value
            else:
                yield from _describe(value, f"{place}/{key}")


def _helps(command: click.Command, name: str) -> Iterator[Text]:
    """Yield what `--help` says of a command, its options, and the commands in it."""
    yield name, inspect.cleandoc(command.help or "")
    yield from ((f"{name} {option.name}", getattr(option, "help", None) or "") for option in command.params)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from _helps(found, f"{name} {inner}")


def _docs() -> Iterator[Text]:
    """Yield the lines of docs for users, without code and without addresses."""
    for file in sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / "worker/cli/starters").rglob("*.md.in")]):
        if not {"how-we-know", "decisions"} & set(file.parts):
            text = re.sub(r"^ *```.*?^ *```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
            yield from ((file.name, line) for line in re.sub(r"\]\([^)]*\)", "]", text).splitlines())
