"""The same without the helper: the observed vector less the expected one."""

import numpy as np


def naiveSoftmaxLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, dataset):
    scores = np.einsum("vd,d->v", outsideVectors, centerWordVec)
    log_sum = np.logaddexp.reduce(scores)
    chances = np.exp(scores - log_sum)
    expected = (chances[:, None] * outsideVectors).sum(axis=0)
    outside = chances[:, None] * centerWordVec[None, :]
    outside[outsideWordIdx] -= centerWordVec
    return log_sum - scores[outsideWordIdx], expected - outsideVectors[outsideWordIdx], outside
