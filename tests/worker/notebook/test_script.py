"""The script of a counterexample below the student's own code, in a real kernel: what it says, and what it leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from tests.contracts.making import build_shared, judge
from tests.contracts.test_gallery import FOLDERS, read_entry
from tests.corpus.own_names import OWN_NAMES
from tests.corpus.raising_slips import SLIPS
from tests.corpus.right import STYLES
from tests.corpus.slips import todo_slips
from tests.made import RIGHT
from tests.night import by_day
from tests.reports.golden_cases import SOURCES
from tests.worker.notebook.test_in_kernel import Kernel, open_kernel

EXAMPLES = Path(__file__).parents[3] / "examples"
#: Golden sources that never return from the case, and one that a script cannot show: its answers differ.
ENDING = {"timeout.py", "memory.py", "output_limit.py", "crashed.py"}
WRONG = {
    **{name: source for name, source in SOURCES.items() if name.endswith(".py") and name not in ENDING},
    **{file.name: file.read_text() for file in EXAMPLES.glob("*.py") if file.name != "endless_loop.py"},
    **{slip.name: slip.source for slips in todo_slips().values() for slip in slips},
    **{slip.name: slip.source for slip in (*SLIPS, *OWN_NAMES)},
}
#: A notebook that has names of its own where the script's case has some, and a check that reads them.
BEFORE = "import numpy as np\nK, x, all_f = 5, 'mine', np\n"
KEEP = "_kept = {name: id(value) for name, value in globals().items() if name[0] != '_'}"
COMPARE = "_kept == {name: id(value) for name, value in globals().items() if name[0] != '_'}"


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with open_kernel() as kernel:
        yield kernel


def run_script(kernel: Kernel, source: str, script: str, helpers: str = "") -> str:
    """Return the last line that the script prints below a source and the course's helpers; it leaves all names."""
    for code in ("%reset -f", BEFORE, helpers, source, KEEP):
        kernel.run(code)
    printed = kernel.run(script).printed
    assert kernel.run(COMPARE).text == "True"
    return printed.splitlines()[-1]


@pytest.mark.parametrize("name", by_day(WRONG, 24))
def test_the_script_never_says_that_a_wrong_file_agrees(name: str, kernel: Kernel, jails: Jails) -> None:
    verdict = Grader(Judge(load_packaged("udl-7.2")), jails).grade(WRONG[name].encode(), "mine.py")
    for row in verdict.properties:
        if row.counterexample is not None and row.counterexample.script:
            assert run_script(kernel, WRONG[name], row.counterexample.script).startswith("Differs: ")


@pytest.mark.nightly
@pytest.mark.parametrize("entry", FOLDERS)
def test_the_script_tells_each_known_mistake_of_the_gallery_from_the_solution(entry: str, kernel: Kernel) -> None:
    revision = build_shared(read_entry(entry))
    assignment = revision.assignment
    for mistake in assignment.mistakes:
        example = judge(revision, mistake.source).counterexample
        assert example is not None
        assert run_script(kernel, mistake.source, example.script, assignment.helpers).startswith("Differs: "), (
            mistake.id
        )
        for source in (assignment.solution, *(other.source for other in assignment.other_solutions)):
            last = run_script(kernel, source, example.script, assignment.helpers)
            assert last.startswith("Agrees: "), mistake.id


# That of the Jacobians reads K where it is defined, and not where it is called.
@pytest.mark.parametrize("name", sorted({*STYLES} - {"jacobians"}))
def test_the_script_says_that_a_right_file_agrees(name: str, kernel: Kernel) -> None:
    example = judge(load_packaged("udl-7.2"), SOURCES["transposed.py"]).counterexample
    assert example is not None
    assert run_script(kernel, STYLES[name], example.script) == "Agrees: your results are right on this case."


def test_a_result_of_another_shape_is_not_taken_for_right_by_broadcasting(kernel: Kernel) -> None:
    source = SOURCES["transposed.py"]
    example = judge(load_packaged("udl-7.2"), source).counterexample
    assert example is not None
    last = run_script(kernel, source, example.script)
    assert last == "Differs: all_dl_dweights[0] has the shape (2, 1), but must have (1, 2)."


def test_a_dictionary_is_not_taken_for_the_list_that_is_asked_for(kernel: Kernel, jails: Jails) -> None:
    source = RIGHT.replace("return d_weights, d_biases", "return dict(enumerate(d_weights)), d_biases")
    example = Grader(Judge(load_packaged("udl-7.2")), jails).grade(source.encode(), "mine.py").counterexample
    assert example is not None
    said = run_script(kernel, source, example.script)
    assert said == "Differs: all_dl_dweights is a dictionary, but must be a list."


def test_where_the_same_call_may_be_right_there_is_no_script(jails: Jails) -> None:
    grader = Grader(Judge(load_packaged("udl-7.2")), jails)
    for name in ("grows.py", "random.py"):
        verdict = grader.grade(SOURCES[name].encode(), name)
        assert {row.counterexample.script for row in verdict.properties if row.counterexample} <= {""}
