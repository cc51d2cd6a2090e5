"""A counterexample as a page shows it: its arrays as heat maps, and a picture if it has one."""

from dataclasses import dataclass

from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.reports.html import layers
from backmark.grader.reports.html.comparing import Array, compare
from backmark.grader.reports.numpy_text import list_inputs, name_first


@dataclass(frozen=True, slots=True)
class Presentation:
    """A counterexample as numbers and perhaps as a picture."""

    arrays: tuple[Array, ...]
    #: The first wrong number as code names it; empty if it is not known.
    first: str
    drawing: layers.NetworkDrawing | None = None
    #: Its inputs as a student would type them, a line each, if nothing draws it and they are few.
    inputs: tuple[str, ...] = ()

    @property
    def off(self) -> list[Array]:
        """The arrays with wrong entries."""
        return [array for array in self.arrays if array.wrong]

    @property
    def fine(self) -> list[Array]:
        """The arrays that are right."""
        return [array for array in self.arrays if not array.wrong]


def present(case: CaseCounterexample) -> Presentation:
    """Return the presentation of a counterexample."""
    arrays = compare(case)
    drawing = layers.draw(case, arrays)
    inputs = () if drawing is not None else tuple(list_inputs(case) or ())
    return Presentation(tuple(arrays), name_first(case), drawing, inputs)
