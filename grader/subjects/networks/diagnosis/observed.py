"""The facts about a line that no bug model explains: what its list holds at the end, beside what its inputs give.

A fact holds on every layer that could be read, or it is an example with its numbers. It compares arrays as they are at
the end, so that it is true whichever statement wrote them, and says how they differ and never why.
"""

from collections.abc import Callable, Iterator, Sequence
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
_LEAST_ENTRIES = 6

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


def find_fact(samples: Samples) -> Bug | None:
    """The fact about a line, as an explanation of that line alone; None if it is right wherever it was read."""
    with np.errstate(all="ignore"):
        wrong = ~_near(samples, samples.made, samples.right)
        if not wrong.any():
            return None
        fact = next(list_facts(samples, wrong), None)
    if fact is None:
        return None
    where = samples.blamed
    # Zeros in the lists of a call that raised are not read, which may have been made all the same.
    title = f"{fact.title}, in the {samples.unit}s that could be read" if samples.partial else fact.title
    between = (Where.ACTIVATION, Where.DERIVATIVE)
    # Which of the two steps between layers it is does not show where only both are seen.
    either = where in between and not samples.alone
    right = ", and ".join(RIGHT_LINES[line] for line in (between if either else (where,)))
    strong = f"It {title}; {right}."
    return Bug(f"observed_{where.name.lower()}", title, where, (), fact.hint, strong, either=either)


def _near(samples: Samples, a: Array, b: Array) -> Booleans:
    """For each entry whether two arrays have the same number; NaN is near nothing."""
    return np.asarray(np.abs(a - b) <= _LEAST * samples.size + _NEAR * np.minimum(np.abs(a), np.abs(b)))


def list_facts(samples: Samples, wrong: Booleans) -> Iterator[Fact]:
    """Every fact, from what says most to an example, which is always there."""
    every = (
        _find_constant,
        _find_own_target,
        _find_own_output,
        _find_filling,
        _find_empty_layers,
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
    for look in (_find_other_array,) if samples.doubtful and samples.where is Where.DERIVATIVE else every:
        fact = look(samples, wrong)
        if fact is not None:
            yield fact


def _find_constant(samples: Samples, wrong: Booleans) -> Fact | None:
    """The same derivative at the output of every network, whatever its output and target are."""
    # Zeros may be what a line that did not run left there.
    if samples.where is not Where.OUTPUT or len(samples.layers) <= _LEAST_ENTRIES or not samples.made.any():
        return None
    arrays: dict[int, list[Array]] = {}
    for number, at in enumerate(samples.layers):
        arrays.setdefault(at.rows, []).append(samples.made[samples.owner == number])
    if any(not np.array_equal(several[0], array) for several in arrays.values() for array in several):
        return None
    return Fact(
        f"leaves {samples.name} at the same numbers in every network that was read",
        f"{_show(samples, wrong)} The first is {samples.made[0]:.4g} in all of them. Which names are read there: the"
        " function's arguments?",
    )


def _find_own_target(samples: Samples, wrong: Booleans) -> Fact | None:
    """The derivative of the squared difference from one number, which stands for every target."""
    if samples.where is not Where.OUTPUT or wrong.sum() < _LEAST_ENTRIES:
        return None
    f, y = samples.ordered["all_f[K]"], samples.ordered["y"]
    at = int(np.argmax(np.abs(f - y)))
    target = f - samples.made * (f - y)[at] / samples.right[at]
    if not _near(samples, samples.right * (f - y)[at] / samples.right[at], f - y).all():
        return None
    if not np.all(np.abs(target - target[0]) <= _NEAR * (np.abs(f) + np.abs(target[0]))):
        return None
    shown = float(target[0]) if abs(target[0]) > _NEAR * float(np.max(np.abs(f))) else 0.0
    return Fact(
        f"leaves {samples.name} at what the target {shown:.4g} gives in every network that was read, whatever y is",
        f"{_show(samples, wrong)} Which target goes into it: the function's argument y?",
    )


def _find_own_output(samples: Samples, wrong: Booleans) -> Fact | None:
    """The derivative of the squared difference from y of one number, which stands for every output at one K."""
    if samples.where is not Where.OUTPUT or wrong.sum() < _LEAST_ENTRIES:
        return None
    f, y = samples.ordered["all_f[K]"], samples.ordered["y"]
    at = int(np.argmax(np.abs(f - y)))
    factor = float(samples.right[at] / (f - y)[at]) if f[at] != y[at] else 0.0
    if not factor or not _near(samples, samples.right, factor * (f - y)).all():
        return None
    outputs = y + samples.made / factor
    depths = np.array([samples.layers[owner].depth for owner in samples.owner])
    first = {depth: float(outputs[depths == depth][0]) for depth in sorted(set(depths.tolist()))}
    constant = np.array([first[depth] for depth in depths.tolist()])
    if len(outputs) - len(first) < _LEAST_ENTRIES:
        return None
    if not np.all(np.abs(outputs - constant) <= _NEAR * (np.abs(y) + np.abs(constant))):
        return None
    # No numbers: what is made outside of the function was made anew for each K, and is not what the notebook shows.
    return Fact(
        f"leaves {samples.name} at what one output gives in every network of the same K that was read, whatever"
        " all_f[K] is",
        f"Two networks with the same K and y have the same {samples.name}, even if their all_f[K] differ. Which output"
        " goes into it: the function's argument, or one that is computed outside of the function? What is computed"
        " there is made anew for each K, so that the counterexample may show other numbers than your notebook.",
    )


def _find_filling(samples: Samples, wrong: Booleans) -> Fact | None:
    """One number in every entry, such as zero."""
    name, number = samples.name, float(samples.made[0])
    if wrong.sum() < _LEAST_ENTRIES or np.any(samples.made != number):
        return None
    if number:
        return Fact(f"leaves {name} at {number:.6g} everywhere", _show(samples, wrong))
    hint = f"{name} is zero in every {samples.unit} that was read. Which statement should write it, and does that run?"
    return Fact(f"leaves {name} at zero", hint)


def _find_empty_layers(samples: Samples, wrong: Booleans) -> Fact | None:
    """Zeros in every entry of some layers, where all others are right."""
    layers = np.isin(samples.owner, samples.owner[wrong])
    if samples.where is Where.OUTPUT or wrong.sum() < _LEAST_ENTRIES or samples.made[layers].any():
        return None
    name = samples.name
    return Fact(
        f"leaves {name} at zero{_where(samples, wrong)}",
        f"{_show(samples, wrong)} Which statement should write it, does that run there, and does a later line change"
        " its arrays?",
    )


def _find_factor(samples: Samples, wrong: Booleans) -> Fact | None:
    """One factor everywhere, or wherever it is wrong."""
    for among, where in (
        (np.ones_like(wrong), ""),
        (np.isin(samples.owner, samples.owner[wrong]), _where(samples, wrong)),
    ):
        factor = _one(samples.made, samples.right, among)
        if factor is None or f"{factor:.6g}" == "1" or not factor:
            continue
        if _near(samples, samples.made, factor * samples.right)[among].all():
            times = f"{factor:.6g} times what follows from {samples.given}"
            return Fact(
                f"leaves {samples.name} at {times}{where}",
                f"{_show(samples, wrong)} Where could this factor come from?",
            )
    return None


def _one(made: Array, right: Array, among: Booleans) -> float | None:
    """The factor between two arrays where they are largest; None if there is none."""
    if not among.any():
        return None
    at = int(np.argmax(np.where(among, np.abs(right), -1.0)))
    factor = float(made[at] / right[at]) if right[at] else np.nan
    return factor if np.isfinite(factor) else None


def _find_transformation(samples: Samples, wrong: Booleans) -> Fact | None:
    """A function of each number that should be there."""
    right, made = samples.right, samples.made
    limit = float(np.max(np.abs(made), initial=0.0))
    start, follows = f"leaves {samples.name} at", f"what follows from {samples.given}"
    functions = {
        f"{start} the absolute value of {follows}": np.abs(right),
        f"{start} the sign of {follows}": np.sign(right),
        f"{start} the square of {follows}": right**2,
        f"{start} {follows}, with 0 for each negative number": np.maximum(right, 0),
        f"{start} {follows}, cut off at {limit:.4g} in size": np.clip(right, -limit, limit),
        f"{start} {follows}, without its decimals": _truncate(right, made),
    }
    for title, values in functions.items():
        if _near(samples, made, values).all() and (wrong.sum() >= _LEAST_ENTRIES):
            return Fact(
                title,
                f"{_show(samples, wrong)} What is done to these numbers?",
            )
    return None


def _truncate(right: Array, made: Array) -> Array:
    """The numbers without decimals; what is a whole number but for rounding may have become the next one."""
    whole = np.round(right)
    close = (np.abs(right - whole) <= _NEAR * np.abs(whole)) & (np.abs(made - whole) <= 1) & (made == np.round(made))
    return np.asarray(np.where(close, made, np.trunc(right)))


def _find_mask(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor of 0 or 1 for each entry, by a rule that all of them follow."""
    kept, zero = _near(samples, samples.made, samples.base), samples.made == 0
    if not (kept | zero).all() or wrong.sum() < _LEAST_ENTRIES:
        return None
    seen = np.abs(samples.base) > _LEAST * samples.size
    if kept[seen].all():
        title = f"leaves {samples.name} at {samples.source} for every unit"
        return Fact(title, _show_factor(samples, wrong)) if samples.where is Where.DERIVATIVE else None
    title = f"leaves {samples.name} at {samples.source} only"
    for rule, units in samples.rules.items():
        if (kept == units)[seen].all():
            return Fact(f"{title} {rule}, with 0 elsewhere", _show_factor(samples, wrong))
    for name, values in samples.ordered.items():
        limit = _find_limit(name, values[seen & kept].tolist(), values[seen & ~kept].tolist())
        if limit is not None:
            return Fact(f"{title} {limit}, with 0 elsewhere", _show_factor(samples, wrong))
    return None


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


def describe_between(low: float, high: float) -> str:
    """The words for a number that is known to lie between two others."""
    texts = f"{low:.3g}", f"{high:.3g}"
    return f"about {texts[0]}" if texts[0] == texts[1] else f"some number between {texts[0]} and {texts[1]}"


def _find_other_array(samples: Samples, wrong: Booleans) -> Fact | None:
    """Another array or product, in every entry or in every layer that is wrong."""
    layers = np.isin(samples.owner, samples.owner[wrong])
    if wrong.sum() < _LEAST_ENTRIES or _is_thin(samples, wrong):
        return None
    for where, among in (("", np.ones_like(layers)), (f", in the {samples.unit}s where it is wrong", layers)):
        for words, array in samples.arrays.items():
            known = np.isfinite(array)
            fits = known[among].all() and _near(samples, samples.made, array)[among].all()
            # Zeros are any product of what is zero.
            if fits and array[among].any():
                return Fact(
                    f"leaves {samples.name} at {words}{where}",
                    f"{_show(samples, wrong)} Write down the line with its layer: which arrays does it read?",
                )
    return None


def _is_thin(samples: Samples, wrong: Booleans) -> bool:
    """True if each wrong weight gradient is a single row or column, whose numbers are those of many products."""
    layers = [samples.layers[owner] for owner in np.unique(samples.owner[wrong])]
    return samples.where is Where.WEIGHT and all(1 in (at.rows, at.columns) for at in layers)


def _find_term(samples: Samples, wrong: Booleans) -> Fact | None:
    """A multiple of another array that is added."""
    rest = samples.made - samples.right
    if wrong.sum() < _LEAST_ENTRIES:
        return None
    for words, term in samples.terms.items():
        if not np.isfinite(term).all() or not term.any():
            continue
        size = np.abs(samples.made) + np.abs(samples.right)
        # Where it is the largest part: squares of large numbers would overflow.
        at = int(np.argmax(np.abs(term) / np.where(size > 0, size, np.inf)))
        factor = float(rest[at] / term[at]) if term[at] else 0.0
        if (
            factor
            and np.isfinite(factor)
            and np.all(np.abs(rest - factor * term) <= _LEAST * samples.size + _NEAR * size)
        ):
            times = "" if abs(abs(factor) - 1) < _NEAR else f"{abs(factor):.6g} times "
            named = f"{abs(factor):.6g}" if words == ONE else f"{times}{words}"
            done = "plus" if factor > 0 else "minus"
            return Fact(
                f"leaves {samples.name} at what follows from {samples.given} {done} {named}",
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
    if larger < _LEAST_ENTRIES or all(f"{factor:.4g}" == "1" for _, factor in factors):
        return None
    weights = "all_weights[K]" if samples.where is Where.OUTPUT else "all_weights[layer]"
    for words in ("rows", "columns"):
        by_size: dict[int, list[float]] = {}
        for number, factor in factors:
            at = samples.layers[number]
            by_size.setdefault(at.rows if words == "rows" else at.columns, []).append(factor)
        if len(by_size) > 2 and all(
            max(several) - min(several) <= _NEAR * max(map(abs, several)) for several in by_size.values()
        ):
            most = max(by_size, key=lambda size: (f"{by_size[size][0]:.4g}" != "1", size))
            shown = f"{by_size[most][0] + 0.0:.4g} with {most} {words}"
            return Fact(
                f"leaves {samples.name} at a multiple of what follows from {samples.given}, by a factor that depends on"
                f" the number of {words} of {weights}: {shown}",
                f"{_show(samples, wrong)} Compare {samples.unit}s with other numbers of {words}.",
            )
    first = int(samples.owner[wrong][0])
    factor = dict(factors).get(first)
    if factor is None:
        return None
    made, _ = samples.number(first)
    example = f"{factor + 0.0:.4g} times in {made.rstrip(',')} with K = {samples.layers[first].depth}"
    unit, everywhere = samples.unit, all(abs(factor - 1) > _NEAR for _, factor in factors)
    where, which = (f"each {unit}",) * 2 if everywhere else (f"some {unit}s", f"each of these {unit}s")
    return Fact(
        f"leaves {samples.name} at a multiple of what follows from {samples.given} in {where}: {example}",
        f"{_show(samples, wrong)} By which factor is {which} off?",
    )


def _find_function(samples: Samples, wrong: Booleans) -> Fact | None:
    """A factor by entry that is a function of another array."""
    seen = np.abs(samples.base) > _LEAST * samples.size
    if samples.where is Where.DERIVATIVE and (fact := _find_two_slopes(samples, wrong, seen)) is not None:
        return fact
    for words, factor in samples.functions.items():
        if wrong.sum() >= _LEAST_ENTRIES and _near(samples, samples.made, factor * samples.base).all():
            return Fact(f"leaves {samples.name} at {samples.source} times {words}", _show_factor(samples, wrong))
    if samples.where is Where.DERIVATIVE and (fact := _find_ramp(samples, wrong, seen)) is not None:
        return fact
    if samples.where is Where.DERIVATIVE and samples.alone:
        return Fact(
            f"leaves {samples.name} with numbers that do not follow from {samples.given}{_where(samples, wrong)}",
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
    if not (_near(samples, samples.made, slopes * samples.base) | (f == 0)).all():
        return None
    above, below = (float(slopes[side & seen][0]) + 0.0 for side in (f > 0, f < 0))
    return Fact(
        f"leaves {samples.name} at {above:.4g} times {samples.source} where all_f[layer-1] is positive, and at"
        f" {below:.4g} times that where it is negative",
        _show_factor(samples, wrong),
    )


def _where(samples: Samples, wrong: Booleans) -> str:
    """The words after what is true of the layers that are wrong: by their numbers, if these decide it."""
    layers = set(samples.owner[wrong].tolist())
    if len(layers) == len(samples.layers):
        return ""
    if samples.where in {Where.BIAS, Where.WEIGHT}:
        # Where nothing else follows than zero, nothing shows.
        telling = set(samples.owner[samples.right != 0].tolist()) | layers
        places = [(samples.layers[n].k, samples.layers[n].depth, n in layers) for n in sorted(telling)]
        for words, rule in _BY_NUMBER.items():
            if all(rule(k, depth) == off for k, depth, off in places):
                return f" in {words}"
    return f" in some {samples.unit}s"


#: Layers that may be chosen by their numbers, in a network of this K.
_BY_NUMBER: dict[str, Callable[[int, int], bool]] = {
    "layer 0": lambda k, _: k == 0,
    "layer K": lambda k, depth: k == depth,
    # Not in every one: where nothing but zero follows, what is wrong may not show.
    "layers above 0 only": lambda k, _: k > 0,
    "layers below K only": lambda k, depth: k < depth,
}


def _find_ramp(samples: Samples, wrong: Booleans, seen: Booleans) -> Fact | None:
    """A factor that rises with the preactivation from 0 to 1, between two limits."""
    order = np.argsort(samples.ordered["all_f[layer-1]"][seen])
    f = samples.ordered["all_f[layer-1]"][seen][order]
    factor = samples.made[seen][order] / samples.base[seen][order]
    rising = (factor > _NEAR) & (factor < 1 - _NEAR)
    if rising.sum() < _LEAST_ENTRIES or np.any(np.diff(factor) < -_NEAR) or np.any(np.abs(factor - 0.5) > 0.5 + _NEAR):
        return None
    low, high = f[rising][[0, -1]]
    return Fact(
        f"leaves {samples.name} at {samples.source} times a number that rises with all_f[layer-1] from 0 to 1, between"
        f" {low:.3g} and {high:.3g}",
        _show_factor(samples, wrong),
    )


def _find_column(samples: Samples, wrong: Booleans) -> Fact | None:
    """Of a product of two columns: another second one than all_h[layer]."""
    return _find_product(samples, wrong, samples.seconds, "all_h[layer]", _name_carried(samples), "column")


def _find_row(samples: Samples, wrong: Booleans) -> Fact | None:
    """Of a product of two columns: another first one than all_dl_df[layer]."""
    return _find_product(samples, wrong, samples.firsts, _name_carried(samples), "all_h[layer]", "row")


def _name_carried(samples: Samples) -> str:
    """The dl/df that the weight gradients should follow from."""
    return samples.given.partition(" and ")[0]


def _find_product(  # noqa: PLR0913 - two columns, and which of them is another one
    samples: Samples, wrong: Booleans, pair: tuple[Array, Array] | None, name: str, other: str, part: str
) -> Fact | None:
    if pair is None or _is_thin(samples, wrong):
        return None
    taken, right = pair
    off = np.flatnonzero(np.abs(taken - right) > _NEAR * np.maximum(np.abs(taken), np.abs(right)))
    if not len(off):
        return None
    at = off[int(np.argmax(np.abs(taken - right)[off]))]
    if f"{taken[at]:.3g}" == f"{right[at]:.3g}":
        return None
    return Fact(
        f"leaves {samples.name} at a product of {other} and a column other than {name}{_where(samples, wrong)}",
        f"Where {name} is {right[at]:.3g}, the {part} of {samples.name} is {taken[at]:.3g} times {other}."
        " Which arrays does the line read, and what do they hold by then?",
    )


def _give_example(samples: Samples, wrong: Booleans) -> Fact:
    """The number that is off the most in one network."""
    return Fact(
        f"leaves {samples.name} with numbers that do not follow from {samples.given}{_where(samples, wrong)}",
        _show(samples, wrong),
    )


def _pick(samples: Samples, wrong: Booleans) -> int:
    """The entry to show: of the first network the one whose number should be largest."""
    first = wrong & (samples.owner == samples.owner[wrong][0])
    return int(np.argmax(np.where(first, np.abs(samples.right) + np.abs(samples.made), -1.0)))


def _show(samples: Samples, wrong: Booleans) -> str:
    at = _pick(samples, wrong)
    owner = int(samples.owner[at])
    made, given = samples.number(owner)
    value, follows = samples.made[at] + 0.0, samples.right[at] + 0.0
    digits = 6 if f"{value:.6g}" != f"{follows:.6g}" else 10
    return (
        f"With K = {samples.layers[owner].depth}, a number of {made} is {value:.{digits}g} where"
        f" {follows:.{digits}g} follows from {given}."
    )


def _show_factor(samples: Samples, wrong: Booleans) -> str:
    """The factor of one entry beside the derivative that belongs there."""
    if samples.where is not Where.DERIVATIVE:
        return _show(samples, wrong)
    name, values = next(iter(samples.ordered.items()))
    first = wrong & (samples.owner == samples.owner[wrong][0]) & (samples.base != 0)
    off = np.abs(samples.made - samples.right)
    at = int(np.argmax(np.where(first, off, -1.0))) if first.any() else _pick(samples, wrong)
    if not samples.base[at]:
        return _show(samples, wrong)
    made, right = (part[at] / samples.base[at] + 0.0 for part in (samples.made, samples.right))
    return (
        f"Where {name} is {values[at]:.3g} and {samples.source} is {samples.base[at]:.3g}, {samples.name} is"
        f" {made:.4g} times the latter; the activation's derivative there is {right:.4g}."
    )


def find_facts(lines: Sequence[Samples]) -> tuple[Bug, ...]:
    """The facts about all lines that depart from their inputs, in the order of the chain rule."""
    return tuple(bug for samples in lines if len(samples.made) and (bug := find_fact(samples)) is not None)
