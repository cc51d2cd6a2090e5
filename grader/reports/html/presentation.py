"""A counterexample as a page shows it: its arrays as heat maps, and a picture if it has one."""

from dataclasses import dataclass

from backmark.grader.model.cases import as_case
from backmark.grader.model.counterexample import AnyCounterexample
from backmark.grader.model.words import CaseWords
from backmark.grader.reports.html import layers
from backmark.grader.reports.html.comparing import Array, compare
from backmark.grader.reports.numpy_text import list_inputs
from backmark.grader.reports.text import name_first


@dataclass(frozen=True, slots=True)
class Presentation:
    """A counterexample as numbers and perhaps as a picture, with their captions."""

    noun: str
    heading: str
    intro: str
    arrays: tuple[Array, ...]
    #: The first wrong number as code names it; empty if it is not known.
    first: str
    drawing: layers.Drawing | None = None
    #: Its inputs as a student would type them, a line each, if nothing draws it and they are few.
    inputs: tuple[str, ...] = ()

    @property
    def off(self) -> list[Array]:
        """The arrays with wrong entries, or of which that is not known."""
        return [array for array in self.arrays if array.wrong != 0]

    @property
    def fine(self) -> list[Array]:
        """The arrays that are right."""
        return [array for array in self.arrays if array.wrong == 0]


def present(example: AnyCounterexample, words: CaseWords) -> Presentation:
    """Return the counterexample with the words around its cases."""
    case = as_case(example, drawn=True)
    arrays = compare(case)
    drawing = layers.draw(case, arrays)
    inputs = () if drawing is not None else tuple(list_inputs(case) or ())
    return Presentation(words.noun, words.results, words.intro, tuple(arrays), name_first(case), drawing, inputs)
