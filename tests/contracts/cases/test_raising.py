"""The sentence about the line that raised, for every contract, and where it is shown."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from backmark.grader.contracts.cases.answers import Raised, find_told
from backmark.grader.contracts.cases.raising import read_mistake
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language import row_comments
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import PythonMistake, Verdict
from backmark.grader.reports import terminal
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.exceptions import describe_exception
from backmark.grader.reports.wording import trouble
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from tests.contracts.making import RIGHT, build, build_shared, contract, judge
from tests.contracts.test_gallery import read_entry
from tests.corpus.four_lines import SHAPELESS
from tests.corpus.four_lines import source as write_lines
from tests.corpus.raising_slips import SLIPS
from tests.local import local_by
from tests.night import by_day

TABLE = tomllib.loads((Path(__file__).parent / "raising_edits.toml").read_text(encoding="utf-8"))
SOURCES = {slip.name: slip.source for slip in SLIPS} | {
    text: write_lines({line: text}) for line, texts in SHAPELESS.items() for text in texts
}
RETURNED = "return dout @ w.T, x.T @ dout"


@cache
def judge_of(entry: str) -> Judge:
    return Judge(build_shared(read_entry(entry)))


def find_mistake(judge_of_entry: Judge, source: str) -> PythonMistake | None:
    answers = local_by(source, judge_of_entry.contract.exchange).answer(judge_of_entry.questions)
    raised = find_told(answers)
    return None if raised is None else raised.mistake


def say(mistake: PythonMistake | None) -> str:
    return "" if mistake is None else f"L{mistake.line.where[1:]} {mistake.text}"


def leave_out_sizes(sentence: str) -> str:
    """Return a sentence as it is for other sizes: Hypothesis may draw other cases another time."""
    return re.sub(r"\b(column|row|item|array|number|need)s\b", r"\1", re.sub(r"\d+", "#", sentence))


@pytest.mark.parametrize("entry", by_day(sorted({edit["entry"] for edit in TABLE["edits"]}), 3))
def test_a_solution_that_is_edited_so_that_it_raises_has_its_sentence(entry: str) -> None:
    solution = row_comments.strip(read_entry(entry).solution)
    for edit in TABLE["edits"]:
        if edit["entry"] == entry:
            assert edit["old"] in solution
            sentence = say(find_mistake(judge_of(entry), solution.replace(edit["old"], edit["new"], 1)))
            assert leave_out_sizes(sentence) == leave_out_sizes(edit["sentence"]), edit["new"]


@pytest.mark.parametrize("name", TABLE["slips"])
def test_a_raising_submission_of_the_notebook_has_its_sentence(name: str) -> None:
    sentence = say(find_mistake(judge_of("udl-7.2"), SOURCES[name]))
    assert leave_out_sizes(sentence) == leave_out_sizes(TABLE["slips"][name])


@pytest.fixture(scope="module")
def linear() -> ContractRevision:
    return build(contract())


def explain(linear: ContractRevision, lines: str, returned: str = RETURNED, head: str = "") -> str:
    """Return the sentence about a backward pass with these lines before the one that returns."""
    body = "".join(f"    {line}\n" for line in lines.split("\n"))
    source = RIGHT.replace(f"    {RETURNED}", f"{body}    {returned}").replace("\ndef linear(", f"{head}\ndef linear(")
    error = judge(linear, source).error
    assert error is not None
    return describe_exception(error)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("dx += dout", "Line 7 uses `dx`, which has no value there."),
        ("g = [None] * 3\ng[2] * w", "Line 8 uses `g[2]`, which is None. Where should it get its value?"),
        (
            "def f(): pass\na, b = f()",
            "Line 8 uses the result of `f()`, which is None. Does that function return anything?",
        ),
        ("a, b = w.shape[0]", "Line 7 unpacks `w.shape[0]`, a single number, as if it were several."),
        ("a, b = np.sum(w)", "Line 7 unpacks `np.sum(w)`, a single number, as if it were several."),
        ("for q in 5: pass", "Line 7 loops over `5`, a single number. Is `range` missing?"),
        ("n = 2.5\nfor q in n: pass", "Line 8 loops over `n`, a single number."),
        ("[q for q in w.shape[0]]", "Line 7 loops over `w.shape[0]`, a single number. Is `range` missing?"),
        ("for a, b in [1, 2]: pass", ""),
        (
            "def f(a): a * 2\n2.0 * f(w)",
            "Line 8 uses the result of `f(w)`, which is None. Does that function return anything?",
        ),
        (
            "def f(a):\n    def g(): return a\n    g()\n    return None\nf(w) @ w",
            "Line 11 uses the result of `f(w)`, which is None. Does that function return anything?",
        ),
        (
            "class C:\n    def f(a): a * 2\nnp.add(C.f(w), w)",
            "Line 9 uses the result of `C.f(w)`, which is None. Does that function return anything?",
        ),
        (
            "class C:\n    def f(self): self.a = 1\nc = C()\n2.0 * c.f()",
            "Line 10 uses the result of `c.f()`, which is None. Does that function return anything?",
        ),
        ("cache = {'dX': 1}\ndx = cache['dx']", "Line 8 looks up the key `'dx'` in `cache`, which does not have it."),
        ("n = 0\nn /= n", "Line 8 divides by `n`, which is 0."),
        ("n = '2'\nn - 1", "Line 8 calculates with `n`, a string."),
        ("g = [1.0]\n0.1 * g", "Line 8 calculates with all of `g`, a list of 1 item. Which one do you mean?"),
        (
            "a = np.zeros(3)\na[0:2] = np.ones(3)",
            "Line 8 stores an array of shape (3,) in `a[0:2]`, whose shape is (2,).",
        ),
        (
            "a = np.zeros(3)\na[0] = a",
            "Line 8 stores an array or a list in `a[0]`, which has room for one number.",
        ),
        ("a = np.arange(3)\na += 0.5", "Line 8 puts floats back into `a`, an array of whole numbers (int64)."),
        ("for i in range(0.5): pass", "Line 7 passes a float to `range`, which needs a whole number."),
        (
            "a = np.ones((2, 3, 4))\na @ a",
            (
                "Line 8 multiplies `a` of shape (2, 3, 4) by `a` of shape (2, 3, 4), "
                "but their inner sizes differ: 4 in the first, 3 in the second."
            ),
        ),
        (
            "a = np.ones(3)\na @ np.ones((2, 2))",
            (
                "Line 8 multiplies `a` of shape (3,) by `np.ones((2, 2))`, "
                "but their inner sizes differ: 3 in the first, 2 in the second."
            ),
        ),
        (
            "a = np.ones(3)\nb = np.ones((2, 2))\na @ b",
            (
                "Line 9 multiplies `a` of shape (3,) by `b` of shape (2, 2): "
                "the 3 numbers of the first need 3 rows of the second."
            ),
        ),
    ],
)
def test_what_a_line_does_is_said_in_its_own_terms(lines: str, sentence: str, linear: ContractRevision) -> None:
    assert explain(linear, lines) == sentence


def test_a_recursion_without_an_end_names_its_function(linear: ContractRevision) -> None:
    head = "\ndef f(k):\n    return f(k + 1)\n"
    assert explain(linear, "f(0)", head=head) == (
        "Line 3 calls `f` from within `f` again and again, until Python gives up. Which case should end this?"
    )


@pytest.mark.parametrize(
    "helper",
    [
        "def f(a):\n    if a is None: return 1\n2.0 * f(w)",
        "def f(a): return np.array([a, None])\n2.0 * f(1)",
        "def f(a): yield a\n2.0 * f(w)",
        "def f(a): return None\nf = lambda a, f=f: [f(a)]\n2.0 * f(w)",
    ],
)
def test_a_helper_that_may_return_something_is_not_said_to_return_nothing(
    helper: str, linear: ContractRevision
) -> None:
    assert "None" not in explain(linear, helper)


@pytest.mark.parametrize("returned", ["print(dout)", "return None", "pass", "if N > 9: return dout, x"])
def test_a_function_that_returned_nothing_is_named_by_its_definition(returned: str, linear: ContractRevision) -> None:
    sentence = "Line 6 defines `linear_backward`, which returns nothing. Does every path end with `return` and a value?"
    assert explain(linear, "N = 1", returned) == sentence


def test_a_method_that_returned_nothing_is_named_by_its_definition() -> None:
    solution = row_comments.strip(read_entry("nielsen-backprop").solution)
    source = solution.replace("return nabla_b, nabla_w", "print(nabla_b, nabla_w)")
    line = source[: source.index("def backprop")].count("\n") + 1
    mistake = find_mistake(judge_of("nielsen-backprop"), source)
    assert (
        say(mistake)
        == f"Line {line} defines `backprop`, which returns nothing. Does every path end with `return` and a value?"
    )


@pytest.mark.parametrize(
    "returned",
    [
        "return 7",
        "return (x for x in [1])",
        "raise TypeError('cannot unpack non-iterable NoneType object')",
        "return Odd()",
    ],
)
def test_a_function_that_returned_something_is_not_said_to_return_nothing(
    returned: str, linear: ContractRevision
) -> None:
    message = "cannot unpack non-iterable NoneType object"
    head = f"\nclass Odd:\n    def __iter__(self): raise TypeError({message!r})\n"
    assert "None" not in explain(linear, "", returned, head)


def test_a_function_with_too_few_parameters_is_told_what_the_assignment_gives(linear: ContractRevision) -> None:
    error = judge(linear, RIGHT.replace("(dout, x, w)", "(dout, x)")).error
    assert describe_exception(error) == (
        "Line 6 defines `linear_backward` with these parameters: `dout`, `x`. The assignment calls it with 3 arguments."
    )


@pytest.mark.parametrize(
    "lines",
    [
        # Their own exceptions, whatever these say.
        "raise IndexError('list index out of range')",
        "raise KeyError('x')",
        "raise ValueError('shapes (2,3) and (4,5) not aligned: 3 (dim 1) != 4 (dim 0)')",
        "class Odd(ValueError): pass\nraise Odd('division by zero')",
        "class Odd(ValueError):\n    def __str__(self): raise SystemExit\nraise Odd",
        # Other values by now: after a comprehension, and behind a `finally`.
        "k = 5\n[[None][0] * k for k in (np.ones(1),)]\nNone",
        "a = None\ntry:\n    a * w\nfinally:\n    a = 1",
        # An object of their own that behaves otherwise.
        "class Odd:\n    def __getitem__(self, key): return {}[key]\nOdd()['a']",
        "class Odd:\n    def __matmul__(self, other): raise IndexError('list index out of range')\nOdd() @ w",
    ],
)
def test_nothing_is_said_where_nothing_is_sure(lines: str, linear: ContractRevision) -> None:
    """The message alone shows nothing, and no name is looked up whose value may have changed."""
    sentence = explain(linear, lines)
    assert not any(word in sentence for word in ("`k`", "`a`", "is 0", "index", "columns", "key"))


def test_a_line_is_described_once_however_often_it_raises(linear: ContractRevision) -> None:
    ready = Judge(linear).contract
    source = RIGHT.replace("x.T @ dout", "x.T @ dout @ missing")
    answers = local_by(source, ready.exchange).answer(Judge(linear).questions)
    assert all(isinstance(answer, Raised) for answer in answers)
    assert sum(answer.mistake is not None for answer in answers if isinstance(answer, Raised)) == 1


def test_a_right_submission_never_asks_for_a_mistake(linear: ContractRevision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backmark.worker.sandbox.inside.raising.facts.MistakeFinder.__init__", None)
    assert judge(linear, RIGHT).error is None


MISTAKE = {
    "kind": "matmul",
    "part": "a @ b",
    "callee": "",
    "operands": [["a", "array", [2, 3], None, "a"], ["b", "array", [4, 5], None, "b"]],
    "words": ["4", "3"],
    "spot": [0, 3],
}


@pytest.mark.parametrize(
    "forged",
    [
        {"words": ["4", "4"]},
        {"words": ["4"]},
        {"words": ["four", "3"]},
        {"operands": []},
        {"kind": "name", "words": []},
        {"kind": "store", "words": ["(x)", "(1,)"]},
        {"kind": "entry_range"},
        {"kind": "argument_count", "words": ["1", "", "two", "3", "0"]},
        {"kind": "{0.__class__}"},
    ],
)
def test_facts_that_contradict_one_another_are_no_mistake(forged: dict[str, object]) -> None:
    assert read_mistake(MISTAKE) is not None
    assert read_mistake(MISTAKE | forged) is None


@pytest.fixture(scope="module")
def verdict(linear: ContractRevision, jails: Jails) -> Verdict:
    source = RIGHT.replace("x.T @ dout", "x.T @ secret_0_17")
    return Grader(Judge(linear), jails).grade(source.encode(), "a.py")


def test_every_form_of_a_verdict_shows_the_sentence_and_pythons_own_message(verdict: Verdict) -> None:
    sentence = "Line 7 uses the name `secret_0_17`, which is not defined."
    assert describe_exception(verdict.error) == sentence
    told = trouble(verdict)
    assert (told.split("\n")[0], told.split("\n")[-1]) == (sentence, "NameError: name 'secret_0_17' is not defined")
    assert terminal.render(verdict)
    written = verdict.as_dict()
    assert written["error"]["mistake"]["text"] == sentence.removeprefix("Line 7 ")
    assert read_verdict(written).error == verdict.error


@pytest.mark.parametrize(("line", "word"), [("a, b = w.shape[0]", "unpacks"), ("for q in 5: pass", "loops over")])
def test_a_hint_calls_a_loop_a_loop(line: str, word: str, linear: ContractRevision, jails: Jails) -> None:
    source = RIGHT.replace(f"    {RETURNED}", f"    {line}\n    {RETURNED}")
    told = Grader(Judge(linear), jails).grade(source.encode(), "a.py")
    shown = disclose(told, Feedback.always(Level.HINT), 1)
    assert describe_exception(shown.error).startswith(f"Line 7 {word} something")


def test_a_hint_says_the_sort_of_mistake_and_nothing_that_code_can_choose(verdict: Verdict) -> None:
    hinted = disclose(verdict, Feedback.always(Level.HINT), 1)
    assert describe_exception(hinted.error) == (
        "Line 7 uses a name that has no value there. Is the name misspelt, or not set yet?"
    )
    assert "secret" not in str(hinted.as_dict())
    assert describe_exception(disclose(verdict, Feedback.always(Level.SCORE), 1).error) == ""
