"""The samples of each of the notebook's lines: what it made in a layer, and what its inputs give there."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from grader.oracle.answers import Answer
from grader.oracle.suite import Suite
from grader.subjects.networks.diagnosis.alternatives.activation_line import ActivationAlternatives
from grader.subjects.networks.diagnosis.alternatives.bias_line import BiasAlternatives
from grader.subjects.networks.diagnosis.alternatives.derivative_line import DerivativeAlternatives
from grader.subjects.networks.diagnosis.alternatives.output_line import OutputAlternatives
from grader.subjects.networks.diagnosis.alternatives.weight_line import WeightAlternatives
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.sample import Sample
from grader.subjects.networks.diagnosis.samples import Samples, join_samples
from grader.subjects.networks.diagnosis.student_pass import StudentPass, is_whole, read_passes
from grader.subjects.networks.diagnosis.work import NetworkView
from grader.subjects.networks.evidence import Evidence


def sample_lines(
    suite: Suite,
    views: Sequence[NetworkView],
    answers: Sequence[Answer],
    evidence: Mapping[int, Evidence],
    failed: frozenset[str],
) -> list[Samples]:
    """The lines of the steps that failed, from the output down."""
    passes = read_passes(suite, views, answers, evidence, failed)
    # With dl/dh in sight each line of the two is seen alone.
    carried = any(backward.carries for backward in passes)
    below = "relu_derivative" in failed or ("activation_gradient" in failed and not carried)
    lines: list[tuple[Where, bool, Callable[[StudentPass], Iterator[Sample]]]] = [
        (Where.OUTPUT, "bias_gradient" in failed, _output),
        (Where.BIAS, "bias_gradient" in failed, _bias),
        (Where.WEIGHT, "weight_gradient" in failed, _weight),
        (Where.ACTIVATION, "activation_gradient" in failed, _activation),
        (Where.DERIVATIVE, below, _derivative),
    ]
    # The words of the last line are about dl/dh where any is in sight.
    alike = {Where.DERIVATIVE: [backward for backward in passes if backward.carries == carried]}
    combined = [
        join_samples(
            where, [sample for backward in alike.get(where, passes) for sample in make(backward)], passes, failed
        )
        for where, on, make in lines
        if on
    ]
    return [samples for samples in combined if samples is not None]


def _output(backward: StudentPass) -> Iterator[Sample]:
    made, right, view = backward.df[-1], backward.view.loss, backward.view
    if made is None or not is_whole(made):
        return
    ordered = {"all_f[K]": view.f[-1], "y": view.network.y}
    yield Sample(backward.at(backward.depth), made, right, right, ordered, OutputAlternatives(backward))


def _bias(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.d_biases, backward.df, strict=True)):
        if made is None or df is None or df is made or not (is_whole(made) and is_whole(df)):
            continue
        ordered = {"all_biases[layer]": backward.view.network.biases[k], "all_f[layer]": backward.view.f[k]}
        yield Sample(backward.at(k), made, df, df, ordered, BiasAlternatives(backward, k, df))


def _weight(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.d_weights, backward.df, strict=True)):
        if made is None or df is None or not (is_whole(made) and is_whole(df)):
            continue
        right, ordered = df @ backward.view.h[k].T, {"all_weights[layer]": backward.view.network.weights[k]}
        yield Sample(backward.at(k), made, right, right, ordered, WeightAlternatives(backward, k, df))


def _activation(backward: StudentPass) -> Iterator[Sample]:
    for k, (made, df) in enumerate(zip(backward.dh, backward.df, strict=True)):
        if made is None or df is None or not (is_whole(made) and is_whole(df)):
            continue
        right, ordered = backward.view.network.weights[k].T @ df, {"all_h[layer]": backward.view.h[k]}
        yield Sample(backward.at(k), made, right, right, ordered, ActivationAlternatives(backward, k, df))


def _derivative(backward: StudentPass) -> Iterator[Sample]:
    for k in range(1, backward.depth + 1):
        made, above, dh = backward.df[k - 1], backward.df[k], backward.dh[k]
        if made is None or above is None or not (is_whole(made) and is_whole(above)):
            continue
        if backward.carries and not is_whole(dh):
            continue
        view = backward.view
        base = dh if dh is not None else view.network.weights[k].T @ above
        f, slope = view.f[k - 1], view.slopes[k - 1]
        if view.formulas.activation.kinked:
            # At the kink itself any number is right.
            made = np.where(f == 0, slope * base, made)
        alternatives = DerivativeAlternatives(backward, k, base)
        yield Sample(backward.at(k), made, slope * base, base, {"all_f[layer-1]": f}, alternatives)
