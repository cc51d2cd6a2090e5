"""What is wrong in a contract's file is said by file, key, value and what to write instead."""

import contextlib
from pathlib import Path

import pytest

from backmark.grader.contracts.language import reading
from backmark.grader.contracts.publishing.selfcheck import find_warnings
from backmark.grader.errors import BadAssignment
from tests.contracts.making import FILES, LINEAR, contract


def test_a_contract_says_what_is_called_and_what_that_means() -> None:
    assignment = contract()
    assert (assignment.entries, [result.row for result in assignment.results]) == (
        ("linear_backward", "linear"),
        ["out", "dx", "dw"],
    )
    assert assignment.rubric == {"out": 1, "dx": 2, "dw": 2, "finite_differences": 0, "pure": 0}
    assert [(mistake.id, mistake.title, mistake.hint) for mistake in assignment.mistakes] == [
        ("upstream", "forgets the upstream gradient in dw", "What does dout say?")
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("N = [1, 4]", "N = [4, 1]", "dims.N is [4, 1]: write a range such as [1, 5]"),
        ("N = [1, 4]", 'N = "Q + 1"', 'dims.N uses "Q", which is not known there'),
        (
            "N = [1, 4]",
            'N = [1, "K"]',
            'dims.N is [1, "K"], but the ends of a range are numbers: a whole number from 1 to',
        ),
        ("N = [1, 4]", 'N = { many = 3, each = [1, "K"] }', "but the ends of a range are numbers: a whole number"),
        ("N = [1, 4]", 'N = { real = [0.0, "K"] }', "but the ends of a range are numbers: a whole number"),
        ("N = [1, 4]", "N = [1, 65]", "dims.N is [1, 65], but the ends of a range are from 0 to 64"),
        ("N = [1, 4]", "N = { many = [-1, 2], each = [1, 2] }", "but the ends of a range are from 0 to 64"),
        (
            "N = [1, 4]",
            'N = "[k for k in range(3)]"',
            "dims.N: '[k for k in range(3)]' is a comprehension; expressions",
        ),
        ("N = [1, 4]", 'N = "sum(k for k in range(3))"', "'(k for k in range(3))' is a comprehension; expressions"),
        ("N = [1, 4]", 'N = "(lambda: 3)()"', "dims.N: "),
        ("N = [1, 4]", "N = \"{'a': 1}['a']\"", "is a dictionary; expressions"),
        (
            "N = [1, 4]",
            'N = "floor(2.5)"',
            "'floor(2.5)' calls a function that is not known there; known are prod, sum,",
        ),
        ('shape = "N D"', 'shape = "N D.bit_length()"', "'D.bit_length()' calls a function that is not known there"),
        ('shape = "N D"', 'shape = "N D.real"', "'D.real' is an attribute; expressions"),
        ('shape = "N D"', 'shape = "N Q"', 'inputs.x.shape uses "Q", which is not known there; known are D, M, N'),
        (
            'shape = "N D"',
            'shape = "N __import__(0)"',
            "inputs.x.shape: '__import__(0)' calls a function that is not known there; known are prod, sum",
        ),
        (
            'x = { shape = "N D" }',
            'x = { shape = "N D", values = "gauss" }',
            'inputs.x.values is "gauss": write a kind of',
        ),
        ('dx = { grad = "x" }', "dx = { }", "results.dx must have one of grad and value"),
        ('dx = { grad = "x" }', 'dx = { grad = "x", loss = 1 }', "results.dx.loss is no key of an assignment"),
        (
            'dx = { grad = "x" }',
            'dx = { value = "out", flavour = "x" }',
            "results.dx.flavour is no key of an assignment: write one of grad, value, scale, for, row, title, loose",
        ),
        ('dx = { grad = "x" }', 'dx = { gradd = "x" }', "did you mean results.dx.grad?"),
        ('dx = { grad = "x" }', 'dx = { grad = "x", loose = 2 }', "results.dx.loose is 2: write true or false"),
        ('shape = "N D"', 'shape = "N, D"', 'inputs.x.shape is "N, D": write sizes with spaces between them'),
        ("out = linear(x, w)", "x = linear(x, w)", 'call.code assigns "x", which is bound for it already'),
        ("out = linear(x, w)", "out = = 1", "call.code is not valid Python"),
        ("[upstream]", "[rubric]\ndz = 3\n[upstream]", "rubric.dz is no row: write one of out, dx, dw"),
        (
            "[upstream]",
            "[rubric]\nout = 0\ndx = 0\ndw = 0\npure = 1\n[upstream]",
            "[rubric] gives no marks for any result: give some to a result or to finite_differences",
        ),
        ("cases = 30", "cases = 3", "cases is 3: write a whole number from 10 to 2000"),
        ("language = 1", "language = 2", "language is 2: write 1"),
        ("[upstream]", '[solution]\nfile = "mine.py"\n[upstream]', 'solution.file is "mine.py", which is not beside'),
        ("[upstream]", '[submission]\nprovides = ["K"]\n[upstream]', 'submission.provides names "K", which is no dim'),
        ("[upstream]", '[forward]\ndims = ["K"]\n[upstream]', 'forward.dims names "K", which is no dim'),
    ],
)
def test_a_fault_is_named_with_what_to_write(old: str, new: str, fault: str) -> None:
    assert old in LINEAR
    with pytest.raises(BadAssignment) as refusal:
        contract(LINEAR.replace(old, new))
    assert str(refusal.value).startswith("linear.toml: ")
    assert fault in str(refusal.value)


def test_values_that_cannot_be_moved_have_no_gradient() -> None:
    with pytest.raises(BadAssignment, match="they cannot be moved"):
        contract(LINEAR.replace('x = { shape = "N D" }', 'x = { shape = "N D", values = "labels(3)" }'))


def test_a_mistake_needs_a_docstring() -> None:
    with pytest.raises(BadAssignment, match=r"mistakes/upstream\.py has no docstring"):
        contract(mistake_upstream="def linear(): pass\n")


def test_a_folder_is_one_text_with_its_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "mistakes").mkdir()
    (tmp_path / "assignment.toml").write_text(LINEAR)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    assert reading.read(tmp_path) == contract()


@pytest.mark.parametrize(
    "text", ['a = "\\\\"\n', 'b = """x"""\n', "c = '''y\\n'''\n", "# \x7f ü €\n", "x = 1\n\x0c\n# \x1b\n"]
)
def test_any_text_comes_through_a_folder(text: str, tmp_path: Path) -> None:
    (tmp_path / "assignment.toml").write_text(LINEAR)
    for name in ("reference.py", "solution.py"):
        (tmp_path / name).write_text(text + FILES[name])
    assignment = reading.read(tmp_path)
    assert getattr(assignment, "solution", None) == text + FILES["solution.py"]


@pytest.mark.parametrize(
    ("expression", "row"),
    [("g['W1']", "g_W1"), ("g['dW'+str(k)]", "g_dW"), ("g['dW' + str(k)]", "g_dW"), ("dW[k]", "dW"), ("a.dW", "a_dW")],
)
def test_a_row_is_named_after_its_results_without_their_index(expression: str, row: str) -> None:
    toml = LINEAR.replace("dx = { grad", f'"{expression}" = {{ for = "k in range(1)", grad')
    assert row in contract(toml).rubric


@pytest.mark.parametrize("lines", [f"y = {'-' * 3000}linear(1, 2)", f"y = {' + '.join(['linear(x, w)'] * 3000)}"])
def test_lines_that_are_nested_deeply_are_read_or_refused(lines: str) -> None:
    with contextlib.suppress(BadAssignment):
        assignment = contract(LINEAR.replace("out = linear(x, w)", f"out = 1\n{lines}"))
        assert list(find_warnings(assignment)) == []


@pytest.mark.parametrize("text", [f"lambda: {'-' * 280}N", f"{'-' * 280}N.real", f"{'[' * 140}N.real{']' * 140}"])
def test_an_expression_that_is_nested_deeply_is_refused(text: str) -> None:
    with pytest.raises(BadAssignment, match=r"dims\.Q: .*(attribute|function|deeply)"):
        contract(LINEAR.replace("N = [1, 4]", f'N = [1, 4]\nQ = "{text}"'))


@pytest.mark.parametrize(
    "lines",
    [
        "def twice(x, out):\n    dw = 2 * x\n    return linear(out, dw)",
        "twice = lambda x, w=1: [x for x in range(3) for w in x]",
        "twice = {N: D for N, D in [(1, 2)]}",
        "class Box:\n    x = 1\n    def call(self, w): return w",
    ],
)
def test_a_function_of_the_calls_own_may_use_any_name(lines: str) -> None:
    toml = LINEAR.replace("out = linear(x, w)", f"{lines}\nout = linear(x, w)")
    assert contract(toml).entries == contract().entries


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("x = 1", "x"),
        ("import numpy as w", "w"),
        ("def x(): pass", "x"),
        ("for N in range(3): pass", "N"),
        ("y = [(x := 1)]", "x"),
    ],
)
def test_a_name_that_the_call_assigns_must_be_its_own(lines: str, name: str) -> None:
    toml = LINEAR.replace("out = linear(x, w)", f"{lines}\nout = linear(x, w)")
    with pytest.raises(BadAssignment, match=f'call.code assigns "{name}", which is bound for it already'):
        contract(toml)
