"""Functions that a course gives to its students beside those that they write."""

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.errors import BadAssignment
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from tests.contracts.making import build, contract, judge

PRODUCT = """
language = 1
id = "product"
title = "A product"
cases = 20

[dims]
K = [1, 3]

[inputs]
x = { shape = "K 4" }
w = { shape = "K 4" }

[upstream]
dout = "out"

[submission]
provides = ["K"]
helpers = "helpers.py"

[call]
code = "dx = product_backward(x, w, dout)"

[results]
dx = { grad = "x" }
"""
FILES = {
    "reference": "def forward(tap, x, w):\n    return {'out': x * w}\n",
    "helpers": "def scale(array, by):\n    assert len(array) == K\n    return array * by\n",
    "solution": "def product_backward(x, w, dout):\n    return scale(w, dout)\n",
    "mistake_upstream": "",
}


@pytest.fixture(scope="module")
def product() -> ContractRevision:
    return build(contract(PRODUCT, **FILES))


def test_a_submission_may_call_a_helper_that_it_does_not_define(product: ContractRevision) -> None:
    """The function alone is handed in; the helper sees the dims that the module has."""
    assert judge(product, FILES["solution"]).outcome is Outcome.PASSED


def test_a_submissions_own_helper_is_used_instead(product: ContractRevision) -> None:
    """A notebook that holds the course's cells, or a student's own version of them, runs as it stands."""
    own = "def scale(array, by, power):\n    return array * by ** power\n\n"
    assert judge(product, own + FILES["solution"].replace("(w, dout)", "(w, dout, 1)")).outcome is Outcome.PASSED
    wrong = "def scale(array, by):\n    return array + by\n\n"
    assert judge(product, wrong + FILES["solution"]).outcome is Outcome.FAILED


def test_a_provided_dim_keeps_the_cases_value(product: ContractRevision) -> None:
    """A notebook's `K = 5` above the function says nothing about the case."""
    source = "K = 5\n\ndef product_backward(x, w, dout):\n    return np.array([w[k] * dout[k] for k in range(K)])\n"
    assert judge(product, source).outcome is Outcome.PASSED


def test_the_script_of_a_counterexample_defines_the_helpers(product: ContractRevision) -> None:
    """A student runs it without the course's file."""
    wrong = "def product_backward(x, w, dout):\n    return scale(x, dout)\n"
    example = judge(product, wrong).counterexample
    assert isinstance(example, CaseCounterexample)
    exec(wrong + example.script, {})  # noqa: S102 - the script is ours


def test_the_script_leaves_a_students_own_version_of_a_helper(
    product: ContractRevision, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is pasted below the student's code, and shows what that does."""
    wrong = "def scale(array, by):\n    return array * by + 5\n\n" + FILES["solution"]
    example = judge(product, wrong).counterexample
    assert isinstance(example, CaseCounterexample)
    exec("import numpy as np\n" + wrong + example.script, {})  # noqa: S102 - the script is ours
    assert "5." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def product_backward():\n    pass\n", "helpers.py defines product_backward, which students write"),
        ("def K():\n    pass\n", "helpers.py defines K"),
        ("x = 1\n", "helpers.py defines no function"),
        ("def scale(:\n", "helpers.py is not valid Python"),
        ("", "submission.helpers is .* not beside the assignment"),
    ],
)
def test_helpers_that_cannot_help_are_refused(text: str, complaint: str) -> None:
    """The sentence names the file and what to write instead."""
    with pytest.raises(BadAssignment, match=complaint):
        contract(PRODUCT, **{**FILES, "helpers": text})


@pytest.fixture(scope="module")
def modular() -> ContractRevision:
    """The same with the course's modules."""
    toml = PRODUCT.replace(
        'helpers = "helpers.py"', 'helpers = "helpers.py"\nmodules = ["mytools", "lab.tools", ".layers"]'
    )
    return build(contract(toml, **FILES))


@pytest.mark.parametrize(
    "line",
    [
        "from mytools import scale",
        "from mytools import *",
        "import lab.tools\nscale = lab.tools.scale",
        "from lab import tools\ndef scale(a, b): return tools.scale(a, b)",
        "from .layers import scale",
        "from .layers import *",
        "import mytools as mt\ndef scale(*x): return mt.scale(*x)",
    ],
)
def test_a_submission_imports_the_courses_modules_as_its_folder_has_them(line: str, modular: ContractRevision) -> None:
    assert judge(modular, f"{line}\n{FILES['solution']}").outcome is Outcome.PASSED


def test_what_a_module_does_not_hold_is_the_submissions_own_error(modular: ContractRevision) -> None:
    judgement = judge(modular, f"from mytools import nothing\n{FILES['solution'].replace('scale', 'nothing')}")
    assert judgement.outcome is Outcome.ERROR
    assert judgement.error is not None
    assert "nothing" in judgement.error.message


@pytest.mark.parametrize("name", ["numpy", "os.path", "...x", "a-b", ""])
def test_a_module_that_is_not_the_courses_is_refused(name: str) -> None:
    toml = PRODUCT.replace('helpers = "helpers.py"', f'helpers = "helpers.py"\nmodules = ["{name}"]')
    with pytest.raises(BadAssignment, match=r"submission\.modules names"):
        contract(toml, **FILES)


#: The call makes an object of a class, and calls a function, that the course hands out.
LENT = PRODUCT.replace(
    'code = "dx = product_backward(x, w, dout)"', 'code = "dx = product_backward(Pair(x, w), dout).by(scale(1.0, 1.0))"'
)
LENT_FILES = {
    **FILES,
    "helpers": """
def scale(number, by):
    return number * by


class Pair:
    def __init__(self, x, w):
        self.x, self.w = x, w

    def by(self, number):
        return self.w * number
""",
    "solution": "def product_backward(pair, dout):\n    return Pair(pair.x, pair.w * dout)\n",
}


def test_the_call_may_use_what_the_helpers_define() -> None:
    lent = build(contract(LENT, **LENT_FILES))
    assert lent.assignment.entries == ("product_backward",)
    assert judge(lent, LENT_FILES["solution"]).outcome is Outcome.PASSED
    wrong = LENT_FILES["solution"].replace(" * dout", "")
    judgement = judge(lent, wrong)
    assert judgement.outcome is Outcome.FAILED
    assert isinstance(judgement.counterexample, CaseCounterexample)
    exec(wrong + judgement.counterexample.script, {"Pair": None})  # noqa: S102 - the script is ours


@pytest.mark.parametrize("file", ["solution", "template"])
def test_a_helper_that_students_write_is_no_helper(file: str) -> None:
    """Else a submission without it would pass."""
    text = LENT_FILES["solution"] + "\n\nclass Pair:\n    pass\n"
    with pytest.raises(BadAssignment, match=r"helpers\.py defines Pair, which students write: rename it"):
        contract(LENT, **{**LENT_FILES, file: text})
