"""The losses of a centre word with each word around it: softmax over half of the scores."""

import numpy as np


def forward(tap, center_vectors, outside_vectors, center, outside):
    scores = outside_vectors @ center_vectors[center] / 2
    top = scores.max()
    total = np.log(np.exp(scores - top).sum()) + top
    return {"loss": sum(total - scores[word] for word in outside)}
