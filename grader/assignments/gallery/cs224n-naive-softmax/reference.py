"""The cross-entropy of the outside word, given the products of all outside vectors with the center word's."""

import numpy as np


def forward(tap, centerWordVec, outsideVectors, outsideWordIdx):
    scores = outsideVectors @ centerWordVec
    return {"loss": scores.max() + np.log(np.exp(scores - scores.max()).sum()) - scores[outsideWordIdx]}
