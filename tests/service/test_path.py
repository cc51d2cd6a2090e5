"""The path of a submission runs through the files that ARCHITECTURE.md names."""

import contextlib
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from types import FrameType

import pytest

from backmark.grader.model.records import Scope
from backmark.grader.web import create_app, links
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import plan_unjailed
from backmark.worker.service.graders import Graders
from backmark.worker.service.tasks import perform
from tests.service.conftest import Making
from tests.web.asking import Asker

ROOT = Path(__file__).parents[2]
SECRET = "a secret for tests, as long as others"  # noqa: S105 - it guards nothing
#: A reader can keep that many in mind.
MOST = 16
#: What a student's process does first: note each file of ours that a function of is called.
NOTE = """
import sys
def note(frame, event, argument, seen=set()):
    name = frame.f_code.co_filename
    if name.startswith({root!r}) and name not in seen:
        seen.add(name)
        open({notes!r}, "a").write(name + "\\n")
sys.setprofile(note)
"""


def list_named_files() -> list[str]:
    """The files that ARCHITECTURE.md names on the path, from the repository's root."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = page.partition("## The path of a submission\n")[2].partition("\n## ")[0]
    own_files = [str(file.relative_to(ROOT)) for part in ("grader", "worker") for file in (ROOT / part).rglob("*.*")]
    files = []
    for name in re.findall(r"`([a-z/_]+\.(?:py|lua))`", section):
        # Its sentence has the folder above: `service/lease.py` is in `worker/`.
        fits = [file for file in own_files if f"/{file}".endswith(f"/{name}")]
        assert len(fits) == 1, f"{name} is {fits}"
        files += fits
    return list(dict.fromkeys(files))


@contextmanager
def trace_files(files: set[str]) -> Iterator[None]:
    """Add each file of which a function is called, in any thread, and each file of a function in Lua."""

    def note(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(str(ROOT)):
            files.add(name.removeprefix(f"{ROOT}/").removeprefix("backmark/"))
            if name.endswith("grader/store/functions.py") and frame.f_code.co_name == "call_joined":
                files.add(_find_function(frame.f_locals["call"].name))

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def _find_function(name: str) -> str:
    """Return the file of a function in Lua."""
    (file,) = [
        file
        for file in (ROOT / "grader" / "store" / "functions").glob("*.lua")
        if re.search(rf"^\w+\('{name}', function", file.read_text("utf-8"), re.MULTILINE)
    ]
    return str(file.relative_to(ROOT))


def test_the_architecture_names_few_files_on_the_path() -> None:
    assert 10 <= len(list_named_files()) <= MOST


@pytest.mark.usefixtures("jail")
def test_every_file_that_the_architecture_names_on_the_path_runs(making: Making, tmp_path: Path) -> None:
    """Accepted, graded, concluded, read by the API and shown on its page.

    The student's process is not jailed, so that it can note what runs in it.
    """
    context = making(secret=SECRET)
    notes = tmp_path / "inside"
    launch = plan_unjailed({})
    *words, start = launch.command
    jails = Jails(replace(launch, command=(*words, NOTE.format(root=str(ROOT), notes=str(notes)) + start)))
    context = replace(context, jails=jails, graders=Graders(context.store.assignments, jails, SECRET.encode()))
    source = (ROOT / "examples" / "no_relu_derivative.ipynb").read_bytes()
    files_run: set[str] = set()
    with trace_files(files_run), contextlib.closing(jails):
        app = create_app(context.settings, context.store)
        portal = Asker.with_token(app, context.store, "course", Scope.SUBMIT, Scope.READ)
        submission = portal.upload(source, "ada.ipynb").json
        assert submission is not None
        perform(context)
        answer = portal.get(f"/submissions/{submission['id']}").json
        assert answer is not None
        record = context.store.submissions.get(answer["id"])
        assert record is not None
        with app.test_request_context():
            link = links.verdict(record)
        assert link is not None
        page = app.test_client().get(link)
    assert answer["outcome"] == "failed"
    assert page.status_code == HTTPStatus.OK
    files_run |= {
        line.removeprefix(f"{ROOT}/").removeprefix("backmark/")
        for line in notes.read_text(encoding="utf-8").splitlines()
    }
    assert [file for file in list_named_files() if file not in files_run] == []
