"""The constant factors of wrong results: small numbers, dims, sizes of arrays, and products of two of these."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.naming.claim import NumberClaim, slug

SAME = (
    "Divide your {name} by the expected values, number by number, in cases of different sizes. Is the quotient the same"
    " everywhere, and what does it depend on?"
)
SIGN = "Compare the signs of your {name} with the expected ones. Where does each minus come from?"
ZERO = "Follow {name} from its first line to its last. Which line gives it a value other than zero?"

#: Multiples of a dim that are tried; of two dims, only those of the sign.
_MULTIPLES = (1.0, -1.0, 2.0, 0.5, -2.0, -0.5)
_SIGNS = (1.0, -1.0)


@dataclass(frozen=True, slots=True)
class DimFactor:
    """A multiple of a product of dims over another one."""

    multiple: float
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The dims and sizes that it is made of."""
        return (*self.above, *self.below)

    @property
    def claim(self) -> NumberClaim:
        """The claim that a result is so many times what it should be."""
        if not self.multiple:
            return NumberClaim("zero", "as zero", ZERO)
        size = abs(self.multiple)
        above = [*(["2"] if size == 2 else []), *self.above]
        below = [*(["2"] if size == 1 / 2 else []), *self.below]
        words, identifier = "", ""
        if above and below:
            divisor = " * ".join(below) if len(below) == 1 else f"({' * '.join(below)})"
            words = f"multiplied by `{' * '.join(above)} / {divisor}`"
            identifier = f"times_{_slug(above)}_over_{_slug(below)}"
        elif above:
            words, identifier = f"multiplied by `{' * '.join(above)}`", f"times_{_slug(above)}"
        elif below:
            words, identifier = f"divided by `{' * '.join(below)}`", f"divided_by_{_slug(below)}"
        if self.multiple > 0:
            return NumberClaim(identifier, words, SAME)
        if not words:
            return NumberClaim("wrong_sign", "with the wrong sign", SIGN)
        return NumberClaim(f"wrong_sign_{identifier}", f"with the wrong sign and {words}", SAME)


def _slug(names: Sequence[str]) -> str:
    return "_".join(map(slug, names))


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors that can be told apart on some cases, the simplest first."""

    factors: Sequence[DimFactor]
    #: By factor and case.
    values: Array
    #: By name of a dim or size its value in each case.
    named: Mapping[str, Array]


def list_factors(cases: ContractCases) -> Factors:
    """Return the factors of some cases; of those that are alike on all of them the simplest."""
    named = _list_named(cases)
    constants = (
        (DimFactor(multiple), np.full(len(cases), multiple)) for multiple in (1.0, 0.0, -1.0, 2.0, 0.5, -2.0, -0.5)
    )
    different: dict[bytes, tuple[DimFactor, Array]] = {}
    products = sorted(_list_products(named), key=lambda product: _describe_complexity(product[0]))
    for factor, values in (*constants, *products):
        if np.isfinite(values).all():
            different.setdefault(np.round(values, 12).tobytes(), (factor, values))
    # One is what is right.
    _, *wrong = different.values()
    return Factors([factor for factor, _ in wrong], np.array([values for _, values in wrong]), named)


def _describe_complexity(factor: DimFactor) -> tuple[int, int, bool]:
    """Return what orders factors: sizes of arrays come after dims, and products after single ones."""
    sizes = sum("." in name for name in factor.names)
    return sizes, len(factor.names), abs(factor.multiple) != 1


def _list_products(named: Mapping[str, Array]) -> Iterator[tuple[DimFactor, Array]]:
    with np.errstate(divide="ignore", over="ignore"):
        for name, values in named.items():
            for multiple in _MULTIPLES:
                yield DimFactor(multiple, (name,)), multiple * values
                yield DimFactor(multiple, (), (name,)), multiple / values
        for (first, first_value), (second, second_value) in combinations(named.items(), 2):
            for sign in _SIGNS:
                yield DimFactor(sign, (first, second)), sign * first_value * second_value
                yield DimFactor(sign, (), (first, second)), sign / (first_value * second_value)
        for (first, first_value), (second, second_value) in permutations(named.items(), 2):
            for sign in _SIGNS:
                with np.errstate(invalid="ignore"):
                    yield DimFactor(sign, (first,), (second,)), sign * first_value / second_value


def _list_named(cases: ContractCases) -> dict[str, Array]:
    """Return the dims that are numbers, and the lengths and sizes of inputs that are none of these."""
    different: dict[bytes, tuple[str, Array]] = {}
    for name, values in (*_list_dims(cases), *_list_sizes(cases)):
        if (values != values[0]).any():
            different.setdefault(values.tobytes(), (name, values))
    return dict(different.values())


def _list_dims(cases: ContractCases) -> Iterator[tuple[str, Array]]:
    for name in cases.drawn[0].dims if cases.drawn else ():
        values = [case.dims[name] for case in cases.drawn]
        if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
            yield name, np.array(values, np.float64)


def _list_sizes(cases: ContractCases) -> Iterator[tuple[str, Array]]:
    for name in cases.drawn[0].inputs if cases.drawn else ():
        shapes = [_shape_of(case.inputs.get(name, {})) for case in cases.drawn]
        if any(shape is None for shape in shapes):
            continue
        known = [shape for shape in shapes if shape is not None]
        if len({len(shape) for shape in known}) == 1:
            for axis in range(len(known[0])):
                yield f"{name}.shape[{axis}]", np.array([shape[axis] for shape in known], np.float64)
        yield f"{name}.size", np.array([np.prod(shape) for shape in known], np.float64)


def _shape_of(described: Mapping[str, Any]) -> tuple[int, ...] | None:
    shape = described.get("array")
    return None if shape is None else tuple(shape)
