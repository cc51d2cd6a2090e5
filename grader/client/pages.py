"""Lists that come a page at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list, and the cursor of what comes after; None at its end."""

    items: tuple[Item, ...]
    next: str | None


class Listing(Generic[Item]):
    """Iterates over the whole list, asking for each page when it is needed."""

    def __init__(self, ask: Callable[[str | None], Page[Item]]) -> None:
        self._ask = ask

    def page(self, cursor: str | None = None) -> Page[Item]:
        """The page at a cursor; the first without one."""
        return self._ask(cursor)

    def pages(self) -> Iterator[Page[Item]]:
        """Every page."""
        page = self._ask(None)
        yield page
        while page.next is not None:
            page = self._ask(page.next)
            yield page

    def __iter__(self) -> Iterator[Item]:
        for page in self.pages():
            yield from page.items
