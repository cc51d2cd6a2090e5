"""multiplies by outside vectors where the center word's is needed.

By which vector is each outside vector multiplied?
"""

import numpy as np


def naiveSoftmaxLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, dataset):
    y_hat = softmax(np.dot(outsideVectors, centerWordVec))
    loss = -np.log(y_hat[outsideWordIdx])
    delta = y_hat.copy()
    delta[outsideWordIdx] -= 1
    gradCenterVec = np.dot(outsideVectors.T, delta)
    gradOutsideVecs = delta[:, None] * outsideVectors
    return loss, gradCenterVec, gradOutsideVecs
