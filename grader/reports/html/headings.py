"""The headings of a verdict and the sections below them, at the level that the place around them leaves."""

from dataclasses import dataclass

from backmark.grader.reports.html.markup import Html, element


@dataclass(frozen=True, slots=True)
class Headings:
    """Headings that look alike at any level: `level` is that of the sentence above a verdict.

    `prefix` goes before the ids of sections; where several verdicts are on one page, each needs its own.
    """

    level: int = 1
    prefix: str = ""

    def main(self, *children: str | None) -> Html:
        """Return the sentence."""
        return element(f"h{self.level}", *children, class_="main-heading student")

    def minor(self, *children: str | None, class_: str = "") -> Html:
        """Return the heading of a part of a section."""
        return element(f"h{self.level + 2}", *children, class_=f"minor-heading {class_}".rstrip())

    def section(self, name: str, title: str, *children: str | None, class_: str = "section") -> Html:
        """Return a section with its heading."""
        return self.open_section(name, self.title(name, title), *children, class_=class_)

    def open_section(self, name: str, *children: str | None, class_: str = "section") -> Html:
        """Return a section, one of whose children is its heading."""
        return element("section", *children, class_=class_, aria_labelledby=f"{self.prefix}{name}")

    def title(self, name: str, title: str) -> Html:
        """Return the heading of a section."""
        return element(f"h{self.level + 1}", title, id=f"{self.prefix}{name}", class_="heading")
