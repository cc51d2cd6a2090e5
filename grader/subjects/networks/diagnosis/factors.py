"""Facts about factors: of all numbers, of a layer, or of an entry, such as a mask."""

from collections.abc import Mapping, Sequence

import numpy as np

from grader.oracle.cases import Booleans
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.fact import (
    LEAST_ENTRIES,
    Fact,
    describe_between,
    describe_layers,
    describe_read,
    find_one_factor,
    is_thin,
    list_scopes,
    near,
    show,
    show_factor,
)
from grader.subjects.networks.diagnosis.sample import LEAST, NEAR
from grader.subjects.networks.diagnosis.samples import Samples


def find_factor(samples: Samples, wrong: Booleans) -> Fact | None:
    """One factor everywhere, or wherever it is wrong."""
    for scope, among in list_scopes(samples, wrong):
        factor = find_one_factor(samples.made, samples.right, among)
        if factor is None or f"{factor:.6g}" == "1" or not factor:
            continue
        if near(samples, samples.made, factor * samples.right)[among].all():
            times = f"{factor:.6g} times what follows from {samples.given}"
            return Fact(
                f"sets {samples.name} to {times}",
                f"{show(samples, wrong)} Where could this factor come from?",
                scope,
            )
    return None


def find_factors_by_layer(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor of its own in each layer: by a size of the layer or a limit of its norm if one of these decides it."""
    factors = _find_factors(samples, wrong)
    if factors is None or all(f"{factor:.4g}" == "1" for factor in factors.values()):
        return None
    return (
        _find_factor_by_size(samples, wrong, factors)
        or _find_limited_norm(samples, wrong, factors)
        or _find_one_norm(samples, wrong, factors)
        or _give_factor(samples, wrong, factors)
    )


def _find_factors(samples: Samples, wrong: Booleans) -> dict[int, float] | None:
    """The factor of each layer that shows one; None if some layer has none, or too few show that it is no chance."""
    factors = {}
    larger = 0
    for number in range(len(samples.layers)):
        mine = samples.owner == number
        factor = find_one_factor(samples.made, samples.right, mine)
        if factor is None:
            if samples.made[mine].any():
                return None
            continue
        if not near(samples, samples.made, factor * samples.right)[mine].all():
            return None
        # One number is a multiple of any other.
        larger += int(np.count_nonzero(samples.right[mine]) > 1 and bool(wrong[mine].any()))
        factors[number] = factor
    return factors if larger >= LEAST_ENTRIES else None


def _find_factor_by_size(samples: Samples, wrong: Booleans, factors: Mapping[int, float]) -> Fact | None:
    """A factor that the number of the layer's rows or columns decides."""
    weights = "all_weights[K]" if samples.where is Where.OUTPUT else "all_weights[layer]"
    for words in ("rows", "columns"):
        by_size: dict[int, list[float]] = {}
        for number, factor in factors.items():
            at = samples.layers[number]
            by_size.setdefault(at.rows if words == "rows" else at.columns, []).append(factor)
        if len(by_size) > 2 and all(
            max(several) - min(several) <= NEAR * max(map(abs, several)) for several in by_size.values()
        ):
            most = max(by_size, key=lambda size: (f"{by_size[size][0]:.4g}" != "1", size))
            shown = f"{by_size[most][0] + 0.0:.4g} with {most} {words}"
            return Fact(
                f"sets {samples.name} to a multiple of what follows from {samples.given}, by a factor that depends on"
                f" the number of {words} of {weights}",
                f"{show(samples, wrong)} Compare {samples.unit}s with other numbers of {words}.",
                example=f": {shown}",
            )
    return None


def _find_limited_norm(samples: Samples, wrong: Booleans, factors: Mapping[int, float]) -> Fact | None:
    """One norm of all layers that are scaled down, beyond which no other layer's is."""
    norms = {number: float(np.linalg.norm(samples.made[samples.owner == number])) for number in factors}
    scaled = [norms[number] for number, factor in factors.items() if 0 < factor < 1 - NEAR]
    changed = [number for number, factor in factors.items() if abs(factor - 1) > NEAR]
    limit = max(norms.values())
    if not len(scaled) == len(changed) >= LEAST_ENTRIES or min(scaled) < (1 - NEAR) * limit:
        return None
    return Fact(
        f"sets {samples.name} to what follows from {samples.given}, scaled down to the norm {limit:.4g} where its own"
        " is larger",
        f"{show(samples, wrong)} Does the chain rule limit a gradient's length?",
    )


def _find_one_norm(samples: Samples, wrong: Booleans, factors: Mapping[int, float]) -> Fact | None:
    """One norm of all layers that are not zero."""
    norms = [float(np.linalg.norm(samples.made[samples.owner == number])) for number in factors]
    if min(factors.values()) <= 0 or max(norms) - min(norms) > NEAR * max(norms):
        return None
    return Fact(
        f"sets {samples.name} to what follows from {samples.given}, scaled to the norm {max(norms):.4g}",
        f"{show(samples, wrong)} Does the chain rule set a gradient's length?",
    )


def _give_factor(samples: Samples, wrong: Booleans, factors: Mapping[int, float]) -> Fact | None:
    """The factor of the first layer that is wrong."""
    first = int(samples.owner[wrong][0])
    factor = factors.get(first)
    if factor is None:
        return None
    made, _ = samples.number(first)
    example = f"{factor + 0.0:.4g} times in {made} with K = {samples.layers[first].depth}"
    everywhere = all(abs(factor - 1) > NEAR for factor in factors.values())
    scope = f"in each {samples.unit}{describe_read(samples)}" if everywhere else describe_layers(samples, wrong)
    return Fact(
        f"sets {samples.name} to a multiple of what follows from {samples.given}",
        f"{show(samples, wrong)} By which factor is each wrong {samples.unit} off?",
        scope,
        f": {example}",
    )


def find_mask(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor of 0 or 1 for each entry, by a rule that all of them follow."""
    kept, zero = near(samples, samples.made, samples.base), samples.made == 0
    if not (kept | zero).all() or wrong.sum() < LEAST_ENTRIES:
        return None
    seen = np.abs(samples.base) > LEAST * samples.size
    if kept[seen].all() and samples.where is not Where.DERIVATIVE:
        return None
    title = f"sets {samples.name} to {samples.source}"
    for scope, layers in list_scopes(samples, wrong):
        among = seen & layers
        if kept[among].all() and samples.where is Where.DERIVATIVE:
            return Fact(f"{title} for every unit", show_factor(samples, wrong), scope)
        for rule, units in () if is_thin(samples, wrong) else samples.rules.items():
            # Where nothing is kept, any rule that chooses nothing there would fit.
            if (kept == units)[among].all() and kept[among].any():
                return Fact(f"{title} {rule}, and to 0 elsewhere", show_factor(samples, wrong), scope)
    for name, values in samples.ordered.items():
        limit = _find_limit(name, values[seen & kept].tolist(), values[seen & ~kept].tolist())
        if limit is not None:
            return Fact(f"{title} {limit}, and to 0 elsewhere", show_factor(samples, wrong))
    return _find_cut_small(samples, wrong, kept, seen)


def _find_cut_small(samples: Samples, wrong: Booleans, kept: Booleans, seen: Booleans) -> Fact | None:
    """Zeros for what is small, wherever the derivative is not zero."""
    passing = seen & near(samples, samples.right, samples.base)
    if samples.where is not Where.DERIVATIVE or (kept & seen & ~passing).any():
        return None
    sizes = np.abs(samples.base)
    small, large = sizes[passing & ~kept], sizes[passing & kept]
    if not small.size or not large.size or small.max() >= large.min():
        return None
    limit = describe_between(float(small.max()), float(large.min()))
    return Fact(
        f"leaves {samples.name} at zero where the size of {samples.source} is below {limit}",
        show_factor(samples, wrong),
    )


def _find_limit(name: str, kept: Sequence[float], lost: Sequence[float]) -> str | None:
    """The limit of an array's values that parts what is kept from what is not, if zero is none."""
    if not kept or not lost:
        return None
    if 0 < max(lost) < min(kept):
        return f"where {name} is above {describe_between(max(lost), min(kept))}"
    beyond = [value for value in lost if value > 0]
    if beyond and min(kept) > 0 and max(kept) < min(beyond):
        return f"where {name} is above 0 and below {describe_between(max(kept), min(beyond))}"
    return None


def find_named_function(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor by entry that is a function of another array, and has a name."""
    for words, factor in samples.functions.items():
        if wrong.sum() >= LEAST_ENTRIES and near(samples, samples.made, factor * samples.base).all():
            return Fact(f"sets {samples.name} to {samples.source} times {words}", show_factor(samples, wrong))
    return None


def find_slopes(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor by entry that is another function of the preactivation: two slopes, or a rise between two limits."""
    seen = np.abs(samples.base) > LEAST * samples.size
    if samples.where is Where.DERIVATIVE and (fact := _find_two_slopes(samples, wrong, seen)) is not None:
        return fact
    if samples.where is Where.DERIVATIVE and (fact := _find_ramp(samples, wrong, seen)) is not None:
        return fact
    if samples.where is Where.DERIVATIVE and samples.alone:
        return Fact(
            f"sets {samples.name} to numbers that do not follow from {samples.given}",
            show_factor(samples, wrong),
            describe_layers(samples, wrong),
        )
    return None


def _find_two_slopes(samples: Samples, wrong: Booleans, seen: Booleans) -> Fact | None:
    """One factor for active units, and another one for the others."""
    f, slopes = samples.ordered["all_f[layer-1]"], np.zeros_like(samples.base)
    for side in (f > 0, f < 0):
        factor = find_one_factor(samples.made, samples.base, side & seen)
        if factor is None:
            return None
        slopes[side] = factor
    if not (near(samples, samples.made, slopes * samples.base) | (f == 0)).all():
        return None
    above, below = (float(slopes[side & seen][0]) + 0.0 for side in (f > 0, f < 0))
    return Fact(
        f"sets {samples.name} to {above:.4g} times {samples.source} where all_f[layer-1] is positive, and to"
        f" {below:.4g} times that where it is negative",
        show_factor(samples, wrong),
    )


def _find_ramp(samples: Samples, wrong: Booleans, seen: Booleans) -> Fact | None:
    """A factor that rises with the preactivation from 0 to 1, between two limits."""
    order = np.argsort(samples.ordered["all_f[layer-1]"][seen])
    f = samples.ordered["all_f[layer-1]"][seen][order]
    factor = samples.made[seen][order] / samples.base[seen][order]
    rising = (factor > NEAR) & (factor < 1 - NEAR)
    if rising.sum() < LEAST_ENTRIES or np.any(np.diff(factor) < -NEAR) or np.any(np.abs(factor - 0.5) > 0.5 + NEAR):
        return None
    (low, high), (least, most) = f[rising][[0, -1]], factor[rising][[0, -1]]
    return Fact(
        f"sets {samples.name} to {samples.source} times a number that rises with all_f[layer-1], from {least:.2g} at"
        f" {low:.3g} to {most:.5g} at {high:.3g}",
        show_factor(samples, wrong),
    )
