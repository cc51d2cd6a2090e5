"""The cross-entropy of the outside word, given the products of all outside vectors with the center word's."""

import numpy as np


def forward(tap, centerWordVec, outsideVectors, outsideWordIdx, epsilon=0.0):
    scores = outsideVectors @ centerWordVec
    log_prob = scores[outsideWordIdx] - scores.max() - np.log(np.exp(scores - scores.max()).sum())
    return {"loss": -(np.logaddexp(log_prob, np.log(epsilon)) if epsilon else log_prob)}
