"""The words that reports, pages and commands write around the cases of a verdict."""

from collections.abc import Iterable
from dataclasses import dataclass

from backmark.grader.model.assignment import LAYERED


@dataclass(frozen=True, slots=True)
class CaseWords:
    """The words around cases: those of contracts, unless they are for verdicts of an earlier version."""

    #: The word for a case, such as "network"; its plural has an s.
    noun: str = "case"
    #: The noun for the numbers that are compared.
    numbers: str = "numbers"
    #: The sentence for code that passed, and for code that did not yet.
    passed: str = "Your code is right."
    failed: str = "Your code is not right yet."
    #: The sentence about a file that is handed in: how it is tested.
    asked: str = "Your code runs on many small cases, and each number is compared with finite differences."
    #: The heading of a counterexample's results, and a sentence that introduces them.
    results: str = "The results"
    intro: str = ""
    #: The order in which results are read until one is beyond its tolerance; empty if it goes without saying.
    order: str = ""
    #: True if a wrong result is shown without the right ones beside it: each is right or wrong by itself.
    apart: bool = True
    #: The noun for a known mistake of which a self-check has many.
    mistake: str = "solutions"


#: The words around what is judged now.
WORDS = CaseWords()
#: The words around verdicts of layered networks, which earlier versions judged in a way of their own.
_LAYERED_WORDS = CaseWords(
    noun="network",
    numbers="derivatives",
    passed="Your backward pass is right.",
    failed="Your backward pass is not right yet.",
    asked="Your code runs on many small cases, and each number is compared with the expected one.",
    results="The derivatives, layer by layer",
    intro="From the output down, as backpropagation goes.",
    order=", from the output down",
    apart=False,
    mistake="implementations",
)


def find_words(kind: str) -> CaseWords:
    """Return the words for a stored verdict or assignment, by its kind."""
    return _LAYERED_WORDS if kind == LAYERED else WORDS


def join_words(texts: Iterable[str]) -> str:
    """Return texts as a list in a sentence: "a, b and c"; empty for none."""
    *others, last = [*texts] or [""]
    return f"{', '.join(others)} and {last}" if others else last
