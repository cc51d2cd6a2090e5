"""All pairs first, then three sums."""

import numpy as np


def skip_gram(center, outside, center_vectors, outside_vectors, loss_and_gradient):
    pairs = [loss_and_gradient(center_vectors[center], word, outside_vectors) for word in outside]
    losses, by_vector, by_vectors = zip(*pairs)
    d_center = np.zeros(center_vectors.shape, center_vectors.dtype)
    d_center[center] = np.sum(by_vector, axis=0)
    return sum(losses), d_center, np.sum(by_vectors, axis=0)
