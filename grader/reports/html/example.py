"""The smallest case on which a submission goes wrong: what it is, what came back, and how to call it again."""

from backmark.grader.reports.html.headings import Headings
from backmark.grader.reports.html.maps import draw_maps
from backmark.grader.reports.html.markup import Html, element, join
from backmark.grader.reports.html.network import draw_network
from backmark.grader.reports.html.text import line, mark_code
from backmark.grader.reports.html.view import ShownExample
from backmark.grader.reports.plaintext import sentence

_CALL_AGAIN = "See it in your notebook"


def draw_example(example: ShownExample, headings: Headings, *, call_again: str = "", copies: bool = False) -> Html:
    """Return the sections about the case; `call_again` says how to call it in place of its script.

    `copies` adds a button that a page's script makes copy the script.
    """
    shown = example.shown
    wrong = f"The smallest {shown.noun} on which your code fails"
    ended = f"The {shown.noun} that your code did not finish"
    other = f"This is a different {shown.noun} from the one above: here {example.elsewhere}."
    case = headings.section(
        "example",
        wrong if example.wrong else ended,
        element("p", other, class_="quiet") if example.elsewhere else None,
        element("p", "Here your code ", mark_code(line(sentence(example.instead))), class_="student")
        if example.instead
        else None,
        draw_network(shown.drawing, has_wrong=bool(example.off)) if shown.drawing else None,
        element("pre", "\n", "\n".join(shown.inputs), class_="code student", tabindex="0") if shown.inputs else None,
    )
    maps = draw_maps(example, headings) if shown.arrays else None
    again = None
    if call_again:
        again = headings.section("script", _CALL_AGAIN, element("p", mark_code(call_again)))
    elif example.script:
        again = _draw_script(example, headings, copies=copies)
    return join([case, maps, again])


def _draw_script(example: ShownExample, headings: Headings, *, copies: bool) -> Html:
    name = f"{headings.prefix}script-text"
    copy = element("button", "Copy the script", class_="button small", type="button", hidden=True, data_copy=name)
    title = headings.title("script", _CALL_AGAIN)
    never = element("strong", f"Your code never returned from this {example.shown.noun}.")
    careful = join([" ", never, " Save your notebook first, and be ready to interrupt the kernel."])
    noun = example.shown.noun
    usage = element(
        "p",
        f"Paste this script into a new cell below your function and run it. The script builds this {noun}, calls your"
        " code, and says if your results are right, or which one is not. It changes no name in your notebook.",
        None if example.wrong else careful,
        class_="quiet",
    )
    script = element("pre", "\n", example.script, class_="code", id=name, tabindex="0")
    return headings.open_section(
        "script",
        element("div", title, copy if copies else None, class_="row apart"),
        usage,
        element("details", element("summary", "Show the script"), script),
    )
