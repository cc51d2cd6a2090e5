"""returns the gradient of the outside vectors transposed.

Compare the shape of gradOutsideVecs with that of outsideVectors.
"""

import numpy as np


def naiveSoftmaxLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, dataset):
    y_hat = softmax(np.dot(outsideVectors, centerWordVec))
    loss = -np.log(y_hat[outsideWordIdx])
    delta = y_hat.copy()
    delta[outsideWordIdx] -= 1
    gradCenterVec = np.dot(outsideVectors.T, delta)
    gradOutsideVecs = np.outer(centerWordVec, delta)
    return loss, gradCenterVec, gradOutsideVecs
