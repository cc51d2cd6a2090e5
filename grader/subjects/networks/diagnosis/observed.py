"""The facts about a line that no bug model explains: what its list holds at the end, beside what its inputs give.

A fact holds on every layer that could be read, or it is an example with its numbers. It compares arrays as they are at
the end, so that it is true whichever statement wrote them, and says how they differ and never why.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.alternatives.alternatives import ONE
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.fact import (
    LEAST_ENTRIES,
    Fact,
    describe_layers,
    describe_read,
    is_thin,
    list_scopes,
    near,
    show,
)
from grader.subjects.networks.diagnosis.factors import (
    find_factor,
    find_factors_by_layer,
    find_mask,
    find_named_function,
    find_slopes,
)
from grader.subjects.networks.diagnosis.operands import FORMULAS
from grader.subjects.networks.diagnosis.output_facts import find_constant, find_own_output, find_own_target
from grader.subjects.networks.diagnosis.sample import LEAST, NEAR
from grader.subjects.networks.diagnosis.samples import Samples

#: The formula of a line, as it stands in a sentence.
RIGHT_LINES = {
    **FORMULAS,
    Where.BIAS: "all_dl_dbiases[layer] is all_dl_df[layer]",
    Where.OUTPUT: "all_dl_df[K] is the derivative of the loss at all_f[K] and y",
}


def find_fact(samples: Samples) -> Bug | None:
    """The fact about a line, as an explanation of that line alone; None if it is right wherever it was read."""
    with np.errstate(all="ignore"):
        wrong = ~near(samples, samples.made, samples.right)
        if not wrong.any():
            return None
        fact = next(list_facts(samples, wrong), None)
    if fact is None:
        return None
    where = samples.blamed
    # Zeros in the lists of a call that raised are not read, which may have been made all the same.
    scope = describe_read(samples) if fact.scope is None else f"{',' if ', ' in fact.title else ''} {fact.scope}"
    title = f"{fact.title}{scope}{fact.example}"
    between = (Where.ACTIVATION, Where.DERIVATIVE)
    # Which of the two steps between layers it is does not show where only both are seen.
    either = where in between and not samples.alone
    right = ", and ".join(RIGHT_LINES[line] for line in (between if either else (where,)))
    strong = f"It {title}; {right}."
    return Bug(f"observed_{where.name.lower()}", title, where, (), fact.hint, strong, either=either)


def list_facts(samples: Samples, wrong: Booleans) -> Iterator[Fact]:
    """Every fact, from what says most to an example, which is always there."""
    every = (
        find_constant,
        find_own_target,
        find_own_output,
        _find_filling,
        _find_empty_layers,
        find_factor,
        find_mask,
        _find_transformation,
        _find_other_array,
        _find_term,
        find_named_function,
        find_factors_by_layer,
        find_slopes,
        _find_column,
        _find_row,
        _give_example,
    )
    # Only what fits one array in all its layers is no accident then.
    for look in (_find_other_array,) if samples.doubtful and samples.where is Where.DERIVATIVE else every:
        fact = look(samples, wrong)
        if fact is not None:
            yield fact


def _find_filling(samples: Samples, wrong: Booleans) -> Fact | None:
    """One number in every entry, such as zero."""
    name, number = samples.name, float(samples.made[0])
    if wrong.sum() < LEAST_ENTRIES or np.any(samples.made != number):
        return None
    if number:
        return Fact(f"sets {name} to {number:.6g} everywhere", show(samples, wrong))
    hint = f"{name} is zero in every {samples.unit} that was read. Which statement should write it, and does that run?"
    return Fact(f"leaves {name} at zero", hint)


def _find_empty_layers(samples: Samples, wrong: Booleans) -> Fact | None:
    """Zeros in every entry of some layers, where all others are right."""
    layers = np.isin(samples.owner, samples.owner[wrong])
    if wrong.sum() < LEAST_ENTRIES or samples.made[layers].any():
        return None
    name = samples.name
    return Fact(
        f"leaves {name} at zero",
        f"{show(samples, wrong)} Which statement should write it, does that run there, and does a later line change"
        " its arrays?",
        describe_layers(samples, wrong),
    )


def _find_transformation(samples: Samples, wrong: Booleans) -> Fact | None:
    """A function of each number that should be there, everywhere or in every layer that is wrong."""
    if wrong.sum() < LEAST_ENTRIES:
        return None
    for scope, among in list_scopes(samples, wrong):
        made = samples.made[among]
        for words, values in _list_transformations(samples, samples.right[among], made):
            if near(samples, samples.made, _fill(samples, among, values))[among].all():
                return Fact(
                    f"sets {samples.name} to {words}",
                    f"{show(samples, wrong)} What is done to these numbers?",
                    scope,
                )
    return None


def _fill(samples: Samples, among: Booleans, values: Array) -> Array:
    """The values at these entries, and what was made at the others."""
    filled = samples.made.copy()
    filled[among] = values
    return filled


def _list_transformations(samples: Samples, right: Array, made: Array) -> Iterator[tuple[str, Array]]:
    """Functions of the numbers that should be there, in words; a rounding to as many decimals as were made."""
    limit = float(np.max(np.abs(made), initial=0.0))
    follows = f"what follows from {samples.given}"
    yield f"the absolute value of {follows}", np.abs(right)
    yield f"minus the absolute value of {follows}", -np.abs(right)
    yield f"{follows}, rounded to half precision", right.astype(np.float16)
    yield f"the sign of {follows}", np.sign(right)
    yield f"the square of {follows}", right**2
    yield f"{follows}, with 0 for each negative number", np.maximum(right, 0)
    yield f"{follows}, cut off at {limit:.4g} in size", np.clip(right, -limit, limit)
    yield f"{follows}, without its decimals", _truncate(right, made)
    decimals = _count_decimals(made)
    if decimals is not None:
        yield f"{follows}, rounded to {decimals} decimal{'s' * (decimals > 1)}", _round(right, made, decimals)


def _truncate(right: Array, made: Array) -> Array:
    """The numbers without decimals; what is a whole number but for rounding may have become the next one."""
    whole = np.round(right)
    close = (np.abs(right - whole) <= NEAR * np.abs(whole)) & (np.abs(made - whole) <= 1) & (made == np.round(made))
    return np.asarray(np.where(close, made, np.trunc(right)))


def _count_decimals(made: Array) -> int | None:
    """The fewest decimals, from 1 to 6, with which all of the numbers can be written."""
    return next((count for count in range(1, 7) if np.array_equal(made, np.round(made, count))), None)


def _round(right: Array, made: Array, decimals: int) -> Array:
    """The numbers rounded; half of the last decimal may have gone either way."""
    close = np.abs(made - right) <= (0.5 + NEAR) * 10.0**-decimals
    return np.asarray(np.where(close, made, np.round(right, decimals)))


def _find_other_array(samples: Samples, wrong: Booleans) -> Fact | None:
    """Another array or product, in every entry or in every layer that is wrong."""
    if wrong.sum() < LEAST_ENTRIES or is_thin(samples, wrong):
        return None
    for scope, among in list_scopes(samples, wrong):
        for words, array in samples.arrays.items():
            known = np.isfinite(array)
            fits = known[among].all() and near(samples, samples.made, array)[among].all()
            # Zeros are any product of what is zero.
            if fits and array[among].any():
                return Fact(
                    f"sets {samples.name} to {words}",
                    f"{show(samples, wrong)} Write this line out for one layer: which arrays, of which layer, in which"
                    " order?",
                    scope,
                )
    return None


def _find_term(samples: Samples, wrong: Booleans) -> Fact | None:
    """A multiple of another array that is added, everywhere or in every layer that is wrong."""
    if wrong.sum() < LEAST_ENTRIES:
        return None
    facts = (_find_term_among(samples, wrong, among, scope) for scope, among in list_scopes(samples, wrong))
    return next(filter(None, facts), None)


def _find_term_among(samples: Samples, wrong: Booleans, among: Booleans, scope: str | None) -> Fact | None:
    rest = samples.made - samples.right
    for words, every in samples.terms.items():
        term = np.where(among, every, 0.0)
        if not np.isfinite(term).all() or not term.any():
            continue
        size = np.abs(samples.made) + np.abs(samples.right)
        # Where it is the largest part: squares of large numbers would overflow.
        at = int(np.argmax(np.abs(term) / np.where(size > 0, size, np.inf)))
        factor = float(rest[at] / term[at]) if term[at] else 0.0
        if (
            factor
            and np.isfinite(factor)
            and np.all((np.abs(rest - factor * term) <= LEAST * samples.size + NEAR * size)[among])
        ):
            times = "" if abs(abs(factor) - 1) < NEAR else f"{abs(factor):.6g} times "
            named = f"{abs(factor):.6g}" if words == ONE else f"{times}{words}"
            done = "plus" if factor > 0 else "minus"
            return Fact(
                f"sets {samples.name} to what follows from {samples.given}, {done} {named}",
                f"{show(samples, wrong)} Which term is there that the chain rule does not have?",
                scope,
            )
    return None


def _find_column(samples: Samples, wrong: Booleans) -> Fact | None:
    """Of a product of two columns: another second one than all_h[layer]."""
    return _find_product(samples, wrong, samples.seconds, "all_h[layer]", samples.carried, "column")


def _find_row(samples: Samples, wrong: Booleans) -> Fact | None:
    """Of a product of two columns: another first one than all_dl_df[layer]."""
    return _find_product(samples, wrong, samples.firsts, samples.carried, "all_h[layer]", "row")


def _find_product(  # noqa: PLR0913 - two columns, and which of them is another one
    samples: Samples, wrong: Booleans, pair: tuple[Array, Array] | None, name: str, other: str, part: str
) -> Fact | None:
    if pair is None or is_thin(samples, wrong):
        return None
    taken, right = pair
    off = np.flatnonzero(np.abs(taken - right) > NEAR * np.maximum(np.abs(taken), np.abs(right)))
    if not len(off):
        return None
    at = off[int(np.argmax(np.abs(taken - right)[off]))]
    if f"{taken[at]:.3g}" == f"{right[at]:.3g}":
        return None
    return Fact(
        f"sets {samples.name} to a product of {other} and a column other than {name}",
        f"Where {name} is {right[at]:.3g}, the {part} of {samples.name} is {taken[at]:.3g} times {other}."
        " Which arrays does the line read, and what do they hold by then?",
        describe_layers(samples, wrong),
    )


def _give_example(samples: Samples, wrong: Booleans) -> Fact:
    """The number that is off the most in one network."""
    return Fact(
        f"sets {samples.name} to numbers that do not follow from {samples.given}",
        f"{show(samples, wrong)} Work this number out by hand: where does your code begin to differ?",
        describe_layers(samples, wrong),
    )


def find_facts(lines: Sequence[Samples]) -> tuple[Bug, ...]:
    """The facts about all lines that depart from their inputs, in the order of the chain rule."""
    return tuple(bug for samples in lines if len(samples.made) and (bug := find_fact(samples)) is not None)
