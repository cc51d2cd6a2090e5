"""Functions that a course gives to its students beside those that they write."""

from pathlib import Path

import pytest

from grader.errors import BadAssignment
from grader.judge.judge import Judge
from grader.model.verdict import Outcome
from grader.subjects import kinds
from grader.subjects.contracts.counterexample import write_script
from grader.subjects.folder import bundle
from tests.local import local_by
from tests.subjects.contracts import folders
from worker.grading.revisions import draw

HELPERS = {
    "assignment.toml": folders.PRODUCT["assignment.toml"]
    + '\n[submission]\nprovides = ["K"]\nhelpers = "helpers.py"\n',
    "helpers.py": "def scale(array, by):\n    assert len(array) == K\n    return array * by\n",
    "solution.py": "def product_backward(x, w, dout):\n    return scale(w, dout)\n",
}


def read(folder: Path, changes: dict[str, str]) -> None:
    kinds.parse(bundle(folders.write(folder, {**HELPERS, **changes})), "product")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(kinds.load(draw(kinds.read(folders.write(tmp_path_factory.mktemp("product"), HELPERS)))))


def judged(judge: Judge, source: str) -> Outcome:
    exchange = judge.subject.exchange
    return judge.judge(local_by(source, exchange), lambda: local_by(source, exchange)).outcome


def test_a_submission_may_call_a_helper_that_it_does_not_define(judge: Judge) -> None:
    """The function alone is handed in; the helper sees the dims that the module has."""
    assert judged(judge, HELPERS["solution.py"]) is Outcome.PASSED


def test_a_submissions_own_helper_is_used_instead_of_ours(judge: Judge) -> None:
    """A notebook that holds the course's cells, or a student's own version of them, runs as it stands."""
    own = "def scale(array, by, power):\n    return array * by ** power\n\n"
    assert judged(judge, own + HELPERS["solution.py"].replace("(w, dout)", "(w, dout, 1)")) is Outcome.PASSED
    wrong = "def scale(array, by):\n    return array + by\n\n"
    assert judged(judge, wrong + HELPERS["solution.py"]) is Outcome.FAILED


def test_a_provided_dim_keeps_the_cases_value(judge: Judge) -> None:
    """A notebook's `K = 5` above the function says nothing about the case."""
    counting = "K = 5\n\ndef product_backward(x, w, dout):\n    return np.array([w[k] * dout[k] for k in range(K)])\n"
    assert judged(judge, counting) is Outcome.PASSED


def test_the_script_of_a_counterexample_defines_the_helpers(judge: Judge) -> None:
    """A student runs it without the course's file."""
    cases = judge.revision.subject.cases
    script = write_script(judge.revision.assignment, cases.take([0]))
    names: dict[str, object] = {}
    exec(HELPERS["solution.py"] + script, names)
    assert callable(names["scale"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def product_backward():\n    pass\n", "helpers.py defines product_backward, which students write"),
        ("def K():\n    pass\n", "helpers.py defines K"),
        ("x = 1\n", "helpers.py defines no function"),
        ("def scale(:\n", "helpers.py is not valid Python"),
    ],
)
def test_helpers_that_cannot_help_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """The sentence names the file and what to write instead."""
    with pytest.raises(BadAssignment, match=complaint):
        read(tmp_path, {"helpers.py": text})


def test_helpers_in_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    """The sentence names the key."""
    other = HELPERS["assignment.toml"].replace("helpers.py", "others.py")
    with pytest.raises(BadAssignment, match=r"submission\.helpers"):
        read(tmp_path, {"assignment.toml": other})
