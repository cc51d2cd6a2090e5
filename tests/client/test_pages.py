"""The developer pages http.md and client.md under test: what they tell to do is done, and answers as they show."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import backmark.grader.client
from backmark.grader.client import Client
from backmark.grader.model.records import Scope
from tests.client.running import Running
from tests.services import require_program

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/developer/http.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MARK = "--- end of block"


@pytest.fixture
def environment(service: Running, tmp_path: Path) -> dict[str, str]:
    """Tokens, and the Python that these tests run in."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    admin = service.store.tokens.create("admin", "house", {Scope.ADMIN})[1]
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "BACKMARK_URL": service.url,
        "BACKMARK_TOKEN": service.token(Scope.STAFF, Scope.AUTHOR),
        "BACKMARK_ADMIN_TOKEN": admin,
    }


def test_every_command_works_and_answers_as_shown(environment: dict[str, str], tmp_path: Path) -> None:
    """In one shell, in the order of the page."""
    bash = require_program("bash")
    require_program("curl")
    blocks = [text for kind, text in BLOCKS if kind == "sh"]
    script = "set -euo pipefail\n" + "".join(f"{text}\necho; echo '{MARK}'\n" for text in blocks)
    process = subprocess.run(
        [bash, "-c", script], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert process.returncode == 0, f"{process.stdout[-2000:]}\n{process.stderr}"
    answers = process.stdout.split(MARK)[: len(blocks)]
    assert len(answers) == len(blocks)
    for example_answer, answer in _pair_answers(answers):
        assert shape(json.loads(answer)) == shape(json.loads(example_answer))
    answer_by_block = dict(zip(blocks, answers, strict=True))
    assert {answer_text.strip() for text, answer_text in answer_by_block.items() if "uniq | wc -l" in text} == {"1"}
    assert {answer_text.strip() for text, answer_text in answer_by_block.items() if "If-None-Match" in text} == {"304"}


def _pair_answers(answers: list[str]) -> list[tuple[str, str]]:
    """Each answer that the page shows, and the answer that came."""
    answered_blocks, number = [], -1
    for (kind, _), (next_kind, text) in itertools.pairwise(BLOCKS):
        number += kind == "sh"
        if kind == "sh" and next_kind == "json":
            answered_blocks.append((text, answers[number]))
    return answered_blocks


def shape(body: dict[str, object]) -> dict[str, str]:
    """Keys and types, in their order; a null stands for whatever may be there."""
    return {name: "*" if value is None else type(value).__name__ for name, value in body.items()}


def test_the_python_of_the_page_works(environment: dict[str, str], tmp_path: Path) -> None:
    """In one interpreter, in the order of the page, after what its shell commands leave behind."""
    (tmp_path / "mine.toml").write_text(re.findall(r"<< 'TOML'\n(.*?)^TOML$", PAGE, re.MULTILINE | re.DOTALL)[0])
    script = "\n".join(text for kind, text in BLOCKS if kind == "python")
    output = python(script, environment, tmp_path)
    assert "failed 8 of 10" in output
    assert "unknown-assignment" in output


def python(script: str, environment: dict[str, str], folder: Path) -> str:
    """Return the output of a script, run in a folder with warnings as errors."""
    words = [sys.executable, "-W", "error", "-c", script]
    process = subprocess.run(words, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    assert process.returncode == 0, f"{process.stdout[-2000:]}\n{process.stderr}"
    return process.stdout


def test_every_operation_of_the_api_is_on_the_page_or_on_one_it_leads_to(service: Running) -> None:
    """So that nothing can be done that no page tells."""
    paths = httpx.get(f"{service.url}/api/v1/openapi.json", trust_env=False).json()["paths"]
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    words = {part for path in paths for part in path.removeprefix("/api/v1").split("/") if part and "{" not in part}
    assert [word for word in sorted(words) if word not in pages] == []


def test_the_python_of_the_clients_own_page_works(environment: dict[str, str], tmp_path: Path) -> None:
    """From top to bottom."""
    page = (ROOT / "docs/developer/client.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    assert "passed" in python(script, environment, tmp_path)


def test_every_error_and_name_of_the_client_is_on_its_page() -> None:
    """By its name."""
    page = (ROOT / "docs/developer/client.md").read_text(encoding="utf-8")
    assert [name for name in backmark.grader.client.__all__ if f"`{name}`" not in page] == []
    calls = [name for name in vars(Client) if not name.startswith("_")]
    assert [name for name in calls if f"`{name}" not in page] == []
