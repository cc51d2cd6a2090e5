"""The lists that a student's function wrote on its way, and the statement that raised, as the jail describes them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from grader.oracle.network import Array

#: The notebook's lists in the order of `Evidence.status`, each with the step whose line writes it.
LINES = {
    "all_dl_dweights": "weight_gradient",
    "all_dl_dbiases": "bias_gradient",
    "all_dl_df": "relu_derivative",
    "all_dl_dh": "activation_gradient",
}


@dataclass(frozen=True, slots=True)
class Operand:
    """A name or a subscript in a statement that raised, and what it was: the type is empty if it had no value."""

    text: str
    type: str
    shape: tuple[int, ...] | None
    length: int | None
    number: int | None
    #: The list of the notebook's that it is, or is a member of, and then its index.
    origin: tuple[str, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Raising:
    """The statement that raised (in `cell`, 0 in a file), the expression in it that did, and its operands."""

    cell: int
    line: int
    statement: str
    part: str
    operands: tuple[Operand, ...]
    #: The same of the helper or comprehension in which that happened, if it is another function of the student's.
    inner: "Raising | None" = None


class ReturnedForm(StrEnum):
    """The returned form, as the jail names it (`worker/sandbox/inside/networks/forms.py`)."""

    #: Two lists in the order that was asked for, perhaps of arrays in another shape; in the other order; from the
    #: output down, both or one of them.
    PLAIN = "plain"
    SWAPPED = "swapped"
    REVERSED = "reversed"
    WEIGHTS_REVERSED = "weights_reversed"
    BIASES_REVERSED = "biases_reversed"
    #: A dictionary of the two; weights and biases by layer; the two and something else.
    NAMED = "named"
    PAIRS = "pairs"
    MORE = "more"
    #: Another list in the place of one of the two.
    MISTAKEN = "mistaken"
    #: The same of the weights' list, where the lists have names of the student's own.
    REPLACED = "replaced"
    #: One list in both places.
    TWICE = "twice"
    #: Not made of these two lists; nothing at all.
    OTHER = "other"
    NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The lists that the function wrote on its way, for one network; all of it can be forged by a student's code.

    `status` has a character for each entry of dW, db, df and dh, K + 1 of each: 0 not there, 1 as asked for, 2 of as
    many numbers in another shape, 3 anything else. `numbers` holds them one after the other, row by row, NaN where
    the status is 0 or 3; dW is (D[k+1], D[k]), db (D[k+1], 1), df (D[k+1], columns), dh (D[k], columns).
    """

    #: True if it came to its end; dW and db are then those that it returned, if they could be read.
    ended: bool
    form: ReturnedForm
    status: str
    numbers: Array
    #: For each k whether dh[k] and df[k-1] are views of the same memory.
    shared: tuple[bool, ...]
    raised: Raising | None
    #: The statement that wrote the list of which it returned an array of another shape, with its operands at the end.
    wrote: Raising | None = None
    #: True if it returned in the first turn of a loop, under no condition.
    early: bool = False
    #: For each of the four lists whether two of its entries have numbers of the same memory.
    within: tuple[bool, ...] = ()
    #: True if the function returned, though reading what it returned, such as an iterator, may have raised.
    returned: bool = True

    @property
    def overwritten(self) -> tuple[bool, ...]:
        """For each k, True if dh[k] may hold what was written for dl/df or another layer."""
        return (True,) * len(self.shared) if any(self.within[3:]) else self.shared

    def returns_alike(self, other: "Evidence", parameters: int) -> bool:
        """True if what was returned, for so many parameters, holds the same numbers, as far as both can be read."""
        return np.array_equal(self.numbers[:parameters], other.numbers[:parameters], equal_nan=True)
