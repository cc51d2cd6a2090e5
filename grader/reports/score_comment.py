"""The comment of a score in the gradebook of an LMS: what is wrong, and the first line to change.

By the standard a comment is plain text: its paragraphs are lines with an empty one between them.
"""

from collections.abc import Iterator

from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.plaintext import cap, plain
from backmark.grader.reports.view import VerdictView, make_view
from backmark.grader.reports.wording import clean

#: Of the line to change, and characters of a paragraph.
_LINES, _CHARACTERS, _LONGEST = 4, 120, 1000


def render(verdict: Verdict) -> str:
    """Return the comment on a verdict that holds only what its student may see."""
    return "\n\n".join(clean(plain(text), _LONGEST) for text in _paragraphs(make_view(verdict)) if text)


def _paragraphs(view: VerdictView) -> Iterator[str]:
    yield view.sentence
    if not view.changes:
        yield view.more
        return
    first, others = view.changes[0], len(view.changes) - 1
    place = view.heading.removesuffix(":")
    heading = f"{place}: {first.heading}" if not others else f"{place}, first: {first.heading}"
    source = cap(first.source, lines=_LINES, characters=_CHARACTERS)
    yield "\n".join(filter(None, (heading, source)))
    yield next(iter(first.advice), "")
