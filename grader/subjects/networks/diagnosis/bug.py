"""A bug model: a small wrong backward pass with a name, two hints and what to read again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from grader.model.formulas import Loss, Reduction
from grader.subjects.networks.assignment import Assignment, References
from grader.subjects.networks.diagnosis.lines import Lines


@dataclass(frozen=True, slots=True)
class Spot:
    """The result of a line, the subject to read again (no formula), and the property that judges it."""

    variable: str
    read: str
    #: Empty where none judges that line alone.
    name: str = ""

    def refer(self, references: References) -> str:
        """Return what to read again, with the place in the course's book if the assignment names it."""
        place: str = getattr(references, self.name, "")
        return f"{place}: {self.read[:1].lower()}{self.read[1:]}" if place else self.read


class Where(Enum):
    """The line that a bug is in, in the order of the chain rule."""

    OUTPUT = Spot(
        "all_dl_df[K]",
        "Where the chain rule starts: the derivative of the loss with respect to the network's output,"
        " the line above the loop.",
    )
    BIAS = Spot(
        "all_dl_dbiases[layer]",
        "How a bias enters its preactivation, and what follows by the chain rule.",
        "bias_gradient",
    )
    WEIGHT = Spot(
        "all_dl_dweights[layer]",
        "How a weight enters its preactivation, and what follows by the chain rule.",
        "weight_gradient",
    )
    ACTIVATION = Spot(
        "all_dl_dh[layer]",
        "How an activation reaches every preactivation of its layer, and what follows by the chain rule.",
        "activation_gradient",
    )
    DERIVATIVE = Spot(
        "all_dl_df[layer-1]",
        "How a preactivation becomes an activation, and what follows by the chain rule.",
        "relu_derivative",
    )
    RETURN = Spot("what is returned", "What backward_pass returns, and what is done to the gradients before.")
    RAISES = Spot("the line that raises", "The line that raises the exception: what does each name in it hold?")
    WHOLE = Spot("the function", "What the function is given: everything that it needs is among its arguments.")


Applies = Callable[[Assignment], bool]


def always(_: Assignment) -> bool:
    """True: it is a bug in every assignment."""
    return True


def least_squares(assignment: Assignment) -> bool:
    """True only under least squares."""
    return assignment.formulas.loss is Loss.LEAST_SQUARES


def cross_entropy(assignment: Assignment) -> bool:
    """True only under a cross-entropy."""
    return assignment.formulas.loss is not Loss.LEAST_SQUARES


def has_kink(assignment: Assignment) -> bool:
    """True only if the activation has a kink at zero."""
    return assignment.formulas.activation.kinked


def smooth(assignment: Assignment) -> bool:
    """True only if the activation has no kink."""
    return not assignment.formulas.activation.kinked


def batches(assignment: Assignment) -> bool:
    """True only if networks may have several columns."""
    return assignment.ranges.columns.most > 1


def summed_batches(assignment: Assignment) -> bool:
    """True only if networks may have several columns, whose losses are added up."""
    return batches(assignment) and assignment.formulas.reduction is Reduction.SUM


def averaged_batches(assignment: Assignment) -> bool:
    """True only if networks may have several columns, of whose losses the mean is taken."""
    return batches(assignment) and assignment.formulas.reduction is Reduction.MEAN


def several_outputs(assignment: Assignment) -> bool:
    """True only if networks may have several outputs."""
    return assignment.ranges.outputs.most > 1


@dataclass(frozen=True, slots=True)
class Bug:
    """A wrong backward pass that a person recognises, in each way in which it is usually written."""

    id: str
    #: What it does, as the words after "it".
    title: str
    where: Where
    variants: tuple[Lines, ...]
    #: A question or a place to look at, which leaves the answer to the student.
    hint: str
    #: What is wrong, and what it should be.
    strong: str
    applies: Applies = field(default=always)
    #: True for what is rare: then it is not tried in pairs.
    rare: bool = False
    #: The steps of the rubric that it makes wrong, if that is not the one of its line.
    fails: tuple[str, ...] | None = None
    #: The title and the hint beside another mistake, if those above speak of every gradient.
    beside: tuple[str, str] | None = None
    #: True if what came back does not show which of the two steps between layers it is in.
    either: bool = False

    @property
    def as_one_of_several(self) -> "Bug":
        """The same beside another mistake, which changes some gradients more than this one does."""
        title, hint = self.beside or (self.title, self.hint)
        return replace(self, title=title, hint=hint)

    @property
    def of_all_gradients(self) -> bool:
        """True if it speaks of every gradient, wherever that comes from."""
        return self.beside is not None

    @property
    def steps(self) -> tuple[str, ...] | None:
        """The steps of the rubric that it makes wrong; None if it has nothing to do with them."""
        # The row of the bias gradients judges the loss derivative, too.
        step = "bias_gradient" if self.where is Where.OUTPUT else self.where.value.name
        return self.fails if self.fails is not None else (step,) if step else None
