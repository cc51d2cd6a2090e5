"""Answers right on some networks and no others, which differ in a property of shape: K or a width written out."""

from collections.abc import Callable, Iterator
from itertools import combinations

from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case
from grader.subjects.networks.diagnosis.fit import Fit

Sizes = tuple[int, ...]

#: Where the notebook's own network has one output.
ONE_OUTPUT = "one_output_only"
#: It is right where there is nothing to add up over a batch.
ONE_COLUMN = "one_column_only"


def reach(case: Case, assignment: Assignment) -> list[Fit]:
    """The shortest description of the networks on which it is right, if it is right on exactly those."""
    right = {i for i in range(len(case.answers)) if i not in case.wrong}
    if min(len(right), len(case.wrong)) < EVIDENCE:
        return []
    for id_, where, holds in _descriptions(assignment):
        sizes = zip(case.suite.sizes, case.suite.columns, strict=True)
        if right == {i for i, (shape, columns) in enumerate(sizes) if holds(shape, columns)}:
            return [Fit((_bug(id_, where),))]
    return []


def _bug(id_: str, where: str) -> Bug:
    if id_ == ONE_OUTPUT:
        # A sum, a mean or a first entry taken for all of them is right there, too: no number need be written out.
        return Bug(
            id_,
            f"is right on those of the networks tried that have {where}, and on no others",
            Where.OUTPUT,
            (),
            "With several outputs, what is the shape of your all_dl_df[K], and from which entries of all_f[K] and y is"
            " each of its entries computed?",
            "all_dl_df[K] has the shape of all_f[K]; each entry is computed from its own entries of all_f[K] and y.",
        )
    if id_ == ONE_COLUMN:
        return Bug(
            id_,
            f"is right on those of the networks tried that have {where}, and on no others",
            Where.WHOLE,
            (),
            "Every column of a batch goes through the same weights and biases. What does your code make of several"
            " columns?",
            "Each gradient has the shape of its parameter and is summed over all columns of the batch.",
        )
    return Bug(
        id_,
        f"is right on those of the networks tried that have {where}, and on no others",
        Where.WHOLE,
        (),
        "Which of your lines holds there alone? Look for a size that is written out as a number, or that enters where"
        " its equation has none.",
        "In no equation stands a number of layers or units. Where your code needs one, take it from the arguments:"
        " len(all_weights) - 1, all_weights[layer].shape, len(y).",
    )


Holds = Callable[[Sizes, int], bool]


def _descriptions(assignment: Assignment) -> Iterator[tuple[str, str, Holds]]:
    """From one condition to all of the notebook's own shape."""
    home = assignment.home
    units = f"{home.width} unit{'' if home.width == 1 else 's'}"
    single: list[tuple[str, str, Holds]] = [
        ("k_hard_coded", f"K = {home.depth} hidden layers", lambda sizes, _: len(sizes) - 2 == home.depth),
        ("width_hard_coded", f"{units} in every hidden layer", lambda sizes, _: set(sizes[1:-1]) <= {home.width}),
        ("inputs_hard_coded", _count(home.inputs, "input"), lambda sizes, _: sizes[0] == home.inputs),
        (
            ONE_OUTPUT if home.outputs == 1 else "outputs_hard_coded",
            _count(home.outputs, "output"),
            lambda sizes, _: sizes[-1] == home.outputs,
        ),
    ]
    yield from single
    yield ONE_COLUMN, "one column", lambda _, columns: columns == 1
    yield "hidden_layers_only", "a hidden layer or more", lambda sizes, _: len(sizes) > 2
    for many in range(2, len(single) + 1):
        for chosen in combinations(single, many):
            where = [test[1] for test in chosen]
            tests = [test[2] for test in chosen]
            yield (
                "home_shape_only",
                f"{', '.join(where[:-1])} and {where[-1]}",
                lambda sizes, columns, tests=tests: all(test(sizes, columns) for test in tests),  # type: ignore[misc]
            )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
