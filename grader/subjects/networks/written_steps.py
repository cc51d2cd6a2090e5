"""The four steps, judged by the lists that the student's function wrote: each line by its own inputs and its output.

    bias_gradient         db[k] == df[k], and df[K] is the loss derivative
    weight_gradient       dW[k] == df[k] @ h[k].T
    activation_gradient   dh[k] == W[k].T @ df[k]
    relu_derivative       df[k-1] == dh[k] times the activation's derivative at f[k-1]

Each within LOCAL * rtol of the absolute sum of its terms. Zeros that should be zeros are no evidence. A missing output
counts against its line if the function came to its end, or raised in the statement that should have written it.
Whoever keeps something else in dh (the mask already in it, or the same memory as df) is judged by what comes back.
"""

from dataclasses import dataclass, replace

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.layers import Layers
from grader.subjects.networks.steps import LOCAL, Step
from grader.subjects.networks.written import WrittenLists


@dataclass(frozen=True, slots=True, eq=False)
class WrittenStep:
    """One step over L layers: those that the lists decide, those that could show a mistake, and those that do."""

    decided: Booleans
    telling: Booleans
    failed: Booleans
    #: The layers that are wrong by this step or by another one.
    doubtful: Booleans
    #: True if others are judged by what came back: these could be read because they are right.
    selected: bool = False


def judge_lists(layers: Layers, written: WrittenLists, assignment: Assignment) -> dict[str, WrittenStep]:
    """Each step by the lists. A line whose inputs overflowed is not judged; one that makes its output overflow is."""
    with np.errstate(all="ignore"):
        rtol = LOCAL * assignment.rtol
        restored = _restore_output(layers, written, rtol)
        # Of the biases' line only an output that is right was read then.
        selected = not written.known["all_dl_df"].any()
        steps = {
            "bias_gradient": replace(_bias(layers, restored, rtol), selected=selected),
            "weight_gradient": _weight(layers, restored, rtol),
            **_propagation(layers, restored, rtol),
        }
    below = np.roll(written.skipped, -1) & ~layers.top
    passed_over = {"bias_gradient": written.skipped, "weight_gradient": written.skipped}
    return {
        name: _with(_without(step, passed_over.get(name, below)), written.raised[name]) for name, step in steps.items()
    }


def merge(step: Step, lists: WrittenStep, asked: Booleans, right: Booleans) -> Step:
    """The step by the lists if they decide it, but on layers that came back `right`; else by what came back.

    If the lists show the step at work and never fail or doubt it, it holds where they are silent, too, but for the
    layers of `asked`.
    """
    holds = bool(lists.telling.any()) and not (lists.failed | lists.doubtful).any() and not lists.selected
    tested = np.where(lists.decided, lists.telling, step.tested)
    failed = np.where(lists.decided, lists.failed & ~right, step.failed & (asked | (not holds)))
    unsure = np.where(lists.decided, lists.doubtful, step.unsure) | ((step.failed | lists.failed) & ~failed)
    evident = bool(lists.telling.any() or failed.any()) or (step.evident and bool((step.tested & ~lists.decided).any()))
    return Step(tested | failed, failed, evident, step.asked or bool(lists.decided.any()), unsure, step.reading)


def _restore_output(layers: Layers, written: WrittenLists, rtol: float) -> WrittenLists:
    """The lists with the output's df as its db kept it, if that is right and the function raised.

    A line below may have written over df, or it has another name. The entry that the line which raised should have
    written is not there, and counts against it.
    """
    right = (_near(written.d_biases, layers.top_delta, rtol * layers.top_size) | ~layers.unit).all(axis=1)
    kept = layers.top & written.stopped & written.known["all_dl_dbiases"] & right
    known = {**written.known, "all_dl_df": written.known["all_dl_df"] | kept}
    shaped = {**written.shaped, "all_dl_df": written.shaped["all_dl_df"] | kept}
    return replace(written, df=np.where(kept[:, None], written.d_biases, written.df), known=known, shaped=shaped)


def _without(step: WrittenStep, skipped: Booleans) -> WrittenStep:
    """The step, which tells nothing of lines that did not run."""
    return replace(
        step,
        decided=step.decided | skipped,
        telling=step.telling & ~skipped,
        failed=step.failed & ~skipped,
        doubtful=step.doubtful & ~skipped,
    )


def _with(step: WrittenStep, raised: Booleans) -> WrittenStep:
    return replace(
        step,
        decided=step.decided | raised,
        telling=step.telling | raised,
        failed=step.failed | raised,
        doubtful=step.doubtful & ~raised,
    )


def _near(a: Array, b: Array, size: Array) -> Booleans:
    """Written so that NaN is near nothing."""
    return np.asarray(np.abs(a - b) <= size)


def _bias(layers: Layers, written: WrittenLists, rtol: float) -> WrittenStep:
    df, db = written.df, written.d_biases
    absent = written.missing["all_dl_dbiases"]
    started = layers.top & ~(_near(df, layers.top_delta, rtol * layers.top_size) | ~layers.unit).all(axis=1)
    wrong = absent | started | (~_near(db, df, rtol * (np.abs(df) + np.abs(db))) & layers.unit).any(axis=1)
    finite = np.isfinite(df).all(axis=1)
    decided = written.known["all_dl_df"] & finite & (written.known["all_dl_dbiases"] | absent)
    decided &= written.shaped["all_dl_df"] | started | ~wrong
    decided |= written.biases_misshapen
    telling = decided & ((df != 0).any(axis=1) | layers.top | written.biases_misshapen)
    return WrittenStep(decided, telling, decided & wrong, np.zeros_like(decided))


def _weight(layers: Layers, written: WrittenLists, rtol: float) -> WrittenStep:
    absent = written.missing["all_dl_dweights"] | written.weights_misshapen
    outer = written.df.ravel()[layers.entry_row] * layers.h.ravel()[layers.entry_column]
    right = _near(written.d_weights, outer, rtol * np.abs(outer))
    wrong = absent | np.logical_or.reduceat(~right, layers.entry_start)
    finite = np.logical_and.reduceat(np.isfinite(outer), layers.entry_start)
    decided = written.known["all_dl_df"] & finite & (written.known["all_dl_dweights"] | absent)
    # Of a dl/df in another shape even the right line makes something else.
    decided &= written.shaped["all_dl_df"] | ~wrong
    decided |= written.weights_misshapen & ~(written.known["all_dl_df"] & ~written.shaped["all_dl_df"])
    seen = np.logical_or.reduceat((outer != 0) | (written.d_weights != 0), layers.entry_start)
    return WrittenStep(decided, decided & (seen | absent), decided & wrong, np.zeros_like(decided))


def _propagation(layers: Layers, written: WrittenLists, rtol: float) -> dict[str, WrittenStep]:
    """Steps three and four, at each hidden layer k from df[k+1], dh[k+1] and df[k]."""
    below = ~layers.top
    df_known, dh_known = written.known["all_dl_df"], np.roll(written.known["all_dl_dh"], -1) & below
    above_known = np.roll(df_known, -1) & below
    dh_known &= np.roll(np.isfinite(written.dh).all(axis=1), -1)
    above = np.roll(written.df, -1, axis=0)
    g = layers.carry_back(layers.weights, written.df)
    size = rtol * layers.carry_back(layers.weight_size, np.abs(written.df))
    above_known &= np.isfinite(g).all(axis=1)
    dh, unit = np.roll(written.dh, -1, axis=0), layers.unit
    # What a line makes of an array in another shape says nothing of it, unless it is right.
    dh_shaped = np.roll(written.shaped["all_dl_dh"], -1)
    unkinked = unit & (layers.f != 0)

    def holds(a: Array, b: Array, tolerance: Array, where: Booleans) -> Booleans:
        return np.asarray((_near(a, b, tolerance) | ~where).all(axis=1))

    slope_size = np.maximum(layers.slope_size, np.abs(layers.slope))
    together = df_known & above_known & holds(written.df, layers.slope * g, slope_size * size, unkinked)
    given = holds(dh, g, size, unit) & dh_shaped
    masked = holds(dh, layers.slope * g, slope_size * size, unkinked) | holds(dh, above, 0.0 * above, unit)
    # What is kept in dh is not the product: then only what comes back can be judged.
    no_product = np.roll(written.shared, -1) | (~given & masked)
    dh_absent = np.roll(written.missing["all_dl_dh"], -1) & below
    df_absent = written.missing["all_dl_df"] & below
    read = dh_known & ~no_product
    third = above_known & (together | read | (dh_absent & ~df_known))
    fourth = (df_known & (together | read)) | (df_absent & read)
    bent = (layers.slope != 1.0) & (dh != 0) & unkinked
    follows = written.shaped["all_dl_df"] & holds(
        written.df, layers.slope * dh, rtol * slope_size * np.abs(dh), unkinked
    )
    third &= np.roll(written.shaped["all_dl_df"], -1) | together | (given & ~dh_absent)
    fourth &= dh_shaped | together | (follows & ~df_absent)
    speaks = (np.abs(g) > 8 * size) & unit
    # Their product is wrong, and no list shows which of the two is.
    doubtful = df_known & above_known & ~together
    return {
        "activation_gradient": WrittenStep(
            third,
            third & (speaks.any(axis=1) | (read & (dh != 0).any(axis=1))),
            third & ~together & (~given | dh_absent),
            doubtful & ~third,
        ),
        "relu_derivative": WrittenStep(
            fourth,
            fourth & np.where(together & ~read, (speaks & (layers.slope != 1.0)).any(axis=1), bent.any(axis=1)),
            fourth & ~together & (~follows | df_absent),
            doubtful & ~fourth,
        ),
    }
