"""Cases drawn in a process of their own: what its end says, and how to end it."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from backmark.grader.contracts import gallery
from backmark.grader.contracts.cases.draw import main
from backmark.grader.contracts.judging.revision import dump
from backmark.grader.contracts.language.assignment import assignment_to_json
from backmark.grader.contracts.language.reading import read
from backmark.grader.errors import REFUSED, AssignmentError, BadAssignment
from backmark.worker.grading import revisions
from backmark.worker.grading.revisions import DrawingProcess
from tests.contracts.making import build, contract


def test_what_ships_drawn_is_not_drawn_where_no_cache_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "find_revisions", lambda: tmp_path)
    monkeypatch.setattr(revisions, "draw", lambda *_, **__: pytest.fail("drawn"))
    folder = gallery.find_folder("cs231n-relu")
    assert folder is not None
    drawn = build(read(folder))
    (tmp_path / revisions.name_revision(drawn.assignment)).write_bytes(dump(drawn))
    assert revisions.revision("cs231n-relu", Path("/dev/null")).id == drawn.id


def test_a_drawing_that_is_stopped_has_no_result() -> None:
    drawing = DrawingProcess(replace(contract(), id="mine", cases=300))
    drawing.stop()
    with pytest.raises(AssignmentError, match="mine"):
        drawing.result()


def test_a_drawing_that_takes_too_long_is_its_authors_to_mend() -> None:
    drawing = DrawingProcess(replace(contract(), id="mine", cases=300))
    with pytest.raises(BadAssignment, match=r"mine are not drawn within 0\.2 s"):
        drawing.result(0.2)


@pytest.mark.parametrize(
    ("status", "output", "error_output", "kind", "sentence"),
    [
        (REFUSED, b'{"refused": "only 3 of 20"}', "a warning", BadAssignment, "drawn: only 3 of 20"),
        (1, b"", "Traceback\ngrader.errors.AssignmentError: only 3 of 20", AssignmentError, "only 3 of 20"),
        (1, b"", "Traceback\nMemoryError: ", AssignmentError, "MemoryError"),
        (-9, b"", "", AssignmentError, "no reason"),
    ],
)
def test_dims_that_hold_too_few_cases_are_their_authors_to_mend(
    status: int, output: bytes, error_output: str, kind: type, sentence: str
) -> None:
    """Anything else is ours, whatever stands on standard error."""
    drawing = DrawingProcess(contract())
    drawing.stop()
    fault = drawing._fault(status, output, error_output)
    assert type(fault) is kind
    assert sentence in str(fault)
    with pytest.raises(AssignmentError):
        drawing.result()


def test_a_drawing_says_why_there_are_too_few_cases_by_its_status_and_in_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssignmentError("only 3 of 20")

    monkeypatch.setattr("backmark.grader.contracts.cases.draw.draw_all", refuse)
    monkeypatch.setattr("sys.argv", ["draw"])
    monkeypatch.setattr("sys.stdin", io.StringIO(assignment_to_json(contract())))
    with pytest.raises(SystemExit) as exit_info:
        main()
    assert (exit_info.value.code, json.loads(capsys.readouterr().out)) == (REFUSED, {"refused": "only 3 of 20"})
