"""The alternatives that fit on some of the layers that are wrong: most fit on none of them, and then cost little."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.alternatives.alternatives import Alternatives
from grader.subjects.networks.diagnosis.sample import LEAST, NEAR, Sample

#: Layers that are wrong on which an alternative is tried, before it is computed for all of them.
SCREENED = 8
#: By how much more a factor that few layers show may be off than one that all do.
_ROUGH = 100.0

#: A kind of alternatives, such as `Alternatives.arrays`, and the test of one of them on some layers.
Kind = Callable[[Alternatives], Mapping[str, NDArray[Any]]]
Fits = Callable[[Sequence[Sample], Sequence[NDArray[Any]]], bool]


def choose_screened(samples: Sequence[Sample]) -> list[Sample]:
    """The layers in which the most entries are wrong."""
    wrong = [(int(np.count_nonzero(~sample.near(sample.right))), sample) for sample in samples]
    return [sample for count, sample in sorted(wrong, key=lambda pair: -pair[0])[:SCREENED] if count]


def find_candidates(
    samples: Sequence[Sample], screened: Sequence[Sample], kind: Kind, fits: Fits, fill: float = np.nan
) -> dict[str, Array]:
    """The alternatives of this kind that fit on the layers that were chosen, flat over all; `fill` where there is none.

    In words of the first layer that has them.
    """
    tried = [kind(sample.alternatives) for sample in screened]
    kept = {
        words
        for words in (tried[0] if tried else ())
        if all(words in arrays for arrays in tried) and fits(screened, [arrays[words] for arrays in tried])
    }
    if not kept:
        return {}
    return join(samples, [{w: array for w, array in kind(s.alternatives).items() if w in kept} for s in samples], fill)


def join(
    samples: Sequence[Sample], parts: Sequence[Mapping[str, NDArray[Any]]], fill: float = np.nan
) -> dict[str, Array]:
    """The arrays of all layers, flat and one after the other."""
    # Made once each: there are some hundred layers.
    missing = [np.full(sample.made.size, fill) for sample in samples]
    return {
        words: np.concatenate(
            [part[words].ravel() if words in part else blank for part, blank in zip(parts, missing, strict=True)]
        )
        for words in dict.fromkeys(words for part in parts for words in part)
    }


def is_made(samples: Sequence[Sample], arrays: Sequence[Array]) -> bool:
    """True if a line made these arrays."""
    return all(sample.near(array).all() for sample, array in zip(samples, arrays, strict=True))


def is_factor(samples: Sequence[Sample], factors: Sequence[Array]) -> bool:
    """True if a line multiplied by these factors."""
    return all(sample.near(factor * sample.base).all() for sample, factor in zip(samples, factors, strict=True))


def is_choice(samples: Sequence[Sample], rules: Sequence[Booleans]) -> bool:
    """True if a line kept the entries for which a rule holds."""
    for sample, rule in zip(samples, rules, strict=True):
        seen = np.abs(sample.base) > LEAST * sample.size
        if (sample.near(sample.base) != rule)[seen].any():
            return False
    return True


def is_added(samples: Sequence[Sample], terms: Sequence[Array]) -> bool:
    """True if a line added one multiple of these terms, as far as few layers show it."""
    made, right, term = (
        np.concatenate([array.ravel() for array in arrays])
        for arrays in ([s.made for s in samples], [s.right for s in samples], terms)
    )
    sizes = np.abs(made) + np.abs(right)
    largest = np.repeat([s.size for s in samples], [s.made.size for s in samples])
    at = int(np.argmax(np.abs(term) / np.where(sizes > 0, sizes, np.inf)))
    if not term[at] or not np.isfinite(term).all():
        return False
    factor = (made[at] - right[at]) / term[at]
    off = np.abs(made - right - factor * term)
    return bool(np.all(off <= _ROUGH * (LEAST * largest + NEAR * sizes)))
