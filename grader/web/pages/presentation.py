"""The words of pages for each kind of homework, and the drawings of its counterexamples."""

from dataclasses import dataclass
from types import MappingProxyType

from grader.model.assignment import NETWORKS, Formulas
from grader.model.verdict import AnyCounterexample, CaseCounterexample, Counterexample
from grader.web.pages.comparing import Array, compare, compare_results
from grader.web.pages.drawing import Drawing, draw


@dataclass(frozen=True, slots=True)
class Words:
    """The words for a kind of homework."""

    #: The sentence for code that passed, and for code that did not yet.
    passed: str
    failed: str
    #: The noun for the numbers that are compared, such as "derivatives" on "network".
    numbers: str
    joint: str
    noun: str
    #: The numbers with which they agree.
    truth: str
    #: The sentence about a file that is handed in: how it is tested.
    asked: str


_ANY = Words(
    "Your code is right.",
    "Your code is not right yet.",
    "numbers",
    "in",
    "case",
    "what is expected",
    "It is run on many small cases, and each number is compared with what is expected.",
)
_WORDS = MappingProxyType(
    {
        NETWORKS: Words(
            "Your backward pass is right.",
            "Your backward pass is not right yet.",
            "derivatives",
            "on",
            "network",
            "finite differences",
            "It is run on hundreds of small networks, and\neach derivative is compared with finite differences.",
        )
    }
)


def words(kind: str) -> Words:
    """Return the words for a kind of homework; the general ones if it has none of its own."""
    return _WORDS.get(kind, _ANY)


@dataclass(frozen=True, slots=True)
class Presentation:
    """A counterexample as numbers and perhaps as a picture, with their captions."""

    noun: str
    heading: str
    intro: str
    arrays: tuple[Array, ...]
    first: str | None
    drawing: Drawing | None = None


def present(example: AnyCounterexample, formulas: Formulas | None) -> Presentation:
    """Return the counterexample as its kind is drawn; heat maps alone if its kind has no drawing, or no formulas."""
    return _present_network(example, formulas) if isinstance(example, Counterexample) else _present_case(example)


def _present_network(example: Counterexample, formulas: Formulas | None) -> Presentation:
    arrays = compare(example)
    index = f"[{', '.join(map(str, example.index or ()))}]"
    first = f"all_dl_d{example.parameter}[{example.layer}]{index}" if example.parameter else None
    return Presentation(
        "network",
        "The derivatives, layer by layer",
        "From the output down, as backpropagation goes.",
        tuple(arrays),
        first,
        None if formulas is None else draw(example, arrays, formulas),
    )


def _present_case(example: CaseCounterexample) -> Presentation:
    first = example.first
    where = None if first is None else f"{first.result}[{', '.join(map(str, first.index))}]"
    return Presentation(
        "case", "The results", "", tuple(compare_results(example)), where.removesuffix("[]") if where else None
    )
