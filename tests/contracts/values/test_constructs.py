"""Lines are found in methods, attributes, keys, loops, helpers and recursion, and where code prints or keeps state."""

from functools import cache

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.slip import SlipKind
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import build, contract, judge

TOML = '''
language = 1
id = "two-layers"
title = "Two layers"
cases = 20

[dims]
N = [2, 4]
D = [2, 3]
H = [2, 3]

[inputs]
X = { shape = "N D" }
W1 = { shape = "D H" }
W2 = { shape = "H D" }

[upstream]
dout = "out"

[call]
code = """
net = Net(W1, W2)
out = net.forward(X)
grads = net.backward(dout)
"""

[results]
out = { value = "out", row = "out" }
"grads['W1']" = { grad = "W1", row = "W1" }
"grads['W2']" = { grad = "W2", row = "W2" }

[rubric]
out = 2
W1 = 2
W2 = 2

[rows.forward]
title = "Forward"
marks = 2

[rows.hidden]
title = "The gradient of the hidden layer"
marks = 2

[rows.weights]
title = "The gradients of the weights"
marks = 2
'''
REFERENCE = """
def forward(tap, X, W1, W2):
    return {"out": (X @ W1) ** 2 @ W2}
"""
SOLUTION = """
def square(a):
    return a * a


class Net:
    def __init__(self, W1, W2):
        self.W1, self.W2 = W1, W2

    def forward(self, X):
        self.X = X
        self.Z = X @ self.W1  # row: forward
        self.A = square(self.Z)  # row: forward
        out = self.A @ self.W2  # row: forward
        return out

    def backward(self, dout):
        grads = {}
        dA = dout @ self.W2.T  # row: hidden
        dZ = dA * 2 * self.Z  # row: hidden
        grads["W2"] = self.A.T @ dout  # row: weights
        grads["W1"] = self.X.T @ dZ  # row: weights
        return grads
"""
MISTAKE = f'"""forgets the factor of two."""\n{strip(SOLUTION)}'.replace("dA * 2 *", "dA *")


@cache
def revision() -> ContractRevision:
    return build(contract(TOML, reference=REFERENCE, solution=SOLUTION, mistake_upstream=MISTAKE))


def grade(*changes: tuple[str, str]) -> Judgement:
    source = SOLUTION
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return judge(revision(), source)


def lost(judgement: Judgement) -> set[str]:
    rows = {"forward", "hidden", "weights"}
    return {row.name for row in judgement.properties if row.name in rows and row.outcome is Mark.FAILED}


def held(judgement: Judgement) -> set[str]:
    rows = {"forward", "hidden", "weights"}
    return {row.name for row in judgement.properties if row.name in rows and row.outcome is Mark.PASSED}


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("dA * 2 * self.Z", "dA * self.Z", "hidden"),
        ("dout @ self.W2.T", "dout @ self.W2", "hidden"),
        ('grads["W2"] = self.A.T @ dout', 'grads["W2"] = self.Z.T @ dout', "weights"),
        ('grads["W1"] = self.X.T @ dZ', 'grads["W1"] = self.X.T @ dA', "weights"),
        ('grads["W1"] = self.X.T @ dZ', 'grads["W" + str(1)] = self.X.T @ dA', "weights"),
        ("self.A = square(self.Z)", "self.A = self.Z", "forward"),
        ("X @ self.W1", "X @ self.W1 + 1", "forward"),
    ],
)
def test_a_method_an_attribute_or_a_key_is_found(old: str, new: str, row: str) -> None:
    judgement = grade((old, new))
    assert lost(judgement) == {row}
    assert held(judgement) == {"forward", "hidden", "weights"} - {row}


def test_attributes_under_other_names_are_found() -> None:
    judgement = grade(("self.Z", "self.pre"), ("self.A", "self.post"), ("self.X", "self.seen"), ("dA * 2 *", "dA *"))
    assert lost(judgement) == {"hidden"}


def test_a_parameter_that_is_overwritten_costs_one_row() -> None:
    judgement = grade(("        grads = {}", "        dout = np.ones_like(dout)\n        grads = {}"))
    assert len(lost(judgement)) == 1
    ((slip,),) = (statement.slips for statement in judgement.repair)
    assert slip.kind is SlipKind.EXTRA


def test_a_wrong_helper_is_mended_with_the_line_that_calls_it() -> None:
    assert lost(grade(("return a * a", "return a * a * a"))) == {"forward"}


def test_code_that_prints_is_mended_and_its_prints_are_not_read() -> None:
    assert lost(grade(("        grads = {}", "        print(dout)\n        grads = {}"), ("dA * 2 *", "dA *"))) == {
        "hidden"
    }


def test_numbers_that_are_random_cost_their_row() -> None:
    assert lost(grade(("dA * 2 * self.Z", "dA * np.random.rand()"))) == {"hidden"}


def test_an_update_in_place_belongs_to_what_it_changes() -> None:
    judgement = grade(("dZ = dA * 2 * self.Z  # row: hidden", "dZ = dA\n        dZ *= self.Z"))
    assert lost(judgement) == {"hidden"}
    (statement,) = judgement.repair
    # Both lines are one statement, and its slip may be undone in either.
    assert {line.line for line in statement.lines} <= {19, 20}


def test_recursion_of_a_helper_is_run_as_it_is() -> None:
    halves = """def square(a):
    return a * power(a, 1)


def power(a, n):
    return a if n == 1 else a * power(a, n - 1)"""
    assert lost(grade(("def square(a):\n    return a * a", halves), ("dA * 2 *", "dA *"))) == {"hidden"}


@pytest.mark.nightly
def test_a_loop_that_does_not_end_once_it_is_mended_ends_by_its_turns() -> None:
    """With the gradient of the hidden layer mended, the loop waits for what never comes."""
    endless = """        while abs(dA).max() > abs(dout @ self.W2.T).max() / 2:
            if dA is dout:
                break
"""
    judgement = grade(
        ("        dA = dout @ self.W2.T  # row: hidden\n", f"        dA = dout * 0\n{endless}"),
        ('grads["W1"] = self.X.T @ dZ', 'grads["W1"] = self.X.T @ dA'),
    )
    assert judgement.outcome in {Outcome.FAILED, Outcome.ERROR}
    assert sum(row.max_score for row in judgement.properties) == 6


def test_state_that_explains_everything_leaves_the_results_alone() -> None:
    counting = "        self.calls = COUNTS.append(0)\n        grads = {}"
    judgement = grade(
        ("class Net:", "COUNTS = []\n\n\nclass Net:"),
        ("        grads = {}", counting),
        ("dA * 2 *", "dA * (2 if len(COUNTS) < 5 else 3) *"),
    )
    assert judgement.outcome is Outcome.FAILED


def test_marks_have_one_maximum_whichever_rubric_counts() -> None:
    for judgement in (
        grade(("dA * 2 *", "dA *")),
        grade(),
        judge(revision(), "def unrelated():\n    return 1\n\nclass Net:\n    pass\n"),
    ):
        assert sum(row.max_score for row in judgement.properties) == 6


def test_the_larger_of_two_rubrics_counts() -> None:
    """Two gradients of three results are right in code that keeps no names: rows show less."""
    other = """
class Net:
    def __init__(self, *w):
        self.w = w

    def forward(self, X):
        self.x = X
        return ((X @ self.w[0]) ** 2) @ self.w[1]

    def backward(self, up):
        return {"W2": ((self.x @ self.w[0]) ** 2).T @ up, "W1": self.x.T @ (up @ self.w[1].T)}
"""
    judgement = judge(revision(), other)
    assert sum(row.score for row in judgement.properties) == 4
