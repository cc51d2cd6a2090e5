"""Explanations of the same numbers, compared with the lists that the student's function wrote on its way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.bugs.returned import RETURNED_EARLY
from grader.subjects.networks.diagnosis.case import Case, near
from grader.subjects.networks.diagnosis.fit import Fit
from grader.subjects.networks.diagnosis.lines import RIGHT, Lines, run
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.raised_step import find_multiplied_step
from grader.subjects.networks.written import entries

#: What rounding may do to an entry, relative to the largest of its array.
_ROUNDING = 1e-9
#: Networks whose lists are compared with one explanation.
_MOST_COMPARED = 8

#: The lines that make all_dl_df and all_dl_dh.
_MAKING = frozenset({Where.OUTPUT, Where.ACTIVATION, Where.DERIVATIVE})
#: The lines that make what is returned, from a dl/df that then is right.
_ENDING = frozenset({Where.BIAS, Where.WEIGHT})
#: Bugs that say which list holds zeros.
_EMPTY = frozenset({"no_propagation", "zero_derivative"})
#: Bugs that only say which zeros came back.
_ZEROS = frozenset({"zero_weights", "zero_biases"})


def is_contradicted(fit: Fit, case: Case, evidence: Mapping[int, Evidence]) -> bool:
    """True if it says that a list holds zeros, and the student's own list holds other numbers there."""
    ids = {bug.id for bug in fit.bugs} & _EMPTY
    for i, observed in evidence.items() if ids else ():
        lists = entries(observed, case.suite.sizes[i], case.suite.columns[i], shaped=True)
        carried = {"no_propagation": lists["all_dl_dh"][1:], "zero_derivative": lists["all_dl_df"][:-1]}
        if any(entry is not None and entry.any() for id_ in ids for entry in carried[id_]):
            return True
    return False


def raises_elsewhere(fit: Fit, case: Case, evidence: Mapping[int, Evidence]) -> bool:
    """True if it raises in the line of one step, and the student's function in a product that is another step's."""
    if not fit.by_shapes or fit.lines is None or fit.blame is not None:
        return False
    for i, observed in evidence.items():
        step = find_multiplied_step(observed)
        if step is not None and step not in run(fit.lines, case.predictions.views[i]).stopped:
            return True
    return False


def agreeing(case: Case, fits: Sequence[Fit], evidence: Mapping[int, Evidence]) -> list[Fit]:
    """Return the explanations whose all_dl_df and all_dl_dh are the student's own, or all of them if none can be read.

    What the lists contradict is none, if it is about a line that makes one of them.
    """
    fits = [fit for fit in fits if not (is_contradicted(fit, case, evidence) or raises_elsewhere(fit, case, evidence))]
    early = [observed.early for i, observed in evidence.items() if i in case.wrong]
    if early and all(early) and fits and all({bug.id for bug in fit.bugs} <= _EMPTY for fit in fits):
        # Which lines would have been right in the layers below, nothing shows.
        return [Fit((replace(RETURNED_EARLY, fails=None),))]
    # That zeros came back is certain; what else would give them is not.
    fits = [fit for fit in fits if {bug.id for bug in fit.bugs} <= _ZEROS] or fits
    if len(fits) < 2 and not any(_is_about_lists(fit) or _is_about_gradients(fit) for fit in fits):
        return fits
    plain = [(i, lists) for i, lists in evidence.items() if i in case.wrong and not any(lists.overwritten)]
    # Several fit the same numbers, and may differ in few networks alone; of one, networks of every depth tell.
    plain = plain if len(fits) > 1 else plain[:: len(plain) // _MOST_COMPARED + 1]
    judged = [(fit, _agrees(case, fit, plain)) for fit in fits]
    kept = [
        (fit, agrees)
        for fit, agrees in judged
        if agrees is not False or not (_is_about_lists(fit) or _is_about_gradients(fit))
    ]
    return [fit for fit, agrees in kept if agrees is not False] or [fit for fit, _ in kept]


def _is_about_lists(fit: Fit) -> bool:
    """True if it says how a list was made; a factor of all gradients may come in later."""
    return fit.blame is None and any(bug.where in _MAKING and not bug.of_all_gradients for bug in fit.bugs)


def _is_about_gradients(fit: Fit) -> bool:
    """True if it says that what is made from all_dl_df is wrong, and nothing before; dl/dh shows what that was."""
    of_numbers = fit.blame is None and (fit.lines is not None or fit.complete)
    return of_numbers and all(bug.where in _ENDING for bug in fit.bugs)


def _agrees(case: Case, fit: Fit, evidence: Sequence[tuple[int, Evidence]]) -> bool | None:
    """True if every list that can be read is as the explanation has it; None if none can, or it makes none."""
    alone = _is_about_gradients(fit)
    made = fit.lines or (RIGHT if alone else None)
    if made is None:
        return None
    agrees = None
    for i, lists in evidence:
        for predicted, written in _pairs(case, made, i, lists, carried=not alone):
            if np.shape(predicted) != written.shape or not _same(predicted, written):
                return False
            agrees = True
    return agrees


def _pairs(case: Case, lines: Lines, i: int, evidence: Evidence, *, carried: bool) -> Iterator[tuple[Array, Array]]:
    """The arrays that an explanation makes on a network, each beside the one that the student's list holds.

    Without those of all_dl_df unless `carried`: an array that is returned, too, may have been changed at the end.
    """
    work = run(lines, case.predictions.views[i])
    lists = entries(evidence, case.suite.sizes[i], case.suite.columns[i], shaped=True)
    for made, name in ((work.dl_df, "all_dl_df"), (work.dl_dh, "all_dl_dh"))[not carried :]:
        for predicted, written in zip(made, lists[name], strict=True):
            if predicted is None or written is None:
                continue
            # What was still to be written when it raised says nothing, nor do numbers that overflowed.
            if evidence.ended and np.isfinite(predicted).all() and np.isfinite(written).all():
                yield predicted, written


def _same(predicted: Array, written: Array) -> bool:
    floor = np.full_like(written, _ROUNDING * float(np.max(np.abs(predicted), initial=0.0)))
    return near(predicted, written, floor)
