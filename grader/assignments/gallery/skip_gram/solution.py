import numpy as np


def skip_gram(center, outside, center_vectors, outside_vectors, loss_and_gradient):
    loss = 0.0
    d_vector = np.zeros_like(center_vectors[center])
    d_outside = np.zeros_like(outside_vectors)
    for word in outside:
        part, by_vector, by_vectors = loss_and_gradient(center_vectors[center], word, outside_vectors)  # row: pairs
        loss += part  # row: loss_sum
        d_vector += by_vector  # row: center_gradient
        d_outside += by_vectors  # row: outside_gradient
    d_center = np.zeros_like(center_vectors)  # row: center_row
    d_center[center] = d_vector  # row: center_row
    return loss, d_center, d_outside
