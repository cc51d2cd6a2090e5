"""A counterexample as a page shows it: its arrays as heat maps, and a picture if its kind has one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from grader.model.cases import as_case
from grader.model.verdict import NETWORK, AnyCounterexample
from grader.model.words import KindWords
from grader.reports.numpy_text import list_inputs
from grader.web.pages.comparing import Array, compare
from grader.web.pages.networks import drawing


class Picture(Protocol):
    """A picture of a counterexample, which a template of its kind's own draws."""

    TEMPLATE: ClassVar[str]


Draw = Callable[[Any, Sequence[Array], Mapping[str, Any]], Picture | None]

#: By the kind of a counterexample the function that draws it, beside its heat maps: from its arrays and the
#: assignment's settings. It returns None if it cannot; a kind without one has heat maps alone.
DRAWINGS: Mapping[str, Draw] = MappingProxyType({NETWORK: drawing.draw})


@dataclass(frozen=True, slots=True)
class Presentation:
    """A counterexample as numbers and perhaps as a picture, with their captions."""

    noun: str
    heading: str
    intro: str
    arrays: tuple[Array, ...]
    first: str | None
    drawing: Picture | None = None
    #: Its inputs as a student would type them, a line each, if nothing draws it and they are few.
    inputs: tuple[str, ...] = ()


def present(example: AnyCounterexample, words: KindWords, settings: Mapping[str, Any]) -> Presentation:
    """Return the counterexample with the words for its kind; `settings` are the assignment's, as far as known."""
    case = as_case(example)
    arrays = compare(case)
    first = case.first
    where = None if first is None else f"{first.result}[{', '.join(map(str, first.index))}]".removesuffix("[]")
    draw = DRAWINGS.get(case.kind)
    picture = None if draw is None else draw(example, arrays, settings)
    inputs = () if picture is not None else tuple(list_inputs(case) or ())
    return Presentation(words.noun, words.results, words.intro, tuple(arrays), where, picture, inputs)
