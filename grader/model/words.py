"""The words for a kind of homework, which reports, pages and commands write around its cases."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KindWords:
    """The words for a kind of homework; those of any kind, unless it has its own."""

    #: The word for a case, such as "network"; its plural has an s.
    noun: str = "case"
    #: The noun for the numbers that are compared, such as "numbers" in "cases".
    numbers: str = "numbers"
    joint: str = "in"
    #: The end of the sentence that so many numbers were compared; empty if they were simply compared.
    compared: str = ""
    #: The numbers with which right ones agree.
    truth: str = "what is expected"
    #: The sentence for code that passed, and for code that did not yet.
    passed: str = "Your code is right."
    failed: str = "Your code is not right yet."
    #: The sentence about a file that is handed in: how it is tested.
    asked: str = "It is run on many small cases, and each number is compared with what is expected."
    #: The heading of a counterexample's results, and a sentence that introduces them.
    results: str = "The results"
    intro: str = ""
    #: The order in which results are read until one is beyond its tolerance; empty if it goes without saying.
    order: str = ""
    #: True if a wrong result is shown without the right ones beside it: each is right or wrong by itself.
    apart: bool = False
    #: The noun for a known mistake of which a self-check has many.
    mistake: str = "implementations"
    #: The predicate of one of them on a case that detects it.
    errs: str = "is wrong"


def predicate(titles: Iterable[str]) -> str:
    """The words for mistakes that are made together: after "it", or after another subject."""
    *others, last = titles
    if not others:
        return last
    return f"{', it '.join(others)}{',' * (len(others) > 1)} and it {last}"
