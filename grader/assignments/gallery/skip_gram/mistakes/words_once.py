"""takes a word that occurs twice once.

The same word on both sides of the centre: how many pairs are these?
"""

import numpy as np


def skip_gram(center, outside, center_vectors, outside_vectors, loss_and_gradient):
    loss = 0.0
    d_center = np.zeros_like(center_vectors)
    d_outside = np.zeros_like(outside_vectors)
    for word in sorted(set(outside)):
        part, by_vector, by_vectors = loss_and_gradient(center_vectors[center], word, outside_vectors)
        loss += part
        d_center[center] += by_vector
        d_outside += by_vectors
    return loss, d_center, d_outside
