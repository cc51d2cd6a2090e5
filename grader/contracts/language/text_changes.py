"""Changes that an author writes of a file's text: a text in it, and what stands in its place."""

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter

from backmark.grader.contracts.language.tables import MOST_CHARACTERS, ChangeTable
from backmark.grader.contracts.language.toml_tables import show_value


class ChangeError(ValueError):
    """Changes that cannot be made: the reason, and what to write."""


def make_changes(text: str, filename: str, changes: Sequence[ChangeTable]) -> str:
    """Return the text with all changes made, each of the text as it was before any of them; raises ChangeError."""
    parts, end = [], 0
    for start, change in sorted(((_find(text, filename, change), change) for change in changes), key=itemgetter(0)):
        if start < end:
            raise ChangeError(f"two changes overlap at {show_value(change.old)}: write them as one")
        parts += [text[end:start], change.new]
        end = start + len(change.old)
    changed = "".join([*parts, text[end:]])
    if changed == text:
        raise ChangeError(f"its changes leave {filename} as it is: write in new what stands there instead")
    if len(changed) > MOST_CHARACTERS:
        raise ChangeError(f"with its changes {filename} has more than {MOST_CHARACTERS} characters")
    return changed


def _find(text: str, filename: str, change: ChangeTable) -> int:
    """Return the place of the text that a change replaces."""
    places = list(islice(_list_places(text, change.old), change.nth or 2))
    shown, count = show_value(change.old), len(places)
    if not count:
        raise ChangeError(f"{shown} does not occur in {filename}: copy a text from it, without any comment # row: NAME")
    if change.nth is None and count > 1:
        raise ChangeError(f"{shown} occurs more than once in {filename}: copy more of its line, or say which by nth")
    if change.nth is not None and count < change.nth:
        raise ChangeError(f"nth is {change.nth}, but {shown} occurs only {count} times in {filename}")
    return places[-1]


def _list_places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)
