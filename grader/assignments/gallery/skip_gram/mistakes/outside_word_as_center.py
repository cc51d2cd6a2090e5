"""looks the centre's vector up among the outside vectors.

Each word has two vectors. Which of them is read here?
"""

import numpy as np


def skip_gram(center, outside, center_vectors, outside_vectors, loss_and_gradient):
    loss = 0.0
    d_center = np.zeros_like(center_vectors)
    d_outside = np.zeros_like(outside_vectors)
    for word in outside:
        part, by_vector, by_vectors = loss_and_gradient(outside_vectors[center], word, outside_vectors)
        loss += part
        d_center[center] += by_vector
        d_outside += by_vectors
    return loss, d_center, d_outside
