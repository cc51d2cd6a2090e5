"""The same with the sum of the centre's gradients made in its row itself."""

import numpy as np


def skip_gram(center, outside, center_vectors, outside_vectors, loss_and_gradient):
    loss = 0.0
    d_center = np.zeros(center_vectors.shape, center_vectors.dtype)
    d_outside = np.zeros(outside_vectors.shape, outside_vectors.dtype)
    for word in outside:
        part, by_vector, by_vectors = loss_and_gradient(center_vectors[center], word, outside_vectors)  # row: pairs
        loss += part  # row: loss_sum
        d_center[center] += by_vector  # row: center_gradient, center_row
        d_outside += by_vectors  # row: outside_gradient
    return loss, d_center, d_outside
