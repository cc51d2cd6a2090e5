import numpy as np


def naiveSoftmaxLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, dataset):
    y_hat = softmax(np.dot(outsideVectors, centerWordVec))  # row: probabilities
    loss = -np.log(y_hat[outsideWordIdx])  # row: cross_entropy
    delta = y_hat.copy()  # row: score_gradient
    delta[outsideWordIdx] -= 1  # row: score_gradient
    gradCenterVec = np.dot(outsideVectors.T, delta)  # row: center_gradient
    gradOutsideVecs = np.outer(delta, centerWordVec)  # row: outside_gradient
    return loss, gradCenterVec, gradOutsideVecs
