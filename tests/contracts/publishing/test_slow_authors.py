"""An author's file that takes longer than students' code may is ended as theirs is, and named."""

from pathlib import Path

import pytest

from backmark.grader.contracts.cases.draw import draw_all
from backmark.grader.contracts.cases.drawn import dump_cases
from backmark.grader.contracts.language.assignment import assignment_to_json
from backmark.grader.contracts.publishing import finishing
from backmark.grader.errors import BadAssignment
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.workshop import JailWorkshop
from tests.contracts.making import FILES, LINEAR, contract
from tests.contracts.test_commands import command

#: A student's code has a second for a case, and three in all.
HASTY = LINEAR.replace("cases = 30", "cases = 10") + "\n[limits]\nseconds_per_call = 1\nseconds = 3\n"


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("reference", "while True: pass", "more than 1 s on one case. Is there a loop"),
        ("solution", "while True: pass", "more than 1 s on one case. Is there a loop"),
        ("solution", "import time; time.sleep(1.5)", "more than 1 s on one case, most of it asleep"),
        ("solution", "import time; time.sleep(0.3)", "more than 3 s in all, most of it asleep"),
        ("mistake_upstream", "while True: pass", "more than 1 s on one case. Is there a loop"),
    ],
)
def test_a_file_of_an_authors_has_the_seconds_of_a_students(name: str, line: str, reason: str, jails: Jails) -> None:
    filename = f"mistakes/{name.removeprefix('mistake_')}.py" if "_" in name else f"{name}.py"
    source = FILES[filename].replace("    return", f"    {line}\n    return", 1)
    assignment = contract(HASTY, **{name: source})
    sketch = dump_cases(assignment_to_json(assignment), *draw_all(assignment))
    with pytest.raises(BadAssignment) as refusal:
        finishing.finish(sketch, JailWorkshop(make=lambda: jails))
    named = f"the mistake {name.removeprefix('mistake_')}" if "_" in name else filename
    assert str(refusal.value).startswith(f"{named} ended before it had answered: Your code ran for {reason}")
    assert str(refusal.value).endswith("Students' code gets no more, by the assignment's limits.")


@pytest.mark.usefixtures("jail")
def test_check_names_each_file_as_it_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, in a line of its own where there is no terminal."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "mine"
    command("assignment", "new", folder)
    _, _, text = command("assignment", "check", folder)
    named = [line.rpartition(" ")[2] for line in text.splitlines() if "mine: running" in line]
    assert named == ["reference.py", "solution.py", "bias_mean", "upstream_of_ones"]
    solution = (folder / "solution.py").read_text()
    (folder / "solution.py").write_text(solution.replace("    return", "    while True: pass\n    return", 1))
    status, _, text = command("assignment", "check", folder)
    assert status == 2
    assert text.splitlines()[-2].startswith("backmark: mine: running")
