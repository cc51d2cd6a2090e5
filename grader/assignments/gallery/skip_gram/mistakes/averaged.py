"""takes the mean over the words around the centre.

Does the objective have a factor before its sum over the window?
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
        d_outside += by_vectors
    count = len(outside)
    return loss / count, d_center / count, d_outside / count
