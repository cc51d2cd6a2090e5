"""The same without the helper: the observed vector less the expected one."""

import numpy as np


def naiveSoftmaxLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, dataset):
    scores = np.einsum("vd,d->v", outsideVectors, centerWordVec)  # row: probabilities
    log_sum = np.logaddexp.reduce(scores)  # row: probabilities
    chances = np.exp(scores - log_sum)  # row: probabilities
    expected = (chances[:, None] * outsideVectors).sum(axis=0)  # row: center_gradient
    outside = chances[:, None] * centerWordVec[None, :]  # row: outside_gradient
    outside[outsideWordIdx] -= centerWordVec  # row: outside_gradient
    return log_sum - scores[outsideWordIdx], expected - outsideVectors[outsideWordIdx], outside  # row: cross_entropy, center_gradient
