"""The facts about a line that no bug model explains: what it makes, beside what it should make of its own inputs.

A fact holds on every layer that could be read, or it is an example with its numbers. It says how the line departs, and
never why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.operands import FORMULAS
from grader.subjects.networks.diagnosis.samples import ONE, Samples

#: What a number may be off by, relative to the largest of its array and to itself.
_LEAST, _NEAR = 1e-9, 1e-6
#: Entries that a fact about all of them needs at least.
_ENOUGH = 6

#: The formula of a line, as it stands in a sentence.
RIGHT_LINES = {
    **FORMULAS,
    Where.BIAS: "all_dl_dbiases[layer] is all_dl_df[layer]",
    Where.OUTPUT: "all_dl_df[K] is the derivative of the loss at all_f[K] and y",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A departure of a line: the words after "it", and a hint that leaves the cause to the student."""

    title: str
    hint: str


def observe(samples: Samples) -> Bug | None:
    """The fact about a line, as an explanation of that line alone; None if it is right wherever it was read."""
    with np.errstate(all="ignore"):
        wrong = ~_near(samples, samples.made, samples.right)
        if not wrong.any():
            return None
        fact = next(list_facts(samples, wrong), None)
    if fact is None:
        return None
    where = samples.blamed
    strong = f"It {fact.title}; {RIGHT_LINES[where]}."
    return Bug(f"observed_{where.name.lower()}", fact.title, where, (), fact.hint, strong)


def _near(samples: Samples, a: Array, b: Array) -> Booleans:
    """For each entry whether two arrays have the same number; NaN is near nothing."""
    return np.asarray(np.abs(a - b) <= _LEAST * samples.size + _NEAR * np.minimum(np.abs(a), np.abs(b)))


def list_facts(samples: Samples, wrong: Booleans) -> Iterator[Fact]:
    """Every fact, from what says most to an example, which is always there."""
    every = (
        _find_constant,
        _find_own_target,
        _find_filling,
        _find_factor,
        _find_mask,
        _find_transformation,
        _find_other_array,
        _find_term,
        _find_factors_by_layer,
        _find_function,
        _find_column,
        _find_row,
        _give_example,
    )
    # Only what fits one array in all its layers is no accident then.
    for look in (_find_other_array,) if samples.doubtful and samples.where is not Where.OUTPUT else every:
        fact = look(samples, wrong)
        if fact is not None:
            yield fact


def _find_constant(samples: Samples, wrong: Booleans) -> Fact | None:
    """The same derivative at the output of every network, whatever its output and target are."""
    # Zeros may be what a line that did not run left there.
    if samples.where is not Where.OUTPUT or len(samples.layers) <= _ENOUGH or not samples.made.any():
        return None
    arrays: dict[int, list[Array]] = {}
    for number, at in enumerate(samples.layers):
        arrays.setdefault(at.rows, []).append(samples.made[samples.owner == number])
    if any(not np.array_equal(several[0], array) for several in arrays.values() for array in several):
        return None
    return Fact(
        f"makes {samples.name} the same numbers in every network",
        f"{_show(samples, wrong)} It is {samples.made[0]:.4g} in all networks. Which names does the line read: the"
        " function's arguments?",
    )


def _find_own_target(samples: Samples, wrong: Booleans) -> Fact | None:
    """The derivative of the squared difference from one number, which stands for every target."""
    if samples.where is not Where.OUTPUT or wrong.sum() < _ENOUGH:
        return None
    f, y = samples.ordered["all_f[K]"], samples.ordered["y"]
    at = int(np.argmax(np.abs(f - y)))
    target = f - samples.made * (f - y)[at] / samples.right[at]
    if not _near(samples, samples.right * (f - y)[at] / samples.right[at], f - y).all():
        return None
    if not np.all(np.abs(target - target[0]) <= _NEAR * (np.abs(f) + np.abs(target[0]))):
        return None
    return Fact(
        f"goes by the target {target[0]:.4g} in every network, whatever y is",
        f"{_show(samples, wrong)} Which target does the line read: the function's argument y?",
    )


def _find_filling(samples: Samples, wrong: Booleans) -> Fact | None:
    """One number in every entry, such as zero."""
    name, number = samples.name, float(samples.made[0])
    if wrong.sum() < _ENOUGH or np.any(samples.made != number):
        return None
    if number:
        return Fact(f"fills {name} with {number:.6g}", _show(samples, wrong))
    hint = f"{name} is zero in every layer that was read. Which statement should write it, and does that run?"
    return Fact(f"leaves {name} at zero", hint)


def _find_factor(samples: Samples, wrong: Booleans) -> Fact | None:
    """One factor everywhere, or wherever it is wrong."""
    for among, where in ((np.ones_like(wrong), ""), (np.isin(samples.owner, samples.owner[wrong]), " in some layers")):
        factor = _one(samples.made, samples.right, among)
        if factor is None or abs(factor - 1) < _NEAR or not factor:
            continue
        if _near(samples, samples.made, factor * samples.right)[among].all():
            times = f"{factor:.6g} times what it should be"
            return Fact(
                f"makes {samples.name} {times}{where}", f"{_show(samples, wrong)} Where does such a factor come in?"
            )
    return None


def _one(made: Array, right: Array, among: Booleans) -> float | None:
    """The factor between two arrays where they are largest; None if there is none."""
    if not among.any():
        return None
    at = int(np.argmax(np.abs(right) * among))
    factor = float(made[at] / right[at]) if right[at] else np.nan
    return factor if np.isfinite(factor) else None


def _find_transformation(samples: Samples, wrong: Booleans) -> Fact | None:
    """A function of each number that should be there."""
    right, made = samples.right, samples.made
    limit = float(np.max(np.abs(made), initial=0.0))
    name = samples.name
    functions = {
        f"computes {name} as the absolute value of what it should be": np.abs(right),
        f"computes {name} as the sign of what it should be": np.sign(right),
        f"computes {name} as the square of what it should be": right**2,
        f"has 0 in {name} where a negative number should be": np.maximum(right, 0),
        f"limits {name} to at most {limit:.4g} in size": np.clip(right, -limit, limit),
    }
    for title, values in functions.items():
        if _near(samples, made, values).all() and (wrong.sum() >= _ENOUGH):
            return Fact(
                title,
                f"{_show(samples, wrong)} What is done to the numbers before they are stored?",
            )
    return None


def _find_mask(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor of 0 or 1 for each entry, by a rule that all of them follow."""
    seen = np.abs(samples.base) > _LEAST * samples.size
    kept = _near(samples, samples.made, samples.base)
    if not (kept | (samples.made == 0))[seen].all() or wrong.sum() < _ENOUGH:
        return None
    if kept[seen].all():
        return (
            None
            if samples.base is samples.right
            else Fact(f"multiplies {samples.source} by 1 for every unit", f"{_show_factor(samples, wrong)}")
        )
    for rule, units in samples.rules.items():
        if (kept == units)[seen].all():
            return Fact(f"keeps {samples.source} only {rule}, with 0 elsewhere", _show_factor(samples, wrong))
    for name, values in samples.ordered.items():
        limit = _find_limit(name, values[seen & kept].tolist(), values[seen & ~kept].tolist())
        if limit is not None:
            return Fact(f"keeps {samples.source} only {limit}, with 0 elsewhere", _show_factor(samples, wrong))
    return None


def _find_limit(name: str, kept: Sequence[float], lost: Sequence[float]) -> str | None:
    """The limit of an array's values that parts what is kept from what is not, if zero is none."""
    if not kept or not lost:
        return None
    if 0 < max(lost) < min(kept):
        return f"where {name} is above {_between(max(lost), min(kept))}"
    beyond = [value for value in lost if value > 0]
    if beyond and min(kept) > 0 and max(kept) < min(beyond):
        return f"where {name} is above 0 and below {_between(max(kept), min(beyond))}"
    return None


def _between(low: float, high: float) -> str:
    """A number that is known to lie between two others."""
    texts = f"{low:.3g}", f"{high:.3g}"
    return f"about {texts[0]}" if texts[0] == texts[1] else f"some number between {texts[0]} and {texts[1]}"


def _find_other_array(samples: Samples, wrong: Booleans) -> Fact | None:
    """Another array or product, in every entry or in every layer that is wrong."""
    layers = np.isin(samples.owner, samples.owner[wrong])
    if wrong.sum() < _ENOUGH:
        return None
    for where, among in (("", np.ones_like(layers)), (", in the layers that are wrong", layers)):
        for words, array in samples.arrays.items():
            known = np.isfinite(array)
            if known[among].all() and _near(samples, samples.made, array)[among].all():
                return Fact(
                    f"computes {samples.name} as {words}{where}",
                    f"{_show(samples, wrong)} Write down the line with its layer: which arrays does it read?",
                )
    return None


def _find_term(samples: Samples, wrong: Booleans) -> Fact | None:
    """A multiple of another array that is added."""
    rest = samples.made - samples.right
    if wrong.sum() < _ENOUGH:
        return None
    for words, term in samples.terms.items():
        if not np.isfinite(term).all() or not term.any():
            continue
        factor = float(rest @ term / (term @ term))
        size = np.abs(samples.made) + np.abs(samples.right)
        if factor and np.all(np.abs(rest - factor * term) <= _LEAST * samples.size + _NEAR * size):
            times = "" if abs(abs(factor) - 1) < _NEAR else f"{abs(factor):.6g} times "
            named = f"{abs(factor):.6g}" if words == ONE else f"{times}{words}"
            done = f"adds {named} to" if factor > 0 else f"subtracts {named} from"
            return Fact(
                f"{done} what {samples.name} should be",
                f"{_show(samples, wrong)} Which term is there that the chain rule does not have?",
            )
    return None


def _find_factors_by_layer(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor of its own in each layer, by a size of the layer if that decides it."""
    factors = []
    larger = 0
    for number in range(len(samples.layers)):
        mine = samples.owner == number
        factor = _one(samples.made, samples.right, mine)
        if factor is None:
            if samples.made[mine].any():
                return None
            continue
        if not _near(samples, samples.made, factor * samples.right)[mine].all():
            return None
        # One number is a multiple of any other.
        larger += int(np.count_nonzero(samples.right[mine]) > 1 and bool(wrong[mine].any()))
        factors.append((number, factor))
    if larger < _ENOUGH:
        return None
    for words in ("units", "inputs"):
        by_size: dict[int, list[float]] = {}
        for number, factor in factors:
            at = samples.layers[number]
            by_size.setdefault(at.rows if words == "units" else at.columns, []).append(factor)
        if len(by_size) > 2 and all(
            max(several) - min(several) <= _NEAR * max(map(abs, several)) for several in by_size.values()
        ):
            most = max(by_size)
            shown = f"{by_size[most][0]:.4g} in one with {most}"
            return Fact(
                f"multiplies {samples.name} by a number that depends on the layer's number of {words}: {shown}",
                f"{_show(samples, wrong)} Compare layers with other numbers of {words}.",
            )
    first = int(samples.owner[wrong][0])
    factor = dict(factors).get(first)
    if factor is None:
        return None
    layer = samples.layers[first]
    example = f"{factor:.4g} times in layer {layer.k} with K = {layer.depth}"
    return Fact(
        f"makes {samples.name} a multiple of what it should be in each layer: {example}",
        f"{_show(samples, wrong)} By which factor is each layer off?",
    )


def _find_function(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor by entry that is a function of another array."""
    seen = np.abs(samples.base) > _LEAST * samples.size
    if samples.where is Where.DERIVATIVE and (fact := _find_two_slopes(samples, wrong, seen)) is not None:
        return fact
    for words, factor in samples.functions.items():
        if wrong.sum() >= _ENOUGH and (_near(samples, samples.made, factor * samples.base) | ~seen).all():
            return Fact(f"multiplies {samples.source} by {words}", _show_factor(samples, wrong))
    if samples.where is Where.DERIVATIVE and samples.alone:
        return Fact(
            f"computes other numbers for {samples.name} than {samples.source} times the activation's derivative",
            _show_factor(samples, wrong),
        )
    return None


def _find_two_slopes(samples: Samples, wrong: Booleans, seen: Booleans) -> Fact | None:
    """One factor for active units, and another one for the others."""
    f, slopes = samples.ordered["all_f[layer-1]"], np.zeros_like(samples.base)
    for side in (f > 0, f < 0):
        factor = _one(samples.made, samples.base, side & seen)
        if factor is None:
            return None
        slopes[side] = factor
    if not (_near(samples, samples.made, slopes * samples.base) | ~seen | (f == 0)).all():
        return None
    above, below = (float(slopes[side & seen][0]) + 0.0 for side in (f > 0, f < 0))
    return Fact(
        f"multiplies {samples.source} by {above:.4g} where all_f[layer-1] is positive, and by {below:.4g} where it is"
        " negative",
        _show_factor(samples, wrong),
    )


def _where(samples: Samples, wrong: Booleans) -> str:
    """The words after what is true of the layers that are wrong."""
    return " in some layers" if len(set(samples.owner[wrong].tolist())) < len(samples.layers) else ""


def _find_column(samples: Samples, wrong: Booleans) -> Fact | None:
    """Of a product of two columns: another second one than all_h[layer]."""
    return _find_product(samples.seconds, "all_h[layer]", "all_dl_df[layer]", _where(samples, wrong))


def _find_row(samples: Samples, wrong: Booleans) -> Fact | None:
    """Of a product of two columns: another first one than all_dl_df[layer]."""
    return _find_product(samples.firsts, "all_dl_df[layer]", "all_h[layer]", _where(samples, wrong))


def _find_product(pair: tuple[Array, Array] | None, name: str, other: str, where: str) -> Fact | None:
    if pair is None:
        return None
    taken, right = pair
    off = np.flatnonzero(np.abs(taken - right) > _NEAR * np.maximum(np.abs(taken), np.abs(right)))
    if not len(off):
        return None
    at = off[int(np.argmax(np.abs(taken - right)[off]))]
    return Fact(
        f"multiplies {other} by a column other than {name}{where}",
        f"Where {name} is {right[at]:.3g}, {other} is multiplied by {taken[at]:.3g}. Which array does the line read,"
        " and what does that hold by then?",
    )


def _give_example(samples: Samples, wrong: Booleans) -> Fact:
    """The number that is off the most in one network."""
    return Fact(
        f"computes other numbers for {samples.name} than follow from its inputs{_where(samples, wrong)}",
        _show(samples, wrong),
    )


def _pick(samples: Samples, wrong: Booleans) -> int:
    """The entry to show: of the first network the one whose number should be largest."""
    first = wrong & (samples.owner == samples.owner[wrong][0])
    return int(np.argmax(np.where(first, np.abs(samples.right) + np.abs(samples.made), -1.0)))


def _show(samples: Samples, wrong: Booleans) -> str:
    at = _pick(samples, wrong)
    layer = samples.layers[samples.owner[at]]
    return (
        f"With K = {layer.depth}, a number of {samples.entry(samples.owner[at])} is {samples.made[at] + 0.0:.6g} where"
        f" {samples.right[at] + 0.0:.6g} follows from its inputs."
    )


def _show_factor(samples: Samples, wrong: Booleans) -> str:
    """The factor of one entry beside the derivative that belongs there."""
    name, values = next(iter(samples.ordered.items()))
    first = wrong & (samples.owner == samples.owner[wrong][0]) & (samples.base != 0)
    at = int(np.argmax(np.where(first, np.abs(samples.base), -1.0))) if first.any() else _pick(samples, wrong)
    if not samples.base[at]:
        return _show(samples, wrong)
    made, right = (part[at] / samples.base[at] + 0.0 for part in (samples.made, samples.right))
    shown = (
        f"Where {name} is {values[at]:.3g} and {samples.source} is {samples.base[at]:.3g}, {samples.name} is"
        f" {made:.4g} times the latter"
    )
    if samples.where is Where.DERIVATIVE:
        return f"{shown}; the derivative there is {right:.4g}. By what does the line decide?"
    return f"{shown}. Which number belongs there?"


def find_facts(lines: Sequence[Samples]) -> tuple[Bug, ...]:
    """The facts about all lines that depart from their inputs, in the order of the chain rule."""
    return tuple(bug for samples in lines if len(samples.made) and (bug := observe(samples)) is not None)
