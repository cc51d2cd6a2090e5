"""A verdict as a piece of HTML that brings its own style: for the output of a notebook's cell."""

import json
from collections.abc import Sequence
from hashlib import sha256

from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.html.headings import Headings
from backmark.grader.reports.html.markup import element
from backmark.grader.reports.html.style import style_fragment
from backmark.grader.reports.html.text import mark_code
from backmark.grader.reports.html.verdict import Surroundings, draw_verdict
from backmark.grader.reports.view import NamedLine, make_view

#: The level of the sentence: above it are the headings of the notebook.
_LEVEL = 3


def render(  # noqa: PLR0913 - what stands around a verdict, each by its name
    verdict: Verdict,
    *,
    title: str = "",
    lines: Sequence[NamedLine] = (),
    call_again: str = "",
    notes: Sequence[str] = (),
    below: Sequence[str] = (),
    plain: str = "",
) -> str:
    """Return the verdict, of which its reader sees everything: disclose it first.

    The piece has its own `<style>`, which touches nothing around it, and neither scripts nor links. It follows the
    theme of JupyterLab, VS Code and Colab, and elsewhere the browser's. A notebook that is not trusted loses the style,
    and with it the picture's sense: there `plain`, the verdict as text, stands alone.

    `title` is the assignment's, above the sentence. `lines` are the student's own that the verdict names.
    `call_again` says how the code is called with the smallest case, in place of the script; names between backticks
    are set as code. `notes` are sentences above the verdict, `below` are those at its end.
    """
    # A notebook shows several verdicts, and no two elements may have the same id.
    content = sha256(json.dumps(verdict.as_dict()).encode()).hexdigest()[:12]
    around = Surroundings(above=title, headings=Headings(_LEVEL, f"backmark-{content}-"), call_again=call_again)
    drawing = draw_verdict(make_view(verdict, tuple(lines)), around)
    above = (element("p", element("strong", mark_code(note)), role="note") for note in notes)
    end = (element("p", mark_code(sentence), class_="quiet") for sentence in below if sentence)
    # Jupyter takes the style away, and an attribute without a value; the style turns round what is hidden.
    drawn = element("div", *above, drawing, *end, class_="drawn", hidden="hidden" if plain else None)
    text = element("pre", "\n", plain, class_="plain") if plain else None
    return element("div", style_fragment(), drawn, text, class_="backmark")
