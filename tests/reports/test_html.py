"""A verdict as HTML: text stays text, and a piece of it stands by itself in a notebook's page."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.counterexample import CaseCounterexample, CaseInput, CaseResult, FirstWrong
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import StudentError, Verdict
from backmark.grader.reports.html.comparing import compare
from backmark.grader.reports.html.fragment import render
from backmark.grader.reports.html.markup import Html, classes, element, join
from backmark.grader.reports.html.style import style_fragment
from backmark.grader.reports.view import LineMark, NamedLine
from tests.reports.graded import EXCEPTION, SCRIPT, explain_verdict, repair_verdict, verdict

EVIL = "<img src=x onerror=alert(1)>\"'&lt;</pre></style><script>"

CASE = CaseCounterexample(
    "contract",
    {"N": 1},
    (CaseInput("x", [2], [1.0, 2.0]),),
    (CaseResult("dx", [2], [1.0, 1.5e308], [2.0, -1.5e308], 2, [True, True]),),
    FirstWrong("dx", [0]),
    None,
    SCRIPT,
)


class Elements(HTMLParser):
    """The elements of a piece of HTML with their attributes, and its text."""

    def __init__(self, piece: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(piece)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data

    @property
    def ids(self) -> list[str | None]:
        """The ids of all elements that have one."""
        return [attributes["id"] for _, attributes in self.found if "id" in attributes]


def list_texts(page: str) -> str:
    """Return the words of a piece without its style."""
    return " ".join(Elements(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).text.split())


def list_selectors(style: str) -> list[str]:
    """Return the selectors of a style sheet's outermost rules, without their arguments."""
    depth, outermost = 0, ""
    for char in re.sub(r"/\*.*?\*/|\([^()]*\)", "", style, flags=re.DOTALL):
        depth += (char == "{") - (char == "}")
        outermost += char if not depth else ""
    return [selector.strip() for selector in re.split("[},]", outermost) if selector.strip()]


@given(st.text(alphabet="<>&\"'a= \n"))
def test_text_is_escaped_as_a_child_and_as_an_attribute(text: str) -> None:
    parsed = Elements(element("p", text, title=text))
    assert parsed.text.rstrip("\n") == text.rstrip("\n")
    assert parsed.found == [("p", {"title": text})]


def test_html_is_taken_as_it_is_and_nothing_is_left_out() -> None:
    assert element("ul", element("li", "a & b"), None, hidden=True, open=False, lang=None) == (
        "<ul hidden><li>a &amp; b</li>\n</ul>\n"
    )
    assert join(["<", Html("<br/>")], ", ") == "&lt;, <br/>"
    assert element("circle", cx=1, class_=classes("a", None, "b")) == '<circle cx="1" class="a b"/>'


@pytest.mark.parametrize(
    "graded",
    [
        explain_verdict(),
        repair_verdict(),
        verdict(error=replace(EXCEPTION, message=EVIL, traceback=EVIL), outcome=Outcome.ERROR, output=EVIL),
        replace(repair_verdict(), counterexample=replace(CASE, instead=EVIL, script=EVIL)),
    ],
)
def test_nothing_of_a_submission_becomes_an_element(graded: Verdict) -> None:
    statements = tuple(replace(statement, source=EVIL, hint=EVIL) for statement in graded.repair)
    parsed = Elements(render(replace(graded, repair=statements), title=EVIL))
    assert not {tag for tag, _ in parsed.found} & {"img", "script", "link", "iframe"}
    assert not [attributes for _, attributes in parsed.found if {"onerror", "href", "src"} & attributes.keys()]
    assert EVIL in parsed.text


def test_a_piece_has_its_own_style_that_touches_nothing_else() -> None:
    style = style_fragment().removeprefix("<style>").removesuffix("</style>\n")
    assert all(".backmark.backmark" in selector for selector in list_selectors(style))
    assert ":root" not in style
    assert not re.search(r"url\(|@import|https?:", style)


def test_several_pieces_on_one_page_share_no_id() -> None:
    first, second = Elements(render(explain_verdict())), Elements(render(repair_verdict()))
    assert first.ids
    assert len({*first.ids, *second.ids}) == len(first.ids) + len(second.ids)


def test_headings_are_below_those_of_a_notebook() -> None:
    levels = [tag for tag, _ in Elements(render(replace(repair_verdict(), counterexample=CASE))).found if tag[0] == "h"]
    assert levels[0] == "h3"
    assert set(levels) == {"h3", "h4", "h5"}


def test_the_way_to_call_the_case_again_takes_the_place_of_the_script() -> None:
    graded = replace(repair_verdict(), counterexample=CASE)
    assert "Paste this script into a new cell" in list_texts(render(graded))
    again = list_texts(render(graded, call_again="Call it with `result.example.arguments`."))
    assert "Call it with result.example.arguments." in again
    assert "Paste this script into a new cell" not in again


def test_numbers_near_the_largest_are_compared() -> None:
    (array,) = compare(CASE)
    assert [[cell.shade for cell in row] for row in array.actual] == [[1, -4]]
    # The gap is larger than any number.
    assert array.difference[0][1].value is None
    assert "nan" in render(replace(verdict(), counterexample=CASE))


def test_drawing_a_verdict_needs_the_standard_library_alone() -> None:
    code = (
        "import sys; started = set(sys.modules); import backmark.grader.reports.html.fragment;"
        " names = {name.split('.')[0] for name in set(sys.modules) - started};"
        " print(names - sys.stdlib_module_names)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "{'backmark'}\n"


@pytest.mark.parametrize(
    ("outcome", "kind", "says"),
    [
        (Outcome.REJECTED, "syntax_error", "line 1 is not valid Python"),
        (Outcome.REJECTED, "not_filled_in", "line 1 is why the file was not graded"),
        (Outcome.ERROR, "ValueError", "line 1 raises the exception"),
    ],
)
def test_a_line_that_never_ran_raises_no_exception(outcome: Outcome, kind: str, says: str) -> None:
    refused = verdict(outcome, (), StudentError(kind, "why"))
    assert says in list_texts(render(refused, lines=[NamedLine("line 1", "def f(:", LineMark.RAISED)]))
