"""docs/http.md under test: its commands run in their order, and what they answer has the form that the page shows."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from grader.store.records import Scope
from tests.client.running import Running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
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
        "BACKMARK_TOKEN": service.token(Scope.STAFF),
        "BACKMARK_ADMIN_TOKEN": admin,
    }


def test_every_command_works_and_answers_as_shown(environment: dict[str, str], tmp_path: Path) -> None:
    """In one shell, in the order of the page."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("no curl and bash on this machine")
    blocks = [text for kind, text in BLOCKS if kind == "sh"]
    script = "set -euo pipefail\n" + "".join(f"{text}\necho; echo '{MARK}'\n" for text in blocks)
    done = subprocess.run(
        [bash, "-c", script], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr}"
    answers = done.stdout.split(MARK)[: len(blocks)]
    assert len(answers) == len(blocks)
    for shown, answer in _shown(answers):
        assert shape(json.loads(answer)) == shape(json.loads(shown))
    said = dict(zip(blocks, answers, strict=True))
    assert {each.strip() for text, each in said.items() if "uniq | wc -l" in text} == {"1"}
    assert {each.strip() for text, each in said.items() if "If-None-Match" in text} == {"304"}


def _shown(answers: list[str]) -> list[tuple[str, str]]:
    """Each answer that the page shows, and the answer that came."""
    found, number = [], -1
    for (kind, _), (following, text) in itertools.pairwise(BLOCKS):
        number += kind == "sh"
        if kind == "sh" and following == "json":
            found.append((text, answers[number]))
    return found


def shape(body: dict[str, object]) -> dict[str, str]:
    """Keys and types, in their order; a null stands for whatever may be there."""
    return {name: "*" if value is None else type(value).__name__ for name, value in body.items()}


def test_the_python_of_the_page_works(environment: dict[str, str], tmp_path: Path) -> None:
    """In one interpreter, in the order of the page, after what its shell commands leave behind."""
    (tmp_path / "mine.toml").write_text(re.findall(r"<< 'TOML'\n(.*?)^TOML$", PAGE, re.MULTILINE | re.DOTALL)[0])
    script = "\n".join(text for kind, text in BLOCKS if kind == "python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr}"
    assert "failed 8 of 10" in done.stdout
    assert "unknown-assignment" in done.stdout


def test_every_operation_of_the_api_is_on_the_page_or_on_one_it_leads_to(service: Running) -> None:
    """So that nothing can be done that no page tells."""
    paths = httpx.get(f"{service.url}/api/v1/openapi.json", trust_env=False).json()["paths"]
    pages = PAGE + "".join((ROOT / "docs" / name).read_text() for name in ("callbacks.md", "regrades.md", "errors.md"))
    words = {part for path in paths for part in path.removeprefix("/api/v1").split("/") if part and "{" not in part}
    assert [word for word in sorted(words) if word not in pages] == []
