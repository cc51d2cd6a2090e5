"""assigns the gradient of the outside vectors, so that only the last word counts.

What is left of the gradient of the first pair?
"""

import numpy as np


def skip_gram(center, outside, center_vectors, outside_vectors, loss_and_gradient):
    loss = 0.0
    d_center = np.zeros_like(center_vectors)
    d_outside = np.zeros_like(outside_vectors)
    for word in outside:
        part, by_vector, by_vectors = loss_and_gradient(center_vectors[center], word, outside_vectors)
        loss += part
        d_center[center] += by_vector
        d_outside = by_vectors
    return loss, d_center, d_outside
