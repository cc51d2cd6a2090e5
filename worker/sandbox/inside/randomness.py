"""The random numbers of a submission: one stream, however often its module is executed."""

import random
from typing import Any

import numpy as np


class Randomness:
    """Seeds the generators once, and lets them go on where each further execution of the module would begin again.

    The same submission draws the same numbers each time that it is graded, and other ones for every network.
    """

    def __init__(self) -> None:
        #: The states of the shared generators, from before an execution that is not the first.
        self._states: tuple[Any, Any] | None = None
        self._begun = False
        #: The generator of each global name, which all modules share.
        self._generators: dict[str, Any] = {}

    def before(self) -> None:
        """Seed the shared generators, or remember where they are."""
        if self._begun:
            self._states = random.getstate(), np.random.get_state()  # noqa: NPY002 - students use the old generator
            return
        self._begun = True
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - as above
        # What a generator without a seed asks the system for.
        vars(np.random.bit_generator)["randbits"] = random.Random(0).getrandbits  # noqa: S311 - not for secrets

    def after(self, names: dict[str, Any]) -> None:
        """Undo what the module's statements did to the shared generators, and to its own ones."""
        if self._states is not None:
            random.setstate(self._states[0])
            np.random.set_state(self._states[1])  # noqa: NPY002 - as above
        for name, value in names.items():
            if _kind(value) is None:
                continue
            earlier = self._generators.get(name)
            if earlier is not value and _kind(earlier) == _kind(value):
                # Modules are called in turns, so that they must share one; what else holds theirs begins where it is.
                _copy(earlier, value)
                names[name] = earlier
            else:
                self._generators[name] = value


def _kind(value: object) -> tuple[type, ...] | None:
    """The type of a generator, with that of its bits; None for anything else."""
    if type(value) is np.random.Generator:
        return np.random.Generator, type(value.bit_generator)
    if type(value) in {np.random.RandomState, random.Random}:
        return (type(value),)
    return None


def _copy(earlier: Any, value: Any) -> None:
    if type(value) is np.random.Generator:
        value.bit_generator.state = earlier.bit_generator.state
    elif type(value) is random.Random:
        value.setstate(earlier.getstate())
    else:
        value.set_state(earlier.get_state())
