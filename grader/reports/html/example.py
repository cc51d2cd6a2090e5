"""The smallest case on which a submission goes wrong: what it is, what came back, and how to call it again."""

from backmark.grader.reports.changes import was_judged
from backmark.grader.reports.html.headings import Headings
from backmark.grader.reports.html.maps import draw_maps
from backmark.grader.reports.html.markup import Html, element, join
from backmark.grader.reports.html.network import draw_network
from backmark.grader.reports.html.presentation import present
from backmark.grader.reports.html.text import line, mark_code
from backmark.grader.reports.plaintext import plain
from backmark.grader.reports.view import VerdictView

_CALL_AGAIN = "See it in your notebook"


def draw_example(view: VerdictView, headings: Headings, *, call_again: str = "", copies: bool = False) -> Html:
    """Return the sections about the case; `call_again` says how to call it in place of its script.

    `copies` adds a button that a page's script makes copy the script.
    """
    verdict, example = view.verdict, view.verdict.counterexample
    if example is None:
        return Html()
    shown, instead = present(example), plain(view.instead)
    title = "The smallest case" if was_judged(verdict) else "The case that your code did not finish"
    case = headings.section(
        "example",
        title,
        element("p", view.tally, class_="quiet") if view.tally else None,
        element("p", mark_code(line(instead)), class_="student") if instead else None,
        draw_network(shown.drawing, has_wrong=bool(shown.off)) if shown.drawing else None,
        element("pre", "\n", "\n".join(shown.inputs), class_="code student", tabindex="0") if shown.inputs else None,
    )
    maps = draw_maps(shown, headings) if shown.arrays else None
    again = None
    if call_again:
        again = headings.section("script", _CALL_AGAIN, element("p", mark_code(call_again)))
    elif example.script:
        again = _draw_script(example.script, headings, copies=copies, careful=not was_judged(verdict))
    return join([case, maps, again])


def _draw_script(script: str, headings: Headings, *, copies: bool, careful: bool) -> Html:
    name = f"{headings.prefix}script-text"
    copy = element("button", "Copy the script", class_="button small", type="button", hidden=True, data_copy=name)
    title = headings.title("script", _CALL_AGAIN)
    never = element("strong", "Your code never returned from this case.")
    warning = join([" ", never, " Save your notebook first, and be ready to interrupt the kernel."])
    usage = element(
        "p",
        "Paste this script into a new cell below your function and run it. The script builds this case, calls your"
        " code, and says if your results are right, or which one is not. It changes no name in your notebook.",
        warning if careful else None,
        class_="quiet",
    )
    code = element("pre", "\n", script, class_="code", id=name, tabindex="0")
    return headings.open_section(
        "script",
        element("div", title, copy if copies else None, class_="row apart"),
        usage,
        element("details", element("summary", "Show the script"), code),
    )
