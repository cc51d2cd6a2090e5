"""Lists that are read a page at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list, and the cursor of the next page, or None at the end."""

    items: tuple[Item, ...]
    next: str | None


class Listing(Generic[Item]):
    """A list that requests each page when iteration needs it."""

    def __init__(self, ask: Callable[[str | None], Page[Item]]) -> None:
        self._ask = ask

    def page(self, cursor: str | None = None) -> Page[Item]:
        """Return the page at a cursor, by default the first."""
        return self._ask(cursor)

    def pages(self) -> Iterator[Page[Item]]:
        """Yield every page."""
        page = self._ask(None)
        yield page
        while page.next is not None:
            page = self._ask(page.next)
            yield page

    def __iter__(self) -> Iterator[Item]:
        for page in self.pages():
            yield from page.items
