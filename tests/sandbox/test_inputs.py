"""Inputs that were made ahead are those that are made when a case is asked: a verdict must not tell them apart."""

from typing import Any

import numpy as np

from backmark.worker.sandbox.inside.inputs import Inputs, MadeInputs

DESCRIBED: dict[str, Any] = {
    "W": {"list": [{"array": [2, 3]}, {"array": [3]}]},
    "b": {"dict": [["first", {"array": []}], ["sizes", {"value": [1, [2]]}]]},
    "x": {"array": [1, 4]},
}
NUMBERS = np.arange(14.0)


def look_at(made: MadeInputs) -> list[Any]:
    """Return what a submission can see of the memory of its inputs."""
    return [
        [
            array.tolist(),
            array.strides,
            array.base.shape,
            array.base.base is None,
            str(array.flags),
            str(array.base.flags),
        ]
        for array in made.arrays
        if array.base is not None
    ]


def test_what_was_made_ahead_looks_like_what_is_made_when_it_is_asked() -> None:
    case = Inputs(DESCRIBED, NUMBERS)
    ahead, asked = case.make(filled=False).make(), case.make()
    assert len(look_at(asked)) == 4
    assert look_at(ahead) == look_at(asked)
    assert ahead.values["b"] == asked.values["b"]


def test_what_was_made_ahead_holds_no_number_before_it_is_asked() -> None:
    ahead = Inputs(DESCRIBED, NUMBERS).make(filled=False)
    assert not ahead.block.any()


def test_a_change_by_the_memory_that_arrays_are_parts_of_is_seen() -> None:
    made = Inputs(DESCRIBED, NUMBERS).make(filled=False).make()
    base = made.values["x"].base
    assert made.list_changed() == []
    base[-1] = 99.0
    assert made.list_changed() == ["x"]


def test_an_input_in_another_form_or_place_is_compared_by_its_numbers() -> None:
    made = Inputs(DESCRIBED, NUMBERS).make()
    made.values["W"][1] = made.values["W"][1].copy()
    assert made.list_changed() == []
    made.values["b"]["sizes"][1].append(3)
    assert made.list_changed() == ["b"]
